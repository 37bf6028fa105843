package features

import (
	"fmt"
	"slices"

	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"
)

// maxReasons bounds the reasons of one feature: a thousand unreadable devices are told by the first of them.
const maxReasons = 20

// A finding is what a reader found of one feature. The zero value says that the feature is absent.
type finding struct {
	// state is empty unless the feature is Incomplete, Unreadable or Unsupported. Discovered and Absent differ by
	// whether there is an element.
	state   State
	reasons []string
	// doubtful are the elements of which alone it is not known whether they are there, unless anything else may be missing too.
	doubtful   []string
	isDoubtful bool // anything else may be missing
	flags      map[string]nfdv1alpha1.Nil
	attributes map[string]string
	instances  []nfdv1alpha1.InstanceFeature
}

func unreadable(err error) finding {
	return finding{state: Unreadable, reasons: []string{err.Error()}}
}

func unsupported(reason string) finding {
	return finding{state: Unsupported, reasons: []string{reason}}
}

// miss notes that a part could not be read.
func (f *finding) miss(err error) {
	f.state, f.isDoubtful = Incomplete, true
	f.reasons = append(f.reasons, err.Error())
}

// missElements notes that these elements could not be read, and nothing else is missing for that.
func (f *finding) missElements(err error, elements ...string) {
	f.state = Incomplete
	f.reasons = append(f.reasons, err.Error())
	f.doubtful = append(f.doubtful, elements...)
}

// addInstance adds an instance that bears these attributes.
func (f *finding) addInstance(attributes map[string]string) {
	f.instances = append(f.instances, nfdv1alpha1.InstanceFeature{Attributes: attributes})
}

func (f *finding) empty() bool {
	return len(f.flags) == 0 && len(f.attributes) == 0 && len(f.instances) == 0
}

// status returns the status of the feature of the catalogue that this was found of.
func (f *finding) status(entry Entry) Status {
	reasons := f.reasons
	if more := len(reasons) - maxReasons; more > 0 {
		reasons = append(slices.Clone(reasons[:maxReasons]), fmt.Sprintf("and %d more", more))
	}
	switch {
	case f.state == Incomplete && !f.isDoubtful:
		elements := slices.Clone(f.doubtful)
		slices.Sort(elements)
		return Status{State: f.state, Reasons: reasons, Elements: slices.Compact(elements)}
	case f.state != "":
		return Status{State: f.state, Reasons: reasons}
	case !f.empty():
		return Status{State: Discovered}
	case entry.Always:
		return Status{State: Unreadable, Reasons: []string{"nothing was found, and every host has it"}}
	default:
		return Status{State: Absent}
	}
}

// add puts the finding on this feature of the catalogue into the set. A feature that is known at all, be it empty, gets
// an entry for each of its kinds that something was found of, or for each of its kinds if nothing was found.
func (s *Set) add(entry Entry, f finding) {
	status := f.status(entry)
	if status.State != Discovered {
		s.Statuses[entry.Name] = status
	}
	if status.State == Unreadable || status.State == Unsupported {
		return
	}
	for _, kind := range entry.Kinds {
		switch kind {
		case Flag:
			if f.flags != nil || f.empty() {
				s.Features.Flags[entry.Name] = newFlags(f.flags)
			}
		case Attribute:
			if f.attributes != nil || f.empty() {
				s.Features.Attributes[entry.Name] = newAttributes(f.attributes)
			}
		case Instance:
			s.Features.Instances[entry.Name] = newInstances(f.instances)
		}
	}
}

func newSet() *Set {
	return &Set{Features: *nfdv1alpha1.NewFeatures(), Statuses: map[string]Status{}}
}

// The three below make a feature of NFD's type whose elements are never nil, so that an empty one is written as such.

func newFlags(elements map[string]nfdv1alpha1.Nil) nfdv1alpha1.FlagFeatureSet {
	if elements == nil {
		elements = map[string]nfdv1alpha1.Nil{}
	}
	return nfdv1alpha1.FlagFeatureSet{Elements: elements}
}

func newAttributes(elements map[string]string) nfdv1alpha1.AttributeFeatureSet {
	return nfdv1alpha1.NewAttributeFeatures(elements)
}

func newInstances(elements []nfdv1alpha1.InstanceFeature) nfdv1alpha1.InstanceFeatureSet {
	if elements == nil {
		elements = []nfdv1alpha1.InstanceFeature{}
	}
	return nfdv1alpha1.InstanceFeatureSet{Elements: elements}
}

// flagSet makes a set of flags of their names.
func flagSet(names ...string) map[string]nfdv1alpha1.Nil {
	return nfdv1alpha1.NewFlagFeatures(names...).Elements
}
