package features

// abilityEntries is the catalogue of our own features about what the kernel is set up to do, which NFD does not have.
func abilityEntries() []Entry {
	return []Entry{
		{
			Name:        "kernel.cmdline",
			Kinds:       []Kind{Attribute},
			Description: "parameters that the kernel was started with; the values of one that is given several times are joined by commas",
			Elements:    commandLineElements(),
			ReadFrom:    []string{"/proc/cmdline"},
		},
		{
			Name:        "kernel.lsm",
			Kinds:       []Kind{Flag},
			Description: "security modules that are active, such as selinux, apparmor, landlock and bpf",
			ReadFrom:    []string{"/" + lsmFile, "/sys/module/apparmor/parameters/enabled", "/sys/fs/selinux/enforce"},
		},
		{
			Name:        "kernel.sysctl",
			Kinds:       []Kind{Attribute},
			Description: "settings of the kernel; those of net and user are of the namespaces that procfs is read from",
			Elements:    sysctlElements(),
			ReadFrom:    []string{"/proc/sys/*"},
		},
		{
			Name:        "system.cgroup",
			Kinds:       []Kind{Attribute},
			Description: "control groups: the version in use, and controllers.NAME for each controller",
			ReadFrom:    []string{"/sys/fs/cgroup/cgroup.controllers", "/sys/fs/cgroup/unified/cgroup.controllers", "/proc/cgroups"},
		},
		{
			Name:        "system.selinux",
			Kinds:       []Kind{Attribute},
			Description: "mode and policy of SELinux",
			Elements: []Element{
				{Name: "mode", Meaning: "what SELinux does", Values: []string{"disabled", "enforcing", "permissive"}},
				{Name: "type", Meaning: "type of the policy, such as targeted"},
			},
			ReadFrom: []string{"/sys/fs/selinux/enforce", "/etc/selinux/config"},
		},
	}
}
