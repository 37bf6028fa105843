package spec_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"
	"sigs.k8s.io/yaml"

	"github.com/nfd-compat/nfd-compat/pkg/spec"
)

// head and rule begin a spec whose first rule is what a test appends.
const (
	head = "version: v1alpha1\ncompatibilities:\n- rules:\n"
	rule = head + "  - name: r\n    matchFeatures:\n    - feature: cpu.cpuid\n"
)

// TestDecodeFaults has a line for each way in which a spec's text can be wrong. Many of them NFD's client passes.
func TestDecodeFaults(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		want       []string
	}{
		{"empty", "", []string{"the document is empty: a spec begins with version: v1alpha1"}},
		{"comment only", "# nothing\n", []string{"the document is empty: a spec begins with version: v1alpha1"}},
		{"null document", "---\n", []string{"2:1: want a mapping (version and compatibilities), have nothing (null)"}},
		{"list document", "- a\n", []string{"1:1: want a mapping (version and compatibilities), have a list"}},
		{"HTML", "<html><body>Sign in</body></html>", []string{`1:1: want a mapping (version and compatibilities), have the text "<html><body>Sign in</body></html>"`}},
		{"not YAML", "version: [", []string{"1:1: not YAML: did not find expected node content"}},
		{"binary", "\x00\x01\x02", []string{"not YAML: control characters are not allowed"}},
		{
			"second document", "version: v1alpha1\ncompatibilities: []\n---\nversion: v1alpha1\n",
			[]string{"3:1: a second document begins here: a spec is one document"},
		},
		{"no version", "compatibilities: []\n", []string{"1:1: the version is missing: write version: v1alpha1"}},
		{"unknown version", "version: v99\n", []string{`1:10: version: version "v99" is not known: this is v1alpha1`}},
		{
			"misspelt compatibilities", "version: v1alpha1\ncompatibilties: []\n",
			[]string{`2:1: unknown field "compatibilties"; did you mean "compatibilities"?`},
		},
		{
			"misspelt matchFeatures, which NFD's client takes for a rule without a matcher",
			head + "  - name: r\n    matchFeature:\n    - feature: cpu.cpuid\n",
			[]string{`5:5: compatibilities[0].rules[0]: unknown field "matchFeature"; did you mean "matchFeatures"?`},
		},
		{
			"other case, which encoding/json would take", head + "  - name: r\n    matchfeatures: []\n",
			[]string{`5:5: compatibilities[0].rules[0]: unknown field "matchfeatures"; did you mean "matchFeatures"?`},
		},
		{
			"unknown field without a near word", rule + "      labels: {}\n",
			[]string{`7:7: compatibilities[0].rules[0].matchFeatures[0]: unknown field "labels"; known here: feature, matchExpressions, matchName`},
		},
		{"duplicate key", "version: v1alpha1\nversion: v1alpha1\n", []string{`2:1: the key "version" stands here a second time`}},
		{
			"duplicate element", rule + "      matchExpressions:\n        AVX: {op: Exists}\n        AVX: {op: Exists}\n",
			[]string{`9:9: compatibilities[0].rules[0].matchFeatures[0].matchExpressions: the key "AVX" stands here a second time`},
		},
		{
			"nil expression, which crashes NFD's client", rule + "      matchExpressions: {AVX: }\n",
			[]string{"7:31: compatibilities[0].rules[0].matchFeatures[0].matchExpressions.AVX: the expression is empty: write {op: Exists}, or another operator"},
		},
		{
			"expression without op", rule + "      matchName: {value: [AVX]}\n",
			[]string{"7:18: compatibilities[0].rules[0].matchFeatures[0].matchName: the expression has no op: write op: Exists, or another operator"},
		},
		{
			"scalar value", rule + "      matchName: {op: In, value: 5}\n",
			[]string{`7:34: compatibilities[0].rules[0].matchFeatures[0].matchName.value: want a list (of values), have "5": write [5]`},
		},
		{
			"null among the values", rule + "      matchName: {op: In, value: [~]}\n",
			[]string{`7:35: compatibilities[0].rules[0].matchFeatures[0].matchName.value[0]: want a text, have nothing (null): write "" for an empty one`},
		},
		{
			"term without a feature", head + "  - matchFeatures:\n    - matchName: {op: Exists}\n",
			[]string{"5:7: compatibilities[0].rules[0].matchFeatures[0]: the term names no feature"},
		},
		{
			"weight", "version: v1alpha1\ncompatibilities:\n- weight: heavy\n- weight: 1.5\n",
			[]string{
				`3:11: compatibilities[0].weight: want a whole number, have the text "heavy"`,
				`4:11: compatibilities[1].weight: want a whole number, have "1.5"`,
			},
		},
		{
			"all at once", "version: v1\ncompatibilities:\n- tag: [a]\n  rule: []\n",
			[]string{
				`1:10: version: version "v1" is not known: this is v1alpha1`,
				"3:8: compatibilities[0].tag: want a text, have a list",
				`4:3: compatibilities[0]: unknown field "rule"; did you mean "rules"?`,
			},
		},
		{"JSON", `{"version": "v1alpha1", "compatibilities": [{"rulez": []}]}`, []string{
			`1:46: compatibilities[0]: unknown field "rulez"; did you mean "rules"?`,
		}},
		{"tag", "version: !!binary djFhbHBoYTE=\n", []string{
			"1:10: version: the tag !!binary is not supported here: quote the text instead",
			`1:10: version: version "djFhbHBoYTE=" is not known: this is v1alpha1`,
		}},
		{"a version by an alias", "compatibilities:\n- tag: &v v99\nversion: *v\n", []string{`3:10: version: version "v99" is not known: this is v1alpha1`}},
		{"two merges", "version: v1alpha1\ncompatibilities:\n- <<: {tag: a}\n  <<: {weight: 1}\n", []string{
			"4:3: compatibilities[0]: the key << stands here a second time: merge a list, <<: [*a, *b]",
		}},
		{"an empty name", head + "  - vars: {'': [a]}\n", []string{`4:16: compatibilities[0].rules[0].vars[""]: want a text, have a list`}},
		{"unknown anchor", "version: *v\n", []string{"not YAML: unknown anchor 'v' referenced"}},
		{
			"a key before the merge that has it too", "version: v1alpha1\ncompatibilities:\n- &a {tag: a}\n- tag: b\n  <<: *a\n",
			[]string{`5:7: compatibilities[1]: the key "tag" stands before the merge that has it too, of which parsers think differently: write << first`},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := spec.Decode([]byte(tt.text))
			if got != nil {
				t.Errorf("a spec came with the error: %+v", got)
			}
			if diff := cmp.Diff(tt.want, lines(t, err)); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

// lines returns the findings of an error as they are printed.
func lines(t *testing.T, err error) []string {
	t.Helper()
	var invalid *spec.Error
	if !errors.As(err, &invalid) {
		t.Fatalf("got %v, want a *spec.Error", err)
	}
	var all []string
	for _, f := range invalid.Findings {
		if f.Severity != spec.SeverityError {
			t.Errorf("%s has severity %s", f, f.Severity)
		}
		all = append(all, f.String())
	}
	return all
}

func TestDecode(t *testing.T) {
	t.Parallel()
	got, err := spec.Decode([]byte(`
version: v1alpha1
compatibilities:
- tag: gpu
  weight: 0x0a
  description: >-
    Folded
    text.
  rules:
  - name: device
    vars: {found: yes, empty: }
    varsTemplate: "{{ . }}"
    matchFeatures:
    - feature: pci.device
      matchExpressions:
        vendor: {op: In, value: [0x10de, "10de", 1.10, y, 1_000]}
      matchName: {op: Exists}
    matchAny:
    - matchFeatures: &terms
      - feature: kernel.version
        matchExpressions:
          full: &recent {op: Ge, value: ["6.6"], type: version}
    - matchFeatures: *terms
  celRules:
  - {name: c, expression: "true", message: m}
- {}
`))
	if err != nil {
		t.Fatal(err)
	}
	kernel := nfdv1alpha1.FeatureMatcher{{
		Feature: "kernel.version",
		MatchExpressions: &nfdv1alpha1.MatchExpressionSet{
			"full": {Op: nfdv1alpha1.MatchGe, Value: nfdv1alpha1.MatchValue{"6.6"}, Type: nfdv1alpha1.TypeVersion},
		},
	}}
	want := &spec.Spec{Version: "v1alpha1", Compatibilities: []spec.Compatibility{{
		Tag: "gpu", Weight: 10, Description: "Folded text.",
		Rules: []nfdv1alpha1.GroupRule{{
			Name: "device", Vars: map[string]string{"found": "true", "empty": ""}, VarsTemplate: "{{ . }}",
			MatchFeatures: nfdv1alpha1.FeatureMatcher{{
				Feature: "pci.device",
				MatchExpressions: &nfdv1alpha1.MatchExpressionSet{
					"vendor": {Op: nfdv1alpha1.MatchIn, Value: nfdv1alpha1.MatchValue{"4318", "10de", "1.1", "true", "1000"}},
				},
				MatchName: &nfdv1alpha1.MatchExpression{Op: nfdv1alpha1.MatchExists},
			}},
			MatchAny: []nfdv1alpha1.MatchAnyElem{{MatchFeatures: kernel}, {MatchFeatures: kernel}},
		}},
		CELRules: []spec.CELRule{{Name: "c", Expression: "true", Message: "m"}},
	}, {}}}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(spec.Spec{})); diff != "" {
		t.Errorf("spec (-want +got):\n%s", diff)
	}
}

// TestDecodeReadsWhatNFDReads compares each scalar with sigs.k8s.io/yaml, which NFD decodes with.
func TestDecodeReadsWhatNFDReads(t *testing.T) {
	t.Parallel()
	for _, scalar := range []string{
		"y", "Y", "yes", "n", "No", "on", "OFF", "true", "False", "yEs", "null", "NULL", "~", "none",
		"0", "10", "-1", "+5", "0x10de", "0X10DE", "010", "0o17", "0b101", "-0b1", "1_000", "18446744073709551615", "99999999999999999999",
		"1.10", "1.", ".5", "6.6", "15e4", "1e3", "16777217.5", "0.123456789123", "-1.5e-3", ".inf", "-.inf", ".nan", "1.2.3", "6.18.44-fc-v669", "5.14.0-427.13.1.el9_4.x86_64",
		"2024-01-01", "2001-12-14 21:59:43.10 -5", "2001-12-14t21:59:43.10-05:00", "12:30:45", "1:2",
		"'y'", `"0x10de"`, "!!str yes", "a b", "-", "--", "---x", "...x", "=", "<<x", "v1.2", "0000:00:00.0", "10DE", "1e", "e1", "_1", "+", ".",
	} {
		ours, err := spec.Decode([]byte(head + "  - vars: {v: " + scalar + "}\n"))
		if err != nil {
			t.Errorf("%s: %v", scalar, err)
			continue
		}
		var theirs spec.Spec
		if err := yaml.Unmarshal([]byte(head+"  - vars: {v: "+scalar+"}\n"), &theirs); err != nil {
			t.Errorf("%s: sigs.k8s.io/yaml: %v", scalar, err)
			continue
		}
		if got, want := ours.Compatibilities[0].Rules[0].Vars["v"], theirs.Compatibilities[0].Rules[0].Vars["v"]; got != want {
			t.Errorf("%s is read as %q, and by NFD as %q", scalar, got, want)
		}
	}
}

// TestDecodeBounds: a spec is written by a stranger. Each of these must end at once, with a word on why.
func TestDecodeBounds(t *testing.T) {
	t.Parallel()
	laughs := "a0: &a0 []\n"
	for i := range 9 {
		alias := "*a" + string(rune('0'+i))
		laughs += "a" + string(rune('1'+i)) + ": &a" + string(rune('1'+i)) + " [" + strings.Repeat(alias+", ", 9) + alias + "]\n"
	}
	tests := []struct{ name, text, want string }{
		{"too many bytes", strings.Repeat("#", spec.MaxSize+1), "4194305 bytes are more than the 4194304 that a spec may have"},
		{
			"aliases that amplify a description",
			"version: v1alpha1\ncompatibilities:\n- description: &d " + strings.Repeat("x", 100_000) + "\n" + strings.Repeat("- description: *d\n", 3000),
			"with its aliases expanded the spec has more than 4194304 bytes or 250000 entries",
		},
		{
			"aliases of empty lists that multiply",
			"version: v1alpha1\ncompatibilities:\n- rules:\n  - matchFeatures: &t\n" + strings.Repeat("    - {feature: a}\n", 2000) +
				"  - matchAny: &a\n" + strings.Repeat("    - {matchFeatures: *t}\n", 2000) + strings.Repeat("  - {matchAny: *a}\n", 2000),
			"with its aliases expanded the spec has more than 4194304 bytes or 250000 entries",
		},
		{
			"aliases of nothing that multiply",
			"version: v1alpha1\ncompatibilities:\n- rules:\n  - matchAny: &a\n" + strings.Repeat("    - {}\n", 2000) + strings.Repeat("  - matchAny: *a\n", 2100),
			"with its aliases expanded the spec has more than 4194304 bytes or 250000 entries",
		},
		{"merges that multiply", "version: v1alpha1\ncompatibilities:\n- rules:\n  - vars:\n" + strings.Repeat("      <<: {}\n", 20_000), "stands here a second time"},
		{"laughs in an unknown place", "version: v1alpha1\nx:\n" + indent(laughs), `unknown field "x"`},
		{"very many entries", "version: v1alpha1\nx: [" + strings.Repeat("a,", 1_100_000) + "]\n", "which no spec of its size has"},
		{"nested flow", strings.Repeat("[", 20_000), "exceeded max depth"},
		{"nested blocks", "version: v1alpha1\nx: " + strings.Repeat("[", 5_000) + strings.Repeat("]", 5_000), "nested deeper than 32 levels"},
		{"a merge of itself", "version: v1alpha1\ncompatibilities:\n- &c\n  <<: *c\n", `the anchor "c" contains itself`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := spec.Decode([]byte(tt.text))
			if got := strings.Join(lines(t, err), "\n"); !strings.Contains(got, tt.want) {
				t.Errorf("got %.300s, want it to contain %q", got, tt.want)
			}
			if n := len(err.Error()); n > 10_000 {
				t.Errorf("the error has %d bytes", n)
			}
		})
	}
}

