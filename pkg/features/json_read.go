package features

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"

	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"
)

// maxJSON bounds a JSON document with features, in bytes. Those of a large host have 200 KiB.
const maxJSON = 64 << 20

// wanted says what is read. It ends every message on a text of another form.
const wanted = `; want what "nfd-compat export features" or "nfd export features" prints, or NodeFeature objects`

// Read reads the features of one node from JSON or YAML: what [Write] wrote, what "nfd export features" wrote, or the NodeFeature
// objects of one node, alone or in a list, as kubectl prints them. See [Objects], which reads those of many nodes, for the forms and their
// bounds.
//
// A feature without a "status" is discovered, or [Absent] if it is empty; one that every host has and that is empty all
// the same is [Unreadable], for so NFD writes what it could not read. Names are kept as they are: NFD's are in lower case,
// and a name in another case is another name.
//
// It is an error if r fails, or if the text is not of such a form: a wrong type anywhere, none of the keys flags, attributes
// and instances, a feature or an element that is null, the features of no node or of several. Other keys are passed over.
// The set is nil on error.
func Read(r io.Reader) (*Set, error) {
	objects := NewObjects(r)
	var nodes Nodes
	for {
		object, err := objects.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read features: %w", err)
		}
		if nodes.Add(object); nodes.Len() > 1 {
			return nil, fmt.Errorf("read features: there are those of several nodes, of %q and of %q: want those of one", nodes.objects[0][0].Node, object.Node)
		}
	}
	if nodes.Len() == 0 {
		return nil, errors.New("read features: there are none" + wanted)
	}
	export := nodes.objects[0][0].exported
	set := nodes.Merged()[0]
	if len(set.Names())+len(set.Statuses) == 0 && !export {
		return nil, errors.New("read features: the object has none of the keys flags, attributes and instances" + wanted)
	}
	return set, nil
}

// decode decodes what MarshalJSON wrote, or a NodeFeature object.
func decode(data []byte) (*Set, error) {
	var top map[string]json.RawMessage
	if err := json.Unmarshal(data, &top); err != nil {
		return nil, fmt.Errorf("the text is no JSON object: %w%s", explain(err), wanted)
	}
	object, err := decodeObject(top)
	if err != nil {
		return nil, err
	}
	return mergeNode([]*Object{object}), nil
}

// decodeSet decodes an export. Its empty features are still to be judged.
func decodeSet(top map[string]json.RawMessage) (*Set, error) {
	found := 0
	for _, key := range []string{"flags", "attributes", "instances"} {
		if _, ok := top[key]; ok {
			found++
		}
	}
	if found == 0 {
		return nil, errors.New("the object has none of the keys flags, attributes and instances" + wanted)
	}
	set := newSet()
	if err := decodeFeatures(top, &set.Features); err != nil {
		return nil, err
	}
	if err := decodeOne(top, "node", &set.Node); err != nil {
		return nil, err
	}
	if err := decodeOne(top, "overrides", &set.Overrides); err != nil {
		return nil, err
	}
	var statuses map[string]Status
	if err := decodeOne(top, "status", &statuses); err != nil {
		return nil, err
	}
	for name, status := range statuses {
		switch status.State {
		case Absent, Incomplete, Unreadable, Unsupported:
			set.Statuses[name] = status
		case Discovered:
		default:
			return nil, fmt.Errorf("status of %q: there is no state %q", name, status.State)
		}
	}
	return set, nil
}

func decodeFeatures(top map[string]json.RawMessage, features *nfdv1alpha1.Features) error {
	flags, err := decodeKind[map[string]*nfdv1alpha1.Nil](top, "flags")
	if err != nil {
		return err
	}
	for name, elements := range flags {
		known, err := withoutNull(elements)
		if err != nil {
			return fmt.Errorf("flags of %q: %w%s", name, err, wanted)
		}
		features.Flags[name] = newFlags(known)
	}
	attributes, err := decodeKind[map[string]*string](top, "attributes")
	if err != nil {
		return err
	}
	for name, elements := range attributes {
		known, err := withoutNull(elements)
		if err != nil {
			return fmt.Errorf("attributes of %q: %w%s", name, err, wanted)
		}
		features.Attributes[name] = newAttributes(known)
	}
	instances, err := decodeKind[[]json.RawMessage](top, "instances")
	if err != nil {
		return err
	}
	for name, elements := range instances {
		known := make([]nfdv1alpha1.InstanceFeature, len(elements))
		for i, data := range elements {
			if known[i], err = decodeInstance(data); err != nil {
				return fmt.Errorf("instances of %q: element %d: %w%s", name, i, err, wanted)
			}
		}
		features.Instances[name] = newInstances(known)
	}
	return nil
}

