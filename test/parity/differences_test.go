package parity

import (
	"slices"
	"testing"

	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"
	"sigs.k8s.io/yaml"

	"github.com/nfd-compat/nfd-compat/pkg/spec"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// TestDifferences shows, for each difference that is there on purpose, what NFD's client says and what ours says: the
// outcomes of the rules in order, where NFD's client ends with the first error.
func TestDifferences(t *testing.T) {
	t.Parallel()
	const fails, version = "error", "{op: Ge, type: version, value: ['5.0']}"
	tests := []struct {
		name string
		// rules are those of the sets, in YAML.
		rules []string
		// features of the host, and those that are absent from it for certain.
		features map[string]map[string]string
		absent   []string
		nfd      []string
		ours     []string
	}{
		{
			name: "vars published by a rule that did not match",
			rules: []string{`
- name: sets
  vars: {v: "1"}
  matchAny: [{matchFeatures: [{feature: cpu.model, matchExpressions: {family: {op: In, value: ["7"]}}}]}]
- name: reads
  matchFeatures: [{feature: rule.matched, matchExpressions: {v: {op: Exists}}}]
`},
			features: map[string]map[string]string{"cpu.model": {"family": "6"}},
			nfd:      []string{"mismatch", "match"},
			ours:     []string{"mismatch", "mismatch"},
		},
		{
			name: "vars crossing from one set into the next",
			rules: []string{`
- name: sets
  vars: {v: "1"}
  matchFeatures: [{feature: cpu.model, matchExpressions: {family: {op: Exists}}}]
`, `
- name: reads
  matchFeatures: [{feature: rule.matched, matchExpressions: {v: {op: Exists}}}]
`},
			features: map[string]map[string]string{"cpu.model": {"family": "6"}},
			nfd:      []string{"match", "match"},
			ours:     []string{"match", "mismatch"},
		},
		{
			name: "rule.matched not there before the first rule has run",
			rules: []string{`
- {name: first, matchFeatures: [{feature: rule.matched, matchExpressions: {v: {op: DoesNotExist}}}]}
- {name: second, matchFeatures: [{feature: rule.matched, matchExpressions: {v: {op: DoesNotExist}}}]}
`},
			nfd:  []string{"mismatch", "match"},
			ours: []string{"match", "match"},
		},
		{
			name:   "DoesNotExist false because the whole feature is absent",
			rules:  []string{`[{name: r, matchFeatures: [{feature: kernel.loadedmodule, matchExpressions: {nouveau: {op: DoesNotExist}}}]}]`},
			absent: []string{"kernel.loadedmodule"},
			nfd:    []string{"mismatch"},
			ours:   []string{"match"},
		},
		{
			name: "a comparison error in one branch failing all",
			rules: []string{`
- name: r
  matchAny:
  - matchFeatures: [{feature: kernel.version, matchExpressions: {major: {op: Ge, value: ["5"]}}}]
  - matchFeatures: [{feature: kernel.version, matchExpressions: {full: {op: Ge, value: ["5"]}}}]
`},
			features: map[string]map[string]string{"kernel.version": {"full": "6.6.1", "major": "6"}},
			nfd:      []string{fails},
			ours:     []string{"match"},
		},
		{
			name:     "equal bounds of a numeric GeLe",
			rules:    []string{`[{name: r, matchFeatures: [{feature: kernel.version, matchExpressions: {major: {op: GeLe, value: ["6", "6"]}}}]}]`},
			features: map[string]map[string]string{"kernel.version": {"major": "6"}},
			nfd:      []string{fails},
			ours:     []string{"match"},
		},
		{
			name: "numbers beyond 64 bits, and with blanks",
			rules: []string{
				`[{name: r, matchFeatures: [{feature: vendor.thing, matchExpressions: {large: {op: Gt, value: ["6"]}}}]}]`,
				`[{name: r, matchFeatures: [{feature: vendor.thing, matchExpressions: {blank: {op: Gt, value: ["6"]}}}]}]`,
			},
			features: map[string]map[string]string{"vendor.thing": {"large": "99999999999999999999", "blank": " 7"}},
			nfd:      []string{fails},
			ours:     []string{"unknown", "unknown"},
		},
		{
			name: "versions that NFD gives up on",
			rules: []string{
				`[{name: r, matchFeatures: [{feature: vendor.thing, matchExpressions: {rhel: ` + version + `}}]}]`,
				`[{name: r, matchFeatures: [{feature: vendor.thing, matchExpressions: {cos: ` + version + `}}]}]`,
				`[{name: r, matchFeatures: [{feature: vendor.thing, matchExpressions: {azure: ` + version + `}}]}]`,
			},
			features: map[string]map[string]string{"vendor.thing": {
				"rhel": "5.14.0-427.13.1.el9_4.x86_64", "cos": "6.6.97+", "azure": "6.6.57.1-7.azl3",
			}},
			nfd:  []string{fails},
			ours: []string{"match", "match", "match"},
		},
		{
			name:  "a feature of the catalogue of which nothing is known",
			rules: []string{`[{name: r, matchFeatures: [{feature: kernel.config, matchExpressions: {KVM: {op: In, value: ["y"]}}}]}]`},
			nfd:   []string{"mismatch"},
			ours:  []string{"unknown"},
		},
		// What NFD has and we keep.
		{
			name: "kept: matchName with NotIn, and with DoesNotExist",
			rules: []string{`
- {name: another, matchFeatures: [{feature: cpu.model, matchName: {op: NotIn, value: [family]}}]}
- {name: never, matchFeatures: [{feature: cpu.model, matchName: {op: DoesNotExist}}]}
`},
			features: map[string]map[string]string{"cpu.model": {"family": "6", "id": "85"}},
			nfd:      []string{"match", "mismatch"},
			ours:     []string{"match", "mismatch"},
		},
		{
			name:  "kept: a feature that nobody knows",
			rules: []string{`[{name: r, matchFeatures: [{feature: nobody.knows, matchExpressions: {x: {op: DoesNotExist}}}]}]`},
			nfd:   []string{"mismatch"},
			ours:  []string{"mismatch"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			host := nfdv1alpha1.NewFeatures()
			for feature, elements := range test.features {
				host.Attributes[feature] = nfdv1alpha1.NewAttributeFeatures(elements)
			}
			s := spec.Spec{Version: spec.Version}
			for _, text := range test.rules {
				var set spec.Compatibility
				if err := yaml.UnmarshalStrict([]byte(text), &set.Rules); err != nil {
					t.Fatal(err)
				}
				s.Compatibilities = append(s.Compatibilities, set)
			}

			// NFD's client has one set of features for all sets of the spec, and ends with the first error.
			var all trial
			for _, set := range s.Compatibilities {
				all.Rules = append(all.Rules, set.Rules...)
			}
			all.Features = *host
			if got := outcomesOfNFD(&all); !slices.Equal(got, test.nfd) {
				t.Errorf("NFD says %q, expected %q", got, test.nfd)
			}

			for _, feature := range test.absent {
				host.Flags[feature] = nfdv1alpha1.NewFlagFeatures()
			}
			if got := outcomesOfOurs(t, &s, &trial{Features: *host, Absent: test.absent}); !slices.Equal(got, test.ours) {
				t.Errorf("ours says %q, expected %q", got, test.ours)
			}
		})
	}
}

func outcomesOfNFD(tr *trial) []string {
	var outcomes []string
	for _, a := range nfdSet(tr, func(correction) bool { return false }) {
		switch {
		case a.err != nil:
			outcomes = append(outcomes, "error")
		case a.match:
			outcomes = append(outcomes, "match")
		default:
			outcomes = append(outcomes, "mismatch")
		}
	}
	return outcomes
}

func outcomesOfOurs(t *testing.T, s *spec.Spec, host *trial) []string {
	t.Helper()
	program, findings := validate.Compile(s, validate.Options{})
	if program == nil {
		t.Fatal(spec.Errors(findings))
	}
	report, err := program.Evaluate(t.Context(), host.set())
	if err != nil {
		t.Fatal(err)
	}
	var outcomes []string
	for _, set := range report.Results[0].Sets {
		for _, rule := range set.Rules {
			outcomes = append(outcomes, rule.Outcome.String())
		}
	}
	return outcomes
}

// TestReportDifferences shows where not the outcome differs but what is reported of a rule's parts.
func TestReportDifferences(t *testing.T) {
	t.Parallel()
	exists := &nfdv1alpha1.MatchExpression{Op: nfdv1alpha1.MatchExists}
	host := nfdv1alpha1.NewFeatures()
	host.Flags["cpu.cpuid"] = nfdv1alpha1.NewFlagFeatures("AVX")
	host.Instances["pci.device"] = nfdv1alpha1.NewInstanceFeatures(
		*nfdv1alpha1.NewInstanceFeature(map[string]string{"vendor": "10de", "class": "0300"}),
		*nfdv1alpha1.NewInstanceFeature(map[string]string{"vendor": "8086", "class": "0200"}),
	)
	in := func(value string) *nfdv1alpha1.MatchExpression {
		return &nfdv1alpha1.MatchExpression{Op: nfdv1alpha1.MatchIn, Value: []string{value}}
	}
	tests := []struct {
		name  string
		terms nfdv1alpha1.FeatureMatcher
		// nfd is how many of the rule's expressions NFD reports as matched, ours the outcomes of all of them.
		nfd  int
		ours []validate.Outcome
	}{
		{
			name: "a term after a failed one never evaluated",
			terms: nfdv1alpha1.FeatureMatcher{
				{Feature: "cpu.cpuid", MatchExpressions: &nfdv1alpha1.MatchExpressionSet{"AMX": exists}},
				{Feature: "cpu.cpuid", MatchName: in("AVX")},
			},
			nfd:  0,
			ours: []validate.Outcome{validate.Mismatch, validate.Match},
		},
		{
			name: "instances reported as a union",
			terms: nfdv1alpha1.FeatureMatcher{{
				Feature:          "pci.device",
				MatchExpressions: &nfdv1alpha1.MatchExpressionSet{"class": in("0200"), "vendor": in("10de")},
			}},
			nfd:  2, // though no device has both
			ours: []validate.Outcome{validate.Mismatch, validate.Match},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			rule := nfdv1alpha1.GroupRule{Name: "r", MatchFeatures: test.terms}
			out, err := nfdRule(&rule, host)
			if err != nil || out.MatchStatus.IsMatch {
				t.Fatalf("NFD says %t, %v", out.MatchStatus != nil && out.MatchStatus.IsMatch, err)
			}
			matched := 0
			for _, term := range out.MatchStatus.MatchedFeaturesTerms {
				if term.MatchExpressions != nil {
					matched += len(*term.MatchExpressions)
				}
				if term.MatchName != nil {
					matched++
				}
			}
			if matched != test.nfd {
				t.Errorf("NFD reports %d expressions as matched, expected %d", matched, test.nfd)
			}

			program, findings := validate.Compile(&spec.Spec{
				Version: spec.Version, Compatibilities: []spec.Compatibility{{Rules: []nfdv1alpha1.GroupRule{rule}}},
			}, validate.Options{})
			if program == nil {
				t.Fatal(spec.Errors(findings))
			}
			report, err := program.Evaluate(t.Context(), (&trial{Features: *host}).set())
			if err != nil {
				t.Fatal(err)
			}
			judged := report.Results[0].Sets[0].Rules[0]
			var got []validate.Outcome
			for _, e := range judged.MatchFeatures {
				got = append(got, e.Outcome)
			}
			if judged.Outcome != validate.Mismatch || !slices.Equal(got, test.ours) {
				t.Errorf("ours says %v and %v, expected mismatch and %v", judged.Outcome, got, test.ours)
			}
		})
	}
}
