package validate

import (
	"slices"

	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"

	"github.com/nfd-compat/nfd-compat/pkg/spec"
)

// A Program is a compiled spec: the selected compatibility sets, with everything in them resolved. It is made by
// [Compile], immutable, and safe for concurrent use.
type Program struct {
	require Require
	sets    []set
	needs   []string
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

// A rule matches if all of its terms do, and one of its alternatives, if it has any.
type rule struct {
	name         string
	vars         map[string]string
	template     *varsTemplate // nil if it has none
	terms        []term
	alternatives [][]term
}

// A term is what is required of one feature.
type term struct {
	feature     string // in lower case
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

// needsOf collects the features that sets read, but for what the rules tell each other.
func needsOf(sets []set) []string {
	needs := []string{}
	add := func(terms []term) {
		for _, t := range terms {
			if t.feature != spec.RuleMatched {
				needs = append(needs, t.feature)
			}
		}
	}
	for _, s := range sets {
		for _, r := range s.rules {
			add(r.terms)
			for _, alternative := range r.alternatives {
				add(alternative)
			}
		}
		for _, r := range s.celRules {
			for _, read := range r.reads {
				add([]term{{feature: read.feature()}})
			}
		}
	}
	slices.Sort(needs)
	return slices.Compact(needs)
}
