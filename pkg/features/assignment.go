package features

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// An Assignment changes one element of a feature, for the question "what if the host had it, or had it not?". It is made by
// [ParseAssignment] or [ParseRemoval], which hold it to the catalogue.
type Assignment struct {
	// Feature is the feature's name in lower case, and Element that of its element.
	Feature, Element string
	// Kind says whether the element is a flag or an attribute.
	Kind Kind
	// Value is that of an attribute; empty for a flag.
	Value string
	// Removed says that the host has no such element.
	Removed bool
}

// ErrInstances says that an assignment is to a feature whose instances have the attributes, so that it does not say to which
// of them.
var ErrInstances = errors.New("is a list of instances, and a single element cannot be set")

// ErrFlag says that a value was given to a flag, which has none.
var ErrFlag = errors.New("is a flag, which is there or is not")

// An UnknownError says that the catalogue has no feature, or no element, of a name.
type UnknownError struct {
	// Name is what is not known, and Feature the feature that has no such element; empty if it is the feature that is not
	// known.
	Name, Feature string
	// Known are the names that there are, sorted.
	Known []string
}

func (e *UnknownError) Error() string {
	if e.Feature == "" {
		return fmt.Sprintf("no feature %q is known", e.Name)
	}
	return fmt.Sprintf("%s has no element %q", e.Feature, e.Name)
}

// ParseAssignment parses FEATURE.ELEMENT=VALUE for an attribute, such as
//
//	kernel.version.full=6.12.0
//	system.osrelease.VERSION_ID.major=9
//
// and FEATURE.ELEMENT, or FEATURE.ELEMENT=true, for a flag, such as cpu.cpuid.AVX512F. The feature is the longest one of the
// catalogue that the text begins with, in any case; all else is the element. A name that the catalogue does not have is an
// [*UnknownError], a feature with instances [ErrInstances]; a value that the element cannot have is an error too.
func ParseAssignment(text string) (Assignment, error) {
	path, value, valued := strings.Cut(text, "=")
	a, values, err := parsePath(path)
	switch {
	case err != nil:
		return Assignment{}, err
	case a.Kind == Flag && valued && value != "true":
		return Assignment{}, fmt.Errorf("%s of %s %w: it has no value %q", a.Element, a.Feature, ErrFlag, value)
	case a.Kind == Flag:
		return a, nil
	case !valued:
		return Assignment{}, fmt.Errorf("%s of %s has a value: want %s.%s=VALUE", a.Element, a.Feature, a.Feature, a.Element)
	case len(values) > 0 && !slices.Contains(values, value):
		return Assignment{}, fmt.Errorf("%s of %s is never %q: want %s", a.Element, a.Feature, value, strings.Join(values, " or "))
	}
	a.Value = value
	return a, nil
}

// ParseRemoval parses FEATURE.ELEMENT, the flag or attribute that the host does not have. The errors are those of
// [ParseAssignment].
func ParseRemoval(text string) (Assignment, error) {
	if path, _, valued := strings.Cut(text, "="); valued {
		return Assignment{}, fmt.Errorf("%s is removed whatever its value is: want no value", path)
	}
	a, _, err := parsePath(text)
	if err != nil {
		return Assignment{}, err
	}
	a.Removed = true
	return a, nil
}

// parsePath parses FEATURE.ELEMENT, and tells the values that the element can have; none if there are too many.
func parsePath(path string) (Assignment, []string, error) {
	entry, element, found := splitPath(path)
	switch {
	case !found:
		return Assignment{}, nil, unknownFeature(path)
	case slices.Contains(entry.Kinds, Instance):
		return Assignment{}, nil, fmt.Errorf("%s %w", entry.Name, ErrInstances)
	case element == "":
		return Assignment{}, nil, fmt.Errorf("name an element of %s, as in %s.%s", entry.Name, entry.Name, entry.anElement())
	}
	a := Assignment{Feature: entry.Name, Element: element, Kind: entry.Kinds[0]}
	if len(entry.Elements) == 0 { // they come from the host
		return a, nil, nil
	}
	names := make([]string, 0, len(entry.Elements))
	for _, e := range entry.Elements {
		if e.Name == element {
			if e.Kind != "" {
				a.Kind = e.Kind
			}
			return a, e.Values, nil
		}
		names = append(names, e.Name)
	}
	slices.Sort(names)
	return Assignment{}, nil, &UnknownError{Name: element, Feature: entry.Name, Known: names}
}

// splitPath divides a path into the longest feature of the catalogue that it begins with, and what follows.
func splitPath(path string) (entry Entry, element string, found bool) {
	for end := len(path); end > 0; end = strings.LastIndexByte(path[:end], '.') {
		if entry, ok := Lookup(strings.ToLower(path[:end])); ok {
			return entry, strings.TrimPrefix(path[end:], "."), true
		}
	}
	return Entry{}, "", false
}

// unknownFeature is the error for a path that begins with no feature: its first two parts are what was meant as one.
func unknownFeature(path string) error {
	name := path
	if domain, rest, ok := strings.Cut(path, "."); ok {
		feature, _, _ := strings.Cut(rest, ".")
		name = domain + "." + feature
	}
	var known []string
	for _, entry := range Catalogue() {
		known = append(known, entry.Name)
	}
	return &UnknownError{Name: name, Known: known}
}

// anElement is the name of an element, to show how one is named.
func (e Entry) anElement() string {
	if len(e.Elements) > 0 {
		return e.Elements[0].Name
	}
	return "NAME"
}
