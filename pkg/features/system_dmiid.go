package features

import (
	"context"
	"errors"
	"io/fs"
)

// dmiNames lists what NFD tells of the firmware's tables: the files that everybody may read. Serial numbers and the
// host's UUID are root's alone.
func dmiNames() []string {
	return []string{
		"bios_date", "bios_vendor", "bios_version",
		"board_asset_tag", "board_name", "board_vendor", "board_version",
		"chassis_asset_tag", "chassis_type", "chassis_vendor", "chassis_version",
		"product_family", "product_name", "product_sku", "product_version",
		"sys_vendor",
	}
}

// discoverDMIID reads the files of /sys/devices/virtual/dmi/id, each of one line such as this of product_name:
//
//	PowerEdge R750
//
// Without the directory the firmware has no such tables, as on s390x and in small virtual machines. The kernel makes a
// file only for what the firmware tells, so one that is missing is decided; one that cannot be read is not.
func discoverDMIID(_ context.Context, v *view) finding {
	const dir = "sys/devices/virtual/dmi/id"
	if _, err := v.files.names(dir); err != nil {
		return v.optional(err, dir, sysPlace)
	}
	f := finding{attributes: map[string]string{}}
	for _, name := range dmiNames() {
		switch value, err := v.files.attribute(dir + "/" + name); {
		case err == nil:
			f.attributes[name] = value
		case !errors.Is(err, fs.ErrNotExist):
			f.miss(err)
		}
	}
	return f
}
