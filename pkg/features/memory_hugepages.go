package features

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
)

const hugePagesDir = "sys/kernel/mm/hugepages"

// discoverHugePages reads how many huge pages of each size there are, from /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages
// and its like (Documentation/admin-guide/mm/hugetlbpage.rst), a number in one line:
//
//	1024
//
// A kernel without huge pages has no such directory, and the feature is there with enabled false, as NFD has it. A number that
// cannot be read is left out, and then enabled is known only if another size has pages.
func discoverHugePages(ctx context.Context, v *view) finding {
	names, err := v.files.names(hugePagesDir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if f := v.missing(hugePagesDir, "sys/kernel/mm"); f.state != "" {
			return f
		}
	case err != nil:
		return unreadable(err)
	}
	f := finding{attributes: map[string]string{}}
	enabled := false
	for _, name := range names {
		if ctx.Err() != nil {
			return f
		}
		size, ok := parseHugePageSize(name)
		if !ok {
			continue
		}
		file := hugePagesDir + "/" + name + "/nr_hugepages"
		text, err := v.files.attribute(file)
		if err != nil {
			f.miss(err)
			continue
		}
		count, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			f.miss(fmt.Errorf("parse /%s: %w", file, err))
			continue
		}
		f.attributes["hugepages-"+size] = text
		enabled = enabled || count > 0
	}
	if enabled || f.state == "" {
		f.attributes["enabled"] = strconv.FormatBool(enabled)
	}
	return f
}

// parseHugePageSize takes the size from the name of a directory such as hugepages-2048kB and returns it as Kubernetes writes
// quantities, in the largest binary unit of which it is a whole number: 2Mi. It is false for any other name.
func parseHugePageSize(name string) (string, bool) {
	text, ok := strings.CutPrefix(name, "hugepages-")
	if !ok {
		return "", false
	}
	if text, ok = strings.CutSuffix(text, "kB"); !ok {
		return "", false
	}
	size, err := strconv.ParseUint(text, 10, 64)
	if err != nil || size == 0 {
		return "", false
	}
	units := []string{"Ki", "Mi", "Gi", "Ti", "Pi", "Ei"}
	for len(units) > 1 && size%1024 == 0 {
		size /= 1024
		units = units[1:]
	}
	return strconv.FormatUint(size, 10) + units[0], true
}
