package features

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
)

const (
	selinuxDir     = "sys/fs/selinux"
	selinuxEnforce = selinuxDir + "/enforce"
)

// discoverSELinux reads /sys/fs/selinux/enforce, a single digit without a line's end:
//
//	1
//
// If the kernel has no SELinux, or it was switched off, the directory is missing too, and the feature is there with the
// value false, as NFD has it. If the directory is there and the file is not, SELinux is on and its file system is not
// mounted here, as in most containers: whether it enforces its policy cannot be told.
func discoverSELinux(_ context.Context, v *view) finding {
	data, err := v.files.attribute(selinuxEnforce)
	if err == nil {
		enabled, err := parseSELinuxEnforce(data)
		if err != nil {
			return unreadable(fmt.Errorf("read /%s: %w", selinuxEnforce, err))
		}
		return finding{attributes: map[string]string{"enabled": strconv.FormatBool(enabled)}}
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return unreadable(err)
	}
	if err := v.hiddenSELinux(); err != nil {
		return unreadable(err)
	}
	return finding{attributes: map[string]string{"enabled": "false"}}
}

// parseSELinuxEnforce says whether the text of the file enforce tells that the policy is enforced.
func parseSELinuxEnforce(text string) (bool, error) {
	if text == "" {
		return false, errors.New("it is empty")
	}
	return text[0] == '1', nil
}

// hiddenSELinux says why SELinux may be on though its file enforce is not there; nil if it is off.
func (v *view) hiddenSELinux() error {
	there, err := v.files.exists(selinuxDir)
	switch {
	case err != nil:
		return err
	case there:
		return fmt.Errorf("/%s is there and empty: the file system of SELinux is not mounted", selinuxDir)
	}
	return v.notLooked(selinuxDir, "sys/fs")
}
