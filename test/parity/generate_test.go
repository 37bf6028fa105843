package parity

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"

	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"

	"github.com/nfd-compat/nfd-compat/pkg/features"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// A trial is one generated question: does a host with these features satisfy these sets of rules?
type trial struct {
	Sets    []spec.Compatibility `json:"sets"`
	Require validate.Require     `json:"require,omitempty"`
	// Features hold the absent ones too.
	Features nfdv1alpha1.Features `json:"features"`
	// Absent are the features that are not there for certain. They are in Features, empty, as in a discovered set.
	Absent []string `json:"absent,omitempty"`
}

// host returns the trial's features as those of a host.
func (tr *trial) host() *features.Set {
	s := &features.Set{Features: tr.Features, Statuses: make(map[string]features.Status, len(tr.Absent))}
	for _, name := range tr.Absent {
		s.Statuses[name] = features.Status{State: features.Absent}
	}
	return s
}

// A generator makes trials of words.
type generator struct {
	*rand.Rand
	*words
}

// generator returns the one that makes the trial of this number.
func (w *words) generator(seed uint64, n int) generator {
	return generator{rand.New(rand.NewPCG(seed, uint64(n))), w}
}

// chance is true in p of 100 cases.
func (g generator) chance(p int) bool { return g.IntN(100) < p }

func pick[T any](g generator, from []T) T { return from[g.IntN(len(from))] }

func (g generator) element() string {
	if g.chance(6) {
		return pick(g, g.oddElements)
	}
	return pick(g, g.elements)
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
		return pick(g, g.versions)
	default:
		return fmt.Sprintf("%d.%d.%d", g.IntN(8), g.IntN(20), g.IntN(3))
	}
}

func (g generator) number() string {
	if g.chance(10) {
		return pick(g, g.values)
	}
	return fmt.Sprint(g.IntN(12) - 1)
}

func (g generator) value() string {
	switch {
	case g.chance(25):
		return g.number()
	case g.chance(30):
		return g.version()
	case g.chance(12):
		return pick(g, g.oddValues)
	default:
		return pick(g, g.values)
	}
}

// valueOf is a value for an element of this name: what is called full is a version, a major is a number.
func (g generator) valueOf(element string) string {
	switch {
	case g.chance(10):
		return g.value()
	case element == "full" || element == "a":
		return g.version()
	case element == "c" && g.chance(80):
		return pick(g, []string{"true", "false"})
	case element == "major" || element == "b" || strings.HasPrefix(element, "VERSION"):
		return g.number()
	default:
		return g.value()
	}
}

func (g generator) trial() trial {
	var t trial
	t.Features, t.Absent = g.features()
	if g.chance(15) {
		t.Require = validate.RequireAll
	}
	// What the rules speak of: the features, and what the rules before have published, in whatever set.
	speech := *t.Features.DeepCopy()
	speech.InsertAttributeFeatures(nfdv1alpha1.RuleBackrefDomain, nfdv1alpha1.RuleBackrefFeature, nil)
	for more := true; more; more = g.chance(12) {
		var set spec.Compatibility
		for range 1 + g.IntN(3) {
			rule := asker{g, &speech}.rule(len(set.Rules))
			speech.InsertAttributeFeatures(nfdv1alpha1.RuleBackrefDomain, nfdv1alpha1.RuleBackrefFeature, rule.Vars)
			set.Rules = append(set.Rules, rule)
		}
		if g.chance(3) {
			set.Rules = append(set.Rules, asker{g, &speech}.bothSides()...)
		}
		t.Sets = append(t.Sets, set)
	}
	return t
}

func (g generator) features() (nfdv1alpha1.Features, []string) {
	f := *nfdv1alpha1.NewFeatures()
	var absent []string
	for _, s := range g.shapes {
		isAbsent := g.chance(8)
		switch {
		case isAbsent:
			absent = append(absent, s.name)
		case g.chance(8):
			continue // nobody knows: of a feature of the catalogue everything is unknown
		}
		size := g.IntN(6)
		if g.chance(2) {
			size = 40
		}
		if isAbsent {
			size = 0
		}
		if s.flags && (isAbsent || g.chance(80)) {
			f.Flags[s.name] = nfdv1alpha1.NewFlagFeatures(g.names(size)...)
		}
		if s.attributes && (isAbsent || g.chance(80)) {
			attributes := g.attributes(size)
			if size > 12 { // of many matched elements NFD hands two of one name to a template in no certain order (sort.Slice)
				maps.DeleteFunc(attributes, func(name, _ string) bool { _, isFlag := f.Flags[s.name].Elements[name]; return isFlag })
			}
			f.Attributes[s.name] = nfdv1alpha1.NewAttributeFeatures(attributes)
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

// holds tells whether features have one of this name, of whatever kind.
func holds(f *nfdv1alpha1.Features, name string) bool {
	_, flags := f.Flags[name]
	_, attributes := f.Attributes[name]
	_, instances := f.Instances[name]
	return flags || attributes || instances
}

// names are those of some elements, a few times such that all can be compared.
func (g generator) names(n int) []string {
	names := make([]string, n)
	list := pick(g, g.ordered)
	ordered := g.chance(8)
	for i := range names {
		if names[i] = g.element(); ordered {
			names[i] = pick(g, list)
		}
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
