package features

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"
)

// An Override tells what of one feature is not the host's own, but was given for the question "what if?".
type Override struct {
	// Feature is the feature's name.
	Feature string `json:"feature"`
	// Set are the elements that were given, sorted: NAME=VALUE of an attribute, NAME of a flag.
	Set []string `json:"set,omitempty"`
	// Removed are the elements that the host is taken not to have, sorted.
	Removed []string `json:"removed,omitempty"`
	// Instances is the number of instances that stand for the host's own; nil if those stand.
	Instances *int `json:"instances,omitempty"`
	// More is the number of further elements in Set or Removed, which have room for no more.
	More int `json:"more,omitempty"`
}

// maxOverridden bounds the elements of one feature that an [Override] lists: a kernel has thousands of options.
const maxOverridden = 32

// Assign returns the set as it would be with these assignments. The set itself stays as it is.
//
// What follows from an element follows: the numbers of a version from the version, CUDA's from that of NVIDIA's driver, the
// x86-64 level from the processor's flags; what is assigned itself is never changed by that. See [Assignment.PartOf].
//
// An unreadable or unsupported feature becomes [Incomplete]: what is assigned decides, and the rest stays unknown. An absent
// one is discovered, with nothing else in it. The result's Overrides name every element that was changed.
func (s *Set) Assign(assignments ...Assignment) *Set {
	c := newChange(s)
	c.assign(assignments)
	return c.finish()
}

