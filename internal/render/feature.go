package render

import (
	"fmt"
	"io"

	"github.com/nfd-compat/nfd-compat/pkg/features"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// What a list of features, and the explanation of one, say of themselves; their apiVersion is [validate.APIVersion].
const (
	KindFeatureList = "FeatureList"
	KindFeature     = "Feature"
)

// A FeatureList is what the catalogue has. Its JSON is stable within v1alpha1.
type FeatureList struct {
	APIVersion string        `json:"apiVersion"`
	Kind       string        `json:"kind"`
	Tool       validate.Tool `json:"tool"`
	Features   []FeatureHead `json:"features"`
}

// A FeatureHead says in short what a feature is.
type FeatureHead struct {
	Name  string          `json:"name"`
	Kinds []features.Kind `json:"kinds"`
	// Since is NFD's version that brought the feature; empty for a feature that NFD does not have.
	Since       string `json:"since,omitempty"`
	Description string `json:"description"`
}

// A Feature is what there is to say of one feature, or of one of its elements. Its JSON is stable within v1alpha1.
type Feature struct {
	APIVersion string        `json:"apiVersion"`
	Kind       string        `json:"kind"`
	Tool       validate.Tool `json:"tool"`
	FeatureHead
	// Element is the one that was asked for; empty if the whole feature was.
	Element string `json:"element,omitempty"`
	// Elements are those that the catalogue lists, or the one that was asked for.
	Elements []FeatureElement `json:"elements"`
	// ReadFrom are the places where the feature is read on any host.
	ReadFrom []string `json:"readFrom"`
	// Host is what was found on one host.
	Host FeatureOfHost `json:"host"`
}

// A FeatureElement is what the catalogue says of an element.
type FeatureElement struct {
	Name    string        `json:"name"`
	Kind    features.Kind `json:"kind"`
	Meaning string        `json:"meaning,omitempty"`
	Values  []string      `json:"values,omitempty"`
}

// A FeatureOfHost is what a host has of a feature, or of the element that was asked for.
type FeatureOfHost struct {
	Node   features.Node   `json:"node"`
	Status features.Status `json:"status"`
	// Read are the files and other sources that were read; absent if the features were given.
	Read       []string            `json:"read,omitempty"`
	Flags      []string            `json:"flags,omitempty"`
	Attributes map[string]string   `json:"attributes,omitempty"`
	Instances  []map[string]string `json:"instances,omitempty"`
}

// NewFeatureList returns what the catalogue has; its Tool's version is the caller's to fill.
func NewFeatureList() *FeatureList {
	list := &FeatureList{APIVersion: validate.APIVersion, Kind: KindFeatureList, Tool: validate.Tool{Name: "nfd-compat"}}
	for _, entry := range features.Catalogue() {
		list.Features = append(list.Features, headOf(&entry))
	}
	return list
}

func headOf(entry *features.Entry) FeatureHead {
	return FeatureHead{Name: entry.Name, Kinds: entry.Kinds, Since: entry.Since, Description: entry.Description}
}

// NewFeature returns what there is to say of a feature, or of one element if that is not empty; its Tool's version is the
// caller's to fill. The set is the host's, and read is what was read for the feature there.
func NewFeature(entry *features.Entry, element string, set *features.Set, read []string) *Feature {
	f := &Feature{
		APIVersion: validate.APIVersion, Kind: KindFeature, Tool: validate.Tool{Name: "nfd-compat"},
		FeatureHead: headOf(entry), Element: element, Elements: []FeatureElement{}, ReadFrom: entry.ReadFrom,
		Host: FeatureOfHost{Node: set.Node, Status: set.Status(entry.Name), Read: read},
	}
	for _, e := range entry.Elements {
		if element != "" && e.Name != element {
			continue
		}
		kind := e.Kind
		if kind == "" {
			kind = entry.Kinds[0]
		}
		f.Elements = append(f.Elements, FeatureElement{Name: e.Name, Kind: kind, Meaning: e.Meaning, Values: e.Values})
	}
	f.Host.fill(entry.Name, element, set)
	return f
}

// FeatureListJSON writes a list of features in the JSON of its types, indented by two spaces.
func FeatureListJSON(w io.Writer, list *FeatureList) error {
	if err := writePlainJSON(w, list); err != nil {
		return fmt.Errorf("write the features as JSON: %w", err)
	}
	return nil
}

// FeatureJSON writes what there is to say of a feature in the JSON of its types, indented by two spaces.
func FeatureJSON(w io.Writer, f *Feature) error {
	if err := writePlainJSON(w, f); err != nil {
		return fmt.Errorf("write the feature as JSON: %w", err)
	}
	return nil
}
