package features

import (
	"slices"
	"strconv"
	"strings"
)

// PartOf names the element that this one is made from, so that it says the same; empty if it stands for itself. Who assigns a
// part alone leaves the whole as it is, and the two then contradict each other.
func (a Assignment) PartOf() string {
	whole, part, ok := cutLast(a.Element, ".")
	switch {
	case (a.Feature == "kernel.version" || a.Feature == "kernel.release") && a.Element != "full":
		return "full"
	case ok && (part == "major" || part == "minor" || part == "revision"):
		return whole
	case strings.HasSuffix(a.Element, ".version_raw"):
		return strings.TrimSuffix(a.Element, "_raw")
	}
	return ""
}

// cutLast is strings.Cut at the last separator.
func cutLast(text, separator string) (before, after string, found bool) {
	if i := strings.LastIndex(text, separator); i >= 0 {
		return text[:i], text[i+len(separator):], true
	}
	return text, "", false
}

// following returns what follows from an assignment that was made: the elements that a reader makes of the same source.
func (c *change) following(a Assignment) []Assignment {
	switch a.Feature {
	case "kernel.version", "kernel.release":
		if a.Element == "full" {
			return c.followRelease(a)
		}
	case "kernel.loadedmodule":
		if !a.Removed { // and one that is not loaded may be built in
			return []Assignment{{Feature: "kernel.enabledmodule", Element: a.Element, Kind: Flag}}
		}
	case "kernel.enabledmodule":
		if a.Removed {
			return []Assignment{{Feature: "kernel.loadedmodule", Element: a.Element, Kind: Flag, Removed: true}}
		}
	case "kernel.selinux", "system.selinux":
		return c.followSELinux(a)
	case "system.osrelease":
		if a.Element == "VERSION_ID" {
			major, minor := splitVersionID(a.Value)
			return parts(a, []string{"major", "minor"}, []string{major, minor})
		}
	case "memory.hugepages":
		return c.followHugePages(a)
	case "memory.numa":
		if n, err := strconv.Atoi(a.Value); a.Element == "node_count" && err == nil {
			return []Assignment{{Feature: a.Feature, Element: "is_numa", Kind: Attribute, Value: strconv.FormatBool(n > 1)}}
		}
	case "cpu.cpuid":
		if a.Kind == Flag {
			return c.followLevels(a)
		}
	case "gpu.driver", "system.software":
		return c.followSoftware(a)
	}
	return nil
}

// parts are the elements NAME.PART of an element, of these values; one with an empty value is not there.
func parts(a Assignment, names, values []string) []Assignment {
	var all []Assignment
	for i, name := range names {
		value := ""
		if i < len(values) {
			value = values[i]
		}
		all = append(all, Assignment{
			Feature: a.Feature, Element: a.Element + "." + name, Kind: Attribute, Value: value, Removed: a.Removed || value == "",
		})
	}
	return all
}

// followRelease makes kernel.version and kernel.release of the kernel's release, as from /proc/sys/kernel/osrelease.
func (c *change) followRelease(a Assignment) []Assignment {
	version, release := parseKernelVersion(a.Value), parseKernelRelease(a.Value)
	var all []Assignment
	add := func(feature string, values map[string]string, names ...string) {
		if feature != a.Feature && c.isExplicit(feature, "full") {
			return
		}
		for _, name := range names {
			value, there := values[name]
			all = append(all, Assignment{Feature: feature, Element: name, Kind: Attribute, Value: value, Removed: a.Removed || !there})
		}
	}
	add("kernel.version", version, "full", "major", "minor", "revision")
	add("kernel.release", release, "full", "version", "build", "flavor")
	return all
}

// followSELinux keeps together the two features about SELinux: of kernel.selinux, enabled means that it enforces its policy.
func (c *change) followSELinux(a Assignment) []Assignment {
	const enforcing = "enforcing"
	switch {
	case a.Removed:
	case a.Element == "mode":
		return []Assignment{{Feature: "kernel.selinux", Element: "enabled", Kind: Attribute, Value: strconv.FormatBool(a.Value == enforcing)}}
	case a.Element == "enabled" && a.Value == "true":
		return []Assignment{{Feature: "system.selinux", Element: "mode", Kind: Attribute, Value: enforcing}}
	case a.Element == "enabled" && c.set.Features.Attributes["system.selinux"].Elements["mode"] == enforcing:
		c.doubt("system.selinux", "mode", "SELinux is taken not to enforce its policy, which both permissive and disabled would be")
	}
	return nil
}

// followHugePages tells whether there is a huge page of any size.
func (c *change) followHugePages(a Assignment) []Assignment {
	if a.Element == "enabled" {
		return nil
	}
	enabled := false
	for name, count := range c.set.Features.Attributes[a.Feature].Elements {
		enabled = enabled || name != "enabled" && strings.Trim(count, "0") != ""
	}
	if !enabled && c.set.Status(a.Feature).State == Incomplete { // there may be others
		return nil
	}
	return []Assignment{{Feature: a.Feature, Element: "enabled", Kind: Attribute, Value: strconv.FormatBool(enabled)}}
}

