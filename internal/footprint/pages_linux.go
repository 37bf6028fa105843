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
// A debugger's breakpoints are changes of those pages, which are kept for it.
func releaseStartPages() {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil || !strings.Contains(string(status), "\nTracerPid:\t0\n") {
		return
	}
	stat, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return
	}
	from, to := codeRange(string(stat))
	if here := reflect.ValueOf(releaseStartPages).Pointer(); from <= here && here < to {
		// Where this is forbidden they stay, which does no harm.
		_, _, _ = syscall.RawSyscall(syscall.SYS_MADVISE, from, to-from, syscall.MADV_DONTNEED)
	}
}

// codeRange takes from /proc/self/stat where the program's code is: its fields 26 (startcode) and 27 (endcode), see
// proc_pid_stat(5). Both are 0 if it does not tell.
func codeRange(stat string) (from, to uintptr) {
	const state, startcode, endcode = 3, 26, 27
	// The name of the program is in parentheses, and may have any in it.
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	if len(fields) <= endcode-state {
		return 0, 0
	}
	first, err := strconv.ParseUint(fields[startcode-state], 10, strconv.IntSize)
	if err != nil {
		return 0, 0
	}
	end, err := strconv.ParseUint(fields[endcode-state], 10, strconv.IntSize)
	if err != nil {
		return 0, 0
	}
	return uintptr(first), uintptr(end)
}
