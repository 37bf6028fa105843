package parity

import (
	"maps"
	"strings"

	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"
)

// matched is the feature that NFD's client publishes variables under.
const matched = nfdv1alpha1.RuleBackrefDomain + "." + nfdv1alpha1.RuleBackrefFeature

// corrections are what this project does on purpose where NFD's client does otherwise, and what can be made to NFD's input
// or to the loop around its matcher: so what remains is comparable.
func corrections() []difference {
	return []difference{varsOfMismatch, varsAcrossSets, matchedNotThere, absentFeature, caseInTemplate}
}

// A corrected tells of each correction whether it is made.
type corrected func(difference) bool

func all(difference) bool  { return true }
func none(difference) bool { return false }

// An answer is what NFD says of one rule.
type answer struct {
	match bool
	err   error
	// vars are what earlier rules have published, and there tells whether any has run.
	vars  nfdv1alpha1.AttributeFeatureSet
	there bool
}

// Answers are what NFD says of the rules of each set, up to the first error.
type answers struct {
	sets [][]answer
	on   *nfdv1alpha1.Features
	// applies tells which corrections could have changed an answer.
	applies map[difference]bool
}

// known returns the features as they were for a rule, until the next call.
func (a *answers) known(rule *answer) *nfdv1alpha1.Features {
	delete(a.on.Attributes, matched)
	if rule.there {
		a.on.Attributes[matched] = rule.vars
	}
	return a.on
}

// nfdClient judges a trial as NFD's client does, which goes through the sets and their rules in order and ends with the
// first error. Without any of the corrections it is the loop of NFD's client.
func nfdClient(tr *trial, is corrected) answers {
	a := answers{applies: map[difference]bool{absentFeature: len(tr.Absent) > 0}}
	a.on = &nfdv1alpha1.Features{
		Flags: maps.Clone(tr.Features.Flags), Attributes: maps.Clone(tr.Features.Attributes), Instances: maps.Clone(tr.Features.Instances),
	}
	if !is(absentFeature) {
		for _, name := range tr.Absent {
			delete(a.on.Flags, name)
			delete(a.on.Attributes, name)
			delete(a.on.Instances, name)
		}
	}
	for s := range tr.Sets {
		if s > 0 && is(varsAcrossSets) {
			a.applies[varsAcrossSets] = a.applies[varsAcrossSets] || len(a.on.Attributes[matched].Elements) > 0
			delete(a.on.Attributes, matched)
		}
		if is(matchedNotThere) {
			a.publish(nil)
		}
		a.sets = append(a.sets, nil)
		for i := range tr.Sets[s].Rules {
			if !a.rule(s, &tr.Sets[s].Rules[i], is) {
				return a
			}
		}
	}
	return a
}

// publish does what NFD's client does after a rule. It leaves alone what was published before, which an answer has.
func (a *answers) publish(vars map[string]string) {
	before, there := a.on.Attributes[matched]
	if there && len(vars) == 0 {
		return
	}
	a.on.Attributes[matched] = nfdv1alpha1.NewAttributeFeatures(maps.Clone(before.Elements))
	a.on.InsertAttributeFeatures(nfdv1alpha1.RuleBackrefDomain, nfdv1alpha1.RuleBackrefFeature, vars)
}

// rule has NFD's matcher judge a rule of a set, and tells whether its client would go on.
func (a *answers) rule(s int, rule *nfdv1alpha1.GroupRule, is corrected) bool {
	for term := range terms(rule) {
		if len(a.sets[s]) == 0 && strings.EqualFold(term.Feature, matched) {
			a.applies[matchedNotThere] = true
		}
		if rule.VarsTemplate != "" && strings.ToLower(term.Feature) != term.Feature {
			a.applies[caseInTemplate] = true
		}
	}
	if a.applies[caseInTemplate] && is(caseInTemplate) {
		rule = rule.DeepCopy()
		for term := range terms(rule) {
			term.Feature = strings.ToLower(term.Feature)
		}
	}
	one := answer{}
	one.vars, one.there = a.on.Attributes[matched]
	out, err := nfdRule(rule, a.on)
	if err != nil {
		one.err = err
	} else {
		one.match = out.MatchStatus.IsMatch
		if !one.match && len(out.Vars) > 0 {
			a.applies[varsOfMismatch] = true
		}
		if !one.match && is(varsOfMismatch) {
			out.Vars = nil
		}
		a.publish(out.Vars)
	}
	a.sets[s] = append(a.sets[s], one)
	return err == nil
}

// same tells whether two runs have the same answers.
func (a *answers) same(b *answers) bool {
	for s := range max(len(a.sets), len(b.sets)) {
		if s >= len(a.sets) || s >= len(b.sets) || len(a.sets[s]) != len(b.sets[s]) {
			return false
		}
		for i := range a.sets[s] {
			if a.sets[s][i].match != b.sets[s][i].match || (a.sets[s][i].err == nil) != (b.sets[s][i].err == nil) {
				return false
			}
		}
	}
	return true
}
