package vm

import (
	"slices"

	"github.com/nfd-compat/nfd-compat/pkg/features"
	"github.com/nfd-compat/nfd-compat/test/parity/vm/kernels"
	"github.com/nfd-compat/nfd-compat/test/parity/vm/plan"
)

const mib = 1 << 20

func machines() []machine {
	return []machine{cloud(), bare(), numa(), sriov(), devices(), cortexA72(), neoverseN1(), arm64Max()}
}

// cloud is what a cloud gives, by virtio: a disk, a network card, a graphics card; and a card that no driver knows.
func cloud() machine {
	return machine{
		name:   "cloud",
		arch:   amd64(),
		kernel: kernels.CloudAMD64,
		disks:  map[string]int{"swap": 4 * mib},
		qemu: arguments(`-M q35 -cpu max -smp 2 -m 512
			-netdev hubport,id=net,hubid=0 -device virtio-net-pci,netdev=net,romfile=
			-drive file=swap,format=raw,if=none,id=swap -device virtio-blk-pci,drive=swap
			-device virtio-gpu-pci -device edu`),
		modules: []string{"virtio_pci", "virtio_net", "virtio_blk"},
		steps: slices.Concat(up("lo", "unknown"), up("eth0", "up"),
			exists("/dev/vda"), []plan.Step{{Swap: "/dev/vda"}}),
		want: want{
			drivers: map[string]string{
				"00ff": "", "0100": "virtio-pci", "0106": "", "0200": "virtio-pci", "0380": "virtio-pci", "0600": "", "0601": "", "0c05": "",
			},
			attributes: map[string]map[string]string{
				"cpu.model":        {"hypervisor": "qemu"},
				"cpu.topology":     {"hardware_multithreading": "false", "socket_count": "1"},
				"memory.numa":      {"is_numa": "false", "node_count": "1"},
				"memory.swap":      {"enabled": "true"},
				"memory.hugepages": {"enabled": "false"},
				"system.dmiid":     {"sys_vendor": "QEMU"},
			},
			flags: map[string][]string{"cpu.cpuid": {"AVX2", "X86_64_V3", "!AVX512F", "!X86_64_V4"}},
			instances: map[string][]map[string]string{
				"network.device":  {{"name": "eth0", "operstate": "up", "speed": "-1", "mtu": "1500"}},
				"network.virtual": {{"name": "lo", "operstate": "unknown", "mtu": "65536"}},
				// Virtio has no way to say whether a disk turns, and to the kernel one that does not say so does.
				"storage.block": {{"name": "vda", "dax": "0", "rotational": "1", "nr_zones": "0", "zoned": "none"}},
				"usb.device":    nil,
				"memory.nv":     nil,
			},
			some: map[string][]map[string]string{
				"pci.device": {
					{"class": "0380", "vendor": "1af4", "device": "1050"},
					{"class": "00ff", "vendor": "1234", "device": "11e8"},
				},
			},
		},
	}
}

// bare has a processor and memory, a kernel that leaves the PCI bus alone, and no files: what has to be there, and is not,
// could not be read.
func bare() machine {
	return machine{
		name:        "bare",
		arch:        amd64(),
		kernel:      kernels.CloudAMD64,
		bare:        true,
		qemu:        arguments(`-M q35 -cpu qemu64 -smp 1 -m 512`),
		commandLine: []string{"pci=off"},
		want: want{
			attributes: map[string]map[string]string{
				"cpu.topology": {"hardware_multithreading": "false", "socket_count": "1"},
				"memory.numa":  {"is_numa": "false", "node_count": "1"},
				"memory.swap":  {"enabled": "false"},
			},
			flags: map[string][]string{"cpu.cpuid": {"SSE2", "SSE3", "X86_64_V1", "!XSAVE", "!OSXSAVE", "!AVX", "!X86_64_V2"}},
			instances: map[string][]map[string]string{
				"network.device": nil, "network.virtual": {{"name": "lo", "operstate": "down", "mtu": "65536"}},
				"pci.device": nil, "storage.block": nil, "usb.device": nil,
			},
			states: map[string]features.State{
				"gpu.driver":           features.Incomplete, // of ROCm it cannot be told, without /opt
				"kernel.capability":    features.Incomplete,
				"kernel.config":        features.Unreadable,
				"kernel.modulestate":   features.Incomplete,
				"system.cdi":           features.Unreadable,
				"kernel.enabledmodule": features.Incomplete,
				"local.feature":        features.Unreadable,
				"local.label":          features.Unreadable,
				"system.osrelease":     features.Unreadable,
			},
		},
	}
}

