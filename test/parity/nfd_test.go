package parity

import (
	"flag"
	"io"
	"maps"
	"strings"
	"testing"

	"k8s.io/klog/v2"
	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"
	"sigs.k8s.io/node-feature-discovery/pkg/apis/nfd/nodefeaturerule"
	"sigs.k8s.io/node-feature-discovery/source"
	// NFD's sources, which register themselves.
	_ "sigs.k8s.io/node-feature-discovery/source/cpu"
	_ "sigs.k8s.io/node-feature-discovery/source/kernel"
	_ "sigs.k8s.io/node-feature-discovery/source/pci"
	_ "sigs.k8s.io/node-feature-discovery/source/system"
)

func TestMain(m *testing.M) {
	silence()
	m.Run()
}

// silence turns off NFD's log, of which errors would go to standard error whatever the output is set to.
func silence() {
	flags := flag.NewFlagSet("klog", flag.PanicOnError)
	klog.InitFlags(flags)
	for name, value := range map[string]string{
		"logtostderr": "false", "stderrthreshold": "FATAL", "legacy_stderr_threshold_behavior": "false",
	} {
		if flags.Lookup(name) != nil {
			if err := flags.Set(name, value); err != nil {
				panic(err)
			}
		}
	}
	klog.SetOutput(io.Discard)
}

// nfdDiscover runs the registered sources of NFD on this host and returns what they found and which of them failed.
// The sources are variables of their packages: one call at a time.
func nfdDiscover() (*nfdv1alpha1.Features, map[string]error) {
	failed := map[string]error{}
	for name, s := range source.GetAllFeatureSources() {
		if err := s.Discover(); err != nil {
			failed[name] = err
		}
	}
	return source.GetAllFeatures(), failed
}

// nfdRule evaluates one rule as NFD's client does, which never stops at the first failed term.
func nfdRule(rule *nfdv1alpha1.GroupRule, on *nfdv1alpha1.Features) (nodefeaturerule.GroupRuleOutput, error) {
	return nodefeaturerule.ExecuteGroupRule(rule, on, false)
}

// nfdExpression evaluates an expression on the value of an attribute.
func nfdExpression(e *nfdv1alpha1.MatchExpression, value string) (bool, error) {
	on := nfdv1alpha1.NewFeatures()
	on.InsertAttributeFeatures("a", "b", map[string]string{"c": value})
	out, err := nfdRule(&nfdv1alpha1.GroupRule{MatchFeatures: nfdv1alpha1.FeatureMatcher{{
		Feature: "a.b", MatchExpressions: &nfdv1alpha1.MatchExpressionSet{"c": e},
	}}}, on)
	if err != nil {
		return false, err
	}
	return out.MatchStatus.IsMatch, nil
}

// An answer is what NFD says of one rule of a set.
type answer struct {
	match bool
	// known are the features as they were for this rule, with what earlier rules have published.
	known *nfdv1alpha1.Features
	err   error
}

// A correction is something that this project does on purpose where NFD's client does otherwise: each can be made to
// NFD's input or to the loop around its matcher, so that what remains is comparable.
type correction int

const (
	// An absent feature is there and empty, so that DoesNotExist is true of it. NFD leaves the feature out, and then
	// every expression on it is false.
	absentIsEmpty correction = iota
	// rule.matched is there from the start of a set. NFD makes it with the first rule.
	matchedIsThere
	// Only a rule that matches publishes its vars. NFD's client publishes those of a rule with a failed matchAny as well.
	varsOfMatches
	// A feature's name is lower case for its template too.
	lowerCase
	corrections // how many there are
)

func (c correction) String() string {
	return [...]string{
		"an absent feature is empty", "rule.matched is always there", "vars only of rules that match", "names are lower case",
	}[c]
}

// nfdSet evaluates the rules of a set in order and ends, as NFD's client does, with the first error. Without any of the
// corrections it is the loop of NFD's client.
func nfdSet(t *trial, corrected func(correction) bool) []answer {
	on := cloneFeatures(&t.Features)
	if !corrected(absentIsEmpty) {
		for _, name := range t.Absent {
			delete(on.Flags, name)
			delete(on.Attributes, name)
			delete(on.Instances, name)
		}
	}
	publish := func(vars map[string]string) {
		on.InsertAttributeFeatures(nfdv1alpha1.RuleBackrefDomain, nfdv1alpha1.RuleBackrefFeature, vars)
	}
	if corrected(matchedIsThere) {
		publish(nil)
	}
	answers := make([]answer, 0, len(t.Rules))
	for i := range t.Rules {
		rule := &t.Rules[i]
		if corrected(lowerCase) {
			rule = rule.DeepCopy()
			for term := range terms(rule) {
				term.Feature = strings.ToLower(term.Feature)
			}
		}
		known := cloneFeatures(on)
		out, err := nfdRule(rule, on)
		if err != nil {
			return append(answers, answer{err: err})
		}
		answers = append(answers, answer{match: out.MatchStatus.IsMatch, known: known})
		if out.MatchStatus.IsMatch || !corrected(varsOfMatches) {
			publish(out.Vars)
		}
	}
	return answers
}

// cloneFeatures returns a copy whose maps can be written to, so that vars published in it stay in it.
func cloneFeatures(f *nfdv1alpha1.Features) *nfdv1alpha1.Features {
	c := &nfdv1alpha1.Features{
		Flags:      maps.Clone(f.Flags),
		Attributes: maps.Clone(f.Attributes),
		Instances:  maps.Clone(f.Instances),
	}
	const backrefs = nfdv1alpha1.RuleBackrefDomain + "." + nfdv1alpha1.RuleBackrefFeature
	if vars, ok := c.Attributes[backrefs]; ok {
		c.Attributes[backrefs] = nfdv1alpha1.NewAttributeFeatures(maps.Clone(vars.Elements))
	}
	return c
}

// terms yields every term of a rule, those of matchAny included.
func terms(rule *nfdv1alpha1.GroupRule) func(func(*nfdv1alpha1.FeatureMatcherTerm) bool) {
	return func(yield func(*nfdv1alpha1.FeatureMatcherTerm) bool) {
		for i := range rule.MatchFeatures {
			if !yield(&rule.MatchFeatures[i]) {
				return
			}
		}
		for i := range rule.MatchAny {
			for j := range rule.MatchAny[i].MatchFeatures {
				if !yield(&rule.MatchAny[i].MatchFeatures[j]) {
					return
				}
			}
		}
	}
}
