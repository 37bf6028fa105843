package features

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
)

// discoverOSRelease reads /etc/os-release, and /usr/lib/os-release only if that is not there, as os-release(5) says. Every
// system has one of the two: if both are missing, the root is no whole file system.
func discoverOSRelease(_ context.Context, v *view) finding {
	const etc, usr = "etc/os-release", "usr/lib/os-release"
	name := etc
	data, err := v.files.read(name, maxFile)
	if errors.Is(err, fs.ErrNotExist) {
		name = usr
		data, err = v.files.read(name, maxFile)
		if errors.Is(err, fs.ErrNotExist) {
			err = fmt.Errorf("neither /%s nor /%s is there", etc, usr)
		}
	}
	if err != nil {
		return unreadable(err)
	}
	fields, err := parseOSRelease(bytes.NewReader(data))
	if err != nil {
		return unreadable(fmt.Errorf("parse /%s: %w", name, err))
	}
	return finding{attributes: fields}
}

// parseOSRelease reads the fields of os-release(5), one in a line:
//
//	PRETTY_NAME="Red Hat Enterprise Linux 9.4 (Plow)"
//
// The quotes around a value are taken off and what the shell would make of a backslash is left, as by NFD. VERSION_ID is
// told once more in parts, as VERSION_ID.major and VERSION_ID.minor, if these are numbers. A text without a single field
// is an error.
func parseOSRelease(r io.Reader) (map[string]string, error) {
	fields := map[string]string{}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxFile)
	for lines.Scan() {
		key, value, ok := strings.Cut(lines.Text(), "=")
		if ok && isShellName(key) && value != "" {
			fields[key] = strings.Trim(value, `"'`)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	if len(fields) == 0 {
		return nil, errors.New("it has no field")
	}
	major, minor := splitVersionID(fields["VERSION_ID"])
	if major != "" {
		fields["VERSION_ID.major"] = major
	}
	if minor != "" {
		fields["VERSION_ID.minor"] = minor
	}
	return fields, nil
}

// splitVersionID returns the first and the second number of a version whose parts are divided by dots; empty where it is
// no number.
func splitVersionID(version string) (major, minor string) {
	major, rest, _ := strings.Cut(version, ".")
	if !isNumber(major) {
		return "", ""
	}
	minor, _, _ = strings.Cut(rest, ".")
	if !isNumber(minor) {
		return major, ""
	}
	return major, minor
}

// isShellName says whether text is made of letters, digits and underscores.
func isShellName(text string) bool {
	for _, r := range text {
		if !isLabelChar(r) || r == '-' || r == '.' {
			return false
		}
	}
	return text != ""
}
