package spec

import (
	"go.yaml.in/yaml/v3"
	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"
)

// Version is the one version of the document that there is.
const Version = "v1alpha1"

// A Spec is a decoded compatibility spec. The zero value is an empty document, which [Check] refuses.
type Spec struct {
	// Version of the document, always [Version] after decoding.
	Version string `json:"version"`
	// Compatibilities are the compatibility sets, alternatives of each other.
	Compatibilities []Compatibility `json:"compatibilities"`

	// Of a document that is no compatibility spec: its kind, its name, and the path of its rules.
	kind      Kind
	name      string
	rulesPath *path
	// labelsTemplates are those of a NodeFeatureRule's rules, by path.
	labelsTemplates map[string]string
	// labels are what else those rules do, by path; see Labelling.
	labels map[string]map[string]string
	// readings are the scalars that are read as something else than they look like.
	readings []reading
	// places finds what stands at a field path in the text that the spec was decoded from; nil for one made by hand.
	places *places
}

// A Compatibility is one compatibility set: the host satisfies it if it matches all of its rules.
type Compatibility struct {
	// Rules are NFD's group rules, all of which must match.
	Rules []nfdv1alpha1.GroupRule `json:"rules"`
	// CELRules are further requirements, all of which must hold. They are an extension, which NFD's client ignores.
	CELRules []CELRule `json:"celRules,omitempty"`
	// Weight ranks the set among those that match: the highest is chosen.
	Weight int `json:"weight,omitempty"`
	// Tag groups sets, so that some can be selected by it.
	Tag string `json:"tag,omitempty"`
	// Description is for people.
	Description string `json:"description,omitempty"`
}

// A CELRule is a requirement in the Common Expression Language.
type CELRule struct {
	// Name of the rule.
	Name string `json:"name"`
	// Expression returns a bool: whether the host satisfies the rule.
	Expression string `json:"expression"`
	// Message says, to people, what is wrong where it does not.
	Message string `json:"message,omitempty"`
}

// ReplaceValue returns the edit that puts a text in the place of the scalar at a path, for [Finding].Fix; nil where that is
// not mechanical, as of a text over several lines.
func (s *Spec) ReplaceValue(path, by string) []Edit {
	return s.replace(path, by, func(p place) *yaml.Node { return p.value })
}

// ReplaceKey returns the edit that renames the field at a path; nil where that is not mechanical.
func (s *Spec) ReplaceKey(path, by string) []Edit {
	return s.replace(path, by, func(p place) *yaml.Node { return p.key })
}

func (s *Spec) replace(path, by string, which func(place) *yaml.Node) []Edit {
	if s.places == nil {
		return nil
	}
	at, whole := s.places.find(path)
	if !whole || at.shared || which(at) == nil {
		return nil
	}
	if e, ok := s.places.replace(which(at), by); ok {
		return []Edit{e}
	}
	return nil
}

// Position returns where in the decoded text the field of this path stands, such as
// "compatibilities[0].rules[1].name"; where there is no such field, its nearest ancestor. It is the zero Position for a
// spec that was not decoded from text.
func (s *Spec) Position(path string) Position {
	if s.places == nil {
		return Position{}
	}
	at, _ := s.places.find(path)
	return at.position()
}
