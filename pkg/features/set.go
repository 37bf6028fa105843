package features

import (
	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"
)

// A State says how much is known of one feature of a host.
type State string

// The states of a feature. What each means for a requirement on the feature is told by [Status].
const (
	// Discovered: the feature was read whole.
	Discovered State = "discovered"
	// Absent: the place to look is there and the feature is not. The set holds it, empty.
	Absent State = "absent"
	// Incomplete: a part of the feature could not be read. What was found is in the set.
	Incomplete State = "incomplete"
	// Unreadable: the feature is there, or must be, and could not be read.
	Unreadable State = "unreadable"
	// Unsupported: the feature cannot be told from here, such as CPUID under a foreign root.
	Unsupported State = "unsupported"
	// Undefined: neither the set nor the catalogue knows a feature of this name.
	Undefined State = "undefined"
)

// A Status is the State of one feature, and why it is not simply discovered.
//
// Of a discovered or an absent feature every requirement is decided. Of an incomplete one what was found decides, and
// what was not found is unknown. Of an unreadable or unsupported one everything is unknown. An undefined feature
// satisfies no requirement.
type Status struct {
	State State `json:"state"`
	// Reasons says what could not be read and why, one sentence each; empty for Discovered and Absent.
	Reasons []string `json:"reasons,omitempty"`
	// Elements are the only elements that are in doubt of an Incomplete feature, sorted: any other that was not found is not
	// there, and no instance is missing. If it is empty, any element and any instance may be missing.
	Elements []string `json:"elements,omitempty"`
	// Without are elements that are known not to be there, sorted, where any other of an Incomplete feature may be missing:
	// those that were taken away by [Set.Assign].
	Without []string `json:"without,omitempty"`
}

// Node names the host that a Set was read from. A field that is not known is empty.
type Node struct {
	// Name is the host's name.
	Name string `json:"name,omitempty"`
	// Kernel is the kernel's release, the text of /proc/sys/kernel/osrelease.
	Kernel string `json:"kernel,omitempty"`
	// OS and Architecture are in the words of the OCI image specification ("linux", "amd64").
	OS           string `json:"os,omitempty"`
	Architecture string `json:"architecture,omitempty"`
	// Variant is that of the architecture: on amd64 the highest level of the x86-64 psABI that the processor has, such
	// as "v3".
	Variant string `json:"variant,omitempty"`
}

// A Set is what is known of one host's features. It is made by [Host.Discover] or [Read] and not changed after, so it
// may be shared: [Set.Assign] and [Set.Override] make another one.
type Set struct {
	// Features holds the elements of every feature that is discovered, absent (empty) or incomplete, by the
	// feature's name in lower case, in NFD's own type.
	Features nfdv1alpha1.Features
	// Statuses holds the status of every feature that was asked for and is not simply discovered.
	Statuses map[string]Status
	// Node is the host itself.
	Node Node
	// Overrides tell what is not the host's own, sorted by feature; nil if all is.
	Overrides []Override
}

// Status returns what is known of the feature of this name (lower case, such as "cpu.cpuid"). A feature without an
// entry in Statuses is Discovered if the set holds it, Unreadable if only the catalogue knows it (NFD leaves out what
// it could not read), and else Undefined.
func (s *Set) Status(feature string) Status {
	if status, ok := s.Statuses[feature]; ok {
		return status
	}
	if s.holds(feature) {
		return Status{State: Discovered}
	}
	if _, known := Lookup(feature); known {
		return Status{State: Unreadable, Reasons: []string{"it is not among the features given"}}
	}
	return Status{State: Undefined}
}

func (s *Set) holds(feature string) bool {
	if _, ok := s.Features.Flags[feature]; ok {
		return true
	}
	if _, ok := s.Features.Attributes[feature]; ok {
		return true
	}
	_, ok := s.Features.Instances[feature]
	return ok
}
