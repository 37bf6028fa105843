package features

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"sync"
)

// Places that are there on every Linux host whose procfs or sysfs can be seen. An optional file is absent only if
// the place is there: else nobody looked.
const (
	procPlace = "proc/sys/kernel/osrelease"
	sysPlace  = "sys/devices"
	busPlace  = "sys/bus"
)

// readers is the table of what can be discovered: which function reads which feature.
func readers() map[string]func(context.Context, *view) finding {
	return map[string]func(context.Context, *view) finding{
		"cpu.coprocessor":      discoverCoprocessor,
		"cpu.cpuid":            discoverCPUID,
		"cpu.cstate":           discoverCState,
		"cpu.model":            discoverCPUModel,
		"cpu.pstate":           discoverPState,
		"cpu.rdt":              discoverRDT,
		"cpu.security":         discoverSecurity,
		"cpu.sst":              discoverSST,
		"cpu.topology":         discoverTopology,
		"accel.device":         discoverAccelerators,
		"gpu.device":           discoverGPUDevices,
		"gpu.driver":           discoverGPUDriver,
		"gpu.summary":          discoverGPUSummary,
		"kernel.capability":    discoverCapabilities,
		"kernel.cmdline":       discoverCommandLine,
		"kernel.config":        discoverKernelConfig,
		"kernel.enabledmodule": discoverEnabledModules,
		"kernel.kvm":           discoverKVM,
		"kernel.loadedmodule":  discoverLoadedModules,
		"kernel.lsm":           discoverLSM,
		"kernel.module":        discoverModuleVersions,
		"kernel.modulestate":   discoverModuleStates,
		"kernel.release":       discoverKernelRelease,
		"kernel.selinux":       discoverSELinux,
		"kernel.sysctl":        discoverSysctl,
		"kernel.version":       discoverKernelVersion,
		"local.feature":        discoverLocalFeatures,
		"local.label":          discoverLocalLabels,
		"memory.hugepages":     discoverHugePages,
		"memory.numa":          discoverNUMA,
		"memory.nv":            discoverNonVolatileMemory,
		"memory.swap":          discoverSwap,
		"network.driver":       discoverNetworkDrivers,
		"network.device":       discoverNetworkDevices,
		"network.virtual":      discoverVirtualNetworkDevices,
		"pci.device":           discoverPCIDevices,
		"pci.driver":           discoverPCIDrivers,
		"rdma.device":          discoverRDMADevices,
		"rdma.port":            discoverRDMAPorts,
		"storage.block":        discoverBlockDevices,
		"system.cdi":           discoverCDI,
		"system.cgroup":        discoverCgroup,
		"system.dmiid":         discoverDMIID,
		"system.library":       discoverLibraries,
		"system.name":          discoverNodeName,
		"system.selinux":       discoverSELinuxMode,
		"system.osrelease":     discoverOSRelease,
		"system.software":      discoverSoftware,
		"usb.device":           discoverUSBDevices,
	}
}

// A view is one look at a host: what the readers of one run of discovery share. Each of its functions reads once.
type view struct {
	files *fsys
	// live is true for the host that Live returns.
	live bool
	// own says whether the root is the running host's, so that its processor and its environment are ours.
	own func() bool
	// release is the kernel's release, never empty without an error.
	release func() (string, error)
	// architecture is the processor's, in Go's words; empty if it is not known.
	architecture func() string
	// loadedModules holds the names in /proc/modules.
	loadedModules func() ([]string, error)
	// builtinModules and availableModules hold the names in modules.builtin and modules.dep, with the dashes of the files' names.
	builtinModules, availableModules func() ([]string, error)
	// securityModules holds the names in /sys/kernel/security/lsm.
	securityModules func() ([]string, error)
	// config is what kernel.config is; nobody changes it.
	config func(context.Context) finding
	// interfaces holds the network interfaces, physical and virtual.
	interfaces func(context.Context) netInterfaces
	// pciFunctions holds the functions on the PCI bus, and gpus those of them that are GPUs.
	pciFunctions func(context.Context) pciFunctions
	gpus         func(context.Context) gpus
	// rdma holds the RDMA devices and their ports.
	rdma func(context.Context) rdmaDevices
	// libraryCache holds what the loader's cache names; nobody changes it.
	libraryCache func() ([]cachedLibrary, error)
	// libraries holds those that the loader finds.
	libraries func(context.Context) libraries
	// askUserfaultfd asks the running kernel which features its userfaultfd has.
	askUserfaultfd func() (uint64, error)
	// local holds what the administrator's files say.
	local func(context.Context) localFeatures
}

func newView(t tree, live bool) *view {
	v := &view{files: newFsys(t), live: live}
	v.own = sync.OnceValue(v.readOwn)
	release := sync.OnceValues(v.readRelease)
	v.release = func() (string, error) {
		v.files.trace.note("/" + procPlace) // every feature that needs it, though it is read once
		return release()
	}
	v.architecture = sync.OnceValue(v.readArchitecture)
	v.loadedModules = sync.OnceValues(v.readLoadedModules)
	v.builtinModules = sync.OnceValues(v.readBuiltinModules)
	v.availableModules = sync.OnceValues(v.readAvailableModules)
	v.securityModules = sync.OnceValues(v.readLSM)
	v.config = once(v.readConfig)
	v.interfaces = once(v.readInterfaces)
	v.pciFunctions = once(v.readPCIFunctions)
	v.gpus = once(v.readGPUs)
	v.rdma = once(v.readRDMA)
	libraryCache := sync.OnceValues(v.readLibraryCache)
	v.libraryCache = func() ([]cachedLibrary, error) {
		cached, err := libraryCache()
		if err == nil {
			v.files.trace.note("/" + libraryCacheFile) // every feature that needs it, though it is read once
		}
		return cached, err
	}
	v.libraries = once(v.readLibraries)
	v.askUserfaultfd = sync.OnceValues(askUserfaultfd)
	v.local = once(v.readLocal)
	return v
}

