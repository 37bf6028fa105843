package spec

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// MaxSize is the largest payload that is decoded, in bytes, and the most bytes that its scalars may come to once every
// alias is replaced by what it stands for.
const MaxSize = 4 << 20

// maxNodes bounds the nodes that are visited once every alias is replaced by what it stands for.
const maxNodes = 250_000

// maxFindings bounds what is told of a text that is wrong all over.
const maxFindings = 50

// Decode decodes the YAML or JSON text of a spec, strictly: see the package's comment. A text that is no spec gives an
// [*Error] with every fault found, and no spec. It does not retain the text's slice.
//
// Decode does not judge what the spec says; [Check] does.
func Decode(text []byte) (*Spec, error) {
	roots, err := parse(text, 1)
	if err != nil {
		return nil, err
	}
	d := &decoder{budget: MaxSize}
	s := d.document(roots[0])
	from := newSource(bytes.Clone(text))
	if err := d.err(from); err != nil {
		return nil, err
	}
	s.places, s.readings = &places{source: from}, d.readings
	return s, nil
}

// A decoder turns the tree of a document into a Spec and collects what is wrong on the way.
type decoder struct {
	findings []Finding
	renames  []rename
	readings []reading
	// labelsTemplates are those of the object that is being decoded, by path.
	labelsTemplates map[string]string
	// labels are what else its rules do to a node, by path.
	labels map[string]map[string]string
	budget int                 // bytes of scalars that may still be visited
	visits int                 // nodes that have been visited
	open   map[*yaml.Node]bool // the anchors being expanded, to find those that contain themselves
}

// A rename is how to mend a finding: a key that was misspelt, in a mapping.
type rename struct {
	finding int
	mapping *path
	key     *yaml.Node
}

// err returns the findings as an error, with their fixes, or nil if there is none.
func (d *decoder) err(from *source) error {
	for _, r := range d.renames {
		f := &d.findings[r.finding]
		if e, ok := from.replace(r.key, f.Suggestion); ok {
			f.Fix = []Edit{e}
		}
	}
	return Errors(d.findings)
}

// fault notes an error at a node.
func (d *decoder) fault(id ID, n *yaml.Node, at *path, format string, args ...any) *Finding {
	if len(d.findings) >= maxFindings {
		return &Finding{}
	}
	d.findings = append(d.findings, Finding{
		ID: id, Severity: SeverityError, Position: Position{n.Line, n.Column}, Path: at.String(), Message: fmt.Sprintf(format, args...),
	})
	return &d.findings[len(d.findings)-1]
}

// enter counts a visit of a node and returns the node itself, or what it is an alias of, and whether to go on. The
// caller calls leave when it is done.
func (d *decoder) enter(n *yaml.Node, at *path) (target *yaml.Node, leave func(), ok bool) {
	leave = func() {}
	if n.Kind == yaml.AliasNode {
		alias := n
		n = n.Alias
		if d.open[n] {
			d.fault(IDSyntax, alias, at, "the anchor %q contains itself", alias.Value)
			return nil, leave, false
		}
		if d.open == nil {
			d.open = map[*yaml.Node]bool{}
		}
		d.open[n] = true
		leave = func() { delete(d.open, n) }
	}
	if d.budget < 0 { // told already
		return nil, leave, false
	}
	d.budget -= len(n.Value)
	if d.visits++; d.visits > maxNodes {
		d.budget = -1
	}
	if d.budget < 0 {
		d.fault(IDTooLarge, n, at, "with its aliases expanded the spec has more than %d bytes or %d entries", MaxSize, maxNodes)
		return nil, leave, false
	}
	return n, leave, true
}

// fields are the fields that a mapping may have, each with what decodes it.
type fields map[string]func(n *yaml.Node, at *path)

// mapping decodes a mapping with known fields and returns the names of those that it has; nil if it is no mapping.
func (d *decoder) mapping(n *yaml.Node, at *path, what string, known fields) map[string]bool {
	seen := d.entries(n, at, what, func(key string, keyNode, value *yaml.Node) {
		decode, ok := known[key]
		if !ok {
			d.unknownField(keyNode, at, key, known)
			return
		}
		decode(value, at.field(key))
	})
	if len(d.renames) == 0 {
		return seen
	}
	// A field that is there already, be it by another rename, is no name for a second one.
	taken := maps.Clone(seen)
	d.renames = slices.DeleteFunc(d.renames, func(r rename) bool {
		if r.mapping != at || at == nil && n.Kind != yaml.MappingNode {
			return false
		}
		meant := d.findings[r.finding].Suggestion
		if taken[meant] {
			return true
		}
		taken[meant] = true
		return false
	})
	return seen
}

func (d *decoder) unknownField(n *yaml.Node, at *path, key string, known fields) {
	names := make([]string, 0, len(known))
	for name := range known {
		names = append(names, name)
	}
	slices.Sort(names)
	f := d.fault(IDUnknownField, n, at, "unknown field %q", shorten(key))
	if f.Suggestion = Nearest(key, names); f.Suggestion == "" {
		f.Message += "; known here: " + strings.Join(names, ", ")
	} else if f == &d.findings[len(d.findings)-1] {
		d.renames = append(d.renames, rename{len(d.findings) - 1, at, n})
	}
}

