package features

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

const (
	// maxItem bounds an object in a list, in bytes. Kubernetes keeps none above 1.5 MiB, and a NodeFeature has some 60 KiB.
	maxItem = 4 << 20
	// maxObjects bounds all that an [Objects] takes, in bytes: more than 10,000 nodes have.
	maxObjects = 1 << 30
)

// An Object is the features of one node as they stand in one object of a text.
type Object struct {
	// Namespace and Name are those of a NodeFeature object, and Node the name of the node that it is about; all are empty for
	// an export.
	Namespace, Name, Node string
	set                   *Set
	// exported is set of an export of a whole host, so no other object is about the same one.
	exported bool
}

// Host names the host that the object is about, as far as it tells: its platform is in an export only.
func (o *Object) Host() Node { return o.set.Node }

// Only leaves of the object the features of these names, so that many of them have room.
func (o *Object) Only(names []string) { o.set = o.set.Only(names) }

// Objects reads objects with features from a text, one after the other, so that the text is never in memory as a whole. It takes
//
//   - what [Write] or "nfd export features" wrote,
//   - NodeFeature objects of nfd.k8s-sigs.io/v1alpha1, whose node is the one that their label nfd.node.kubernetes.io/node-name names, or
//     else their own name,
//   - lists of these (NodeFeatureList, or List), as "kubectl get nodefeatures --all-namespaces" prints with -o json or -o yaml,
//
// and any number of them in one text, as JSON or as YAML. A JSON document has at most 64 MiB, an object in a list, or a YAML
// document that is not a list in the layout of kubectl, 4 MiB; and the whole 1 GiB.
type Objects struct {
	limits *limits
	json   *jsonObjects // nil until the form is known, and for YAML
	yaml   *yamlObjects
	in     *bufio.Reader
}

// NewObjects returns a reader of the objects in r. It buffers, so r is not to be read by others.
func NewObjects(r io.Reader) *Objects {
	limits := &limits{from: r, all: maxObjects, one: maxJSON}
	return &Objects{limits: limits, in: bufio.NewReader(limits)}
}

// Next returns the next object, or io.EOF if there is none. An error of the text ends it; the place is told.
func (o *Objects) Next() (*Object, error) {
	if o.json == nil && o.yaml == nil {
		if err := o.begin(); err != nil {
			return nil, err
		}
	}
	if o.json != nil {
		return o.json.next()
	}
	return o.yaml.next()
}

// begin finds out whether the text is JSON, which begins with a bracket. (A JSON array is one of no kind that we read.)
func (o *Objects) begin() error {
	for {
		c, err := o.in.ReadByte()
		switch {
		case err != nil:
			return err
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			continue
		}
		if err := o.in.UnreadByte(); err != nil {
			return err
		}
		if c == '{' || c == '[' {
			o.json = newJSONObjects(o.in, o.limits)
		} else {
			o.yaml = &yamlObjects{lines: o.in, limits: o.limits}
			o.limits.allow(maxItem)
		}
		return nil
	}
}

// errTooLong is the error of a text that goes beyond a bound.
var errTooLong = errors.New("the text has more than")

// limits is a reader with a bound for the whole, and one for what is read at a time.
type limits struct {
	from     io.Reader
	all, one int64
	// bound is what one was at the beginning.
	bound int64
}

// allow begins something of at most so many bytes. What was read ahead of it does not count.
func (l *limits) allow(bytes int64) { l.one, l.bound = bytes, bytes }

func (l *limits) Read(p []byte) (int, error) {
	switch {
	case l.all <= 0:
		return 0, fmt.Errorf("%w %d bytes", errTooLong, maxObjects)
	case l.one <= 0:
		return 0, fmt.Errorf("%w %d bytes in one object", errTooLong, max(l.bound, maxItem))
	}
	n, err := l.from.Read(p[:min(int64(len(p)), l.one, l.all)])
	l.one -= int64(n)
	l.all -= int64(n)
	return n, err
}

// jsonObjects reads objects from JSON: documents one after the other, of which each may be a list.
type jsonObjects struct {
	decoder *json.Decoder
	limits  *limits
	// document and item count what was begun, from 1; item is 0 outside a list.
	document, item int
	// top are the members of the document that is being read, its items aside; nil between documents.
	top   map[string]json.RawMessage
	items bool // in the array of items
	list  bool // the document has items
}

func newJSONObjects(r io.Reader, l *limits) *jsonObjects {
	return &jsonObjects{decoder: json.NewDecoder(r), limits: l}
}

