package validate

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"

	"github.com/nfd-compat/nfd-compat/pkg/spec"
)

// explainSet judges every rule of a set: a reader wants to know all that is missing.
func (e *evaluation) explainSet(s *set) (SetResult, Outcome, error) {
	e.vars.reset()
	result := SetResult{
		Index: s.index, Tag: s.tag, Weight: s.weight, Description: s.description,
		Rules: make([]RuleResult, 0, len(s.rules)), CELRules: make([]CELRuleResult, 0, len(s.celRules)),
	}
	if err := e.ended(); err != nil { // a list of rules can be empty
		return result, Unknown, err
	}
	outcome := Match
	for i := range s.rules {
		r := e.explainRule(&s.rules[i])
		if err := e.ended(); err != nil {
			return result, Unknown, err
		}
		outcome = And(outcome, r.Outcome)
		result.Rules = append(result.Rules, r)
	}
	for i := range s.celRules {
		r, err := e.celRule(&s.celRules[i])
		if err != nil {
			return result, Unknown, err
		}
		outcome = And(outcome, r.Outcome)
		result.CELRules = append(result.CELRules, r)
	}
	result.Verdict = outcome.verdict()
	return result, outcome, nil
}

func (e *evaluation) explainRule(r *rule) RuleResult {
	result := RuleResult{Name: r.name}
	result.MatchFeatures, result.Outcome = e.explainMatcher(&r.matcher)
	var outcomes []Outcome // of the alternatives
	if len(r.alternatives) > 0 {
		anyOf := Mismatch
		outcomes = make([]Outcome, len(r.alternatives))
		result.MatchAny = make([][]ExpressionResult, len(r.alternatives))
		for i := range r.alternatives {
			result.MatchAny[i], outcomes[i] = e.explainMatcher(&r.alternatives[i])
			anyOf = Or(anyOf, outcomes[i])
			if e.watch.done(1) {
				break
			}
		}
		result.Outcome = And(result.Outcome, anyOf)
	}
	e.publish(r, result.Outcome, outcomes)
	return result
}

func (e *evaluation) explainMatcher(m *matcher) ([]ExpressionResult, Outcome) {
	results := slices.Clone(m.wanted)
	all, next := Match, 0
	for i := range m.terms {
		t := &m.terms[i]
		end := next + len(t.expressions)
		if t.name != nil {
			end++
		}
		all = And(all, e.observe(t.feature, t.place).explain(t, results[next:end]))
		e.fit(results[next:end])
		if next = end; e.watch.done(1) {
			break
		}
	}
	return results, all
}

// explain judges a term, and fills in the results of its expressions.
func (o *observation) explain(t *term, results []ExpressionResult) Outcome {
	if o.blind != "" || o.undefined {
		outcome, reason := Unknown, o.blind
		if o.undefined {
			outcome, reason = Mismatch, "no feature "+o.feature+" is known"
		}
		for i := range results {
			results[i].Outcome, results[i].Reason = outcome, reason
		}
		return outcome
	}
	outcome := Match
	if n := len(t.expressions); n > 0 {
		outcome = o.explainExpressions(t.expressions, results[:n])
	}
	if t.name != nil {
		o.explainNames(t.name, &results[len(results)-1])
		outcome = And(outcome, results[len(results)-1].Outcome)
	}
	return outcome
}

// explainExpressions explains matchExpressions: on flags and attributes and on instances, of which the better one counts.
func (o *observation) explainExpressions(expressions []expression, results []ExpressionResult) Outcome {
	switch {
	case !o.hasInstances:
		return o.explainNamed(expressions, results)
	case !o.hasNamed:
		return o.explainInstances(expressions, results)
	}
	if ofInstances := o.anyInstance(expressions); ofInstances > o.named(expressions) {
		return o.explainInstances(expressions, results)
	}
	return o.explainNamed(expressions, results)
}

// explainNamed explains expressions on flags and attributes.
func (o *observation) explainNamed(expressions []expression, results []ExpressionResult) Outcome {
	all := Match
	for i := range expressions {
		e, r := &expressions[i], &results[i]
		value, as := o.find(e.element)
		switch as {
		case foundAttribute:
			r.Observed = new(shortened(value))
		case foundFlag:
			r.Observed = o.present()
		case notFound:
		}
		if r.Outcome = o.element(e, value, as); r.Outcome != Match {
			r.Reason = o.whyNot(e, value, as)
		}
		if all = And(all, r.Outcome); o.watch.done(stepsOfWords) {
			break
		}
	}
	return all
}

// isFlag ends the reason of an operator on values that meets a flag.
const isFlag = " is a flag, which has no value to compare: use Exists"

