package parity

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	compatv1alpha1 "sigs.k8s.io/node-feature-discovery/api/image-compatibility/v1alpha1"
	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"
	"sigs.k8s.io/yaml"

	"github.com/nfd-compat/nfd-compat/pkg/spec"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// A refused is a spec that ours refuses and NFD's client does not, or not always.
type refused struct {
	name difference
	text string
	tags []string
	// nfd are the outcomes of the rules that NFD's client judges, or "panic".
	nfd []string
	// ours is the error of the spec.
	ours spec.ID
}

// specDifferences are those between what is taken for a spec, in the order of docs/conformance.md. The host has the flag
// AVX of cpu.cpuid, and a kernel.version.
func specDifferences() []refused {
	const head = "version: v1alpha1\ncompatibilities:\n- rules:\n  - name: r\n"
	term := func(term string) string { return head + "    matchFeatures: [" + term + "]\n" }
	// An element that is not there, which NFD does not compare with anything.
	lacks := func(expression string) string {
		return term("{feature: kernel.version, matchExpressions: {revision: " + expression + "}}")
	}
	flag := term("{feature: cpu.cpuid, matchExpressions: {AVX: {op: Exists}}}")
	return []refused{
		{name: "an unknown field", text: head + "    matchFeature: [{feature: cpu.cpuid, matchName: {op: In, value: [NONE]}}]\n", nfd: []string{match}, ours: spec.IDUnknownField},
		{name: "a duplicate key", text: "version: v1alpha1\n" + flag, nfd: []string{match}, ours: spec.IDDuplicateKey},
		{name: "a second document", text: flag + "---\n" + flag, nfd: []string{match}, ours: spec.IDSecondDocument},
		{name: "an unknown version of the spec", text: "version: v99\ncompatibilities: []\n", ours: spec.IDVersion},
		{name: "a spec without sets", text: "version: v1alpha1\ncompatibilities: []\n", ours: spec.IDEmptySpec},
		{name: "a set without rules", text: "version: v1alpha1\ncompatibilities: [{tag: t}]\n", ours: spec.IDEmptySet},
		{name: "tags that select no set", text: flag, tags: []string{"gpu"}, ours: spec.IDTagSelectsNone},
		{name: "a rule without a matcher", text: head, nfd: []string{match}, ours: spec.IDEmptyRule},
		{name: "a term without an expression", text: term("{feature: cpu.cpuid}"), nfd: []string{match}, ours: spec.IDEmptyTerm},
		{
			name: "a feature's name without a domain", text: term("{feature: cpuid, matchName: {op: Exists}}"),
			nfd: []string{mismatch}, ours: spec.IDFeatureName,
		},
		{
			name: "an expression that is empty", text: term("{feature: cpu.cpuid, matchExpressions: {AVX: }}"),
			nfd: []string{"panic"}, ours: spec.IDNilExpression,
		},
		{name: noOperator, text: term("{feature: cpu.cpuid, matchExpressions: {NONE: {value: []}}}"), nfd: []string{match}, ours: spec.IDMissingField},
		{name: wrongOperator, text: term("{feature: nobody.knows, matchName: {op: Matches}}"), nfd: []string{mismatch}, ours: spec.IDOperator},
		{name: wrongType, text: lacks("{op: Ge, type: semver, value: ['1']}"), nfd: []string{mismatch}, ours: spec.IDValueType},
		{name: wrongCount, text: lacks("{op: Ge, value: ['1', '2']}"), nfd: []string{mismatch}, ours: spec.IDValueCount},
		{name: wrongNumber, text: lacks("{op: Ge, value: ['5.14']}"), nfd: []string{mismatch}, ours: spec.IDInvalidNumber},
		{name: wrongVersion, text: lacks("{op: Ge, type: version, value: [el9]}"), nfd: []string{mismatch}, ours: spec.IDInvalidVersion},
		{
			name: invertedRange, text: term("{feature: kernel.version, matchExpressions: {full: {op: GeLe, type: version, value: ['7', '5']}}}"),
			nfd: []string{mismatch}, ours: spec.IDInvertedRange,
		},
		{name: wrongRegexp, text: lacks("{op: InRegexp, value: ['^AVX(']}"), nfd: []string{mismatch}, ours: spec.IDInvalidRegexp},
		{name: emptyRegexp, text: term("{feature: cpu.cpuid, matchName: {op: InRegexp, value: ['']}}"), nfd: []string{match}, ours: spec.IDInvalidRegexp},
		{
			name: largeRegexp, text: term(`{feature: cpu.cpuid, matchName: {op: InRegexp, value: ['AVX|(?:xxxxxxxxxxxxxxxxxxxx){1000}']}}`),
			nfd: []string{match}, ours: spec.IDInvalidRegexp,
		},
	}
}

// TestSpecDifferences shows, for each difference in what is taken for a spec, the outcomes of NFD's client and the error of
// ours.
func TestSpecDifferences(t *testing.T) {
	t.Parallel()
	host := *nfdv1alpha1.NewFeatures()
	host.Flags["cpu.cpuid"] = nfdv1alpha1.NewFlagFeatures("AVX")
	host.Attributes["kernel.version"] = nfdv1alpha1.NewAttributeFeatures(map[string]string{"full": "6.6.1", "major": "6"})
	for _, test := range specDifferences() {
		t.Run(string(test.name), func(t *testing.T) {
			t.Parallel()
			if got := textToNFD(t, test.text, test.tags, &host); !slices.Equal(got, test.nfd) {
				t.Errorf("NFD says %q, expected %q", got, test.nfd)
			}
			err := textToOurs(test.text, test.tags)
			var invalid *spec.Error
			if !errors.As(err, &invalid) {
				t.Fatalf("ours accepts it, or fails otherwise: %v", err)
			}
			if got := invalid.Findings; len(got) != 1 || got[0].ID != test.ours {
				t.Errorf("ours says %v, expected one error %q", err, test.ours)
			}
		})
	}
}

// textToNFD does with the text of a spec what NFD's client does (pkg/client-nfd/compat).
func textToNFD(t *testing.T, text string, tags []string, host *nfdv1alpha1.Features) (outcomes []string) {
	t.Helper()
	var s compatv1alpha1.Spec
	if err := yaml.Unmarshal([]byte(text), &s); err != nil {
		t.Fatal(err)
	}
	tr := trial{Features: *host}
	for _, set := range s.Compatibilties {
		if len(tags) == 0 || slices.Contains(tags, set.Tag) {
			tr.Sets = append(tr.Sets, spec.Compatibility{Rules: set.Rules})
		}
	}
	defer func() {
		if recover() != nil {
			outcomes = []string{"panic"}
		}
	}()
	return outcomesOfNFD(&tr)
}

// textToOurs decodes and compiles a spec.
func textToOurs(text string, tags []string) error {
	s, err := spec.Decode([]byte(text))
	if err != nil {
		return fmt.Errorf("decode: %w", err)
	}
	_, findings := validate.Compile(s, validate.Options{Tags: tags})
	return spec.Errors(findings)
}
