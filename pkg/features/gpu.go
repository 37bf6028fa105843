package features

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// The vendors of GPUs, in the list of PCI ids.
const (
	vendorAMD    = "1002"
	vendorIntel  = "8086"
	vendorNvidia = "10de"
)

// The first two digits of a class of PCI devices.
const (
	classDisplay     = "03"
	classAccelerator = "12"
)

// A pciFunction is what is read of every function on the PCI bus, to find those that are wanted.
type pciFunction struct {
	address, class, vendor, device string
}

// pciFunctions holds the functions on the PCI bus. What could not be read is noted in missed, whose state is empty if all was.
type pciFunctions struct {
	found  []pciFunction
	missed finding
}

// has says whether a function is on the bus.
func (p *pciFunctions) has(address string) bool {
	return slices.ContainsFunc(p.found, func(f pciFunction) bool { return f.address == address })
}

// readPCIFunctions reads the class of all functions on the PCI bus, and of those that may be wanted the vendor and the device: many are bridges,
// and each file takes its time.
func (v *view) readPCIFunctions(ctx context.Context) pciFunctions {
	var functions pciFunctions
	functions.missed = readDevices(ctx, v, pciDir, func(f *finding, address string) {
		function := pciFunction{address: address}
		var err error
		if function.class, err = readPCINumber(v.files, address, "class"); err == nil && !function.isCommon() {
			err = function.readID(v)
		}
		if err != nil {
			f.miss(fmt.Errorf("PCI device %s, whatever it is, is left out: %w", address, err))
			return
		}
		functions.found = append(functions.found, function)
	})
	return functions
}

// readID reads the vendor and the device.
func (p *pciFunction) readID(v *view) (err error) {
	if p.vendor, err = readPCINumber(v.files, p.address, "vendor"); err != nil {
		return err
	}
	p.device, err = readPCINumber(v.files, p.address, "device")
	return err
}

// isCommon says whether a function is of a class that no GPU or accelerator is of: storage, network, memory, bridges, communication, input,
// docking, serial buses and wireless.
func (p *pciFunction) isCommon() bool {
	const digits = 2
	return len(p.class) >= digits && slices.Contains([]string{"01", "02", "05", "06", "07", "09", "0a", "0c", "0d"}, p.class[:digits])
}

// isGPU says whether a function is a GPU: a display controller of one of the three vendors, so that neither the sound of a graphics card
// counts nor NVSwitch, which have chips of the same names, nor the screen of a management controller. AMD's MI300 is an accelerator
// by its class.
func (p pciFunction) isGPU() bool {
	switch p.vendor {
	case vendorAMD:
		return strings.HasPrefix(p.class, classDisplay) || strings.HasPrefix(p.class, classAccelerator)
	case vendorIntel, vendorNvidia:
		return strings.HasPrefix(p.class, classDisplay)
	}
	return false
}

// A gpu is one GPU of the host.
type gpu struct {
	pciFunction
	driver     string
	attributes map[string]string
	// unsure is why it is not known whether programs can use it; empty if that is known.
	unsure string
}

// isUsable says whether programs can use a GPU: it is bound to its vendor's driver for computing, which is not told to leave it alone. One that is given
// to a virtual machine (vfio-pci), or that nouveau shows a screen with, is on the host and of no use to an image; so is one without a driver.
func (g *gpu) isUsable() bool {
	drivers := map[string][]string{vendorAMD: {"amdgpu"}, vendorIntel: {"i915", "xe"}, vendorNvidia: {"nvidia"}}
	return slices.Contains(drivers[g.vendor], g.driver) && g.attributes["excluded"] != "true"
}

// boundTo says in a reason which driver there is instead of the one that was wanted.
func (g *gpu) boundTo() string {
	if g.driver == "" {
		return ""
	}
	return ", but " + g.driver
}

// gpus holds the GPUs of a host. What could not be read of them is noted in missed.
type gpus struct {
	found  []gpu
	missed finding
	// whole says that no GPU is missing among those found, whatever is missing of one.
	whole bool
}

// readGPUs reads the GPUs on the PCI bus.
func (v *view) readGPUs(ctx context.Context) gpus {
	functions := v.pciFunctions(ctx)
	all := gpus{missed: functions.missed, whole: functions.missed.state == ""}
	all.missed.instances = nil
	all.missed.reasons = slices.Clone(all.missed.reasons)
	for _, function := range functions.found {
		if ctx.Err() != nil {
			return all
		}
		switch {
		case function.isGPU():
			switch part, err := v.isVirtual(function); {
			case err != nil:
				all.missed.miss(fmt.Errorf("GPU %s is left out: %w", function.address, err))
				all.whole = false
				continue
			case part:
				continue
			}
			all.found = append(all.found, v.readGPU(&all.missed, function))
		case function.vendor == "1414" && function.device == "008e": // WSL2
			all.missed.miss(fmt.Errorf("the GPUs behind %s are left out: it stands for those of the Windows host, which tells nothing of them here",
				function.address))
			all.whole = false
		}
	}
	v.readKFD(ctx, &all, functions)
	if all.missed.state == Unreadable {
		return all
	}
	v.checkNvidiaGPUs(&all, functions)
	if all.count(vendorNvidia) == 0 {
		all.whole = v.noOtherNvidiaGPU(&all.missed) && all.whole
	}
	return all
}

