package spec_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nfd-compat/nfd-compat/pkg/spec"
)

const (
	nfr = "apiVersion: nfd.k8s-sigs.io/v1alpha1\nkind: NodeFeatureRule\nmetadata: {name: gpus, labels: {a: b}}\nspec:\n  rules:\n" +
		"  - name: gpu\n    labels: {gpu: 'true'}\n    annotations: {a: b}\n    labelsTemplate: '{{ . }}'\n    extendedResources: {vendor.io/gpu: '@pci.device.count'}\n" +
		"    taints: [{key: gpu, value: 'yes', effect: NoSchedule}]\n    vars: {found: 'true'}\n    matchFeatures: [{feature: pci.device, matchName: {op: Exists}}]\n  - name: all\n    labels: {any: 'true'}\n"
	nfg = "apiVersion: nfd.openshift.io/v1\nkind: NodeFeatureGroup\nmetadata: {name: group}\nspec:\n  featureGroupRules:\n" +
		"  - name: kernel\n    matchFeatures: [{feature: kernel.version, matchName: {op: Exists}}]\nstatus: {nodes: [{name: n}]}\n"
	other = "apiVersion: v1\nkind: Namespace\nmetadata: {name: n}\n"
	list  = "- name: r\n  matchFeatures: [{feature: kernel.version, matchName: {op: Exists}}]\n- {name: s, labels: {a: b}}\n"
)

