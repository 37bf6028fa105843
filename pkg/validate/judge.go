package validate

import (
	"context"
	"fmt"

	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"

	"github.com/nfd-compat/nfd-compat/pkg/features"
)

// An evaluation judges one host by a program. Here are the outcomes alone; explain.go has the words.
type evaluation struct {
	host  *features.Set
	watch watch
	// observations are what is known of the program's features, each looked up when it is first asked for.
	observations []observation
	// vars are what the rules of the set that is judged tell each other.
	vars vars
	// kept are the entries of the columns that are kept, and shown the bytes that the results so far show of the host.
	kept, shown int
}

func (p *Program) evaluation(ctx context.Context, host *features.Set) *evaluation {
	return &evaluation{host: host, watch: watch{ctx: ctx}, observations: make([]observation, len(p.features))}
}

// ended returns the context's error, if it has one.
func (e *evaluation) ended() error {
	err := e.watch.err
	if err == nil {
		err = e.watch.ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("judge the host: %w", err)
	}
	return nil
}

// Verdict judges a host's features, and says nothing else: it is several times faster than [Program.Evaluate], whose
// verdict is the same. The error is the context's.
func (p *Program) Verdict(ctx context.Context, host *features.Set) (Verdict, error) {
	e := p.evaluation(ctx, host)
	overall, decisive := p.require.fold()
	for i := range p.sets {
		outcome, err := e.set(&p.sets[i])
		if err != nil {
			return "", err
		}
		if overall = p.require.join(overall, outcome); overall == decisive {
			break
		}
	}
	return overall.verdict(), nil
}

// fold returns the outcome of no sets, and the one that further sets do not change.
func (r Require) fold() (empty, decisive Outcome) {
	if r == RequireAll {
		return Match, Mismatch
	}
	return Mismatch, Match
}

// join adds the outcome of a set to that of the sets before it.
func (r Require) join(a, b Outcome) Outcome {
	if r == RequireAll {
		return And(a, b)
	}
	return Or(a, b)
}

// set judges a set, up to the first rule that does not match.
func (e *evaluation) set(s *set) (Outcome, error) {
	if err := e.ended(); err != nil { // a list of rules can be empty
		return Unknown, err
	}
	e.vars.reset()
	outcome := Match
	for i := range s.rules {
		outcome = And(outcome, e.rule(&s.rules[i]))
		if err := e.ended(); err != nil {
			return Unknown, err
		}
		if outcome == Mismatch {
			return outcome, nil
		}
	}
	for i := range s.celRules {
		r, err := e.celRule(&s.celRules[i])
		if err != nil {
			return Unknown, err
		}
		if outcome = And(outcome, r.Outcome); outcome == Mismatch {
			return outcome, nil
		}
	}
	return outcome, nil
}

// rule judges a rule, and publishes its variables.
func (e *evaluation) rule(r *rule) Outcome {
	outcome := e.matcher(&r.matcher)
	if outcome == Mismatch {
		return Mismatch
	}
	var alternatives []Outcome
	if len(r.alternatives) > 0 {
		anyOf := Mismatch
		for i := range r.alternatives {
			o := e.matcher(&r.alternatives[i])
			anyOf = Or(anyOf, o)
			if r.template != nil { // it sees every alternative that matches
				alternatives = append(alternatives, o)
			} else if anyOf == Match {
				break
			}
			if e.watch.done(1) {
				break
			}
		}
		outcome = And(outcome, anyOf)
	}
	e.publish(r, outcome, alternatives)
	return outcome
}

// publish tells the rules that follow what a rule that was judged has to tell them.
func (e *evaluation) publish(r *rule, outcome Outcome, alternatives []Outcome) {
	if r.template == nil && len(r.vars) == 0 || e.watch.done(1+len(r.vars)) {
		return
	}
	var fromTemplate map[string]string
	var failure error
	if r.template != nil && outcome == Match {
		fromTemplate, failure = e.fromTemplate(r, alternatives)
	}
	e.vars.publish(r, outcome, fromTemplate, failure)
}

// matcher judges terms, up to the first that does not match.
func (e *evaluation) matcher(m *matcher) Outcome {
	all := Match
	for i := range m.terms {
		t := &m.terms[i]
		if all = And(all, e.observe(t.feature, t.place).term(t)); all == Mismatch || e.watch.done(1) {
			break
		}
	}
	return all
}

// term judges a term: its matchExpressions AND its matchName.
func (o *observation) term(t *term) Outcome {
	switch {
	case o.blind != "":
		return Unknown
	case o.undefined:
		return Mismatch
	}
	outcome := Match
	if len(t.expressions) > 0 {
		outcome = o.expressions(t.expressions)
	}
	if t.name != nil && outcome != Mismatch {
		outcome = And(outcome, o.names(t.name))
	}
	return outcome
}

// expressions judges matchExpressions, on flags and attributes and on instances, of which either will do.
func (o *observation) expressions(expressions []expression) Outcome {
	switch {
	case !o.hasInstances:
		return o.named(expressions)
	case !o.hasNamed:
		return o.anyInstance(expressions)
	}
	return Or(o.named(expressions), o.anyInstance(expressions))
}

// named judges expressions on flags and attributes, all of which must match.
func (o *observation) named(expressions []expression) Outcome {
	all := Match
	for i := range expressions {
		value, as := o.find(expressions[i].element)
		if all = And(all, o.element(&expressions[i], value, as)); all == Mismatch || o.watch.done(1) {
			break
		}
	}
	return all
}

// element judges an expression on the element that it names, and that was found as a flag, an attribute or not at all.
func (o *observation) element(e *expression, value string, as found) Outcome {
	switch {
	case as == notFound && o.doubt(e.element) != "" && (e.predicate == nil || !o.hasFlagsAlone()):
		return Unknown
	case as != foundAttribute && e.predicate != nil: // it has no value, and if it is in doubt it would have none
		return Mismatch
	}
	return e.judge(value, as != notFound, o.watch)
}

// judge judges an expression on an element that has a value, or is not there.
func (e *expression) judge(value string, there bool, w *watch) Outcome {
	switch {
	case e.op == nfdv1alpha1.MatchDoesNotExist:
		return outcomeOf(!there)
	case e.op == nfdv1alpha1.MatchExists || !there:
		return outcomeOf(there)
	}
	return e.predicate.test(value, w)
}

// names judges matchName: an expression on the names of the elements, of which one must match.
func (o *observation) names(e *expression) Outcome {
	if e.op == nfdv1alpha1.MatchDoesNotExist { // it never matches, as in NFD
		return Mismatch
	}
	best := Mismatch
	for _, name := range o.elementNames() {
		if best = Or(best, e.testName(name, o.watch)); best == Match || o.watch.done(1) {
			return best
		}
	}
	if best == Mismatch && o.nameDoubt(e) != "" {
		return Unknown
	}
	return best
}

// testName asks an expression of the name of an element that exists.
func (e *expression) testName(name string, w *watch) Outcome {
	if e.op == nfdv1alpha1.MatchExists {
		return Match
	}
	return e.predicate.test(name, w)
}
