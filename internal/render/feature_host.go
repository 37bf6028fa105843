package render

import (
	"maps"
	"slices"

	"github.com/nfd-compat/nfd-compat/pkg/features"
)

// fill takes from a set what it has of a feature, or of one element if that is not empty.
func (h *FeatureOfHost) fill(feature, element string, set *features.Set) {
	wanted := func(name string) bool { return element == "" || name == element }
	for _, name := range slices.Sorted(maps.Keys(set.Features.Flags[feature].Elements)) {
		if wanted(name) {
			h.Flags = append(h.Flags, name)
		}
	}
	h.Attributes = chosen(set.Features.Attributes[feature].Elements, wanted)
	for _, instance := range set.Features.Instances[feature].Elements {
		if attributes := chosen(instance.Attributes, wanted); len(attributes) > 0 {
			h.Instances = append(h.Instances, attributes)
		}
	}
}

// chosen returns the elements whose names are wanted; nil if there are none.
func chosen(elements map[string]string, wanted func(string) bool) map[string]string {
	var some map[string]string
	for name, value := range elements {
		if !wanted(name) {
			continue
		}
		if some == nil {
			some = map[string]string{}
		}
		some[name] = value
	}
	return some
}

// size is the number of flags, attributes and instances.
func (h *FeatureOfHost) size() int { return len(h.Flags) + len(h.Attributes) + len(h.Instances) }

// StatusRow is what is known of one feature of a host.
type StatusRow struct {
	Name   string
	Status features.Status
	// Size is the number of its flags, attributes and instances.
	Size int
}

// StatusRows returns what a set knows of each feature of the catalogue, in the order of their names.
func StatusRows(set *features.Set) []StatusRow {
	var rows []StatusRow
	for _, entry := range features.Catalogue() {
		var h FeatureOfHost
		h.fill(entry.Name, "", set)
		rows = append(rows, StatusRow{Name: entry.Name, Status: set.Status(entry.Name), Size: h.size()})
	}
	return rows
}
