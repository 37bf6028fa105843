package validate

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"

	"github.com/nfd-compat/nfd-compat/pkg/features"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
)

// An observation is what is known of one feature of the host.
//
// A feature may have elements of several kinds, as cpu.cpuid has flags and attributes. As in NFD, flags and attributes
// are taken together; the instances are asked apart, and one that satisfies a term does.
type observation struct {
	feature string

	hasNamed     bool // the feature has flags or attributes, be it none
	flags        map[string]nfdv1alpha1.Nil
	attributes   map[string]string
	hasInstances bool
	instances    []nfdv1alpha1.InstanceFeature

	// blind is why nothing can be told of the feature, and undefined is set if nobody knows such a feature.
	blind     string
	undefined bool
	// doubt returns why an element that was not found may be there all the same, or "".
	doubt func(element string) string
	// anyDoubt is why there may be elements or instances that were not found, or "".
	anyDoubt string
}

func noDoubt(string) string { return "" }

// observe looks up a feature of the host, or what the set's rules have published so far.
func (e *evaluation) observe(feature string) *observation {
	if feature == spec.RuleMatched {
		return &observation{
			feature: feature, hasNamed: true, attributes: e.vars.known,
			doubt: e.vars.doubt, anyDoubt: e.vars.anyDoubtful(),
		}
	}
	o := &observation{feature: feature, doubt: noDoubt}
	status := e.host.Status(feature)
	because := strings.Join(status.Reasons, "; ")
	switch status.State {
	case features.Undefined:
		o.undefined = true
		return o
	case features.Unreadable:
		o.blind = fmt.Sprintf("%s could not be read: %s", feature, because)
		return o
	case features.Unsupported:
		o.blind = fmt.Sprintf("%s cannot be told here: %s", feature, because)
		return o
	case features.Incomplete:
		o.anyDoubt = fmt.Sprintf("not all of %s could be read: %s", feature, because)
		o.doubt = func(string) string { return o.anyDoubt }
	case features.Discovered, features.Absent:
	}
	flags, hasFlags := e.host.Features.Flags[feature]
	attributes, hasAttributes := e.host.Features.Attributes[feature]
	instances, hasInstances := e.host.Features.Instances[feature]
	o.hasNamed, o.hasInstances = hasFlags || hasAttributes, hasInstances
	o.flags, o.attributes, o.instances = flags.Elements, attributes.Elements, instances.Elements
	return o
}

// term judges a term: its matchExpressions AND its matchName.
func (o *observation) term(t *term) ([]ExpressionResult, Outcome) {
	var results []ExpressionResult
	outcome := Match
	if len(t.expressions) > 0 {
		results, outcome = o.expressions(t.expressions)
	}
	if t.name != nil {
		r := o.names(t.name)
		results = append(results, r)
		outcome = And(outcome, r.Outcome)
	}
	return results, outcome
}

// expressions judges matchExpressions.
func (o *observation) expressions(expressions []expression) ([]ExpressionResult, Outcome) {
	switch {
	case o.blind != "" || o.undefined:
		results := make([]ExpressionResult, len(expressions))
		for i := range expressions {
			results[i] = o.unobserved(&expressions[i], MatchExpressions)
		}
		return results, results[0].Outcome
	case !o.hasInstances:
		return o.named(expressions)
	case !o.hasNamed:
		return o.anyInstance(expressions)
	default:
		results, outcome := o.named(expressions)
		if fromInstances, o := o.anyInstance(expressions); o > outcome {
			return fromInstances, o
		}
		return results, outcome
	}
}

// unobserved is the result of an expression on a feature of which there is nothing to look at.
func (o *observation) unobserved(e *expression, m Matcher) ExpressionResult {
	r := o.result(e, m)
	if o.undefined {
		r.Outcome, r.Reason = Mismatch, fmt.Sprintf("no feature %s is known", o.feature)
		return r
	}
	r.Outcome, r.Reason = Unknown, o.blind
	return r
}

