package features_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"

	"github.com/nfd-compat/nfd-compat/pkg/features"
)

// TestReadExportOfNFD reads what NFD's own client prints, which has no status.
func TestReadExportOfNFD(t *testing.T) {
	t.Parallel()
	const text = `{
    "flags": {
        "cpu.cpuid": {"elements": {"AVX": {}, "X86_64_V3": {}}}
    },
    "attributes": {
        "cpu.cpuid": {"elements": {}},
        "cpu.cstate": {"elements": {}},
        "cpu.topology": {"elements": {}},
        "CPU.Model": {"elements": {"family": "6"}},
        "rule.matched": {"elements": {}}
    },
    "instances": {
        "pci.device": {"elements": []}
    },
    "more": [1, 2]
}
`
	set, err := features.Read(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]features.State{
		"cpu.cpuid":           features.Discovered, // it has flags, though no attribute
		"cpu.cstate":          features.Absent,
		"cpu.topology":        features.Unreadable, // NFD writes an empty one if it could not read it
		"pci.device":          features.Absent,
		"kernel.loadedmodule": features.Unreadable, // NFD leaves out what it could not read
		"cpu.model":           features.Unreadable, // names are not lower-cased
		"CPU.Model":           features.Discovered,
		"foo.bar":             features.Undefined,
	} {
		if got := set.Status(name); got.State != want {
			t.Errorf("%s is %+v, want %s", name, got, want)
		}
	}
	if set.Node != (features.Node{}) {
		t.Errorf("node %+v", set.Node)
	}
}

func TestReadNodeFeature(t *testing.T) {
	t.Parallel()
	const text = `{"apiVersion": "nfd.k8s-sigs.io/v1alpha1", "kind": "NodeFeature", "metadata": {"name": "node-1"},
		"spec": {"labels": {}, "features": {"flags": {"kernel.loadedmodule": {"elements": {"nvidia": {}}}}, "attributes": {}, "instances": {}}}}`
	set, err := features.Read(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]nfdv1alpha1.Nil{"nvidia": {}}
	if diff := cmp.Diff(want, set.Features.Flags["kernel.loadedmodule"].Elements); diff != "" {
		t.Errorf("kernel.loadedmodule (-want +got):\n%s", diff)
	}
}