// x86Level is the flag of a level of x86-64, but for its number.
const x86Level = "X86_64_V"

// x86Levels are the flags that each level adds to the one before, under klauspost's names ("x86-64 psABI", Micro-Architecture
// Levels).
func x86Levels() [][]string {
	return [][]string{
		{"CMOV", "CMPXCHG8", "X87", "FXSR", "MMX", "SSE", "SSE2"},
		{"CX16", "LAHF", "POPCNT", "SSE3", "SSE4", "SSE42", "SSSE3"},
		{"AVX", "AVX2", "BMI1", "BMI2", "F16C", "FMA3", "LZCNT", "MOVBE", "OSXSAVE"},
		{"AVX512F", "AVX512BW", "AVX512CD", "AVX512DQ", "AVX512VL"},
	}
}

// followLevels keeps together the levels of x86-64 and the flags that they stand for.
func (c *change) followLevels(a Assignment) []Assignment {
	flag := func(name string, removed bool) Assignment {
		return Assignment{Feature: a.Feature, Element: name, Kind: Flag, Removed: removed}
	}
	var all []Assignment
	levels := x86Levels()
	if number, ok := strings.CutPrefix(a.Element, x86Level); ok {
		level, err := strconv.Atoi(number)
		if err != nil || level < 1 || level > len(levels) {
			return nil
		}
		for i, names := range levels {
			switch {
			case !a.Removed && i < level:
				for _, name := range append(slices.Clone(names), x86Level+strconv.Itoa(i+1)) {
					all = append(all, flag(name, false))
				}
			case a.Removed && i >= level-1:
				all = append(all, flag(x86Level+strconv.Itoa(i+1), true))
			}
		}
		return all
	}
	of := slices.IndexFunc(levels, func(names []string) bool { return slices.Contains(names, a.Element) })
	if of < 0 {
		return nil
	}
	flags := c.set.Features.Flags[a.Feature].Elements
	has, whole := true, c.set.Status(a.Feature).State == Discovered
	for i, names := range levels {
		for _, name := range names {
			_, there := flags[name]
			has = has && there
		}
		level := x86Level + strconv.Itoa(i+1)
		switch _, there := flags[level]; {
		case !a.Removed && has && !there, a.Removed && i >= of && (there || !whole):
			all = append(all, flag(level, a.Removed))
		}
	}
	return all
}

// followSoftware makes of a version what its reader does, and keeps together what is told by two features.
func (c *change) followSoftware(a Assignment) []Assignment {
	follower := func(feature, element, value string) Assignment {
		return Assignment{Feature: feature, Element: element, Kind: Attribute, Value: value, Removed: a.Removed}
	}
	major, rest, _ := strings.Cut(a.Value, ".")
	minor, _, _ := strings.Cut(rest, ".")
	switch {
	case a.Element == "cuda.version":
		return parts(a, []string{"major", "minor"}, []string{major, minor})
	case !strings.HasSuffix(a.Element, ".version"):
		return nil
	}
	all := []Assignment{follower(a.Feature, a.Element+"_raw", a.Value)}
	switch {
	case a.Element == "rocm.version": // both read the same file
		for _, feature := range []string{"gpu.driver", "system.software"} {
			all = append(all, follower(feature, a.Element, a.Value), follower(feature, a.Element+"_raw", a.Value))
		}
	case a.Element == "nvidia.version":
		all = append(all, parts(a, []string{"major", "minor", "revision"}, strings.Split(leadingVersion(a.Value), "."))...)
		all = append(all, follower(a.Feature, "nvidia.library_version", a.Value), follower(a.Feature, "nvidia.library_version_raw", a.Value))
		all = append(all, c.followCUDA(a)...)
	}
	return all
}

// followCUDA tells the version of CUDA that NVIDIA's driver of a version supports, as far as the table of branches does.
func (c *change) followCUDA(a Assignment) []Assignment {
	names := []string{"cuda.version", "cuda.version.major", "cuda.version.minor", "cuda.version_source"}
	values := make([]string, len(names))
	if c.isExplicit(a.Feature, names[0]) {
		return nil
	}
	if !a.Removed {
		version, err := cudaOfBranch(a.Value)
		if err != nil {
			for _, name := range names {
				c.doubt(a.Feature, name, "cuda.version is not known: "+err.Error())
			}
			return nil
		}
		major, minor, _ := strings.Cut(version, ".")
		values = []string{version, major, minor, "table"}
	}
	var all []Assignment
	for i, name := range names {
		all = append(all, Assignment{Feature: a.Feature, Element: name, Kind: Attribute, Value: values[i], Removed: a.Removed})
	}
	return all
}
