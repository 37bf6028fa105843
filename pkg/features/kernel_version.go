package features

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// readRelease reads the kernel's release from /proc/sys/kernel/osrelease, one line:
//
//	5.14.0-427.13.1.el9_4.x86_64
//
// Every kernel has one: if the file is missing, there is no procfs to be seen below the root.
func (v *view) readRelease() (string, error) {
	release, err := v.files.attribute(procPlace)
	if err != nil {
		return "", err
	}
	if release == "" {
		return "", errors.New("read /" + procPlace + ": it is empty")
	}
	return release, nil
}

// releaseName is the release for use in the name of a file.
func (v *view) releaseName() (string, error) {
	release, err := v.release()
	if err != nil {
		return "", err
	}
	if strings.ContainsRune(release, '/') || release == "." || release == ".." {
		return "", fmt.Errorf("the kernel's release %q is no name of a directory", release)
	}
	return release, nil
}

func discoverKernelVersion(_ context.Context, v *view) finding {
	release, err := v.release()
	if err != nil {
		return unreadable(err)
	}
	f := finding{attributes: parseKernelVersion(release)}
	if _, known := f.attributes["major"]; !known {
		// Every kernel has these, be they told or not.
		const why = "major, minor and revision are not known: the release %q is not up to three numbers, alone or before a dash, as NFD wants it"
		err := fmt.Errorf(why, release)
		if leadingVersion(release) != "" {
			err = fmt.Errorf("%w; kernel.release has its version", err)
		}
		f.missElements(err, "major", "minor", "revision")
	}
	return f
}

// parseKernelVersion takes a release apart. Its numbers are told only if there are at most three and the rest begins
// with a dash, as NFD has it: "6.6.57.1-7.azl3" is not taken apart. A number that is missing is then empty.
func parseKernelVersion(release string) map[string]string {
	full := strings.Trim(labelChars(release), "-_.")
	version := map[string]string{"full": full}
	numbers, _, _ := strings.Cut(full, "-")
	parts := strings.Split(numbers, ".")
	if len(parts) > 3 {
		return version
	}
	for _, part := range parts {
		if !isNumber(part) {
			return version
		}
	}
	for i, name := range []string{"major", "minor", "revision"} {
		version[name] = ""
		if i < len(parts) {
			version[name] = parts[i]
		}
	}
	return version
}

// isNumber says whether text is one or more decimal digits.
func isNumber(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}

// isLabelChar says whether r may stand in the value of a Kubernetes label. NFD makes labels of some elements, and so
// replaces the other characters.
func isLabelChar(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.'
}

// labelChars replaces each character that may not stand in a label by an underscore.
func labelChars(text string) string {
	return strings.Map(func(r rune) rune {
		if isLabelChar(r) {
			return r
		}
		return '_'
	}, text)
}

// labelRuns replaces each run of characters that may not stand in a label by one underscore.
func labelRuns(text string) string {
	var b strings.Builder
	inRun := false
	for _, r := range text {
		ok := isLabelChar(r)
		switch {
		case ok:
			b.WriteRune(r)
		case !inRun:
			b.WriteByte('_')
		}
		inRun = !ok
	}
	return b.String()
}
