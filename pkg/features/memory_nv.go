package features

import "context"

// discoverNonVolatileMemory reads the devices in /sys/bus/nd/devices (Documentation/driver-api/nvdimm/nvdimm.rst): memory modules,
// the regions they make, the namespaces in the regions, and what claims these. Each is a directory; most have a file
// devtype, the namespaces a file mode as well, one line each:
//
//	nd_namespace_pmem
//	memory
//
// Without the directory there is no such memory.
func discoverNonVolatileMemory(ctx context.Context, v *view) finding {
	const dir = "sys/bus/nd/devices"
	return readDevices(ctx, v, dir, func(f *finding, name string) {
		readDevice(v.files, f, "non-volatile memory device", dir+"/"+name, "devtype", "mode")
	})
}
