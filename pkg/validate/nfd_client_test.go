package validate_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nfd-compat/nfd-compat/pkg/features"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// The tests of this file hold what NFD's own client, v0.19, makes of odd specs against what is made of them here. Most
// of these it passes in silence; of some it dies.

// plain is a spec of one set and one rule that every host with the flag AVX satisfies, to be spoilt by a test.
const plain = "version: v1alpha1\ncompatibilities:\n- rules:\n  - name: r\n    matchFeatures:\n    - {feature: cpu.cpuid, matchExpressions: {AVX: {op: Exists}}}\n"

// laughs is the classic document of aliases of aliases, where a spec has lists: 100 million values in 2 kB.
func laughs() string {
	of := func(n int, item string) string { return strings.Repeat(item, n) }
	return "version: v1alpha1\ncompatibilities:\n- rules: &rules\n  - matchAny: &alternatives\n    - matchFeatures: &terms\n" +
		"      - feature: a.b\n        matchName: &in {op: In, value: &values [" + of(10, "x, ") + "]}\n" +
		of(10, "      - {feature: a.b, matchName: *in}\n") + of(10, "    - {matchFeatures: *terms}\n") +
		of(10, "  - {matchAny: *alternatives}\n") + of(100, "- {rules: *rules}\n") + "- rules:\n  - matchAny: *alternatives\n"
}

