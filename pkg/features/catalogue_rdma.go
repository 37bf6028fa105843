package features

// rdmaEntries is the catalogue of our own features about RDMA: InfiniBand, RoCE, iWARP, EFA and Omni-Path.
func rdmaEntries() []Entry {
	const (
		layer  = "link layer: InfiniBand, Ethernet (RoCE, iWARP), or Unknown (such as of an EFA)"
		states = "state of the port; only an ACTIVE one carries data"
	)
	layers := []string{"Ethernet", "InfiniBand", "Unknown"}
	return []Entry{
		{
			Name:        "rdma.device",
			Kinds:       []Kind{Instance},
			Description: "RDMA devices: InfiniBand, RoCE, iWARP, EFA, Omni-Path; those of the network namespace that sysfs is mounted in",
			Elements: []Element{
				{Name: "board_id", Meaning: "what its maker calls the board, such as MT_0000000223"},
				{Name: "device", Meaning: "device, four digits, as in pci.device; not there for a device of software"},
				{Name: "driver", Meaning: "driver of the device, such as mlx5_core, efa, hfi1 or rdma_rxe"},
				{Name: "fw_version", Meaning: "version of the firmware, of at most three numbers; not there if the device tells none but zeros, as an EFA"},
				{Name: "fw_version_raw", Meaning: "version of the firmware as the device tells it"},
				{Name: "hca_type", Meaning: "type of the adapter, such as MT4123"},
				{Name: "is_efa", Meaning: "whether it is an Elastic Fabric Adapter", Values: boolean()},
				{Name: "link_layer", Meaning: layer + "; not there if its ports differ", Values: layers},
				{Name: "name", Meaning: "name of the device, such as mlx5_0"},
				{Name: "node_type", Meaning: "what it is in the network", Values: []string{"CA", "RNIC", "router", "switch", "unspecified", "usNIC", "usNIC UDP"}},
				{Name: "ports_active", Meaning: "number of its ports that are active"},
				{Name: "rate_gbps", Meaning: "rate of the fastest active port, in whole Gbit/s; not there if none is active"},
				{Name: "vendor", Meaning: "vendor, four digits, as in pci.device; not there for a device of software"},
			},
			ReadFrom: []string{
				"/sys/class/infiniband/*/{fw_ver,board_id,hca_type,node_type}", "/sys/class/infiniband/*/device/{vendor,device}",
				"/sys/class/infiniband/*/device/driver", "/sys/class/infiniband/*/ports/*/{state,rate,link_layer}",
			},
		},
		{
			Name:        "rdma.port",
			Kinds:       []Kind{Instance},
			Description: "ports of the RDMA devices",
			Elements: []Element{
				{Name: "device", Meaning: "name of the device, as in rdma.device"},
				{Name: "link_layer", Meaning: layer, Values: layers},
				{
					Name: "phys_state", Meaning: "state of the physical link",
					Values: []string{"Disabled", "LinkErrorRecovery", "LinkUp", "Phy Test", "Polling", "PortConfigurationTraining", "Sleep"},
				},
				{Name: "port", Meaning: "number of the port, from 1 on"},
				{Name: "rate_gbps", Meaning: "rate in whole Gbit/s, of a port that is not active the lowest"},
				{Name: "state", Meaning: states, Values: []string{portActive, "ACTIVE_DEFER", "ARMED", "DOWN", "INIT", "NOP"}},
			},
			ReadFrom: []string{"/sys/class/infiniband/*/ports/*/{state,phys_state,rate,link_layer}"},
		},
	}
}
