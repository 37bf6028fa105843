package features

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

const cgroupDir = "sys/fs/cgroup"

// discoverCgroup tells which version of cgroups is in use, and which of its controllers. Version 2 has its own file
// cgroup.controllers at the root (Documentation/admin-guide/cgroup-v2.rst), one line:
//
//	cpuset cpu io memory hugetlb pids rdma misc
//
// Under version 1 there is a directory for each controller; beside them a directory unified makes it a hybrid. The controllers of
// version 1 are told by /proc/cgroups.
func discoverCgroup(_ context.Context, v *view) finding {
	if data, err := v.files.read(cgroupDir+"/cgroup.controllers", maxAttribute); err == nil {
		return finding{attributes: cgroupAttributes("2", strings.Fields(string(data)))}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return unreadable(err)
	}
	names, err := v.files.names(cgroupDir)
	switch {
	case err != nil:
		return v.optional(err, cgroupDir, sysPlace)
	case len(names) == 0:
		return unreadable(fmt.Errorf("list /%s: it is empty, so cgroups are not mounted there", cgroupDir))
	}
	version := "1"
	switch hybrid, err := v.files.exists(cgroupDir + "/unified/cgroup.controllers"); {
	case err != nil:
		return unreadable(err)
	case hybrid:
		version = "hybrid"
	}
	data, err := v.files.read("proc/cgroups", maxFile)
	f := finding{attributes: cgroupAttributes(version, parseCgroups(string(data)))}
	if err != nil {
		f.miss(err)
	}
	return f
}

func cgroupAttributes(version string, controllers []string) map[string]string {
	attributes := map[string]string{"version": version}
	for _, name := range controllers {
		attributes["controllers."+name] = "true"
	}
	return attributes
}

// parseCgroups takes the controllers from the text of /proc/cgroups (Documentation/admin-guide/cgroup-v1/cgroups.rst), those that are on and
// belong to a hierarchy of version 1:
//
//	#subsys_name	hierarchy	num_cgroups	enabled
//	cpuset	9	12	1
func parseCgroups(text string) []string {
	var controllers []string
	for line := range strings.Lines(text) {
		const name, hierarchy, enabled, columns = 0, 1, 3, 4
		words := strings.Fields(line)
		if len(words) == columns && !strings.HasPrefix(words[name], "#") && words[hierarchy] != "0" && words[enabled] == "1" {
			controllers = append(controllers, words[name])
		}
	}
	return controllers
}
