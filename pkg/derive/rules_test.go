package derive_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"

	"github.com/nfd-compat/nfd-compat/pkg/derive"
	"github.com/nfd-compat/nfd-compat/pkg/features"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

func fromRules(t *testing.T, text string) *derive.Draft {
	t.Helper()
	documents, err := spec.DecodeDocuments([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return derive.FromRules(documents)
}

const aRule = `
apiVersion: nfd.k8s-sigs.io/v1alpha1
kind: NodeFeatureRule
metadata: {name: network}
spec:
  rules:
  - name: card
    labels: {vendor.io/fast: "true", vendor.io/made-by: "mellanox", vendor.io/other: "x"}
    taints: [{key: k, effect: NoSchedule}]
    vars: {one: "1"}
    matchFeatures:
    - feature: pci.device
      matchExpressions: {vendor: {op: In, value: ["15b3"]}}
  - name: labels everything
    labels: {vendor.io/any: "true"}
  - name: module
    labelsTemplate: "a=b"
    extendedResources: {vendor.io/n: "@cpu.model.id"}
    matchFeatures:
    - feature: rule.matched
      matchExpressions: {vendor.io/made-by: {op: In, value: [mellanox]}, one: {op: Exists}}
    - feature: kernel.loadedmodule
`

// TestFromRule: matchers are kept, what is done to a node is not, and both the text and the remarks say so.
func TestFromRule(t *testing.T) {
	t.Parallel()
	d := fromRules(t, aRule)
	const want = `# Made from NodeFeatureRule network.
# Review it, and attach it to the image. The sets are alternatives; all rules of a set are required.
version: v1alpha1
compatibilities:
# In NFD each of these rules is on its own. Here all are required: delete those that the image does not need.
- rules:
  # Labels that later rules ask for are variables here: vendor.io/made-by.
  # Left out: labels (vendor.io/fast, vendor.io/other).
  # Left out: taints.
  - name: card
    vars:
      one: "1"
      vendor.io/made-by: "mellanox"
    matchFeatures:
    - feature: pci.device
      matchExpressions:
        vendor: {op: In, value: ["15b3"]}
  # Left out: labelsTemplate.
  # Left out: extendedResources (vendor.io/n).
  - name: module
    matchFeatures:
    - feature: rule.matched
      matchExpressions:
        one: {op: Exists}
        vendor.io/made-by: {op: In, value: ["mellanox"]}
    - feature: kernel.loadedmodule
      matchName: {op: Exists}
`
	if diff := cmp.Diff(want, string(d.YAML())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var remarks []string
	for _, r := range d.Remarks {
		remarks = append(remarks, string(r.Severity)+": "+r.String())
	}
	wantRemarks := []string{
		"note: NodeFeatureRule network rule card: labels left out: a spec requires, and does nothing to a node",
		"note: NodeFeatureRule network rule card: taints left out: a spec requires, and does nothing to a node",
		"warning: NodeFeatureRule network rule labels everything: it has no matcher, so it matches any node: it is left out",
		"note: NodeFeatureRule network rule module: labelsTemplate left out: a spec requires, and does nothing to a node",
		"warning: NodeFeatureRule network rule module: labelsTemplate left out; if a later rule asks rule.matched for one of its labels, write it as varsTemplate",
		"note: NodeFeatureRule network rule module: extendedResources left out: a spec requires, and does nothing to a node",
		"note: NodeFeatureRule network rule module: the term on kernel.loadedmodule asks for nothing; here it asks that the feature has an element",
	}
	if diff := cmp.Diff(wantRemarks, remarks); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	set := &features.Set{Features: *nfdv1alpha1.NewFeatures()}
	set.Features.Instances["pci.device"] = nfdv1alpha1.NewInstanceFeatures(*nfdv1alpha1.NewInstanceFeature(map[string]string{"vendor": "15b3"}))
	set.Features.Flags["kernel.loadedmodule"] = nfdv1alpha1.NewFlagFeatures("mlx5_core")
	if v := verdict(t, program(t, d), set); v != validate.Compatible {
		t.Errorf("with the card: %s", v)
	}
	set.Features.Instances["pci.device"] = nfdv1alpha1.NewInstanceFeatures()
	if v := verdict(t, program(t, d), set); v != validate.Incompatible {
		t.Errorf("without it: %s", v)
	}
}

// TestFromGroup: of a group one rule is enough, so each is an alternative, unless one builds on another.
func TestFromGroup(t *testing.T) {
	t.Parallel()
	group := func(rules string) string {
		return "apiVersion: nfd.k8s-sigs.io/v1alpha1\nkind: NodeFeatureGroup\nmetadata: {name: g}\nspec:\n  featureGroupRules:\n" + rules
	}
	const a, b = "  - {name: a, vars: {v: '1'}, matchFeatures: [{feature: cpu.cpuid, matchExpressions: {AVX: {op: Exists}}}]}\n",
		"  - {name: b, matchFeatures: [{feature: cpu.cpuid, matchExpressions: {AVX2: {op: Exists}}}]}\n"
	const c = "  - {name: c, matchAny: [{matchFeatures: [{feature: rule.matched, matchExpressions: {v: {op: Exists}}}]}]}\n"
	tests := []struct {
		name, text string
		sets       int
	}{
		{"alternatives", group(a + b), 2},
		{"building on each other", group(a + c), 1},
		{"two objects", group(a) + "---\n" + group(b), 2},
		{"a list of rules", "- {name: a, matchFeatures: [{feature: cpu.cpuid, matchExpressions: {AVX: {op: Exists}}}]}\n", 1},
		{"none with a matcher", "- {name: a, labels: {x: 'y'}}\n", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := fromRules(t, tt.text)
			if tt.sets == 0 {
				if d.Spec != nil || len(d.Remarks) == 0 {
					t.Errorf("%s\n%v", d.YAML(), d.Remarks)
				}
				return
			}
			if n := len(d.Spec.Compatibilities); n != tt.sets {
				t.Errorf("%d sets, want %d, of\n%s", n, tt.sets, d.YAML())
			}
			document, err := spec.Decode(d.YAML())
			if err != nil {
				t.Fatal(err)
			}
			if _, findings := validate.Compile(document, validate.Options{}); len(findings) > 0 {
				t.Errorf("%v of\n%s", findings, d.YAML())
			}
		})
	}
}

// TestFromRulesOfTheCorpus: whatever can be decoded becomes a spec that has no error, or nothing.
func TestFromRulesOfTheCorpus(t *testing.T) {
	t.Parallel()
	for _, name := range corpus(t) {
		text := readFile(t, name)
		documents, err := spec.DecodeDocuments(text)
		if err != nil {
			continue
		}
		before := 0
		for _, document := range documents {
			_, findings := validate.Compile(document, validate.Options{})
			if spec.Errors(findings) != nil {
				before++
			}
		}
		d := derive.FromRules(documents)
		if before > 0 || d.Spec == nil {
			continue
		}
		document, err := spec.Decode(d.YAML())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if _, findings := validate.Compile(document, validate.Options{}); spec.Errors(findings) != nil {
			t.Errorf("%s: %v", name, spec.Errors(findings))
		}
	}
}

// TestFromIsOneLine: what strangers name their rules and variables is one readable line in what people are told.
func TestFromIsOneLine(t *testing.T) {
	t.Parallel()
	const odd = "a\nnfd-compat: error: \x1b[31mb"
	rules := fromRules(t, "apiVersion: nfd.k8s-sigs.io/v1alpha1\nkind: NodeFeatureRule\nmetadata: {name: \"a\\nb\"}\nspec:\n  rules:\n  - name: \"c\\nd\"\n    labels: {x: y}\n"+
		"    matchFeatures: [{feature: pci.device, matchExpressions: {vendor: {op: Exists}}}]\n")
	image, err := derive.FromImage(derive.Image{Env: []string{"NVIDIA_REQUIRE_" + odd + "=cuda>=12 driver>=500"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range []*derive.Draft{rules, image} {
		texts := d.From
		for _, r := range d.Remarks {
			texts = append(texts, r.String())
		}
		if len(d.From) == 0 || len(d.Remarks) == 0 {
			t.Errorf("from %q, remarks %v", d.From, d.Remarks)
		}
		for _, text := range texts {
			if strings.ContainsAny(text, "\n\x1b") {
				t.Errorf("%q", text)
			}
		}
	}
}
