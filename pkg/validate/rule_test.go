package validate_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

func TestKleene(t *testing.T) {
	t.Parallel()
	const m, u, x = validate.Match, validate.Unknown, validate.Mismatch
	for _, tt := range []struct{ a, b, and, or validate.Outcome }{
		{m, m, m, m},
		{m, u, u, m},
		{m, x, x, m},
		{u, m, u, m},
		{u, u, u, u},
		{u, x, x, u},
		{x, m, x, m},
		{x, u, x, u},
		{x, x, x, x},
	} {
		if got := validate.And(tt.a, tt.b); got != tt.and {
			t.Errorf("%s AND %s is %s, want %s", tt.a, tt.b, got, tt.and)
		}
		if got := validate.Or(tt.a, tt.b); got != tt.or {
			t.Errorf("%s OR %s is %s, want %s", tt.a, tt.b, got, tt.or)
		}
	}
	if zero := validate.Outcome(0); zero != u {
		t.Errorf("the zero outcome is %s", zero)
	}
}

func TestOutcomeText(t *testing.T) {
	t.Parallel()
	for _, o := range []validate.Outcome{validate.Match, validate.Unknown, validate.Mismatch} {
		text, err := o.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		var back validate.Outcome
		if err := back.UnmarshalText(text); err != nil || back != o {
			t.Errorf("%s is read back as %s (%v)", text, back, err)
		}
	}
	var o validate.Outcome
	if err := o.UnmarshalText([]byte("maybe")); err == nil {
		t.Error("an outcome that is none was read")
	}
}

// Terms of a known outcome on the small machine.
const (
	yes   = "{feature: cpu.cpuid, matchExpressions: {AVX: {op: Exists}}}"
	no    = "{feature: cpu.cpuid, matchExpressions: {AMX: {op: Exists}}}"
	maybe = "{feature: kernel.config, matchExpressions: {A: {op: Exists}}}"
)