// numa is a server of two sockets, each with two threads and with memory of its own; one of two network cards belongs to
// the second.
func numa() machine {
	return machine{
		name:   "numa",
		arch:   amd64(),
		kernel: kernels.AMD64,
		qemu: append(arguments(`-M q35 -cpu Skylake-Server,check=off -smp 4,sockets=2,cores=1,threads=2 -m 768
			-object memory-backend-ram,id=m0,size=384M -numa node,nodeid=0,memdev=m0,cpus=0-1
			-object memory-backend-ram,id=m1,size=384M -numa node,nodeid=1,memdev=m1,cpus=2-3
			-numa dist,src=0,dst=1,val=21
			-device pxb-pcie,id=pxb,bus_nr=0x40,bus=pcie.0,numa_node=1
			-device pcie-root-port,id=rp,bus=pxb,chassis=1,slot=1
			-netdev hubport,id=net0,hubid=0 -device e1000e,netdev=net0,bus=pcie.0,romfile=
			-netdev hubport,id=net1,hubid=0 -device e1000e,netdev=net1,bus=rp,romfile=`),
			"-smbios", "type=0,vendor=A Firm,version=1.2.3,date=02/03/2024",
			"-smbios", "type=1,manufacturer=A Maker,product=A Server,version=v1,serial=S1,sku=SKU 1,family=A Family",
			"-smbios", "type=2,manufacturer=A Board Maker,product=A Board,version=v2,serial=S2,asset=A2",
			"-smbios", "type=3,manufacturer=A Chassis Maker,version=v3,serial=S3,asset=A3,sku=SKU 3",
		),
		commandLine: []string{"hugepagesz=2M", "hugepages=4"},
		modules:     []string{"e1000e"},
		steps:       slices.Concat(up("eth0", "up"), exists("/sys/class/net/eth1")),
		want: want{
			drivers: map[string]string{"0106": "", "0200": "e1000e", "0600": "", "0601": "", "0604": "pcieport", "0c05": ""},
			attributes: map[string]map[string]string{
				"cpu.model":        {"vendor_id": "Intel", "family": "6", "id": "85", "hypervisor": "qemu"},
				"cpu.topology":     {"hardware_multithreading": "true", "socket_count": "2"},
				"memory.numa":      {"is_numa": "true", "node_count": "2"},
				"memory.swap":      {"enabled": "false"},
				"memory.hugepages": {"enabled": "true", "hugepages-2Mi": "4", "hugepages-1Gi": "0"},
				"system.dmiid": {
					"bios_vendor": "A Firm", "bios_version": "1.2.3", "bios_date": "02/03/2024",
					"sys_vendor": "A Maker", "product_name": "A Server", "product_version": "v1", "product_sku": "SKU 1", "product_family": "A Family",
					"board_vendor": "A Board Maker", "board_name": "A Board", "board_version": "v2", "board_asset_tag": "A2",
					"chassis_vendor": "A Chassis Maker", "chassis_version": "v3", "chassis_asset_tag": "A3",
					// Only root may read these, and NFD does not.
					"product_serial": "", "board_serial": "", "chassis_serial": "", "product_uuid": "",
				},
			},
			flags: map[string][]string{"cpu.cpuid": {"AVX2", "X86_64_V3", "!AVX512F", "!X86_64_V4"}},
			instances: map[string][]map[string]string{
				"network.device": {
					{"name": "eth0", "operstate": "up", "speed": "1000", "mtu": "1500"},
					{"name": "eth1", "operstate": "down", "mtu": "1500"}, // one that is down has no speed
				},
				"network.virtual": {{"name": "lo", "operstate": "down", "mtu": "65536"}},
				"storage.block":   nil,
			},
			some: map[string][]map[string]string{"pci.device": {{"class": "0200", "vendor": "8086", "device": "10d3"}}},
		},
	}
}

