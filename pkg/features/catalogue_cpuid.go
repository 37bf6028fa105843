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
	names := []string{"X86_64_V1", "X86_64_V2", "X86_64_V3", "X86_64_V4"}
	for id := cpuid.FeatureID(1); ; id++ { // 0 is before the first
		name := id.String()
		if name == "lastID" || strings.Contains(name, "(") { // the end of the list, and a number beyond it
			break
		}
		names = append(names, name)
	}
	for _, architecture := range []string{"arm64", "arm", "ppc64le", "s390x"} {
		caps, _ := hwcapNames(architecture)
		names = append(names, slices.Concat(caps.hwcap, caps.hwcap2)...)
	}
	slices.Sort(names)
	names = slices.DeleteFunc(slices.Compact(names), func(name string) bool { return name == "" })
	elements := []Element{{Name: "AVX10_VERSION", Meaning: "version of AVX10", Kind: Attribute}}
	for _, name := range names {
		elements = append(elements, Element{Name: name, Kind: Flag})
	}
	slices.SortFunc(elements, func(a, b Element) int { return strings.Compare(a.Name, b.Name) })
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
