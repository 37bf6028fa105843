package parity

import (
	"slices"
	"strings"
	"testing"

	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"
	"sigs.k8s.io/yaml"

	"github.com/nfd-compat/nfd-compat/pkg/spec"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// What the client of NFD and ours can say of a rule. NFD's ends with the first error.
const (
	match, mismatch, unknown, fails = "match", "mismatch", "unknown", "error"
)

// A shown is a difference, with what both sides say: the outcomes of the rules in order.
type shown struct {
	name difference
	// sets are the rules of each set, in YAML.
	sets []string
	// features of the host, and those that are absent from it for certain.
	features map[string]map[string]string
	absent   []string
	nfd      []string
	ours     []string
}

// matcherDifferences are those between the matchers, in the order of docs/conformance.md.
func matcherDifferences() []shown {
	const version = "{op: Ge, type: version, value: ['5.0']}"
	family := map[string]map[string]string{"cpu.model": {"family": "6"}}
	return []shown{
		{
			name: varsOfMismatch,
			sets: []string{`
- name: sets
  vars: {v: "1"}
  matchAny: [{matchFeatures: [{feature: cpu.model, matchExpressions: {family: {op: In, value: ["7"]}}}]}]
- name: reads
  matchFeatures: [{feature: rule.matched, matchExpressions: {v: {op: Exists}}}]
`},
			features: family, nfd: []string{mismatch, match}, ours: []string{mismatch, mismatch},
		},
		{
			name: varsAcrossSets,
			sets: []string{`
- name: sets
  vars: {v: "1"}
  matchFeatures: [{feature: cpu.model, matchExpressions: {family: {op: Exists}}}]
`, `
- name: reads
  matchFeatures: [{feature: rule.matched, matchExpressions: {v: {op: Exists}}}]
`},
			features: family, nfd: []string{match, match}, ours: []string{match, mismatch},
		},
		{
			name: varsOfUnknown,
			sets: []string{`
- name: sets
  vars: {v: "1"}
  matchFeatures: [{feature: kernel.config, matchExpressions: {KVM: {op: Exists}}}]
- name: reads
  matchFeatures: [{feature: rule.matched, matchExpressions: {v: {op: Exists}}}]
`},
			nfd: []string{mismatch, mismatch}, ours: []string{unknown, unknown},
		},
		{
			name: matchedNotThere,
			sets: []string{`
- {name: first, matchFeatures: [{feature: rule.matched, matchExpressions: {v: {op: DoesNotExist}}}]}
- {name: second, matchFeatures: [{feature: rule.matched, matchExpressions: {v: {op: DoesNotExist}}}]}
`},
			nfd: []string{mismatch, match}, ours: []string{match, match},
		},
		{
			name:   absentFeature,
			sets:   []string{`[{name: r, matchFeatures: [{feature: kernel.loadedmodule, matchExpressions: {nouveau: {op: DoesNotExist}}}]}]`},
			absent: []string{"kernel.loadedmodule"},
			nfd:    []string{mismatch}, ours: []string{match},
		},
		{
			name: missingFeature,
			sets: []string{`[{name: r, matchFeatures: [{feature: kernel.config, matchExpressions: {KVM: {op: In, value: ["y"]}}}]}]`},
			nfd:  []string{mismatch}, ours: []string{unknown},
		},
		{
			name: errorEndsAll,
			sets: []string{`
- name: r
  matchAny:
  - matchFeatures: [{feature: kernel.version, matchExpressions: {major: {op: Ge, value: ["5"]}}}]
  - matchFeatures: [{feature: kernel.version, matchExpressions: {full: {op: Ge, value: ["5"]}}}]
- {name: alone, matchFeatures: [{feature: kernel.version, matchExpressions: {full: {op: Ge, value: ["5"]}}}]}
- {name: next, matchFeatures: [{feature: kernel.version, matchExpressions: {major: {op: In, value: ["6"]}}}]}
`},
			features: map[string]map[string]string{"kernel.version": {"full": "6.6.1", "major": "6"}},
			nfd:      []string{fails}, ours: []string{match, unknown, match},
		},
		{
			name:     equalBounds,
			sets:     []string{`[{name: r, matchFeatures: [{feature: kernel.version, matchExpressions: {major: {op: GeLe, value: ["6", "6"]}}}]}]`},
			features: map[string]map[string]string{"kernel.version": {"major": "6"}},
			nfd:      []string{fails}, ours: []string{match},
		},
		{
			name: oddNumber,
			sets: []string{
				`[{name: r, matchFeatures: [{feature: vendor.thing, matchExpressions: {large: {op: Gt, value: ["6"]}}}]}]`,
				`[{name: r, matchFeatures: [{feature: vendor.thing, matchExpressions: {blank: {op: Gt, value: ["6"]}}}]}]`,
			},
			features: map[string]map[string]string{"vendor.thing": {"large": "99999999999999999999", "blank": " 7"}},
			nfd:      []string{fails}, ours: []string{unknown, unknown},
		},
		{
			name: oddVersion,
			sets: []string{
				`[{name: r, matchFeatures: [{feature: vendor.thing, matchExpressions: {rhel: ` + version + `}}]}]`,
				`[{name: r, matchFeatures: [{feature: vendor.thing, matchExpressions: {amazon: ` + version + `}}]}]`,
				`[{name: r, matchFeatures: [{feature: vendor.thing, matchExpressions: {cos: ` + version + `}}]}]`,
				`[{name: r, matchFeatures: [{feature: vendor.thing, matchExpressions: {azure: ` + version + `}}]}]`,
				`[{name: r, matchFeatures: [{feature: vendor.thing, matchExpressions: {wsl2: ` + version + `}}]}]`,
			},
			features: map[string]map[string]string{"vendor.thing": {
				"rhel": "5.14.0-427.13.1.el9_4.x86_64", "amazon": "6.1.109-118.189.amzn2023.x86_64", "cos": "6.6.97+",
				"azure": "6.6.57.1-7.azl3", "wsl2": "5.15.167.4-microsoft-standard-WSL2",
			}},
			nfd: []string{fails}, ours: []string{match, match, match, match, match},
		},
		{
			name:     tooLongForRegexp,
			sets:     []string{`[{name: r, matchFeatures: [{feature: vendor.thing, matchExpressions: {long: {op: InRegexp, value: ['\bx{1000}']}}}]}]`},
			features: map[string]map[string]string{"vendor.thing": {"long": strings.Repeat("x", 5000)}},
			nfd:      []string{match}, ours: []string{unknown},
		},
	}
}

// kept is what NFD has and we keep, though one may wonder.
func kept() []shown {
	return []shown{
		{
			name: "a comparison with the value of a flag",
			sets: []string{`
- {name: "true", matchFeatures: [{feature: vendor.thing, matchExpressions: {AVX: {op: IsTrue}}}]}
- {name: other, matchFeatures: [{feature: vendor.thing, matchExpressions: {AVX: {op: NotIn, value: [x]}}}]}
`},
			features: map[string]map[string]string{"vendor.thing": {"AVX": "\x00flag"}},
			nfd:      []string{mismatch, mismatch}, ours: []string{mismatch, mismatch},
		},
		{
			name: "matchName with NotIn, and with DoesNotExist",
			sets: []string{`
- {name: another, matchFeatures: [{feature: cpu.model, matchName: {op: NotIn, value: [family]}}]}
- {name: never, matchFeatures: [{feature: cpu.model, matchName: {op: DoesNotExist}}]}
`},
			features: map[string]map[string]string{"cpu.model": {"family": "6", "id": "85"}},
			nfd:      []string{match, mismatch}, ours: []string{match, mismatch},
		},
		{
			name:     "DoesNotExist of a feature without an instance",
			sets:     []string{`[{name: r, matchFeatures: [{feature: pci.device, matchExpressions: {sriov_totalvfs: {op: DoesNotExist}}}]}]`},
			features: map[string]map[string]string{"pci.device": {"": "\x00instances"}},
			nfd:      []string{mismatch}, ours: []string{mismatch},
		},
		{
			name: "DoesNotExist of a feature that nobody knows",
			sets: []string{`[{name: r, matchFeatures: [{feature: nobody.knows, matchExpressions: {x: {op: DoesNotExist}}}]}]`},
			nfd:  []string{mismatch}, ours: []string{mismatch},
		},
	}
}

// TestDifferences shows, for each difference between the matchers and for what is kept, what NFD's client says and what
// ours says.
func TestDifferences(t *testing.T) {
	t.Parallel()
	for _, test := range append(matcherDifferences(), kept()...) {
		t.Run(string(test.name), func(t *testing.T) {
			t.Parallel()
			tr := trial{Features: *nfdv1alpha1.NewFeatures(), Absent: test.absent}
			for _, text := range test.sets {
				var set spec.Compatibility
				if err := yaml.UnmarshalStrict([]byte(text), &set.Rules); err != nil {
					t.Fatal(err)
				}
				tr.Sets = append(tr.Sets, set)
			}
			for feature, elements := range test.features {
				addFeature(&tr.Features, feature, elements)
			}
			for _, feature := range test.absent {
				tr.Features.Flags[feature] = nfdv1alpha1.NewFlagFeatures()
			}
			if got := outcomesOfNFD(&tr); !slices.Equal(got, test.nfd) {
				t.Errorf("NFD says %q, expected %q", got, test.nfd)
			}
			program, findings := validate.Compile(&spec.Spec{Version: spec.Version, Compatibilities: tr.Sets}, validate.Options{})
			if program == nil {
				t.Fatal(spec.Errors(findings))
			}
			report, err := program.Evaluate(t.Context(), tr.host())
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, set := range report.Results[0].Sets {
				for _, rule := range set.Rules {
					got = append(got, rule.Outcome.String())
				}
			}
			if !slices.Equal(got, test.ours) {
				t.Errorf("ours says %q, expected %q", got, test.ours)
			}
		})
	}
}

// addFeature adds attributes; the values that begin with a zero say of what other kind the feature is.
func addFeature(to *nfdv1alpha1.Features, feature string, elements map[string]string) {
	for name, value := range elements {
		switch value {
		case "\x00flag":
			to.Flags[feature] = nfdv1alpha1.NewFlagFeatures(name)
		case "\x00instances":
			to.Instances[feature] = nfdv1alpha1.NewInstanceFeatures()
		default:
			domain, rest, _ := strings.Cut(feature, ".")
			to.InsertAttributeFeatures(domain, rest, map[string]string{name: value})
		}
	}
}

// outcomesOfNFD are what NFD's client says, uncorrected.
func outcomesOfNFD(tr *trial) []string {
	var outcomes []string
	for _, set := range nfdClient(tr, none).sets {
		for _, a := range set {
			switch {
			case a.err != nil:
				outcomes = append(outcomes, fails)
			case a.match:
				outcomes = append(outcomes, match)
			default:
				outcomes = append(outcomes, mismatch)
			}
		}
	}
	return outcomes
}
