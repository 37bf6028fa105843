package features

import (
	"slices"
	"strconv"
	"strings"

	"github.com/klauspost/cpuid/v2"
)

// cpuidElements are the names that cpu.cpuid can have on any architecture: on amd64 those of klauspost/cpuid, on the others
// those that NFD gives to the bits of the auxiliary vector. Of all of them only AVX10_VERSION has a value.
func cpuidElements() []Element {
	const version = "AVX10_VERSION"
	names := make([]string, 0, 512)
	names = append(names, version, "X86_64_V1", "X86_64_V2", "X86_64_V3", "X86_64_V4")
	for id := cpuid.FeatureID(1); ; id++ { // 0 is before the first
		name := id.String()
		if name == "lastID" || strings.Contains(name, "(") { // the end of the list, and a number beyond it
			break
		}
		names = append(names, name)
	}
	for _, architecture := range []string{"arm64", "arm", "ppc64le", "s390x"} {
		caps, _ := hwcapNames(architecture)
		names = append(append(names, caps.hwcap...), caps.hwcap2...)
	}
	slices.Sort(names)
	names = slices.Compact(names)
	elements := make([]Element, 0, len(names))
	for _, name := range names {
		switch name {
		case "": // of a bit without a name
		case version:
			elements = append(elements, Element{Name: name, Meaning: "version of AVX10", Kind: Attribute})
		default:
			elements = append(elements, Element{Name: name, Kind: Flag})
		}
	}
	return elements
}

// cpuVendors are the values of vendor_id: the makers by the names of klauspost/cpuid, and NFD's name for those of an s390x.
func cpuVendors() []string {
	vendors := []string{"IBM_S390"}
	for vendor := cpuid.VendorUnknown; ; vendor++ {
		name := vendor.String()
		if name == "lastVendor" || name == "Vendor("+strconv.Itoa(int(vendor))+")" {
			break
		}
		vendors = append(vendors, name)
	}
	slices.Sort(vendors)
	return vendors
}