// isVirtual says whether a function is a part (SR-IOV) of another one that is here too, so that it is not one more device. In a virtual machine that has
// been given one, there is no other.
func (v *view) isVirtual(p pciFunction) (bool, error) {
	return v.files.exists(pciDir + "/" + p.address + "/physfn")
}

// noOtherNvidiaGPU says whether there is no driver of NVIDIA's that has a GPU which is on no PCI bus, as that of a Jetson.
func (v *view) noOtherNvidiaGPU(f *finding) bool {
	for _, sign := range []string{nvidiaModuleDir, nvidiaVersionFile, sysModuleDir + "/nvgpu"} {
		switch ok, err := v.files.exists(sign); {
		case err != nil:
			f.miss(err)
			return false
		case ok:
			f.miss(fmt.Errorf("a GPU may be left out: a driver of NVIDIA is loaded, as /%s shows, and no GPU of NVIDIA is on the PCI bus", sign))
			return false
		}
	}
	return true
}

// count returns how many GPUs are of a vendor.
func (g *gpus) count(vendor string) int {
	n := 0
	for i := range g.found {
		if g.found[i].vendor == vendor {
			n++
		}
	}
	return n
}

// readGPU reads what sysfs has of a GPU, whoever made it, and what its vendor's driver tells.
func (v *view) readGPU(f *finding, function pciFunction) gpu {
	g := gpu{pciFunction: function, attributes: map[string]string{
		"pci_address": function.address, "class": function.class, "vendor": function.vendor, "device": function.device,
	}}
	dir := pciDir + "/" + g.address
	for _, a := range [][2]string{
		{"subsystem_vendor", "subsystem_vendor"},
		{"subsystem_device", "subsystem_device"},
		{"revision", "revision"},
		{"numa_node", "numa_node"},
		{"link_speed", "current_link_speed"},
	} {
		value, ok, err := v.files.deviceAttribute(dir + "/" + a[1])
		switch {
		case err != nil:
			f.missElements(fmt.Errorf("GPU %s lacks %s: %w", g.address, a[0], err), a[0])
		case !ok:
		case a[0] == "numa_node" && value == "-1": // it belongs to none
		case a[0] == "link_speed":
			put(g.attributes, a[0], parseLinkSpeed(value))
		default:
			g.attributes[a[0]] = parsePCIAttribute(a[0], value)
		}
	}
	d, err := v.files.readDriver(dir)
	if err != nil {
		f.miss(fmt.Errorf("GPU %s lacks its driver: %w", g.address, err))
		g.unsure = "its driver is not known"
	}
	g.driver = d.name
	put(g.attributes, "driver", d.name)
	switch g.vendor {
	case vendorNvidia:
		v.readNvidiaGPU(f, &g)
	case vendorAMD:
		v.readAMDGPU(f, &g)
	case vendorIntel:
		v.readIntelGPU(f, &g)
	}
	return g
}

// parseLinkSpeed takes the number from the text of current_link_speed, and nothing if it says Unknown:
//
//	16.0 GT/s PCIe
func parseLinkSpeed(text string) string {
	return leadingVersion(strings.TrimSuffix(text, " GT/s PCIe"))
}

// put notes an attribute that has a value.
func put(to map[string]string, name, value string) {
	if value != "" {
		to[name] = value
	}
}

// errNoNVML is why a GPU of NVIDIA is never known whole.
var errNoNVML = errors.New("brand and memory_mib of the GPUs of NVIDIA are not known: NVML alone tells them, a library of the driver, and no library of " +
	"the host is run; no GPU is left out for that")

// discoverGPUDevices lists the GPUs. Where there is one of NVIDIA the feature is incomplete, since its brand cannot be known.
func discoverGPUDevices(ctx context.Context, v *view) finding {
	all := v.gpus(ctx)
	f := all.missed
	f.reasons, f.doubtful = slices.Clone(f.reasons), slices.Clone(f.doubtful)
	for i := range all.found {
		f.addInstance(all.found[i].attributes)
	}
	if all.count(vendorNvidia) > 0 {
		f.missElements(errNoNVML, "brand", "memory_mib")
	}
	return f
}
