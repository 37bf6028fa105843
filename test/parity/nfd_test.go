package parity

import (
	"testing"

	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"
	"sigs.k8s.io/node-feature-discovery/pkg/apis/nfd/nodefeaturerule"

	"github.com/nfd-compat/nfd-compat/test/parity/sources"
)

func TestMain(m *testing.M) {
	if err := sources.Silence(); err != nil {
		panic(err)
	}
	m.Run()
}

// nfdRule evaluates one rule as NFD's client does, which never stops at the first failed term.
func nfdRule(rule *nfdv1alpha1.GroupRule, on *nfdv1alpha1.Features) (nodefeaturerule.GroupRuleOutput, error) {
	return nodefeaturerule.ExecuteGroupRule(rule, on, false)
}

// nfdExpression evaluates an expression on the value of an attribute.
func nfdExpression(e *nfdv1alpha1.MatchExpression, value string) (bool, error) {
	on := nfdv1alpha1.NewFeatures()
	on.InsertAttributeFeatures("a", "b", map[string]string{"c": value})
	out, err := nfdRule(&nfdv1alpha1.GroupRule{MatchFeatures: nfdv1alpha1.FeatureMatcher{{
		Feature: "a.b", MatchExpressions: &nfdv1alpha1.MatchExpressionSet{"c": e},
	}}}, on)
	if err != nil {
		return false, err
	}
	return out.MatchStatus.IsMatch, nil
}
