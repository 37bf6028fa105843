package validate

import (
	"fmt"
	"maps"
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
	watch   *watch

	hasNamed     bool // the feature has flags or attributes, be it none
	flags        map[string]nfdv1alpha1.Nil
	attributes   map[string]string
	hasInstances bool
	instances    []nfdv1alpha1.InstanceFeature

	// blind is why nothing can be told of the feature, and undefined is set if nobody knows such a feature.
	blind     string
	undefined bool
	// incomplete is why there may be elements or instances that were not found, or "".
	incomplete string
	// doubtful are the elements of which alone this is so; nil if any element and any instance may be missing.
	doubtful []string
	// without are elements of which it is not so.
	without []string
	// vars are those of rule.matched, and nil for any other feature.
	vars *vars

	// What is made once of the above, when it is first asked for.
	nameList []string
	// matchedNames are the names that the expression matchedBy has matched last, as many as a template can see and one.
	matchedNames []string
	matchedBy    *expression
	someNames    string
	flagPresent  *string
	celValues    map[string]any // by kind
	columns      map[string]*column
	kept         *int // entries of columns, those of other features among them
	judged       []instanceOutcome
	shown        map[string]string // of the instance shownOf, which is a long one
	shownOf      int
	// flagElements are what templates see of the flags.
	flagElements map[string]map[string]string
}

// observe looks up a feature of the host, or what the set's rules have published so far.
func (e *evaluation) observe(feature string, place int) *observation {
	o := &e.observations[place]
	switch {
	case feature == spec.RuleMatched:
		if e.vars.known == nil { // there are none yet, but the feature exists
			e.vars.known = map[string]string{}
		}
		*o = observation{feature: feature, watch: &e.watch, hasNamed: true, vars: &e.vars, attributes: e.vars.known}
		return o
	case o.watch != nil: // it was looked up before
		return o
	}
	o.feature, o.watch, o.kept = shorten(feature), &e.watch, &e.kept
	e.watch.done(stepsOfStatus)
	status := e.host.Status(feature)
	because := firstReasons(status.Reasons)
	switch status.State {
	case features.Undefined:
		o.undefined = true
		return o
	case features.Unreadable:
		o.blind = fmt.Sprintf("%s could not be read: %s", o.feature, because)
		return o
	case features.Unsupported:
		o.blind = fmt.Sprintf("%s cannot be told here: %s", o.feature, because)
		return o
	case features.Incomplete:
		o.incomplete, o.doubtful = fmt.Sprintf("not all of %s could be read: %s", o.feature, because), status.Elements
		o.without = status.Without
	case features.Discovered, features.Absent:
	}
	flags, hasFlags := e.host.Features.Flags[feature]
	attributes, hasAttributes := e.host.Features.Attributes[feature]
	instances, hasInstances := e.host.Features.Instances[feature]
	o.hasNamed, o.hasInstances = hasFlags || hasAttributes, hasInstances
	o.flags, o.attributes, o.instances = flags.Elements, attributes.Elements, instances.Elements
	return o
}

// stepsOfStatus is what it takes to look up a feature.
const stepsOfStatus = 1000

// firstReasons joins reasons, as many as a sentence has room for.
func firstReasons(reasons []string) string {
	var b strings.Builder
	for i, reason := range reasons {
		if i > 0 {
			b.WriteString("; ")
		}
		if b.Len() > maxShownValue/4 {
			return b.String() + "…"
		}
		b.WriteString(cut(reason, maxShownValue/4))
	}
	return b.String()
}

// doubt returns why an element that was not found may be there all the same, or "".
func (o *observation) doubt(element string) string {
	if o.vars != nil {
		return o.vars.doubt(element)
	}
	if o.doubtful != nil && !slices.Contains(o.doubtful, element) || slices.Contains(o.without, element) {
		return ""
	}
	return o.incomplete
}

// hasFlagsAlone says whether an element that was not found would be a flag, which has no value: the feature is of no other kind.
func (o *observation) hasFlagsAlone() bool {
	if o.vars != nil || o.attributes != nil || o.hasInstances {
		return false
	}
	entry, _ := features.Lookup(o.feature)
	return len(entry.Kinds) == 1 && entry.Kinds[0] == features.Flag
}

// instancesDoubt returns why there may be instances that were not found, or "".
func (o *observation) instancesDoubt() string {
	if o.doubtful != nil {
		return ""
	}
	return o.incomplete
}

// nameDoubt returns why there may be an element that was not found and whose name an expression matches, or "".
func (o *observation) nameDoubt(e *expression) string {
	if o.doubtful != nil && !slices.ContainsFunc(o.doubtful, func(name string) bool { return e.testName(name, o.watch) != Mismatch }) {
		return ""
	}
	return o.anyDoubt()
}

// anyDoubt returns why there may be elements or instances that were not found, or "".
func (o *observation) anyDoubt() string {
	if o.vars != nil {
		return o.vars.anyDoubtful()
	}
	return o.incomplete
}

// found tells as what an element was found.
type found int

const (
	notFound found = iota
	foundFlag
	foundAttribute
)

// find looks for a flag or an attribute. One that is both is an attribute, which has a value.
func (o *observation) find(element string) (value string, as found) {
	if value, ok := o.attributes[element]; ok {
		return value, foundAttribute
	}
	if _, ok := o.flags[element]; ok {
		return "", foundFlag
	}
	return "", notFound
}

// elementNames returns the names of all elements, each once, in no order: of flags, attributes, and the attributes of
// instances.
func (o *observation) elementNames() []string {
	if o.nameList != nil {
		return o.nameList
	}
	names := make([]string, 0, len(o.flags)+len(o.attributes))
	for name := range o.flags {
		if names = append(names, name); o.watch.done(1) {
			break
		}
	}
	for name := range o.attributes {
		if _, isFlag := o.flags[name]; !isFlag {
			names = append(names, name)
		}
		if o.watch.done(1) {
			break
		}
	}
	if len(o.instances) > 0 {
		of := map[string]bool{}
		for i := 0; i < len(o.instances) && !o.watch.done(1+len(o.instances[i].Attributes)); i++ {
			for name := range o.instances[i].Attributes {
				if _, as := o.find(name); as == notFound {
					of[name] = true
				}
			}
		}
		names = slices.AppendSeq(names, maps.Keys(of))
	}
	o.nameList = names
	return names
}
