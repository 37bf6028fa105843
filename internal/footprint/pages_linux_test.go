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

func TestCodeRange(t *testing.T) {
	t.Parallel()
	const before, after = " R 1 2 3 0 -1 4194304 96 0 0 0 0 0 0 0 20 0 1 0 1648817 3100672 482 18446744073709551615", " 140722 0 0 0\n"
	for stat, want := range map[string][2]uintptr{
		"7 (nfd-compat)" + before + " 4194304 17956433" + after: {0x400000, 0x111fe51},
		"7 (a) b (c)" + before + " 4194304 17956433" + after:    {0x400000, 0x111fe51},
		"7 (nfd-compat)" + before + " 1 1" + after:              {1, 1}, // to who may not trace it
		"7 (nfd-compat)" + before + " 4194304":                  {},
		"7 (nfd-compat)" + before + " -1 17956433" + after:      {},
		"7 (nfd-compat)" + before + " 4194304 x" + after:        {},
		"": {},
	} {
		if from, to := codeRange(stat); [2]uintptr{from, to} != want {
			t.Errorf("%q: %x to %x, want %x", stat, from, to, want)
		}
	}
}
