package features

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// discoverGPUSummary tells of all GPUs together that programs can use what a requirement cannot ask of one at a time: how many there are, and the
// least and the most of them. The others are in gpu.device alone: what an image requires of every GPU is nothing to one that it will never see. What is
// not known of every GPU is not told: the least of those that are known may be more than the least of all.
func discoverGPUSummary(ctx context.Context, v *view) finding {
	all := v.gpus(ctx)
	f := finding{state: all.missed.state, reasons: slices.Clone(all.missed.reasons)}
	if f.state != Unreadable && !all.whole {
		return f
	}
	// What is missing of a GPU that is of no matter for these sums is none of this feature's business.
	if f.state == Incomplete {
		f = finding{}
	}
	for i := range all.found {
		if g := &all.found[i]; g.unsure != "" {
			f.miss(fmt.Errorf("whether to count the GPU %s is not known: %s; see gpu.device", g.address, g.unsure))
		}
	}
	if f.state == Incomplete {
		return f
	}
	used := slices.DeleteFunc(slices.Clone(all.found), func(g gpu) bool { return !g.isUsable() })
	if len(used) == 0 {
		return f
	}
	f.attributes = map[string]string{"count": strconv.Itoa(len(used)), "homogeneous": "true"}
	for _, vendor := range [][2]string{{"nvidia", vendorNvidia}, {"amd", vendorAMD}, {"intel", vendorIntel}} {
		f.attributes[vendor[0]+".count"] = strconv.Itoa(len(ofVendor(used, vendor[1])))
	}
	for i := range used {
		if used[i].vendor != used[0].vendor || used[i].device != used[0].device {
			f.attributes["homogeneous"] = "false"
		}
	}
	summarizeNvidia(&f, ofVendor(used, vendorNvidia))
	if amd := ofVendor(used, vendorAMD); len(amd) > 0 {
		putCommon(&f, "amd.gfx_target", amd, "gfx_target")
	}
	return f
}

func ofVendor(all []gpu, vendor string) []gpu {
	return slices.DeleteFunc(slices.Clone(all), func(g gpu) bool { return g.vendor != vendor })
}

// putCommon notes the value of an attribute that all of these GPUs have in common; none if they differ.
func putCommon(f *finding, name string, all []gpu, attribute string) {
	values, ok := valuesOf(f, name, all, attribute)
	if ok && len(slices.Compact(values)) == 1 {
		f.attributes[name] = values[0]
	}
}

// valuesOf returns the values of an attribute of these GPUs, sorted; false if it is not known of one of them.
func valuesOf(f *finding, name string, all []gpu, attribute string) ([]string, bool) {
	var values []string
	for i := range all {
		value := all[i].attributes[attribute]
		if value == "" {
			f.miss(fmt.Errorf("%s is not known: %s of the GPU %s is not; see gpu.device", name, attribute, all[i].address))
			return nil, false
		}
		values = append(values, value)
	}
	slices.Sort(values)
	return values, true
}

func summarizeNvidia(f *finding, all []gpu) {
	if len(all) == 0 {
		return
	}
	putCommon(f, "nvidia.product", all, "product")
	if values, ok := valuesOf(f, "nvidia.compute_capability_min and _max", all, "compute_capability"); ok {
		slices.SortFunc(values, compareCapabilities)
		f.attributes["nvidia.compute_capability_min"] = values[0]
		f.attributes["nvidia.compute_capability_max"] = values[len(values)-1]
	}
	f.missElements(errors.New("nvidia.memory_mib_min is not known: NVML alone tells it, a library of the driver, and no library of the host is run; "+
		"no GPU is left out for that"), "nvidia.memory_mib_min")
}

// compareCapabilities compares two versions of a major and a minor number.
func compareCapabilities(a, b string) int {
	aMajor, aMinor, _ := strings.Cut(a, ".")
	bMajor, bMinor, _ := strings.Cut(b, ".")
	if n := len(aMajor) - len(bMajor); n != 0 {
		return n
	}
	return strings.Compare(aMajor+"."+aMinor, bMajor+"."+bMinor)
}