func TestReadNormalises(t *testing.T) {
	t.Parallel()
	const text = `{"flags": null, "attributes": {"cpu.rdt": {"elements": null}, "cpu.sst": {"elements": null}}, "instances": {"pci.device": {"elements": [{"attributes": null}]}},
		"node": {"name": "n"}, "status": {"cpu.rdt": {"state": "incomplete", "reasons": ["r"]}, "x.y": {"state": "discovered"}}}`
	set, err := features.Read(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	want := &features.Set{
		Features: nfdv1alpha1.Features{
			Flags: map[string]nfdv1alpha1.FlagFeatureSet{},
			Attributes: map[string]nfdv1alpha1.AttributeFeatureSet{
				"cpu.rdt": {Elements: map[string]string{}}, "cpu.sst": {Elements: map[string]string{}},
			},
			Instances: map[string]nfdv1alpha1.InstanceFeatureSet{
				"pci.device": {Elements: []nfdv1alpha1.InstanceFeature{{Attributes: map[string]string{}}}},
			},
		},
		Statuses: map[string]features.Status{
			"cpu.rdt": {State: features.Incomplete, Reasons: []string{"r"}}, "cpu.sst": {State: features.Absent},
		},
		Node: features.Node{Name: "n"},
	}
	if diff := cmp.Diff(want, set); diff != "" {
		t.Errorf("set (-want +got):\n%s", diff)
	}
	var written bytes.Buffer
	if err := features.Write(&written, &features.Set{Features: nfdv1alpha1.Features{
		Flags:      map[string]nfdv1alpha1.FlagFeatureSet{"a.b": {}},
		Attributes: map[string]nfdv1alpha1.AttributeFeatureSet{"a.c": {}},
		Instances:  map[string]nfdv1alpha1.InstanceFeatureSet{"a.d": {}},
	}}); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(written.String(), "null") {
		t.Errorf("wrote %s", written.String())
	}
}

// TestReadAnotherKind: that a feature is empty as a kind that it is not, says nothing of it.
func TestReadAnotherKind(t *testing.T) {
	t.Parallel()
	const text = `{"flags": {"pci.device": {"elements": {}}, "foo.bar": {"elements": {}}}, "attributes": {"kernel.loadedmodule": {"elements": {}},
		"cpu.sst": {"elements": {}}}, "instances": {"cpu.rdt": {"elements": []}}}`
	set, err := features.Read(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"pci.device": "want instances", "kernel.loadedmodule": "want flags", "cpu.rdt": "want attributes", "cpu.sst": "", "foo.bar": "",
	} {
		state := features.Unreadable
		if want == "" {
			state = features.Absent
		}
		if got := set.Status(name); got.State != state || !strings.HasSuffix(strings.Join(got.Reasons, "\n"), want) {
			t.Errorf("%s is %+v, want %s with %q", name, got, state, want)
		}
	}
	if _, ok := set.Features.Instances["cpu.rdt"]; ok {
		t.Error("a feature that is unreadable is in the set")
	}
}

func TestReadErrors(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, want string }{
		{"nothing", ``, `there are none`},
		{"blanks", " \n\t", `there are none`},
		{"half of it", `{"flags": {}`, `unexpected EOF`},
		{"half of a value", `{"flags": {`, `unexpected EOF`},
		{"another document", `apiVersion: v1`, `none of the keys`},
		{"a text", `features`, `a JSON string, not an object`},
		{"a list", `[]`, `a JSON array, not an object`},
		{"null", `null`, `JSON's null, not an object`},
		{"an empty object", `{}`, `none of the keys flags, attributes and instances`},
		{"another object", `{"apiVersion": "v1", "kind": "Pod"}`, `none of the keys`},
		{"upper case", `{"Flags": {}}`, `none of the keys`},
		{"more after it", `{"flags": {}} {}`, `document 2: the object has none of the keys`},
		{"rubbish after it", `{"flags": {}} }`, `invalid character '}'`},
		{"two nodes", `{"flags": {}, "node": {"name": "a"}} {"flags": {}, "node": {"name": "b"}}`, `of several nodes, of "a" and of "b"`},
		{"a kind of another type", `{"flags": []}`, `"flags": it is a JSON array, not an object`},
		{"a feature of another type", `{"flags": {"cpu.cpuid": ["AVX"]}}`, `flags of "cpu.cpuid": it is a JSON array, not an object`},
		{"elements of another type", `{"flags": {"cpu.cpuid": {"elements": ["AVX"]}}}`, `flags of "cpu.cpuid": "elements": it is a JSON array, not an object`},
		{"a flag with a value", `{"flags": {"cpu.cpuid": {"elements": {"AVX": true}}}}`, `a JSON bool, not an object`},
		{"a value that is a number", `{"attributes": {"kernel.version": {"elements": {"major": 6}}}}`, `a JSON number, not a string`},
		{"instances that are an object", `{"instances": {"pci.device": {"elements": {}}}}`, `a JSON object, not an array`},
		{"attributes that are a list", `{"attributes": {"kernel.version": {"elements": [{"attributes": {}}]}}}`, `attributes of "kernel.version": "elements": it is a JSON array, not an object`},
		{"a feature that is null", `{"flags": {"kernel.loadedmodule": null}}`, `flags of "kernel.loadedmodule": it is null, not an object`},
		{"attributes that are null", `{"attributes": {"cpu.rdt": null}, "status": {"cpu.rdt": {"state": "incomplete"}}}`, `attributes of "cpu.rdt": it is null`},
		{"instances that are null", `{"instances": {"pci.device": null}}`, `instances of "pci.device": it is null, not an object`},
		{"a feature without elements", `{"flags": {"kernel.loadedmodule": {}}}`, `flags of "kernel.loadedmodule": it has no "elements"`},
		{"a feature that is its elements", `{"flags": {"kernel.loadedmodule": {"nvidia": {}}}}`, `flags of "kernel.loadedmodule": it has no "elements"`},
		{"a flag that is null", `{"flags": {"kernel.loadedmodule": {"elements": {"b": null, "a": null, "c": {}}}}}`, `flags of "kernel.loadedmodule": element "a" is null`},
		{"a value that is null", `{"attributes": {"kernel.version": {"elements": {"major": null}}}}`, `attributes of "kernel.version": element "major" is null`},
		{"an instance that is null", `{"instances": {"pci.device": {"elements": [{"attributes": {}}, null]}}}`, `instances of "pci.device": element 1: it is null, not an object`},
		{"an instance without attributes", `{"instances": {"pci.device": {"elements": [{"vendor": "10de"}]}}}`, `element 0: it has no "attributes"`},
		{"an instance of another type", `{"instances": {"pci.device": {"elements": [["a"]]}}}`, `element 0: it is a JSON array, not an object`},
		{"an attribute of an instance that is null", `{"instances": {"pci.device": {"elements": [{"attributes": {"vendor": null}}]}}}`, `element 0: element "vendor" is null`},
		{"an attribute of an instance that is a number", `{"instances": {"pci.device": {"elements": [{"attributes": {"vendor": 4318}}]}}}`, `a JSON number, not a string`},
		{"a node of another type", `{"flags": {}, "node": "n"}`, `"node": it is a JSON string, not an object`},
		{"a state that there is not", `{"flags": {}, "status": {"cpu.cpuid": {"state": "maybe"}}}`, `there is no state "maybe"`},
		{"a state of another type", `{"flags": {}, "status": {"cpu.cpuid": {"state": 1}}}`, `not a string`},
		{"a NodeFeature without features", `{"kind": "NodeFeature", "spec": {}}`, `none of the keys`},
		{"too deep", strings.Repeat(`{"flags":`, 20000), `exceeded max depth`},
	}
	for _, test := range tests {
		set, err := features.Read(strings.NewReader(test.text))
		if set != nil || err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "read features: ") {
			t.Errorf("%s: got %v, %v; want an error with %q", test.name, set, err, test.want)
		}
		if err != nil && strings.Contains(err.Error(), "Go ") {
			t.Errorf("%s: the error speaks of Go: %v", test.name, err)
		}
	}
	broken := errors.New("broken")
	if _, err := features.Read(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("a broken reader: %v", err)
	}
	if _, err := features.Read(spaces{}); err == nil || !strings.Contains(err.Error(), "more than") {
		t.Errorf("an endless text: %v", err)
	}
}

type spaces struct{}

func (spaces) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

func TestWriteErrors(t *testing.T) {
	t.Parallel()
	if err := features.Write(io.Discard, nil); err == nil {
		t.Error("wrote no set")
	}
	if err := features.Write(brokenWriter{}, &features.Set{}); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("a broken writer: %v", err)
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

// TestMarshalling: a set within another JSON value goes the way of Write and Read.
func TestMarshalling(t *testing.T) {
	t.Parallel()
	want := discover(t, xeon(t).FS())
	data, err := json.Marshal(map[string]*features.Set{"host": want})
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]*features.Set
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got["host"]); diff != "" {
		t.Errorf("set (-want +got):\n%s", diff)
	}
	if err := json.Unmarshal([]byte(`{"host": []}`), &got); err == nil {
		t.Error("a list is no set")
	}
}
