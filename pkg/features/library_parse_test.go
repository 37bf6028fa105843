package features

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nfd-compat/nfd-compat/internal/hosttest"
)

func someLibraries() []hosttest.CachedLibrary {
	return []hosttest.CachedLibrary{
		{Flags: 0x0303, Soname: "libz.so.1", Path: "/lib/x86_64-linux-gnu/libz.so.1"},
		{Flags: 0x0303, Soname: "libc.so.6", Path: "/lib/x86_64-linux-gnu/glibc-hwcaps/x86-64-v3/libc.so.6", Hwcap: 1 << 62},
		{Flags: 0x0003, Soname: "libc.so.6", Path: "/lib/i386-linux-gnu/libc.so.6"},
	}
}

// TestParseLibraryCache: both formats, alone and together, in both byte orders, whether the cache says its own or not.
func TestParseLibraryCache(t *testing.T) {
	t.Parallel()
	for _, format := range []hosttest.CacheFormat{hosttest.NewCache, hosttest.OldCache, hosttest.BothCaches} {
		for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
			for _, said := range []bool{true, false} {
				for n := range len(someLibraries()) + 1 { // the alignment of what follows depends on it
					var want []cachedLibrary
					for _, l := range someLibraries()[:n] {
						special := l.Hwcap != 0 && format != hosttest.OldCache
						// Without an entry there is nothing to tell the byte order from, and nothing to know it for.
						want = append(want, cachedLibrary{soname: l.Soname, path: l.Path, flags: l.Flags, special: special, bigEndian: order == binary.BigEndian})
					}
					got, err := parseLibraryCache(hosttest.LibraryCache(format, order, said, someLibraries()[:n]...))
					if err != nil || !slices.Equal(want, got) {
						t.Errorf("format %d, %v, said %t, %d entries: %v\n%s", format, order, said, n, err, cmp.Diff(want, got, cmp.AllowUnexported(cachedLibrary{})))
					}
				}
			}
		}
	}
}

// TestParseLibraryCacheRefuses: what is no cache, or ends too soon, or has a string outside, is an error and gives no library.
func TestParseLibraryCacheRefuses(t *testing.T) {
	t.Parallel()
	whole := hosttest.LibraryCache(hosttest.NewCache, binary.LittleEndian, true, someLibraries()...)
	old := hosttest.LibraryCache(hosttest.OldCache, binary.LittleEndian, true, someLibraries()...)
	changed := func(data []byte, at int, value uint32) []byte {
		data = bytes.Clone(data)
		binary.LittleEndian.PutUint32(data[at:], value)
		return data
	}
	for name, data := range map[string][]byte{
		"empty":                    nil,
		"text":                     []byte("libc.so.6 /lib/libc.so.6\n"),
		"another version":          []byte(strings.Replace(string(whole), "cache1.1", "cache1.0", 1)),
		"a header cut short":       whole[:40],
		"entries cut short":        whole[:100],
		"strings cut short":        whole[:len(whole)-1],
		"too many entries":         changed(whole, 20, 1<<31),
		"too many strings":         changed(whole, 24, 1<<32-1),
		"a soname outside":         changed(whole, 48+4, 1<<31),
		"a path at the end":        changed(whole, 48+8, uint32(len(whole))),
		"the wrong byte order":     append(bytes.Clone(whole[:28]), append([]byte{3}, whole[29:]...)...),
		"an old header cut short":  old[:14],
		"old entries cut short":    old[:30],
		"an old path outside":      changed(old, 16+8, 1<<30),
		"a string without its end": append(bytes.Clone(whole[:len(whole)-1]), 'x'),
	} {
		got, err := parseLibraryCache(data)
		if !errors.Is(err, errCache) || got != nil {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	long := hosttest.LibraryCache(hosttest.NewCache, binary.LittleEndian, true, hosttest.CachedLibrary{Soname: "a", Path: strings.Repeat("/", maxName+1)})
	if _, err := parseLibraryCache(long); err == nil {
		t.Error("a path that is too long")
	}
}

func FuzzParseLibraryCache(f *testing.F) {
	for _, format := range []hosttest.CacheFormat{hosttest.NewCache, hosttest.OldCache, hosttest.BothCaches} {
		for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
			f.Add(hosttest.LibraryCache(format, order, true, someLibraries()...))
			f.Add(hosttest.LibraryCache(format, order, false, someLibraries()...))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := parseLibraryCache(data)
		if err != nil && got != nil {
			t.Errorf("%v, %v", got, err)
		}
		if len(got) > len(data)/oldCacheEntry {
			t.Errorf("%d libraries in %d bytes", len(got), len(data))
		}
		for _, l := range got {
			if !bytes.Contains(data, append([]byte(l.soname), 0)) || !bytes.Contains(data, append([]byte(l.path), 0)) || len(l.path) > maxName {
				t.Errorf("%+v is not there", l)
			}
		}
	})
}

func TestCachedArchitecture(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		flags      uint32
		big        bool
		host, want string
	}{
		{0x0303, false, "", "amd64"},
		{0x0003, false, "amd64", "386"},
		{0x0003, false, "386", "386"},
		{0x0003, false, "arm64", ""},
		{0x0803, false, "amd64", ""},
		{0x0403, true, "", "s390x"},
		{0x0503, false, "", "ppc64le"},
		{0x0503, true, "", "ppc64"},
		{0x0903, false, "", "arm"},
		{0x0b03, false, "", "arm"},
		{0x0a03, false, "", "arm64"},
		{0x1003, false, "riscv64", "riscv64"},
		{0x0f03, false, "riscv64", "riscv64"},
		{0x1003, false, "", ""},
		{0x1203, false, "", "loong64"},
		{0x1103, false, "", "loong64"},
	} {
		if got := (cachedLibrary{flags: test.flags, bigEndian: test.big}).architecture(test.host); got != test.want {
			t.Errorf("%+v: %q", test, got)
		}
	}
}

