package features

import (
	"context"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

// pciAddress is the name of a function on the PCI bus: domain, bus, device, function.
var pciAddress = regexp.MustCompile(`^[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$`)

// discoverNetworkDrivers reads the drivers of the network interfaces that belong to a device; see netInterfaces. The link_type
// is the kernel's number in words (include/uapi/linux/if_arp.h, as /sys/class/net/*/type has it), one line:
//
//	32
//
// Of a device that is not on the PCI bus, such as one of virtio or of Hyper-V, vendor and device are that bus's own numbers, and are not read. A
// driver that does not know the speed may tell it as -1.
func discoverNetworkDrivers(ctx context.Context, v *view) finding {
	found := v.interfaces(ctx)
	f := found.missed
	f.reasons = slices.Clone(f.reasons)
	for _, name := range found.physical {
		if ctx.Err() != nil {
			return f
		}
		dir := netDir + "/" + name
		device := map[string]string{"name": name}
		attributes := [][2]string{{"speed", "speed"}, {"link_type", "type"}}
		switch at, _, err := v.files.resolve(dir + "/device"); {
		case err != nil:
			f.miss(fmt.Errorf("network interface %s lacks vendor and device: %w", name, err))
		case at == dir+"/device" || pciAddress.MatchString(path.Base(at)):
			attributes = append(attributes, [2]string{"vendor", "device/vendor"}, [2]string{"device", "device/device"})
		}
		for _, a := range attributes {
			value, ok, err := v.files.deviceAttribute(dir + "/" + a[1])
			switch {
			case err != nil:
				f.miss(fmt.Errorf("network interface %s lacks %s: %w", name, a[0], err))
			case a[0] == "speed" && strings.HasPrefix(value, "-"):
			case ok && a[0] == "link_type":
				device[a[0]] = linkType(value)
			case ok:
				device[a[0]] = parsePCIAttribute(a[0], value)
			}
		}
		d, err := v.files.readDriver(dir + "/device")
		if err != nil {
			f.miss(fmt.Errorf("network interface %s lacks its driver: %w", name, err))
		}
		d.put(device)
		f.addInstance(device)
	}
	return f
}

// linkType says in words what type a link is of; a number without a word stays one.
func linkType(number string) string {
	switch number {
	case "1":
		return "ethernet" // WLAN too
	case "32":
		return "infiniband"
	case "519":
		return "rawip" // such as of a mobile network
	}
	return number
}
