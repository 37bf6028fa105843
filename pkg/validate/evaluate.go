package validate

import (
	"context"
	"fmt"
	"strings"

	"github.com/nfd-compat/nfd-compat/pkg/features"
)

// Evaluate judges a host's features. The report has one result, whose Image and Artifact are the caller's to fill.
//
// The only error is the context's: whatever is wrong with the features themselves makes an outcome unknown.
func (p *Program) Evaluate(ctx context.Context, host *features.Set) (*Report, error) {
	result := Result{Node: &host.Node, Sets: make([]SetResult, 0, len(p.sets)), Features: make([]FeatureStatus, 0, len(p.needs))}
	outcomes := make([]Outcome, 0, len(p.sets))
	for i := range p.sets {
		e := &evaluation{host: host, vars: newVars()}
		set, outcome, err := e.set(ctx, &p.sets[i])
		if err != nil {
			return nil, fmt.Errorf("judge the host: %w", err)
		}
		result.Sets = append(result.Sets, set)
		outcomes = append(outcomes, outcome)
	}
	p.conclude(&result, outcomes)
	for _, name := range p.needs {
		status := host.Status(name)
		result.Features = append(result.Features, FeatureStatus{Feature: name, Status: status.State, Reasons: status.Reasons})
	}
	return NewReport(result), nil
}

// conclude makes the verdict of the outcomes of the sets, and chooses the best.
func (p *Program) conclude(r *Result, outcomes []Outcome) {
	overall := Mismatch
	if p.require == RequireAll {
		overall = Match
	}
	matching, best := 0, -1
	for i, o := range outcomes {
		if p.require == RequireAll {
			overall = And(overall, o)
		} else {
			overall = Or(overall, o)
		}
		if o == Match {
			matching++
			if best < 0 || r.Sets[i].Weight > r.Sets[best].Weight {
				best = i
			}
		}
	}
	r.Verdict = overall.verdict()
	if r.Verdict == Compatible {
		r.Best = &SetReference{Index: r.Sets[best].Index, Tag: r.Sets[best].Tag, Weight: r.Sets[best].Weight}
	}
	r.Reason = conclusion(r, p.require, matching)
}

// conclusion says in one sentence why the verdict is what it is.
func conclusion(r *Result, require Require, matching int) string {
	switch {
	case r.Verdict == Compatible && require == RequireAll:
		return fmt.Sprintf("the host satisfies %s; chosen: %s", allOf(len(r.Sets)), r.Best)
	case r.Verdict == Compatible:
		return fmt.Sprintf("the host satisfies %d of %s; chosen: %s", matching, setCount(len(r.Sets)), r.Best)
	case require == RequireAll:
		var failing []string
		for _, s := range r.Sets {
			if s.Verdict == r.Verdict {
				failing = append(failing, SetReference{Index: s.Index, Tag: s.Tag, Weight: s.Weight}.String())
			}
		}
		const most = 3
		if len(failing) > most {
			failing = append(failing[:most], "…")
		}
		if r.Verdict == Incompatible {
			return "every set is required, and the host does not satisfy " + strings.Join(failing, ", ")
		}
		return "every set is required, and it could not be decided of " + strings.Join(failing, ", ")
	case r.Verdict == Incompatible:
		return fmt.Sprintf("the host satisfies none of %s", setCount(len(r.Sets)))
	default:
		undecided := 0
		for _, s := range r.Sets {
			if s.Verdict == VerdictUnknown {
				undecided++
			}
		}
		return fmt.Sprintf("%d of %s could not be decided, and the host satisfies none of the others", undecided, setCount(len(r.Sets)))
	}
}

func setCount(n int) string {
	if n == 1 {
		return "1 compatibility set"
	}
	return fmt.Sprintf("%d compatibility sets", n)
}

func allOf(n int) string {
	if n == 1 {
		return "the one compatibility set"
	}
	return fmt.Sprintf("all %d compatibility sets", n)
}

// String names the set for people: by its tag, or else by its place, counted from 1.
func (s SetReference) String() string {
	if s.Tag != "" {
		return fmt.Sprintf("set %q (weight %d)", s.Tag, s.Weight)
	}
	return fmt.Sprintf("set #%d (weight %d)", s.Index+1, s.Weight)
}

// An evaluation judges one set: it holds what the set's rules tell each other.
type evaluation struct {
	host *features.Set
	vars *vars
}

func (e *evaluation) set(ctx context.Context, s *set) (SetResult, Outcome, error) {
	result := SetResult{
		Index: s.index, Tag: s.tag, Weight: s.weight, Description: s.description,
		Rules: make([]RuleResult, 0, len(s.rules)), CELRules: make([]CELRuleResult, 0, len(s.celRules)),
	}
	outcome := Match
	for i := range s.rules {
		if err := ctx.Err(); err != nil {
			return result, Unknown, err
		}
		r := e.rule(ctx, &s.rules[i])
		outcome = And(outcome, r.Outcome)
		result.Rules = append(result.Rules, r)
	}
	for i := range s.celRules {
		r, err := e.celRule(ctx, &s.celRules[i])
		if err != nil {
			return result, Unknown, err
		}
		outcome = And(outcome, r.Outcome)
		result.CELRules = append(result.CELRules, r)
	}
	if err := ctx.Err(); err != nil { // it may have stopped a template
		return result, Unknown, err
	}
	result.Verdict = outcome.verdict()
	return result, outcome, nil
}

func (e *evaluation) rule(ctx context.Context, r *rule) RuleResult {
	result := RuleResult{Name: r.name}
	result.MatchFeatures, result.Outcome = e.terms(r.terms)
	var outcomes []Outcome // of the alternatives
	if len(r.alternatives) > 0 {
		anyOf := Mismatch
		for _, alternative := range r.alternatives {
			expressions, outcome := e.terms(alternative)
			anyOf = Or(anyOf, outcome)
			outcomes = append(outcomes, outcome)
			result.MatchAny = append(result.MatchAny, expressions)
		}
		result.Outcome = And(result.Outcome, anyOf)
	}
	var fromTemplate map[string]string
	var failure error
	if r.template != nil && result.Outcome == Match {
		fromTemplate, failure = e.fromTemplate(ctx, r, outcomes)
	}
	e.vars.publish(r, result.Outcome, fromTemplate, failure)
	return result
}

// terms judges the terms of a matcher, every one of them: a reader wants to know all that is missing.
func (e *evaluation) terms(terms []term) ([]ExpressionResult, Outcome) {
	var results []ExpressionResult
	all := Match
	for i := range terms {
		expressions, outcome := e.observe(terms[i].feature).term(&terms[i])
		for j := range expressions {
			expressions[j].Term = i
		}
		results = append(results, expressions...)
		all = And(all, outcome)
	}
	return results, all
}
