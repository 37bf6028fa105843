package features

// driverEntries is the catalogue of our own features about drivers, modules and the kernel's release, which NFD does not have.
func driverEntries() []Entry {
	const (
		version = "version of the driver, of at most three numbers; not there if its module says none, as most of those that come with the kernel"
		raw     = "version of the driver as its module says it"
	)
	return []Entry{
		{
			Name:        "kernel.module",
			Kinds:       []Kind{Attribute},
			Description: "versions of the modules that are loaded or built in and say one, by name; what a module says is under its name with _raw",
			ReadFrom:    []string{"/sys/module/*/version"},
		},
		{
			Name:        "kernel.modulestate",
			Kinds:       []Kind{Instance},
			Description: "kernel modules: those that are loaded, those that are built in, and those that could be loaded",
			Elements: []Element{
				{Name: "name", Meaning: "name of the module, with underscores"},
				{Name: "srcversion", Meaning: "checksum of the source that a loaded module was built from"},
				{Name: "state", Meaning: "whether the module is loaded, part of the kernel's image, or available for loading", Values: []string{moduleAvailable, moduleBuiltin, moduleLoaded}},
				{Name: "version", Meaning: "version of a loaded module that says one, of at most three numbers"},
				{Name: "version_raw", Meaning: "version as the module says it"},
			},
			ReadFrom: []string{
				"/proc/modules", "/sys/module/*/{version,srcversion}", "/lib/modules/V/modules.builtin", "/lib/modules/V/modules.dep",
			},
		},
		{
			Name:        "kernel.release",
			Kinds:       []Kind{Attribute},
			Description: "release of the kernel, taken apart for every distribution",
			Elements: []Element{
				{Name: "build", Meaning: "what the distribution counts, such as 427.13.1.el9_4.x86_64, or a release candidate"},
				{Name: "flavor", Meaning: "which of several kernels of one build it is, such as generic, aws or 64k"},
				{Name: "full", Meaning: "the whole release"},
				{Name: "version", Meaning: "the first three numbers, such as 5.14.0"},
			},
			ReadFrom: []string{"/proc/sys/kernel/osrelease"},
			Always:   true,
		},
		{
			Name:        "network.driver",
			Kinds:       []Kind{Instance},
			Description: "drivers of the network interfaces of devices; those of the network namespace that sysfs is mounted in",
			Elements: []Element{
				{Name: "device", Meaning: "device, four digits, as in pci.device"},
				{Name: "driver", Meaning: "name of the driver, such as mlx5_core"},
				{Name: "driver_version", Meaning: version},
				{Name: "driver_version_raw", Meaning: raw},
				{Name: "link_type", Meaning: "type of the link: ethernet, infiniband, or the kernel's number of another one"},
				{Name: "name", Meaning: "name of the interface"},
				{Name: "speed", Meaning: speedMeaning},
				{Name: "vendor", Meaning: "vendor, four digits, as in pci.device"},
			},
			ReadFrom: []string{"/sys/class/net/*/{speed,type}", "/sys/class/net/*/device/{vendor,device}", "/sys/class/net/*/device/driver/module/version"},
		},
		{
			Name:        "pci.driver",
			Kinds:       []Kind{Instance},
			Description: "drivers of the devices on the PCI bus; numbers in lower-case hexadecimal without 0x",
			Elements: []Element{
				{Name: "class", Meaning: "class and subclass, four digits, as in pci.device"},
				{Name: "device", Meaning: "device, four digits, as in pci.device"},
				{Name: "driver", Meaning: "name of the driver, such as vfio-pci; not there if none is bound"},
				{Name: "driver_version", Meaning: version},
				{Name: "driver_version_raw", Meaning: raw},
				{Name: "pci_address", Meaning: "address, such as 0000:17:00.0"},
				{Name: "vendor", Meaning: "vendor, four digits, as in pci.device"},
			},
			ReadFrom: []string{"/sys/bus/pci/devices/*/{class,vendor,device}", "/sys/bus/pci/devices/*/driver/module/version"},
		},
	}
}
