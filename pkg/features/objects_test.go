package features_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"
	"sigs.k8s.io/yaml"

	"github.com/nfd-compat/nfd-compat/pkg/features"
)

// readAll reads the nodes of a text.
func readAll(r io.Reader) ([]*features.Set, error) {
	objects := features.NewObjects(r)
	var all features.Nodes
	for {
		object, err := objects.Next()
		if errors.Is(err, io.EOF) {
			return all.Merged(), nil
		}
		if err != nil {
			return nil, err
		}
		all.Add(object)
	}
}

// described tells of each node its name, and its loaded modules.
func described(sets []*features.Set) string {
	var b strings.Builder
	for _, set := range sets {
		names := []string{}
		for _, name := range []string{"a", "b", "c", "d"} {
			if _, ok := set.Features.Flags["kernel.loadedmodule"].Elements[name]; ok {
				names = append(names, name)
			}
		}
		fmt.Fprintf(&b, "%s(%s)", set.Node.Name, strings.Join(names, " "))
	}
	return b.String()
}

// nodeFeature is an object about a node, as JSON.
func nodeFeature(namespace, name, node, features string) string {
	labels := ""
	if node != "" {
		labels = fmt.Sprintf(`, "labels": {%q: %q}`, nfdv1alpha1.NodeFeatureObjNodeNameLabel, node)
	}
	return fmt.Sprintf(`{"apiVersion": "nfd.k8s-sigs.io/v1alpha1", "kind": "NodeFeature", "metadata": {"namespace": %q, "name": %q%s}, "spec": {"features": %s}}`,
		namespace, name, labels, features)
}

func modules(names ...string) string {
	var elements []string
	for _, name := range names {
		elements = append(elements, fmt.Sprintf("%q: {}", name))
	}
	return `{"flags": {"kernel.loadedmodule": {"elements": {` + strings.Join(elements, ", ") + `}}}, "attributes": {}, "instances": {}}`
}

// TestObjects: each form is read as JSON and as YAML, alike.
func TestObjects(t *testing.T) {
	t.Parallel()
	a, b := nodeFeature("nfd", "n1", "n1", modules("a")), nodeFeature("nfd", "n2", "", modules("b"))
	list := func(kind string, items ...string) string {
		return `{"apiVersion": "v1", "items": [` + strings.Join(items, ", ") + `], "kind": "` + kind + `", "metadata": {"resourceVersion": ""}}`
	}
	tests := []struct{ name, text, want string }{
		{"an export", `{"flags": {"kernel.loadedmodule": {"elements": {"a": {}}}}, "node": {"name": "n"}}`, "n(a)"},
		{"an object", a, "n1(a)"},
		{"an object without a label", b, "n2(b)"},
		{"a list", list("List", a, b), "n1(a)n2(b)"},
		{"a list of its own kind", list("NodeFeatureList", a, b), "n1(a)n2(b)"},
		{"items without a kind", list("NodeFeatureList", strings.Replace(a, `"kind": "NodeFeature", `, "", 1)), "n1(a)"},
		{"an empty list", list("List"), ""},
		{"a list of null", `{"kind": "List", "items": null}`, ""},
		{"an object about labels", nodeFeature("x", "labels", "n1", "null"), "n1()"},
		{"two of one node", list("List", a, b, nodeFeature("other", "more", "n1", modules("c", "d"))), "n1(a c d)n2(b)"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			block, err := yaml.JSONToYAML([]byte(test.text))
			if err != nil {
				t.Fatal(err)
			}
			// kubectl and others put the dashes of a list below its key, or further in.
			indented := strings.ReplaceAll(string(block), "\n", "\n  ")
			indented = strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(indented, "\n  items:", "\nitems:"), "\n  kind:", "\nkind:"), "\n  metadata:", "\nmetadata:")
			texts := map[string]string{
				"JSON": test.text, "JSON after blanks": "\n\t " + test.text, "YAML": string(block), "YAML in a document": "# nodes\n---\n" + string(block) + "...\n",
				"JSON in YAML": "--- " + test.text, "YAML of DOS": strings.ReplaceAll(string(block), "\n", "\r\n"), "YAML with comments": strings.ReplaceAll(string(block), "\n", "\n# note\n\n"),
			}
			if strings.HasPrefix(test.name, "a list") || strings.HasPrefix(test.name, "two of") {
				texts["YAML further in"] = indented
			}
			for form, text := range texts {
				sets, err := readAll(strings.NewReader(text))
				if err != nil {
					t.Errorf("%s: %v\n%s", form, err, text)
				} else if got := described(sets); got != test.want {
					t.Errorf("%s: got %s, want %s\n%s", form, got, test.want, text)
				}
			}
			// Several of them.
			for form, text := range map[string]string{"JSON": a + "\n" + test.text + b, "YAML": a[:0] + "---\n" + string(block) + "---\n---\n" + b + "\n"} {
				if _, err := readAll(strings.NewReader(text)); err != nil {
					t.Errorf("several, %s: %v", form, err)
				}
			}
		})
	}
}