func TestKnownSoname(t *testing.T) {
	t.Parallel()
	for soname, want := range map[string]string{
		"libc.so.6": "libc", "libcuda.so.1": "libcuda", "libcuda.so.1.1": "libcuda", "libmpi.so.40": "libmpi", "libnvidia-ml.so.1": "libnvidia-ml", "libmpi.so": "",
		"libmpi_cxx.so.40": "", "libc.so.x": "", "xlibc.so.6": "", "libcudart.so.12": "", "": "",
	} {
		if got, ok := knownSoname(knownLibraries(), soname); got.name != want || ok != (want != "") {
			t.Errorf("%q: %+v, %t", soname, got, ok)
		}
	}
}

func TestParseGlibcVersion(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"\x00GNU C Library (Debian GLIBC 2.36-9+deb12u14) stable release version 2.36.\nCopyright": "2.36",
		"GNU C Library (GNU libc) stable release version 2.17, by Roland McGrath et al.\n":         "2.17",
		"GNU C Library (GNU libc) development release version 2.41.9000.\n":                        "2.41.9000",
		"the GNU C Library is free\nGNU C Library (x) stable release version 2.39.\n":              "2.39",
		"GNU C Library (x)\nstable release version 2.39.\n":                                        "",
		"GNU C Library (x)\x00 release version 2.39.\n":                                            "",
		"GNU C Library stable release version new":                                                 "", "": "", "musl libc (x86_64)": "",
	} {
		if got := parseGlibcVersion([]byte(text)); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}

func FuzzParseGlibcVersion(f *testing.F) {
	f.Add([]byte("GNU C Library (Debian GLIBC 2.36-9+deb12u14) stable release version 2.36.\n"))
	f.Add([]byte("GNU C Library GNU C Library  release version "))
	f.Fuzz(func(t *testing.T, data []byte) {
		got := parseGlibcVersion(data)
		if got != leadingVersion(got) || got != "" && !bytes.Contains(data, []byte(" release version ")) {
			t.Errorf("%q", got)
		}
	})
}

func TestParseMuslVersion(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"musl libc (x86_64)\nVersion %s\n\x001.2.5\x00":               "1.2.5",
		"a\x001.2.3\x00b\x00musl libc (aarch64)\nVersion %s\n":        "1.2.3",
		"musl libc (x86_64)\nVersion %s\n\x001.2.5\x00x\x001.2.4\x00": "",
		"\x001.2.5\x00": "", "musl libc (x86_64)": "", "musl libc (x)\x001.2.5 \x00": "", "": "",
	} {
		if got := parseMuslVersion([]byte(text)); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}

func FuzzParseMuslVersion(f *testing.F) {
	f.Add([]byte("musl libc (x86_64)\nVersion %s\n\x001.2.5\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if got := parseMuslVersion(data); got != leadingVersion(got) || !bytes.Contains(data, []byte(got)) {
			t.Errorf("%q", got)
		}
	})
}

func TestELFArchitecture(t *testing.T) {
	t.Parallel()
	header := func(class, order byte, machine uint16) []byte {
		data := append([]byte("\x7fELF"), class, order)
		data = append(data, make([]byte, 12)...)
		if order == 2 {
			return binary.BigEndian.AppendUint16(data, machine)
		}
		return binary.LittleEndian.AppendUint16(data, machine)
	}
	for _, test := range []struct {
		data []byte
		want string
	}{
		{header(2, 1, 62), "amd64"},
		{header(1, 1, 62), ""},
		{header(1, 1, 3), "386"},
		{header(2, 1, 183), "arm64"},
		{header(1, 1, 40), "arm"},
		{header(2, 1, 21), "ppc64le"},
		{header(2, 2, 21), "ppc64"},
		{header(2, 2, 22), "s390x"},
		{header(1, 2, 22), ""},
		{header(2, 1, 243), "riscv64"},
		{header(1, 1, 243), ""},
		{header(2, 1, 258), "loong64"},
		{header(2, 1, 9999), ""},
		{header(2, 1, 62)[:19], ""},
		{[]byte("GNU C Library, a text of some length"), ""},
		{nil, ""},
	} {
		if got := elfArchitecture(test.data); got != test.want {
			t.Errorf("%q: %q, want %q", test.data, got, test.want)
		}
	}
}

