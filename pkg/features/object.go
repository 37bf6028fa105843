package features

import (
	"encoding/json"
	"maps"
	"slices"

	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"
)

// kindNodeFeature is the kind of the object in which NFD's worker tells the features of a node.
const kindNodeFeature = "NodeFeature"

// kindOf returns the kind of an object of Kubernetes; empty if it tells none.
func kindOf(top map[string]json.RawMessage) string {
	var kind string
	if json.Unmarshal(top["kind"], &kind) != nil {
		return ""
	}
	return kind
}

// decodeObject decodes a document that is no list.
func decodeObject(top map[string]json.RawMessage) (*Object, error) {
	if kindOf(top) == kindNodeFeature {
		return decodeNodeFeature(top)
	}
	set, err := decodeSet(top)
	if err != nil {
		return nil, err
	}
	set.judgeEmpty()
	return &Object{Node: set.Node.Name, set: set, exported: true}, nil
}

// decodeNodeFeature decodes an object of NFD's kind NodeFeature. Whether an empty feature is absent is not judged, for another object may
// tell more of it.
func decodeNodeFeature(top map[string]json.RawMessage) (*Object, error) {
	var metadata struct {
		Namespace string            `json:"namespace"`
		Name      string            `json:"name"`
		Labels    map[string]string `json:"labels"`
	}
	if err := decodeOne(top, "metadata", &metadata); err != nil {
		return nil, err
	}
	var spec struct {
		Features map[string]json.RawMessage `json:"features"`
	}
	if err := decodeOne(top, "spec", &spec); err != nil {
		return nil, err
	}
	set := newSet() // which stays empty if the object is about labels alone
	if err := decodeFeatures(spec.Features, &set.Features); err != nil {
		return nil, err
	}
	node := metadata.Labels[nfdv1alpha1.NodeFeatureObjNodeNameLabel]
	if node == "" {
		node = metadata.Name
	}
	set.Node.Name = node
	return &Object{Namespace: metadata.Namespace, Name: metadata.Name, Node: node, set: set}, nil
}

// Names returns the names of the features that the set has anything of, sorted.
func (s *Set) Names() []string {
	names := map[string]bool{}
	for name := range s.Features.Flags {
		names[name] = true
	}
	for name := range s.Features.Attributes {
		names[name] = true
	}
	for name := range s.Features.Instances {
		names[name] = true
	}
	return slices.Sorted(maps.Keys(names))
}

// Only returns the set with the features of these names alone, and all else that it tells of the host.
func (s *Set) Only(names []string) *Set {
	some := newSet()
	some.Node, some.Overrides = s.Node, s.Overrides
	for _, name := range names {
		if feature, ok := s.Features.Flags[name]; ok {
			some.Features.Flags[name] = feature
		}
		if feature, ok := s.Features.Attributes[name]; ok {
			some.Features.Attributes[name] = feature
		}
		if feature, ok := s.Features.Instances[name]; ok {
			some.Features.Instances[name] = feature
		}
		if status, ok := s.Statuses[name]; ok {
			some.Statuses[name] = status
		}
	}
	return some
}
