package footprint

import (
	"os"
	"regexp"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestReleaseStartPages: what this process has of its own file in memory falls by a quarter at least, small as it is, and it goes on.
func TestReleaseStartPages(t *testing.T) { //nolint:paralleltest // others would touch the pages again
	before := filePages(t)
	releaseStartPages()
	if after := filePages(t); after > before*3/4 {
		t.Errorf("%d KiB of files in memory before, %d after", before, after)
	}
}

func filePages(t *testing.T) int {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`RssFile:\s+(\d+) kB`).FindSubmatch(status)
	if m == nil {
		t.Fatalf("no RssFile in:\n%s", status)
	}
	kib, err := strconv.Atoi(string(m[1]))
	if err != nil {
		t.Fatal(err)
	}
	return kib
}

func TestFileMappings(t *testing.T) {
	t.Parallel()
	got := fileMappings(`00400000-01121000 r-xp 00000000 fe:00 1051466                            /a dir/nfd-compat
01121000-01fc8000 r--p 00d21000 fe:00 1051466                            /a dir/nfd-compat
01fc8000-0204d000 rw-p 01bc8000 fe:00 1051466                            /a dir/nfd-compat (deleted)
0204d000-04098000 rw-p 00000000 00:00 0 
c000000000-c000800000 rw-p 00000000 00:00 0                              [anon: Go: heap]
7ffd1d3f5000-7ffd1d3f7000 r-xp 00000000 00:00 0                          [vdso]

xyz-01121000 r-xp 00000000 fe:00 1 /a
00400000 r-xp 00000000 fe:00 1 /a
00400000-fffffffffffffffff r-xp 00000000 fe:00 1 /a
`)
	want := []mapping{
		{from: 0x400000, to: 0x1121000, file: "/a dir/nfd-compat"},
		{from: 0x1121000, to: 0x1fc8000, file: "/a dir/nfd-compat"},
		{from: 0x1fc8000, to: 0x204d000, writable: true, file: "/a dir/nfd-compat (deleted)"},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(mapping{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
