package features

// cpuEntries is the catalogue of the domain cpu.
func cpuEntries() []Entry {
	return []Entry{
		{
			Name:        "cpu.cpuid",
			Kinds:       []Kind{Flag, Attribute},
			Description: "what the processor can do: instruction sets and the like",
			ReadFrom:    []string{"CPUID", "auxiliary vector"},
			Always:      true,
		},
		{
			Name:        "cpu.model",
			Kinds:       []Kind{Attribute},
			Description: "maker, family and model of the processor, and the hypervisor beneath",
			Elements: []Element{
				{"family", "number of the processor's family"},
				{"hypervisor", "hypervisor beneath, in lower case; none on bare metal, unknown if it does not tell"},
				{"id", "number of the model within the family"},
				{"vendor_id", "maker of the processor, such as Intel, AMD or ARM"},
			},
			ReadFrom: []string{"CPUID", "/proc/cpuinfo", "/proc/sysinfo"},
			Always:   true,
		},
		{
			Name:        "cpu.cstate",
			Kinds:       []Kind{Attribute},
			Description: "idle states of the processor, under the driver intel_idle",
			Elements:    []Element{{"enabled", "true if a state deeper than the first may be used"}},
			ReadFrom: []string{
				"/sys/devices/system/cpu/cpuidle/current_driver",
				"/sys/module/intel_idle/parameters/max_cstate",
			},
		},
		{
			Name:        "cpu.pstate",
			Kinds:       []Kind{Attribute},
			Description: "frequency scaling of the processor, under the driver intel_pstate",
			Elements: []Element{
				{"scaling_governor", "governor of all processors; not there if they differ or the status is not active"},
				{"status", "mode of the driver: active or passive"},
				{"turbo", "true if the processor may run above its base frequency"},
			},
			ReadFrom: []string{
				"/sys/devices/system/cpu/intel_pstate",
				"/sys/devices/system/cpu/cpufreq/policy*/scaling_governor",
			},
		},
		{
			Name:        "cpu.rdt",
			Kinds:       []Kind{Attribute},
			Description: "Resource Director Technology: watching and dividing of caches and memory bandwidth",
			Elements: []Element{
				{"RDTCMT", "true if the use of the L3 cache can be watched"},
				{"RDTL2CA", "true if the L2 cache can be divided"},
				{"RDTL3CA", "true if the L3 cache can be divided"},
				{"RDTL3CA_NUM_CLOSID", "number of classes of service of the L3 cache, the default one not counted"},
				{"RDTMBA", "true if memory bandwidth can be divided"},
				{"RDTMBM", "true if memory bandwidth can be watched"},
				{"RDTMON", "true if the L3 cache can be watched at all"},
			},
			ReadFrom: []string{"CPUID", "/sys/fs/resctrl/info/L3/num_closids"},
		},
		{
			Name:        "cpu.security",
			Kinds:       []Kind{Attribute},
			Description: "trusted execution: SGX, TDX, SEV and Secure Execution",
			Elements: []Element{
				{"se.enabled", "true if the host can start guests under IBM Secure Execution"},
				{"sev.asids", "number of address space identifiers for SEV guests"},
				{"sev.enabled", "true if the host can start SEV guests"},
				{"sev.encrypted_state_ids", "number of identifiers for SEV-ES guests"},
				{"sev.es.enabled", "true if the host can start SEV-ES guests"},
				{"sev.snp.enabled", "true if the host can start SEV-SNP guests"},
				{"sgx.enabled", "true if memory is set aside for SGX enclaves"},
				{"sgx.epc", "memory for SGX enclaves, in bytes"},
				{"tdx.enabled", "true if the host can start TDX guests"},
				{"tdx.protected", "true if the host is itself a TDX guest"},
				{"tdx.total_keys", "number of keys for TDX guests"},
			},
			ReadFrom: []string{
				"CPUID",
				"/sys/module/kvm_intel/parameters/tdx",
				"/sys/module/kvm_amd/parameters/{sev,sev_es,sev_snp}",
				"/sys/fs/cgroup/misc.capacity",
				"/sys/fs/cgroup/misc/misc.capacity",
				"/sys/firmware/uv/prot_virt_host",
			},
		},
		{
			Name:        "cpu.sst",
			Kinds:       []Kind{Attribute},
			Description: "Intel Speed Select Technology",
			Elements:    []Element{{"bf.enabled", "true if some processors have a raised base frequency (SST-BF)"}},
			ReadFrom:    []string{"CPUID", "/sys/bus/cpu/devices/*/cpufreq/base_frequency"},
		},
		{
			Name:        "cpu.topology",
			Kinds:       []Kind{Attribute},
			Description: "sockets and hardware threads",
			Elements: []Element{
				{"hardware_multithreading", "true if a core runs more than one thread"},
				{"socket_count", "number of processor packages"},
			},
			ReadFrom: []string{
				"/sys/bus/cpu/devices/*/topology/thread_siblings_list",
				"/sys/bus/cpu/devices/*/topology/physical_package_id",
			},
			Always: true,
		},
		{
			Name:        "cpu.coprocessor",
			Kinds:       []Kind{Attribute},
			Description: "accelerators beside the processor, on ppc64le",
			Elements:    []Element{{"nx_gzip", "true if the Nest accelerator for compression is there"}},
			ReadFrom:    []string{"/sys/devices/vio/ibm,compression-v1/nx_gzip_caps"},
		},
	}
}
