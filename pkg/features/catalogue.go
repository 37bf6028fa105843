package features

import (
	"slices"
	"strings"
)

// A Kind is the shape of a feature, in NFD's words. It says in which of the three maps of NFD's features it stands.
type Kind string

// The kinds of features.
const (
	// Flag: names without a value, such as the instruction sets of a processor.
	Flag Kind = "flag"
	// Attribute: names with a value each, such as the options of the kernel's configuration.
	Attribute Kind = "attribute"
	// Instance: a list of things that bear attributes, such as the devices on the PCI bus.
	Instance Kind = "instance"
)

// An Entry is what the catalogue knows of one feature.
type Entry struct {
	// Name is the feature's name, "domain.feature" in lower case.
	Name string
	// Since is the first minor version of NFD that has the feature under this name, such as "v0.13"; rules on features came with
	// v0.10. It is empty for a feature of ours, which NFD does not have.
	Since string
	// Kinds holds one kind, or two for cpu.cpuid, which has both flags and an attribute.
	Kinds []Kind
	// Description says in one line what the feature tells.
	Description string
	// Elements lists the elements (for an instance feature, the attributes of an instance) where the list is fixed.
	// Not every host has every one. It is empty where the elements come from the host, as kernel modules do.
	Elements []Element
	// ReadFrom lists where the feature is read, in the order of preference: paths below the host's root, with V for
	// the kernel's release and * for any name, or the name of a thing that is no file, such as "CPUID".
	ReadFrom []string
	// Always says that every host has the feature, so it is never [Absent]: not to find it is a failure to read it.
	Always bool
}

// An Element is one element of a feature, and what it means.
type Element struct {
	Name    string
	Meaning string
	// Values are the values that the element can have; empty if there are too many to tell.
	Values []string
	// Kind is that of the element, where the feature is of several kinds; else it is empty.
	Kind Kind
}

// IsExtension says whether the feature is one of ours, which NFD does not have: it cannot judge by it.
func (e Entry) IsExtension() bool { return e.Since == "" }

// boolean are the values of an element that says yes or no.
func boolean() []string { return []string{"true", "false"} }

// A group is a part of the catalogue: the features of some domains.
type group struct {
	domains []string
	entries func() []Entry
}

func groups() []group {
	return []group{
		{[]string{"cpu"}, cpuEntries},
		{[]string{"kernel"}, kernelEntries},
		{[]string{"network", "pci", "storage", "usb"}, deviceEntries},
		{[]string{"local", "memory", "system"}, systemEntries},
		{[]string{"kernel", "network", "pci"}, driverEntries},
		{[]string{"kernel", "system"}, abilityEntries},
		{[]string{"accel", "gpu"}, gpuEntries},
		{[]string{"kernel"}, capabilityEntries},
		{[]string{"rdma"}, rdmaEntries},
		{[]string{"system"}, softwareEntries},
	}
}

// Catalogue returns what is known of every feature, sorted by name: all features of NFD v0.19 but rule.matched, which
// belongs to the evaluation of rules, and fake.*, which is for NFD's own tests; and ours. The caller owns the result.
func Catalogue() []Entry {
	var all []Entry
	for _, g := range groups() {
		all = append(all, g.entries()...)
	}
	slices.SortFunc(all, func(a, b Entry) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// Lookup returns what the catalogue knows of the feature of this name, which is in lower case; false if it knows none.
func Lookup(name string) (Entry, bool) {
	domain, _, _ := strings.Cut(name, ".")
	for _, g := range groups() {
		if !slices.Contains(g.domains, domain) {
			continue
		}
		for _, entry := range g.entries() {
			if entry.Name == name {
				return entry, true
			}
		}
	}
	return Entry{}, false
}