// sriov is a host with an NVMe controller that has two virtual functions, and with two namespaces, one of them zoned. One
// of its processors is switched off.
func sriov() machine {
	const controller = "/sys/bus/pci/devices/0000:01:00.0/"
	return machine{
		name:   "sriov",
		arch:   amd64(),
		kernel: kernels.AMD64,
		disks:  map[string]int{"plain": 4 * mib, "zoned": 16 * mib},
		qemu: arguments(`-M q35 -cpu EPYC-Milan,check=off -smp 4 -m 512
			-device pcie-root-port,id=rp,chassis=1,slot=1 -device nvme-subsys,id=subsystem
			-device nvme,serial=S1,bus=rp,subsys=subsystem,sriov_max_vfs=4,sriov_vq_flexible=8,sriov_vi_flexible=4,max_ioqpairs=12,msix_qsize=9
			-drive file=plain,format=raw,if=none,id=plain -device nvme-ns,drive=plain,nsid=1
			-drive file=zoned,format=raw,if=none,id=zoned
			-device nvme-ns,drive=zoned,nsid=2,zoned=true,zoned.zone_size=1M,zoned.zone_capacity=1M`),
		modules: []string{"nvme", "kvm_amd"},
		steps: slices.Concat(exists("/dev/nvme0n1", "/dev/nvme0n2", "/dev/kvm"),
			// The functions have no queues yet that a driver could use.
			write(controller+"sriov_drivers_autoprobe", "0"), write(controller+"sriov_numvfs", "2"),
			write("/sys/devices/system/cpu/cpu3/online", "0")),
		want: want{
			drivers: map[string]string{"0106": "", "0108": "nvme", "0600": "", "0601": "", "0604": "pcieport", "0c05": ""},
			attributes: map[string]map[string]string{
				"cpu.model":    {"vendor_id": "AMD", "family": "25", "id": "1", "hypervisor": "qemu"},
				"cpu.topology": {"hardware_multithreading": "false", "socket_count": "1"},
				"kernel.kvm":   {"enabled": "true"},
				"memory.numa":  {"is_numa": "false", "node_count": "1"},
				"memory.swap":  {"enabled": "false"},
			},
			flags: map[string][]string{"cpu.cpuid": {"SVM", "SSE4A", "X86_64_V3"}},
			instances: map[string][]map[string]string{
				// A namespace that several controllers could offer has a disk for each path to it besides, nvme0c0n1: that is how
				// the kernel's multipath works (drivers/nvme/host/multipath.c).
				"storage.block": {
					{"name": "nvme0n1", "dax": "0", "rotational": "0", "nr_zones": "0", "zoned": "none"},
					{"name": "nvme0c0n1", "dax": "0", "rotational": "0", "nr_zones": "0", "zoned": "none"},
					{"name": "nvme0n2", "dax": "0", "rotational": "0", "nr_zones": "16", "zoned": "host-managed"},
					{"name": "nvme0c0n2", "dax": "0", "rotational": "0", "nr_zones": "16", "zoned": "host-managed"},
				},
			},
			some: map[string][]map[string]string{
				"pci.device": {{"class": "0108", "vendor": "1b36", "device": "0010", "sriov_totalvfs": "4"}},
			},
		},
	}
}

