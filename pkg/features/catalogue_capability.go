package features

// capabilityEntries is the catalogue of kernel.capability, which NFD does not have.
func capabilityEntries() []Entry {
	var elements []Element
	for _, known := range knownCapabilities() {
		elements = append(elements, Element{Name: known.flag, Meaning: known.meaning})
	}
	return []Entry{{
		Name:        "kernel.capability",
		Kinds:       []Kind{Flag},
		Description: "what the kernel can do",
		Elements:    elements,
		ReadFrom: []string{
			fromUserfaultfd, "/proc/filesystems", "/proc/sys/kernel/{io_uring_disabled,seccomp/actions_avail}", "/proc/sys/user/max_user_namespaces",
			"/proc/self/uid_map", "/sys/kernel/iommu_groups", "/sys/class/iommu", "/sys/devices/virtual/misc/kvm", "/sys/module/vfio",
			"/sys/kernel/mm/transparent_hugepage/enabled", "/" + lsmFile, "/proc/cmdline", "the files of kernel.config", "/lib/modules/V/modules.{builtin,dep}",
		},
	}}
}