// result begins the result of an expression with what is wanted.
func (o *observation) result(e *expression, m Matcher) ExpressionResult {
	return ExpressionResult{Feature: o.feature, Matcher: m, Element: e.element, Op: e.op, Value: e.values, Type: e.valueType}
}

// named judges expressions on flags and attributes, all of which must match.
func (o *observation) named(expressions []expression) ([]ExpressionResult, Outcome) {
	results := make([]ExpressionResult, len(expressions))
	all := Match
	for i := range expressions {
		e := &expressions[i]
		r := o.result(e, MatchExpressions)
		value, isAttribute := o.attributes[e.element]
		_, isFlag := o.flags[e.element]
		switch {
		case isAttribute:
			r.Observed = &value
		case isFlag:
			r.Observed = new("present")
		}
		r.Outcome, r.Reason = o.element(e, value, isAttribute, isFlag)
		results[i] = r
		all = And(all, r.Outcome)
	}
	return results, all
}

// element judges an expression on the element that it names.
func (o *observation) element(e *expression, value string, isAttribute, isFlag bool) (Outcome, string) {
	found := isAttribute || isFlag
	if !found {
		if doubt := o.doubt(e.element); doubt != "" {
			return Unknown, doubt
		}
	}
	switch {
	case e.op == nfdv1alpha1.MatchDoesNotExist && found:
		return Mismatch, fmt.Sprintf("%s has %s", o.feature, e.element)
	case e.op == nfdv1alpha1.MatchDoesNotExist, e.op == nfdv1alpha1.MatchExists && found:
		return Match, ""
	case !found:
		return Mismatch, o.hasNo(e.element)
	case !isAttribute:
		return Mismatch, fmt.Sprintf("%s of %s is a flag, which has no value to compare: use Exists", e.element, o.feature)
	}
	return e.test(value)
}

// test asks an expression's predicate of a value.
func (e *expression) test(value string) (Outcome, string) {
	outcome := e.predicate.test(value)
	if outcome == Match {
		return Match, ""
	}
	return outcome, e.predicate.because(value)
}

// hasNo says that an element is missing, and how many there are, so that nobody takes an empty feature for a full one.
func (o *observation) hasNo(element string) string {
	n := len(o.attributes) + len(o.flags)
	switch {
	case o.feature == spec.RuleMatched:
		return fmt.Sprintf("no earlier rule that matched has set %s", element)
	case n == 0:
		return fmt.Sprintf("the host has no %s, so no %s", o.feature, element)
	case n == 1:
		return fmt.Sprintf("%s is not the one element of %s", element, o.feature)
	}
	return fmt.Sprintf("%s is not among the %d elements of %s", element, n, o.feature)
}

// anyInstance judges expressions on instances: one single instance must satisfy all of them. The results are those of
// the instance that comes closest.
func (o *observation) anyInstance(expressions []expression) ([]ExpressionResult, Outcome) {
	closest, closestMatching, outcome := -1, 0, Mismatch
	for i := range o.instances {
		of, matching := o.instance(expressions, o.instances[i].Attributes)
		if closest < 0 || of > outcome || of == outcome && matching > closestMatching {
			closest, closestMatching, outcome = i, matching, of
		}
	}
	undecided := outcome == Mismatch && o.anyDoubt != ""
	if undecided { // the one that would match may be among those that could not be read
		outcome = Unknown
	}
	count := len(o.instances)
	results := make([]ExpressionResult, len(expressions))
	for i := range expressions {
		e := &expressions[i]
		r := o.result(e, MatchExpressions)
		r.Instances = &count
		if closest < 0 {
			r.Outcome, r.Reason = Mismatch, fmt.Sprintf("the host has no %s", o.feature)
		} else {
			o.explain(&r, e, o.instances[closest].Attributes)
		}
		if undecided && r.Outcome == Mismatch {
			r.Outcome, r.Reason = Unknown, r.Reason+", but "+o.anyDoubt
		}
		results[i] = r
	}
	return results, outcome
}

