package spec

import (
	"bytes"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
)

// A source is the text that specs were decoded from. It is parsed again, and only when somebody asks what stands where: a
// spec without a fault costs nothing, and its tree need not be kept.
type source struct {
	text  []byte
	roots func() []*yaml.Node
	lines func() lines // which only a fix asks for
	// oddLines: the text has line ends that YAML counts and people do not, so that places cannot be trusted for a fix.
	oddLines func() bool
}

func newSource(text []byte) *source {
	return &source{
		text: text,
		roots: sync.OnceValue(func() []*yaml.Node {
			roots, _ := parse(text, maxDocuments) // it was decoded once, so it parses
			return roots
		}),
		lines: sync.OnceValue(func() lines { return newLines(text) }),
		oddLines: sync.OnceValue(func() bool {
			return bytes.ContainsAny(text, "\u0085\u2028\u2029") || bytes.Count(text, []byte("\r")) != bytes.Count(text, []byte("\r\n"))
		}),
	}
}

// places finds what stands where in one document of a source.
type places struct {
	*source
	document int // from 0
}

// A place is a field in the text: its value, and its key, which is nil for an item of a list and for the document.
type place struct {
	key, value *yaml.Node
	shared     bool // it is within an anchor, so that it may stand for something else too
}

func (p place) position() Position {
	if p.value == nil {
		return Position{}
	}
	return Position{p.value.Line, p.value.Column}
}

// find returns the place of a field path, or of its nearest ancestor that there is; whole says which. It does not follow
// aliases and merges: what they repeat is named where they stand.
func (p *places) find(fieldPath string) (at place, whole bool) {
	roots := p.roots()
	if p.document >= len(roots) {
		return place{}, false
	}
	at = place{value: roots[p.document]}
	for _, s := range parsePath(fieldPath) {
		below, ok := s.in(at.value)
		if !ok {
			return at, false
		}
		below.shared = at.shared || at.value.Anchor != ""
		at = below
	}
	return at, true
}

// in returns what a step leads to from a node.
func (s step) in(n *yaml.Node) (place, bool) {
	if s.index >= 0 {
		if n.Kind != yaml.SequenceNode || s.index >= len(n.Content) {
			return place{}, false
		}
		return place{value: n.Content[s.index]}, true
	}
	if n.Kind != yaml.MappingNode {
		return place{}, false
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if name, _ := scalarText(n.Content[i]); name == s.name {
			return place{key: n.Content[i], value: n.Content[i+1]}, true
		}
	}
	return place{}, false
}

// replace returns the edit that puts a text, quoted where it must be, in the place of a scalar. It reports false where the
// scalar's end is not certain: of one over several lines, with escapes, or that does not stand in the text as it reads.
func (s *source) replace(n *yaml.Node, by string) (Edit, bool) {
	start := Position{n.Line, n.Column}
	at, ok := s.lines().offset(start)
	if !ok || s.oddLines() || n.Kind != yaml.ScalarNode || n.Style&yaml.TaggedStyle != 0 || n.Anchor != "" {
		return Edit{}, false
	}
	raw := n.Value
	if strings.ContainsAny(raw, "\n\\\"'") || strings.ContainsAny(by, "\n\\\"'") {
		return Edit{}, false
	}
	switch {
	case n.Style&yaml.DoubleQuotedStyle != 0:
		raw, by = `"`+raw+`"`, `"`+by+`"`
	case n.Style&yaml.SingleQuotedStyle != 0:
		raw, by = "'"+raw+"'", "'"+by+"'"
	case n.Style != 0:
		return Edit{}, false
	}
	if raw == "" || !bytes.HasPrefix(s.text[at:], []byte(raw)) {
		return Edit{}, false
	}
	end := Position{start.Line, start.Column + len([]rune(raw))}
	return Edit{Start: start, End: end, Text: by}, true
}

// quoteScalar returns the edit that puts quotes around an unquoted scalar, so that it is read as it is written.
func (s *source) quoteScalar(n *yaml.Node) (Edit, bool) {
	e, ok := s.replace(n, n.Value)
	e.Text = `"` + e.Text + `"`
	return e, ok && n.Style == 0
}
