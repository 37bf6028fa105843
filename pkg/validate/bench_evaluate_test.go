package validate_test

import (
	"fmt"
	"testing"

	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"

	"github.com/nfd-compat/nfd-compat/pkg/features"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// serverSet is a machine of some size: 80 instruction sets, 1,700 options of the kernel, 24 devices.
func serverSet() *features.Set {
	flags := []string{"SSE2"}
	for i := range 80 {
		flags = append(flags, fmt.Sprintf("%s%d", []string{"AVX", "AMX", "VMX_"}[i%3], i))
	}
	options := map[string]string{}
	for i := range 1700 {
		options[fmt.Sprintf("%s_%d_ENABLE", []string{"NET", "SND", "CRYPTO", "DRM_I915", "USB_SERIAL"}[i%5], i)] = "y"
	}
	devices := make([]nfdv1alpha1.InstanceFeature, 24)
	for i := range devices {
		devices[i] = *nfdv1alpha1.NewInstanceFeature(map[string]string{
			"class": "0604", "vendor": "8086", "device": fmt.Sprintf("%04x", i), "subsystem_vendor": "8086", "subsystem_device": "0000",
		})
	}
	return &features.Set{Features: nfdv1alpha1.Features{
		Flags: map[string]nfdv1alpha1.FlagFeatureSet{"cpu.cpuid": nfdv1alpha1.NewFlagFeatures(flags...)},
		Attributes: map[string]nfdv1alpha1.AttributeFeatureSet{
			"kernel.version": nfdv1alpha1.NewAttributeFeatures(map[string]string{"full": "5.14.0-427.13.1.el9_4.x86_64"}),
			"kernel.config":  nfdv1alpha1.NewAttributeFeatures(options),
		},
		Instances: map[string]nfdv1alpha1.InstanceFeatureSet{"pci.device": nfdv1alpha1.NewInstanceFeatures(devices...)},
	}}
}

// BenchmarkEvaluate is one rule of each kind that people write, among a hundred, with explanation and without.
func BenchmarkEvaluate(b *testing.B) {
	const rules = 100
	host := serverSet()
	device := func(vendor string) string {
		return "{matchFeatures: [{feature: pci.device, matchExpressions: {vendor: {op: In, value: ['" + vendor + "']}, class: {op: In, value: ['0302']}}}]}"
	}
	for _, kind := range []struct{ name, rule string }{
		{"two flags and a version", "matchFeatures: [{feature: cpu.cpuid, matchExpressions: {AVX0: {op: Exists}, SSE2: {op: Exists}}}, {feature: kernel.version, matchExpressions: {full: {op: Ge, value: ['5.%d'], type: version}}}]"},
		{"one of two devices", "vars: {v: '%d'}, matchAny: [" + device("10de") + ", " + device("15b3") + "]"},
		{"a pattern over cpu.cpuid", "matchFeatures: [{feature: cpu.cpuid, matchName: {op: InRegexp, value: ['^(AVX|NET_%d)']}}]"},
		{"a pattern over kernel.config", "matchFeatures: [{feature: kernel.config, matchName: {op: InRegexp, value: ['^(AVX|NET_%d)']}}]"},
		{"a template", "varsTemplate: '{{range .cpu.cpuid}}{{.Name}}=%d\n\n{{end}}', matchFeatures: [{feature: cpu.cpuid, matchName: {op: InRegexp, value: ['^AVX']}}]"},
	} {
		text := "version: v1alpha1\ncompatibilities:\n- rules:\n"
		for i := range rules {
			text += fmt.Sprintf("  - {name: r%d, "+kind.rule+"}\n", i, i)
		}
		s, err := spec.Decode([]byte(text))
		if err != nil {
			b.Fatal(err)
		}
		program, findings := validate.Compile(s, validate.Options{})
		if program == nil {
			b.Fatal(findings)
		}
		perRule := func(b *testing.B) {
			b.Helper()
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rules, "ns/rule")
		}
		b.Run(kind.name+"/explained", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := program.Evaluate(b.Context(), host); err != nil {
					b.Fatal(err)
				}
			}
			perRule(b)
		})
		b.Run(kind.name+"/verdict", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := program.Verdict(b.Context(), host); err != nil {
					b.Fatal(err)
				}
			}
			perRule(b)
		})
	}
}
