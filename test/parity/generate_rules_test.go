package parity

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"
)

// An asker makes rules about features that it has seen, so that many of them match.
type asker struct {
	generator
	seen *nfdv1alpha1.Features
}

func (g asker) rule(i int) nfdv1alpha1.GroupRule {
	r := nfdv1alpha1.GroupRule{Name: fmt.Sprintf("rule %d", i)}
	if g.chance(50) {
		name := g.element()
		r.Vars = map[string]string{name: g.valueOf(name)}
	}
	if g.chance(6) {
		r.VarsTemplate = pick(g.generator, g.templates)
	}
	if g.chance(30) { // it asks for one thing only
		r.MatchFeatures = nfdv1alpha1.FeatureMatcher{g.simple()}
		return r
	}
	if g.chance(75) {
		r.MatchFeatures = g.matcher(2)
	}
	if len(r.MatchFeatures) == 0 || g.chance(25) {
		for range 1 + g.IntN(3) {
			r.MatchAny = append(r.MatchAny, nfdv1alpha1.MatchAnyElem{MatchFeatures: g.matcher(2)})
		}
	}
	if r.VarsTemplate != "" && g.chance(40) { // which in NFD sees the case that the rule is written in
		for term := range terms(&r) {
			term.Feature = strings.ToUpper(term.Feature[:1]) + term.Feature[1:]
		}
	}
	return r
}

func (g asker) matcher(most int) nfdv1alpha1.FeatureMatcher {
	m := make(nfdv1alpha1.FeatureMatcher, 1+g.IntN(most))
	for i := range m {
		m[i] = g.term()
	}
	if len(m) > 1 && g.chance(15) { // several terms on one feature
		m[1].Feature = m[0].Feature
	}
	return m
}

func (g asker) term() nfdv1alpha1.FeatureMatcherTerm {
	term := nfdv1alpha1.FeatureMatcherTerm{Feature: g.feature()}
	known := g.elementsOf(strings.ToLower(term.Feature))
	names := slices.Sorted(maps.Keys(known))
	if g.chance(75) {
		set := nfdv1alpha1.MatchExpressionSet{}
		for range 1 + g.IntN(2) {
			name := pick(g.generator, names)
			set[name] = g.likely(known[name])
		}
		term.MatchExpressions = &set
	}
	if term.MatchExpressions == nil || g.chance(15) {
		term.MatchName = g.ofNames(names)
	}
	return term
}

// simple is a term of one expression.
func (g asker) simple() nfdv1alpha1.FeatureMatcherTerm {
	term := nfdv1alpha1.FeatureMatcherTerm{Feature: g.feature()}
	known := g.elementsOf(strings.ToLower(term.Feature))
	names := slices.Sorted(maps.Keys(known))
	if g.chance(30) {
		term.MatchName = g.ofNames(names)
	} else {
		name := pick(g.generator, names)
		term.MatchExpressions = &nfdv1alpha1.MatchExpressionSet{name: g.likely(known[name])}
	}
	return term
}

// bothSides are two rules that compare the same element with a number or version that it may be equal to, so that what is
// said to contradict itself nearly does.
func (g asker) bothSides() []nfdv1alpha1.GroupRule {
	const feature, element = "kernel.version", "full"
	value, found := g.seen.Attributes[feature].Elements[element]
	if !found {
		value = g.version()
	}
	var rules []nfdv1alpha1.GroupRule
	for _, ops := range [][]nfdv1alpha1.MatchOp{
		{nfdv1alpha1.MatchGe, nfdv1alpha1.MatchGt, nfdv1alpha1.MatchIn}, {nfdv1alpha1.MatchLe, nfdv1alpha1.MatchLt, nfdv1alpha1.MatchNotIn},
	} {
		e := &nfdv1alpha1.MatchExpression{Op: pick(g.generator, ops), Type: nfdv1alpha1.TypeVersion, Value: []string{value}}
		rules = append(rules, nfdv1alpha1.GroupRule{Name: "compares " + string(e.Op), MatchFeatures: nfdv1alpha1.FeatureMatcher{{
			Feature: feature, MatchExpressions: &nfdv1alpha1.MatchExpressionSet{element: e},
		}}})
	}
	return rules
}

