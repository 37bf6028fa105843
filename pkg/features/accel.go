package features

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

const (
	accelDir  = "sys/class/accel"
	habanaDir = "sys/class/habanalabs"
)

// neuronDirs are where the devices of AWS Neuron are: those of newer drivers hang below their PCI function, and are in the class as well.
func neuronDirs() []string {
	return []string{"sys/class/neuron_device", "sys/devices/virtual/neuron_device"}
}

// The vendors of accelerators that are known by more than the class of their devices.
const (
	vendorAmazon = "1d0f"

	vendorHabana = "1da3"
)

// acceleratorIDs are the accelerators that are known by their ids, whatever class they are of: AWS Neuron by the table of its driver
// (neuron_pci.c) and the list of PCI ids; Google's TPUs by what JAX looks for (jax/_src/hardware_utils.py); AMD's NPU by the list.
func acceleratorIDs() map[string]string {
	return map[string]string{
		"1022:1502": "", "1022:17f0": "", // named by the list
		"1d0f:7064": "", "1d0f:7164": "", "1d0f:7264": "", "1d0f:7364": "", "1d0f:7564": "", "1d0f:7565": "",
		"1ae0:0027": "TPU v2/v3", "1ae0:0056": "TPU v4 lite", "1ae0:005e": "TPU v4", "1ae0:0062": "TPU v5p", "1ae0:0063": "TPU v5e", "1ae0:006f": "TPU v6e",
	}
}

// isAccelerator says whether a function is an accelerator by its class or its id. AMD's of that class are GPUs.
func (p pciFunction) isAccelerator() bool {
	_, known := acceleratorIDs()[p.vendor+":"+p.device]
	return known || strings.HasPrefix(p.class, classAccelerator) && !p.isGPU()
}

// discoverAccelerators lists the accelerators that are no GPUs: those on the PCI bus that are of their class or known by their ids, and those that
// a driver has put into the kernel's class accel (Documentation/accel/introduction.rst), be they on the PCI bus or a part of the chip.
func discoverAccelerators(ctx context.Context, v *view) finding {
	functions := v.pciFunctions(ctx)
	f := finding{state: functions.missed.state, reasons: slices.Clone(functions.missed.reasons)}
	if f.state == Unreadable {
		return f
	}
	nodes := v.readAccelNodes(&f)
	for _, function := range functions.found {
		if ctx.Err() != nil {
			return f
		}
		node, there := nodes[function.address]
		delete(nodes, function.address)
		if there && function.vendor == "" {
			if err := function.readID(v); err != nil {
				f.miss(fmt.Errorf("accelerator %s is left out: %w", function.address, err))
				continue
			}
		}
		if !function.isAccelerator() && (!there || function.isGPU()) {
			continue
		}
		switch part, err := v.isVirtual(function); {
		case err != nil:
			f.miss(fmt.Errorf("accelerator %s is left out: %w", function.address, err))
		case !part:
			v.addAccelerator(&f, function, node)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(nodes)) { // they are a part of the chip
		device := map[string]string{}
		d, err := v.files.readDriver(nodes[name] + "/device")
		if err != nil {
			f.miss(fmt.Errorf("accelerator %s lacks its driver: %w", name, err))
		}
		d.put(device)
		f.addInstance(device)
	}
	return f
}

// readAccelNodes returns the devices in /sys/class/accel and /sys/class/habanalabs: by the name of the device that one belongs to, which on the
// PCI bus is the address, the directory that the class has for it. Up to Linux 6.1 those of Habana had a class of their own.
func (v *view) readAccelNodes(f *finding) map[string]string {
	nodes := map[string]string{}
	for _, class := range []struct{ dir, prefix string }{{accelDir, "accel"}, {habanaDir, "hl"}} {
		names, err := v.files.names(class.dir)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			f.miss(fmt.Errorf("an accelerator may be left out: %w", err))
			continue
		}
		for _, name := range names {
			number, ok := strings.CutPrefix(name, class.prefix)
			if !ok || !isNumber(number) { // such as hl_controlD0, a second device of the same accelerator
				continue
			}
			dir := class.dir + "/" + name
			at, _, err := v.files.resolve(dir + "/device")
			if err != nil {
				f.miss(fmt.Errorf("accelerator %s is left out: look for /%s/device: %w", name, dir, err))
				continue
			}
			nodes[path.Base(at)] = dir
		}
	}
	return nodes
}

// addAccelerator adds an accelerator on the PCI bus. The node is its directory in the kernel's class, empty if it is in none.
func (v *view) addAccelerator(f *finding, function pciFunction, node string) {
	device := map[string]string{"pci_address": function.address, "vendor": function.vendor, "device": function.device}
	d, err := v.files.readDriver(pciDir + "/" + function.address)
	if err != nil {
		f.miss(fmt.Errorf("accelerator %s lacks its driver: %w", function.address, err))
	}
	d.put(device)
	put(device, "product", acceleratorIDs()[function.vendor+":"+function.device])
	put(device, "product", pciName(function.vendor, function.device))
	switch {
	case function.vendor == vendorHabana:
		v.putHabana(f, device, node)
	case function.vendor == vendorAmazon:
		v.putNeuron(f, device)
	}
	f.addInstance(device)
}

