package features

import (
	"context"
	"fmt"
	"strconv"
)

const cpuDir = "sys/devices/system/cpu"

// discoverCState tells whether idle states may be used, where the driver is intel_idle. It reads the driver from
// /sys/devices/system/cpu/cpuidle/current_driver and the deepest state allowed from
// /sys/module/intel_idle/parameters/max_cstate, one line each:
//
//	intel_idle
//	9
//
// Without the directory cpuidle the kernel manages no idle states, and under another driver NFD tells nothing: the
// feature is absent.
func discoverCState(_ context.Context, v *view) finding {
	const idle = cpuDir + "/cpuidle"
	switch there, err := v.files.exists(idle); {
	case err != nil:
		return unreadable(err)
	case !there:
		return v.missing(idle, cpuDir)
	}
	driver, err := v.files.attribute(idle + "/current_driver")
	if err != nil {
		return unreadable(err)
	}
	if driver != "intel_idle" {
		return finding{}
	}
	const deepest = "sys/module/intel_idle/parameters/max_cstate"
	text, err := v.files.attribute(deepest)
	if err != nil {
		return unreadable(err)
	}
	state, err := strconv.Atoi(text)
	if err != nil {
		return unreadable(fmt.Errorf("parse /%s: %w", deepest, err))
	}
	return finding{attributes: map[string]string{"enabled": strconv.FormatBool(state > 0)}}
}
