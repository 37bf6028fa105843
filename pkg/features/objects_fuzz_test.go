package features_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/nfd-compat/nfd-compat/pkg/features"
)

// FuzzObjects: whatever the text, reading it ends, and what is read is whole.
func FuzzObjects(f *testing.F) {
	list := `{"apiVersion": "v1", "items": [` + nodeFeature("nfd", "a", "a", modules("a")) + "," + nodeFeature("nfd", "b", "", modules("b")) + `], "kind": "List"}`
	f.Add(list)
	f.Add(list + "\n" + modules("c"))
	block, err := yaml.JSONToYAML([]byte(list))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(block))
	f.Add("---\n" + string(block) + "...\n--- " + list)
	f.Add("items:\n  - kind: NodeFeature\n\n  # note\n  -\n    kind: NodeFeature\nkind: NodeFeatureList\n")
	f.Add("items:\n- &a *a\n-\n---\nitems: [{}]\n")
	f.Add("a: &a [1, ? x]\n<<: *a\n")
	f.Fuzz(func(t *testing.T, text string) {
		objects := features.NewObjects(strings.NewReader(text))
		var all features.Nodes
		n := 0
		for n <= len(text) { // each has a byte at least
			object, err := objects.Next()
			if (object == nil) == (err == nil) {
				t.Fatalf("an object %v and an error %v", object, err)
			}
			if err != nil {
				if !errors.Is(err, io.EOF) {
					return
				}
				break
			}
			object.Only([]string{"kernel.loadedmodule"})
			all.Add(object)
			n++
		}
		if n > len(text) {
			t.Fatal("there is no end")
		}
		for _, set := range all.Merged() {
			if set == nil || len(set.Features.Flags) > 1 {
				t.Errorf("set %+v", set)
			}
		}
	})
}
