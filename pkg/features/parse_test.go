package features

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseKernelVersion(t *testing.T) {
	t.Parallel()
	full := func(text string) map[string]string { return map[string]string{"full": text} }
	parts := func(text, major, minor, revision string) map[string]string {
		return map[string]string{"full": text, "major": major, "minor": minor, "revision": revision}
	}
	tests := map[string]map[string]string{
		"5.14.0-427.13.1.el9_4.x86_64":       parts("5.14.0-427.13.1.el9_4.x86_64", "5", "14", "0"),
		"6.6.97+":                            parts("6.6.97", "6", "6", "97"),
		"6.6.0-rc7+":                         parts("6.6.0-rc7", "6", "6", "0"),
		"6.12":                               parts("6.12", "6", "12", ""),
		"6":                                  parts("6", "6", "", ""),
		"5.15.153.1-microsoft-standard-WSL2": full("5.15.153.1-microsoft-standard-WSL2"),
		"6.1.0~deb#1":                        full("6.1.0_deb_1"),
		"6..1":                               full("6..1"),
		"v6.1":                               full("v6.1"),
		"-.-":                                full(""),
		"6.1.0-ü":                            parts("6.1.0", "6", "1", "0"),
	}
	for release, want := range tests {
		if diff := cmp.Diff(want, parseKernelVersion(release)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", release, diff)
		}
	}
}

func TestParseKernelConfig(t *testing.T) {
	t.Parallel()
	const text = `#
# Automatically generated file; DO NOT EDIT.
#
CONFIG_CC_VERSION_TEXT="gcc (GCC) 11.4.1 20231218"
CONFIG_64BIT=y
CONFIG_EXT4_FS=m
CONFIG_HZ=1000
# CONFIG_PREEMPT is not set
CONFIG_CMDLINE=""
CONFIG_EQUALS="a=b"
CONFIG_NOTHING
 CONFIG_INDENTED=y
`
	want := map[string]string{
		"CC_VERSION_TEXT": "gcc (GCC) 11.4.1 20231218", "64BIT": "y", "EXT4_FS": "m", "HZ": "1000",
		"CMDLINE": "", "EQUALS": "a=b",
	}
	got, err := parseKernelConfig(text)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("options (-want +got):\n%s", diff)
	}
	if got, err := parseKernelConfig("<html>"); err == nil || got != nil {
		t.Errorf("a text without options: %v, %v", got, err)
	}
}

// TestGunzip: the size that a file claims at its end is a hint, and what comes is what counts.
func TestGunzip(t *testing.T) {
	t.Parallel()
	text := []byte("CONFIG_A=y\n" + strings.Repeat("# a comment\n", 1000))
	packed := gzipOf(t, text)
	claims := func(size uint32) []byte {
		return binary.LittleEndian.AppendUint32(bytes.Clone(packed[:len(packed)-4]), size)
	}
	tests := []struct {
		name  string
		data  []byte
		limit int
		want  []byte
		err   error
	}{
		{"whole", packed, len(text), text, nil},
		{"two members", append(bytes.Clone(packed), gzipOf(t, []byte("b"))...), len(text) + 1, append(bytes.Clone(text), 'b'), nil},
		{"larger than the limit", packed, len(text) - 1, nil, errTooLarge},
		{"claims too much", claims(math.MaxUint32), len(text), nil, gzip.ErrChecksum},
		{"claims too little", claims(0), len(text), nil, gzip.ErrChecksum},
		{"cut", packed[:len(packed)-1], len(text), nil, io.ErrUnexpectedEOF},
		{"no gzip", []byte("CONFIG_A=y\n"), len(text), nil, gzip.ErrHeader},
		{"nothing", nil, len(text), nil, io.EOF},
	}
	for _, test := range tests {
		got, err := gunzip(test.data, int64(test.limit))
		if !bytes.Equal(got, test.want) || !errors.Is(err, test.err) {
			t.Errorf("%s: got %d bytes, %v; want %d, %v", test.name, len(got), err, len(test.want), test.err)
		}
	}
}

