package features

// deviceEntries is the catalogue of the domains of devices: network, pci, storage and usb.
func deviceEntries() []Entry {
	return []Entry{
		{
			Name:        "network.device",
			Kinds:       []Kind{Instance},
			Description: "network interfaces of a physical device",
			Elements: []Element{
				{Name: "mtu", Meaning: "largest packet, in bytes"},
				{Name: "name", Meaning: "name of the interface"},
				{Name: "operstate", Meaning: "state of the link, such as up or down"},
				{Name: "speed", Meaning: "speed in Mbit/s"},
				{Name: "sriov_numvfs", Meaning: "number of virtual functions that are set up"},
				{Name: "sriov_totalvfs", Meaning: "number of virtual functions that the device can have"},
			},
			ReadFrom: []string{"/sys/class/net/*"},
		},
		{
			Name:        "network.virtual",
			Kinds:       []Kind{Instance},
			Description: "network interfaces without a device, such as bridges",
			Elements: []Element{
				{Name: "mtu", Meaning: "largest packet, in bytes"},
				{Name: "name", Meaning: "name of the interface"},
				{Name: "operstate", Meaning: "state of the link, such as up or down"},
				{Name: "speed", Meaning: "speed in Mbit/s"},
			},
			ReadFrom: []string{"/sys/class/net/*"},
		},
		{
			Name:        "pci.device",
			Kinds:       []Kind{Instance},
			Description: "devices on the PCI bus; numbers in lower-case hexadecimal without 0x",
			Elements: []Element{
				{Name: "class", Meaning: "class and subclass, four digits, such as 0300 for a VGA controller"},
				{Name: "device", Meaning: "device, four digits, such as 2330"},
				{Name: "iommu/intel-iommu/version", Meaning: "version of the Intel IOMMU that serves the device"},
				{Name: "iommu_group/type", Meaning: "kind of translation of the device's IOMMU group, such as DMA or identity"},
				{Name: "sriov_totalvfs", Meaning: "number of virtual functions that the device can have"},
				{Name: "subsystem_device", Meaning: "device of the subsystem, four digits"},
				{Name: "subsystem_vendor", Meaning: "vendor of the subsystem, four digits"},
				{Name: "vendor", Meaning: "vendor, four digits, such as 10de"},
			},
			ReadFrom: []string{"/sys/bus/pci/devices/*"},
		},
		{
			Name:        "storage.block",
			Kinds:       []Kind{Instance},
			Description: "block devices",
			Elements: []Element{
				{Name: "dax", Meaning: "1 if the device can be mapped into memory directly"},
				{Name: "name", Meaning: "name of the device"},
				{Name: "nr_zones", Meaning: "number of zones"},
				{Name: "rotational", Meaning: "1 if the device has spinning disks"},
				{Name: "zoned", Meaning: "zone model, such as none or host-managed"},
			},
			ReadFrom: []string{"/sys/block/*/queue"},
		},
		{
			Name:        "usb.device",
			Kinds:       []Kind{Instance},
			Description: "USB devices, one for each class of interface where the device itself names none",
			Elements: []Element{
				{Name: "class", Meaning: "class, two hexadecimal digits"},
				{Name: "device", Meaning: "product, four hexadecimal digits"},
				{Name: "serial", Meaning: "serial number"},
				{Name: "vendor", Meaning: "vendor, four hexadecimal digits"},
			},
			ReadFrom: []string{"/sys/bus/usb/devices/*"},
		},
	}
}
