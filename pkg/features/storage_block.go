package features

import "context"

// discoverBlockDevices reads the block devices in /sys/block, of each some files of its directory queue
// (Documentation/ABI/stable/sysfs-block), one line each, such as zoned:
//
//	host-managed
//
// An older or a newer kernel lacks one or the other of them. The slash of a device's name is an exclamation mark, as in
// cciss!c0d0. A kernel that was built without block devices (CONFIG_BLOCK) has no such directory.
func discoverBlockDevices(ctx context.Context, v *view) finding {
	const dir = "sys/block"
	return readDevices(ctx, v, dir, func(f *finding, name string) {
		readDevice(v.files, f, "block device", dir+"/"+name, "queue/dax", "queue/rotational", "queue/nr_zones", "queue/zoned")
	})
}