// TestWhatNFDsClientDoesWithASpec: each case names what NFD's client does. Here, none passes in silence and none panics.
func TestWhatNFDsClientDoesWithASpec(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string // of the case
		nfd  string // what NFD's client does
		text string
		want []string // the IDs of what is found
	}{
		{
			"typo matchFeature", "passes every node",
			strings.Replace(plain, "matchFeatures", "matchFeature", 1),
			[]string{"unknown-field"},
		},
		{
			"top-level typo", "prints an empty list, exits with 0",
			strings.Replace(plain, "compatibilities", "compatibilties", 1),
			[]string{"unknown-field"},
		},
		{"empty document", "prints an empty list, exits with 0", "", []string{"empty-document"}},
		{"a comment alone", "prints an empty list, exits with 0", "# later\n", []string{"empty-document"}},
		{"null", "prints an empty list, exits with 0", "~\n", []string{"wrong-type"}},
		{"no sets and no version", "prints an empty list, exits with 0", "compatibilities: []\n", []string{"version"}},
		{"no sets", "prints an empty list, exits with 0", "version: v1alpha1\ncompatibilities: []\n", []string{"empty-spec"}},
		{"no compatibilities at all", "prints an empty list, exits with 0", "version: v1alpha1\n", []string{"empty-spec"}},
		{"version v99", "evaluates it as v1alpha1", strings.Replace(plain, "v1alpha1", "v99", 1), []string{"version"}},
		{"duplicate version", "accepts it", "version: v1alpha1\n" + plain, []string{"duplicate-key"}},
		{
			"two documents", "ignores the second",
			plain + "---\n" + strings.Replace(plain, "AVX", "NO_SUCH_THING", 1),
			[]string{"second-document"},
		},
		{"rule without matchers", "passes every node", ofRules("  - name: r\n"), []string{"empty-rule"}},
		{"alternative without a matcher", "passes every node", ofRules("  - matchAny: [{matchFeatures: []}]\n"), []string{"empty-rule"}},
		{"term without expressions", "passes every node", ofTerm("feature: cpu.cpuid"), []string{"empty-term"}},
		{"term with an empty matchExpressions", "passes every node", ofTerm("feature: cpu.cpuid, matchExpressions: {}"), []string{"empty-term"}},
		{"set without rules", "passes every node", "version: v1alpha1\ncompatibilities:\n- tag: a\n", []string{"empty-set"}},
		{"set of null rules", "passes every node", "version: v1alpha1\ncompatibilities:\n- rules:\n", []string{"empty-set"}},
		{"set that is null", "passes every node", "version: v1alpha1\ncompatibilities:\n-\n", []string{"wrong-type"}},
		{
			"set of CEL rules alone", "passes every node",
			"version: v1alpha1\ncompatibilities:\n- celRules: [{name: c, expression: 'true'}]\n",
			[]string{"empty-set"},
		},
		{
			"HTML instead of YAML", "tells of Go's types",
			"<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>Sign in</body></html>\n",
			[]string{"wrong-type"},
		},
		{"nil expression", "dies of a nil pointer", ofTerm("feature: cpu.cpuid, matchExpressions: {AVX: }"), []string{"nil-expression"}},
		{"nil matchName", "passes every node", ofTerm("feature: cpu.cpuid, matchName: "), []string{"nil-expression"}},
		{"invalid regexp", "aborts all, and names no rule", ofTerm("feature: cpu.cpuid, matchName: {op: InRegexp, value: ['^AVX(']}"), []string{"invalid-regexp"}},
		{
			"invalid regexp on an absent attribute", "does not notice",
			ofTerm("feature: kernel.config, matchExpressions: {NO_SUCH_OPTION: {op: InRegexp, value: ['^AVX(']}}"),
			[]string{"invalid-regexp"},
		},
		{
			"invalid regexp on a flag", "does not notice",
			ofTerm("feature: cpu.cpuid, matchExpressions: {AVX: {op: InRegexp, value: ['^AVX(']}}"),
			[]string{"flag-value", "invalid-regexp"},
		},
		{
			"unknown op on an unknown feature", "does not notice",
			ofTerm("feature: foo.bar, matchExpressions: {a: {op: Near, value: ['1']}}"),
			[]string{"operator", "unknown-feature"},
		},
		{"unknown feature", "says no more than false", ofTerm("feature: foo.bar, matchExpressions: {a: {op: Exists}}"), []string{"unknown-feature"}},
		{"unknown feature, DoesNotExist", "says no more than false", ofTerm("feature: foo.bar, matchExpressions: {a: {op: DoesNotExist}}"), []string{"unknown-feature"}},
		{"feature without a dot", "says no more than false", ofTerm("feature: cpuid, matchExpressions: {AVX: {op: Exists}}"), []string{"feature-name"}},
		{"feature in mixed case", "reports a match as none", ofTerm("feature: CPU.cpuID, matchExpressions: {AVX: {op: Exists}}"), []string{"feature-case"}},
		{"value operator on a flag", "says no more than false", ofTerm("feature: cpu.cpuid, matchExpressions: {AVX: {op: IsTrue}}"), []string{"flag-value"}},
		{"matchName NotIn", "is true on a node with AVX", ofTerm("feature: cpu.cpuid, matchName: {op: NotIn, value: [AVX]}"), []string{"match-name-not-in"}},
		{"matchName DoesNotExist", "is never true", ofTerm("feature: cpu.cpuid, matchName: {op: DoesNotExist}"), []string{"match-name-does-not-exist"}},
		{"inverted versions", "says no more than false", ofTerm("feature: kernel.version, matchExpressions: {full: {op: GeLe, value: ['7', '5'], type: version}}"), []string{"inverted-range"}},
		{"number of twenty digits", "aborts all", ofTerm("feature: kernel.version, matchExpressions: {major: {op: Ge, value: ['99999999999999999999']}}"), []string{"invalid-number"}},
		{"number with a blank", "aborts all", ofTerm("feature: kernel.version, matchExpressions: {major: {op: Ge, value: [' 7']}}"), []string{"invalid-number"}},
		{"two unknown operators", "reports either, by chance", ofTerm("feature: cpu.model, matchExpressions: {family: {op: bad1}, id: {op: bad2}}"), []string{"operator", "operator"}},
		{"y that becomes true", "says no more than false", ofTerm("feature: kernel.config, matchExpressions: {X86_64: {op: In, value: [y]}}"), []string{"yaml-value"}},
		{"one value for a list", "refuses it", ofTerm("feature: kernel.version, matchExpressions: {major: {op: Ge, value: '5'}}"), []string{"wrong-type"}},
		{
			"hyphen in a loaded module", "says no more than false",
			ofTerm("feature: kernel.loadedmodule, matchExpressions: {vfio-pci: {op: Exists}}"),
			[]string{"module-name"},
		},
		{
			"variable of a rule of another set", "passes it on, unless a tag skips that set",
			"version: v1alpha1\ncompatibilities:\n" +
				"- {tag: a, rules: [{vars: {k: v}, matchFeatures: [{feature: cpu.cpuid, matchName: {op: Exists}}]}]}\n" +
				"- {tag: b, rules: [{matchFeatures: [{feature: rule.matched, matchExpressions: {k: {op: Exists}}}]}]}\n",
			[]string{"unset-var"},
		},
		{
			"template syntax error on a rule that does not match", "does not notice",
			ofRules("  - varsTemplate: '{{ range'\n    matchFeatures: [{feature: foo.bar, matchName: {op: Exists}}]\n"),
			[]string{"invalid-template", "unknown-feature"},
		},
		{
			"template that asks for a billion bytes", "takes 3.9 GB",
			ofRules("  - varsTemplate: 'x={{ repeat 1000000000 \"x\" }}'\n    matchFeatures: [{feature: cpu.cpuid, matchName: {op: Exists}}]\n"),
			[]string{"invalid-template"},
		},
		{
			"template of nested loops", "runs on for minutes",
			ofRules("  - varsTemplate: '{{ range until 30000 }}{{ range until 30000 }}{{ end }}{{ end }}'\n    matchFeatures: [{feature: cpu.cpuid, matchName: {op: Exists}}]\n"),
			[]string{"invalid-template"},
		},
		{"a description aliased 3000 times", "takes 2.2 GB and 24 s", amplified(), []string{"too-large"}},
		{"aliases of aliases", "refuses it", laughs(), []string{"too-large"}},
		{"nesting of 200,000 levels", "refuses it", strings.Repeat("[", 200_000) + strings.Repeat("]", 200_000), []string{"too-large"}},
		{"payload of 5 MB", "refuses it", plain + strings.Repeat("#\n", 2_500_000), []string{"too-large"}},
		{"3 MB of comments", "accepts it", plain + strings.Repeat("# a comment of no great length, and many of them\n", 60_000), nil},
		{"3 MB of short comments", "accepts it", strings.Repeat("# comment\n", 300_000) + plain, nil},
		{"3 MB of rulers", "accepts it", plain + strings.Repeat("    # "+strings.Repeat("-", 70)+"\n", 40_000), nil},
		{"JSON", "accepts it", `{"version": "v1alpha1", "compatibilities": [{"rules": [{"name": "r", "matchFeatures": [{"feature": "cpu.cpuid", "matchExpressions": {"AVX": {"op": "Exists"}}}]}]}]}`, nil},
		{"numbers without quotes", "accepts it", ofTerm("feature: kernel.version, matchExpressions: {major: {op: Ge, value: [5]}}"), nil},
		{"equal bounds, which are in the range", "aborts all", ofTerm("feature: kernel.version, matchExpressions: {major: {op: GeLe, value: ['6', '6']}}"), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			findings := foundIn(t, tt.text)
			var got []string
			for _, f := range findings {
				if f.Severity != spec.SeverityNote {
					got = append(got, string(f.ID))
				}
			}
			slices.Sort(got)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("NFD's client %s. Found (-want +got):\n%s\n%.1000s", tt.nfd, diff, strings.Join(texts(findings), "\n"))
			}
		})
	}
}

