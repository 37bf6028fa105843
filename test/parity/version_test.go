package parity

import (
	"testing"

	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"

	"github.com/nfd-compat/nfd-compat/pkg/features"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// TestComparisons compares all pairs of the generator's versions and values, and some made of the same characters.
func TestComparisons(t *testing.T) {
	t.Parallel()
	texts := append(versions(), values()...)
	g := newWords(1).generator(1, 0)
	for range 20 {
		texts = append(texts, g.oddVersion())
	}
	for _, value := range texts {
		for _, operand := range texts {
			compareTexts(t, value, operand)
		}
	}
}

// FuzzComparison is for texts that nobody thought of: go test -run '^$' -fuzz FuzzComparison.
func FuzzComparison(f *testing.F) {
	for _, text := range append(versions(), values()...) {
		f.Add(text, "6.6")
		f.Add("6.6", text)
	}
	f.Fuzz(compareTexts)
}

// compareTexts compares two texts, as versions and as numbers, with each operator: where NFD's matcher has an answer,
// ours has the same.
func compareTexts(t *testing.T, value, operand string) {
	t.Helper()
	for _, valueType := range []nfdv1alpha1.ValueType{nfdv1alpha1.TypeVersion, nfdv1alpha1.TypeEmpty} {
		for _, op := range []nfdv1alpha1.MatchOp{
			nfdv1alpha1.MatchGt, nfdv1alpha1.MatchGe, nfdv1alpha1.MatchLt, nfdv1alpha1.MatchLe,
		} {
			compareOne(t, &nfdv1alpha1.MatchExpression{Op: op, Type: valueType, Value: []string{operand}}, value)
		}
		for _, op := range []nfdv1alpha1.MatchOp{nfdv1alpha1.MatchGtLt, nfdv1alpha1.MatchGeLe} {
			compareOne(t, &nfdv1alpha1.MatchExpression{Op: op, Type: valueType, Value: []string{operand, "6.6.1"}}, value)
		}
	}
}

// compareOne has both sides evaluate an expression on a value.
func compareOne(t *testing.T, e *nfdv1alpha1.MatchExpression, value string) {
	t.Helper()
	nfd, err := nfdExpression(e, value)
	if err != nil {
		return
	}
	want := validate.Mismatch
	if nfd {
		want = validate.Match
	}
	rule := nfdv1alpha1.GroupRule{Name: "r", MatchFeatures: nfdv1alpha1.FeatureMatcher{{
		Feature: "a.b", MatchExpressions: &nfdv1alpha1.MatchExpressionSet{"c": e},
	}}}
	program, findings := validate.Compile(&spec.Spec{
		Version: spec.Version, Compatibilities: []spec.Compatibility{{Rules: []nfdv1alpha1.GroupRule{rule}}},
	}, validate.Options{})
	if program == nil {
		for _, finding := range findings {
			if finding.ID == spec.IDInvertedRange && !nfd {
				return // refused on purpose, and nothing would match it
			}
		}
		t.Errorf("%v of %q: NFD says %v, ours refuses: %v", e, value, want, findings)
		return
	}
	host := &features.Set{}
	host.Features.InsertAttributeFeatures("a", "b", map[string]string{"c": value})
	report, err := program.Evaluate(t.Context(), host)
	if err != nil {
		t.Fatal(err)
	}
	if got := report.Results[0].Sets[0].Rules[0].Outcome; got != want {
		t.Errorf("%v of %q: NFD says %v, ours says %v", e, value, want, got)
	}
}