// whyNot says why an expression on a flag or an attribute does not match.
func (o *observation) whyNot(e *expression, value string, as found) string {
	switch {
	case as == notFound && o.doubt(e.element) != "" && e.predicate != nil && o.hasFlagsAlone():
		return "each element of " + o.feature + isFlag
	case as == notFound && o.doubt(e.element) != "":
		return o.doubt(e.element)
	case as == notFound:
		return o.hasNo(e.element)
	case e.op == nfdv1alpha1.MatchDoesNotExist:
		return o.feature + " has " + shorten(e.element)
	case as == foundFlag:
		return shorten(e.element) + " of " + o.feature + isFlag
	default:
		return e.predicate.because(value)
	}
}

// hasNo says that an element is missing, and how many there are, so that nobody takes an empty feature for a full one.
func (o *observation) hasNo(element string) string {
	n := len(o.attributes) + len(o.flags)
	element = shorten(element)
	switch {
	case o.feature == spec.RuleMatched:
		return "no earlier rule that matched has set " + element
	case n == 0:
		return "the host has no " + o.feature + ", so no " + element
	case n == 1:
		return element + " is not the one element of " + o.feature
	}
	return element + " is not among the " + strconv.Itoa(n) + " elements of " + o.feature
}

// explainInstances explains expressions on instances by the one that comes closest.
func (o *observation) explainInstances(expressions []expression, results []ExpressionResult) Outcome {
	closest, outcome := o.closest(expressions)
	undecided := outcome == Mismatch && o.instancesDoubt() != ""
	if undecided { // the one that would match may be among those that could not be read
		outcome = Unknown
	}
	count := new(len(o.instances))
	var shown map[string]string
	if closest >= 0 {
		shown = o.shownInstance(closest)
	}
	for i := range expressions {
		r := &results[i]
		r.Instances = count
		if closest < 0 {
			r.Outcome, r.Reason = Mismatch, "the host has no "+o.feature
		} else {
			r.Instance = shown
			o.explainAttribute(&expressions[i], r, o.instances[closest].Attributes)
		}
		if undecided && r.Outcome == Mismatch {
			r.Outcome, r.Reason = Unknown, r.Reason+", but "+o.incomplete
		}
		if o.watch.done(stepsOfWords) {
			break
		}
	}
	return outcome
}

// explainAttribute explains an expression on the closest instance.
func (o *observation) explainAttribute(e *expression, r *ExpressionResult, attributes map[string]string) {
	value, found := attributes[e.element]
	if found {
		r.Observed = new(shortened(value))
	}
	r.Outcome = o.attribute(e, value, found)
	switch {
	case r.Outcome == Match:
	case !found && r.Outcome == Unknown:
		r.Reason = "the closest " + o.feature + " has no " + shorten(e.element) + ", but " + o.incomplete
	case !found:
		r.Reason = "the closest " + o.feature + " has no " + shorten(e.element)
	case e.op == nfdv1alpha1.MatchDoesNotExist:
		r.Reason = "the closest " + o.feature + " has " + shorten(e.element)
	default:
		r.Reason = e.predicate.because(value)
	}
}

// explainNames explains matchName by the names that decide it: those that match; while none does, those that cannot be
// compared, or just all.
func (o *observation) explainNames(e *expression, r *ExpressionResult) {
	if e.op == nfdv1alpha1.MatchDoesNotExist { // as in NFD, whatever there is
		r.Outcome, r.Reason = Mismatch, "matchName with DoesNotExist never matches: name the element in matchExpressions"
		return
	}
	names := o.elementNames()
	var decisive sample
	r.Outcome = Mismatch
	o.matchedBy, o.matchedNames = nil, o.matchedNames[:0]
	for _, name := range names {
		outcome := e.testName(name, o.watch)
		if outcome == Match && len(o.matchedNames) <= maxMatched {
			o.matchedNames = append(o.matchedNames, name)
		}
		if outcome > r.Outcome {
			r.Outcome, decisive = outcome, sample{}
		}
		if outcome == r.Outcome && outcome != Mismatch {
			decisive.add(name, maxShownNames)
		}
		if o.watch.done(1) {
			return
		}
	}
	o.matchedBy = e
	switch r.Outcome {
	case Match:
		r.Observed = new(decisive.String())
		return
	case Unknown:
		r.Observed = new(decisive.String())
		r.Reason = e.predicate.because(decisive.first[0])
		return
	case Mismatch:
	}
	switch {
	case len(names) == 0 && o.vars != nil:
		r.Reason = "no earlier rule that matched has set a variable"
	case len(names) == 0:
		r.Reason = "the host has no " + o.feature
	case len(names) == 1:
		r.Observed, r.Reason = new(o.allNames()), "the one name in "+o.feature+" does not match"
	default:
		r.Observed = new(o.allNames())
		r.Reason = "none of the " + strconv.Itoa(len(names)) + " names in " + o.feature + " matches"
	}
	if doubt := o.nameDoubt(e); doubt != "" {
		r.Outcome, r.Reason = Unknown, r.Reason+", but "+doubt
	}
}

