package features

// gpuEntries is the catalogue of our own features about GPUs and other accelerators, which NFD does not have.
func gpuEntries() []Entry {
	return []Entry{
		{
			Name:  "accel.device",
			Kinds: []Kind{Instance},
			Description: "accelerators that are no GPUs: Gaudi, AWS Neuron, Google's TPUs, NPUs, and whatever is of their class on the PCI bus or in the " +
				"kernel's class accel",
			Elements: []Element{
				{Name: "arch_type", Meaning: "generation, as the driver tells it: device_type of a Gaudi, arch_type of AWS Neuron such as NDv3"},
				{Name: "device", Meaning: "device, four digits, as in pci.device"},
				{Name: "driver", Meaning: "name of the driver, such as habanalabs, neuron-driver, intel_vpu or qaic; not there if none is bound"},
				{Name: "driver_version", Meaning: driverVersionMeaning},
				{Name: "driver_version_raw", Meaning: "version of the driver as its module says it"},
				{Name: "firmware_version", Meaning: "version of the firmware of a Gaudi, of at most three numbers, such as 32.6.6 of hl-gaudi-1.2.3-fw-32.6.6-sec-4"},
				{Name: "firmware_version_raw", Meaning: "version of the firmware as the driver tells it"},
				{Name: "pci_address", Meaning: "address, such as 0000:17:00.0; not there if it is a part of the chip"},
				{Name: "product", Meaning: "what it is, by the list of PCI ids or its driver"},
				{Name: "vendor", Meaning: "vendor, four digits, such as 1da3 (Habana), 1d0f (AWS), 1ae0 (Google), 8086 (Intel)"},
			},
			ReadFrom: []string{
				"/sys/bus/pci/devices/*/{class,vendor,device}", "/sys/bus/pci/devices/*/driver/module/version", "/sys/class/accel/accel*",
				"/sys/class/habanalabs/hl*", "/sys/bus/pci/devices/*/{device_type,cpucp_ver,armcp_ver}",
				"/sys/class/neuron_device/neuron*/info/architecture/{device_name,arch_type}",
				"/sys/devices/virtual/neuron_device/neuron*/info/architecture/{device_name,arch_type}",
			},
		},
		{
			Name:  "gpu.device",
			Kinds: []Kind{Instance},
			Description: "GPUs of NVIDIA, AMD and Intel on the PCI bus; with one of NVIDIA it is incomplete, since NVML alone tells the brand: what is " +
				"required of all GPUs is better asked of gpu.summary",
			Elements: gpuDeviceElements(),
			ReadFrom: []string{
				"/sys/bus/pci/devices/*/{class,vendor,device,subsystem_vendor,subsystem_device,revision,numa_node,current_link_speed,driver}",
				"/proc/driver/nvidia/gpus/*/information", "/sys/module/{nvidia,nvgpu}",
				"/sys/bus/pci/devices/*/{product_name,vbios_version,mem_info_vram_total,current_compute_partition,current_memory_partition}",
				"/sys/class/kfd/kfd/topology/nodes/*/properties", "/sys/class/kfd/kfd/topology/nodes/*/mem_banks/0/properties",
				"/sys/bus/pci/devices/*/tile*/{,memory/}physical_vram_size_bytes", "/sys/bus/pci/devices/*/drm/card*/{lmem_total_bytes,gt}",
				"list of PCI ids",
			},
		},
		{
			Name:  "gpu.driver",
			Kinds: []Kind{Attribute},
			Description: "drivers of GPUs that are loaded; to have NVIDIA's, install the driver (packages nvidia-driver or nvidia-open, not the CUDA toolkit " +
				"alone) and restart, for AMD's amdgpu-dkms and ROCm or a newer kernel, for Intel's a kernel with i915 or xe",
			Elements: gpuDriverElements(),
			ReadFrom: []string{
				"/sys/module/nvidia/{version,taint}", "/proc/driver/nvidia/version", "/proc/driver/nvidia/capabilities/mig/config",
				"/etc/ld.so.cache", "/usr/lib/x86_64-linux-gnu/libcuda.so.1", "/usr/lib/aarch64-linux-gnu/{,nvidia/,tegra/}libcuda.so.1",
				"/usr/{lib64,lib64/nvidia,lib}/libcuda.so.1", "/run/nvidia/driver/usr/{lib,lib64}", "/run/opengl-driver/lib/libcuda.so.1",
				"/usr/lib/wsl/lib/libcuda.so.1", "/home/kubernetes/bin/nvidia/lib64/libcuda.so.1",
				"/{x86_64,aarch64}-bottlerocket-linux-gnu/sys-root/usr/lib/nvidia/tesla/libcuda.so.1",
				"table of the driver's branches", "/sys/module/{amdgpu,i915,xe}/{version,taint}", "/proc/sys/kernel/osrelease", "/opt/rocm/.info/version", "/opt/rocm-*/.info/version",
				"/sys/module/nouveau", "/sys/bus/pci/devices/*/{class,vendor,device}",
			},
		},
		{
			Name:  "gpu.summary",
			Kinds: []Kind{Attribute},
			Description: "all GPUs together that programs can use: those bound to nvidia, amdgpu, i915 or xe. Left out are those that are given away " +
				"(vfio-pci), bound to another driver (nouveau) or to none, and those that NVIDIA's driver is told to leave alone; gpu.device has them all. What " +
				"is not known of every GPU is not told",
			Elements: []Element{
				{Name: "amd.count", Meaning: "GPUs of AMD, bound to amdgpu; a partitioned one is one"},
				{Name: "amd.gfx_target", Meaning: "gfx_target of gpu.device, if all GPUs of AMD have the same"},
				{Name: "count", Meaning: "GPUs that programs can use; without one, nothing of this feature is there"},
				{Name: "homogeneous", Meaning: "whether all GPUs have the same vendor and device", Values: boolean()},
				{Name: "intel.count", Meaning: "GPUs of Intel, bound to i915 or xe, those in the processor among them"},
				{Name: "nvidia.compute_capability_max", Meaning: "highest compute capability of the GPUs of NVIDIA, such as 9.0"},
				{Name: "nvidia.compute_capability_min", Meaning: "lowest compute capability of the GPUs of NVIDIA: what a program must do with that shall run on any of them"},
				{Name: "nvidia.count", Meaning: "GPUs of NVIDIA, bound to nvidia"},
				{Name: "nvidia.memory_mib_min", Meaning: "least memory of a GPU of NVIDIA, in MiB; never known, since NVML alone tells it"},
				{Name: "nvidia.product", Meaning: "product of gpu.device, if all GPUs of NVIDIA have the same"},
			},
			ReadFrom: []string{"gpu.device"},
		},
	}
}

