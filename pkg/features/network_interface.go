package features

import (
	"context"
	"fmt"
	"slices"

	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"
)

const netDir = "sys/class/net"

// netInterfaces are the network interfaces of the network namespace that sysfs was mounted in.
type netInterfaces struct {
	// physical and virtual hold their names: those that belong to a device, such as a card, and those that do not, such as
	// a bridge.
	physical, virtual []string
	// missed is what could not be read of them.
	missed finding
}

// readInterfaces lists /sys/class/net, links that are named after the interface. An interface of a device has a link
// "device" that leads to it. Beside the links there may be a file, bonding_masters. A kernel that was built without network
// (CONFIG_NET) has no such directory.
func (v *view) readInterfaces(ctx context.Context) netInterfaces {
	var found netInterfaces
	names, err := v.files.names(netDir)
	if err != nil {
		found.missed = v.optional(err, netDir, sysPlace)
		return found
	}
	for _, name := range names {
		if ctx.Err() != nil {
			return found
		}
		dir := netDir + "/" + name
		ok, err := v.files.isDir(dir)
		if err == nil && !ok {
			continue
		}
		physical := false
		if err == nil {
			physical, err = v.files.exists(dir + "/device")
		}
		switch {
		case err != nil:
			found.missed.miss(fmt.Errorf("network interface %s is left out: %w", name, err))
		case physical:
			found.physical = append(found.physical, name)
		default:
			found.virtual = append(found.virtual, name)
		}
	}
	// Each of the two features goes on from here by itself.
	found.missed.reasons = slices.Clip(found.missed.reasons)
	return found
}

// discoverNetworkDevices reads the interfaces of devices; see netInterfaces.
func discoverNetworkDevices(ctx context.Context, v *view) finding {
	found := v.interfaces(ctx)
	return readNetwork(ctx, v.files, found.physical, found.missed,
		"operstate", "speed", "device/sriov_numvfs", "device/sriov_totalvfs", "mtu")
}

// discoverVirtualNetworkDevices reads the interfaces without a device.
func discoverVirtualNetworkDevices(ctx context.Context, v *view) finding {
	found := v.interfaces(ctx)
	return readNetwork(ctx, v.files, found.virtual, found.missed, "operstate", "speed", "mtu")
}

// readNetwork reads the attributes of these interfaces, files of one line each (Documentation/ABI/testing/sysfs-class-net)
// such as speed, in Mbit/s:
//
//	100000
//
// An interface that is down has no speed, and one whose driver does not know it has -1. The files sriov_* are those of the
// device, if it is one with virtual functions.
func readNetwork(ctx context.Context, files *fsys, names []string, f finding, attributes ...string) finding {
	f.instances = make([]nfdv1alpha1.InstanceFeature, 0, len(names))
	for _, name := range names {
		if ctx.Err() != nil {
			return f
		}
		readDevice(files, &f, "network interface", netDir+"/"+name, attributes...)
	}
	return f
}
