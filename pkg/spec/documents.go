package spec

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A Kind says what kind of document rules were decoded from.
type Kind string

// The kinds of documents.
const (
	// KindSpec is a compatibility spec.
	KindSpec Kind = "CompatibilitySpec"
	// KindNodeFeatureRule and KindNodeFeatureGroup are NFD's objects in Kubernetes.
	KindNodeFeatureRule  Kind = "NodeFeatureRule"
	KindNodeFeatureGroup Kind = "NodeFeatureGroup"
	// KindRules is a list of rules alone.
	KindRules Kind = "Rules"
)

// maxDocuments is how many documents one text may have.
const maxDocuments = 1000

// DecodeDocuments decodes the rules in a text, whatever they are wrapped in, as strictly as [Decode]: a compatibility spec,
// NodeFeatureRule and NodeFeatureGroup objects of Kubernetes, lists of such objects, several documents of these, or a list of
// rules alone. Each object becomes a Spec of one compatibility set that holds its rules. Objects of other kinds, of which
// a chart has many, are passed over.
//
// The error is an [*Error] with every fault of every document, or says that the text has no rules at all.
func DecodeDocuments(text []byte) ([]*Spec, error) {
	roots, err := parse(text, maxDocuments)
	if err != nil {
		return nil, err
	}
	text = bytes.Clone(text)
	from := newSource(text)
	d := &decoder{budget: MaxSize}
	var all []*Spec
	for i, root := range roots {
		if isNull(root) { // --- at the end of a text begins one more document
			continue
		}
		found := d.rules(root, nil, &places{from, i})
		if len(found) > 0 { // of several objects of a list, the first tells for all
			found[0].readings = d.readings
		}
		d.readings = nil
		all = append(all, found...)
	}
	if len(all) == 0 && len(d.findings) == 0 {
		d.fault(IDUnknownKind, roots[0], nil, "there is neither a compatibility spec nor a rule in the text")
	}
	if err := d.err(from); err != nil {
		return nil, err
	}
	return all, nil
}

// rules decodes what one document, or one item of a list of objects, holds.
func (d *decoder) rules(n *yaml.Node, at *path, from *places) []*Spec {
	if n.Kind == yaml.SequenceNode && at == nil {
		d.labelsTemplates, d.labels = map[string]string{}, map[string]map[string]string{}
		s := &Spec{kind: KindRules, rulesPath: at, places: from, labelsTemplates: d.labelsTemplates, labels: d.labels}
		s.Compatibilities = []Compatibility{{Rules: d.ruleList(n, at, d.labelling())}}
		return []*Spec{s}
	}
	kind, isObject := d.field(n, "kind")
	version, hasVersion := d.field(n, "apiVersion")
	group, _, _ := strings.Cut(version, "/")
	switch {
	case !isObject && !hasVersion && at == nil:
		if from.document > 0 {
			d.fault(IDSecondDocument, n, at, "a second document begins here: a spec is one document, and of several each is an object with apiVersion and kind")
			return nil
		}
		s := d.document(n)
		s.places = from
		return []*Spec{s}
	case !isObject || !hasVersion:
		d.fault(IDUnknownKind, n, at, "an object has both apiVersion and kind, and this has not")
		return nil
	case kind == string(KindNodeFeatureRule):
		return d.object(n, at, from, KindNodeFeatureRule, "rules", d.labelling())
	case kind == string(KindNodeFeatureGroup):
		return d.object(n, at, from, KindNodeFeatureGroup, "featureGroupRules", fields{})
	case strings.HasSuffix(kind, "List"):
		return d.items(n, at, from)
	case slices.Contains(groups(), group) && !slices.Contains(otherKinds(), kind):
		f := d.fault(IDUnknownKind, n, at, "no kind %q is known in the API group %s", shorten(kind), group)
		f.Suggestion = Nearest(kind, []string{string(KindNodeFeatureRule), string(KindNodeFeatureGroup)})
	}
	return nil
}

// otherKinds are those of NFD's API groups that have no rules: its own, and the operator's.
func otherKinds() []string { return []string{"NodeFeature", "NodeFeatureDiscovery"} }

// field returns the text of a field of a mapping, if it is there.
func (d *decoder) field(n *yaml.Node, name string) (string, bool) {
	n = target(n)
	if n.Kind != yaml.MappingNode {
		return "", false
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			return target(n.Content[i+1]).Value, true
		}
	}
	return "", false
}

// groups are the API groups under which NFD's objects are served.
func groups() []string { return []string{"nfd.k8s-sigs.io", "nfd.openshift.io"} }