// decodeKind decodes the elements of the features of one kind, each feature by itself so that an error can name it. NFD's own types
// write what is empty as null: a kind without a feature, or the elements of a feature that has none. A feature itself is never null.
func decodeKind[T any](top map[string]json.RawMessage, kind string) (map[string]T, error) {
	var raw map[string]json.RawMessage
	if err := decodeOne(top, kind, &raw); err != nil {
		return nil, err
	}
	features := make(map[string]T, len(raw))
	for name, data := range raw {
		var elements T
		if err := decodeMember(data, "elements", &elements); err != nil {
			return nil, fmt.Errorf("%s of %q: %w%s", kind, name, err, wanted)
		}
		features[name] = elements
	}
	return features, nil
}

// decodeInstance decodes one instance of a feature.
func decodeInstance(data []byte) (nfdv1alpha1.InstanceFeature, error) {
	var elements map[string]*string
	err := decodeMember(data, "attributes", &elements)
	if err != nil {
		return nfdv1alpha1.InstanceFeature{}, err
	}
	attributes, err := withoutNull(elements)
	return nfdv1alpha1.InstanceFeature{Attributes: attributes}, err
}

// decodeMember decodes the one member that an object must have; null leaves what it is decoded into as it is.
func decodeMember(data []byte, name string, into any) error {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(data, &object); err != nil {
		return explain(err)
	}
	member, has := object[name]
	switch {
	case object == nil:
		return errors.New("it is null, not an object")
	case !has:
		return fmt.Errorf("it has no %q", name)
	}
	if err := json.Unmarshal(member, into); err != nil {
		return fmt.Errorf("%q: %w", name, explain(err))
	}
	return nil
}

// withoutNull returns elements, none of which may be null: whether that is an element or not, nobody has said.
func withoutNull[T any](elements map[string]*T) (map[string]T, error) {
	known := make(map[string]T, len(elements))
	for _, name := range slices.Sorted(maps.Keys(elements)) {
		value := elements[name]
		if value == nil {
			return nil, fmt.Errorf("element %q is null", name)
		}
		known[name] = *value
	}
	return known, nil
}

func decodeOne(top map[string]json.RawMessage, key string, into any) error {
	data, ok := top[key]
	if !ok {
		return nil
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("%q: %w%s", key, explain(err), wanted)
	}
	return nil
}

// explain puts the decoder's complaint about a type into words that do not speak of Go.
func explain(err error) error {
	var wrong *json.UnmarshalTypeError
	if !errors.As(err, &wrong) {
		return err
	}
	want := "another type"
	switch wrong.Type.Kind() {
	case reflect.Map, reflect.Struct:
		want = "an object"
	case reflect.Slice:
		want = "an array"
	case reflect.String:
		want = "a string"
	default:
	}
	if wrong.Field != "" {
		return fmt.Errorf("%s holds a JSON %s, not %s", wrong.Field, wrong.Value, want)
	}
	return fmt.Errorf("it is a JSON %s, not %s", wrong.Value, want)
}

// judgeEmpty gives the features that are empty and have no status the one that they have by rights.
func (s *Set) judgeEmpty() {
	names := map[string]bool{} // whether a feature has an element
	for name, feature := range s.Features.Flags {
		names[name] = names[name] || len(feature.Elements) > 0
	}
	for name, feature := range s.Features.Attributes {
		names[name] = names[name] || len(feature.Elements) > 0
	}
	for name, feature := range s.Features.Instances {
		names[name] = names[name] || len(feature.Elements) > 0
	}
	for name, full := range names {
		if _, told := s.Statuses[name]; told || full {
			continue
		}
		entry, _ := Lookup(name)
		var reason string
		switch {
		case !s.holdsKind(entry):
			reason = entry.emptyOfAnotherKind()
		case entry.Always:
			reason = "it is empty among the features given"
		default:
			s.Statuses[name] = Status{State: Absent}
			continue
		}
		s.Statuses[name] = Status{State: Unreadable, Reasons: []string{reason}}
		delete(s.Features.Flags, name)
		delete(s.Features.Attributes, name)
		delete(s.Features.Instances, name)
	}
}

// emptyOfAnotherKind is the reason not to know a feature that was given, empty, as a kind that it is not of.
func (e Entry) emptyOfAnotherKind() string {
	return "it is given as another kind of feature than it is, and is empty: want " + kindNames(e.Kinds)
}

// holdsKind says whether the set has a feature of the catalogue as a kind that it is of; true for one that no catalogue knows.
func (s *Set) holdsKind(entry Entry) bool {
	holds := len(entry.Kinds) == 0
	for _, kind := range entry.Kinds {
		var ok bool
		switch kind {
		case Flag:
			_, ok = s.Features.Flags[entry.Name]
		case Attribute:
			_, ok = s.Features.Attributes[entry.Name]
		case Instance:
			_, ok = s.Features.Instances[entry.Name]
		}
		holds = holds || ok
	}
	return holds
}

// kindNames lists kinds as the keys of the features are called.
func kindNames(kinds []Kind) string {
	names := make([]string, len(kinds))
	for i, kind := range kinds {
		names[i] = string(kind) + "s"
	}
	return strings.Join(names, " or ")
}
