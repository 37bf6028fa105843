package features

import (
	"strings"
	"testing"
)

func TestParseHugePageSize(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"hugepages-64kB": "64Ki", "hugepages-1024kB": "1Mi", "hugepages-2048kB": "2Mi", "hugepages-32768kB": "32Mi",
		"hugepages-524288kB": "512Mi", "hugepages-1048576kB": "1Gi", "hugepages-16777216kB": "16Gi", "hugepages-1536kB": "1536Ki",
		"hugepages-1152921504606846976kB": "1024Ei", "hugepages-18446744073709551616kB": "", "hugepages-0kB": "", "hugepages-kB": "",
		"hugepages-2048": "", "2048kB": "", "hugepages--1kB": "", "hugepages-2 kB": "", "": "",
	} {
		if got, ok := parseHugePageSize(name); got != want || ok != (want != "") {
			t.Errorf("%q: got %q, %t; want %q", name, got, ok, want)
		}
	}
}

func FuzzParseHugePageSize(f *testing.F) {
	for _, seed := range []string{"hugepages-2048kB", "hugepages-0kB", "hugepages-18446744073709551615kB", "hugepages-+1kB", "kB"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		got, ok := parseHugePageSize(name)
		if ok != (got != "") {
			t.Fatalf("%q: %q, %t", name, got, ok)
		}
		if digits := strings.TrimRight(got, "KMGTPEi"); ok && (digits == "" || strings.Trim(digits, "0123456789") != "" || digits[0] == '0') {
			t.Errorf("%q: %q", name, got)
		}
	})
}

func TestParseSwaps(t *testing.T) {
	t.Parallel()
	const header = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
	for text, want := range map[string]bool{
		header: false, header + "\n \n": false,
		header + "/dev/zram0                              partition\t8388604\t\t0\t\t100\n": true,
		header + "/swap\\040file\\040(deleted) file\t1024\t\t0\t\t-2":                       true,
	} {
		if got, err := parseSwaps(strings.NewReader(text)); got != want || err != nil {
			t.Errorf("%q: got %t, %v; want %t", text, got, err, want)
		}
	}
	for _, text := range []string{"", "\n \n", strings.Repeat("x", maxFile+1)} {
		if got, err := parseSwaps(strings.NewReader(text)); got || err == nil {
			t.Errorf("%d bytes: got %t, %v", len(text), got, err)
		}
	}
}

func FuzzParseSwaps(f *testing.F) {
	f.Add("Filename\tType\n/dev/sda2\tpartition\n")
	f.Add("\n\r\n\x00")
	f.Fuzz(func(t *testing.T, text string) {
		filled := 0
		for line := range strings.SplitSeq(text, "\n") {
			if strings.TrimSpace(line) != "" {
				filled++
			}
		}
		got, err := parseSwaps(strings.NewReader(text))
		if got != (filled > 1) || (err == nil) != (filled > 0) {
			t.Errorf("%q has %d lines: %t, %v", text, filled, got, err)
		}
	})
}
