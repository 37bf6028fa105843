package spec_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nfd-compat/nfd-compat/pkg/spec"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	words := spec.Vocabulary{Features: []spec.FeatureWords{{Name: "cpu.cpuid"}, {Name: "kernel.version"}}}
	tests := []struct {
		name, text string
		want       []string
	}{
		{"fine", rule + "      matchName: {op: Exists}\n", nil},
		{
			"names in any case", head + "  - matchFeatures:\n    - feature: CPU.cpuID\n      matchName: {op: Exists}\n",
			[]string{`warning feature-case 5:16: compatibilities[0].rules[0].matchFeatures[0].feature: names of features are in lower case: NFD matches "CPU.cpuID", and reports that it does not; did you mean "cpu.cpuid"?`},
		},
		{"what rules tell each other", head + "  - matchFeatures:\n    - feature: rule.matched\n      matchName: {op: Exists}\n", nil},
		{
			"no sets", "version: v1alpha1\n",
			[]string{"error empty-spec 1:1: compatibilities: there is no compatibility set, so no host could satisfy the spec"},
		},
		{
			"set without rules", "version: v1alpha1\ncompatibilities:\n- tag: a\n- rules: []\n- rules:\n",
			[]string{
				"error empty-set 3:3: compatibilities[0].rules: the set has no rules, so every host would satisfy it",
				"error empty-set 4:10: compatibilities[1].rules: the set has no rules, so every host would satisfy it",
				"error empty-set 5:9: compatibilities[2].rules: the set has no rules, so every host would satisfy it",
				"warning indistinct-sets 5:3: compatibilities[2]: set #2 has the same tag, weight and description: nobody could tell which of them was chosen",
			},
		},
		{
			"CEL rules alone, which NFD's client would pass", "version: v1alpha1\ncompatibilities:\n- celRules: [{name: c, expression: ' '}]\n",
			[]string{
				"error empty-set 3:3: compatibilities[0].rules: the set has no rules, so every host would satisfy it",
				"error missing-field 3:14: compatibilities[0].celRules[0]: the CEL rule has no expression",
				"note nfd-ignores 3:13: compatibilities[0].celRules: celRules are an extension: NFD's own client passes over them",
			},
		},
		{
			"rule without a matcher", head + "  - name: r\n",
			[]string{"error empty-rule 4:5: compatibilities[0].rules[0]: the rule has neither matchFeatures nor matchAny, so every host would satisfy it"},
		},
		{
			"alternative without a matcher", head + "  - matchAny: [{}]\n",
			[]string{"error empty-rule 4:16: compatibilities[0].rules[0].matchAny[0]: the alternative has no matchFeatures, so every host would satisfy it"},
		},
		{
			"term without an expression", rule + "    - {feature: cpu.cpuid, matchExpressions: {}}\n    - {feature: cpu.cpuid, matchExpressions: {}, matchName: {op: Exists}}\n",
			[]string{
				"error empty-term 6:7: compatibilities[0].rules[0].matchFeatures[0]: the term has neither matchExpressions nor matchName, so every host that has the feature would satisfy it",
				"error empty-term 7:7: compatibilities[0].rules[0].matchFeatures[1]: the term has neither matchExpressions nor matchName, so every host that has the feature would satisfy it",
				"error empty-term 8:46: compatibilities[0].rules[0].matchFeatures[2].matchExpressions: matchExpressions is empty: leave it out",
			},
		},
		{
			"names of features", head + "  - matchFeatures:\n    - {feature: kernel, matchName: {op: Exists}}\n    - {feature: kernel.versoin, matchName: {op: Exists}}\n    - {feature: vendor.thing, matchName: {op: Exists}}\n",
			[]string{
				`error feature-name 5:17: compatibilities[0].rules[0].matchFeatures[0].feature: "kernel" is no feature's name: write domain.feature, such as kernel.version`,
				`warning unknown-feature 6:17: compatibilities[0].rules[0].matchFeatures[1].feature: no feature "kernel.versoin" is known, so no host is known to satisfy this; did you mean "kernel.version"?`,
				`warning unknown-feature 7:17: compatibilities[0].rules[0].matchFeatures[2].feature: no feature "vendor.thing" is known, so no host is known to satisfy this`,
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, err := spec.Decode([]byte(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range spec.Check(s, words) {
				got = append(got, string(f.Severity)+" "+string(f.ID)+" "+f.String())
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

// TestErrorIsShort: a spec of a stranger can be wrong in more places than anybody reads.
func TestErrorIsShort(t *testing.T) {
	t.Parallel()
	s, err := spec.Decode([]byte(head + strings.Repeat("  - name: r\n", 150)))
	if err != nil {
		t.Fatal(err)
	}
	err = spec.Errors(spec.Check(s, spec.Vocabulary{}))
	if lines := strings.Split(err.Error(), "\n"); len(lines) != 32 || lines[31] != "  and 120 more" {
		t.Errorf("%d lines, the last %q", len(lines), lines[len(lines)-1])
	}
}

// TestCheckIsBounded: what is told of a spec that is wrong all over is bounded, and that it is wrong is told all the same.
func TestCheckIsBounded(t *testing.T) {
	t.Parallel()
	s, err := spec.Decode([]byte(head + strings.Repeat("  - {matchFeatures: [{feature: no.such, matchName: {op: Exists}}]}\n", 2000) + "  - name: r\n"))
	if err != nil {
		t.Fatal(err)
	}
	findings := spec.Check(s, words())
	if n := len(findings); n != 201 || findings[200].ID != spec.IDEmptyRule || !strings.HasSuffix(findings[199].Message, spec.LastOfAKind) {
		t.Errorf("%d findings, the last %s", n, findings[n-1])
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	known := []string{"matchFeatures", "matchName", "op", "In", "Ge"}
	for word, want := range map[string]string{
		"matchFeature": "matchFeatures", "MATCHNAME": "matchName", "mathcName": "matchName", "pO": "op", "Gte": "Ge", "in": "In", "Is": "In", "x": "", "something": "",
	} {
		if got := spec.Nearest(word, known); got != want {
			t.Errorf("nearest to %q is %q, want %q", word, got, want)
		}
	}
}
