package features

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"syscall"

	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"
)

// maxDeviceAttribute bounds an attribute of a device, in bytes: a directory of a hostile tree may have very many devices.
// The longest is the serial number of a USB device, of up to 126 characters.
const maxDeviceAttribute = 512

// readDevices reads the devices in a directory of sysfs: read adds what it finds of the one of a name to the finding, and
// notes there what it could not read. Without the directory there are no such devices, if the place to look is there: of a bus, which has its
// directory once the kernel has support for it, that of all buses.
func readDevices(ctx context.Context, v *view, dir string, read func(f *finding, name string)) finding {
	names, err := v.files.names(dir)
	if err != nil {
		place := sysPlace
		if strings.HasPrefix(dir, busPlace+"/") {
			place = busPlace
		}
		return v.optional(err, dir, place)
	}
	f := finding{instances: make([]nfdv1alpha1.InstanceFeature, 0, len(names))}
	for _, name := range names {
		if ctx.Err() != nil {
			return f
		}
		read(&f, name)
	}
	return f
}

// readDevice adds a device to f: its name, and these attributes, each a file in dir and named by the last part of its path.
// It adds nothing if the name is no directory's, hence no device's. What could not be read is noted in f, where kind says
// what sort of device it was.
func readDevice(files *fsys, f *finding, kind, dir string, attributes ...string) {
	name := path.Base(dir)
	switch ok, err := files.isDir(dir); {
	case err != nil:
		f.miss(fmt.Errorf("%s %s is left out: %w", kind, name, err))
		return
	case !ok:
		return
	}
	device := map[string]string{"name": name}
	for _, attribute := range attributes {
		value, ok, err := files.deviceAttribute(dir + "/" + attribute)
		switch {
		case err != nil:
			f.miss(fmt.Errorf("%s %s lacks %s: %w", kind, name, path.Base(attribute), err))
		case ok:
			device[path.Base(attribute)] = value
		}
	}
	f.addInstance(device)
}

// deviceAttribute returns the value of an attribute that not every device has. It is false if this one does not have it:
// there is no such file, or the driver says that it has nothing to tell (EINVAL, such as for the speed of a network
// interface that is down; EOPNOTSUPP), or that the device has just gone (ENODEV).
func (f *fsys) deviceAttribute(name string) (value string, ok bool, err error) {
	data, err := f.read(name, maxDeviceAttribute)
	switch {
	case err == nil:
		return strings.TrimSpace(string(data)), true, nil
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.EINVAL), errors.Is(err, syscall.EOPNOTSUPP), errors.Is(err, syscall.ENODEV):
		return "", false, nil
	}
	return "", false, err
}
