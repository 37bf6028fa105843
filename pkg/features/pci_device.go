package features

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

const (
	pciDir = "sys/bus/pci/devices"
	// maxPCIAttribute bounds an attribute of a device, in bytes: a directory of a hostile tree may have very many devices.
	maxPCIAttribute = 256
)

// discoverPCIDevices reads the devices in /sys/bus/pci/devices, links that are named after the address, such as
// 0000:17:00.0. Without that directory there is no PCI bus. A device of which a mandatory attribute cannot be read is
// left out, as by NFD, and the feature is incomplete; so it is if an optional attribute is there and cannot be read.
func discoverPCIDevices(ctx context.Context, v *view) finding {
	return readDevices(ctx, v, pciDir, func(f *finding, name string) {
		if device := readPCIDevice(v.files, name, f); device != nil {
			f.addInstance(device)
		}
	})
}

// readPCIDevice reads the attributes of one device and notes in f what could not be read; nil if that is mandatory.
func readPCIDevice(files *fsys, name string, f *finding) map[string]string {
	device := map[string]string{}
	for _, attribute := range []string{"class", "vendor", "device", "subsystem_vendor", "subsystem_device"} {
		value, err := readPCIAttribute(files, name, attribute)
		if err != nil {
			f.miss(fmt.Errorf("PCI device %s is left out: %w", name, err))
			return nil
		}
		device[attribute] = value
	}
	for _, attribute := range []string{"sriov_totalvfs", "iommu_group/type", "iommu/intel-iommu/version"} {
		switch value, err := readPCIAttribute(files, name, attribute); {
		case err == nil:
			device[attribute] = value
		case !errors.Is(err, fs.ErrNotExist):
			f.miss(fmt.Errorf("PCI device %s lacks %s: %w", name, attribute, err))
		}
	}
	return device
}

func readPCIAttribute(files *fsys, device, attribute string) (string, error) {
	data, err := files.read(pciDir+"/"+device+"/"+attribute, maxPCIAttribute)
	if err != nil {
		return "", err
	}
	return parsePCIAttribute(attribute, string(data)), nil
}

// readPCINumber is readPCIAttribute for one of four hexadecimal digits, which the kernel tells of every device: the class, the vendor
// or the device. By anything else nobody could say what the device is, and the class of an empty file would be no GPU's. NFD takes it
// as it is, and so does pci.device.
func readPCINumber(files *fsys, device, attribute string) (string, error) {
	const digits = 4
	value, err := readPCIAttribute(files, device, attribute)
	if err == nil && (len(value) != digits || strings.Trim(value, "0123456789abcdef") != "") {
		return "", fmt.Errorf("parse /%s/%s/%s: %q is no number of %d hexadecimal digits", pciDir, device, attribute, value, digits)
	}
	return value, err
}

// parsePCIAttribute takes the value from the text of a file of a PCI device, one line:
//
//	0x030200
//
// Of the class, the last two digits are left out: they tell the programming interface.
func parsePCIAttribute(attribute, text string) string {
	value := strings.TrimSpace(strings.TrimPrefix(text, "0x"))
	if attribute == "class" && len(value) > 4 {
		value = value[:4]
	}
	return value
}
