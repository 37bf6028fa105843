package features

// systemEntries is the catalogue of the domains local, memory and system.
func systemEntries() []Entry {
	return []Entry{
		{
			Name:        "local.feature",
			Since:       "v0.15",
			Kinds:       []Kind{Attribute},
			Description: "features that the administrator wrote to files for NFD, under the names and with the values given there",
			ReadFrom:    []string{"/etc/kubernetes/node-feature-discovery/features.d/*"},
		},
		{
			Name:        "local.label",
			Since:       "v0.10",
			Kinds:       []Kind{Attribute},
			Description: "labels that the administrator wrote to files for NFD, under the names and with the values given there",
			ReadFrom:    []string{"/etc/kubernetes/node-feature-discovery/features.d/*"},
		},
		{
			Name:        "memory.hugepages",
			Since:       "v0.18",
			Kinds:       []Kind{Attribute},
			Description: "huge pages that are set aside, by size",
			Elements:    hugePageElements(),
			ReadFrom:    []string{"/sys/kernel/mm/hugepages/*/nr_hugepages"},
		},
		{
			Name:        "memory.numa",
			Since:       "v0.10",
			Kinds:       []Kind{Attribute},
			Description: "non-uniform memory access; empty on a kernel that was built without it",
			Elements: []Element{
				{Name: "is_numa", Meaning: "true if there is more than one memory node", Values: boolean()},
				{Name: "node_count", Meaning: "number of memory nodes"},
			},
			ReadFrom: []string{"/sys/bus/node/devices/*"},
		},
		{
			Name:        "memory.nv",
			Since:       "v0.10",
			Kinds:       []Kind{Instance},
			Description: "non-volatile memory: modules, regions, namespaces, and what these are used as",
			Elements: []Element{
				{Name: "devtype", Meaning: "type of the device, such as nvdimm, nd_pmem (a region), nd_namespace_pmem or nd_dax"},
				{
					Name:    "mode",
					Meaning: "mode of a namespace: memory (fsdax), dax (devdax), safe (sector) or raw; of what claims one: ram, pmem or none",
					Values:  []string{"dax", "memory", "none", "pmem", "ram", "raw", "safe"},
				},
				{Name: "name", Meaning: "name of the device, such as namespace0.0"},
			},
			ReadFrom: []string{"/sys/bus/nd/devices/*/{devtype,mode}"},
		},
		{
			Name:        "memory.swap",
			Since:       "v0.16",
			Kinds:       []Kind{Attribute},
			Description: "swap space; empty on a kernel that was built without it",
			Elements:    []Element{{Name: "enabled", Meaning: "true if a swap device or file is in use", Values: boolean()}},
			ReadFrom:    []string{"/proc/swaps"},
		},
		{
			Name:        "system.dmiid",
			Since:       "v0.16",
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
			Since:       "v0.10",
			Kinds:       []Kind{Attribute},
			Description: "name of the Kubernetes node",
			Elements:    []Element{{Name: "nodename", Meaning: "name of the node; empty outside Kubernetes"}},
			ReadFrom:    []string{fromNodeName},
		},
		{
			Name:  "system.osrelease",
			Since: "v0.10",
			Kinds: []Kind{Attribute},
			Description: "operating system: every field of os-release, such as ID, and VERSION_ID.major and " +
				"VERSION_ID.minor",
			ReadFrom: []string{"/etc/os-release", "/usr/lib/os-release"},
			Always:   true,
		},
	}
}

// hugePageElements are the elements of memory.hugepages: the sizes that the kernel has on amd64, arm64, loong64, ppc64le, riscv64
// and s390x, whatever the size of its common pages.
func hugePageElements() []Element {
	elements := []Element{{Name: "enabled", Meaning: "true if there is a huge page of any size", Values: boolean()}}
	for _, size := range []string{"16Gi", "16Mi", "1Gi", "1Mi", "2Gi", "2Mi", "32Mi", "512Mi", "64Ki"} {
		elements = append(elements, Element{Name: "hugepages-" + size, Meaning: "number of pages of " + size + "B, those in use included"})
	}
	return elements
}
