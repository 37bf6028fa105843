package features

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
)

// discoverPState tells how the driver intel_pstate scales the frequency. It reads /sys/devices/system/cpu/intel_pstate:
// status is "active", "passive" or "off", and no_turbo a digit. Without the directory, or if it is off, another driver is
// in use and the feature is absent.
func discoverPState(ctx context.Context, v *view) finding {
	const dir = cpuDir + "/intel_pstate"
	switch there, err := v.files.exists(dir); {
	case err != nil:
		return unreadable(err)
	case !there:
		return v.missing(dir, cpuDir)
	}
	status, err := v.files.attribute(dir + "/status")
	switch {
	case err != nil:
		return unreadable(err)
	case status == "":
		return unreadable(fmt.Errorf("read /%s/status: it is empty", dir))
	case status == "off":
		return finding{}
	}
	f := finding{attributes: map[string]string{"status": status}}
	switch noTurbo, err := v.files.attribute(dir + "/no_turbo"); {
	case err != nil:
		f.miss(err)
	case noTurbo == "":
		f.miss(fmt.Errorf("read /%s/no_turbo: it is empty", dir))
	default:
		f.attributes["turbo"] = strconv.FormatBool(noTurbo[0] == '0')
	}
	// Otherwise the governor is another driver's.
	if status == "active" {
		addGovernor(ctx, v, &f)
	}
	return f
}

// addGovernor tells the governor of all processors. It reads affected_cpus and scaling_governor of each directory
// /sys/devices/system/cpu/cpufreq/policy*, one line each:
//
//	0 1
//	performance
//
// A policy that affects no processor, since they are switched off, does not count. If two policies differ there is no one
// governor to tell, and that is decided.
func addGovernor(ctx context.Context, v *view, f *finding) {
	const dir = cpuDir + "/cpufreq"
	names, err := v.files.names(dir)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			f.miss(err)
		}
		return
	}
	governors := map[string]bool{}
	var failed []error
	for _, name := range names {
		if ctx.Err() != nil {
			return
		}
		if !strings.HasPrefix(name, "policy") {
			continue
		}
		governor, err := readGovernor(v.files, dir+"/"+name)
		switch {
		case err != nil:
			failed = append(failed, err)
		case governor != "":
			governors[governor] = true
		}
	}
	if len(governors) > 1 {
		return
	}
	for _, err := range failed {
		f.miss(err)
	}
	if len(failed) > 0 {
		return
	}
	for governor := range governors {
		f.attributes["scaling_governor"] = governor
	}
}

// readGovernor returns the governor of one policy; empty if the policy affects no processor.
func readGovernor(files *fsys, policy string) (string, error) {
	affected, err := files.attribute(policy + "/affected_cpus")
	if err != nil || affected == "" {
		return "", err
	}
	governor, err := files.attribute(policy + "/scaling_governor")
	if err == nil && governor == "" {
		err = fmt.Errorf("read /%s/scaling_governor: it is empty", policy)
	}
	return governor, err
}
