package validate

import (
	"slices"

	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"

	"github.com/nfd-compat/nfd-compat/pkg/spec"
)

// instancesOf tells of each known feature whether it has instances.
func instancesOf(words spec.Vocabulary) map[string]bool {
	instances := make(map[string]bool, len(words.Features))
	for _, f := range words.Features {
		instances[f.Name] = f.Instances
	}
	return instances
}

// A wish is an expression on an element, and where it stands.
type wish struct {
	*expression
	path string
}

// The bounds of comparing expressions with each other.
const (
	maxWishes          = 32         // expressions on one element
	maxComparisonSteps = 20_000_000 // of all: a fraction of a second
)

// contradictions finds expressions on one element that no host can satisfy together: in the terms of a rule, all of which
// must match, and in a spec in those of all rules of a set. Instances are left out: each term may be about another one.
func (c *compiler) contradictions(s *set) {
	wishes := map[string][]wish{}
	for i := range s.rules {
		if c.spec.Kind() != spec.KindSpec { // its rules are on their own
			clear(wishes)
		}
		at := spec.FieldPath(spec.ItemPath(c.spec.RulesPath(s.index), i), "matchFeatures")
		for j := range s.rules[i].matcher.terms {
			t := &s.rules[i].matcher.terms[j]
			if instances, known := c.instances[t.feature]; instances || !known {
				continue
			}
			for k := range t.expressions {
				e := &t.expressions[k]
				here := wish{e, spec.FieldPath(spec.FieldPath(spec.ItemPath(at, j), "matchExpressions"), e.element)}
				key := t.feature + "\x00" + e.element
				if other := slices.IndexFunc(wishes[key], func(earlier wish) bool { return exclude(earlier.expression, e, c.comparisons) }); other >= 0 {
					earlier := wishes[key][other]
					c.find(spec.SeverityWarning, spec.IDContradiction, here.path, "no %s satisfies both this and %s (%s)", t.feature+" "+e.element, earlier.op, earlier.path)
				}
				if len(wishes[key]) < maxWishes {
					wishes[key] = append(wishes[key], here)
				}
			}
		}
	}
}

// exclude tells whether it is certain that no value satisfies both of two expressions.
func exclude(a, b *expression, w *watch) bool {
	if w.done(1) {
		return false
	}
	if (a.op == nfdv1alpha1.MatchDoesNotExist) != (b.op == nfdv1alpha1.MatchDoesNotExist) {
		return true
	}
	if a.predicate == nil || b.predicate == nil {
		return false
	}
	if values, ok := only(a.predicate); ok {
		return none(values, b.predicate, w)
	}
	if values, ok := only(b.predicate); ok {
		return none(values, a.predicate, w)
	}
	return apart[number](a.predicate, b.predicate, w) || apart[version](a.predicate, b.predicate, w)
}

// only returns the values that satisfy a predicate, if they are listed.
func only(p predicate) ([]string, bool) {
	switch p := p.(type) {
	case oneOf:
		return p.values, !p.not
	case isBool:
		return []string{string(p)}, true
	}
	return nil, false
}

// none tells whether it is certain that none of the values satisfies a predicate.
func none(values []string, p predicate, w *watch) bool {
	for _, v := range values {
		if p.test(v, w) != Mismatch || w.done(1) {
			return false
		}
	}
	return true
}

// apart tells whether two predicates are ranges of one type that have no value in common.
func apart[T any](a, b predicate, w *watch) bool {
	left, isRange := a.(inRange[T])
	right, areBoth := b.(inRange[T])
	w.done(left.length + right.length)
	return isRange && areBoth && (left.endsBefore(right) || right.endsBefore(left))
}