// amplified is a spec of 193 kB that becomes 300 MB when its aliases are written out.
func amplified() string {
	return "version: v1alpha1\ncompatibilities:\n- description: &d " + strings.Repeat("x", 100_000) + "\n  rules: [{matchFeatures: [{feature: cpu.cpuid, matchName: {op: Exists}}]}]\n" +
		strings.Repeat("- {description: *d}\n", 3000)
}

// foundIn returns what is found in the text of a compatibility spec.
func foundIn(t *testing.T, text string) []spec.Finding {
	t.Helper()
	s, err := spec.Decode([]byte(text))
	if err != nil {
		var invalid *spec.Error
		if !errors.As(err, &invalid) {
			t.Fatalf("decode: %v, want a *spec.Error", err)
		}
		if s != nil {
			t.Error("a spec came with the error")
		}
		return invalid.Findings
	}
	_, findings := validate.Compile(s, validate.Options{Vocabulary: catalogueWords()})
	return findings
}

// TestSuggestions: where NFD's client passes a typo, its author is told the word that was meant.
func TestSuggestions(t *testing.T) {
	t.Parallel()
	for wrong, right := range map[string]string{
		strings.Replace(plain, "matchFeatures", "matchFeature", 1):          "matchFeatures",
		strings.Replace(plain, "compatibilities", "compatibilties", 1):      "compatibilities",
		strings.Replace(plain, "matchExpressions", "matchExpression", 1):    "matchExpressions",
		strings.Replace(plain, "cpu.cpuid", "cpu.cpuids", 1):                "cpu.cpuid",
		strings.Replace(plain, "op: Exists", "op: Gte, value: ['1']", 1):    "Ge",
		strings.Replace(plain, "op: Exists", "op: Exist", 1):                "Exists",
		strings.Replace(plain, "cpu.cpuid", "CPU.cpuID", 1):                 "cpu.cpuid",
		ofTerm("feature: rule.mached, matchExpressions: {a: {op: Exists}}"): "rule.matched",
	} {
		suggested := func(f spec.Finding) bool { return f.Suggestion == right }
		if findings := foundIn(t, wrong); !slices.ContainsFunc(findings, suggested) {
			t.Errorf("%q is not suggested:\n%s", right, strings.Join(texts(findings), "\n"))
		}
	}
}

