package parity

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"

	"github.com/nfd-compat/nfd-compat/pkg/spec"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// A templated is a difference between what becomes of a template of a rule that matches.
type templated struct {
	name     difference
	feature  string // of the rule's term
	template string
	// nfd are the lengths of the variables that NFD publishes, nil if its client fails.
	nfd map[string]int
	// refused is set where ours takes the template for an error of the spec; ours are else what it says of a rule that
	// asks whether x was published.
	refused bool
	ours    string
}

func templateDifferences() []templated {
	one := map[string]int{"x": 1}
	return []templated{
		{name: caseInTemplate, feature: "CPU.cpuid", template: "x={{ len .CPU.cpuid }}", nfd: one, ours: unknown},
		{name: templateEndsAll, template: "x={{ .no.such.thing }}", ours: unknown},
		{name: "define, template, block and call", template: `{{ define "a" }}x=1{{ end }}{{ template "a" }}`, nfd: one, refused: true},
		{name: "a range over a number", template: "{{ range 3 }}x=1\n{{ end }}", nfd: one, refused: true},
		{name: "functions of the clock, of chance and of keys", template: `x={{ now | date "2006" | len }}`, nfd: one, refused: true},
		{name: "functions that make as much as a number tells them", template: `x={{ repeat 3 "a" | len }}`, nfd: one, refused: true},
		{
			name: "a template that writes too much", template: fmt.Sprintf("{{ $a := %q }}x=%s", strings.Repeat("a", 1000), strings.Repeat("{{ $a }}", 70)),
			nfd: map[string]int{"x": 70_000}, ours: unknown,
		},
		{
			name: "a template that works too long", template: manyTurns(6) + "x=1\n" + strings.Repeat("{{ end }}", 6),
			nfd: one, ours: unknown,
		},
	}
}

// manyTurns begins ranges inside each other, of ten turns each.
func manyTurns(n int) string {
	return strings.Repeat("{{ range list 0 1 2 3 4 5 6 7 8 9 }}", n)
}

// TestTemplateDifferences shows, for each difference between templates, what NFD publishes and what ours says of it.
func TestTemplateDifferences(t *testing.T) {
	t.Parallel()
	host := nfdv1alpha1.NewFeatures()
	host.Flags["cpu.cpuid"] = nfdv1alpha1.NewFlagFeatures("AVX")
	exists := &nfdv1alpha1.MatchExpressionSet{"x": {Op: nfdv1alpha1.MatchExists}}
	for _, test := range templateDifferences() {
		t.Run(string(test.name), func(t *testing.T) {
			t.Parallel()
			if test.feature == "" {
				test.feature = "cpu.cpuid"
			}
			rules := []nfdv1alpha1.GroupRule{
				{Name: "publishes", VarsTemplate: test.template, MatchFeatures: nfdv1alpha1.FeatureMatcher{{
					Feature: test.feature, MatchExpressions: &nfdv1alpha1.MatchExpressionSet{"AVX": {Op: nfdv1alpha1.MatchExists}},
				}}},
				{Name: "reads", MatchFeatures: nfdv1alpha1.FeatureMatcher{{Feature: matched, MatchExpressions: exists}}},
			}
			var published map[string]int
			if out, err := nfdRule(&rules[0], host); err == nil {
				published = map[string]int{}
				for name, value := range out.Vars {
					published[name] = len(value)
				}
			}
			if !maps.Equal(published, test.nfd) {
				t.Errorf("NFD publishes variables of the lengths %v, expected %v", published, test.nfd)
			}

			program, findings := validate.Compile(&spec.Spec{Version: spec.Version, Compatibilities: []spec.Compatibility{{Rules: rules}}}, validate.Options{})
			if program == nil {
				if refused := slices.ContainsFunc(findings, func(f spec.Finding) bool { return f.ID == spec.IDInvalidTemplate }); !refused || !test.refused {
					t.Errorf("ours refuses it: %v", spec.Errors(findings))
				}
				return
			}
			report, err := program.Evaluate(t.Context(), (&trial{Features: *host}).host())
			if err != nil {
				t.Fatal(err)
			}
			judged := report.Results[0].Sets[0].Rules
			if got := judged[1].Outcome.String(); test.refused || judged[0].Outcome != validate.Match || got != test.ours {
				t.Errorf("ours says %v and then %v, expected match and %v", judged[0].Outcome, got, test.ours)
			}
		})
	}
}