const driverVersionMeaning = "version of the driver, of at most three numbers; not there if its module says none, as most of those that come with the kernel"

func gpuDeviceElements() []Element {
	return []Element{
		{Name: "brand", Meaning: "brand of a GPU of NVIDIA, such as tesla or geforce; never known, since NVML alone tells it"},
		{Name: "class", Meaning: "class and subclass, four digits, as in pci.device: 0300, 0302, 0380, or 1200 for AMD's MI300"},
		{Name: "codename", Meaning: "chip, by the list of PCI ids, such as GH100, Aldebaran/MI200 or DG2"},
		{Name: "compute_capability", Meaning: "compute capability of a GPU of NVIDIA, such as 9.0, by its chip"},
		{Name: "compute_major", Meaning: "first number of compute_capability"},
		{Name: "compute_minor", Meaning: "second number of compute_capability"},
		{Name: "compute_partition", Meaning: "how a GPU of AMD is split for computing, such as SPX or CPX"},
		{Name: "cu_count", Meaning: "compute units of a GPU of AMD, those of all its partitions together"},
		{Name: "device", Meaning: "device, four digits, as in pci.device"},
		{Name: "driver", Meaning: "name of the driver, such as nvidia, nouveau, amdgpu, i915, xe or vfio-pci; not there if none is bound"},
		{Name: "excluded", Meaning: "whether NVIDIA's driver is told to leave the GPU alone", Values: boolean()},
		{Name: "family", Meaning: "architecture of a GPU of NVIDIA, such as ampere, ada-lovelace or hopper"},
		{Name: "firmware_version", Meaning: "version of the firmware (GSP) of a GPU of NVIDIA; not there if it runs none"},
		{Name: "firmware_version_raw", Meaning: "version of the firmware as the driver tells it"},
		{Name: "gfx_target", Meaning: "what code for a GPU of AMD is compiled for, such as gfx90a or gfx942"},
		{Name: "link_speed", Meaning: "speed of the PCI link at the moment, in GT/s, such as 16.0; an idle GPU may lower it"},
		{Name: "memory_mib", Meaning: "memory of the GPU in MiB; not known of NVIDIA's, since NVML alone tells it, nor there for one in a processor of Intel"},
		{Name: "memory_partition", Meaning: "how the memory of a GPU of AMD is split, such as NPS1"},
		{Name: "numa_node", Meaning: "NUMA node that it belongs to; not there if to none"},
		{Name: "pci_address", Meaning: "address, such as 0000:17:00.0"},
		{Name: "product", Meaning: "what it is sold as: as NVIDIA's driver or AMD's tells it, such as NVIDIA H100 80GB HBM3; else by the list of PCI ids"},
		{Name: "revision", Meaning: "revision, two digits"},
		{Name: "simd_count", Meaning: "SIMD units of a GPU of AMD, those of all its partitions together"},
		{Name: "subsystem_device", Meaning: "device of the subsystem, four digits, as in pci.device"},
		{Name: "subsystem_vendor", Meaning: "vendor of the subsystem, four digits, as in pci.device"},
		{Name: "tiles", Meaning: "tiles of a GPU of Intel"},
		{Name: "vbios_version_raw", Meaning: "version of the video BIOS of a GPU of NVIDIA or AMD, such as 96.00.30.00.01"},
		{Name: "vendor", Meaning: "vendor: 10de is NVIDIA, 1002 AMD, 8086 Intel", Values: []string{vendorAMD, vendorNvidia, vendorIntel}},
	}
}