// allNames shows the names of all elements.
func (o *observation) allNames() string {
	if o.someNames == "" {
		var all sample
		for _, name := range o.elementNames() {
			if all.add(name, maxShownNames); o.watch.done(1) {
				break
			}
		}
		o.someNames = all.String()
	}
	return o.someNames
}

// present is what is observed of a flag.
func (o *observation) present() *string {
	if o.flagPresent == nil {
		o.flagPresent = new("present")
	}
	return o.flagPresent
}

// A sample is the first of some names, in their order, and how many there are. Each name is added once.
type sample struct {
	first []string
	count int
}

// add adds a name, of which at most so many are kept.
func (s *sample) add(name string, most int) {
	s.count++
	if len(s.first) == most {
		if name > s.first[most-1] {
			return
		}
		s.first = s.first[:most-1]
	}
	i, _ := slices.BinarySearch(s.first, name)
	s.first = slices.Insert(s.first, i, name)
}

// String lists the names: "AVX, AVX2, … (12 in all)".
func (s *sample) String() string {
	shown := make([]string, len(s.first), len(s.first)+1)
	for i, name := range s.first {
		shown[i] = shorten(name)
	}
	if s.count > len(s.first) {
		shown = append(shown, fmt.Sprintf("… (%d in all)", s.count))
	}
	return strings.Join(shown, ", ")
}

// stepsOfWords is what it takes to put a result into words.
const stepsOfWords = 100

// What a report shows of the host is bounded, since a spec can ask for one value very often.
const (
	maxShownValue    = 1 << 10
	maxShownNames    = 10 // not more than a reader wants
	maxShownInstance = 64 // attributes
	maxReason        = 2 << 10
	// maxShown bounds all results together. Those beyond it are as terse as leastShown says, and have no instance.
	maxShown   = 8 << 20
	leastShown = 100
)

// fit cuts what results show to what there is room for.
func (e *evaluation) fit(results []ExpressionResult) {
	for i := range results {
		r := &results[i]
		r.Reason = cut(r.Reason, maxReason)
		e.shown += len(r.Reason)
		if r.Observed != nil {
			e.shown += len(*r.Observed)
		}
		for name, value := range r.Instance {
			e.shown += len(name) + len(value) + leastShown
		}
		if e.shown > maxShown {
			r.Reason, r.Instance = cut(r.Reason, leastShown), nil
			if r.Observed != nil && len(*r.Observed) > leastShown {
				r.Observed = new(cut(*r.Observed, leastShown))
			}
		}
	}
}

// fitReason cuts the reason of a result to what there is room for.
func (e *evaluation) fitReason(reason string) string {
	reason = cut(reason, maxReason)
	if e.shown += len(reason); e.shown > maxShown {
		return cut(reason, leastShown)
	}
	return reason
}

// fitReasons returns what a report says of a feature's status: in all but odd cases, all of it.
func (e *evaluation) fitReasons(reasons []string) []string {
	size := 0
	for _, reason := range reasons {
		if size += len(reason); size > maxReason {
			break
		}
	}
	if e.shown += min(size, maxReason); size <= maxReason && e.shown <= maxShown {
		return reasons
	}
	return []string{e.fitReason(firstReasons(reasons))}
}

// shortened cuts a value that is longer than a report shows.
func shortened(value string) string { return cut(value, maxShownValue) }

// cut cuts a text that is longer than so many bytes. It does not keep the text itself.
func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

// shownInstance returns what a report shows of an instance: in all but odd cases, the whole.
func (o *observation) shownInstance(of int) map[string]string {
	attributes := o.instances[of].Attributes
	size := 0
	for name, value := range attributes {
		if size += len(name) + len(value); size > maxShownValue {
			break
		}
	}
	switch {
	case size <= maxShownValue:
		return attributes
	case o.shown != nil && o.shownOf == of:
		return o.shown
	}
	var names sample
	for name := range attributes {
		if names.add(name, maxShownInstance); o.watch.done(1) {
			break
		}
	}
	o.shownOf, o.shown, size = of, map[string]string{}, 0
	for _, name := range names.first {
		value := shorten(attributes[name])
		if name = shorten(name); size+len(name)+len(value) > maxShownValue {
			break
		}
		o.shown[name] = value
		size += len(name) + len(value)
	}
	return o.shown
}
