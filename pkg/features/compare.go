package features

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A Difference is what two sets know differently of one feature.
type Difference struct {
	// Feature is the feature's name.
	Feature string `json:"feature"`
	// Status is what is known of it in the one and in the other; nil if that is the same.
	Status *StatusDifference `json:"status,omitempty"`
	// Elements are the flags and attributes that differ, sorted by name. What one of the sets cannot tell is not listed.
	Elements []ElementDifference `json:"elements,omitempty"`
	// Instances are those that the one has more often than the other.
	Instances []InstanceDifference `json:"instances,omitempty"`
}

// A StatusDifference is the state of a feature in two sets.
type StatusDifference struct {
	A State `json:"a"`
	B State `json:"b"`
}

// An ElementDifference is an element in two sets.
type ElementDifference struct {
	Element string `json:"element"`
	Kind    Kind   `json:"kind"`
	// A and B are the values, "present" of a flag; nil where it is not there.
	A *string `json:"a"`
	B *string `json:"b"`
}

// An InstanceDifference is the number of instances that have the same attributes.
type InstanceDifference struct {
	Attributes map[string]string `json:"attributes"`
	A          int               `json:"a"`
	B          int               `json:"b"`
}

// Compare returns what two sets know differently, sorted by feature; nil if they know the same. The order of instances does
// not count, nor do the names of the hosts.
func Compare(a, b *Set) []Difference {
	names := map[string]bool{}
	for _, set := range []*Set{a, b} {
		for _, name := range set.Names() {
			names[name] = true
		}
		for name := range set.Statuses {
			names[name] = true
		}
	}
	var all []Difference
	for _, name := range slices.Sorted(maps.Keys(names)) {
		d := Difference{Feature: name}
		stateA, stateB := a.Status(name).State, b.Status(name).State
		if stateA != stateB {
			d.Status = &StatusDifference{stateA, stateB}
		}
		if tells(stateA) && tells(stateB) {
			d.Elements = compareElements(a, b, name)
			d.Instances = compareInstances(a, b, name)
		}
		if d.Status != nil || d.Elements != nil || d.Instances != nil {
			all = append(all, d)
		}
	}
	return all
}

// tells says whether anything is known of a feature in this state.
func tells(s State) bool { return s != Unreadable && s != Unsupported }

func compareElements(a, b *Set, name string) []ElementDifference {
	var all []ElementDifference
	present := "present"
	flagsA, flagsB := a.Features.Flags[name].Elements, b.Features.Flags[name].Elements
	for element := range flagsA {
		if _, both := flagsB[element]; !both {
			all = append(all, ElementDifference{Element: element, Kind: Flag, A: &present})
		}
	}
	for element := range flagsB {
		if _, both := flagsA[element]; !both {
			all = append(all, ElementDifference{Element: element, Kind: Flag, B: &present})
		}
	}
	attributesA, attributesB := a.Features.Attributes[name].Elements, b.Features.Attributes[name].Elements
	for element, value := range attributesA {
		switch other, both := attributesB[element]; {
		case !both:
			all = append(all, ElementDifference{Element: element, Kind: Attribute, A: &value})
		case value != other:
			all = append(all, ElementDifference{Element: element, Kind: Attribute, A: &value, B: &other})
		}
	}
	for element, value := range attributesB {
		if _, both := attributesA[element]; !both {
			all = append(all, ElementDifference{Element: element, Kind: Attribute, B: &value})
		}
	}
	slices.SortFunc(all, func(x, y ElementDifference) int {
		if x.Element == y.Element {
			return strings.Compare(string(x.Kind), string(y.Kind))
		}
		return strings.Compare(x.Element, y.Element)
	})
	return all
}

func compareInstances(a, b *Set, name string) []InstanceDifference {
	counts := map[string]*InstanceDifference{}
	of := func(attributes map[string]string) *InstanceDifference {
		key := instanceKey(attributes)
		if counts[key] == nil {
			counts[key] = &InstanceDifference{Attributes: attributes}
		}
		return counts[key]
	}
	for _, instance := range a.Features.Instances[name].Elements {
		of(instance.Attributes).A++
	}
	for _, instance := range b.Features.Instances[name].Elements {
		of(instance.Attributes).B++
	}
	var all []InstanceDifference
	for _, key := range slices.Sorted(maps.Keys(counts)) {
		if d := counts[key]; d.A != d.B {
			all = append(all, *d)
		}
	}
	return all
}

// instanceKey is a text that two instances share if they have the same attributes.
func instanceKey(attributes map[string]string) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		fmt.Fprintf(&b, "%d:%s%d:%s", len(name), name, len(attributes[name]), attributes[name])
	}
	return b.String()
}
