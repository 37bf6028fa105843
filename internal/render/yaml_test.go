package render

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	yaml3 "go.yaml.in/yaml/v3"
	"sigs.k8s.io/yaml"
)

// readBack reads YAML by both readers that there are here: that of Kubernetes, for YAML 1.1, and that for 1.2.
func readBack(t *testing.T, text []byte) [2]any {
	t.Helper()
	var both [2]any
	if err := yaml.Unmarshal(text, &both[0]); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if err := yaml3.Unmarshal(text, &both[1]); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return both
}

// TestYAML: what is written is read as what it was, and looks as Kubernetes' manifests do.
func TestYAML(t *testing.T) {
	t.Parallel()
	type object = map[string]any
	for want, value := range map[string]any{
		"null\n": nil, "true\n": true, "-1.5\n": -1.5, "[]\n": []any{}, "{}\n": object{}, "\"\"\n": "", "word\n": "word", "a/b-c.d\n": "a/b-c.d",
		"\"no\"\n": "no", "\"Y\"\n": "Y", "\"1e3\"\n": "1e3", "\"1.2\"\n": "1.2", "\"~\"\n": "~", "\"-\"\n": "-", "\"a: b\"\n": "a: b", "\"a #b\"\n": "a #b",
		"\"2026-01-02\"\n": "2026-01-02", "\"0x1f\"\n": "0x1f", "\"\\u001b\\u009b\\u202e\\U000e0041\"\n": "\x1b\u009b\u202e\U000e0041",
		"\"tab\\tand\\nline\\u000d\"\n": "tab\tand\nline\r", "\"é 日本 😀\"\n": "é 日本 😀", "\"\\\"\\\\\"\n": `"\`,
		"a: 1\nb:\n  c: []\n  d:\n    e: null\n": object{"a": 1, "b": object{"c": []any{}, "d": object{"e": nil}}},
		"a:\n- 1\n- b: 2\n  c:\n  - x\n  - z\n- - 3\n  - - d: 4\n      e: 5\n- {}\n- - []\n": object{"a": []any{
			1, object{"b": 2, "c": []any{"x", "z"}}, []any{3, []any{object{"d": 4, "e": 5}}}, object{}, []any{[]any{}},
		}},
		"\"a b\": c\n\"no\": n2\n": object{"a b": "c", "no": "n2"},
	} {
		var out bytes.Buffer
		if err := writeYAML(&out, value); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, out.String()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

func FuzzYAML(f *testing.F) {
	for _, seed := range []string{"", "no", "1e3", "-", "---", "a: b", "\x1b", "\u202e", "<<", "=", "null", "12:30", "0o7", "_1", "a\n::b\n  ##[c]", "\ufeff", "\ufffe", "|", "Infinity", ".nan", "é", " lead", "trail "} {
		f.Add(seed, seed)
	}
	f.Add(strings.Repeat("long ", 300), "a")
	f.Add(strings.Repeat("\n::\u202e\"", 300), strings.Repeat("b", 2000))
	f.Fuzz(func(t *testing.T, key, text string) {
		key, text = strings.ToValidUTF8(key, "?"), strings.ToValidUTF8(text, "?")
		value := map[string]any{"k" + key: []any{text, map[string]any{text: nil}}}
		encoded, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		var want any
		if err := json.Unmarshal(encoded, &want); err != nil {
			t.Fatal(err)
		}
		for name, write := range map[string]func(*bytes.Buffer) error{
			"YAML":  func(out *bytes.Buffer) error { return writeYAML(out, value) },
			"KYAML": func(out *bytes.Buffer) error { return kyamlOf(out, value, "it") },
		} {
			var out bytes.Buffer
			if err := write(&out); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if i := strings.IndexFunc(out.String(), func(r rune) bool { return r != '\n' && r != '\t' && unicode.In(r, unicode.Cc, unicode.Cf) }); i >= 0 {
				t.Errorf("%s: a control character got through: %q", name, &out)
			}
			for i, got := range readBack(t, out.Bytes()) {
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s, reader %d: (-want +got)\n%s\n%s", name, i, diff, &out)
				}
			}
		}
	})
}
