package validate_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"

	"github.com/nfd-compat/nfd-compat/pkg/spec"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// TestCompileFindings: what NFD notices when an element happens to exist, if at all, is found before any host is asked.
func TestCompileFindings(t *testing.T) {
	t.Parallel()
	const at = "compatibilities[0].rules[0].matchFeatures[0].matchExpressions.a"
	tests := []struct {
		expression string
		want       []string
	}{
		{"{op: Exists}", nil},
		{"{op: exists}", []string{`error operator 6:49: ` + at + `.op: unknown operator "exists"; did you mean "Exists"?`}},
		{"{op: Gte, value: ['1']}", []string{`error operator 6:49: ` + at + `.op: unknown operator "Gte"; did you mean "Ge"?`}},
		{
			"{op: Frobnicate, value: ['1']}",
			[]string{`error operator 6:49: ` + at + `.op: unknown operator "Frobnicate"; known: In, NotIn, InRegexp, Exists, DoesNotExist, Gt, Ge, Lt, Le, GtLt, GeLe, IsTrue, IsFalse`},
		},
		{"{op: Equals, value: ['1']}", []string{`error operator 6:49: ` + at + `.op: unknown operator "Equals"; did you mean "In"?`}},
		{"{op: Is, value: [true]}", []string{`error operator 6:49: ` + at + `.op: unknown operator "Is"; the one that is meant takes no value; did you mean "IsTrue"?`}},
		{"{op: Is, value: [x]}", []string{`error operator 6:49: ` + at + `.op: unknown operator "Is"; did you mean "In"?`}},
		{"{op: Exists, value: [x]}", []string{"error value-count 6:64: " + at + ".value: Exists takes no value, and has 1"}},
		{"{op: DoesNotExist, value: [x]}", []string{"error value-count 6:70: " + at + ".value: DoesNotExist takes no value, and has 1"}},
		{"{op: IsTrue, value: [x]}", []string{"error value-count 6:64: " + at + ".value: IsTrue takes no value, and has 1"}},
		{"{op: IsFalse, value: [x]}", []string{"error value-count 6:65: " + at + ".value: IsFalse takes no value, and has 1"}},
		{"{op: In}", []string{"error value-count 6:44: " + at + ".value: In takes at least one value, and has 0"}},
		{"{op: NotIn, value: []}", []string{"error value-count 6:63: " + at + ".value: NotIn takes at least one value, and has 0"}},
		{"{op: InRegexp}", []string{"error value-count 6:44: " + at + ".value: InRegexp takes at least one value, and has 0"}},
		{"{op: Gt, value: ['1', '2']}", []string{"error value-count 6:60: " + at + ".value: Gt takes exactly one value, and has 2"}},
		{"{op: GtLt, value: ['1']}", []string{"error value-count 6:62: " + at + ".value: GtLt takes exactly two values, and has 1"}},
		{"{op: InRegexp, value: [a, '^AVX(']}", []string{`error invalid-regexp 6:70: ` + at + `.value[1]: "^AVX(" is no regular expression (RE2): missing closing ): ^AVX(`}},
		{"{op: Ge, value: ['6.6']}", []string{`error invalid-number 6:60: ` + at + `.value: "6.6" is not a whole number; for versions, add type: version`}},
		{"{op: Ge, value: [x]}", []string{`error invalid-number 6:60: ` + at + `.value: "x" is not a whole number`}},
		{"{op: Ge, value: [r550], type: version}", []string{`error invalid-version 6:60: ` + at + `.value: "r550" is not a version`}},
		{"{op: Ge, value: ['1'], type: semver}", []string{`error value-type 6:73: ` + at + `.type: unknown type "semver": write type: version, or none for whole numbers`}},
		{"{op: GtLt, value: ['7', '5']}", []string{"error inverted-range 6:62: " + at + ".value: the first value must be less than the second"}},
		{"{op: GtLt, value: ['5', '5']}", []string{"error inverted-range 6:62: " + at + ".value: the first value must be less than the second"}},
		{"{op: GeLe, value: ['7', '5'], type: version}", []string{"error inverted-range 6:62: " + at + ".value: the first value must not be greater than the second"}},
		{"{op: GeLe, value: ['7', '5']}", []string{"error inverted-range 6:62: " + at + ".value: the first value must not be greater than the second"}},
		{"{op: GeLe, value: ['5', '5']}", nil},
	}
	for _, tt := range tests {
		t.Run(tt.expression, func(t *testing.T) {
			t.Parallel()
			s, err := spec.Decode([]byte(ofTerm("feature: f.f, matchExpressions: {a: " + tt.expression + "}")))
			if err != nil {
				t.Fatal(err)
			}
			program, findings := validate.Compile(s, validate.Options{})
			if diff := cmp.Diff(tt.want, texts(findings)); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
			if (program == nil) != (tt.want != nil) {
				t.Errorf("program: %v", program)
			}
		})
	}
}

func texts(findings []spec.Finding) []string {
	var all []string
	for _, f := range findings {
		all = append(all, string(f.Severity)+" "+string(f.ID)+" "+f.String())
	}
	return all
}

