package spec

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// MaxSize is the largest payload that is decoded, in bytes, and the most bytes that its scalars may come to once every
// alias is replaced by what it stands for.
const MaxSize = 4 << 20

// maxDepth is the deepest nesting of a spec; its own fields end at nine.
const maxDepth = 32

// maxFindings bounds what is told of a text that is wrong all over.
const maxFindings = 50

// Decode decodes the YAML or JSON text of a spec, strictly: see the package's comment. A text that is no spec gives an
// [*Error] with every fault found, and no spec. It does not retain the text's slice.
//
// Decode does not judge what the spec says; [Check] does.
func Decode(text []byte) (*Spec, error) {
	if len(text) > MaxSize {
		return nil, oneFault(IDTooLarge, Position{}, fmt.Sprintf("%d bytes are more than the %d that a spec may have", len(text), MaxSize))
	}
	root, err := parse(text)
	if err != nil {
		return nil, err
	}
	d := &decoder{budget: MaxSize}
	s := d.document(root)
	if err := Errors(d.findings); err != nil {
		return nil, err
	}
	s.places = &places{text: bytes.Clone(text)}
	return s, nil
}

const emptyDocument = "the document is empty: a spec begins with version: " + Version

// parse returns the root of the one document of a text.
func parse(text []byte) (*yaml.Node, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var document, second yaml.Node
	if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
		return nil, oneFault(IDEmptyDocument, Position{}, emptyDocument)
	} else if err != nil {
		return nil, syntaxError(err)
	}
	if err := decoder.Decode(&second); err == nil {
		return nil, oneFault(IDSecondDocument, Position{second.Line, second.Column}, "a second document begins here: a spec is one document")
	} else if !errors.Is(err, io.EOF) {
		return nil, syntaxError(err)
	}
	if len(document.Content) == 0 {
		return nil, oneFault(IDEmptyDocument, Position{}, emptyDocument)
	}
	root := document.Content[0]
	if deeperThan(root, maxDepth) {
		return nil, oneFault(IDTooLarge, Position{root.Line, root.Column}, fmt.Sprintf("nested deeper than %d levels", maxDepth))
	}
	return root, nil
}

func deeperThan(n *yaml.Node, depth int) bool {
	if depth == 0 {
		return len(n.Content) > 0
	}
	return slices.ContainsFunc(n.Content, func(child *yaml.Node) bool { return deeperThan(child, depth-1) })
}

// syntaxError turns the parser's error into ours. The parser tells the line in its text only.
func syntaxError(err error) error {
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	var pos Position
	if _, scanErr := fmt.Sscanf(message, "line %d:", &pos.Line); scanErr == nil {
		pos.Column = 1
		_, message, _ = strings.Cut(message, ": ")
	}
	return oneFault(IDSyntax, pos, "not YAML: "+message)
}

func oneFault(id ID, pos Position, message string) error {
	return &Error{Findings: []Finding{{ID: id, Severity: SeverityError, Position: pos, Message: message}}}
}

// A decoder turns the tree of a document into a Spec and collects what is wrong on the way.
type decoder struct {
	findings []Finding
	budget   int                 // bytes of scalars, and a byte for each node, that may still be visited
	open     map[*yaml.Node]bool // the anchors being expanded, to find those that contain themselves
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
	d.budget -= len(n.Value) + 1
	if d.budget < 0 {
		d.fault(IDTooLarge, n, at, "with its aliases expanded the spec is larger than %d bytes", MaxSize)
		return nil, leave, false
	}
	return n, leave, true
}

// fields are the fields that a mapping may have, each with what decodes it.
type fields map[string]func(n *yaml.Node, at *path)

// mapping decodes a mapping with known fields and returns the names of those that it has; nil if it is no mapping.
func (d *decoder) mapping(n *yaml.Node, at *path, what string, known fields) map[string]bool {
	return d.entries(n, at, what, func(key string, keyNode, value *yaml.Node) {
		decode, ok := known[key]
		if !ok {
			d.unknownField(keyNode, at, key, known)
			return
		}
		decode(value, at.field(key))
	})
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
	var merges []merge
	for i := 0; i+1 < len(n.Content); i += 2 {
		keyNode, value := n.Content[i], n.Content[i+1]
		if keyNode.Kind == yaml.ScalarNode && keyNode.ShortTag() == "!!merge" {
			merges = append(merges, merge{value, maps.Clone(seen)})
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
	for _, m := range merges {
		for _, from := range m.sources() {
			d.entries(from, at, what, func(key string, keyNode, value *yaml.Node) {
				switch {
				case m.before[key]:
					d.fault(IDDuplicateKey, from, at, "the key %q stands before the merge that has it too, of which parsers think differently: write << first", shorten(key))
				case !seen[key]:
					seen[key] = true
					visit(key, keyNode, value)
				}
			})
		}
	}
	return seen
}

// A merge is one entry <<: of a mapping, and the keys that stand before it.
type merge struct {
	value  *yaml.Node
	before map[string]bool
}

// sources returns the mappings that are merged, the strongest first: the value, or the items of a list.
func (m merge) sources() []*yaml.Node {
	if m.value.Kind == yaml.SequenceNode {
		return m.value.Content
	}
	return []*yaml.Node{m.value}
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
	return text
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && scalarValue(n) == nil }

// checkTag refuses a scalar with an explicit tag: what NFD reads of it depends on its parser's version.
func (d *decoder) checkTag(n *yaml.Node, at *path) {
	if n.Style&yaml.TaggedStyle != 0 && n.ShortTag() != "!!str" {
		d.fault(IDUnsupportedValue, n, at, "the tag %s is not supported here: quote the text instead", shorten(n.Tag))
	}
}
