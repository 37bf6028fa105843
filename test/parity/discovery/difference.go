package discovery

import (
	"slices"

	"github.com/nfd-compat/nfd-compat/pkg/features"
)

// A Difference is something that discovery does otherwise than NFD's, on purpose. This is its name in docs/conformance.md,
// and that of the test that shows what both say.
type Difference string

// The differences, in the order of the page.
const (
	absentForCertain Difference = "a feature that is absent for certain"
	sourceFails      Difference = "a missing directory failing a source"
	couldNotBeRead   Difference = "a feature that could not be read"
	noLocalPlace     Difference = "local features where there is nowhere to look"
	nowhereToLook    Difference = "a sysfs that cannot be seen"
	emptyDirectory   Difference = "a directory of memory nodes or processors that is empty"
	emptyFile        Difference = "a file that is empty"
	selinuxHidden    Difference = "SELinux without its file system"
	partNotRead      Difference = "a device or an attribute that could not be read"
	deviceGone       Difference = "a device whose directory is gone"
	interfaceClass   Difference = "a USB interface whose class could not be read"
	switchedOff      Difference = "a processor that is switched off"
	topologyNotRead  Difference = "a processor whose topology could not be read"
	governorNotRead  Difference = "a frequency governor that could not be read"
	pagesNotRead     Difference = "a number of huge pages that is none"
	likeNames        Difference = "a count of guests whose name begins another's"
	noBuiltinList    Difference = "enabled modules without the list of the built-in ones"
	modulesInUsr     Difference = "modules in /usr/lib alone"
	osReleaseInUsr   Difference = "os-release in /usr/lib alone"
	ownProc          Difference = "another host's kernel, modules and local features"
	absoluteLinks    Difference = "absolute links below another host's root"
	ownProcessor     Difference = "another host's processor and name"
	hybridCores      Difference = "the two kinds of cores of a hybrid processor"
	xsave            Difference = "XSAVE and OSXSAVE of a processor without them"
	needsC           Difference = "the processor of arm64 without a C compiler"
)

// Differences returns all of them, in the order of the page.
func Differences() []Difference {
	return []Difference{
		absentForCertain, sourceFails, couldNotBeRead, noLocalPlace, nowhereToLook, emptyDirectory, emptyFile, selinuxHidden,
		partNotRead, deviceGone, interfaceClass, switchedOff, topologyNotRead, governorNotRead, pagesNotRead, likeNames,
		noBuiltinList, modulesInUsr, osReleaseInUsr, ownProc, absoluteLinks, ownProcessor, hybridCores, xsave, needsC,
	}
}

// A said is what the two sides say of one fact; an empty text is nothing.
type said struct {
	fact
	nfd, ours string
	// status is what we know of the feature.
	status features.Status
}

func (s said) about(names ...string) bool { return slices.Contains(names, s.feature) }

// onPurpose returns the difference that accounts for what the two sides say; false if there is none. Those differences that
// no comparison meets, since it leaves out what NFD reads elsewhere than from the host, are not among the cases.
func onPurpose(s said) (Difference, bool) {
	switch s.status.State {
	case features.Absent:
		return onPurposeAbsent(s)
	case features.Unreadable:
		return onPurposeUnreadable(s)
	case features.Incomplete:
		return onPurposeIncomplete(s)
	case features.Discovered:
		return onPurposeDiscovered(s)
	case features.Unsupported, features.Undefined:
	}
	return "", false
}

// onPurposeAbsent: NFD leaves the whole feature out.
func onPurposeAbsent(s said) (Difference, bool) {
	switch {
	case s.kind != "kind" || s.nfd != "":
		return "", false
	case s.about("network.device", "network.virtual", "pci.device", "storage.block"):
		return sourceFails, true
	default:
		return absentForCertain, true
	}
}

// onPurposeUnreadable: NFD takes what it did not see for something that is not there.
func onPurposeUnreadable(s said) (Difference, bool) {
	// What NFD says of an element is that it is not so; of the rest of the feature, that it is there.
	no := s.nfd == `"false"` || s.nfd == `"0"` || s.kind == "kind"
	switch {
	case s.ours != "" || s.kind != "kind" && s.kind != "attribute":
		return "", false
	case s.about("kernel.kvm", "memory.hugepages"):
		return nowhereToLook, no
	case s.about("kernel.selinux"):
		return selinuxHidden, no
	case s.about("memory.swap"):
		return emptyFile, no
	case s.about("memory.numa"):
		return emptyDirectory, no
	case s.about("local.feature", "local.label"):
		return noLocalPlace, s.kind == "kind"
	case s.kind == "kind":
		return couldNotBeRead, true
	case s.about("cpu.topology"):
		return emptyDirectory, no
	case s.about("cpu.pstate"):
		return emptyFile, true
	}
	return "", false
}

// onPurposeIncomplete: a part could not be read.
func onPurposeIncomplete(s said) (Difference, bool) {
	switch {
	case s.about("kernel.enabledmodule"):
		return noBuiltinList, s.nfd == ""
	case s.about("cpu.topology"):
		return topologyNotRead, s.nfd == ""
	case s.about("cpu.security"):
		return likeNames, s.name == "sev.asids" && s.nfd != ""
	case s.about("cpu.pstate"):
		return governorNotRead, s.name == "scaling_governor" && s.ours == ""
	case s.about("memory.hugepages"):
		return pagesNotRead, s.kind == "attribute" && s.ours == ""
	case s.about("usb.device"):
		return interfaceClass, s.kind == "instance" && s.nfd == ""
	case s.about("network.virtual", "storage.block", "memory.nv"):
		return deviceGone, s.kind == "instance" && s.ours == ""
	case s.kind == "kind":
		return partNotRead, s.nfd == ""
	}
	return "", false
}

// onPurposeDiscovered: NFD gave up, or did not look there.
func onPurposeDiscovered(s said) (Difference, bool) {
	switch {
	case s.nfd != "":
		return "", false
	case s.about("cpu.topology"):
		return switchedOff, s.kind == "attribute"
	case s.about("kernel.enabledmodule"):
		return modulesInUsr, true
	case s.about("system.osrelease"):
		return osReleaseInUsr, true
	}
	return "", false
}