func (j *jsonObjects) next() (*Object, error) {
	for {
		object, err := j.step()
		if err != nil && !errors.Is(err, io.EOF) {
			err = j.at(err)
		}
		if object != nil || err != nil {
			return object, err
		}
	}
}

// at says where an error is, if there is more than one object.
func (j *jsonObjects) at(err error) error {
	switch {
	case j.items:
		return fmt.Errorf("items[%d]: %w", j.item-1, err)
	case j.document > 1:
		return fmt.Errorf("document %d: %w", j.document, err)
	}
	return err
}

// step reads a part of the text, and returns an object if that was the end of one.
func (j *jsonObjects) step() (*Object, error) {
	switch {
	case j.top == nil:
		j.document++
		j.limits.allow(maxJSON)
		return nil, j.open()
	case j.items && j.decoder.More():
		j.item++
		j.limits.allow(maxItem)
		var item json.RawMessage
		if err := j.decoder.Decode(&item); err != nil {
			return nil, brokenJSON(err)
		}
		return decodeItem(item)
	case j.items:
		_, err := j.decoder.Token() // the bracket
		if err == nil {
			j.items = false
			j.limits.allow(maxJSON)
		}
		return nil, brokenJSON(err)
	case j.decoder.More():
		return nil, j.member()
	}
	if _, err := j.decoder.Token(); err != nil { // the brace
		return nil, brokenJSON(err)
	}
	top := j.top
	j.top = nil
	if j.list {
		return nil, checkList(top)
	}
	return decodeObject(top)
}

// open reads the first brace of a document. At the end of the text the error is io.EOF.
func (j *jsonObjects) open() error {
	token, err := j.decoder.Token()
	switch {
	case errors.Is(err, io.EOF):
		return io.EOF
	case err != nil:
		return fmt.Errorf("the text is no JSON object: %w%s", brokenJSON(err), wanted)
	case token != json.Delim('{'):
		return fmt.Errorf("the text is no JSON object: %s, not an object%s", kindOfToken(token), wanted)
	}
	j.top, j.list = map[string]json.RawMessage{}, false
	return nil
}

// member reads one member of a document.
func (j *jsonObjects) member() error {
	token, err := j.decoder.Token()
	if err != nil {
		return brokenJSON(err)
	}
	key, _ := token.(string) // nothing else can stand here
	if key != "items" {
		var value json.RawMessage
		if err := j.decoder.Decode(&value); err != nil {
			return brokenJSON(err)
		}
		j.top[key] = value
		return nil
	}
	if j.list {
		return errors.New(`the list has the key "items" twice`)
	}
	j.list = true
	switch token, err := j.decoder.Token(); {
	case err != nil:
		return brokenJSON(err)
	case token == json.Delim('['):
		j.items, j.item = true, 0
	case token != nil: // null is a list of nothing
		return fmt.Errorf(`"items": %s, not an array%s`, kindOfToken(token), wanted)
	}
	return nil
}

// brokenJSON says of a text that ends too early what encoding/json says of a value.
func brokenJSON(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// kindOfToken names what a JSON value is that begins with a token.
func kindOfToken(token json.Token) string {
	switch token := token.(type) {
	case json.Delim:
		if token == '[' {
			return "it is a JSON array"
		}
		return "it is a JSON object"
	case string:
		return "it is a JSON string"
	case float64, json.Number:
		return "it is a JSON number"
	case bool:
		return "it is a JSON bool"
	}
	return "it is JSON's null"
}

// checkList refuses a document with items that is no list of Kubernetes.
func checkList(top map[string]json.RawMessage) error {
	kind := kindOf(top)
	if !slices.Contains([]string{"List", kindNodeFeature + "List"}, kind) {
		return fmt.Errorf("the object has items, and its kind is %q%s", kind, wanted)
	}
	return nil
}

// decodeItem decodes an object of a list. The items of a NodeFeatureList need not tell their kind.
func decodeItem(item json.RawMessage) (*Object, error) {
	var top map[string]json.RawMessage
	if err := json.Unmarshal(item, &top); err != nil {
		return nil, explain(err)
	}
	if top == nil {
		return nil, errors.New("it is JSON's null, not an object")
	}
	if kind := kindOf(top); kind != "" && kind != kindNodeFeature {
		return nil, fmt.Errorf("it is a %s, not a %s", kind, kindNodeFeature)
	}
	return decodeNodeFeature(top)
}
