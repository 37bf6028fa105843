package features

import (
	"context"
	"fmt"
	"maps"
	"strings"
)

const usbDir = "sys/bus/usb/devices"

// discoverUSBDevices reads the devices in /sys/bus/usb/devices, links that are named after bus and port such as 1-1.2, or
// usb1 for the hub that the bus begins with. Links with a colon, such as 1-1.2:1.0, are the interfaces of a device. Without
// the directory there is no USB.
func discoverUSBDevices(ctx context.Context, v *view) finding {
	return readDevices(ctx, v, usbDir, func(f *finding, name string) {
		if isUSBInterface(name) {
			return
		}
		if err := readUSBDevice(v.files, f, name); err != nil {
			f.miss(fmt.Errorf("USB device %s is left out: %w", name, err))
		}
	})
}

func isUSBInterface(name string) bool { return strings.Contains(name, ":") }

// readUSBDevice reads the attributes of one device (Documentation/ABI/testing/sysfs-bus-usb), one line each, such as idVendor,
// four hexadecimal digits:
//
//	1d6b
//
// What has no idProduct is no device. The class 00 says that each interface of the device has a class of its own.
func readUSBDevice(files *fsys, f *finding, name string) error {
	dir := usbDir + "/" + name
	if ok, err := files.isDir(dir); err != nil || !ok {
		return err
	}
	device := map[string]string{}
	for _, attribute := range [][2]string{
		{"device", "idProduct"}, {"vendor", "idVendor"}, {"class", "bDeviceClass"}, {"serial", "serial"},
	} {
		value, ok, err := files.deviceAttribute(dir + "/" + attribute[1])
		switch {
		case err != nil:
			f.miss(fmt.Errorf("USB device %s lacks %s: %w", name, attribute[0], err))
		case !ok && attribute[0] == "device":
			return nil
		case value != "":
			device[attribute[0]] = value
		}
	}
	if device["class"] == "00" {
		readUSBInterfaces(files, f, name, device)
	} else {
		f.addInstance(device)
	}
	return nil
}

// readUSBInterfaces adds the device once for each of its interfaces, with the class of that in place of its own. Two
// interfaces of one class make two instances that are the same, as in NFD. A device that is not configured has none.
func readUSBInterfaces(files *fsys, f *finding, name string, device map[string]string) {
	dir := usbDir + "/" + name
	names, err := files.names(dir)
	if err != nil {
		f.miss(fmt.Errorf("USB device %s lacks its interfaces: %w", name, err))
	}
	for _, of := range names {
		if !isUSBInterface(of) {
			continue
		}
		class, ok, err := files.deviceAttribute(dir + "/" + of + "/bInterfaceClass")
		switch {
		case err != nil:
			f.miss(fmt.Errorf("USB device %s lacks the class of interface %s: %w", name, of, err))
		case ok:
			instance := maps.Clone(device)
			instance["class"] = class
			f.addInstance(instance)
		}
	}
}
