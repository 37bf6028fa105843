package validate_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nfd-compat/nfd-compat/pkg/features"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

func TestNewReportOverall(t *testing.T) {
	t.Parallel()
	const failed = validate.Verdict("")
	tests := []struct {
		verdicts []validate.Verdict
		want     validate.Verdict
	}{
		{nil, ""},
		{[]validate.Verdict{validate.Compatible}, validate.Compatible},
		{[]validate.Verdict{validate.Compatible, validate.Compatible}, validate.Compatible},
		{[]validate.Verdict{validate.Compatible, validate.Undeclared}, validate.Undeclared},
		{[]validate.Verdict{validate.Undeclared, validate.VerdictUnknown, validate.Compatible}, validate.VerdictUnknown},
		{[]validate.Verdict{validate.VerdictUnknown, failed}, ""},
		{[]validate.Verdict{failed, validate.VerdictUnknown, validate.Incompatible, validate.Compatible}, validate.Incompatible},
	}
	for _, test := range tests {
		var results []validate.Result
		for _, verdict := range test.verdicts {
			results = append(results, validate.Result{Verdict: verdict})
		}
		report := validate.NewReport(results...)
		if report.Verdict != test.want || len(report.Results) != len(test.verdicts) || report.Results == nil {
			t.Errorf("%v: %q, want %q; %d results", test.verdicts, report.Verdict, test.want, len(report.Results))
		}
	}
}

func TestCompareReports(t *testing.T) {
	t.Parallel()
	text := func(s string) *string { return &s }
	expression := func(op string, outcome validate.Outcome, observed, reason string) validate.ExpressionResult {
		return validate.ExpressionResult{Feature: "f.f", Matcher: validate.MatchExpressions, Element: "e", Op: "In", Value: []string{op}, Outcome: outcome, Observed: text(observed), Reason: reason}
	}
	result := func(image, node, kernel string, verdict validate.Verdict, sets ...validate.SetResult) validate.Result {
		return validate.Result{
			Image: &validate.Image{Reference: image, Digest: "sha256:1"}, Node: &features.Node{Name: node, Kernel: kernel}, Verdict: verdict, Reason: "it is " + string(verdict), Sets: sets,
			Features: []validate.FeatureStatus{{Feature: "f.f", Status: features.Discovered}},
		}
	}
	set := func(tag string, verdict validate.Verdict, rules ...validate.RuleResult) validate.SetResult {
		return validate.SetResult{Tag: tag, Verdict: verdict, Rules: rules, CELRules: []validate.CELRuleResult{{Name: "cel", Outcome: validate.Match}}}
	}
	rule := func(outcome validate.Outcome, first, second validate.ExpressionResult) validate.RuleResult {
		return validate.RuleResult{Name: "r", Outcome: outcome, MatchFeatures: []validate.ExpressionResult{first}, MatchAny: [][]validate.ExpressionResult{{expression("same", validate.Match, "", "")}, {second}}}
	}
	yes, no := expression("1", validate.Match, "1", ""), expression("1", validate.Mismatch, "2", "it is 2")
	a := validate.NewReport(
		result("i", "n1", "5", validate.Compatible, set("x", validate.Compatible, rule(validate.Match, yes, yes)), set("y", validate.Compatible), set("gone", validate.Compatible)),
		result("i", "n2", "5", validate.Compatible), result("i", "n3", "5", validate.Compatible))
	b := validate.NewReport(
		result("i", "n3", "5", validate.Compatible), result("i", "n4", "5", validate.Compatible),
		result("i", "n1", "6", validate.Incompatible, set("y", validate.Compatible), set("x", validate.Incompatible, rule(validate.Mismatch, no, no))))
	b.Results[2].Sets[1].CELRules[0] = validate.CELRuleResult{Name: "cel", Outcome: validate.Unknown, Reason: "so"}
	b.Results[2].Features[0].Status = features.Incomplete
	b.Results[2].Image.Digest = "sha256:2"
	a.Results[0].Best = &validate.SetReference{Tag: "x", Weight: 3}
	changed := func(alternative *int) validate.ExpressionDifference {
		return validate.ExpressionDifference{
			Alternative: alternative, Feature: "f.f", Matcher: validate.MatchExpressions, Element: "e", Op: "In", Value: []string{"1"},
			Outcome: validate.Change{A: "match", B: "mismatch"}, Observed: validate.ObservedChange{A: text("1"), B: text("2")}, Reason: validate.Change{B: "it is 2"},
		}
	}
	second := 1
	want := &validate.ReportDifference{
		A: validate.Compared{Images: 1, Image: "i", Nodes: 3}, B: validate.Compared{Images: 1, Image: "i", Nodes: 3},
		Verdict: &validate.Change{A: "compatible", B: "incompatible"},
		Results: []validate.ResultDifference{
			{
				Image: "i", Node: "n1", Verdict: &validate.Change{A: "compatible", B: "incompatible"}, Reason: &validate.Change{A: "it is compatible", B: "it is incompatible"},
				Best: &validate.Change{A: `set "x" (weight 3)`}, Digest: &validate.Change{A: "sha256:1", B: "sha256:2"}, Kernel: &validate.Change{A: "5", B: "6"},
				Sets: []validate.SetDifference{
					{Set: `set "x" (weight 0)`, Verdict: &validate.Change{A: "compatible", B: "incompatible"}, Rules: []validate.RuleDifference{
						{Name: "r", Outcome: &validate.Change{A: "match", B: "mismatch"}, Expressions: []validate.ExpressionDifference{changed(nil), changed(&second)}},
						{Name: "cel", CEL: true, Outcome: &validate.Change{A: "match", B: "unknown"}, Reason: &validate.Change{B: "so"}},
					}},
					{Set: `set "gone" (weight 0)`, Only: "a"},
				},
				Features: []validate.StatusDifference{{Feature: "f.f", Change: validate.Change{A: "discovered", B: "incomplete"}}},
			},
			{Image: "i", Node: "n2", Only: "a", Verdict: &validate.Change{A: "compatible"}, Reason: &validate.Change{A: "it is compatible"}},
			{Image: "i", Node: "n4", Only: "b", Verdict: &validate.Change{B: "compatible"}, Reason: &validate.Change{B: "it is compatible"}},
		},
	}
	got := validate.Compare(a, b)
	if diff := cmp.Diff(want, got); diff != "" || !got.Differs() {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, report := range []*validate.Report{a, b, {}} {
		if got := validate.Compare(report, report); got.Differs() {
			t.Errorf("a report and itself: %+v", got)
		}
	}
}

// TestCompareError: a report that ended in an error has no verdict, and is told as an error over all.
func TestCompareError(t *testing.T) {
	t.Parallel()
	a := validate.NewReport(validate.Result{Verdict: validate.Compatible})
	b := validate.NewReport(validate.Result{Error: &validate.ResultError{Code: 5, Message: "no answer"}})
	want := &validate.Change{A: "compatible", B: "error"}
	if diff := cmp.Diff(want, validate.Compare(a, b).Verdict); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := validate.Compare(b, b).Verdict; got != nil {
		t.Errorf("two errors differ: %v", got)
	}
}
