package spec

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// mostNodes bounds the nodes of the tree of a text, each of which takes some 200 bytes, and what is made of it as many: a
// spec, be it written as tightly as JSON can be, has a node in ten of its bytes.
func mostNodes(text []byte) int { return 30_000 + len(text)/8 }

// maxDepth is the deepest nesting of a spec; its own fields end at nine.
const maxDepth = 32

const emptyDocument = "the document is empty: a spec begins with version: " + Version

// parse returns the roots of the documents of a text, of which there may be so many.
func parse(text []byte, most int) ([]*yaml.Node, error) {
	if len(text) > MaxSize {
		return nil, oneFault(IDTooLarge, Position{}, fmt.Sprintf("%d bytes are more than the %d that a spec may have", len(text), MaxSize))
	}
	if most := mostNodes(text); nodesAtMost(text) > most {
		return nil, oneFault(IDTooLarge, Position{}, fmt.Sprintf("the text has more than %d entries, which no spec of its size has", most))
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var roots []*yaml.Node
	for {
		var document yaml.Node
		if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, syntaxError(err)
		}
		switch {
		case len(document.Content) == 0:
			continue
		case len(roots) == most && most == 1:
			return nil, oneFault(IDSecondDocument, Position{document.Line, document.Column}, "a second document begins here: a spec is one document")
		case len(roots) == most:
			return nil, oneFault(IDTooLarge, Position{document.Line, document.Column}, fmt.Sprintf("more than %d documents", most))
		}
		root := document.Content[0]
		if deeperThan(root, maxDepth) {
			return nil, oneFault(IDTooLarge, Position{root.Line, root.Column}, fmt.Sprintf("nested deeper than %d levels", maxDepth))
		}
		roots = append(roots, root)
	}
	if len(roots) == 0 {
		return nil, oneFault(IDEmptyDocument, Position{}, emptyDocument)
	}
	return roots, nil
}

// nodesAtMost guesses, from above, how many nodes the parser will make of a text: each begins a line, or comes behind one of
// these marks. A comment behind a node is kept beside it, and counts twice; one with a line of its own counts as the line.
func nodesAtMost(text []byte) int {
	blank := func(i int) bool {
		return i < 0 || i >= len(text) || text[i] == ' ' || text[i] == '\n' || text[i] == '\t' || text[i] == '\r'
	}
	n := 1
	alone := true // nothing but blanks stands before this byte on its line
	for i, b := range text {
		switch b {
		case '\n', ',', '[', '{', '&', '*':
			n++
		case '-', '?':
			if blank(i + 1) {
				n++
			}
		case ':':
			if blank(i+1) || text[max(i-1, 0)] == '"' || text[max(i-1, 0)] == '\'' {
				n++
			}
		case '#':
			if blank(i-1) && !alone {
				n += 2
			}
		}
		alone = b == '\n' || alone && blank(i)
	}
	return n
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