// instance judges one instance, and tells how many of the expressions match.
func (o *observation) instance(expressions []expression, attributes map[string]string) (Outcome, int) {
	all, matching := Match, 0
	for i := range expressions {
		value, found := attributes[expressions[i].element]
		outcome := o.attribute(&expressions[i], value, found)
		if outcome == Match {
			matching++
		}
		all = And(all, outcome)
	}
	return all, matching
}

// attribute judges an expression on an attribute of one instance.
func (o *observation) attribute(e *expression, value string, found bool) Outcome {
	switch {
	case !found && o.anyDoubt != "":
		return Unknown
	case e.op == nfdv1alpha1.MatchDoesNotExist:
		return outcomeOf(!found)
	case e.op == nfdv1alpha1.MatchExists || !found:
		return outcomeOf(found)
	default:
		return e.predicate.test(value)
	}
}

// explain fills in the result of an expression on the closest instance.
func (o *observation) explain(r *ExpressionResult, e *expression, attributes map[string]string) {
	value, found := attributes[e.element]
	r.Instance = attributes
	if found {
		r.Observed = &value
	}
	r.Outcome = o.attribute(e, value, found)
	switch {
	case r.Outcome == Match:
	case !found && o.anyDoubt != "":
		r.Reason = o.anyDoubt
	case !found:
		r.Reason = fmt.Sprintf("the closest %s has no %s", o.feature, e.element)
	case e.op == nfdv1alpha1.MatchDoesNotExist:
		r.Reason = fmt.Sprintf("the closest %s has %s", o.feature, e.element)
	default:
		r.Reason = e.predicate.because(value)
	}
}

// names judges matchName: an expression on the names of the elements, of which one must match.
func (o *observation) names(e *expression) ExpressionResult {
	if o.blind != "" || o.undefined {
		return o.unobserved(e, MatchName)
	}
	r := o.result(e, MatchName)
	r.Outcome = Mismatch
	if e.op == nfdv1alpha1.MatchDoesNotExist { // as in NFD, whatever there is
		r.Reason = "matchName with DoesNotExist never matches: name the element in matchExpressions"
		return r
	}
	var decisive []string // those that match; while none does, those that cannot be compared, or just all
	for name := range o.elementNames() {
		outcome := e.testName(name)
		if outcome > r.Outcome {
			r.Outcome, decisive = outcome, nil
		}
		if outcome == r.Outcome {
			decisive = append(decisive, name)
		}
	}
	slices.Sort(decisive)
	decisive = slices.Compact(decisive)
	if len(decisive) > 0 {
		r.Observed = new(someOf(decisive))
	}
	switch {
	case r.Outcome == Match:
		return r
	case r.Outcome == Unknown:
		r.Reason = e.predicate.because(decisive[0])
		return r
	case len(decisive) == 0:
		r.Reason = fmt.Sprintf("the host has no %s", o.feature)
	default:
		r.Reason = fmt.Sprintf("none of the %d names in %s matches", len(decisive), o.feature)
	}
	if o.anyDoubt != "" {
		r.Outcome, r.Reason = Unknown, r.Reason+", but "+o.anyDoubt
	}
	return r
}

// testName asks an expression of the name of an element that exists.
func (e *expression) testName(name string) Outcome {
	if e.op == nfdv1alpha1.MatchExists {
		return Match
	}
	return e.predicate.test(name)
}

// elementNames yields the names of all elements: of flags, attributes, and the attributes of instances. Several instances
// have one name.
func (o *observation) elementNames() iter.Seq[string] {
	return func(yield func(string) bool) {
		for name := range o.flags {
			if !yield(name) {
				return
			}
		}
		for name := range o.attributes {
			if !yield(name) {
				return
			}
		}
		for i := range o.instances {
			for name := range o.instances[i].Attributes {
				if !yield(name) {
					return
				}
			}
		}
	}
}

// someOf lists names for a report, not more than a reader wants.
func someOf(names []string) string {
	const most = 10
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s, … (%d in all)", strings.Join(names[:most], ", "), len(names))
}
