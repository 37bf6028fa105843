package spec

import (
	"slices"
	"strconv"
	"strings"
)

// A path is the way to a field, from the document's root (nil). It is a list from the leaf upwards, so that decoding
// builds no string that nobody reads.
type path struct {
	parent *path
	name   string
	index  int // of a list's item; -1 for a field
}

func (p *path) field(name string) *path { return &path{parent: p, name: name, index: -1} }
func (p *path) item(i int) *path        { return &path{parent: p, index: i} }

// String writes the path as people do: compatibilities[0].rules[1].vars["odd name"].
func (p *path) String() string {
	var steps []*path
	for ; p != nil; p = p.parent {
		steps = append(steps, p)
	}
	s := ""
	for _, step := range slices.Backward(steps) {
		if step.index >= 0 {
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

// A step is one component of a path: a field, or with an index from 0 on an item of a list.
type step struct {
	name  string
	index int // -1 for a field
}

// parsePath takes a path apart, as far as it is one.
func parsePath(fieldPath string) []step {
	var steps []step
	for rest := fieldPath; rest != ""; {
		switch {
		case strings.HasPrefix(rest, `["`):
			quoted, err := strconv.QuotedPrefix(rest[1:])
			if err != nil {
				return steps
			}
			name, _ := strconv.Unquote(quoted) // it is what QuotedPrefix found
			steps = append(steps, step{name, -1})
			rest = strings.TrimPrefix(rest[1+len(quoted):], "]")
		case rest[0] == '[':
			number, after, closed := strings.Cut(rest[1:], "]")
			i, err := strconv.Atoi(number)
			if err != nil || i < 0 || !closed {
				return steps
			}
			steps = append(steps, step{index: i})
			rest = after
		default:
			rest = strings.TrimPrefix(rest, ".")
			end := strings.IndexAny(rest, ".[")
			if end < 0 {
				end = len(rest)
			}
			steps = append(steps, step{rest[:end], -1})
			rest = rest[end:]
		}
	}
	return steps
}
