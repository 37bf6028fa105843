package features

// systemEntries is the catalogue of the domains local, memory and system.
func systemEntries() []Entry {
	return []Entry{
		{
			Name:        "local.feature",
			Kinds:       []Kind{Attribute},
			Description: "features that the administrator wrote to files for NFD",
			ReadFrom:    []string{"/etc/kubernetes/node-feature-discovery/features.d/*"},
		},
		{
			Name:        "local.label",
			Kinds:       []Kind{Attribute},
			Description: "labels that the administrator wrote to files for NFD",
			ReadFrom:    []string{"/etc/kubernetes/node-feature-discovery/features.d/*"},
		},
		{
			Name:        "memory.hugepages",
			Kinds:       []Kind{Attribute},
			Description: "huge pages: whether there are any, and their number by size, such as hugepages-2Mi",
			ReadFrom:    []string{"/sys/kernel/mm/hugepages/*/nr_hugepages"},
		},
		{
			Name:        "memory.numa",
			Kinds:       []Kind{Attribute},
			Description: "non-uniform memory access",
			Elements: []Element{
				{"is_numa", "true if there is more than one memory node"},
				{"node_count", "number of memory nodes"},
			},
			ReadFrom: []string{"/sys/bus/node/devices"},
		},
		{
			Name:        "memory.nv",
			Kinds:       []Kind{Instance},
			Description: "non-volatile memory",
			Elements: []Element{
				{"devtype", "type of the device, such as nd_pmem"},
				{"mode", "mode of the namespace, such as fsdax"},
				{"name", "name of the device"},
			},
			ReadFrom: []string{"/sys/bus/nd/devices/*"},
		},
		{
			Name:        "memory.swap",
			Kinds:       []Kind{Attribute},
			Description: "swap space",
			Elements:    []Element{{"enabled", "true if a swap device or file is in use"}},
			ReadFrom:    []string{"/proc/swaps"},
		},
		{
			Name:        "system.dmiid",
			Kinds:       []Kind{Attribute},
			Description: "maker and model of the host, from its firmware; what only root may read is left out",
			Elements: []Element{
				{"bios_date", "date of the firmware"},
				{"bios_vendor", "maker of the firmware"},
				{"bios_version", "version of the firmware"},
				{"board_asset_tag", "asset tag of the board"},
				{"board_name", "name of the board"},
				{"board_vendor", "maker of the board"},
				{"board_version", "version of the board"},
				{"chassis_asset_tag", "asset tag of the chassis"},
				{"chassis_type", "number of the chassis's type, such as 23 for a rack mount"},
				{"chassis_vendor", "maker of the chassis"},
				{"chassis_version", "version of the chassis"},
				{"product_family", "family of the product"},
				{"product_name", "name of the product"},
				{"product_sku", "stock number of the product"},
				{"product_version", "version of the product"},
				{"sys_vendor", "maker of the host"},
			},
			ReadFrom: []string{"/sys/devices/virtual/dmi/id/*"},
		},
		{
			Name:        "system.name",
			Kinds:       []Kind{Attribute},
			Description: "name of the Kubernetes node",
			Elements:    []Element{{"nodename", "name of the node; empty outside Kubernetes"}},
			ReadFrom:    []string{"environment variable NODE_NAME"},
		},
		{
			Name:  "system.osrelease",
			Kinds: []Kind{Attribute},
			Description: "operating system: every field of os-release, such as ID, and VERSION_ID.major and " +
				"VERSION_ID.minor",
			ReadFrom: []string{"/etc/os-release", "/usr/lib/os-release"},
			Always:   true,
		},
	}
}
