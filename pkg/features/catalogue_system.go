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
				{Name: "is_numa", Meaning: "true if there is more than one memory node", Values: boolean()},
				{Name: "node_count", Meaning: "number of memory nodes"},
			},
			ReadFrom: []string{"/sys/bus/node/devices"},
		},
		{
			Name:        "memory.nv",
			Kinds:       []Kind{Instance},
			Description: "non-volatile memory",
			Elements: []Element{
				{Name: "devtype", Meaning: "type of the device, such as nd_pmem"},
				{Name: "mode", Meaning: "mode of the namespace, such as fsdax"},
				{Name: "name", Meaning: "name of the device"},
			},
			ReadFrom: []string{"/sys/bus/nd/devices/*"},
		},
		{
			Name:        "memory.swap",
			Kinds:       []Kind{Attribute},
			Description: "swap space",
			Elements:    []Element{{Name: "enabled", Meaning: "true if a swap device or file is in use", Values: boolean()}},
			ReadFrom:    []string{"/proc/swaps"},
		},
		{
			Name:        "system.dmiid",
			Kinds:       []Kind{Attribute},
			Description: "maker and model of the host, from its firmware; what only root may read is left out",
			Elements: []Element{
				{Name: "bios_date", Meaning: "date of the firmware"},
				{Name: "bios_vendor", Meaning: "maker of the firmware"},
				{Name: "bios_version", Meaning: "version of the firmware"},
				{Name: "board_asset_tag", Meaning: "asset tag of the board"},
				{Name: "board_name", Meaning: "name of the board"},
				{Name: "board_vendor", Meaning: "maker of the board"},
				{Name: "board_version", Meaning: "version of the board"},
				{Name: "chassis_asset_tag", Meaning: "asset tag of the chassis"},
				{Name: "chassis_type", Meaning: "number of the chassis's type, such as 23 for a rack mount"},
				{Name: "chassis_vendor", Meaning: "maker of the chassis"},
				{Name: "chassis_version", Meaning: "version of the chassis"},
				{Name: "product_family", Meaning: "family of the product"},
				{Name: "product_name", Meaning: "name of the product"},
				{Name: "product_sku", Meaning: "stock number of the product"},
				{Name: "product_version", Meaning: "version of the product"},
				{Name: "sys_vendor", Meaning: "maker of the host"},
			},
			ReadFrom: []string{"/sys/devices/virtual/dmi/id/*"},
		},
		{
			Name:        "system.name",
			Kinds:       []Kind{Attribute},
			Description: "name of the Kubernetes node",
			Elements:    []Element{{Name: "nodename", Meaning: "name of the node; empty outside Kubernetes"}},
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
