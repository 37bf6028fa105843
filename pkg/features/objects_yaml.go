package features

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// yamlObjects reads objects from YAML. A list in the layout of kubectl is read item by item:
//
//	apiVersion: v1
//	items:
//	- apiVersion: nfd.k8s-sigs.io/v1alpha1
//	  kind: NodeFeature
//	  …
//	kind: List
//
// where nothing of an item stands left of its dash. Any other document is read whole.
type yamlObjects struct {
	lines  *bufio.Reader
	limits *limits
	// peeked is the next line, if it was looked at; line counts those before it.
	peeked []byte
	line   int
	// head is the document that is being read, without its items, and begun the line before its first.
	head  bytes.Buffer
	begun int
	// list is set if the document has items, and items while these are read; indent is that of their dashes.
	list, items  bool
	indent, item int
	// whole is a document that is no list in kubectl's layout.
	whole *jsonObjects
}

func (y *yamlObjects) next() (*Object, error) {
	for {
		var (
			object *Object
			err    error
		)
		switch {
		case y.whole != nil:
			object, err = y.whole.next()
			switch {
			case errors.Is(err, io.EOF):
				y.whole, err = nil, nil
			case err != nil:
				err = y.at(err)
			}
		case y.items:
			object, err = y.readItem()
		default:
			err = y.readHead()
		}
		if object != nil || err != nil {
			return object, err
		}
	}
}

// at says in which document an error is.
func (y *yamlObjects) at(err error) error {
	if y.begun == 0 {
		return err
	}
	return fmt.Errorf("the document after line %d: %w", y.begun, err)
}

// peek returns the next line, with its end; none at the end of the text.
func (y *yamlObjects) peek() ([]byte, error) {
	if y.peeked != nil {
		return y.peeked, nil
	}
	line, err := y.lines.ReadBytes('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	y.peeked = line
	return line, nil
}

// take is done with the line that was looked at.
func (y *yamlObjects) take() {
	y.peeked = nil
	y.line++
}

// isBoundary says whether a line divides documents.
func isBoundary(line []byte) bool {
	if !bytes.HasPrefix(line, []byte("---")) && !bytes.HasPrefix(line, []byte("...")) {
		return false
	}
	return len(line) == 3 || line[3] == ' ' || line[3] == '\t' || line[3] == '\r' || line[3] == '\n'
}

// isBlank says whether a line has no content.
func isBlank(line []byte) bool {
	line = bytes.TrimLeft(line, " \t\r\n")
	return len(line) == 0 || line[0] == '#'
}

// dash returns the column of the dash that a line begins with; false if it begins otherwise.
func dash(line []byte) (int, bool) {
	rest := bytes.TrimLeft(line, " ")
	begins := len(rest) > 1 && rest[0] == '-' && (rest[1] == ' ' || rest[1] == '\n' || rest[1] == '\r')
	return len(line) - len(rest), begins
}

// readHead reads a document up to its items, or to its end.
func (y *yamlObjects) readHead() error {
	for {
		line, err := y.peek()
		switch {
		case err != nil:
			return err
		case len(line) == 0 || isBoundary(line):
			return y.endDocument(line)
		}
		y.take()
		if !y.list && string(bytes.TrimRight(line, " \t\r\n")) == "items:" {
			if after, err := y.peek(); err != nil {
				return err
			} else if indent, ok := dash(after); ok {
				y.list, y.items, y.item, y.indent = true, true, 0, indent
				return nil
			}
		}
		y.head.Write(line)
	}
}

// endDocument takes the line after a document, which is empty at the end of the text, and looks at what was read.
func (y *yamlObjects) endDocument(line []byte) error {
	text, list, begun := bytes.Clone(y.head.Bytes()), y.list, y.begun
	y.head.Reset()
	y.list = false
	y.limits.allow(maxItem)
	if len(line) > 0 {
		y.take()
		if line[0] == '-' { // what follows it on its line is of the next document
			y.head.Write(line[len("---"):])
		}
		y.begun = y.line
	}
	if !list && isBlankText(text) {
		if len(line) == 0 {
			return io.EOF
		}
		return nil
	}
	document, err := yamlToJSON(text)
	if err == nil && list {
		var top map[string]json.RawMessage
		if err = json.Unmarshal(document, &top); err == nil {
			err = checkList(top)
		}
	}
	switch {
	case err != nil && begun > 0:
		return fmt.Errorf("the document after line %d: %w", begun, err)
	case err != nil:
		return err
	case !list:
		y.whole = newJSONObjects(bytes.NewReader(document), &limits{})
	}
	return nil
}

func isBlankText(text []byte) bool {
	for line := range bytes.Lines(text) {
		if !isBlank(line) {
			return false
		}
	}
	return true
}

// readItem reads the next item of a list; none at the end of the items.
func (y *yamlObjects) readItem() (*Object, error) {
	y.limits.allow(maxItem)
	first := y.line + 1
	var text bytes.Buffer
	for {
		line, err := y.peek()
		if err != nil {
			return nil, err
		}
		indent, begins := dash(line)
		deeper := indent > y.indent && !isBoundary(line)
		if len(line) == 0 || !isBlank(line) && !deeper && !(begins && indent == y.indent && text.Len() == 0) {
			break
		}
		y.take()
		text.Write(line)
	}
	if isBlankText(text.Bytes()) {
		y.items = false
		return nil, nil //nolint:nilnil // the caller goes on behind the list
	}
	y.item++
	object, err := decodeYAMLItem(text.Bytes())
	if err != nil {
		return nil, fmt.Errorf("items[%d], line %d on: %w", y.item-1, first, err)
	}
	return object, nil
}

// decodeYAMLItem decodes the text of one item, which begins with its dash.
func decodeYAMLItem(text []byte) (*Object, error) {
	encoded, err := yamlToJSON(text)
	if err != nil {
		return nil, err
	}
	var item []json.RawMessage
	if err := json.Unmarshal(encoded, &item); err != nil {
		return nil, explain(err)
	}
	if len(item) != 1 {
		return nil, fmt.Errorf("it is %d items", len(item))
	}
	return decodeItem(item[0])
}
