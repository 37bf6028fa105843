package features

// deviceEntries is the catalogue of the domains of devices: network, pci, storage and usb.
func deviceEntries() []Entry {
	return []Entry{
		{
			Name:        "network.device",
			Since:       "v0.10",
			Kinds:       []Kind{Instance},
			Description: "network interfaces of a device, such as a card; those of the network namespace that sysfs is mounted in",
			Elements: []Element{
				{Name: "mtu", Meaning: "largest packet, in bytes"},
				{Name: "name", Meaning: "name of the interface"},
				{Name: "operstate", Meaning: "state of the link", Values: operStates()},
				{Name: "speed", Meaning: speedMeaning},
				{Name: "sriov_numvfs", Meaning: "number of virtual functions that are set up; not there if the device can have none"},
				{Name: "sriov_totalvfs", Meaning: "number of virtual functions that the device can have; not there if it can have none"},
			},
			ReadFrom: []string{
				"/sys/class/net/*/{operstate,speed,mtu}",
				"/sys/class/net/*/device/{sriov_numvfs,sriov_totalvfs}",
			},
		},
		{
			Name:        "network.virtual",
			Since:       "v0.15",
			Kinds:       []Kind{Instance},
			Description: "network interfaces without a device, such as bridges; those of the network namespace that sysfs is mounted in",
			Elements: []Element{
				{Name: "mtu", Meaning: "largest packet, in bytes"},
				{Name: "name", Meaning: "name of the interface"},
				{Name: "operstate", Meaning: "state of the link", Values: operStates()},
				{Name: "speed", Meaning: speedMeaning},
			},
			ReadFrom: []string{"/sys/class/net/*/{operstate,speed,mtu}"},
		},
		{
			Name:        "pci.device",
			Since:       "v0.10",
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
			Since:       "v0.10",
			Kinds:       []Kind{Instance},
			Description: "block devices, those that the kernel makes up (loop, dm, zram) included",
			Elements: []Element{
				{Name: "dax", Meaning: "1 if the device can be mapped into memory directly", Values: digits()},
				{Name: "name", Meaning: "name of the device, with an exclamation mark in place of a slash"},
				{Name: "nr_zones", Meaning: "number of zones; 0 if the device has none"},
				{Name: "rotational", Meaning: "1 if the device has spinning disks, or says so as many virtual ones do", Values: digits()},
				{Name: "zoned", Meaning: "zone model", Values: []string{"none", "host-aware", "host-managed"}},
			},
			ReadFrom: []string{"/sys/block/*/queue/{dax,nr_zones,rotational,zoned}"},
		},
		{
			Name:        "usb.device",
			Since:       "v0.10",
			Kinds:       []Kind{Instance},
			Description: "USB devices, hubs included, one for each interface where the device itself names no class; numbers in hexadecimal",
			Elements: []Element{
				{Name: "class", Meaning: "class of the device or of its interface, two digits, such as 0e for video"},
				{Name: "device", Meaning: "product, four digits"},
				{Name: "serial", Meaning: "serial number; not there if the device has none"},
				{Name: "vendor", Meaning: "vendor, four digits, such as 1d6b"},
			},
			ReadFrom: []string{
				"/sys/bus/usb/devices/*/{bDeviceClass,idProduct,idVendor,serial}",
				"/sys/bus/usb/devices/*/*/bInterfaceClass",
			},
		},
	}
}

const speedMeaning = "speed of the link in Mbit/s; -1 if the driver does not know it, and not there while the interface is down"

// operStates are the states of a link, of RFC 2863, in the words of Documentation/ABI/testing/sysfs-class-net.
func operStates() []string {
	return []string{"unknown", "notpresent", "down", "lowerlayerdown", "testing", "dormant", "up"}
}

// digits are the values of an element for which the kernel writes a digit.
func digits() []string { return []string{"0", "1"} }
