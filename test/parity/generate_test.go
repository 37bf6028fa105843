package parity

import (
	"fmt"
	"math/rand/v2"
	"strings"

	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"
)

// A trial is one generated question: does a host with these features satisfy these rules of one set?
type trial struct {
	Rules    []nfdv1alpha1.GroupRule `json:"rules"`
	Features nfdv1alpha1.Features    `json:"features"`
	// Absent are the features that are not there for certain. They are in Features, empty, as in a discovered set.
	Absent []string `json:"absent,omitempty"`
}

// A generator makes trials from a seed. Names and values come from small vocabularies, so that rules and features meet.
type generator struct {
	*rand.Rand
}

func newGenerator(seed uint64, n int) generator {
	return generator{rand.New(rand.NewPCG(seed, uint64(n)))}
}

// chance is true in p of 100 cases.
func (g generator) chance(p int) bool { return g.IntN(100) < p }

func pick[T any](g generator, from []T) T { return from[g.IntN(len(from))] }

// A shape is how NFD, or somebody else, publishes a feature.
type shape struct {
	name                         string
	flags, attributes, instances bool
}

// shapes returns the features that trials speak of: NFD's, and one that no catalogue knows.
func shapes() []shape {
	return []shape{
		{name: "cpu.cpuid", flags: true, attributes: true},
		{name: "cpu.model", attributes: true},
		{name: "kernel.version", attributes: true},
		{name: "kernel.config", attributes: true},
		{name: "kernel.loadedmodule", flags: true},
		{name: "system.osrelease", attributes: true},
		{name: "pci.device", instances: true},
		{name: "network.device", instances: true},
		{name: "vendor.accelerator", flags: true, attributes: true, instances: true},
	}
}

// elements are names of flags and attributes; a few are numbers and versions, which matchName can compare.
func elements() []string {
	return []string{"a", "b", "c", "AVX", "AVX2", "full", "major", "class", "vendor", "NO_HZ", "VERSION_ID.major", "5", "6", "10"}
}

// values are those of attributes, and the operands of In and NotIn.
func values() []string {
	return []string{
		"a", "b", "true", "false", "True", "y", "m", "n", "", " ", "10de", "0300", "AVX", "full", "no value",
		"0", "1", "5", "6", "7", "10", "-3", "+5", "007", " 7", "7 ", "1e3", "0x10", "5.0", "1_000",
		"9223372036854775807", "9223372036854775808", "99999999999999999999",
	}
}

// versions are texts of kernels, drivers and distributions, and what is nearly one.
func versions() []string {
	return []string{
		"5", "6", "5.14", "6.6", "6.6.0", "6.6.97", "v6.6", "V6.6", "6.06", "06.6", "6.18.44-fc-v669", "6.18.44", "5.15.0-1053-aws",
		"5.14.0-427.13.1.el9_4.x86_64", "6.1.109-118.189.amzn2023.x86_64", "6.6.97+", "6.6.57.1-7.azl3",
		"5.15.167.4-microsoft-standard-WSL2", "550.54.15", "535.161.07", "22.04", "1.2.3-rc.1", "1.2.3-01", "1.2.3+build", "1.2.3-",
		"1.2.3+", "1.", "1.2.", ".1", "", "x", "1.x", "*", "-1", "1.2.3.4", "18446744073709551616.1", " 6.6", "6.6 ", "6.6\n",
	}
}

// regexps are patterns, anchored and not.
func regexps() []string {
	return []string{"^AVX", "AVX", "a|b", "^$", "^[0-9]+$", ".", "^full$", "(?i)^avx2?$", "de$", "[a-c]", "^v?6\\."}
}

// oddVersion is a text of the characters that versions are made of.
func (g generator) oddVersion() string {
	const characters = "0123456789..--+vV~^_rc 01"
	b := make([]byte, g.IntN(10))
	for i := range b {
		b[i] = characters[g.IntN(len(characters))]
	}
	return string(b)
}

func (g generator) version() string {
	switch {
	case g.chance(5):
		return g.oddVersion()
	case g.chance(40):
		return pick(g, versions())
	default:
		return fmt.Sprintf("%d.%d.%d", g.IntN(8), g.IntN(20), g.IntN(3))
	}
}

func (g generator) number() string {
	if g.chance(10) {
		return pick(g, values())
	}
	return fmt.Sprint(g.IntN(12) - 1)
}

func (g generator) value() string {
	switch g.IntN(4) {
	case 0:
		return g.number()
	case 1:
		return g.version()
	default:
		return pick(g, values())
	}
}

// valueOf is a value for an element of this name: what is called full is a version, a major is a number.
func (g generator) valueOf(element string) string {
	switch {
	case g.chance(10):
		return g.value()
	case element == "full" || element == "a":
		return g.version()
	case element == "major" || element == "b" || strings.HasPrefix(element, "VERSION"):
		return g.number()
	default:
		return g.value()
	}
}

func (g generator) trial() trial {
	var t trial
	t.Features, t.Absent = g.features()
	// What the rules speak of: the features, and what the rules before have published.
	speech := *t.Features.DeepCopy()
	speech.InsertAttributeFeatures(nfdv1alpha1.RuleBackrefDomain, nfdv1alpha1.RuleBackrefFeature, nil)
	for i := range 1 + g.IntN(4) {
		rule := asker{g, &speech}.rule(i)
		speech.InsertAttributeFeatures(nfdv1alpha1.RuleBackrefDomain, nfdv1alpha1.RuleBackrefFeature, rule.Vars)
		t.Rules = append(t.Rules, rule)
	}
	return t
}

func (g generator) features() (nfdv1alpha1.Features, []string) {
	f := *nfdv1alpha1.NewFeatures()
	var absent []string
	for _, s := range shapes() {
		isAbsent := g.chance(8)
		switch {
		case isAbsent:
			absent = append(absent, s.name)
		case g.chance(8):
			continue // nobody knows: of a feature of the catalogue everything is unknown
		}
		size := g.IntN(6)
		if isAbsent {
			size = 0
		}
		if s.flags && (isAbsent || g.chance(80)) {
			f.Flags[s.name] = nfdv1alpha1.NewFlagFeatures(g.names(size)...)
		}
		if s.attributes && (isAbsent || g.chance(80)) {
			f.Attributes[s.name] = nfdv1alpha1.NewAttributeFeatures(g.attributes(size))
		}
		if s.instances && (isAbsent || g.chance(80)) {
			instances := make([]nfdv1alpha1.InstanceFeature, min(size, 3))
			for i := range instances {
				instances[i] = *nfdv1alpha1.NewInstanceFeature(g.attributes(g.IntN(4)))
			}
			f.Instances[s.name] = nfdv1alpha1.NewInstanceFeatures(instances...)
		}
	}
	return f, absent
}

func (g generator) names(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = pick(g, elements())
	}
	return names
}

func (g generator) attributes(n int) map[string]string {
	attributes := make(map[string]string, n)
	for _, name := range g.names(n) {
		attributes[name] = g.valueOf(name)
	}
	return attributes
}
