package features

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"
)

var errNoSet = errors.New("write features: there is no set")

// document is the JSON form of a set. Its first three keys are what "nfd export features" writes; NFD's readers pass over
// the others.
type document struct {
	Flags      map[string]nfdv1alpha1.FlagFeatureSet      `json:"flags"`
	Attributes map[string]nfdv1alpha1.AttributeFeatureSet `json:"attributes"`
	Instances  map[string]nfdv1alpha1.InstanceFeatureSet  `json:"instances"`
	// Node is left out if nothing is known of the host.
	Node *Node `json:"node,omitempty"`
	// Status holds the features that are incomplete, unreadable or unsupported.
	Status map[string]Status `json:"status,omitempty"`
	// Overrides are left out if all is the host's own.
	Overrides []Override `json:"overrides,omitempty"`
}

// Write writes the set as JSON, in the shape of "nfd export features": an object of flags, attributes and instances,
// indented by four spaces. An absent feature is written as an empty one. Beside these stands "node", the host itself, and
// "status", which tells of every feature that is incomplete, unreadable or unsupported, so that [Read] gives back the same
// set. The errors are those of w.
func Write(w io.Writer, s *Set) error {
	if s == nil {
		return errNoSet // the encoder would write null
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "    ")
	if err := encoder.Encode(s); err != nil {
		return fmt.Errorf("write features: %w", err)
	}
	return nil
}

// MarshalJSON returns what [Write] writes, without the spaces.
func (s *Set) MarshalJSON() ([]byte, error) {
	if s == nil {
		return nil, errNoSet
	}
	doc := document{
		Flags:      make(map[string]nfdv1alpha1.FlagFeatureSet, len(s.Features.Flags)),
		Attributes: make(map[string]nfdv1alpha1.AttributeFeatureSet, len(s.Features.Attributes)),
		Instances:  make(map[string]nfdv1alpha1.InstanceFeatureSet, len(s.Features.Instances)),
		Status:     make(map[string]Status, len(s.Statuses)),
	}
	for name, feature := range s.Features.Flags {
		doc.Flags[name] = newFlags(feature.Elements)
	}
	for name, feature := range s.Features.Attributes {
		doc.Attributes[name] = newAttributes(feature.Elements)
	}
	for name, feature := range s.Features.Instances {
		doc.Instances[name] = newInstances(feature.Elements)
	}
	doc.Overrides = s.Overrides
	if s.Node != (Node{}) {
		doc.Node = &s.Node
	}
	for name, status := range s.Statuses {
		switch status.State {
		case Incomplete, Unreadable, Unsupported:
			doc.Status[name] = status
		case Discovered, Absent, Undefined:
			// An absent feature is an empty one, and the others need no saying.
		}
	}
	return json.Marshal(doc)
}

// UnmarshalJSON reads what MarshalJSON wrote, under the rules of [Read].
func (s *Set) UnmarshalJSON(data []byte) error {
	set, err := decode(data)
	if err != nil {
		return err
	}
	*s = *set
	return nil
}
