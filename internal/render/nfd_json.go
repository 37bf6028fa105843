package render

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"

	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// The JSON of NFD's own client, v0.19: an array of these, without spaces and without an end of line.
// Source: https://github.com/kubernetes-sigs/node-feature-discovery, pkg/client-nfd/compat/node-validator/status.go.
type (
	nfdSet struct {
		Rules       []nfdRule `json:"rules"`
		Description string    `json:"description,omitempty"`
		Weight      int       `json:"weight,omitempty"`
		Tag         string    `json:"tag,omitempty"`
	}
	nfdRule struct {
		Name        string           `json:"name"`
		IsMatch     bool             `json:"isMatch"`
		Expressions []nfdExpression  `json:"matchedExpressions,omitempty"`
		Any         []nfdAlternative `json:"matchedAny,omitempty"`
	}
	nfdAlternative struct {
		Expressions []nfdExpression `json:"matchedExpressions"`
	}
	nfdExpression struct {
		Feature     string                       `json:"feature"`
		Name        string                       `json:"name"`
		Expression  *nfdv1alpha1.MatchExpression `json:"expression"`
		MatcherType string                       `json:"matcherType"`
		IsMatch     bool                         `json:"isMatch"`
	}
)

// NFDJSON writes the sets of a report as NFD's own client does with --output-json, byte for byte, but that what a terminal
// would obey is escaped. An unknown is no match there. NFD's client has no CEL rules: each stands as a rule without expressions, so that a set which holds but for one
// of them is not taken for one that holds.
//
// The array has neither images nor verdicts: a report of several results, or of one without sets, cannot be told in it.
func NFDJSON(w io.Writer, report *validate.Report) error {
	sets := []nfdSet{}
	for _, r := range report.Results {
		for i := range r.Sets {
			sets = append(sets, nfdSetOf(&r.Sets[i]))
		}
	}
	plain := plainWriter{out: bufio.NewWriter(w), dense: true}
	err := json.NewEncoder(&plain).Encode(sets) // which escapes <, > and &, as NFD's client does
	if err == nil {
		err = plain.out.Flush()
	}
	if err != nil {
		return fmt.Errorf("write the report as NFD's JSON: %w", err)
	}
	return nil
}

func nfdSetOf(s *validate.SetResult) nfdSet {
	set := nfdSet{Description: s.Description, Weight: s.Weight, Tag: s.Tag}
	for _, r := range s.Rules {
		rule := nfdRule{Name: r.Name, IsMatch: r.Outcome == validate.Match, Expressions: nfdExpressionsOf(r.MatchFeatures)}
		for _, alternative := range r.MatchAny {
			rule.Any = append(rule.Any, nfdAlternative{nfdExpressionsOf(alternative)})
		}
		set.Rules = append(set.Rules, rule)
	}
	for _, r := range s.CELRules {
		set.Rules = append(set.Rules, nfdRule{Name: r.Name, IsMatch: r.Outcome == validate.Match})
	}
	return set
}

// nfdExpressionsOf sorts as NFD's client does: by feature, name, and the text of the expression.
func nfdExpressionsOf(expressions []validate.ExpressionResult) []nfdExpression {
	list := make([]nfdExpression, 0, len(expressions))
	for _, e := range expressions {
		kind := "matchExpression"
		if e.Matcher == validate.MatchName {
			kind = "matchName"
		}
		list = append(list, nfdExpression{
			Feature: e.Feature, Name: e.Element, MatcherType: kind, IsMatch: e.Outcome == validate.Match,
			Expression: &nfdv1alpha1.MatchExpression{Op: e.Op, Value: e.Value, Type: e.Type},
		})
	}
	slices.SortStableFunc(list, func(a, b nfdExpression) int {
		return cmp.Or(cmp.Compare(a.Feature, b.Feature), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Expression.String(), b.Expression.String()))
	})
	return list
}