func TestRule(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, rule string
		want       validate.Outcome
	}{
		{"AND", "{matchFeatures: [" + yes + "," + yes + "]}", validate.Match},
		{"AND of a mismatch", "{matchFeatures: [" + no + "," + yes + "]}", validate.Mismatch},
		{"AND of an unknown", "{matchFeatures: [" + maybe + "," + yes + "]}", validate.Unknown},
		{"a mismatch decides over an unknown", "{matchFeatures: [" + maybe + "," + no + "]}", validate.Mismatch},
		{"OR", "{matchAny: [{matchFeatures: [" + no + "]}, {matchFeatures: [" + yes + "]}]}", validate.Match},
		{"OR of mismatches", "{matchAny: [{matchFeatures: [" + no + "]}, {matchFeatures: [" + yes + "," + no + "]}]}", validate.Mismatch},
		{"a match decides over an unknown", "{matchAny: [{matchFeatures: [" + maybe + "]}, {matchFeatures: [" + yes + "]}]}", validate.Match},
		{"OR of an unknown", "{matchAny: [{matchFeatures: [" + maybe + "]}, {matchFeatures: [" + no + "]}]}", validate.Unknown},
		{"both, AND", "{matchFeatures: [" + yes + "], matchAny: [{matchFeatures: [" + no + "]}]}", validate.Mismatch},
		{"both, unknown", "{matchFeatures: [" + maybe + "], matchAny: [{matchFeatures: [" + yes + "]}]}", validate.Unknown},
		{"both, match", "{matchFeatures: [" + yes + "], matchAny: [{matchFeatures: [" + yes + "]}]}", validate.Match},
		{
			"an alternative that cannot be compared does not fail the others, as it does in NFD",
			"{matchAny: [{matchFeatures: [" + yes + "]}, {matchFeatures: [{feature: kernel.version, matchExpressions: {full: {op: Gt, value: ['1']}}}]}]}", validate.Match,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := judge(t, ofRules("  - "+tt.rule+"\n"), validate.Options{}).Sets[0].Rules[0].Outcome; got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// TestVars: what a rule publishes, later rules of the set read as rule.matched.
func TestVars(t *testing.T) {
	t.Parallel()
	reads := func(element, expression string) string {
		return "  - matchFeatures: [{feature: rule.matched, matchExpressions: {" + element + ": " + expression + "}}]\n"
	}
	publishes := func(vars, term string) string { return "  - {vars: " + vars + ", matchFeatures: [" + term + "]}\n" }
	tests := []struct {
		name, rules string
		want        validate.Outcome // of the last rule
	}{
		{"of a rule that matches", publishes("{a: '1'}", yes) + reads("a", "{op: In, value: ['1']}"), validate.Match},
		{"other value", publishes("{a: '1'}", yes) + reads("a", "{op: In, value: ['2']}"), validate.Mismatch},
		{"of a rule that does not", publishes("{a: '1'}", no) + reads("a", "{op: Exists}"), validate.Mismatch},
		{"absent, of a rule that does not", publishes("{a: '1'}", no) + reads("a", "{op: DoesNotExist}"), validate.Match},
		{
			"of a rule whose alternatives all fail, which NFD publishes all the same",
			"  - {vars: {a: '1'}, matchAny: [{matchFeatures: [" + no + "]}]}\n" + reads("a", "{op: Exists}"), validate.Mismatch,
		},
		{"before any rule, where NFD has no such feature", reads("a", "{op: DoesNotExist}"), validate.Match},
		{"of an unknown rule", publishes("{a: '1'}", maybe) + reads("a", "{op: Exists}"), validate.Unknown},
		{"absence, of an unknown rule", publishes("{a: '1'}", maybe) + reads("a", "{op: DoesNotExist}"), validate.Unknown},
		{"another, beside an unknown rule", publishes("{a: '1'}", maybe) + reads("b", "{op: Exists}"), validate.Mismatch},
		{"names, beside an unknown rule", publishes("{a: '1'}", maybe) + "  - matchFeatures: [{feature: rule.matched, matchName: {op: In, value: [a]}}]\n", validate.Unknown},
		{"known, perhaps overwritten", publishes("{a: '1'}", yes) + publishes("{a: '2'}", maybe) + reads("a", "{op: In, value: ['1']}"), validate.Unknown},
		{"known, perhaps set to the same", publishes("{a: '1'}", yes) + publishes("{a: '1'}", maybe) + reads("a", "{op: In, value: ['1']}"), validate.Match},
		{"doubtful, then set", publishes("{a: '1'}", maybe) + publishes("{a: '2'}", yes) + reads("a", "{op: In, value: ['2']}"), validate.Match},
		{"other names, beside a variable that was doubtful", publishes("{a: '1'}", maybe) + publishes("{a: '2'}", yes) + "  - matchFeatures: [{feature: rule.matched, matchName: {op: In, value: [b]}}]\n", validate.Mismatch},
		{
			"known, perhaps overwritten by a template",
			publishes("{a: '1'}", yes) + "  - {varsTemplate: 'a=2', matchFeatures: [" + maybe + "]}\n" + reads("a", "{op: In, value: ['1']}"), validate.Unknown,
		},
		{
			"overwritten by a template",
			publishes("{a: '1'}", yes) + "  - {varsTemplate: 'a=2', matchFeatures: [" + yes + "]}\n" + reads("a", "{op: In, value: ['2']}"), validate.Match,
		},
		{
			"doubtful, then set by a template",
			publishes("{a: '1'}", maybe) + "  - {varsTemplate: 'a=2', matchFeatures: [" + yes + "]}\n" + reads("a", "{op: In, value: ['2']}"), validate.Match,
		},
		{
			"not of a template that was executed",
			"  - {varsTemplate: 'a=2', matchFeatures: [" + yes + "]}\n" + reads("b", "{op: Exists}"), validate.Mismatch,
		},
		{
			"of a template whose rule is unknown",
			"  - {varsTemplate: 'a=1', matchFeatures: [" + maybe + "]}\n" + reads("b", "{op: DoesNotExist}"), validate.Unknown,
		},
		{
			"beside a template, which a static variable overrides",
			"  - {varsTemplate: 'a=1', vars: {a: '2'}, matchFeatures: [" + yes + "]}\n" + reads("a", "{op: In, value: ['2']}"), validate.Match,
		},
		{
			"of a template whose rule does not match",
			"  - {varsTemplate: 'a=1', matchFeatures: [" + no + "]}\n" + reads("a", "{op: Exists}"), validate.Mismatch,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			rules := judge(t, ofRules(tt.rules), validate.Options{}).Sets[0].Rules
			if got := rules[len(rules)-1].Outcome; got != tt.want {
				t.Errorf("got %s, want %s: %+v", got, tt.want, rules[len(rules)-1])
			}
		})
	}
}

// TestVarsStayInTheirSet: in NFD's client a set reads the variables of the sets before it.
func TestVarsStayInTheirSet(t *testing.T) {
	t.Parallel()
	r := judge(t, "version: v1alpha1\ncompatibilities:\n- rules: [{vars: {a: '1'}, matchFeatures: ["+yes+"]}]\n"+
		"- rules: [{matchFeatures: [{feature: rule.matched, matchExpressions: {a: {op: Exists}}}]}]\n", validate.Options{})
	if got := r.Sets[1].Verdict; got != validate.Incompatible {
		t.Errorf("the second set is %s", got)
	}
}

// sets is a spec with one set for each term, tagged a, b, … and of the given weights.
func sets(weights []string, terms ...string) string {
	text := "version: v1alpha1\ncompatibilities:\n"
	for i, term := range terms {
		text += "- {tag: " + string(rune('a'+i)) + ", weight: " + weights[i] + ", rules: [{matchFeatures: [" + term + "]}]}\n"
	}
	return text
}

func TestVerdict(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		spec    string
		opts    validate.Options
		want    validate.Verdict
		best    string
		because string
	}{
		{"one of two", sets([]string{"9", "1"}, no, yes), validate.Options{}, validate.Compatible, "b", `the host satisfies 1 of 2 compatibility sets; chosen: set "b" (weight 1)`},
		{"the highest weight", sets([]string{"1", "7", "3"}, yes, yes, yes), validate.Options{}, validate.Compatible, "b", `the host satisfies 3 of 3 compatibility sets; chosen: set "b" (weight 7)`},
		{"ties go to the earlier", sets([]string{"7", "7"}, yes, yes), validate.Options{}, validate.Compatible, "a", `the host satisfies 2 of 2 compatibility sets; chosen: set "a" (weight 7)`},
		{"negative weights", sets([]string{"-7", "-2"}, yes, yes), validate.Options{}, validate.Compatible, "b", `the host satisfies 2 of 2 compatibility sets; chosen: set "b" (weight -2)`},
		{"none", sets([]string{"0", "0"}, no, no), validate.Options{}, validate.Incompatible, "", "the host satisfies none of 2 compatibility sets"},
		{"none of one", sets([]string{"0"}, no), validate.Options{}, validate.Incompatible, "", "the host does not satisfy the one compatibility set"},
		{"undecided", sets([]string{"0", "0"}, no, maybe), validate.Options{}, validate.VerdictUnknown, "", "1 of 2 compatibility sets could not be decided, and the host satisfies none of the others"},
		{"a match decides over an undecided set", sets([]string{"9", "1"}, maybe, yes), validate.Options{}, validate.Compatible, "b", `the host satisfies 1 of 2 compatibility sets; chosen: set "b" (weight 1)`},
		{"all", sets([]string{"1", "2"}, yes, yes), validate.Options{Require: validate.RequireAll}, validate.Compatible, "b", `the host satisfies all 2 compatibility sets; chosen: set "b" (weight 2)`},
		{"not all", sets([]string{"1", "2", "3"}, yes, no, maybe), validate.Options{Require: validate.RequireAll}, validate.Incompatible, "", `every set is required, and the host does not satisfy set "b" (weight 2)`},
		{"all, undecided", sets([]string{"1", "2"}, yes, maybe), validate.Options{Require: validate.RequireAll}, validate.VerdictUnknown, "", `every set is required, and it could not be decided of set "b" (weight 2)`},
		{
			"every rule of a set", "version: v1alpha1\ncompatibilities:\n- rules: [{matchFeatures: [" + no + "]}, {matchFeatures: [" + yes + "]}]\n",
			validate.Options{},
			validate.Incompatible, "", "the host does not satisfy the one compatibility set",
		},
		{"tags", sets([]string{"1", "2", "3"}, yes, yes, no), validate.Options{Tags: []string{"a", "c"}}, validate.Compatible, "a", `the host satisfies 1 of 2 compatibility sets; chosen: set "a" (weight 1)`},
		{
			"every CEL rule of a set", "version: v1alpha1\ncompatibilities:\n- {celRules: [{name: c, expression: 'true'}, {name: d, expression: 'false'}], rules: [{matchFeatures: [" + yes + "]}]}\n",
			validate.Options{},
			validate.Incompatible, "", "the host does not satisfy the one compatibility set",
		},
		{
			"a CEL rule that matches", "version: v1alpha1\ncompatibilities:\n- {celRules: [{name: c, expression: 'true'}], rules: [{matchFeatures: [" + yes + "]}]}\n",
			validate.Options{},
			validate.Compatible, "", "the host satisfies 1 of 1 compatibility set; chosen: set #1 (weight 0)",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := judge(t, tt.spec, tt.opts)
			best := ""
			if r.Best != nil {
				best = r.Best.Tag
			}
			if r.Verdict != tt.want || best != tt.best || r.Reason != tt.because {
				t.Errorf("got  %s, best %q, because %s\nwant %s, best %q, because %s", r.Verdict, best, r.Reason, tt.want, tt.best, tt.because)
			}
		})
	}
}

