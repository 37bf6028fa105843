package features

import (
	"context"
	"strconv"
)

// discoverKVM looks for the device of KVM, /sys/devices/virtual/misc/kvm, a directory that is there once the module is
// loaded. If it is missing the feature is there with the value false, as NFD has it.
func discoverKVM(_ context.Context, v *view) finding {
	const device = "sys/devices/virtual/misc/kvm"
	there, err := v.files.exists(device)
	if err != nil {
		return unreadable(err)
	}
	if !there {
		if f := v.missing(device, sysPlace); f.state != "" {
			return f
		}
	}
	return finding{attributes: map[string]string{"enabled": strconv.FormatBool(there)}}
}
