package features

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// discoverSELinuxMode tells what SELinux does, which kernel.selinux does not: there permissive is the same as disabled. The mode is that of
// /sys/fs/selinux/enforce, 1 or 0; without selinuxfs SELinux is disabled, unless the kernel says that it is active. The type of policy
// is the one that /etc/selinux/config names.
func discoverSELinuxMode(_ context.Context, v *view) finding {
	f := finding{attributes: map[string]string{}}
	enforce, err := v.files.attribute(selinuxEnforce)
	switch {
	case err == nil && enforce == "1":
		f.attributes["mode"] = "enforcing"
	case err == nil && enforce == "0":
		f.attributes["mode"] = "permissive"
	case err == nil:
		return unreadable(fmt.Errorf("parse /%s: %q is neither 0 nor 1", selinuxEnforce, enforce))
	case !errors.Is(err, fs.ErrNotExist):
		return unreadable(err)
	default:
		if hidden := v.hiddenSELinux(); hidden != nil {
			return unreadable(hidden)
		}
		if active, lsmErr := v.securityModules(); lsmErr == nil && slices.Contains(active, "selinux") {
			return unreadable(fmt.Errorf("%w, though SELinux is active", err))
		}
		f.attributes["mode"] = "disabled"
	}
	data, err := v.files.read("etc/selinux/config", maxFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		f.miss(err)
	}
	if kind := parseSELinuxType(string(data)); kind != "" {
		f.attributes["type"] = kind
	}
	return f
}

// parseSELinuxType takes the type of policy from the text of /etc/selinux/config (selinux_config(5)):
//
//	SELINUX=enforcing
//	SELINUXTYPE=targeted
func parseSELinuxType(text string) string {
	for line := range strings.Lines(text) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), "SELINUXTYPE="); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
