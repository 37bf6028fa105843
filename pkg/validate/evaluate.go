package validate

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/nfd-compat/nfd-compat/pkg/features"
)

// Evaluate judges a host's features, and explains. The report has one result, whose Image and Artifact are the caller's to
// fill; it shares memory with the program and the features, so neither is to be changed after.
//
// The only error is the context's: whatever is wrong with the features themselves makes an outcome unknown.
func (p *Program) Evaluate(ctx context.Context, host *features.Set) (*Report, error) {
	result := Result{Node: &host.Node, Overrides: host.Overrides, Sets: make([]SetResult, 0, len(p.sets)), Features: make([]FeatureStatus, 0, len(p.needs))}
	outcomes := make([]Outcome, 0, len(p.sets))
	e := p.evaluation(ctx, host)
	for i := range p.sets {
		set, outcome, err := e.explainSet(&p.sets[i])
		if err != nil {
			return nil, err
		}
		result.Sets = append(result.Sets, set)
		outcomes = append(outcomes, outcome)
	}
	p.conclude(&result, outcomes)
	for _, name := range p.needs {
		if e.watch.done(stepsOfStatus) {
			return nil, e.ended()
		}
		status := host.Status(name)
		result.Features = append(result.Features, FeatureStatus{Feature: name, Status: status.State, Reasons: e.fitReasons(status.Reasons)})
	}
	return NewReport(result), nil
}

// conclude makes the verdict of the outcomes of the sets, and chooses the best.
func (p *Program) conclude(r *Result, outcomes []Outcome) {
	overall, _ := p.require.fold()
	matching, best := 0, -1
	for i, o := range outcomes {
		overall = p.require.join(overall, o)
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
		return "the host satisfies " + strconv.Itoa(matching) + " of " + setCount(len(r.Sets)) + "; chosen: " + r.Best.String()
	case require == RequireAll:
		const most = 3
		var failing []string
		for _, s := range r.Sets {
			switch {
			case s.Verdict != r.Verdict || len(failing) > most:
			case len(failing) == most:
				failing = append(failing, "…")
			default:
				failing = append(failing, SetReference{Index: s.Index, Tag: s.Tag, Weight: s.Weight}.String())
			}
		}
		if r.Verdict == Incompatible {
			return "every set is required, and the host does not satisfy " + strings.Join(failing, ", ")
		}
		return "every set is required, and it could not be decided of " + strings.Join(failing, ", ")
	case len(r.Sets) == 1 && r.Verdict == Incompatible:
		return "the host does not satisfy the one compatibility set"
	case len(r.Sets) == 1:
		return "the one compatibility set could not be decided"
	case r.Verdict == Incompatible:
		return "the host satisfies none of " + setCount(len(r.Sets))
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
	name := "#" + strconv.Itoa(s.Index+1)
	if s.Tag != "" {
		name = quote(s.Tag)
	}
	return "set " + name + " (weight " + strconv.Itoa(s.Weight) + ")"
}