// TestAmplificationIsRefusedAtOnce: what cost NFD's client 24 s and 2.2 GB is a matter of milliseconds. The bound is
// a thousand times as generous.
func TestAmplificationIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	text := amplified()
	if n := len(text); n > 193_085 {
		t.Fatalf("the text has %d bytes", n)
	}
	start := time.Now()
	_, err := spec.Decode([]byte(text))
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("it took %s", took)
	}
	if err == nil || !strings.Contains(err.Error(), "aliases") {
		t.Errorf("got %v, want a word on aliases", err)
	}
}

// TestNoSpec: NFD's matcher dies of a spec that is nil.
func TestNoSpec(t *testing.T) {
	t.Parallel()
	program, findings := validate.Compile(nil, validate.Options{Vocabulary: catalogueWords()})
	if program != nil || spec.Errors(findings) == nil {
		t.Errorf("got the program %v and the findings %v, want none and an error", program, findings)
	}
	if program, findings := validate.Compile(&spec.Spec{}, validate.Options{}); program != nil || spec.Errors(findings) == nil {
		t.Errorf("got the program %v and the findings %v, want none and an error", program, findings)
	}
}

// TestTags: NFD's client drops the sets without a tag when tags are given, and is content if none is left.
func TestTags(t *testing.T) {
	t.Parallel()
	const untagged = "- rules: [{matchFeatures: [{feature: cpu.cpuid, matchExpressions: {AVX: {op: Exists}}}]}]\n"
	const tagged = "- tag: a\n  description: never\n  rules: [{matchFeatures: [{feature: cpu.cpuid, matchExpressions: {NO_SUCH_FLAG: {op: Exists}}}]}]\n"
	const both = "version: v1alpha1\ncompatibilities:\n" + untagged + tagged
	if r := judge(t, both, validate.Options{}); r.Verdict != validate.Compatible || len(r.Sets) != 2 {
		t.Errorf("without tags: %s, %d sets", r.Verdict, len(r.Sets))
	}
	if r := judge(t, both, validate.Options{Tags: []string{"a"}}); r.Verdict != validate.Incompatible || len(r.Sets) != 1 {
		t.Errorf("with the tag of a set that does not match: %s, %d sets", r.Verdict, len(r.Sets))
	}
	for name, text := range map[string]string{"matching nothing": both, "of sets without any": "version: v1alpha1\ncompatibilities:\n" + untagged} {
		s, err := spec.Decode([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		program, findings := validate.Compile(s, validate.Options{Tags: []string{"b"}})
		if diff := cmp.Diff([]string{"tag-selects-none"}, idsOf(findings)); diff != "" || program != nil {
			t.Errorf("tags %s: program %v, findings (-want +got):\n%s", name, program, diff)
		}
	}
}

// TestWeight: NFD's client prints the weight, and never uses it.
func TestWeight(t *testing.T) {
	t.Parallel()
	const set = "- {tag: %, weight: %%, rules: [{matchFeatures: [{feature: cpu.cpuid, matchExpressions: {AVX: {op: Exists}}}]}]}\n"
	text := "version: v1alpha1\ncompatibilities:\n"
	for tag, weight := range map[string]string{"low": "1", "high": "90", "middle": "50"} {
		text += strings.NewReplacer("%%", weight, "%", tag).Replace(set)
	}
	if r := judge(t, text, validate.Options{}); r.Best == nil || r.Best.Tag != "high" {
		t.Errorf("the best is %v, want the one of highest weight", r.Best)
	}
}

// TestUnknownIsNotAbsent: to NFD's client a feature that it does not know, one that this node lacks, and one that could not
// be read look the same.
func TestUnknownIsNotAbsent(t *testing.T) {
	t.Parallel()
	for term, want := range map[string]validate.Verdict{
		"feature: foo.bar, matchExpressions: {a: {op: DoesNotExist}}":                   validate.Incompatible, // nobody knows it, as in NFD
		"feature: kernel.loadedmodule, matchExpressions: {nouveau: {op: DoesNotExist}}": validate.Compatible,   // this node has none
		"feature: kernel.config, matchExpressions: {X86: {op: DoesNotExist}}":           validate.VerdictUnknown,
	} {
		if r := judge(t, ofTerm(term), validate.Options{}); r.Verdict != want {
			t.Errorf("%s is %s, want %s", term, r.Verdict, want)
		}
	}
}

// documented is a spec with the features, operators and elements of the example in NFD's guide, and with its mistake: the
// kernel calls the module vfio_pci, so that the example matches on no node.
const documented = `# what the image wants
version: v1alpha1
compatibilities:
- description: a driver, a maker and one of two adapters
  rules:
  - name: driver and processor
    matchFeatures:
    - feature: kernel.loadedmodule
      matchExpressions:
        vfio-pci: {op: Exists} # bound by the administrator
    - feature: cpu.model
      matchExpressions:
        vendor_id: {op: In, value: ["Intel", "AMD"]}
  - name: adapter
    matchAny:
    - matchFeatures:
      - feature: pci.device
        matchExpressions:
          vendor: {op: In, value: ["0eee"]}
          class: {op: In, value: ["0200"]}
    - matchFeatures:
      - feature: pci.device
        matchExpressions:
          vendor: {op: In, value: ["0fff"]}
          class: {op: In, value: ["0200"]}
`

// TestExampleOfNFDsGuide: it is decoded, the check warns of the module and of nothing else, and mends it.
func TestExampleOfNFDsGuide(t *testing.T) {
	t.Parallel()
	s, err := spec.Decode([]byte(documented))
	if err != nil {
		t.Fatal(err)
	}
	program, findings := validate.Compile(s, validate.Options{Vocabulary: catalogueWords()})
	if program == nil || len(findings) != 1 {
		t.Fatalf("program %v, findings:\n%s", program, strings.Join(texts(findings), "\n"))
	}
	f := findings[0]
	if f.ID != spec.IDModuleName || f.Severity != spec.SeverityWarning || f.Line != 10 || f.Column != 9 || f.Suggestion != "vfio_pci" {
		t.Errorf("got %s of severity %s: %s", f.ID, f.Severity, f)
	}
	mended, count, err := spec.Apply([]byte(documented), findings)
	if err != nil || count != 1 {
		t.Fatalf("mended %d: %v", count, err)
	}
	if diff := cmp.Diff(strings.Replace(documented, "vfio-pci", "vfio_pci", 1), string(mended)); diff != "" {
		t.Errorf("mended (-want +got):\n%s", diff)
	}
	if _, err := program.Evaluate(t.Context(), &features.Set{}); err != nil {
		t.Error(err)
	}
}
