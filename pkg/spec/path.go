package spec

import (
	"slices"
	"strconv"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
)

// A path is the way to a field, from the document's root (nil). It is a list from the leaf upwards, so that decoding
// builds no string that nobody reads.
type path struct {
	parent *path
	name   string
	index  int // of a list's item, where name is empty
}

func (p *path) field(name string) *path { return &path{parent: p, name: name} }
func (p *path) item(i int) *path        { return &path{parent: p, index: i} }

// String writes the path as people do: compatibilities[0].rules[1].vars["odd name"].
func (p *path) String() string {
	var steps []*path
	for ; p != nil; p = p.parent {
		steps = append(steps, p)
	}
	s := ""
	for _, step := range slices.Backward(steps) {
		if step.name == "" {
			s = ItemPath(s, step.index)
		} else {
			s = FieldPath(s, step.name)
		}
	}
	return s
}

// FieldPath returns the path of the field of this name below parent ("" is the document).
func FieldPath(parent, name string) string {
	switch {
	case strings.Trim(name, "-_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" || name == "":
		return parent + "[" + strconv.Quote(name) + "]"
	case parent == "":
		return name
	default:
		return parent + "." + name
	}
}

// ItemPath returns the path of the item of this index, counted from 0, in the list at parent.
func ItemPath(parent string, i int) string { return parent + "[" + strconv.Itoa(i) + "]" }

// places finds positions in a spec's text. The text is parsed again, and only when somebody asks: a spec without a
// fault costs nothing, and its tree need not be kept.
type places struct {
	text  []byte
	once  sync.Once
	index map[string]Position
}

func (p *places) find(fieldPath string) Position {
	p.once.Do(func() {
		p.index = map[string]Position{}
		var root yaml.Node
		if err := yaml.Unmarshal(p.text, &root); err == nil { // it was decoded once, so it parses
			p.add(nil, &root, 0)
		}
	})
	for {
		if pos, ok := p.index[fieldPath]; ok {
			return pos
		}
		cut := strings.LastIndexAny(fieldPath, ".[")
		if cut < 0 {
			return p.index[""]
		}
		fieldPath = fieldPath[:cut]
	}
}

// add notes the positions of a node and of those below it, as deep as a spec can have fields. It does not follow
// aliases: what they repeat is named where they stand.
func (p *places) add(at *path, n *yaml.Node, depth int) {
	if depth > maxDepth {
		return
	}
	p.index[at.String()] = Position{n.Line, n.Column}
	switch n.Kind {
	case yaml.DocumentNode:
		if len(n.Content) == 1 {
			p.add(at, n.Content[0], depth)
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			key, _ := scalarText(n.Content[i])
			p.add(at.field(key), n.Content[i+1], depth+1)
		}
	case yaml.SequenceNode:
		for i, item := range n.Content {
			p.add(at.item(i), item, depth+1)
		}
	case yaml.ScalarNode, yaml.AliasNode:
	}
}
