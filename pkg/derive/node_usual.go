package derive

import (
	"slices"
	"strconv"
	"strings"

	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"

	"github.com/nfd-compat/nfd-compat/pkg/features"
)

// usual returns the elements that are mostly meant when a feature is named alone.
func (n named) usual(feature string) []string {
	var names []string
	switch feature {
	case "kernel.version":
		return []string{"full"}
	case "kernel.release":
		return []string{"version"}
	case featureCPUID: // the level of the architecture, which a compiler can be told
		for level := 4; level > 1; level-- {
			if name := "X86_64_V" + strconv.Itoa(level); hasFlag(n.flags, name) {
				return []string{name}
			}
		}
		return nil
	case featureDriver:
		return n.usualDriver()
	case featureSummary: // a host with better GPUs beside these will do, so neither the best nor that all are alike is meant
		for name, value := range n.attributes {
			if !strings.HasSuffix(name, "_max") && name != "homogeneous" && value != "0" {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		return names
	case "system.cgroup":
		return []string{"version"}
	case "system.osrelease":
		return []string{"ID", "VERSION_ID"}
	case "kernel.module": // all of its elements are versions
		return nil
	}
	for name := range n.attributes {
		if isVersion(feature, name) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		for name, value := range n.attributes {
			if !strings.HasSuffix(name, "_raw") && value != "false" && value != "0" { // nobody needs that there is none
				names = append(names, name)
			}
		}
		for name := range n.flags {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// driverGroups are the elements that are mostly meant of each driver of GPUs, that of the driver itself first.
func driverGroups() [][]string {
	return [][]string{{elementDriver, elementCUDA}, {"amdgpu.version", "rocm.version"}, {"xe.version"}, {"i915.version"}}
}

// driverElements returns the elements that are meant of the first of the drivers that the host has, be they known or not.
func (n named) driverElements() []string {
	for _, names := range driverGroups() {
		if _, ok := n.attributes[names[0]]; ok {
			return names
		}
	}
	return nil
}

// usualDriver returns the versions of the first of these drivers that the host has. The version of a driver that came with the
// kernel is the kernel's, which is asked for by itself.
func (n named) usualDriver() []string {
	for _, names := range driverGroups() {
		names = slices.DeleteFunc(names, func(name string) bool {
			_, ok := n.attributes[name]
			return !ok || n.isInTree(name)
		})
		if len(names) > 0 {
			return names
		}
	}
	return nil
}

// isInTree tells whether an element is the version of a driver that came with the kernel: amdgpu says so, and the others have its release for
// their version.
func (n named) isInTree(element string) bool {
	switch element {
	case "amdgpu.version":
		return n.attributes["amdgpu.in_tree"] == "true"
	case "i915.version", "xe.version":
		return n.kernel != "" && n.attributes[element+"_raw"] == n.kernel
	}
	return false
}

// inTreeDriver returns the driver that the host has, if it is of this feature and came with the kernel; else it is empty.
func (n named) inTreeDriver(feature string) string {
	names := n.driverElements()
	if feature != featureDriver || len(names) == 0 || !n.isInTree(names[0]) {
		return ""
	}
	return strings.TrimSuffix(names[0], ".version")
}

func hasFlag(flags map[string]nfdv1alpha1.Nil, name string) bool {
	_, ok := flags[name]
	return ok
}

// warnMissing warns of what is mostly meant by a choice and could not be read, so that the spec does not ask for it, and returns the same as
// comments.
func (d *Draft) warnMissing(n named, c Choice, status features.Status) []string {
	if status.State != features.Incomplete {
		return nil
	}
	names := status.Elements
	if c.Feature == featureDriver {
		names = slices.DeleteFunc(n.driverElements(), func(name string) bool {
			return status.Elements != nil && !slices.Contains(status.Elements, name)
		})
	}
	var comments []string
	tell := func(what, why string) {
		message := what + ", so that it is not asked for: " + why
		d.warn(c.String(), "%s", message)
		comments = append(comments, message)
	}
	for _, name := range names {
		if _, _, ok := n.find(name); ok || strings.HasSuffix(name, "_raw") {
			continue
		}
		why := strings.Join(status.Reasons, "; ")
		if at := slices.IndexFunc(status.Reasons, func(reason string) bool { return strings.Contains(reason, name+" ") }); at >= 0 {
			why = status.Reasons[at]
		}
		tell(name+" could not be read", clean(why))
	}
	if status.Elements == nil && c.Feature != featureDriver {
		tell("a part of it could not be read", clean(strings.Join(status.Reasons, "; ")))
	}
	return comments
}
