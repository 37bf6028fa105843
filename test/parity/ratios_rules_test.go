package parity

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"

	"github.com/nfd-compat/nfd-compat/test/parity/sources"
)

// benchHost are the features of the host, as NFD discovers them, with the devices of a machine of some size. A host that
// does not tell its kernel's configuration gets one.
func benchHost(tb testing.TB) *nfdv1alpha1.Features {
	tb.Helper()
	host, _ := sources.Discover()
	host.Instances["pci.device"] = nfdv1alpha1.NewInstanceFeatures(devices(24)...)
	if len(host.Attributes["kernel.config"].Elements) == 0 {
		options := map[string]string{}
		for i := range 1745 {
			options[fmt.Sprintf("%s_%d_ENABLE", []string{"NET", "SND", "CRYPTO", "DRM_I915", "USB_SERIAL"}[i%5], i)] = "y"
		}
		host.Attributes["kernel.config"] = nfdv1alpha1.NewAttributeFeatures(options)
		tb.Log("this host does not tell its kernel.config, so it has one of made-up names")
	}
	if len(host.Flags["cpu.cpuid"].Elements) == 0 {
		host.Flags["cpu.cpuid"] = nfdv1alpha1.NewFlagFeatures("AVX", "AVX2", "SSE2")
		tb.Log("this host has no flags of cpu.cpuid, so it has some that are made up")
	}
	tb.Logf("the host: %d flags of cpu.cpuid, %d options of kernel.config, %d devices, kernel %s", len(host.Flags["cpu.cpuid"].Elements),
		len(host.Attributes["kernel.config"].Elements), len(host.Instances["pci.device"].Elements), host.Attributes["kernel.version"].Elements["full"])
	return host
}

// devices are the PCI devices of a machine: bridges, and a graphics card for every four.
func devices(n int) []nfdv1alpha1.InstanceFeature {
	all := make([]nfdv1alpha1.InstanceFeature, 0, n)
	for i := range n {
		attributes := map[string]string{
			"class": "0604", "vendor": "8086", "device": fmt.Sprintf("%04x", i), "subsystem_vendor": "8086", "subsystem_device": "0000",
		}
		if i%4 == 3 {
			attributes["class"], attributes["vendor"] = "0302", "10de"
		}
		all = append(all, *nfdv1alpha1.NewInstanceFeature(attributes))
	}
	return all
}

// A ruleKind makes rules that ask for the same kind of thing.
type ruleKind struct {
	name, short string
	rule        func(i int) nfdv1alpha1.GroupRule
}

func (k ruleKind) rules(n int) []nfdv1alpha1.GroupRule {
	rules := make([]nfdv1alpha1.GroupRule, n)
	for i := range rules {
		rules[i] = k.rule(i)
		rules[i].Name = fmt.Sprint("rule ", i)
	}
	return rules
}

// ruleKinds are the kinds of rules that are timed. The patterns are of real names, in the shapes that people write.
func ruleKinds(host *nfdv1alpha1.Features) []ruleKind {
	flags := slices.Sorted(maps.Keys(host.Flags["cpu.cpuid"].Elements))
	options := slices.Sorted(maps.Keys(host.Attributes["kernel.config"].Elements))
	named := func(feature, pattern string) nfdv1alpha1.GroupRule {
		return nfdv1alpha1.GroupRule{MatchFeatures: nfdv1alpha1.FeatureMatcher{{
			Feature: feature, MatchName: &nfdv1alpha1.MatchExpression{Op: nfdv1alpha1.MatchInRegexp, Value: []string{pattern}},
		}}}
	}
	const patterns = 100
	return []ruleKind{
		{"two flags and a version", "simple", simpleRule},
		{"one of two PCI devices", "pci", pciRule},
		{"cpu.cpuid by regexp, 100 patterns", "cpuid", func(i int) nfdv1alpha1.GroupRule { return named("cpu.cpuid", patternOf(flags, i%patterns)) }},
		{"kernel.config by regexp, 100 patterns", "config", func(i int) nfdv1alpha1.GroupRule { return named("kernel.config", patternOf(options, i%patterns)) }},
		{"kernel.config by regexp, a pattern each", "config-each", func(i int) nfdv1alpha1.GroupRule { return named("kernel.config", patternOf(options, i)) }},
		{"a template over the flags of AVX", "template", func(int) nfdv1alpha1.GroupRule {
			rule := named("cpu.cpuid", "^AVX")
			rule.VarsTemplate = "{{ range .cpu.cpuid }}{{ .Name }}=present\n{{ end }}"
			return rule
		}},
	}
}

// simpleRule asks for two flags and a version.
func simpleRule(i int) nfdv1alpha1.GroupRule {
	exists := &nfdv1alpha1.MatchExpression{Op: nfdv1alpha1.MatchExists}
	return nfdv1alpha1.GroupRule{MatchFeatures: nfdv1alpha1.FeatureMatcher{
		{Feature: "cpu.cpuid", MatchExpressions: &nfdv1alpha1.MatchExpressionSet{"AVX": exists, "SSE2": exists}},
		{Feature: "kernel.version", MatchExpressions: &nfdv1alpha1.MatchExpressionSet{
			"full": {Op: nfdv1alpha1.MatchGe, Type: nfdv1alpha1.TypeVersion, Value: []string{fmt.Sprintf("5.%d", i%100)}},
		}},
	}}
}

// pciRule asks for one of two devices.
func pciRule(i int) nfdv1alpha1.GroupRule {
	in := func(value string) *nfdv1alpha1.MatchExpression {
		return &nfdv1alpha1.MatchExpression{Op: nfdv1alpha1.MatchIn, Value: []string{value}}
	}
	device := func(vendor, class string) nfdv1alpha1.MatchAnyElem {
		return nfdv1alpha1.MatchAnyElem{MatchFeatures: nfdv1alpha1.FeatureMatcher{{
			Feature:          "pci.device",
			MatchExpressions: &nfdv1alpha1.MatchExpressionSet{"vendor": in(vendor), "class": in(class)},
		}}}
	}
	rule := nfdv1alpha1.GroupRule{MatchAny: []nfdv1alpha1.MatchAnyElem{device("15b3", "0207"), device("10de", "0302")}}
	if i%2 == 1 {
		slices.Reverse(rule.MatchAny)
	}
	return rule
}

// patternOf is the regular expression of a number, of some names. No two are the same.
func patternOf(names []string, i int) string {
	name := names[i*17%len(names)]
	word, _, _ := strings.Cut(name, "_")
	switch i % 4 {
	case 0:
		return fmt.Sprintf("^(%s|NONE_%d)", word, i)
	case 1:
		return fmt.Sprintf("^%s(_%d)?$", name, i)
	case 2:
		return fmt.Sprintf("(_ENABLE%d|%s)$", i, name[len(name)/2:])
	default:
		return fmt.Sprintf("(?i)%s.*%d", strings.ToLower(word), i)
	}
}
