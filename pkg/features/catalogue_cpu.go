package features

// cpuEntries is the catalogue of the domain cpu.
func cpuEntries() []Entry {
	return []Entry{
		{
			Name:        "cpu.cpuid",
			Kinds:       []Kind{Flag, Attribute},
			Description: "what the processor can do: instruction sets and the like",
			Elements:    cpuidElements(),
			ReadFrom:    []string{"CPUID", "auxiliary vector"},
			Always:      true,
		},
		{
			Name:        "cpu.model",
			Kinds:       []Kind{Attribute},
			Description: "maker, family and model of the processor, and the hypervisor beneath",
			Elements: []Element{
				{Name: "family", Meaning: "number of the processor's family"},
				{Name: "hypervisor", Meaning: "hypervisor beneath, in lower case; none on bare metal, unknown if it does not tell"},
				{Name: "id", Meaning: "number of the model within the family"},
				{Name: "vendor_id", Meaning: "maker of the processor, such as Intel, AMD or ARM", Values: cpuVendors()},
			},
			ReadFrom: []string{"CPUID", "/proc/cpuinfo", "/proc/sysinfo"},
			Always:   true,
		},
		{
			Name:        "cpu.cstate",
			Kinds:       []Kind{Attribute},
			Description: "idle states of the processor, under the driver intel_idle",
			Elements:    []Element{{Name: "enabled", Meaning: "true if a state deeper than the first may be used", Values: boolean()}},
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
				{Name: "scaling_governor", Meaning: "governor of all processors; not there if they differ or the status is not active"},
				{Name: "status", Meaning: "mode of the driver: active or passive", Values: []string{"active", "passive"}},
				{Name: "turbo", Meaning: "true if the processor may run above its base frequency", Values: boolean()},
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
				{Name: "RDTCMT", Meaning: "true if the use of the L3 cache can be watched", Values: boolean()},
				{Name: "RDTL2CA", Meaning: "true if the L2 cache can be divided", Values: boolean()},
				{Name: "RDTL3CA", Meaning: "true if the L3 cache can be divided", Values: boolean()},
				{Name: "RDTL3CA_NUM_CLOSID", Meaning: "number of classes of service of the L3 cache, the default one not counted"},
				{Name: "RDTMBA", Meaning: "true if memory bandwidth can be divided", Values: boolean()},
				{Name: "RDTMBM", Meaning: "true if memory bandwidth can be watched", Values: boolean()},
				{Name: "RDTMON", Meaning: "true if the L3 cache can be watched at all", Values: boolean()},
			},
			ReadFrom: []string{"CPUID", "/sys/fs/resctrl/info/L3/num_closids"},
		},
		{
			Name:        "cpu.security",
			Kinds:       []Kind{Attribute},
			Description: "trusted execution: SGX, TDX, SEV and Secure Execution",
			Elements: []Element{
				{Name: "se.enabled", Meaning: "true if the host can start guests under IBM Secure Execution", Values: boolean()},
				{Name: "sev.asids", Meaning: "number of address space identifiers for SEV guests"},
				{Name: "sev.enabled", Meaning: "true if the host can start SEV guests", Values: boolean()},
				{Name: "sev.encrypted_state_ids", Meaning: "number of identifiers for SEV-ES guests"},
				{Name: "sev.es.enabled", Meaning: "true if the host can start SEV-ES guests", Values: boolean()},
				{Name: "sev.snp.enabled", Meaning: "true if the host can start SEV-SNP guests", Values: boolean()},
				{Name: "sgx.enabled", Meaning: "true if memory is set aside for SGX enclaves", Values: boolean()},
				{Name: "sgx.epc", Meaning: "memory for SGX enclaves, in bytes"},
				{Name: "tdx.enabled", Meaning: "true if the host can start TDX guests", Values: boolean()},
				{Name: "tdx.protected", Meaning: "true if the host is itself a TDX guest", Values: boolean()},
				{Name: "tdx.total_keys", Meaning: "number of keys for TDX guests"},
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
			Elements:    []Element{{Name: "bf.enabled", Meaning: "true if some processors have a raised base frequency (SST-BF)", Values: boolean()}},
			ReadFrom:    []string{"CPUID", "/sys/bus/cpu/devices/*/cpufreq/base_frequency"},
		},
		{
			Name:        "cpu.topology",
			Kinds:       []Kind{Attribute},
			Description: "sockets and hardware threads",
			Elements: []Element{
				{Name: "hardware_multithreading", Meaning: "true if a core runs more than one thread", Values: boolean()},
				{Name: "socket_count", Meaning: "number of processor packages"},
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
			Elements:    []Element{{Name: "nx_gzip", Meaning: "true if the Nest accelerator for compression is there", Values: boolean()}},
			ReadFrom:    []string{"/sys/devices/vio/ibm,compression-v1/nx_gzip_caps"},
		},
	}
}
