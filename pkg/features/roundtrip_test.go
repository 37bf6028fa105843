package features_test

import (
	"bytes"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"

	"github.com/nfd-compat/nfd-compat/internal/hosttest"
	"github.com/nfd-compat/nfd-compat/pkg/features"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// TestRoundTripVerdict: a host that was written down gets the same report as the host itself, down to each reason, for rules
// about every element of every feature and about elements that there are not.
func TestRoundTripVerdict(t *testing.T) {
	t.Parallel()
	trees := hosts(t)
	trees["xeon, much of it closed"] = xeon(t).Unreadable("proc/modules", "sys/bus/pci", "sys/class/net",
		"sys/devices/system/cpu/cpu3/topology", "sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "sys/block/sda")
	for name, tree := range trees {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			direct := discover(t, tree.FS())
			var written bytes.Buffer
			if err := features.Write(&written, direct); err != nil {
				t.Fatal(err)
			}
			read, err := features.Read(&written)
			if err != nil {
				t.Fatal(err)
			}
			for _, entry := range features.Catalogue() {
				rules := rulesAbout(direct, entry)
				want, got := evaluate(t, direct, rules), evaluate(t, read, rules)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("report on %s (-host +what was written of it):\n%s", entry.Name, diff)
				}
				if len(want.Results[0].Sets[0].Rules) != len(rules) {
					t.Errorf("%s: %d rules were judged, of %d", entry.Name, len(want.Results[0].Sets[0].Rules), len(rules))
				}
			}
		})
	}
}

// TestEmptyRootNeverMatches: where nothing can be seen, no rule matches and none is refuted, least of all by an absence.
func TestEmptyRootNeverMatches(t *testing.T) {
	t.Parallel()
	set := discover(t, hosttest.Parse("").FS())
	for _, entry := range features.Catalogue() {
		rules := rulesAbout(set, entry)
		report := evaluate(t, set, rules)
		if report.Verdict != validate.VerdictUnknown {
			t.Errorf("%s: the verdict is %s", entry.Name, report.Verdict)
		}
		for i, rule := range report.Results[0].Sets[0].Rules {
			if rule.Outcome != validate.Unknown {
				t.Errorf("%s is %s", rules[i].Name, rule.Outcome)
			}
		}
	}
}

// rulesAbout returns a rule for each element that the set has of a feature, for those that the catalogue lists, and for one
// that there is not, each with several operators.
func rulesAbout(set *features.Set, entry features.Entry) []nfdv1alpha1.GroupRule {
	elements := map[string]string{"no_such_element": "1"}
	for _, element := range entry.Elements {
		if len(elements) < 30 { // a processor has hundreds of names
			elements[element.Name] = "1"
		}
	}
	maps.Copy(elements, set.Features.Attributes[entry.Name].Elements)
	for flag := range set.Features.Flags[entry.Name].Elements {
		elements[flag] = "1"
	}
	for _, instance := range set.Features.Instances[entry.Name].Elements {
		maps.Copy(elements, instance.Attributes)
	}
	var rules []nfdv1alpha1.GroupRule
	for _, name := range slices.Sorted(maps.Keys(elements)) {
		for _, e := range []nfdv1alpha1.MatchExpression{
			{Op: nfdv1alpha1.MatchExists},
			{Op: nfdv1alpha1.MatchDoesNotExist},
			{Op: nfdv1alpha1.MatchIn, Value: []string{elements[name]}},
			{Op: nfdv1alpha1.MatchNotIn, Value: []string{elements[name]}},
			{Op: nfdv1alpha1.MatchGe, Value: []string{"2"}},
			{Op: nfdv1alpha1.MatchGe, Value: []string{"2"}, Type: nfdv1alpha1.TypeVersion},
		} {
			rules = append(rules, nfdv1alpha1.GroupRule{
				Name: entry.Name + " " + name + " " + string(e.Op) + " " + string(e.Type),
				MatchFeatures: nfdv1alpha1.FeatureMatcher{{
					Feature: entry.Name, MatchExpressions: &nfdv1alpha1.MatchExpressionSet{name: &e},
				}},
			})
		}
	}
	return append(rules, nfdv1alpha1.GroupRule{
		Name: entry.Name + " by name",
		MatchFeatures: nfdv1alpha1.FeatureMatcher{{
			Feature: entry.Name, MatchName: &nfdv1alpha1.MatchExpression{Op: nfdv1alpha1.MatchInRegexp, Value: []string{"^[a-z]"}},
		}},
	})
}

// evaluate judges these rules, as one set.
func evaluate(t *testing.T, set *features.Set, rules []nfdv1alpha1.GroupRule) *validate.Report {
	t.Helper()
	document := &spec.Spec{Version: spec.Version, Compatibilities: []spec.Compatibility{{Rules: rules}}}
	program, findings := validate.Compile(document, validate.Options{})
	if program == nil {
		t.Fatal(findings)
	}
	report, err := program.Evaluate(t.Context(), set)
	if err != nil {
		t.Fatal(err)
	}
	return report
}