func (g asker) feature() string {
	feature := pick(g.generator, g.shapes).name
	switch {
	case g.chance(20):
		feature = matched
	case g.chance(2):
		feature = "nobody.knows"
	}
	switch {
	case g.chance(4):
		return strings.ToUpper(feature[:1]) + feature[1:]
	case g.chance(2):
		return strings.ToUpper(feature)
	}
	return feature
}

// ofNames is an expression for matchName. Names are seldom numbers, and NFD stops at one that is none.
func (g asker) ofNames(names []string) *nfdv1alpha1.MatchExpression {
	e := g.expression(pick(g.generator, names))
	ordered := slices.ContainsFunc(g.ordered, func(list []string) bool {
		return !slices.ContainsFunc(names, func(name string) bool { return !slices.Contains(list, name) })
	})
	if isComparison(e.Op) && !ordered && g.chance(80) {
		return g.matching()
	}
	return e
}

// elementsOf returns names for a term on a feature, with the value that each has: those of the feature, those of one
// of its instances, and a few more.
func (g asker) elementsOf(feature string) map[string]string {
	found := map[string]string{}
	for name := range g.seen.Flags[feature].Elements {
		found[name] = ""
	}
	maps.Copy(found, g.seen.Attributes[feature].Elements)
	if instances := g.seen.Instances[feature].Elements; len(instances) > 0 {
		maps.Copy(found, pick(g.generator, instances).Attributes)
	}
	for len(found) == 0 || g.chance(30) {
		name := g.element()
		found[name] = g.valueOf(name)
	}
	return found
}

// likely asks for something of a value that is mostly true of it, for a rule is true only if all its parts are.
func (g asker) likely(value string) *nfdv1alpha1.MatchExpression {
	e := g.expression(value)
	for range 4 {
		if g.chance(15) {
			break
		}
		if isTrue, err := nfdExpression(e, value); err == nil && isTrue {
			break
		}
		e = g.expression(value)
	}
	return e
}

// operators returns all of NFD's but the empty one, which ours refuses.
func operators() []nfdv1alpha1.MatchOp {
	return []nfdv1alpha1.MatchOp{
		nfdv1alpha1.MatchIn, nfdv1alpha1.MatchNotIn, nfdv1alpha1.MatchInRegexp, nfdv1alpha1.MatchExists, nfdv1alpha1.MatchDoesNotExist,
		nfdv1alpha1.MatchGt, nfdv1alpha1.MatchGe, nfdv1alpha1.MatchLt, nfdv1alpha1.MatchLe,
		nfdv1alpha1.MatchGtLt, nfdv1alpha1.MatchGeLe, nfdv1alpha1.MatchIsTrue, nfdv1alpha1.MatchIsFalse,
	}
}

// isComparison tells whether an operator compares numbers or versions.
func isComparison(op nfdv1alpha1.MatchOp) bool {
	switch op {
	case nfdv1alpha1.MatchGt, nfdv1alpha1.MatchGe, nfdv1alpha1.MatchLt, nfdv1alpha1.MatchLe, nfdv1alpha1.MatchGtLt, nfdv1alpha1.MatchGeLe:
		return true
	default:
		return false
	}
}

// expression asks for something of a value, which is often the one given.
func (g asker) expression(value string) *nfdv1alpha1.MatchExpression {
	e := &nfdv1alpha1.MatchExpression{Op: pick(g.generator, g.operators)}
	switch {
	case g.chance(10):
		e.Op = nfdv1alpha1.MatchExists
	case isComparison(e.Op):
		g.bounds(e, value)
	case e.Op == nfdv1alpha1.MatchIn || e.Op == nfdv1alpha1.MatchNotIn:
		g.list(e, value)
	case e.Op == nfdv1alpha1.MatchInRegexp:
		e = g.matching()
	}
	if g.chance(1) {
		g.spoil(e)
	}
	return e
}