func gpuDriverElements() []Element {
	const (
		kernels = "; that of the kernel, if the driver came with it"
		raw     = "version as it is told"
	)
	return []Element{
		{Name: "amdgpu.in_tree", Meaning: "whether the driver amdgpu came with the kernel, from /sys/module/amdgpu/{version,taint}; that of ROCm (package amdgpu-dkms) did not", Values: boolean()},
		{Name: "amdgpu.version", Meaning: "version of the driver amdgpu, of at most three numbers, from /sys/module/amdgpu/version" + kernels},
		{Name: "amdgpu.version_raw", Meaning: raw},
		{
			Name: "cuda.version", Meaning: "newest version of CUDA that NVIDIA's driver supports, such as 12.4: from the note .note.cuda.fwd_compatibility in " +
				"libcuda.so.1 (where the loader's cache or the list of directories says), or else by the driver's branch (nvidia.version.major); not known if neither tells it. To have a newer one, install a newer driver",
		},
		{Name: "cuda.version.major", Meaning: "first number of cuda.version"},
		{Name: "cuda.version.minor", Meaning: "second number of cuda.version"},
		{Name: "cuda.version_source", Meaning: "what tells cuda.version: the note in libcuda, or the table of the driver's branches", Values: []string{"elf-note", "table"}},
		{Name: "i915.version", Meaning: "version of the driver i915, of at most three numbers, from /sys/module/i915/version" + kernels},
		{Name: "i915.version_raw", Meaning: raw},
		{Name: "nouveau.loaded", Meaning: "whether the kernel's own driver for NVIDIA is loaded, which keeps NVIDIA's from its GPUs; told where there is a GPU of NVIDIA, " +
			"from /sys/module/nouveau", Values: boolean()},
		{Name: "nvidia.flavor", Meaning: "which of NVIDIA's kernel modules are loaded, from /proc/driver/nvidia/version", Values: []string{"open", "proprietary"}},
		{
			Name: "nvidia.library_version", Meaning: "version of the driver that libcuda belongs to, from the name of the file that libcuda.so.1 leads to; CUDA works if it is " +
				"nvidia.version. It comes with the package libnvidia-compute, nvidia-driver-cuda-libs or libcuda1",
		},
		{Name: "nvidia.library_version_raw", Meaning: raw},
		{
			Name: "nvidia.mig_capable", Meaning: "whether NVIDIA's driver can split GPUs (MIG), from /proc/driver/nvidia/capabilities/mig/config; whether a GPU can be split " +
				"is a matter of the GPU. Not known in a container that does not show that directory", Values: boolean(),
		},
		{
			Name: "nvidia.version", Meaning: "version of NVIDIA's driver, from /sys/module/nvidia/version or /proc/driver/nvidia/version; not there if the driver is not loaded: " +
				"install the package nvidia-driver or nvidia-open",
		},
		{Name: "nvidia.version.major", Meaning: "branch of NVIDIA's driver, such as 550"},
		{Name: "nvidia.version.minor", Meaning: "second number of nvidia.version"},
		{Name: "nvidia.version.revision", Meaning: "third number of nvidia.version"},
		{Name: "nvidia.version_raw", Meaning: raw},
		{Name: "rocm.version", Meaning: "version of ROCm in /opt/rocm or the one /opt/rocm-*, from .info/version there; package rocm-core"},
		{Name: "rocm.version_raw", Meaning: raw},
		{Name: "xe.version", Meaning: "version of the driver xe, of at most three numbers, from /sys/module/xe/version" + kernels},
		{Name: "xe.version_raw", Meaning: raw},
	}
}