// putHabana notes what the driver habanalabs tells of a Gaudi (Documentation/ABI/testing/sysfs-driver-habanalabs): device_type, which is the code
// name, and cpucp_ver, the version of the firmware that runs on it; see parseHabanaFirmware. Both are in the directory of the PCI function, and in older kernels in that of the
// class.
func (v *view) putHabana(f *finding, device map[string]string, node string) {
	address := device["pci_address"]
	if node == "" {
		f.missElements(fmt.Errorf("accelerator %s lacks arch_type and firmware_version: the driver habanalabs is not bound to it, or did not start it", address),
			"arch_type", "firmware_version", "firmware_version_raw")
		return
	}
	kind, err := v.habanaAttribute(node, address, "device_type")
	if err == nil {
		device["arch_type"] = kind
	}
	firmware, firmwareErr := v.habanaAttribute(node, address, "cpucp_ver", "armcp_ver")
	put(device, "firmware_version_raw", firmware)
	put(device, "firmware_version", parseHabanaFirmware(firmware))
	if firmwareErr == nil && device["firmware_version"] == "" {
		firmwareErr = fmt.Errorf("%q tells no version", firmware)
	}
	if err != nil {
		f.missElements(fmt.Errorf("accelerator %s lacks arch_type: %w", address, err), "arch_type")
	}
	if firmwareErr != nil {
		f.missElements(fmt.Errorf("accelerator %s lacks firmware_version: %w", address, firmwareErr), "firmware_version", "firmware_version_raw")
	}
}

// parseHabanaFirmware takes the version of the firmware from the text of cpucp_ver, which has it behind fw, as the driver takes it itself
// (drivers/accel/habanalabs/common/firmware_if.c). What stands before it is the version of the boot loader's system. It is empty if there is
// none.
//
//	armcpd version hl-gaudi-1.2.3-fw-32.6.6-sec-4 (Jan 04 2023 - 20:47:16) -> 32.6.6
func parseHabanaFirmware(text string) string {
	for rest, ok := text, true; ok; {
		if _, rest, ok = strings.Cut(rest, "fw"); !ok {
			break
		}
		if number := strings.TrimPrefix(rest, "-"); beginsWithDigit(number) {
			return leadingVersion(number)
		}
	}
	return leadingVersion(text)
}

// habanaAttribute reads an attribute of a device of Habana, which is by one of these names in one of its directories.
func (v *view) habanaAttribute(node, address string, names ...string) (string, error) {
	for _, name := range names {
		for _, dir := range []string{pciDir + "/" + address, node} {
			if value, ok, err := v.files.deviceAttribute(dir + "/" + name); err != nil || ok && value != "" {
				return value, err
			}
		}
	}
	return "", fmt.Errorf("there is no /%s/%s", pciDir+"/"+address, names[0])
}

// putNeuron notes what the driver of AWS Neuron tells, which is of all of its devices: which of them is which on the PCI bus it does not say,
// but those of one host are alike.
//
//	/sys/devices/virtual/neuron_device/neuron0/info/architecture/device_name: Inferentia2
//	/sys/devices/virtual/neuron_device/neuron0/info/architecture/arch_type: NDv3
func (v *view) putNeuron(f *finding, device map[string]string) {
	told := map[string]string{}
	for _, dir := range neuronDirs() {
		names, err := v.files.names(dir)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			f.missElements(fmt.Errorf("accelerator %s lacks arch_type: %w", device["pci_address"], err), "arch_type", "product")
			return
		}
		for _, name := range names {
			for _, attribute := range [][2]string{{"product", "device_name"}, {"arch_type", "arch_type"}} {
				value, _, err := v.files.deviceAttribute(dir + "/" + name + "/info/architecture/" + attribute[1])
				if err != nil {
					f.missElements(fmt.Errorf("accelerator %s lacks %s: %w", device["pci_address"], attribute[0], err), "arch_type", "product")
					return
				}
				if known, ok := told[attribute[0]]; ok && known != value {
					value = ""
				}
				told[attribute[0]] = value
			}
		}
		if len(names) > 0 {
			break
		}
	}
	put(device, "product", told["product"])
	put(device, "arch_type", told["arch_type"])
	if told["arch_type"] == "" {
		f.missElements(fmt.Errorf("accelerator %s lacks arch_type: the driver of AWS Neuron is not loaded, or does not tell it below /%s",
			device["pci_address"], strings.Join(neuronDirs(), " or /")), "arch_type")
	}
}
