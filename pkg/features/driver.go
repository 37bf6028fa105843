package features

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
)

// A driver is the kernel driver that a device is bound to.
type driver struct {
	// name is that of the driver, such as mlx5_core; empty if the device has none.
	name string
	// version is what the module says of itself, whole. Most modules that come with the kernel say nothing: their version is
	// the kernel's.
	version string
}

// readDriver reads which driver the device of a directory of sysfs is bound to: the link "driver" leads to it, and from there
// "module" to the module, unless the driver is part of the kernel's image and the module has no parameters.
func (f *fsys) readDriver(device string) (driver, error) {
	at, mode, err := f.resolve(device + "/driver")
	if errors.Is(err, fs.ErrNotExist) {
		return driver{}, nil
	}
	if err != nil {
		return driver{}, fmt.Errorf("look for the driver of /%s: %w", device, err)
	}
	if !mode.IsDir() {
		return driver{}, fmt.Errorf("look for the driver of /%s: %w", device, errNotDir)
	}
	d := driver{name: path.Base(at)}
	f.trace.note("/" + device + "/driver")
	d.version, _, err = f.deviceAttribute(at + "/module/version")
	return d, err
}

// put notes the driver's name and version among the attributes of a device.
func (d driver) put(to map[string]string) {
	if d.name != "" {
		to["driver"] = d.name
	}
	putVersion(to, "driver_version", d.version)
}