func TestDecodeDocuments(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		want       []string // kind, name, where the rules stand, and their names
	}{
		{"a spec", rule + "      matchName: {op: Exists}\n", []string{"CompatibilitySpec, compatibilities[0].rules: r"}},
		{"NodeFeatureRule", nfr, []string{"NodeFeatureRule gpus, spec.rules: gpu all"}},
		{"NodeFeatureGroup", nfg, []string{"NodeFeatureGroup group, spec.featureGroupRules: kernel"}},
		{"several documents, and others", "---\n" + other + "---\n" + nfr + "---\n" + nfg + "---\n", []string{
			"NodeFeatureRule gpus, spec.rules: gpu all", "NodeFeatureGroup group, spec.featureGroupRules: kernel",
		}},
		{
			"a list", "apiVersion: v1\nkind: List\nitems:\n" + item(nfr) + item(other) + item(nfg),
			[]string{"NodeFeatureRule gpus, items[0].spec.rules: gpu all", "NodeFeatureGroup group, items[2].spec.featureGroupRules: kernel"},
		},
		{"a list of its own kind", "apiVersion: nfd.k8s-sigs.io/v1alpha1\nkind: NodeFeatureRuleList\nmetadata: {}\nitems:\n" + item(nfr), []string{"NodeFeatureRule gpus, items[0].spec.rules: gpu all"}},
		{"rules alone", list, []string{"Rules, : r s"}},
		{"JSON", `{"apiVersion": "nfd.k8s-sigs.io/v1alpha1", "kind": "NodeFeatureRule", "spec": {"rules": []}}`, []string{"NodeFeatureRule, spec.rules:"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			documents, err := spec.DecodeDocuments([]byte(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range documents {
				line := s.String() + ", " + s.RulesPath(0) + ":"
				for _, r := range s.Compatibilities[0].Rules {
					line += " " + r.Name
				}
				got = append(got, line)
				for _, f := range spec.Check(s, spec.Vocabulary{}) {
					if f.Severity == spec.SeverityError || f.Severity == spec.SeverityWarning {
						t.Errorf("%s: %s", s, f)
					}
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("documents (-want +got):\n%s", diff)
			}
		})
	}
}

// item indents an object to be an item of a list.
func item(object string) string {
	return "- " + strings.TrimSuffix(strings.ReplaceAll(object, "\n", "\n  "), "  ")
}

func TestDecodeDocumentsFaults(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		want       []string
	}{
		{"no rules at all", other, []string{"1:1: there is neither a compatibility spec nor a rule in the text"}},
		{"empty", "---\n---\n", []string{"2:1: there is neither a compatibility spec nor a rule in the text"}},
		{"a kind without a version", "kind: NodeFeatureRule\n", []string{"1:1: an object has both apiVersion and kind, and this has not"}},
		{"misspelt group", strings.Replace(nfg, "nfd.openshift.io", "nfd.k8s-sig.io", 1), []string{
			`1:13: apiVersion: no NodeFeatureGroup is known in the API group "nfd.k8s-sig.io"; did you mean "nfd.k8s-sigs.io"?`,
		}},
		{"misspelt kind, beside a good document", nfr + "---\n" + strings.Replace(nfr, "kind: NodeFeatureRule", "kind: NodeFeatureRules", 1), []string{
			`17:1: no kind "NodeFeatureRules" is known in the API group nfd.k8s-sigs.io; did you mean "NodeFeatureRule"?`,
		}},
		{"rules under the wrong name", strings.Replace(nfg, "featureGroupRules", "rules", 1), []string{`5:3: spec: unknown field "rules"; known here: featureGroupRules`}},
		{"no spec", "apiVersion: nfd.k8s-sigs.io/v1alpha1\nkind: NodeFeatureRule\n", []string{"1:1: the NodeFeatureRule has no spec"}},
		{
			"in the third document, and the fourth", other + "---\n" + nfr + "---\n" + strings.Replace(nfr, "labels: {gpu", "label: {gpu", 1) + "---\n" + strings.Replace(nfg, "matchFeatures", "matchFeature", 1),
			[]string{
				`27:5: spec.rules[0]: unknown field "label"; did you mean "labels"?`,
				`43:5: spec.featureGroupRules[0]: unknown field "matchFeature"; did you mean "matchFeatures"?`,
			},
		},
		{"labels in a group", strings.Replace(nfg, "  - name: kernel\n", "  - name: kernel\n    labels: {}\n", 1), []string{
			`7:5: spec.featureGroupRules[0]: unknown field "labels"; known here: matchAny, matchFeatures, name, vars, varsTemplate`,
		}},
		{"wrong types", strings.Replace(strings.Replace(nfr, "labels: {gpu: 'true'}", "labels: [gpu]", 1), "taints: [{key: gpu", "taints: [{keys: gpu", 1), []string{
			"7:13: spec.rules[0].labels: want a mapping (of texts), have a list",
			`11:15: spec.rules[0].taints[0]: unknown field "keys"; did you mean "key"?`,
		}},
		{"a spec after an object", nfr + "---\n" + rule + "      matchName: {op: Exists}\n", []string{
			"17:1: a second document begins here: a spec is one document, and of several each is an object with apiVersion and kind",
		}},
		{"an object after a spec", rule + "      matchName: {op: Exists}\n---\n" + nfr, nil},
		{"a list in a list in itself", "apiVersion: v1\nkind: List\nitems: &l\n- {apiVersion: v1, kind: List, items: *l}\n", []string{`4:39: items[0].items[0].items: the anchor "l" contains itself`}},
		{"very many documents", strings.Repeat("---\na: b\n", 1002), []string{"2001:1: more than 1000 documents"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := spec.DecodeDocuments([]byte(tt.text))
			if tt.want == nil {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if got != nil {
				t.Errorf("documents came with the error: %v", got)
			}
			if diff := cmp.Diff(tt.want, lines(t, err)); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

// TestPositionOfDocuments: each document's findings are where it stands in the text, and can be mended there.
func TestPositionOfDocuments(t *testing.T) {
	t.Parallel()
	text := nfr + "---\n" + strings.Replace(nfg, "feature: kernel.version", "feature: Kernel.Version", 1)
	documents, err := spec.DecodeDocuments([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	findings := spec.Check(documents[1], spec.Vocabulary{})
	if len(findings) != 1 || findings[0].Position != (spec.Position{Line: 23, Column: 31}) {
		t.Fatalf("findings %v", findings)
	}
	mended, _, err := spec.Apply([]byte(text), findings)
	if diff := cmp.Diff(nfr+"---\n"+nfg, string(mended)); diff != "" || err != nil {
		t.Errorf("mended (-want +got):\n%s%v", diff, err)
	}
	notes := spec.Check(documents[0], spec.Vocabulary{})
	if len(notes) != 1 || notes[0].ID != spec.IDRuleWithoutMatcher || notes[0].Severity != spec.SeverityNote || notes[0].Line != 14 {
		t.Errorf("notes %v", notes)
	}
}