func indent(text string) string {
	return "  " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n  ") + "\n"
}

// TestDecodeLarge: what is large and honest is decoded.
func TestDecodeLarge(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString(head)
	for range 5000 {
		b.WriteString("  - name: a rule with a name of some length\n    matchFeatures:\n    - feature: cpu.cpuid\n      matchName: {op: InRegexp, value: ['^AVX512']}\n" +
			"    - feature: kernel.version\n      matchExpressions:\n        full: {op: Ge, value: ['6.6'], type: version}\n")
	}
	got, err := spec.Decode([]byte(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(got.Compatibilities[0].Rules); n != 5000 {
		t.Errorf("got %d rules, want 5000", n)
	}
}

func TestPosition(t *testing.T) {
	t.Parallel()
	s, err := spec.Decode([]byte(rule + "      matchExpressions:\n        odd name: {op: Exists}\n"))
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]spec.Position{
		"":                         {Line: 1, Column: 1},
		"version":                  {Line: 1, Column: 10},
		"compatibilities[0].rules": {Line: 4, Column: 3},
		`compatibilities[0].rules[0].matchFeatures[0].matchExpressions["odd name"].op`: {Line: 8, Column: 24},
		"compatibilities[0].rules[0].matchAny[3].matchFeatures":                        {Line: 4, Column: 5}, // not there: its ancestor
	} {
		if got := s.Position(path); got != want {
			t.Errorf("%q is at %v, want %v", path, got, want)
		}
	}
	if got := new(spec.Spec).Position("version"); got != (spec.Position{}) {
		t.Errorf("a spec made by hand has the position %v", got)
	}
}

// FuzzDecode: no text panics; a text that is refused gives no spec; one that is taken is read as NFD reads it.
func FuzzDecode(f *testing.F) {
	demo, err := os.ReadFile("../../internal/mkdemo/spec.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(demo)
	f.Add([]byte(rule + "      matchExpressions:\n        AVX: {op: In, value: [y, 0x10de, 1.10, ~, '']}\n"))
	f.Add([]byte("version: v1alpha1\ncompatibilities:\n- &a {tag: a}\n- <<: [*a]\n  weight: 1e1\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		ours, err := spec.Decode(text)
		if err != nil {
			if ours != nil {
				t.Fatal("a spec came with the error")
			}
			return
		}
		spec.Check(ours, spec.Vocabulary{Features: []spec.FeatureWords{{Name: "kernel.version"}}})
		var theirs spec.Spec
		if err := yaml.Unmarshal(text, &theirs); err != nil {
			t.Skip("NFD refuses what is taken here")
		}
		if diff := cmp.Diff(theirs, *ours, cmpopts.IgnoreUnexported(spec.Spec{}), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("read otherwise than by NFD (-NFD +here):\n%s", diff)
		}
	})
}