// TestNeeds: a host is asked only for what the selected sets read.
func TestNeeds(t *testing.T) {
	t.Parallel()
	text := "version: v1alpha1\ncompatibilities:\n" +
		"- {tag: a, rules: [{matchFeatures: [{feature: Kernel.Version, matchName: {op: Exists}}], matchAny: [{matchFeatures: [" + yes + ", {feature: rule.matched, matchName: {op: Exists}}]}]}]}\n" +
		"- {tag: b, rules: [{matchFeatures: [" + maybe + "]}]}\n"
	for _, tt := range []struct{ tags, want []string }{
		{nil, []string{"cpu.cpuid", "kernel.config", "kernel.version"}},
		{[]string{"a"}, []string{"cpu.cpuid", "kernel.version"}},
		{[]string{"b"}, []string{"kernel.config"}},
	} {
		if diff := cmp.Diff(tt.want, compile(t, text, validate.Options{Tags: tt.tags}).Needs()); diff != "" {
			t.Errorf("needs with tags %v (-want +got):\n%s", tt.tags, diff)
		}
	}
	onlyVars := compile(t, ofTerm("feature: rule.matched, matchName: {op: Exists}"), validate.Options{})
	if needs := onlyVars.Needs(); needs == nil || len(needs) > 0 {
		t.Errorf("needs %v: want none, and not nil, which is all", needs)
	}
}

func TestEvaluateEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	report, err := compile(t, sets([]string{"1"}, yes), validate.Options{}).Evaluate(ctx, host())
	if !errors.Is(err, context.Canceled) || report != nil {
		t.Errorf("got %v, %v", report, err)
	}
}