func TestObjectsErrors(t *testing.T) {
	t.Parallel()
	a := nodeFeature("nfd", "n1", "n1", modules("a"))
	tests := []struct{ name, text, want string }{
		{"another kind in a list", `{"kind": "List", "items": [` + a + `, {"kind": "Pod"}]}`, "items[1]: it is a Pod, not a NodeFeature"},
		{"another list", `{"kind": "PodList", "items": []}`, `its kind is "PodList"`},
		{"a list that ends", `{"kind": "List", "items": [` + a, "unexpected EOF"},
		{"items that are no array", `{"kind": "List", "items": {}}`, `"items": it is a JSON object, not an array`},
		{"items twice", `{"kind": "List", "items": [], "items": []}`, `"items" twice`},
		{"an item of another type", `{"kind": "List", "items": [1]}`, "items[0]: it is a JSON number, not an object"},
		{"an item of null", `{"kind": "List", "items": [null]}`, "items[0]: it is JSON's null, not an object"},
		{"an error after an object", a + a + "x", "document 3: "},
		{"an item too large", `{"kind": "List", "items": [{"kind": "` + strings.Repeat("x", 5<<20), "more than 4194304 bytes in one object"},
		{"a YAML document too large", "kind: " + strings.Repeat("x", 5<<20), "more than 4194304 bytes in one object"},
		{"a YAML line of items too large", "items:\n- kind: " + strings.Repeat("x\n  y", 2<<20), "more than 4194304 bytes in one object"},
		{"a YAML alias", "kind: NodeFeature\nmetadata: &x {name: n}\nspec: *x\n", "line 3: the alias *x"},
		{"a YAML merge", "kind: NodeFeature\nmetadata: {<<: {name: n}}\n", "line 2: a key that is no string"},
		{"a YAML key twice", "kind: NodeFeature\nkind: NodeFeature\n", `line 2: the key "kind" is there twice`},
		{"a YAML number", "attributes: {kernel.version: {elements: {major: 6}}}\n", "a JSON number, not a string"},
		{"a YAML number of a kind", "attributes: {kernel.version: {elements: {major: 0x6}}}\n", "a JSON number, not a string"},
		{"a YAML bool", "attributes: {kernel.version: {elements: {major: True}}}\n", "a JSON bool, not a string"},
		{"a YAML binary", "attributes: !!binary aGFsbG8=\n", "a value of the type !!binary"},
		{"another kind in a YAML list", "kind: List\nitems:\n- kind: NodeFeature\n  metadata: {}\n- kind: Pod\n", "items[1], line 5 on: it is a Pod"},
		{"a YAML list of another kind", "kind: PodList\nitems:\n- kind: NodeFeature\n", `its kind is "PodList"`},
		{"a text with a dash at its left", "kind: List\nitems:\n- kind: \"NodeFeature\n- x\"\n", "items[0], line 3 on: yaml: "},
		{"an error in a second YAML document", "attributes: {}\n---\nkind: Pod\n", "the document after line 2: "},
		{"a list in a second YAML document", "attributes: {}\n---\nkind: Pods\nitems:\n- kind: NodeFeature\n", "the document after line 2: "},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if _, err := readAll(strings.NewReader(test.text)); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error with %q", err, test.want)
			}
		})
	}
}

