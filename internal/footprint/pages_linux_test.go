package footprint

import (
	"os"
	"strconv"
	"strings"
	"testing"
)

// TestReleaseStartPages: this process has less of its own code in memory, and goes on.
func TestReleaseStartPages(t *testing.T) { //nolint:paralleltest // others would run more code
	before := codeInMemory(t)
	releaseStartPages()
	if after := codeInMemory(t); after >= before {
		t.Errorf("%d KiB of code in memory before, %d after", before, after)
	}
}

// codeInMemory returns how much of this process's code is in its memory, in KiB, by the first mapping of /proc/self/smaps that
// can be run.
func codeInMemory(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	_, code, _ := strings.Cut(string(text), " r-xp ")
	_, rss, _ := strings.Cut(code, "\nRss:")
	kib, err := strconv.Atoi(strings.Fields(rss)[0])
	if err != nil {
		t.Fatal(err)
	}
	return kib
}

func TestCodeMapping(t *testing.T) {
	t.Parallel()
	const (
		elf  = "00400000-00401000 r--p 00000000 fe:00 1051466    /a dir/tool\nSize: 4 kB\nAnonymous: 4 kB\nVmFlags: rd mr mw me\n"
		code = "00401000-01121000 r-xp 00001000 fe:00 1051466    /a dir/tool\nSize: 13440 kB\nRss: 8 kB\nAnonymous:             0 kB\nAnonHugePages: 4 kB\n"
		data = "01121000-01204000 rw-p 00d21000 fe:00 1051466    /a dir/tool\nAnonymous: 12 kB\n"
		here = 0x402000
	)
	is := mapping{from: 0x401000, to: 0x1121000, unchanged: true}
	changed := mapping{from: 0x401000, to: 0x1121000}
	for smaps, want := range map[string]mapping{
		elf + code + data: is,
		code:              is,
		elf + strings.Replace(code, "     0 kB", "     4 kB", 1) + data: changed, // a breakpoint
		elf + strings.Replace(code, "r-xp", "rwxp", 1) + data:           {},
		elf + strings.Replace(code, "r-xp", "r--p", 1) + data:           {},
		elf + data:               {},
		elf + code[:len(code)/2]: {}, // a page ends before it is told
		strings.Replace(code, "00401000", "xyz", 1):               {},
		strings.Replace(code, "01121000", "fffffffffffffffff", 1): {},
		"":           {},
		"\n\n-\n - ": {},
	} {
		got, ok := codeMapping(smaps, here)
		if got != want || ok != (want != mapping{}) {
			t.Errorf("%+v, %v, want %+v, in:\n%s", got, ok, want, smaps)
		}
	}
}