func TestParseModules(t *testing.T) {
	t.Parallel()
	loaded := parseModules("a 1 2 - Live 0x0\n\n  \nb_c\t1 0 - Live 0x0 (POE)")
	if diff := cmp.Diff([]string{"a", "b_c"}, loaded); diff != "" {
		t.Errorf("loaded (-want +got):\n%s", diff)
	}
	builtin := parseBuiltinModules("kernel/fs/fuse/fuse.ko\n\nkernel/crypto/xts-x.ko \r\nkernel/a.ko.xz\n.ko\nkernel/.ko\nb.ko")
	if diff := cmp.Diff([]string{"fuse", "xts-x", "b"}, builtin); diff != "" {
		t.Errorf("built in (-want +got):\n%s", diff)
	}
}

func TestParseMiscCapacity(t *testing.T) {
	t.Parallel()
	got := parseMiscCapacity("sev_es 99\nsev 509\nres_b max\nshort\n\n")
	want := map[string]string{"sev_es": "99", "sev": "509", "res_b": "max"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("capacity (-want +got):\n%s", diff)
	}
}

func TestParseOSRelease(t *testing.T) {
	t.Parallel()
	got, err := parseOSRelease(strings.NewReader("ID=ubuntu\r\nVERSION_ID=\"24.04\"\nNAME='a \"b\"'\nEMPTY=\nQUOTED=\"\"\n" +
		" SPACE=x\nBAD-KEY=x\n# C=1\nEQ=a=b\nESC=\"\\\"x\\\"\""))
	want := map[string]string{
		"ID": "ubuntu", "VERSION_ID": "24.04", "VERSION_ID.major": "24", "VERSION_ID.minor": "04",
		"NAME": `a "b`, "QUOTED": "", "EQ": "a=b", "ESC": `\"x\`,
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func TestParsePCIAttribute(t *testing.T) {
	t.Parallel()
	for _, test := range [][3]string{
		{"class", "0x030200\n", "0302"},
		{"class", "0x03\n", "03"},
		{"vendor", "0x10de\n", "10de"},
		{"sriov_totalvfs", "16\n", "16"},
		{"iommu_group/type", "DMA-FQ\n", "DMA-FQ"},
	} {
		if got := parsePCIAttribute(test[0], test[1]); got != test[2] {
			t.Errorf("%s %q: got %q, want %q", test[0], test[1], got, test[2])
		}
	}
}

func TestParseMounts(t *testing.T) {
	t.Parallel()
	const text = "proc /proc proc rw 0 0\nshort\nresctrl /a\\040b\\011c\\134d\\043e resctrl rw 0 0\nresctrl /second resctrl rw 0 0\n"
	if got, err := parseMounts(strings.NewReader(text), "resctrl"); got != "a b\tc\\d#e" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if got, err := parseMounts(strings.NewReader(text), "resctr"); got != "" || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestParseHostname(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"node-1\n": "node-1", "# mine\n\n node-2 \nrest\n": "node-2", "(none)\n": "", "": "",
	} {
		if got := parseHostname(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestParseArchitecture(t *testing.T) {
	t.Parallel()
	for machine, want := range map[string]string{
		"x86_64": "amd64", "aarch64": "arm64", "ppc64le": "ppc64le", "s390x": "s390x", "riscv64": "riscv64",
		"armv7l": "arm", "i686": "386", "loongarch64": "loong64", "ppc64": "", "": "",
	} {
		if got := parseArchitecture(machine); got != want {
			t.Errorf("%q: got %q, want %q", machine, got, want)
		}
	}
}

// The expressions that NFD documents its formats by. Ours are compared with them.
var (
	kernelOption  = regexp.MustCompile(`(?s)^CONFIG_([^=]*)=(.*)$`)
	kernelRelease = regexp.MustCompile(`^(\d+)(\.(\d+))?(\.(\d+))?(-.*)?$`)
	osVersion     = regexp.MustCompile(`^(\d+)(\.(\d+))?(\..*)?$`)
	osField       = regexp.MustCompile(`^(\w+)=(.+)`)
	forbidden     = regexp.MustCompile(`[^-A-Za-z0-9_.]`)
	forbiddenRun  = regexp.MustCompile(`[^-A-Za-z0-9_.]+`)
)
