package spec_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nfd-compat/nfd-compat/pkg/spec"
)

func words() spec.Vocabulary {
	return spec.Vocabulary{Features: []spec.FeatureWords{
		{Name: "cpu.cpuid", Flags: true, Attributes: true, Elements: []string{"AVX", "AVX2", "AVX10_VERSION"}, Valued: []string{"AVX10_VERSION"}},
		{Name: "cpu.model", Attributes: true, Elements: []string{"vendor_id", "id"}, Values: map[string][]string{"vendor_id": {"Intel", "AMD"}}},
		{Name: "kernel.config", Attributes: true},
		{Name: "kernel.loadedmodule", Flags: true},
		{Name: "kernel.enabledmodule", Flags: true},
		{Name: "pci.device", Instances: true, Elements: []string{"vendor", "device", "class"}},
		{Name: "usb.device", Instances: true},
	}}
}

// TestCheckWords has a term with a fault, what is found, and the term as it is mended; the same where it is not mechanical.
func TestCheckWords(t *testing.T) {
	t.Parallel()
	const at = "compatibilities[0].rules[0].matchFeatures[0]"
	tests := []struct {
		term  string
		want  []string
		fixed string
	}{
		{"feature: cpu.cpuid, matchExpressions: {AVX: {op: Exists}, AVX10_VERSION: {op: In, value: ['1']}}", nil, ""},
		{
			"feature: CPU.Cpuid, matchName: {op: Exists}",
			[]string{`feature-case 5:17: ` + at + `.feature: names of features are in lower case: NFD matches "CPU.Cpuid", and reports that it does not; did you mean "cpu.cpuid"?`},
			"feature: cpu.cpuid, matchName: {op: Exists}",
		},
		{
			"feature: 'cpu.cpiud', matchName: {op: Exists}",
			[]string{`unknown-feature 5:17: ` + at + `.feature: no feature "cpu.cpiud" is known, so no host is known to satisfy this; did you mean "cpu.cpuid"?`},
			"", // perhaps a vendor's
		},
		{
			"feature: cpu.cpuid, matchExpressions: {avx2: {op: Exists}}",
			[]string{`unknown-element 5:47: ` + at + `.matchExpressions.avx2: cpu.cpuid has no element "avx2" that is known; did you mean "AVX2"?`},
			"feature: cpu.cpuid, matchExpressions: {AVX2: {op: Exists}}",
		},
		{
			"feature: cpu.cpuid, matchExpressions: {AVX2: {op: Exists}, avx2: {op: Exists}}", // no mending to a key that is there
			[]string{`unknown-element 5:67: ` + at + `.matchExpressions.avx2: cpu.cpuid has no element "avx2" that is known; did you mean "AVX2"?`}, "",
		},
		{
			"feature: cpu.cpuid, matchExpressions: {Avx2: {op: Exists}, avx2: {op: Exists}}", // nor to one that is made
			[]string{
				`unknown-element 5:47: ` + at + `.matchExpressions.Avx2: cpu.cpuid has no element "Avx2" that is known; did you mean "AVX2"?`,
				`unknown-element 5:67: ` + at + `.matchExpressions.avx2: cpu.cpuid has no element "avx2" that is known; did you mean "AVX2"?`,
			},
			"feature: cpu.cpuid, matchExpressions: {AVX2: {op: Exists}, avx2: {op: Exists}}",
		},
		{
			"feature: cpu.cpuid, matchExpressions: {SomethingElse: {op: Exists}}",
			[]string{`unknown-element 5:47: ` + at + `.matchExpressions.SomethingElse: cpu.cpuid has no element "SomethingElse" that is known`},
			"",
		},
		{
			"feature: cpu.cpuid, matchName: {op: In, value: [AVX, axv]}",
			[]string{`unknown-element 5:61: ` + at + `.matchName.value[1]: cpu.cpuid has no element "axv" that is known; did you mean "AVX"?`},
			"", // perhaps, and perhaps not
		},
		{
			"feature: cpu.model, matchExpressions: {vendor_id: {op: In, value: [Intel, intel, Cyrix]}}",
			[]string{
				`unknown-value 5:82: ` + at + `.matchExpressions.vendor_id.value[1]: vendor_id of cpu.model is never known to be "intel"; known: Intel, AMD; did you mean "Intel"?`,
				`unknown-value 5:89: ` + at + `.matchExpressions.vendor_id.value[2]: vendor_id of cpu.model is never known to be "Cyrix"; known: Intel, AMD`,
			},
			"feature: cpu.model, matchExpressions: {vendor_id: {op: In, value: [Intel, Intel, Cyrix]}}",
		},
		{
			"feature: kernel.loadedmodule, matchExpressions: {vfio-pci: {op: Exists}}",
			[]string{`module-name 5:57: ` + at + `.matchExpressions.vfio-pci: the kernel writes the names of loaded modules with underscores, so there is never a "vfio-pci"; did you mean "vfio_pci"?`},
			"feature: kernel.loadedmodule, matchExpressions: {vfio_pci: {op: Exists}}",
		},
		{
			`feature: kernel.loadedmodule, matchName: {op: In, value: ["ib-core", mlx5_core]}`,
			[]string{`module-name 5:66: ` + at + `.matchName.value[0]: the kernel writes the names of loaded modules with underscores, so there is never a "ib-core"; did you mean "ib_core"?`},
			`feature: kernel.loadedmodule, matchName: {op: In, value: ["ib_core", mlx5_core]}`,
		},
		{
			"feature: kernel.config, matchExpressions: {CONFIG_NUMA: {op: Exists}, HZ: {op: Exists}}",
			[]string{`unknown-element 5:51: ` + at + `.matchExpressions.CONFIG_NUMA: kernel.config has the names of options without CONFIG_, so there is never a "CONFIG_NUMA"; did you mean "NUMA"?`},
			"feature: kernel.config, matchExpressions: {NUMA: {op: Exists}, HZ: {op: Exists}}",
		},
		{
			"feature: kernel.config, matchName: {op: In, value: [CONFIG_NUMA]}",
			[]string{`unknown-element 5:60: ` + at + `.matchName.value[0]: kernel.config has the names of options without CONFIG_, so there is never a "CONFIG_NUMA"; did you mean "NUMA"?`},
			"feature: kernel.config, matchName: {op: In, value: [NUMA]}",
		},
		{"feature: kernel.enabledmodule, matchExpressions: {crc32c-intel: {op: Exists}}", nil, ""}, // built in, under its file's name
		{
			"feature: pci.device, matchExpressions: {vendor: {op: In, value: [10DE, '0x8086', '10de', 0300]}, device: {op: NotIn, value: [abc]}}",
			[]string{
				`pci-id 5:133: ` + at + `.matchExpressions.device.value[0]: ids are four hexadecimal digits in lower case, so none is ever "abc"`,
				`pci-id 5:73: ` + at + `.matchExpressions.vendor.value[0]: ids are four hexadecimal digits in lower case, without 0x, so none is ever "10DE"; did you mean "10de"?`,
				`pci-id 5:79: ` + at + `.matchExpressions.vendor.value[1]: ids are four hexadecimal digits in lower case, without 0x, so none is ever "0x8086"; did you mean "8086"?`,
				`yaml-value 5:97: ` + at + `.matchExpressions.vendor.value[3]: "0300" is read as "192": quote it`,
			},
			`feature: pci.device, matchExpressions: {vendor: {op: In, value: [10de, '8086', '10de', "0300"]}, device: {op: NotIn, value: [abc]}}`,
		},
		{
			"feature: cpu.cpuid, matchExpressions: {AVX: {op: IsTrue}}",
			[]string{`flag-value 5:57: ` + at + `.matchExpressions.AVX.op: AVX of cpu.cpuid is a flag, which has no value, so IsTrue never matches: write Exists or DoesNotExist`},
			"",
		},
		{
			"feature: cpu.cpuid, matchName: {op: NotIn, value: [AVX]}",
			[]string{`match-name-not-in 5:39: ` + at + `.matchName: matchName with NotIn is true if there is any other name: to ask that one is missing, write it in matchExpressions, with DoesNotExist`},
			"",
		},
		{
			"feature: cpu.cpuid, matchName: {op: DoesNotExist}",
			[]string{`match-name-does-not-exist 5:39: ` + at + `.matchName: matchName with DoesNotExist never matches: write the name in matchExpressions`},
			"",
		},
		{
			"feature: vendor.thing, matchExpressions: {y: {op: In, value: [no, 1.10, 1_000, yes, 5, true]}}",
			[]string{
				`unknown-feature 5:17: ` + at + `.feature: no feature "vendor.thing" is known, so no host is known to satisfy this`,
				`yaml-value 5:50: ` + at + `.matchExpressions.true: "y" is read as "true": quote it`,
				`yaml-value 5:70: ` + at + `.matchExpressions.true.value[0]: "no" is read as "false": quote it`,
				`yaml-value 5:74: ` + at + `.matchExpressions.true.value[1]: "1.10" is read as "1.1": quote it`,
				`yaml-value 5:80: ` + at + `.matchExpressions.true.value[2]: "1_000" is read as "1000": quote it`,
				`yaml-value 5:87: ` + at + `.matchExpressions.true.value[3]: "yes" is read as "true": quote it`,
			},
			`feature: vendor.thing, matchExpressions: {"y": {op: In, value: ["no", "1.10", "1_000", "yes", 5, true]}}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.term, func(t *testing.T) {
			t.Parallel()
			text := func(term string) string {
				return head + "  - matchFeatures: # all of them\n    - {" + term + "} # ✓\n"
			}
			findings := check(t, text(tt.term))
			if diff := cmp.Diff(tt.want, sortedLines(findings)); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
			mended, _, err := spec.Apply([]byte(text(tt.term)), findings)
			if err != nil {
				t.Fatal(err)
			}
			want := tt.fixed
			if want == "" {
				want = tt.term
			}
			if diff := cmp.Diff(text(want), string(mended)); diff != "" {
				t.Errorf("mended (-want +got):\n%s", diff)
			}
		})
	}
}

// check decodes the one document of a text and checks it.
func check(t *testing.T, text string) []spec.Finding {
	t.Helper()
	documents, err := spec.DecodeDocuments([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return spec.Check(documents[0], words())
}

func sortedLines(findings []spec.Finding) []string {
	var all []string
	for _, f := range findings {
		all = append(all, string(f.ID)+" "+f.String())
	}
	slices.Sort(all)
	return all
}

// findingsOf returns the findings of an error.
func findingsOf(t *testing.T, err error) []spec.Finding {
	t.Helper()
	var invalid *spec.Error
	if !errors.As(err, &invalid) {
		t.Fatalf("got %v, want a *spec.Error", err)
	}
	return invalid.Findings
}

// TestCheckVars: a variable is there only if an earlier rule of the set has it.
func TestCheckVars(t *testing.T) {
	t.Parallel()
	const (
		term  = "matchFeatures: [{feature: cpu.cpuid, matchName: {op: Exists}}]"
		reads = "  - matchFeatures: [{feature: rule.matched, matchExpressions: {fast: {op: IsTrue}}}]\n"
	)
	for name, tt := range map[string]struct {
		text string
		want bool
	}{
		"set before":        {head + "  - {vars: {fast: 'true'}, " + term + "}\n" + reads, false},
		"set after":         {head + reads + "  - {vars: {fast: 'true'}, " + term + "}\n", true},
		"set by another":    {head + "  - {vars: {fsat: 'true'}, " + term + "}\n" + reads, true},
		"by a template":     {head + "  - {varsTemplate: 'fast=true', " + term + "}\n" + reads, false},
		"in another set":    {head + "  - {vars: {fast: 'true'}, " + term + "}\n- rules:\n" + reads, true},
		"in another object": {"apiVersion: nfd.k8s-sigs.io/v1alpha1\nkind: NodeFeatureRule\nspec:\n  rules:\n" + reads, false},
	} {
		got := false
		for _, f := range check(t, tt.text) {
			got = got || f.ID == spec.IDUnsetVar
		}
		if got != tt.want {
			t.Errorf("%s: found %t, want %t", name, got, tt.want)
		}
	}
}

// TestFixFields: a misspelt field is mended where it stands.
func TestFixFields(t *testing.T) {
	t.Parallel()
	text := "# a spec\nversion: v1alpha1\ncompatibilties: # sets\n- rule:\n  - matchfeatures: []\n"
	for range 5 {
		_, err := spec.Decode([]byte(text))
		if err == nil {
			break
		}
		mended, count, applyErr := spec.Apply([]byte(text), findingsOf(t, err))
		if applyErr != nil || count == 0 {
			t.Fatalf("%v: %d mended (%v)", err, count, applyErr)
		}
		text = string(mended)
	}
	if want := "# a spec\nversion: v1alpha1\ncompatibilities: # sets\n- rules:\n  - matchFeatures: []\n"; text != want {
		t.Errorf("got %q, want %q", text, want)
	}
}

// TestFixKeepsFields: no field is renamed to one that is there, nor two to the same.
func TestFixKeepsFields(t *testing.T) {
	t.Parallel()
	text := head + "  - {name: r, matchFeature: [], matchFeatures: [], matchAnny: [], matchAmy: []}\n"
	_, err := spec.Decode([]byte(text))
	mended, count, applyErr := spec.Apply([]byte(text), findingsOf(t, err))
	if want := strings.Replace(text, "matchAnny", "matchAny", 1); string(mended) != want || count != 1 || applyErr != nil {
		t.Errorf("got %q, %d (%v), want %q", mended, count, applyErr, want)
	}
}

// TestFixIsCareful: no edit where lines are counted in two ways, and none in what an anchor shares.
func TestFixIsCareful(t *testing.T) {
	t.Parallel()
	const id = "    - {feature: pci.device, matchExpressions: {vendor: {op: In, value: [ABCD]}}}\n"
	for name, text := range map[string]string{
		"a line separator": "# a\u2028# b\n" + head + "  - matchFeatures:\n" + id,
		"a lone return":    "# a\r# b\n" + head + "  - matchFeatures:\n" + id,
		"an anchor":        head + "  - matchFeatures:\n" + strings.Replace(id, "[ABCD]", "&v [ABCD]", 1) + "    - {feature: vendor.thing, matchExpressions: {a: {op: In, value: *v}}}\n",
		"a variable":       head + "  - vars: {a: yes}\n    matchFeatures: [{feature: cpu.cpuid, matchName: {op: Exists}}]\n",
	} {
		found := false
		for _, f := range check(t, text) {
			found = found || f.ID == spec.IDPCIID || f.ID == spec.IDYAMLValue
			if len(f.Fix) > 0 {
				t.Errorf("%s: %s is mended: %v", name, f, f.Fix)
			}
		}
		if !found {
			t.Errorf("%s: nothing is found", name)
		}
	}
}

// TestApply: edits in characters, not in bytes; of those that overlap, the first; and none outside the text.
func TestApply(t *testing.T) {
	t.Parallel()
	edit := func(line, from, to int, by string) spec.Finding {
		return spec.Finding{ID: "x", Fix: []spec.Edit{{Start: spec.Position{Line: line, Column: from}, End: spec.Position{Line: line, Column: to}, Text: by}}}
	}
	got, count, err := spec.Apply([]byte("é✓ab\ncd\n"), []spec.Finding{edit(1, 3, 4, "A"), {ID: "without"}, edit(1, 2, 4, "X"), edit(2, 1, 3, "CDE"), edit(2, 1, 1, "y")})
	if want := "é✓Ab\nCDE\n"; string(got) != want || count != 2 || err != nil {
		t.Errorf("got %q, %d (%v), want %q", got, count, err, want)
	}
	for _, f := range []spec.Finding{edit(4, 1, 2, ""), edit(1, 9, 10, ""), edit(1, 3, 2, ""), edit(0, 1, 1, ""), edit(1, 0, 1, "")} {
		if got, _, err := spec.Apply([]byte("é✓ab\ncd\n"), []spec.Finding{f}); err == nil || got != nil || !strings.Contains(err.Error(), "not in the text") {
			t.Errorf("%+v: got %q, %v", f.Fix, got, err)
		}
	}
}
