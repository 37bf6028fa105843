package parity

import (
	"slices"
	"testing"

	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"

	"github.com/nfd-compat/nfd-compat/pkg/spec"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// A reported is a difference not of the outcome but of what is reported of a rule's parts.
type reported struct {
	name  difference
	terms nfdv1alpha1.FeatureMatcher
	// outcome of the rule, which is the same.
	outcome validate.Outcome
	// nfd tells which of the rule's expressions NFD reports as matched, ours the outcomes of all of them.
	nfd  []bool
	ours []validate.Outcome
}

func reportDifferences() []reported {
	exists := &nfdv1alpha1.MatchExpression{Op: nfdv1alpha1.MatchExists}
	in := func(value string) *nfdv1alpha1.MatchExpression {
		return &nfdv1alpha1.MatchExpression{Op: nfdv1alpha1.MatchIn, Value: []string{value}}
	}
	return []reported{
		{
			name: "a term after a failed one never evaluated",
			terms: nfdv1alpha1.FeatureMatcher{
				{Feature: "cpu.cpuid", MatchExpressions: &nfdv1alpha1.MatchExpressionSet{"AMX": exists}},
				{Feature: "cpu.cpuid", MatchName: in("AVX")},
			},
			outcome: validate.Mismatch,
			nfd:     []bool{false, false},
			ours:    []validate.Outcome{validate.Mismatch, validate.Match},
		},
		{
			name: "instances reported as a union",
			terms: nfdv1alpha1.FeatureMatcher{{
				Feature:          "pci.device",
				MatchExpressions: &nfdv1alpha1.MatchExpressionSet{"class": in("0200"), "vendor": in("10de")},
			}},
			outcome: validate.Mismatch,
			nfd:     []bool{true, true}, // though no device has both
			ours:    []validate.Outcome{validate.Mismatch, validate.Match},
		},
		{
			name:    "a feature's name in upper case reported as failed",
			terms:   nfdv1alpha1.FeatureMatcher{{Feature: "CPU.cpuid", MatchExpressions: &nfdv1alpha1.MatchExpressionSet{"AVX": exists}}},
			outcome: validate.Match,
			nfd:     []bool{false},
			ours:    []validate.Outcome{validate.Match},
		},
	}
}

// TestReportDifferences shows, for each difference in what is reported, what both sides report.
func TestReportDifferences(t *testing.T) {
	t.Parallel()
	host := nfdv1alpha1.NewFeatures()
	host.Flags["cpu.cpuid"] = nfdv1alpha1.NewFlagFeatures("AVX")
	host.Instances["pci.device"] = nfdv1alpha1.NewInstanceFeatures(
		*nfdv1alpha1.NewInstanceFeature(map[string]string{"vendor": "10de", "class": "0300"}),
		*nfdv1alpha1.NewInstanceFeature(map[string]string{"vendor": "8086", "class": "0200"}),
	)
	for _, test := range reportDifferences() {
		t.Run(string(test.name), func(t *testing.T) {
			t.Parallel()
			rule := nfdv1alpha1.GroupRule{Name: "r", MatchFeatures: test.terms}
			out, err := nfdRule(&rule, host)
			if err != nil || out.MatchStatus.IsMatch != (test.outcome == validate.Match) {
				t.Fatalf("NFD says %+v, %v", out.MatchStatus, err)
			}
			if got := reportedByNFD(test.terms, out.MatchStatus.MatchedFeaturesTerms); !slices.Equal(got, test.nfd) {
				t.Errorf("NFD reports %v, expected %v", got, test.nfd)
			}

			program, findings := validate.Compile(&spec.Spec{
				Version: spec.Version, Compatibilities: []spec.Compatibility{{Rules: []nfdv1alpha1.GroupRule{rule}}},
			}, validate.Options{})
			if program == nil {
				t.Fatal(spec.Errors(findings))
			}
			report, err := program.Evaluate(t.Context(), (&trial{Features: *host}).host())
			if err != nil {
				t.Fatal(err)
			}
			judged := report.Results[0].Sets[0].Rules[0]
			var got []validate.Outcome
			for _, e := range judged.MatchFeatures {
				got = append(got, e.Outcome)
			}
			if judged.Outcome != test.outcome || !slices.Equal(got, test.ours) {
				t.Errorf("ours says %v and %v, expected %v and %v", judged.Outcome, got, test.outcome, test.ours)
			}
		})
	}
}

// reportedByNFD tells of each expression whether NFD's client reports that it matched: if it is among the matched terms of
// the same name, letter by letter (pkg/client-nfd/compat/node-validator).
func reportedByNFD(terms, matched nfdv1alpha1.FeatureMatcher) []bool {
	var reported []bool
	for _, term := range terms {
		has := func(is func(nfdv1alpha1.FeatureMatcherTerm) bool) bool {
			return slices.ContainsFunc(matched, func(m nfdv1alpha1.FeatureMatcherTerm) bool { return m.Feature == term.Feature && is(m) })
		}
		if term.MatchExpressions != nil {
			for name := range *term.MatchExpressions {
				reported = append(reported, has(func(m nfdv1alpha1.FeatureMatcherTerm) bool {
					return m.MatchExpressions != nil && (*m.MatchExpressions)[name] != nil
				}))
			}
		}
		if term.MatchName != nil {
			reported = append(reported, has(func(m nfdv1alpha1.FeatureMatcherTerm) bool { return m.MatchName != nil }))
		}
	}
	return reported
}