// TestCompileBoundsRegexps: a kilobyte of pattern can become hundreds of megabytes of program.
func TestCompileBoundsRegexps(t *testing.T) {
	t.Parallel()
	large := "(?:" + strings.Repeat("x", 3300) + "){1000}"
	same := strings.Repeat("'(?:abcdefghij){1000}', ", 200) // compiled once
	var many strings.Builder
	for i := range 200 {
		fmt.Fprintf(&many, "'(?:abcdefghij){1000}%d', ", i)
	}
	for pattern, want := range map[string]int{"'" + large + "'": 1, "'(?:(?:x{100}){100}){100}'": 1, "'^AVX512(F|BW|[A-Z]{2,8})?$'": 0, same: 0, many.String(): 158} {
		s, err := spec.Decode([]byte(ofTerm("feature: f.f, matchName: {op: InRegexp, value: [" + pattern + "]}")))
		if err != nil {
			t.Fatal(err)
		}
		_, findings := validate.Compile(s, validate.Options{})
		if len(findings) != want {
			t.Errorf("%.60s: %d findings, want %d", pattern, len(findings), want)
		}
	}
}

// TestCompileFindingsAreBounded: nobody reads a million findings, and they would take a gigabyte.
func TestCompileFindingsAreBounded(t *testing.T) {
	t.Parallel()
	s, err := spec.Decode([]byte(ofTerm("feature: f.f, matchName: {op: InRegexp, value: [" + strings.Repeat("'(((((((((((((((', ", 20_000) + "]}")))
	if err != nil {
		t.Fatal(err)
	}
	program, findings := validate.Compile(s, validate.Options{})
	if n := len(findings); n == 0 || n > 2000 || program != nil {
		t.Errorf("%d findings, program %v", n, program)
	}
}

// TestCompileFindsAll: all that is wrong is told at once, in the order of the text, and faults of sets that are not
// selected too.
func TestCompileFindsAll(t *testing.T) {
	t.Parallel()
	s, err := spec.Decode([]byte(`
version: v1alpha1
compatibilities:
- tag: a
  rules:
  - matchFeatures: [{feature: no.such, matchName: {op: Is}}]
    varsTemplate: '{{ now }}'
- tag: b
  rules:
- celRules: [{name: c, expression: "1"}]
  rules: [{matchAny: [{matchFeatures: [{feature: cpu.cpuid, matchName: {op: Lt, value: [x]}}]}]}]
`))
	if err != nil {
		t.Fatal(err)
	}
	_, findings := validate.Compile(s, validate.Options{Tags: []string{"a"}, Vocabulary: spec.Vocabulary{Features: []spec.FeatureWords{{Name: "cpu.cpuid"}}}})
	if diff := cmp.Diff([]string{
		`warning unknown-feature 6:31: compatibilities[0].rules[0].matchFeatures[0].feature: no feature "no.such" is known, so no host is known to satisfy this`,
		`error operator 6:56: compatibilities[0].rules[0].matchFeatures[0].matchName.op: unknown operator "Is"; did you mean "In"?`,
		`error invalid-template 7:19: compatibilities[0].rules[0].varsTemplate: line 1: the function now is refused: a template may use nothing but what matched, and makes nothing by a number it is given`,
		`error empty-set 9:9: compatibilities[1].rules: the set has no rules, so every host would satisfy it`,
		`note nfd-ignores 10:13: compatibilities[2].celRules: celRules are an extension: NFD's own client passes over them`,
		`error invalid-cel 10:36: compatibilities[2].celRules[0].expression: the expression gives int, and must give a bool`,
		`error invalid-number 11:88: compatibilities[2].rules[0].matchAny[0].matchFeatures[0].matchName.value: "x" is not a whole number`,
	}, texts(findings)); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

func TestTagsThatSelectNothing(t *testing.T) {
	t.Parallel()
	s, err := spec.Decode([]byte(sets([]string{"1", "2"}, yes, no)))
	if err != nil {
		t.Fatal(err)
	}
	program, findings := validate.Compile(s, validate.Options{Tags: []string{"x", "y"}})
	if diff := cmp.Diff([]string{
		`error tag-selects-none 3:1: compatibilities: no compatibility set is tagged "x" or "y"; the spec has the tags "a", "b"`,
	}, texts(findings)); diff != "" || program != nil {
		t.Errorf("program %v, findings (-want +got):\n%s", program, diff)
	}
}

// TestCompileByHand: a spec that was never text has no positions, and panics as little.
func TestCompileByHand(t *testing.T) {
	t.Parallel()
	s := &spec.Spec{Compatibilities: []spec.Compatibility{{Rules: []nfdv1alpha1.GroupRule{{
		MatchFeatures: nfdv1alpha1.FeatureMatcher{{
			Feature: "cpu.cpuid", MatchName: &nfdv1alpha1.MatchExpression{}, MatchExpressions: &nfdv1alpha1.MatchExpressionSet{"AVX": nil},
		}},
	}}}}}
	_, findings := validate.Compile(s, validate.Options{})
	const at = "compatibilities[0].rules[0].matchFeatures[0]"
	if diff := cmp.Diff([]string{
		"error nil-expression " + at + ".matchExpressions.AVX: the expression is empty: write {op: Exists}, or another operator",
		"error missing-field " + at + ".matchName: the expression has no op: write op: Exists, or another operator",
	}, texts(findings)); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}
