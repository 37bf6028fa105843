package validate

import (
	"maps"
	"slices"

	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"

	"github.com/nfd-compat/nfd-compat/pkg/spec"
)

// A Program is a compiled spec: the selected compatibility sets, with everything in them resolved. It is made by
// [Compile], immutable, and safe for concurrent use.
type Program struct {
	require  Require
	sets     []set
	features []string // those that terms and CEL rules are about, each at the place that they know it by
	needs    []string
}

// Needs returns the names of the features that the program reads, sorted: all that has to be discovered of a host.
func (p *Program) Needs() []string { return slices.Clone(p.needs) }

// A set is a compatibility set.
type set struct {
	index       int // in the spec
	tag         string
	weight      int
	description string
	rules       []rule
	celRules    []celRule
}

// A rule matches if its matcher does, and one of its alternatives, if it has any.
type rule struct {
	name         string
	vars         map[string]string
	template     *varsTemplate // nil if it has none
	matcher      matcher
	alternatives []matcher
}

// A matcher is a list of terms, all of which must match.
type matcher struct {
	terms []term
	// wanted are the results of all expressions, in their order, as far as they are known before a host is: what is wanted.
	wanted []ExpressionResult
}

// A term is what is required of one feature.
type term struct {
	feature     string // in lower case
	place       int    // of the feature among the program's
	expressions []expression
	name        *expression // matchName, or nil
}

// An expression is an operator with its operands, applied to the value of an element, or to the names of the elements.
type expression struct {
	element   string // empty for matchName
	op        nfdv1alpha1.MatchOp
	values    []string
	valueType nfdv1alpha1.ValueType
	predicate predicate // nil for Exists and DoesNotExist, which ask for no value
}

// wantedBy begins the results of the expressions of some terms with what is wanted.
func wantedBy(terms []term) []ExpressionResult {
	var results []ExpressionResult
	for i := range terms {
		t := &terms[i]
		feature := shorten(t.feature) // it stands in every result
		add := func(e *expression, m Matcher) {
			results = append(results, ExpressionResult{
				Term: i, Feature: feature, Matcher: m, Element: e.element, Op: e.op, Value: e.values, Type: e.valueType,
			})
		}
		for j := range t.expressions {
			add(&t.expressions[j], MatchExpressions)
		}
		if t.name != nil {
			add(t.name, MatchName)
		}
	}
	return slices.Clip(results)
}

// needsOf are the features that sets read and that have to be discovered: all but what the rules tell each other.
func needsOf(sets []set) []string {
	needs := map[string]bool{}
	for _, s := range sets {
		for _, r := range s.rules {
			for _, m := range append(slices.Clone(r.alternatives), r.matcher) {
				for i := range m.terms {
					needs[m.terms[i].feature] = true
				}
			}
		}
		for _, r := range s.celRules {
			for _, read := range r.reads {
				needs[read.feature()] = true
			}
		}
	}
	delete(needs, spec.RuleMatched)
	return slices.AppendSeq(make([]string, 0, len(needs)), slices.Values(slices.Sorted(maps.Keys(needs))))
}