// devices is a host with what else is plugged into hosts: USB, memory that stays, disks that turn and that do not, an
// IOMMU; and with network interfaces that no card is behind, and SELinux.
func devices() machine {
	const usb, nd = "/sys/bus/usb/devices/", "/sys/bus/nd/"
	return machine{
		name:   "devices",
		arch:   amd64(),
		kernel: kernels.AMD64,
		disks:  map[string]int{"nvdimm": 128 * mib, "stick": 4 * mib, "turning": 4 * mib, "still": 4 * mib},
		qemu: arguments(`-M q35,nvdimm=on -cpu Haswell,check=off -smp 2 -m 512,slots=2,maxmem=2G
			-object memory-backend-file,id=nv,share=on,mem-path=nvdimm,size=128M -device nvdimm,memdev=nv
			-device intel-iommu
			-device qemu-xhci,id=usb,addr=0x10,p2=8,p3=8
			-device usb-kbd,bus=usb.0,port=1
			-drive file=stick,format=raw,if=none,id=stick -device usb-storage,bus=usb.0,port=2,drive=stick,serial=STICK1
			-chardev null,id=line -device usb-serial,bus=usb.0,port=3,chardev=line,always-plugged=on
			-device usb-hub,bus=usb.0,port=4
			-audiodev none,id=audio -device usb-audio,bus=usb.0,port=5,audiodev=audio
			-device virtio-scsi-pci,id=scsi
			-drive file=turning,format=raw,if=none,id=turning -device scsi-hd,bus=scsi.0,scsi-id=0,drive=turning,rotation_rate=7200
			-drive file=still,format=raw,if=none,id=still -device scsi-hd,bus=scsi.0,scsi-id=1,drive=still,rotation_rate=1`),
		commandLine: []string{"intel_iommu=on", "security=selinux", "enforcing=1"},
		modules:     []string{"xhci_pci", "usb_storage", "virtio_pci", "virtio_scsi", "sd_mod", "nfit", "nd_pmem", "dummy", "bonding"},
		steps: slices.Concat(
			exists(usb+"1-1:1.0", usb+"2-2:1.0", usb+"1-3:1.0", usb+"1-4:1.0", usb+"1-5:1.1"),
			exists("/dev/sda", "/dev/sdb", "/dev/sdc", nd+"drivers/nd_pmem/namespace0.0"),
			// What ndctl does for "create-namespace --mode fsdax --map mem": file systems then map the memory itself.
			write(nd+"drivers/nd_pmem/unbind", "namespace0.0"),
			write(nd+"devices/pfn0.0/uuid", "5f6c1f5e-8b5a-4b0e-9b0e-0d8f2a1c7e11"),
			write(nd+"devices/pfn0.0/mode", "ram"),
			write(nd+"devices/pfn0.0/namespace", "namespace0.0"),
			write(nd+"drivers/nd_pmem/bind", "pfn0.0"),
			exists("/dev/pmem0"),
			[]plan.Step{{Mount: &plan.Mount{Type: "selinuxfs", Dir: "/sys/fs/selinux"}}}),
		want: want{
			drivers: map[string]string{"0100": "virtio-pci", "0106": "", "0600": "", "0601": "", "0c03": "xhci_hcd", "0c05": ""},
			attributes: map[string]map[string]string{
				"cpu.model":      {"vendor_id": "Intel", "family": "6", "id": "60", "hypervisor": "qemu"},
				"cpu.topology":   {"hardware_multithreading": "false", "socket_count": "1"},
				"kernel.selinux": {"enabled": "true"},
			},
			flags: map[string][]string{"cpu.cpuid": {"AVX2", "X86_64_V3"}},
			instances: map[string][]map[string]string{
				"network.device": nil,
				"network.virtual": {
					{"name": "bond0", "operstate": "down", "mtu": "1500"},
					{"name": "dummy0", "operstate": "down", "mtu": "1500"},
					{"name": "lo", "operstate": "down", "mtu": "65536"},
				},
				// The names of disks are given in the order in which they answer. The stick says nothing of turning.
				"storage.block": {
					{"dax": "1", "rotational": "0", "nr_zones": "0", "zoned": "none"}, // the NVDIMM
					{"dax": "0", "rotational": "1", "nr_zones": "0", "zoned": "none"},
					{"dax": "0", "rotational": "0", "nr_zones": "0", "zoned": "none"},
					{"dax": "0", "rotational": "1", "nr_zones": "0", "zoned": "none"}, // the stick
				},
				"usb.device": {
					{"class": "03", "vendor": "0627", "device": "0001", "serial": "68284-0000:00:10.0-1"},
					{"class": "08", "vendor": "46f4", "device": "0001", "serial": "STICK1"},
					{"class": "ff", "vendor": "0403", "device": "6001", "serial": "1-0000:00:10.0-3"},
					{"class": "09", "vendor": "0409", "device": "55aa", "serial": "314159-0000:00:10.0-4"},
					// Of the sound card both interfaces are of this class.
					{"class": "01", "vendor": "46f4", "device": "0002", "serial": "1-0000:00:10.0-5"},
					{"class": "01", "vendor": "46f4", "device": "0002", "serial": "1-0000:00:10.0-5"},
					// The hubs that the controller's two buses begin with.
					{"class": "09", "vendor": "1d6b", "device": "0002", "serial": "0000:00:10.0"},
					{"class": "09", "vendor": "1d6b", "device": "0003", "serial": "0000:00:10.0"},
				},
				// The module, its region and namespace, what claims the namespace, and what is there to claim others.
				"memory.nv": {
					{"name": "ndbus0"},
					{"name": "nmem0", "devtype": "nvdimm"},
					{"name": "region0", "devtype": "nd_pmem"},
					{"name": "namespace0.0", "devtype": "nd_namespace_io", "mode": "memory"},
					{"name": "pfn0.0", "devtype": "nd_pfn", "mode": "ram"},
					{"name": "pfn0.1", "devtype": "nd_pfn", "mode": "none"},
					{"name": "dax0.0", "devtype": "nd_dax", "mode": "none"},
					{"name": "btt0.0", "devtype": "nd_btt"},
				},
			},
			some: map[string][]map[string]string{
				"pci.device": {{"class": "0c03", "iommu_group/type": "DMA-FQ", "iommu/intel-iommu/version": "1:0"}},
			},
		},
	}
}