// object decodes a Kubernetes object whose spec has a list of rules under this name.
func (d *decoder) object(n *yaml.Node, at *path, from *places, kind Kind, list string, more fields) []*Spec {
	d.labelsTemplates, d.labels = map[string]string{}, map[string]map[string]string{}
	s := &Spec{Version: Version, Compatibilities: make([]Compatibility, 1), labelsTemplates: d.labelsTemplates, labels: d.labels, kind: kind, rulesPath: at.field("spec").field(list), places: from}
	anything := func(*yaml.Node, *path) {}
	hasSpec := false
	d.mapping(n, at, "a "+string(kind), fields{
		"apiVersion": func(n *yaml.Node, at *path) {
			group, _, _ := strings.Cut(d.text(n, at, false), "/")
			if !slices.Contains(groups(), group) {
				f := d.fault(IDUnknownKind, n, at, "no %s is known in the API group %q", kind, shorten(group))
				f.Suggestion = Nearest(group, groups())
			}
		},
		"kind":   anything,
		"status": anything,
		"metadata": func(n *yaml.Node, _ *path) {
			s.name, _ = d.field(n, "name")
		},
		"spec": func(n *yaml.Node, at *path) {
			hasSpec = true
			d.mapping(n, at, "the spec of a "+string(kind), fields{
				list: func(n *yaml.Node, at *path) { s.Compatibilities[0].Rules = d.ruleList(n, at, more) },
			})
		},
	})
	if !hasSpec {
		d.fault(IDMissingField, n, at, "the %s has no spec", kind)
	}
	return []*Spec{s}
}

// items decodes a list of objects.
func (d *decoder) items(n *yaml.Node, at *path, from *places) []*Spec {
	var all []*Spec
	anything := func(*yaml.Node, *path) {}
	d.mapping(n, at, "a list of objects", fields{
		"apiVersion": anything, "kind": anything, "metadata": anything,
		"items": func(n *yaml.Node, at *path) {
			d.list(n, at, "of objects", func(_ int, n *yaml.Node, at *path) { all = append(all, d.rules(n, at, from)...) })
		},
	})
	return all
}

// labelling are the fields of a NodeFeatureRule's rule beyond those that match: what is done to a node that does. They
// are not evaluated here, but their types are checked.
func (d *decoder) labelling() fields {
	texts := func(n *yaml.Node, at *path) {
		if isNull(n) {
			return
		}
		all := map[string]string{}
		d.entries(n, at, "of texts", func(key string, _, value *yaml.Node) { all[key] = d.text(value, at.field(key), true) })
		if len(all) > 0 {
			d.labels[at.String()] = all
		}
	}
	return fields{
		"labels": texts, "annotations": texts, "extendedResources": texts,
		"labelsTemplate": func(n *yaml.Node, at *path) {
			if text := d.text(n, at, true); text != "" {
				d.labelsTemplates[at.String()] = text
				d.labels[at.String()] = nil
			}
		},
		"taints": func(n *yaml.Node, at *path) {
			d.list(n, at, "of taints", func(i int, n *yaml.Node, taint *path) {
				if i == 0 {
					d.labels[at.String()] = nil
				}
				text := func(n *yaml.Node, at *path) { d.text(n, at, true) }
				d.mapping(n, taint, "a taint", fields{"key": text, "value": text, "effect": text, "timeAdded": text})
			})
		},
	}
}

// Kind returns the kind of document that the spec was decoded from; [KindSpec] for one made by hand.
func (s *Spec) Kind() Kind {
	if s.kind == "" {
		return KindSpec
	}
	return s.kind
}

// LabelsTemplates returns the templates of labels in a NodeFeatureRule, by the path of the field. They are not evaluated.
func (s *Spec) LabelsTemplates() map[string]string { return s.labelsTemplates }

// Labelling returns what the rules of a NodeFeatureRule do to a node that they match, by the path of the field, such as
// "spec.rules[0].labels": the names and values of labels, annotations and extended resources, and nothing more of taints and
// of a labelsTemplate. A field that is empty is left out.
func (s *Spec) Labelling() map[string]map[string]string { return s.labels }

// Name returns the metadata.name of a Kubernetes object, or "".
func (s *Spec) Name() string { return s.name }

// RulesPath returns where in the document the rules of a set stand: "compatibilities[0].rules" in a spec, "spec.rules" in a
// NodeFeatureRule, and "" for a list of rules alone.
func (s *Spec) RulesPath(set int) string {
	if s.Kind() == KindSpec {
		return FieldPath(ItemPath("compatibilities", set), "rules")
	}
	return s.rulesPath.String()
}

// String names the document for people: "NodeFeatureRule my-rules".
func (s *Spec) String() string {
	return strings.TrimSpace(fmt.Sprintf("%s %s", s.Kind(), s.Name()))
}