// TestMergeAsNFD: the objects of a node are merged in the order of NFD's master, getAndMergeNodeFeatures in its v0.19.
func TestMergeAsNFD(t *testing.T) {
	t.Parallel()
	about := func(value string) string {
		return `{"flags": {"x.flags": {"elements": {` + fmt.Sprintf("%q: {}", value) + `}}}, "attributes": {"kernel.version": {"elements": {"full": "` + value +
			`"}}, "cpu.topology": {"elements": {}}, "memory.swap": {"elements": {}}}, "instances": {"pci.device": {"elements": [{"attributes": {"class": "` + value + `"}}]}}}`
	}
	objects := []string{
		nodeFeature("b", "z", "n", about("third")), nodeFeature("a", "z", "n", about("second")), nodeFeature("own", "n", "n", about("first")),
		nodeFeature("own", "zz", "n", about("own too")), nodeFeature("a", "a", "n", about("before second")), nodeFeature("own", "m", "m", about("another")),
	}
	sets, err := readAll(strings.NewReader(`{"kind": "List", "items": [` + strings.Join(objects, ",") + `]}`))
	if err != nil {
		t.Fatal(err)
	}
	if len(sets) != 2 || sets[0].Node.Name != "n" || sets[1].Node.Name != "m" {
		t.Fatalf("%d nodes", len(sets))
	}
	set := sets[0]
	if got := set.Features.Attributes["kernel.version"].Elements["full"]; got != "third" {
		t.Errorf("kernel.version full is %q", got)
	}
	if got := len(set.Features.Flags["x.flags"].Elements); got != 5 {
		t.Errorf("%d flags", got)
	}
	var classes []string
	for _, instance := range set.Features.Instances["pci.device"].Elements {
		classes = append(classes, instance.Attributes["class"])
	}
	if diff := cmp.Diff([]string{"first", "own too", "before second", "second", "third"}, classes); diff != "" {
		t.Errorf("instances (-want +got):\n%s", diff)
	}
	// What is empty in all of them is judged as in an export.
	for name, want := range map[string]features.State{"cpu.topology": features.Unreadable, "memory.swap": features.Absent, "kernel.config": features.Unreadable} {
		if got := set.Status(name); got.State != want {
			t.Errorf("%s is %+v, want %s", name, got, want)
		}
	}
	// NFD's usual namespace is its own, if the name of the node does not tell.
	sets, err = readAll(strings.NewReader(nodeFeature("a", "n", "n", about("2")) + nodeFeature("node-feature-discovery", "n", "n", about("1"))))
	if err != nil || sets[0].Features.Attributes["kernel.version"].Elements["full"] != "2" {
		t.Errorf("%v, %+v", err, sets)
	}
}

// endlessList is a list of so many objects, each of about 63 kB, which is made as it is read.
type endlessList struct {
	left  int
	piece bytes.Buffer
	block bool
}

func (l *endlessList) Read(p []byte) (int, error) {
	if l.piece.Len() == 0 {
		if l.left < 0 {
			return 0, io.EOF
		}
		var options strings.Builder
		for i := range 2400 {
			fmt.Fprintf(&options, "%q: \"y\", ", fmt.Sprintf("OPTION_%08d", i))
		}
		object := nodeFeature("nfd", fmt.Sprint("node-", l.left), fmt.Sprint("node-", l.left),
			`{"attributes": {"kernel.config": {"elements": {`+strings.TrimSuffix(options.String(), ", ")+`}}, "kernel.version": {"elements": {"full": "6.8"}}}, "flags": {}, "instances": {}}`)
		switch l.left--; {
		case l.block && l.left == -1:
			l.piece.WriteString("\nkind: List\n")
		case l.block:
			l.piece.WriteString("\n- " + object)
		case l.left == -1:
			l.piece.WriteString(`null], "kind": "List"}`)
		default:
			l.piece.WriteString(object + ",\n")
		}
	}
	return l.piece.Read(p)
}

// TestObjectsMemory: hundreds of nodes are read in the room of a few, and what is kept of each is what was asked for. (No other test runs
// beside it, whose memory would count.)
//
//nolint:paralleltest // see above
func TestObjectsMemory(t *testing.T) {
	for form, text := range map[string]struct {
		begin string
		list  *endlessList
	}{
		"JSON": {`{"items": [`, &endlessList{left: 600}},
		"YAML": {"items:", &endlessList{left: 60, block: true}},
	} {
		objects := features.NewObjects(io.MultiReader(strings.NewReader(text.begin), text.list))
		var (
			all  features.Nodes
			most uint64
		)
		nodes := text.list.left
		for {
			object, err := objects.Next()
			if err != nil && nodes == all.Len() { // the null at the end, or the end
				break
			}
			if err != nil {
				t.Fatalf("%s, after %d objects: %v", form, all.Len(), err)
			}
			object.Only([]string{"kernel.version"})
			if all.Add(object); all.Len()%100 == 0 {
				var stats runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&stats)
				most = max(most, stats.HeapAlloc)
			}
		}
		if most > 12<<20 {
			t.Errorf("%s: %d MiB are held", form, most>>20)
		}
		if sets := all.Merged(); len(sets) != nodes || sets[7].Features.Attributes["kernel.version"].Elements["full"] != "6.8" {
			t.Errorf("%s: %d nodes", form, len(sets))
		}
	}
}
