package features

import (
	"context"
	"fmt"
)

// discoverPCIDrivers reads the drivers of the devices in /sys/bus/pci/devices. It has an instance for each device that
// pci.device has, with its address, which is also the name of its directory.
func discoverPCIDrivers(ctx context.Context, v *view) finding {
	return readDevices(ctx, v, pciDir, func(f *finding, address string) {
		device := map[string]string{"pci_address": address}
		for _, attribute := range []string{"class", "vendor", "device"} {
			value, err := readPCINumber(v.files, address, attribute)
			if err != nil {
				f.miss(fmt.Errorf("PCI device %s is left out: %w", address, err))
				return
			}
			device[attribute] = value
		}
		d, err := v.files.readDriver(pciDir + "/" + address)
		if err != nil {
			f.miss(fmt.Errorf("PCI device %s lacks its driver: %w", address, err))
		}
		d.put(device)
		f.addInstance(device)
	})
}
