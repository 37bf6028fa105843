package features

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

const lsmFile = "sys/kernel/security/lsm"

// discoverLSM reads which security modules are active, from /sys/kernel/security/lsm (Documentation/admin-guide/LSM/index.rst), one line:
//
//	lockdown,capability,landlock,yama,apparmor,bpf
//
// The file is there if securityfs is mounted. Without it, SELinux and AppArmor can still be told by their own files, and the feature is
// incomplete.
func discoverLSM(_ context.Context, v *view) finding {
	active, err := v.securityModules()
	if err == nil {
		return finding{flags: flagSet(active...)}
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return unreadable(err)
	}
	if f := v.missing(lsmFile, "sys/kernel"); f.state != "" {
		return f
	}
	var f finding
	f.miss(fmt.Errorf("%w: securityfs is not mounted (mount -t securityfs none /sys/kernel/security)", err))
	var found []string
	if value, ok, err := v.files.deviceAttribute("sys/module/apparmor/parameters/enabled"); err != nil {
		f.miss(err)
	} else if ok && value == "Y" {
		found = append(found, "apparmor")
	}
	if ok, err := v.files.exists(selinuxEnforce); err != nil {
		f.miss(err)
	} else if ok {
		found = append(found, "selinux")
	}
	if len(found) > 0 {
		f.flags = flagSet(found...)
	}
	return f
}

func (v *view) readLSM() ([]string, error) {
	data, err := v.files.read(lsmFile, maxAttribute)
	if err != nil {
		return nil, err
	}
	return parseLSM(string(data)), nil
}

// parseLSM takes the names from the text of /sys/kernel/security/lsm.
func parseLSM(text string) []string {
	names := strings.Split(strings.TrimSpace(text), ",")
	for i := range names {
		names[i] = strings.TrimSpace(names[i])
	}
	return slices.DeleteFunc(names, func(name string) bool { return name == "" })
}
