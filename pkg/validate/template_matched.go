package validate

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"
)

// matchedElements is what a template sees, as in NFD: by domain and name of a feature, the elements that matched. A flag
// or an attribute is {Name: …, Value: …} (a flag has no Value), an instance is its attributes.
type matchedElements map[string]map[string][]map[string]string

// maxMatched bounds the elements that a template sees, each of which takes hundreds of bytes.
const maxMatched = 32 << 10

var errMatched = fmt.Errorf("more elements match than the %d that a template can see", maxMatched)

// fromTemplate returns what the template of a rule that matches publishes: that of each alternative that matches, and
// then that of matchFeatures, later ones over earlier ones. The error says why nobody can tell.
func (e *evaluation) fromTemplate(r *rule, alternatives []Outcome) (map[string]string, error) {
	var all map[string]string
	add := func(terms []term) error {
		vars, err := e.expand(r.template, terms)
		if all == nil {
			all = vars
		} else {
			maps.Copy(all, vars)
		}
		return err
	}
	for i, outcome := range alternatives {
		switch outcome {
		case Match:
			if err := add(r.alternatives[i].terms); err != nil {
				return nil, err
			}
		case Unknown:
			return nil, fmt.Errorf("it is not known whether alternative %d matches", i+1)
		case Mismatch:
		}
	}
	if len(r.matcher.terms) == 0 {
		return all, nil
	}
	if err := add(r.matcher.terms); err != nil {
		return nil, err
	}
	return all, nil
}

// expand executes a template on what terms, all of which match, have matched, and returns the variables.
func (e *evaluation) expand(t *varsTemplate, terms []term) (map[string]string, error) {
	matched, count := matchedElements{}, 0
	for i := range terms {
		o := e.observe(terms[i].feature, terms[i].place)
		if doubt := o.mayMatchMore(&terms[i]); doubt != "" {
			return nil, fmt.Errorf("it is not known what else it would see: %s", doubt)
		}
		domain, name, _ := strings.Cut(terms[i].feature, ".")
		if matched[domain] == nil {
			matched[domain] = map[string][]map[string]string{}
		}
		elements := o.matched(&terms[i])
		if count += len(elements); count > maxMatched {
			return nil, errMatched
		}
		if before := matched[domain][name]; before != nil {
			elements = append(before, elements...)
		}
		matched[domain][name] = elements
	}
	if e.watch.done(0) {
		return nil, e.watch.err
	}
	return t.publish(e.watch.ctx, matched)
}

// mayMatchMore returns why there may be elements that match a term beside those that were found, or "". Flags and
// attributes that a term names are not in doubt if it matches; others are, and so are instances.
func (o *observation) mayMatchMore(t *term) string {
	if t.name != nil || !o.hasNamed || o.hasInstances {
		return o.anyDoubt()
	}
	return ""
}

// matched returns the elements that match a term, in NFD's order: those that matchExpressions names, the instances that
// satisfy them, and the same for matchName.
func (o *observation) matched(t *term) []map[string]string {
	var all []map[string]string
	if len(t.expressions) > 0 {
		all = o.matchedNamed(t.expressions)
		for i, of := range o.judgeInstances(t.expressions) {
			if of.all == Match {
				all = append(all, o.instances[i].Attributes)
			}
			if len(all) > maxMatched {
				break
			}
		}
	}
	if t.name == nil || t.name.op == nfdv1alpha1.MatchDoesNotExist {
		return all
	}
	if o.matchedBy != t.name {
		o.matchNames(t.name)
	}
	names := o.matchedNames
	o.watch.sort(names)
	all = slices.Grow(all, len(names))
	for _, name := range names { // of a flag and an attribute of one name the flag comes first
		if _, isFlag := o.flags[name]; isFlag {
			all = append(all, o.flagElement(name))
		}
		if value, isAttribute := o.attributes[name]; isAttribute {
			all = append(all, attributeElement(name, value))
		}
	}
	for i := 0; i < len(o.instances) && len(all) <= maxMatched && !o.watch.done(1); i++ {
		for name := range o.instances[i].Attributes {
			if t.name.testName(name, o.watch) == Match {
				all = append(all, o.instances[i].Attributes)
				break
			}
		}
	}
	return all
}

// matchNames notes the names that an expression matches.
func (o *observation) matchNames(e *expression) {
	o.matchedBy, o.matchedNames = e, o.matchedNames[:0]
	for _, name := range o.elementNames() {
		if e.testName(name, o.watch) == Match {
			o.matchedNames = append(o.matchedNames, name)
		}
		if len(o.matchedNames) > maxMatched || o.watch.done(1) {
			return // it is refused, so any will do
		}
	}
}

// matchedNamed returns the flags and attributes that matchExpressions names. Of a feature that has both, one that does
// not exist is matched twice, as in NFD.
func (o *observation) matchedNamed(expressions []expression) []map[string]string {
	var named []map[string]string
	for i := range expressions {
		e := &expressions[i]
		_, isFlag := o.flags[e.element]
		value, isAttribute := o.attributes[e.element]
		if e.op == nfdv1alpha1.MatchDoesNotExist {
			if o.flags != nil && isFlag {
				continue
			}
			if o.flags != nil {
				named = append(named, o.flagElement(e.element))
			}
			if o.attributes != nil && !isAttribute {
				named = append(named, attributeElement(e.element, ""))
			}
			continue
		}
		if isFlag && e.op == nfdv1alpha1.MatchExists {
			named = append(named, o.flagElement(e.element))
		}
		if isAttribute && (e.op == nfdv1alpha1.MatchExists || e.predicate.test(value, o.watch) == Match) {
			named = append(named, attributeElement(e.element, value))
		}
	}
	return named // as expressions are
}

// flagElement is what a template sees of a flag. It cannot change it, so there is one for all templates.
func (o *observation) flagElement(name string) map[string]string {
	element := o.flagElements[name]
	if element == nil {
		const entries = 128 // of a column take as much
		element = map[string]string{"Name": name}
		if *o.kept+entries > maxKept {
			return element
		}
		*o.kept += entries
		if o.flagElements == nil {
			o.flagElements = map[string]map[string]string{}
		}
		o.flagElements[name] = element
	}
	return element
}

func attributeElement(name, value string) map[string]string {
	return map[string]string{"Name": name, "Value": value}
}
