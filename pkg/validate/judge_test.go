package validate_test

import (
	"testing"

	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"

	"github.com/nfd-compat/nfd-compat/pkg/features"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// host is a small machine: two kinds of elements in one feature, two PCI devices, no kernel modules, and each way in
// which a feature can be not known.
func host() *features.Set {
	return &features.Set{
		Features: nfdv1alpha1.Features{
			Flags: map[string]nfdv1alpha1.FlagFeatureSet{
				"cpu.cpuid":            nfdv1alpha1.NewFlagFeatures("AVX", "AVX2", "SSE4"),
				"kernel.loadedmodule":  nfdv1alpha1.NewFlagFeatures(),
				"kernel.enabledmodule": nfdv1alpha1.NewFlagFeatures("fuse"),
				"numbers.names":        nfdv1alpha1.NewFlagFeatures("5", "x"),
			},
			Attributes: map[string]nfdv1alpha1.AttributeFeatureSet{
				"cpu.cpuid":      nfdv1alpha1.NewAttributeFeatures(map[string]string{"AVX10_VERSION": "1"}),
				"kernel.version": nfdv1alpha1.NewAttributeFeatures(map[string]string{"full": "5.14.0-427.13.1.el9_4.x86_64", "major": "5", "minor": "14"}),
				"odd.values": nfdv1alpha1.NewAttributeFeatures(map[string]string{
					"yes": "true", "no": "false", "blank": " 7", "huge": "99999999999999999999", "word": "word", "empty": "", "seven": "7", "driver": "v535.104.05", "release": "6.1 \x1b[1m or so",
				}),
				"both.kinds":   nfdv1alpha1.NewAttributeFeatures(map[string]string{"a": "1"}),
				"partly.there": nfdv1alpha1.NewAttributeFeatures(map[string]string{"found": "1"}),
				"known.there":  nfdv1alpha1.NewAttributeFeatures(map[string]string{"found": "1"}),
			},
			Instances: map[string]nfdv1alpha1.InstanceFeatureSet{
				"pci.device": nfdv1alpha1.NewInstanceFeatures(
					*nfdv1alpha1.NewInstanceFeature(map[string]string{"vendor": "8086", "class": "0200", "device": "1533"}),
					*nfdv1alpha1.NewInstanceFeature(map[string]string{"vendor": "10de", "class": "0403", "device": "22ba"}),
				),
				"known.devices":  nfdv1alpha1.NewInstanceFeatures(*nfdv1alpha1.NewInstanceFeature(map[string]string{"vendor": "8086"})),
				"partly.devices": nfdv1alpha1.NewInstanceFeatures(*nfdv1alpha1.NewInstanceFeature(map[string]string{"vendor": "8086"})),
				"both.kinds":     nfdv1alpha1.NewInstanceFeatures(*nfdv1alpha1.NewInstanceFeature(map[string]string{"b": "2"})),
				"none.device":    nfdv1alpha1.NewInstanceFeatures(),
			},
		},
		Statuses: map[string]features.Status{
			"kernel.loadedmodule":  {State: features.Absent},
			"none.device":          {State: features.Absent},
			"cpu.rdt":              {State: features.Incomplete, Reasons: []string{"resctrl: permission denied"}},
			"kernel.enabledmodule": {State: features.Incomplete, Reasons: []string{"modules.builtin: no such file"}},
			"partly.there":         {State: features.Incomplete, Reasons: []string{"modules.builtin: permission denied"}},
			"known.devices":        {State: features.Incomplete, Reasons: []string{"brand: nobody tells it"}, Elements: []string{"brand"}},
			"known.there":          {State: features.Incomplete, Reasons: []string{"brand: nobody tells it"}, Elements: []string{"brand"}},
			"partly.devices":       {State: features.Incomplete, Reasons: []string{"device 0000:00:01.0: class: permission denied"}},
			"kernel.config":        {State: features.Unreadable, Reasons: []string{"no configuration was found"}},
			"cpu.model":            {State: features.Unsupported, Reasons: []string{"CPUID is read on the running host only"}},
		},
		Node: features.Node{Name: "n", Kernel: "5.14.0", OS: "linux", Architecture: "amd64"},
	}
}

// compile compiles the text of a spec that is expected to be valid.
func compile(t testing.TB, text string, opts validate.Options) *validate.Program {
	t.Helper()
	s, err := spec.Decode([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	program, findings := validate.Compile(s, opts)
	if err := spec.Errors(findings); err != nil {
		t.Fatal(err)
	}
	return program
}

// judge evaluates the text of a spec on the small machine. The verdict alone is the same as that of the report.
func judge(t testing.TB, text string, opts validate.Options) *validate.Result {
	t.Helper()
	program := compile(t, text, opts)
	report, err := program.Evaluate(t.Context(), host())
	if err != nil {
		t.Fatal(err)
	}
	if alone, err := program.Verdict(t.Context(), host()); alone != report.Verdict || err != nil {
		t.Errorf("the verdict alone is %s (%v), that of the report is %s", alone, err, report.Verdict)
	}
	if n := len(report.Results); n != 1 {
		t.Fatalf("%d results", n)
	}
	return &report.Results[0]
}

// ofTerm is a spec of one rule of one term, given in flow style without its braces.
func ofTerm(term string) string {
	return "version: v1alpha1\ncompatibilities:\n- rules:\n  - name: r\n    matchFeatures:\n    - {" + term + "}\n"
}

// ofRules is a spec of one set of rules, given in YAML, each line indented by two blanks.
func ofRules(rules string) string { return "version: v1alpha1\ncompatibilities:\n- rules:\n" + rules }