// Override returns the set as it would be with the features of another one. Flags and attributes are taken by the element, as
// by [Set.Assign], so those that the other does not have stand; the instances of a feature are replaced by the other's, all of
// them. What is not known of the other changes nothing. Neither set is changed.
func (s *Set) Override(other *Set) *Set {
	c := newChange(s)
	var assignments []Assignment
	for _, name := range slices.Sorted(maps.Keys(other.Features.Flags)) {
		for _, element := range slices.Sorted(maps.Keys(other.Features.Flags[name].Elements)) {
			assignments = append(assignments, Assignment{Feature: name, Element: element, Kind: Flag})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(other.Features.Attributes)) {
		elements := other.Features.Attributes[name].Elements
		for _, element := range slices.Sorted(maps.Keys(elements)) {
			assignments = append(assignments, Assignment{Feature: name, Element: element, Kind: Attribute, Value: elements[element]})
		}
	}
	c.assign(assignments)
	for name, feature := range other.Features.Instances {
		c.replace(name, feature.Elements, other.Status(name))
	}
	return c.finish()
}

// A change is a set in the making, from another one. It shares with that what is not changed.
type change struct {
	set *Set
	// owned tells the features whose maps are the change's own, by kind.
	owned map[Kind]map[string]bool
	// explicit are the elements that are assigned and do not follow from others, by feature and element.
	explicit map[[2]string]bool
	// made is the last assignment to each element, and instances the number of those that were replaced.
	made      map[string]map[string]Assignment
	instances map[string]int
}

func newChange(from *Set) *change {
	return &change{
		set: &Set{
			Features: nfdv1alpha1.Features{
				Flags: clone(from.Features.Flags), Attributes: clone(from.Features.Attributes), Instances: clone(from.Features.Instances),
			},
			Statuses: clone(from.Statuses), Node: from.Node, Overrides: from.Overrides,
		},
		owned:     map[Kind]map[string]bool{Flag: {}, Attribute: {}},
		explicit:  map[[2]string]bool{},
		made:      map[string]map[string]Assignment{},
		instances: map[string]int{},
	}
}

// clone is maps.Clone, but never nil.
func clone[T any](from map[string]T) map[string]T {
	if from == nil {
		return map[string]T{}
	}
	return maps.Clone(from)
}

// assign makes the assignments, each with what follows from it.
func (c *change) assign(assignments []Assignment) {
	for _, a := range assignments {
		c.explicit[[2]string{a.Feature, a.Element}] = true
		if a.Feature == "kernel.version" && a.Element == "full" { // which is not quite the release that the others follow from
			a.Value = parseKernelVersion(a.Value)["full"]
		}
		c.one(a)
	}
	for _, a := range assignments {
		for _, follower := range c.following(a) {
			if !c.isExplicit(follower.Feature, follower.Element) {
				c.one(follower)
			}
		}
	}
}

func (c *change) isExplicit(feature, element string) bool {
	return c.explicit[[2]string{feature, element}]
}

// one makes one assignment.
func (c *change) one(a Assignment) {
	before := c.set.Status(a.Feature)
	switch a.Kind {
	case Attribute:
		elements := c.attributes(a.Feature)
		if delete(elements, a.Element); !a.Removed {
			elements[a.Element] = a.Value
		}
	case Flag, Instance:
		elements := c.flags(a.Feature)
		if delete(elements, a.Element); !a.Removed {
			elements[a.Element] = nfdv1alpha1.Nil{}
		}
	}
	c.setStatus(a.Feature, before.decidedBy(a))
	if c.made[a.Feature] == nil {
		c.made[a.Feature] = map[string]Assignment{}
	}
	c.made[a.Feature][a.Element] = a
}

// flags returns the flags of a feature, to be changed.
func (c *change) flags(feature string) map[string]nfdv1alpha1.Nil {
	if !c.owned[Flag][feature] {
		c.owned[Flag][feature] = true
		c.set.Features.Flags[feature] = newFlags(clone(c.set.Features.Flags[feature].Elements))
	}
	return c.set.Features.Flags[feature].Elements
}

// attributes returns the attributes of a feature, to be changed.
func (c *change) attributes(feature string) map[string]string {
	if !c.owned[Attribute][feature] {
		c.owned[Attribute][feature] = true
		c.set.Features.Attributes[feature] = newAttributes(clone(c.set.Features.Attributes[feature].Elements))
	}
	return c.set.Features.Attributes[feature].Elements
}

func (c *change) setStatus(feature string, status Status) {
	if status.State == Discovered {
		delete(c.set.Statuses, feature)
		return
	}
	c.set.Statuses[feature] = status
}

// decidedBy returns the status of a feature after an assignment, which decides of its element.
func (s Status) decidedBy(a Assignment) Status {
	switch s.State {
	case Unreadable, Unsupported:
		s = Status{State: Incomplete, Reasons: s.Reasons}
	case Absent:
		if a.Removed {
			return s
		}
		return Status{State: Discovered}
	case Discovered, Undefined:
		return Status{State: Discovered}
	case Incomplete:
	}
	isIt := func(name string) bool { return name == a.Element }
	if len(s.Elements) > 0 {
		if s.Elements = slices.DeleteFunc(slices.Clone(s.Elements), isIt); len(s.Elements) == 0 {
			return Status{State: Discovered}
		}
		return s
	}
	s.Without = slices.DeleteFunc(slices.Clone(s.Without), isIt)
	if a.Removed {
		s.Without = append(s.Without, a.Element)
		slices.Sort(s.Without)
	}
	return s
}

// doubt takes an attribute away of which nobody can tell any more what it is.
func (c *change) doubt(feature, element, reason string) {
	status := c.set.Status(feature)
	if status.State == Unreadable || status.State == Unsupported || c.isExplicit(feature, element) {
		return
	}
	delete(c.attributes(feature), element)
	switch {
	case status.State != Incomplete:
		status = Status{State: Incomplete, Elements: []string{element}}
	case len(status.Elements) > 0:
		status.Elements = append(slices.Clone(status.Elements), element)
		slices.Sort(status.Elements)
		status.Elements = slices.Compact(status.Elements)
	default:
		status.Without = slices.DeleteFunc(slices.Clone(status.Without), func(name string) bool { return name == element })
	}
	if !slices.Contains(status.Reasons, reason) {
		status.Reasons = append(slices.Clone(status.Reasons), reason)
	}
	c.setStatus(feature, status)
}

// replace puts instances in the place of the feature's own.
func (c *change) replace(feature string, instances []nfdv1alpha1.InstanceFeature, status Status) {
	c.set.Features.Instances[feature] = newInstances(instances)
	if status.State == Discovered && len(instances) == 0 {
		status.State = Absent
	}
	c.setStatus(feature, status)
	c.instances[feature] = len(instances)
}

// finish returns the set, with a record of what was changed.
func (c *change) finish() *Set {
	records := map[string]Override{}
	for _, before := range c.set.Overrides {
		records[before.Feature] = before
	}
	for feature, made := range c.made {
		record := records[feature]
		record.Feature = feature
		var set, removed []string
		for _, element := range slices.Sorted(maps.Keys(made)) {
			switch a := made[element]; {
			case a.Removed:
				removed = append(removed, a.Element)
			case a.Kind == Attribute:
				set = append(set, a.Element+"="+a.Value)
			default:
				set = append(set, a.Element)
			}
		}
		records[feature] = record.with(made, set, removed)
	}
	for feature, n := range c.instances {
		record := records[feature]
		record.Feature, record.Instances = feature, &n
		records[feature] = record
	}
	c.set.Overrides = nil
	for _, feature := range slices.Sorted(maps.Keys(records)) {
		c.set.Overrides = append(c.set.Overrides, records[feature])
	}
	return c.set
}

// with returns the record with further elements, in the place of what it has of these.
func (o Override) with(made map[string]Assignment, set, removed []string) Override {
	name := func(text string) string { name, _, _ := strings.Cut(text, "="); return name }
	anew := func(text string) bool { _, again := made[name(text)]; return again }
	o.Set = append(slices.DeleteFunc(slices.Clone(o.Set), anew), set...)
	o.Removed = append(slices.DeleteFunc(slices.Clone(o.Removed), anew), removed...)
	slices.Sort(o.Set)
	slices.Sort(o.Removed)
	for _, list := range []*[]string{&o.Set, &o.Removed} {
		if more := len(*list) - maxOverridden; more > 0 {
			*list = (*list)[:maxOverridden:maxOverridden]
			o.More += more
		}
		if len(*list) == 0 {
			*list = nil
		}
	}
	return o
}

// String tells the override to people, such as "kernel.version full=6.12.0 major=6, without minor".
func (o Override) String() string {
	var parts []string
	if len(o.Set) > 0 {
		parts = append(parts, strings.Join(o.Set, " "))
	}
	if len(o.Removed) > 0 {
		parts = append(parts, "without "+strings.Join(o.Removed, " "))
	}
	if o.Instances != nil {
		parts = append(parts, fmt.Sprintf("%d other instances", *o.Instances))
	}
	if o.More > 0 {
		parts = append(parts, fmt.Sprintf("and %d more", o.More))
	}
	return o.Feature + " " + strings.Join(parts, ", ")
}
