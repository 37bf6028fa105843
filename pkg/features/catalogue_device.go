package features

// deviceEntries is the catalogue of the domains of devices: network, pci, storage and usb.
func deviceEntries() []Entry {
	return []Entry{
		{
			Name:        "network.device",
			Kinds:       []Kind{Instance},
			Description: "network interfaces of a physical device",
			Elements: []Element{
				{"mtu", "largest packet, in bytes"},
				{"name", "name of the interface"},
				{"operstate", "state of the link, such as up or down"},
				{"speed", "speed in Mbit/s"},
				{"sriov_numvfs", "number of virtual functions that are set up"},
				{"sriov_totalvfs", "number of virtual functions that the device can have"},
			},
			ReadFrom: []string{"/sys/class/net/*"},
		},
		{
			Name:        "network.virtual",
			Kinds:       []Kind{Instance},
			Description: "network interfaces without a device, such as bridges",
			Elements: []Element{
				{"mtu", "largest packet, in bytes"},
				{"name", "name of the interface"},
				{"operstate", "state of the link, such as up or down"},
				{"speed", "speed in Mbit/s"},
			},
			ReadFrom: []string{"/sys/class/net/*"},
		},
		{
			Name:        "pci.device",
			Kinds:       []Kind{Instance},
			Description: "devices on the PCI bus; numbers in lower-case hexadecimal without 0x",
			Elements: []Element{
				{"class", "class and subclass, four digits, such as 0300 for a VGA controller"},
				{"device", "device, four digits, such as 2330"},
				{"iommu/intel-iommu/version", "version of the Intel IOMMU that serves the device"},
				{"iommu_group/type", "kind of translation of the device's IOMMU group, such as DMA or identity"},
				{"sriov_totalvfs", "number of virtual functions that the device can have"},
				{"subsystem_device", "device of the subsystem, four digits"},
				{"subsystem_vendor", "vendor of the subsystem, four digits"},
				{"vendor", "vendor, four digits, such as 10de"},
			},
			ReadFrom: []string{"/sys/bus/pci/devices/*"},
		},
		{
			Name:        "storage.block",
			Kinds:       []Kind{Instance},
			Description: "block devices",
			Elements: []Element{
				{"dax", "1 if the device can be mapped into memory directly"},
				{"name", "name of the device"},
				{"nr_zones", "number of zones"},
				{"rotational", "1 if the device has spinning disks"},
				{"zoned", "zone model, such as none or host-managed"},
			},
			ReadFrom: []string{"/sys/block/*/queue"},
		},
		{
			Name:        "usb.device",
			Kinds:       []Kind{Instance},
			Description: "USB devices, one for each class of interface where the device itself names none",
			Elements: []Element{
				{"class", "class, two hexadecimal digits"},
				{"device", "product, four hexadecimal digits"},
				{"serial", "serial number"},
				{"vendor", "vendor, four hexadecimal digits"},
			},
			ReadFrom: []string{"/sys/bus/usb/devices/*"},
		},
	}
}
