package features

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"
)

// CheckOverride returns a set as [Set.Override] takes it, with the names of features in lower case, and holds it to the
// catalogue as [ParseAssignment] does what it parses: a feature of the catalogue that is given as another kind than it is, or
// a value that an element cannot have, would change nothing or give a wrong verdict. What the catalogue does not know may be of a
// newer version of NFD, and is let be: unknown are the elements of features that it knows. The set itself stays as it is.
func CheckOverride(over *Set) (checked *Set, unknown []*UnknownError, err error) {
	set := *over
	if set.Features.Flags, err = lowered(over.Features.Flags); err != nil {
		return nil, nil, err
	}
	if set.Features.Attributes, err = lowered(over.Features.Attributes); err != nil {
		return nil, nil, err
	}
	if set.Features.Instances, err = lowered(over.Features.Instances); err != nil {
		return nil, nil, err
	}
	if set.Statuses, err = lowered(over.Statuses); err != nil {
		return nil, nil, err
	}
	names := append(set.Names(), slices.Sorted(maps.Keys(set.Statuses))...)
	for _, name := range names {
		entry, known := Lookup(name)
		if !known {
			continue
		}
		more, err := set.holdTo(entry)
		if err != nil {
			return nil, nil, err
		}
		unknown = append(unknown, more...)
	}
	return &set, unknown, nil
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

// holdTo finds what of a feature is not as the catalogue has it, and what that does not have.
func (s *Set) holdTo(entry Entry) ([]*UnknownError, error) {
	for _, reason := range s.Statuses[entry.Name].Reasons {
		if reason == entry.emptyOfAnotherKind() { // which is not in the set any more
			return nil, fmt.Errorf("%s: %s", entry.Name, reason)
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
			return nil, fmt.Errorf("%s is given as %ss, which it has none of: want %s", entry.Name, given.kind, kindNames(entry.Kinds))
		}
	}
	if isInstance { // their attributes are the device's, of which there are more than are known
		return nil, nil
	}
	return entry.holdElements(flags, attributes)
}

// holdElements finds the first element that cannot be as it is given, and those that the catalogue does not have.
func (e Entry) holdElements(flags nfdv1alpha1.FlagFeatureSet, attributes nfdv1alpha1.AttributeFeatureSet) (unknown []*UnknownError, err error) {
	hold := func(kind Kind, element, value string) error {
		err := e.holdElement(kind, element, value)
		if another, ok := errors.AsType[*UnknownError](err); ok {
			unknown, err = append(unknown, another), nil
		}
		return err
	}
	for _, element := range slices.Sorted(maps.Keys(flags.Elements)) {
		if err := hold(Flag, element, ""); err != nil {
			return nil, err
		}
	}
	for _, element := range slices.Sorted(maps.Keys(attributes.Elements)) {
		if err := hold(Attribute, element, attributes.Elements[element]); err != nil {
			return nil, err
		}
	}
	return unknown, nil
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
