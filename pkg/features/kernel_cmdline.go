package features

import (
	"context"
	"slices"
	"strings"
)

// commandLineElements are the parameters of the kernel that are told. A command line may hold secrets, so there are no others.
// They stand in Documentation/admin-guide/kernel-parameters.txt, but for systemd's.
func commandLineElements() []Element {
	return []Element{
		{Name: "amd_iommu", Meaning: "how AMD's IOMMU is used, such as off"},
		{Name: "apparmor", Meaning: "1 if AppArmor is on, 0 if it is off"},
		{Name: "cgroup_no_v1", Meaning: "controllers that version 1 of cgroups may not have"},
		{Name: "default_hugepagesz", Meaning: "size of huge pages where none is named"},
		{Name: "hugepages", Meaning: "number of huge pages to set aside, of each size that hugepagesz has"},
		{Name: "hugepagesz", Meaning: "sizes of huge pages"},
		{Name: "intel_iommu", Meaning: "how Intel's IOMMU is used, such as on"},
		{Name: "intel_pstate", Meaning: "how the driver intel_pstate is used, such as disable"},
		{Name: "iommu", Meaning: "how an IOMMU is used, such as pt for passing through"},
		{Name: "iommu.passthrough", Meaning: "1 if devices go past the IOMMU"},
		{Name: "isolcpus", Meaning: "processors that the scheduler leaves alone"},
		{Name: "kvm_intel.nested", Meaning: "1 if guests can have guests, on Intel"},
		{Name: "lsm", Meaning: "security modules, in order"},
		{Name: "mitigations", Meaning: "what is done against weaknesses of processors, such as off"},
		{Name: "nohz_full", Meaning: "processors without a periodic tick while one task runs"},
		{Name: "nosmt", Meaning: "that there is one thread for each core"},
		{Name: "pci", Meaning: "how the PCI bus is used, such as realloc"},
		{Name: "processor.max_cstate", Meaning: "deepest idle state"},
		{Name: "rcu_nocbs", Meaning: "processors without callbacks of RCU"},
		{Name: "selinux", Meaning: "1 if SELinux is on, 0 if it is off"},
		{Name: "systemd.unified_cgroup_hierarchy", Meaning: "whether version 2 of cgroups is used alone"},
		{Name: "transparent_hugepage", Meaning: "when huge pages are used unasked: always, madvise or never"},
		{Name: "tsc", Meaning: "what is believed of the time stamp counter, such as reliable"},
	}
}

// discoverCommandLine reads those parameters from /proc/cmdline.
func discoverCommandLine(_ context.Context, v *view) finding {
	data, err := v.files.read("proc/cmdline", maxFile)
	if err != nil {
		return unreadable(err) // every kernel has it
	}
	told := map[string]string{}
	allowed := commandLineElements()
	for name, value := range parseCommandLine(string(data)) {
		if slices.ContainsFunc(allowed, func(e Element) bool { return e.Name == name }) {
			told[name] = value
		}
	}
	return finding{attributes: told}
}

// parseCommandLine takes the parameters from the text of /proc/cmdline, as lib/cmdline.c of Linux does, one line:
//
//	BOOT_IMAGE=/vmlinuz-6.8.0-45-generic ro intel_iommu=on iommu=pt hugepagesz=1G hugepages=16 hugepagesz=2M hugepages=512
//
// Blanks part them, except in double quotes. A dash in a name counts as an underscore. The value of one without a value is true, and the
// values of one that is given several times are joined by commas, in order. What comes after "--" is for the init.
func parseCommandLine(text string) map[string]string {
	values := map[string]string{}
	quoted := false
	words := strings.FieldsFunc(text, func(r rune) bool {
		if r == '"' {
			quoted = !quoted
		}
		return !quoted && (r == ' ' || r == '\t' || r == '\n')
	})
	for _, word := range words {
		if word == "--" {
			break
		}
		name, value, hasValue := strings.Cut(strings.TrimPrefix(word, `"`), "=")
		if !hasValue {
			value = "true"
		}
		name = strings.ReplaceAll(strings.Trim(name, `"`), "-", "_")
		value = strings.Trim(value, `"`)
		if before, twice := values[name]; twice {
			value = before + "," + value
		}
		if name != "" {
			values[name] = value
		}
	}
	return values
}