func TestParsePkgConfigVersion(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"prefix=/usr\nName: libfabric\nVersion: 1.17.0\nLibs: -lfabric\n": "1.17.0",
		"version = 1.22.0amzn1.0\nVersion: ${version}\n":                  "1.22.0amzn1.0",
		"Version:4.1.4\nVersion: 5\n":                                     "4.1.4",
		"Version: ${none}\n":                                              "", "Version: 1.${x}\n": "", "Version: a b\n": "", "#Version: 1\n": "", "Requires: x\n": "", "": "",
	} {
		if got := parsePkgConfigVersion(text); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}

func FuzzParsePkgConfigVersion(f *testing.F) {
	f.Add("v=1\nVersion: ${v}\n")
	f.Fuzz(func(t *testing.T, text string) {
		if got := parsePkgConfigVersion(text); strings.ContainsAny(got, "${}\n ") || !strings.Contains(text, got) {
			t.Errorf("%q: %q", text, got)
		}
	})
}

func TestParseCDI(t *testing.T) {
	t.Parallel()
	const text = "cdiVersion: 0.5.0\nkind: nvidia.com/gpu\ndevices:\n- name: \"0\"\n- {name: all}\nunknown: {a: [b]}\n"
	if got, err := parseCDI([]byte(text), true); err != nil || got.Kind != "nvidia.com/gpu" || got.Version != "0.5.0" || len(got.Devices) != 2 {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := parseCDI([]byte(`{"cdiVersion":"1.0.0","kind":"a/b"}`), false); err != nil || len(got.Devices) != 0 || got.Kind != "a/b" {
		t.Errorf("%+v, %v", got, err)
	}
	bomb := "cdiVersion: 1\nkind: x\na0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
	for i := range 9 {
		n := string(rune('0' + i))
		bomb += "a" + string(rune('1'+i)) + ": &a" + string(rune('1'+i)) + " [" + strings.Repeat("*a"+n+",", 10) + "]\n"
	}
	for _, text := range []string{"", "[]", "x", "{", "kind: a/b\n", "cdiVersion: 0.5.0\n", "cdiVersion: 0.5.0\nkind: a/b\ndevices: x\n", "cdiVersion: [1]\nkind: a\n", bomb, strings.Repeat("[", 1<<16)} {
		if got, err := parseCDI([]byte(text), true); err == nil || got.Kind != "" {
			t.Errorf("%.40q: %+v", text, got)
		}
	}
	if _, err := parseCDI([]byte(text), false); err == nil {
		t.Error("YAML taken for JSON")
	}
}

func FuzzParseCDI(f *testing.F) {
	f.Add([]byte("cdiVersion: 0.5.0\nkind: nvidia.com/gpu\ndevices:\n- name: \"0\"\n"), true)
	f.Add([]byte(`{"cdiVersion":"1.0.0","kind":"a/b","devices":[{}]}`), false)
	f.Fuzz(func(t *testing.T, data []byte, isYAML bool) {
		got, err := parseCDI(data, isYAML)
		if (err == nil) != (got.Kind != "" && got.Version != "") || len(got.Devices) > len(data) {
			t.Errorf("%q: %d devices, %v", data, len(got.Devices), err)
		}
	})
}

// TestLiveLibraryCache: this host's own cache can be parsed, and has a C library.
func TestLiveLibraryCache(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("/etc/ld.so.cache")
	if err != nil {
		t.Skip(err)
	}
	libraries, err := parseLibraryCache(data)
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(libraries, func(l cachedLibrary) bool { return l.soname == "libc.so.6" })
	if at < 0 || !strings.HasSuffix(libraries[at].path, "/libc.so.6") {
		t.Fatalf("no C library among %d", len(libraries))
	}
	if libc, err := os.ReadFile(libraries[at].path); err != nil || parseGlibcVersion(libc) == "" || elfArchitecture(libc) == "" {
		t.Errorf("%s: version %q, architecture %q, %v", libraries[at].path, parseGlibcVersion(libc), elfArchitecture(libc), err)
	}
}

func FuzzELFArchitecture(f *testing.F) {
	f.Add([]byte("\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x03\x00\x3e\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if got := elfArchitecture(data); got != "" && !bytes.HasPrefix(data, []byte("\x7fELF")) {
			t.Errorf("%q: %q", data, got)
		}
	})
}
