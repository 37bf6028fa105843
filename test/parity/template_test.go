package parity

import (
	"slices"
	"strings"
	"testing"

	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"

	"github.com/nfd-compat/nfd-compat/pkg/features"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// TestTemplates has NFD and ours expand the templates of generated rules that match, and demands that each variable is
// published by both with the same value, and that there is no other.
func TestTemplates(t *testing.T) {
	t.Parallel()
	const trials = 6000
	compared, words := 0, newWords(2)
	for i := range trials {
		tr := words.generator(2, i).trial()
		tr.Features.InsertAttributeFeatures(nfdv1alpha1.RuleBackrefDomain, nfdv1alpha1.RuleBackrefFeature, nil)
		for j := range tr.Sets[0].Rules {
			rule := &tr.Sets[0].Rules[j]
			rule.VarsTemplate = words.templates[(i+j)%len(words.templates)]
			for term := range terms(rule) {
				term.Feature = strings.ToLower(term.Feature)
			}
			if missing(rule, &tr.Features) {
				continue
			}
			out, err := nfdRule(rule, &tr.Features)
			if err != nil || !out.MatchStatus.IsMatch || len(out.Vars) == 0 {
				continue
			}
			if wrong := compareVars(t, rule, &tr, out.Vars); wrong != "" {
				t.Errorf("trial %d: %s\nNFD publishes %q by\n%s", i, wrong, out.Vars, yamlOf(t, trial{Sets: []spec.Compatibility{{Rules: []nfdv1alpha1.GroupRule{*rule}}}, Features: tr.Features}))
				return
			}
			compared++
		}
	}
	t.Logf("the variables of %d templates are the same", compared)
	if compared < trials/20 {
		t.Errorf("only %d templates were compared: the generator is no good", compared)
	}
}

// missing tells whether a rule asks for a feature that is not there. In ours such a one can be unknown, and then what a
// template publishes is as well.
func missing(rule *nfdv1alpha1.GroupRule, on *nfdv1alpha1.Features) bool {
	for term := range terms(rule) {
		if !holds(on, term.Feature) {
			return true
		}
	}
	return false
}

// compareVars has ours judge a rule and then rules that ask for each variable, and for a name that is none of them. It
// returns what is wrong, or "".
func compareVars(t *testing.T, rule *nfdv1alpha1.GroupRule, tr *trial, vars map[string]string) string {
	t.Helper()
	wanted, names := nfdv1alpha1.MatchExpressionSet{}, []string{}
	for name, value := range vars {
		wanted[name] = &nfdv1alpha1.MatchExpression{Op: nfdv1alpha1.MatchIn, Value: []string{value}}
		names = append(names, name)
	}
	slices.Sort(names)
	asks := func(term nfdv1alpha1.FeatureMatcherTerm) nfdv1alpha1.GroupRule {
		term.Feature = "rule.matched"
		return nfdv1alpha1.GroupRule{MatchFeatures: nfdv1alpha1.FeatureMatcher{term}}
	}
	program, findings := validate.Compile(&spec.Spec{Version: spec.Version, Compatibilities: []spec.Compatibility{{Rules: []nfdv1alpha1.GroupRule{
		*rule,
		asks(nfdv1alpha1.FeatureMatcherTerm{MatchExpressions: &wanted}),
		asks(nfdv1alpha1.FeatureMatcherTerm{MatchName: &nfdv1alpha1.MatchExpression{Op: nfdv1alpha1.MatchNotIn, Value: names}}),
	}}}}, validate.Options{})
	if program == nil {
		if slices.ContainsFunc(findings, func(f spec.Finding) bool { return refusal(f.ID, rule) != "" }) {
			return ""
		}
		return spec.Errors(findings).Error()
	}
	report, err := program.Evaluate(t.Context(), &features.Set{Features: tr.Features})
	if err != nil {
		return err.Error()
	}
	judged := report.Results[0].Sets[0].Rules
	switch {
	case judged[0].Outcome != validate.Match:
		return "ours does not match"
	case judged[1].Outcome != validate.Match:
		for _, e := range judged[1].MatchFeatures {
			if e.Outcome != validate.Match {
				return "ours publishes another " + e.Element + ": " + e.Reason
			}
		}
		return "ours publishes other values"
	case judged[2].Outcome != validate.Mismatch:
		return "ours publishes more: " + *judged[2].MatchFeatures[0].Observed
	}
	return ""
}
