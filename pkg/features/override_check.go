package features

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"
)

// CheckOverride returns a set as [Set.Override] takes it, with the names of features in lower case, and holds it to the
// catalogue as [ParseAssignment] does what it parses: a feature of the catalogue that is given as another kind than it is, or
// an element that it cannot have, would change nothing or give a wrong verdict. An element that it does not have is an
// [*UnknownError]. A feature that the catalogue does not know is let be. The set itself stays as it is.
func CheckOverride(over *Set) (*Set, error) {
	checked := *over
	var err error
	if checked.Features.Flags, err = lowered(over.Features.Flags); err != nil {
		return nil, err
	}
	if checked.Features.Attributes, err = lowered(over.Features.Attributes); err != nil {
		return nil, err
	}
	if checked.Features.Instances, err = lowered(over.Features.Instances); err != nil {
		return nil, err
	}
	if checked.Statuses, err = lowered(over.Statuses); err != nil {
		return nil, err
	}
	names := append(checked.Names(), slices.Sorted(maps.Keys(checked.Statuses))...)
	for _, name := range names {
		entry, known := Lookup(name)
		if !known {
			continue
		}
		if err := checked.holdTo(entry); err != nil {
			return nil, err
		}
	}
	return &checked, nil
}

// lowered has the names in lower case.
func lowered[T any](from map[string]T) (map[string]T, error) {
	to := make(map[string]T, len(from))
	for _, name := range slices.Sorted(maps.Keys(from)) {
		lower := strings.ToLower(name)
		if _, again := to[lower]; again {
			return nil, fmt.Errorf("%s is given twice: the case of a name does not count", lower)
		}
		to[lower] = from[name]
	}
	return to, nil
}

// holdTo finds what of a feature is not as the catalogue has it.
func (s *Set) holdTo(entry Entry) error {
	for _, reason := range s.Statuses[entry.Name].Reasons {
		if reason == entry.emptyOfAnotherKind() { // which is not in the set any more
			return fmt.Errorf("%s: %s", entry.Name, reason)
		}
	}
	flags, isFlag := s.Features.Flags[entry.Name]
	attributes, isAttribute := s.Features.Attributes[entry.Name]
	_, isInstance := s.Features.Instances[entry.Name]
	for _, given := range []struct {
		kind  Kind
		given bool
	}{{Flag, isFlag}, {Attribute, isAttribute}, {Instance, isInstance}} {
		if given.given && !slices.Contains(entry.Kinds, given.kind) {
			return fmt.Errorf("%s is given as %ss, which it has none of: want %s", entry.Name, given.kind, kindNames(entry.Kinds))
		}
	}
	if isInstance { // their attributes are the device's, of which there are more than are known
		return nil
	}
	return entry.holdElements(flags, attributes)
}

// holdElements finds the first element that the feature cannot have.
func (e Entry) holdElements(flags nfdv1alpha1.FlagFeatureSet, attributes nfdv1alpha1.AttributeFeatureSet) error {
	for _, element := range slices.Sorted(maps.Keys(flags.Elements)) {
		if err := e.holdElement(Flag, element, ""); err != nil {
			return err
		}
	}
	for _, element := range slices.Sorted(maps.Keys(attributes.Elements)) {
		if err := e.holdElement(Attribute, element, attributes.Elements[element]); err != nil {
			return err
		}
	}
	return nil
}

func (e Entry) holdElement(kind Kind, element, value string) error {
	if len(e.Elements) == 0 || element == "" { // they come from the host
		return nil
	}
	a, values, err := parsePath(e.Name + "." + element)
	switch {
	case err != nil:
		return err
	case a.Feature == e.Name && a.Kind != kind:
		return fmt.Errorf("%s of %s is given as one of its %ss: want it as one of its %ss", element, e.Name, kind, a.Kind)
	case kind == Attribute && len(values) > 0 && !slices.Contains(values, value):
		return fmt.Errorf("%s of %s is never %q: want %s", element, e.Name, value, strings.Join(values, " or "))
	}
	return nil
}