// cortexA72 is a small 64-bit Arm.
func cortexA72() machine {
	return machine{
		name:   "cortex-a72",
		arch:   arm64(),
		kernel: kernels.ARM64,
		qemu: arguments(`-M virt -cpu cortex-a72 -smp 2 -m 512
			-netdev hubport,id=net,hubid=0 -device virtio-net-pci,netdev=net,romfile=`),
		modules: []string{"virtio_pci", "virtio_net"},
		steps:   up("eth0", "up"),
		want: want{
			drivers: map[string]string{"0200": "virtio-pci", "0600": ""},
			attributes: map[string]map[string]string{
				"memory.numa": {"is_numa": "false", "node_count": "1"},
			},
			allFlags: map[string][]string{
				"cpu.cpuid": {"FP", "ASIMD", "EVTSTRM", "AES", "PMULL", "SHA1", "SHA2", "CRC32", "CPUID"},
			},
			instances: map[string][]map[string]string{
				"network.device": {{"name": "eth0", "operstate": "up", "speed": "-1", "mtu": "1500"}},
			},
			states: map[string]features.State{"system.dmiid": features.Absent},
		},
	}
}

// neoverseN1 is an Arm server of two NUMA nodes.
func neoverseN1() machine {
	return machine{
		name:   "neoverse-n1",
		arch:   arm64(),
		kernel: kernels.ARM64,
		disks:  map[string]int{"disk": 4 * mib},
		qemu: arguments(`-M virt -cpu neoverse-n1 -smp 4,sockets=2,cores=2,threads=1 -m 768
			-object memory-backend-ram,id=m0,size=384M -numa node,nodeid=0,memdev=m0,cpus=0-1
			-object memory-backend-ram,id=m1,size=384M -numa node,nodeid=1,memdev=m1,cpus=2-3
			-numa dist,src=0,dst=1,val=21
			-drive file=disk,format=raw,if=none,id=disk -device nvme,serial=S1,drive=disk
			-device qemu-xhci,addr=0x10 -device usb-kbd`),
		commandLine: []string{"hugepagesz=2M", "hugepages=3"},
		modules:     []string{"nvme", "xhci_pci"},
		steps:       exists("/dev/nvme0n1", "/sys/bus/usb/devices/1-1:1.0"),
		want: want{
			drivers: map[string]string{"0108": "nvme", "0600": "", "0c03": "xhci_hcd"},
			attributes: map[string]map[string]string{
				"memory.numa": {"is_numa": "true", "node_count": "2"},
				"memory.hugepages": {
					"enabled": "true", "hugepages-64Ki": "0", "hugepages-2Mi": "3", "hugepages-32Mi": "0", "hugepages-1Gi": "0",
				},
			},
			allFlags: map[string][]string{
				// It has SSBS too, which the kernel withholds (Documentation/arm64/silicon-errata.rst, Neoverse-N1, 3324349).
				"cpu.cpuid": {
					"FP", "ASIMD", "EVTSTRM", "AES", "PMULL", "SHA1", "SHA2", "CRC32", "ATOMICS", "FPHP", "ASIMDHP", "CPUID",
					"ASIMDRDM", "LRCPC", "DCPOP", "ASIMDDP",
				},
			},
			instances: map[string][]map[string]string{
				"storage.block": {{"name": "nvme0n1", "dax": "0", "rotational": "0", "nr_zones": "0", "zoned": "none"}},
			},
			some: map[string][]map[string]string{
				"usb.device": {{"class": "03", "vendor": "0627", "device": "0001"}},
				"pci.device": {{"class": "0108", "vendor": "1b36", "device": "0010"}},
			},
		},
	}
}

// arm64Max has all that QEMU can.
func arm64Max() machine {
	return machine{
		name:   "arm64-max",
		arch:   arm64(),
		kernel: kernels.ARM64,
		// The authentication of pointers is slow to emulate as it is specified.
		qemu: arguments(`-M virt -cpu max,pauth-impdef=on -smp 2 -m 512`),
		want: want{
			drivers: map[string]string{"0600": ""},
			attributes: map[string]map[string]string{
				"memory.numa": {"is_numa": "false", "node_count": "1"},
			},
			flags: map[string][]string{"cpu.cpuid": {"ATOMICS", "SVE", "SVE2", "I8MM", "BF16", "PACA", "BTI", "RNG"}},
		},
	}
}
