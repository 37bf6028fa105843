package footprint

import (
	"os"
	"reflect"
	"strconv"
	"strings"
	"syscall"
)

// releaseStartPages takes the pages of the program's own file out of this process's memory that its start has touched. The start of some
// hundred packages needs another part of the file than the run does, and the kernel maps sixteen pages for each that is
// touched, so that they are most of what the process has at that time. What is needed again the kernel maps again, from its cache of the file.
//
// A debugger's breakpoints are changes of those pages, which are kept for it.
func releaseStartPages() {
	if status, err := os.ReadFile("/proc/self/status"); err != nil || !strings.Contains(string(status), "\nTracerPid:\t0\n") {
		return
	}
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return
	}
	mappings := fileMappings(string(maps))
	here, program := reflect.ValueOf(releaseStartPages).Pointer(), ""
	for _, m := range mappings {
		if m.from <= here && here < m.to {
			program = m.file
		}
	}
	for _, m := range mappings {
		if m.file == program && !m.writable {
			// Without its help they stay, which does no harm.
			_, _, _ = syscall.RawSyscall(syscall.SYS_MADVISE, m.from, m.to-m.from, syscall.MADV_DONTNEED)
		}
	}
}

// A mapping is a part of a file in memory.
type mapping struct {
	from, to uintptr
	writable bool
	file     string
}

// fileMappings takes the mappings of files from /proc/self/maps:
//
//	00400000-01121000 r-xp 00000000 fe:00 1051466  /usr/bin/nfd-compat
func fileMappings(maps string) []mapping {
	var all []mapping
	for line := range strings.Lines(maps) {
		fields := strings.SplitN(strings.TrimSuffix(line, "\n"), " ", 6)
		if len(fields) < 6 || fields[4] == "0" { // of no file
			continue
		}
		from, to, _ := strings.Cut(fields[0], "-")
		first, err := strconv.ParseUint(from, 16, strconv.IntSize)
		if err != nil {
			continue
		}
		end, err := strconv.ParseUint(to, 16, strconv.IntSize)
		if err != nil {
			continue
		}
		all = append(all, mapping{from: uintptr(first), to: uintptr(end), writable: strings.Contains(fields[1], "w"), file: strings.TrimLeft(fields[5], " ")})
	}
	return all
}