// once is sync.OnceValue for a function that takes the context, which is the same for all that share a view.
func once[T any](read func(context.Context) T) func(context.Context) T {
	var (
		first sync.Once
		value T
	)
	return func(ctx context.Context) T {
		first.Do(func() { value = read(ctx) })
		return value
	}
}

// readOwn compares /proc/sys/kernel/random/boot_id below the root with our own. It holds a UUID that the kernel makes
// when it starts, one line:
//
//	8c9f6c0e-5a1a-4b8e-9d2b-0c6f4b2f5a11
//
// Without it the root is taken for another host's.
func (v *view) readOwn() bool {
	const bootID = "proc/sys/kernel/random/boot_id"
	if runtime.GOOS != "linux" || v.live {
		return v.live
	}
	there, err := v.files.attribute(bootID)
	if err != nil || there == "" {
		return false
	}
	here, err := os.ReadFile("/" + bootID)
	return err == nil && strings.TrimSpace(string(here)) == there
}

// readArchitecture tells the processor's architecture: our own on our own host, and else what /proc/sys/kernel/arch (of
// Linux 6.2 and newer) says in one line, in the words of uname:
//
//	x86_64
//
// On older kernels some are still known by their /proc/cpuinfo.
func (v *view) readArchitecture() string {
	if v.own() {
		return runtime.GOARCH
	}
	if name, err := v.files.attribute(archFile); err == nil {
		return parseArchitecture(name)
	}
	if data, err := v.files.read(cpuinfoPath, maxFile); err == nil {
		return parseCpuinfoArchitecture(data)
	}
	return ""
}

// archFile holds the processor's architecture, in the words of uname, on Linux 6.2 and newer.
const archFile = "proc/sys/kernel/arch"

// parseARMVariant turns the machine's name into the variant of the architecture arm: armv6l is v6, and armv8l, a 64-bit
// processor in 32-bit mode, runs what is for v7. It is empty if the name does not tell.
func parseARMVariant(machine string) string {
	version, ok := strings.CutPrefix(machine, "armv")
	switch {
	case !ok || version == "":
		return ""
	case version[0] >= '7':
		return "v7"
	case version[0] == '6' || version[0] == '5':
		return "v" + version[:1]
	}
	return ""
}

// parseArchitecture turns the machine's name as uname tells it into Go's word; empty if it is another one.
func parseArchitecture(machine string) string {
	switch machine {
	case "x86_64":
		return "amd64"
	case "aarch64":
		return "arm64"
	case "i386", "i486", "i586", "i686":
		return "386"
	case "loongarch64":
		return "loong64"
	case "ppc64le", "riscv64", "s390x":
		return machine
	}
	if strings.HasPrefix(machine, "armv") {
		return "arm"
	}
	return ""
}

// name tells which host this is, as far as its files say.
func (v *view) name(node *Node) {
	if release, err := v.release(); err == nil {
		node.Kernel = release
		node.OS = "linux"
	}
	if v.live {
		return
	}
	node.Architecture = v.architecture()
	if name, err := v.files.attribute(archFile); err == nil && node.Architecture == "arm" {
		node.Variant = parseARMVariant(name)
	}
	// /etc/hostname comes first: a mounted /proc/sys/kernel/hostname tells the name in the namespace of whoever reads
	// it, which is the pod's where a pod reads the files of its host.
	for _, file := range []string{"etc/hostname", "proc/sys/kernel/hostname"} {
		text, err := v.files.attribute(file)
		if name := parseHostname(text); err == nil && name != "" {
			node.Name = name
			return
		}
	}
}

// parseHostname takes the name from the text of /etc/hostname, which may have comments, or /proc/sys/kernel/hostname.
// What the kernel writes before there is a name, (none), counts as none.
//
//	node-17.example.org
func parseHostname(text string) string {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "#") && line != "(none)" {
			return line
		}
	}
	return ""
}

// missing is the finding on an optional feature whose file is not there. It is absent if the place to look is there.
func (v *view) missing(file, place string) finding {
	if err := v.notLooked(file, place); err != nil {
		return unreadable(err)
	}
	return finding{}
}

// notLooked says of a file that is not there why that tells nothing: nil if the place to look is there.
func (v *view) notLooked(file, place string) error {
	ok, err := v.files.exists(place)
	if err == nil && !ok {
		err = fmt.Errorf("/%s is not there, and neither is /%s, where to look for it", file, place)
	}
	return err
}

// optional is missing for an error that says that the file is not there, and unreadable for any other.
func (v *view) optional(err error, file, place string) finding {
	if errors.Is(err, fs.ErrNotExist) {
		return v.missing(file, place)
	}
	return unreadable(err)
}