// entries calls visit for each entry of a mapping, those of merged mappings (<<) included, and returns the keys; nil if
// the node is no mapping. An entry of the mapping itself hides a merged one.
func (d *decoder) entries(n *yaml.Node, at *path, what string, visit func(key string, keyNode, value *yaml.Node)) map[string]bool {
	n, leave, ok := d.enter(n, at)
	defer leave()
	if !ok {
		return nil
	}
	if n.Kind != yaml.MappingNode {
		d.fault(IDWrongType, n, at, "want a mapping (%s), have %s", what, describe(n))
		return nil
	}
	seen := map[string]bool{}
	var merged *yaml.Node
	var before map[string]bool // the keys that stand before the merge
	for i := 0; i+1 < len(n.Content); i += 2 {
		keyNode, value := n.Content[i], n.Content[i+1]
		if keyNode.Kind == yaml.ScalarNode && keyNode.ShortTag() == "!!merge" {
			if merged != nil {
				d.fault(IDDuplicateKey, keyNode, at, "the key << stands here a second time: merge a list, <<: [*a, *b]")
				continue
			}
			merged, before = value, maps.Clone(seen)
			continue
		}
		key, ok := d.key(keyNode, at)
		if !ok {
			continue
		}
		if seen[key] {
			d.fault(IDDuplicateKey, keyNode, at, "the key %q stands here a second time", shorten(key))
			continue
		}
		seen[key] = true
		visit(key, keyNode, value)
	}
	for _, from := range mergeSources(merged) {
		d.entries(from, at, what, func(key string, keyNode, value *yaml.Node) {
			switch {
			case before[key]:
				d.fault(IDDuplicateKey, from, at, "the key %q stands before the merge that has it too, of which parsers think differently: write << first", shorten(key))
			case !seen[key]:
				seen[key] = true
				visit(key, keyNode, value)
			}
		})
	}
	return seen
}

// mergeSources returns the mappings that a merge (<<) brings in, the strongest first: its value, or the items of a list.
func mergeSources(value *yaml.Node) []*yaml.Node {
	switch {
	case value == nil:
		return nil
	case value.Kind == yaml.SequenceNode:
		return value.Content
	}
	return []*yaml.Node{value}
}

// key returns the text of a mapping's key.
func (d *decoder) key(n *yaml.Node, at *path) (string, bool) {
	n, leave, ok := d.enter(n, at)
	defer leave()
	if !ok {
		return "", false
	}
	if n.Kind != yaml.ScalarNode {
		d.fault(IDWrongType, n, at, "want a name as the key, have %s", describe(n))
		return "", false
	}
	d.checkTag(n, at)
	text, notNull := scalarText(n)
	if !notNull {
		d.fault(IDWrongType, n, at, "want a name as the key, have nothing (null)")
	}
	d.read(n, at.field(text), text)
	return text, notNull
}

// list calls visit for each item of a list; null is an empty list.
func (d *decoder) list(n *yaml.Node, at *path, what string, visit func(i int, n *yaml.Node, at *path)) {
	n, leave, ok := d.enter(n, at)
	defer leave()
	if !ok || isNull(n) {
		return
	}
	if n.Kind != yaml.SequenceNode {
		f := d.fault(IDWrongType, n, at, "want a list (%s), have %s", what, describe(n))
		if n.Kind == yaml.ScalarNode {
			f.Message += fmt.Sprintf(": write [%s]", shorten(n.Value))
		}
		return
	}
	for i, item := range n.Content {
		if len(d.findings) >= maxFindings { // no more is told
			return
		}
		visit(i, item, at.item(i))
	}
}

// text decodes a scalar as NFD reads it where it wants a string. A null is a fault, unless an empty text is allowed.
func (d *decoder) text(n *yaml.Node, at *path, nullIsEmpty bool) string {
	n, leave, ok := d.enter(n, at)
	defer leave()
	if !ok {
		return ""
	}
	if n.Kind != yaml.ScalarNode {
		d.fault(IDWrongType, n, at, "want a text, have %s", describe(n))
		return ""
	}
	d.checkTag(n, at)
	text, notNull := scalarText(n)
	if !notNull && !nullIsEmpty {
		d.fault(IDWrongType, n, at, `want a text, have nothing (null): write "" for an empty one`)
	}
	if notNull {
		d.read(n, at, text)
	}
	return text
}

// isNull and isCollection tell what a node is, or what it is an alias of.
func isNull(n *yaml.Node) bool {
	n = target(n)
	return n.Kind == yaml.ScalarNode && scalarValue(n) == nil
}

func isCollection(n *yaml.Node) bool { return target(n).Kind != yaml.ScalarNode }

func target(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// checkTag refuses a scalar with an explicit tag: what NFD reads of it depends on its parser's version.
func (d *decoder) checkTag(n *yaml.Node, at *path) {
	if n.Style&yaml.TaggedStyle != 0 && n.ShortTag() != "!!str" {
		d.fault(IDUnsupportedValue, n, at, "the tag %s is not supported here: quote the text instead", shorten(n.Tag))
	}
}
