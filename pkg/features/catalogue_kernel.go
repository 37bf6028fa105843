package features

// kernelEntries is the catalogue of the domain kernel.
func kernelEntries() []Entry {
	return []Entry{
		{
			Name:        "kernel.config",
			Since:       "v0.10",
			Kinds:       []Kind{Attribute},
			Description: "options that the kernel was built with, without their prefix CONFIG_; unset ones are not there",
			ReadFrom:    kernelConfigPaths("V"),
			Always:      true,
		},
		{
			Name:        "kernel.enabledmodule",
			Since:       "v0.13",
			Kinds:       []Kind{Flag},
			Description: "kernel modules that are loaded or built in",
			ReadFrom:    []string{"/proc/modules", "/lib/modules/V/modules.builtin"},
		},
		{
			Name:        "kernel.kvm",
			Since:       "v0.19",
			Kinds:       []Kind{Attribute},
			Description: "virtualisation by KVM",
			Elements:    []Element{{Name: "enabled", Meaning: "true if the device of KVM is there", Values: boolean()}},
			ReadFrom:    []string{"/sys/devices/virtual/misc/kvm"},
		},
		{
			Name:        "kernel.loadedmodule",
			Since:       "v0.10",
			Kinds:       []Kind{Flag},
			Description: "kernel modules that are loaded, those built in not counted",
			ReadFrom:    []string{"/proc/modules"},
		},
		{
			Name:        "kernel.selinux",
			Since:       "v0.10",
			Kinds:       []Kind{Attribute},
			Description: "mandatory access control by SELinux",
			Elements:    []Element{{Name: "enabled", Meaning: "true if SELinux enforces its policy; false if it is permissive or off", Values: boolean()}},
			ReadFrom:    []string{"/sys/fs/selinux/enforce"},
		},
		{
			Name:        "kernel.version",
			Since:       "v0.10",
			Kinds:       []Kind{Attribute},
			Description: "release of the kernel",
			Elements: []Element{
				{Name: "full", Meaning: "the whole release, any character but letters, digits, dot, dash and underscore replaced by _"},
				{Name: "major", Meaning: "first number"},
				{Name: "minor", Meaning: "second number"},
				{Name: "revision", Meaning: "third number"},
			},
			ReadFrom: []string{"/proc/sys/kernel/osrelease"},
			Always:   true,
		},
	}
}