// matching is an InRegexp of one pattern, of two, or of many.
func (g asker) matching() *nfdv1alpha1.MatchExpression {
	e := &nfdv1alpha1.MatchExpression{Op: nfdv1alpha1.MatchInRegexp}
	for range g.several(2) {
		e.Value = append(e.Value, pick(g.generator, g.patterns))
	}
	return e
}

// list gives In and NotIn their operands, of which the value is mostly one.
func (g asker) list(e *nfdv1alpha1.MatchExpression, value string) {
	for range g.several(4) - 1 {
		if g.chance(50) {
			e.Value = append(e.Value, g.value())
		} else {
			e.Value = append(e.Value, g.element())
		}
	}
	if len(e.Value) == 0 || g.chance(70) {
		e.Value = slices.Insert(e.Value, g.IntN(len(e.Value)+1), value)
	}
	if g.chance(5) {
		e.Type = nfdv1alpha1.TypeVersion // which means nothing here
	}
}

// several is a number from 1 to most, and seldom a much larger one.
func (g generator) several(most int) int {
	if g.chance(3) {
		return 15 + g.IntN(30)
	}
	return 1 + g.IntN(most)
}

// spoil makes something of an expression that ours refuses.
func (g asker) spoil(e *nfdv1alpha1.MatchExpression) {
	switch g.IntN(5) {
	case 0:
		e.Op = ""
	case 1:
		e.Op = "Matches"
	case 2:
		if len(e.Value) > 0 {
			e.Value = nil
		} else {
			e.Value = []string{"true"}
		}
	case 3:
		*e = nfdv1alpha1.MatchExpression{Op: nfdv1alpha1.MatchInRegexp, Value: []string{pick(g.generator, g.refused)}}
	default:
		*e = nfdv1alpha1.MatchExpression{Op: nfdv1alpha1.MatchGe, Type: "semver", Value: []string{"5"}}
	}
}

// bounds gives a comparison its operands, of the type that the value probably has, and mostly in order.
func (g asker) bounds(e *nfdv1alpha1.MatchExpression, value string) {
	operand := func() string {
		if g.chance(2) {
			return pick(g.generator, g.values)
		}
		return fmt.Sprint(g.IntN(12))
	}
	if _, err := strconv.Atoi(value); err != nil || g.chance(15) {
		e.Type = nfdv1alpha1.TypeVersion
		operand = func() string {
			if g.chance(90) {
				return fmt.Sprintf("%d.%d", g.IntN(8), g.IntN(20))
			}
			return g.version()
		}
	}
	if g.chance(10) {
		e.Value = append(e.Value, value)
	} else {
		e.Value = append(e.Value, operand())
	}
	if e.Op != nfdv1alpha1.MatchGtLt && e.Op != nfdv1alpha1.MatchGeLe {
		return
	}
	e.Value = append(e.Value, operand())
	if g.chance(95) {
		slices.SortFunc(e.Value, func(a, b string) int {
			return cmp.Or(cmp.Compare(leading(a), leading(b)), cmp.Compare(len(a), len(b)))
		})
	}
}

// leading is the number that a text begins with.
func leading(text string) int {
	digits, _, _ := strings.Cut(strings.TrimPrefix(text, "v"), ".")
	n, _ := strconv.Atoi(digits)
	return n
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

// expressions yields every expression of a term.
func expressions(term *nfdv1alpha1.FeatureMatcherTerm) func(func(*nfdv1alpha1.MatchExpression) bool) {
	return func(yield func(*nfdv1alpha1.MatchExpression) bool) {
		if term.MatchExpressions != nil {
			for _, e := range *term.MatchExpressions {
				if !yield(e) {
					return
				}
			}
		}
		if term.MatchName != nil {
			yield(term.MatchName)
		}
	}
}
