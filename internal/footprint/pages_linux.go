package footprint

import (
	"os"
	"reflect"
	"strconv"
	"strings"
	"syscall"
)

// releaseStartPages takes the code that the start of the program has run out of this process's memory. Some hundred packages
// start, each in another part of the file, and the kernel maps sixteen pages for each that is touched, so that they are most
// of what the process has at that time. What is needed again is mapped again, from the kernel's cache of the file.
//
// Pages that are not as they are in the file are kept, and all others with them: a debugger or a probe has changed them, or the
// loader.
func releaseStartPages() {
	code, ok := codeMapping(firstOf("/proc/self/smaps"), reflect.ValueOf(releaseStartPages).Pointer())
	if ok && code.unchanged {
		// Where this is forbidden they stay, which does no harm.
		_, _, _ = syscall.RawSyscall(syscall.SYS_MADVISE, code.from, code.to-code.from, syscall.MADV_DONTNEED)
	}
}

// firstOf returns the first page of a file of procfs, and makes the kernel write no more; empty if it cannot be read.
func firstOf(name string) string {
	f, err := os.Open(name)
	if err != nil {
		return ""
	}
	defer f.Close() //nolint:errcheck // it was only read
	page := make([]byte, 4096)
	n, _ := f.Read(page)
	return string(page[:n])
}

// A mapping is a part of a file in memory.
type mapping struct {
	from, to uintptr
	// unchanged says that the process has no page of it to itself.
	unchanged bool
}

// codeMapping finds the mapping that an address of code is in, in the text of /proc/self/smaps, see proc_pid_smaps(5):
//
//	00400000-01121000 r-xp 00000000 fe:00 1051466    /usr/bin/nfd-compat
//	Size:              13444 kB
//	Anonymous:             0 kB
func codeMapping(smaps string, here uintptr) (found mapping, ok bool) {
	for line := range strings.Lines(smaps) {
		fields := strings.Fields(line)
		from, to, isRange := strings.Cut(fieldOf(fields, 0), "-")
		switch {
		case !isRange && ok && fieldOf(fields, 0) == "Anonymous:":
			found.unchanged = fieldOf(fields, 1) == "0"
			return found, true
		case !isRange || ok:
			continue
		}
		first, err := strconv.ParseUint(from, 16, strconv.IntSize)
		if err != nil {
			continue
		}
		end, err := strconv.ParseUint(to, 16, strconv.IntSize)
		if err != nil {
			continue
		}
		found = mapping{from: uintptr(first), to: uintptr(end)}
		ok = found.from <= here && here < found.to && strings.HasPrefix(fieldOf(fields, 1), "r-x")
	}
	return mapping{}, false
}

func fieldOf(fields []string, i int) string {
	if i < len(fields) {
		return fields[i]
	}
	return ""
}
