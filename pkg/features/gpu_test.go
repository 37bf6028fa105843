package features

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nfd-compat/nfd-compat/internal/hosttest"
)

func TestParseNvidiaVersion(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue Mar  5 22:23:56 UTC 2024\nGCC version:  gcc version 12.3.0":            "550.54.15",
		"NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  565.57.01  Release Build  (dvs-builder@U16)  Thu Oct 10 12:29:05 UTC 2024\n": "565.57.01 open",
		"NVRM version: NVIDIA UNIX Open Kernel Module for aarch64  35.3.1  Release Build  (buildbrain@mobile)  Sun Mar 19 2023":                "35.3.1 open",
		"NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.90.07  Сб 29 июн 2024 12:04:11 MSK":                                               "550.90.07",
		"NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  550.90.07  Release Build":                                                    "550.90.07 open",
		"NVRM version: NVIDIA UNIX x86_64 Kernel Module  999.10":                                                                               "999.10",
		"NVRM version: NVIDIA UNIX aarch64 Kernel Module  418.226.00":                                                                          "418.226.00",
		"NVRM version: NVIDIA UNIX x86_64 Kernel Module  next":                                                                                 "",
		"NVRM version: NVIDIA UNIX x86_64 Kernel Module  5":                                                                                    "",
		"GCC version:  gcc version 12.3.0":                                                                                                     "", "": "", "\nNVIDIA Kernel Module  1.2": "", "Kernel Module  1.2": "",
	} {
		version, open := parseNvidiaVersion(text)
		if open {
			version += " open"
		}
		if version != want {
			t.Errorf("%q: %q, want %q", text, version, want)
		}
	}
}

func FuzzParseNvidiaVersion(f *testing.F) {
	f.Add("NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue Mar  5\n")
	f.Add("NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  565.57.01  Release Build")
	f.Fuzz(func(t *testing.T, text string) {
		version, open := parseNvidiaVersion(text)
		if strings.Trim(version, "0123456789.") != "" || version != "" && !strings.Contains(version, ".") || open && version == "" ||
			!strings.Contains(text, version) || open && !strings.Contains(text, "Open") {
			t.Errorf("%q: %q, %t", text, version, open)
		}
	})
}

func TestParseNvidiaInformation(t *testing.T) {
	t.Parallel()
	const head = "Model: \t\t NVIDIA H100 80GB HBM3\nIRQ:   \t\t 18\nGPU UUID: \t GPU-aaaa\nVideo BIOS: \t 96.00.30.00.01\nBus Location: \t 0000:17:00.0\n"
	whole := map[string]string{"product": "NVIDIA H100 80GB HBM3", "vbios_version_raw": "96.00.30.00.01"}
	more := func(pairs ...string) map[string]string {
		all := maps.Clone(whole)
		for i := 0; i < len(pairs); i += 2 {
			all[pairs[i]] = pairs[i+1]
		}
		return all
	}
	for text, want := range map[string]map[string]string{
		head: whole,
		head + "GPU Firmware: \t 535.129.03\nGPU Excluded:\t No\n": more("firmware_version", "535.129.03", "firmware_version_raw", "535.129.03", "excluded", "false"),
		head + "GPU Firmware: \t N/A\nGPU Excluded:\t Yes\n":       more("excluded", "true"),
		head + "GPU Excluded:\t Perhaps\n":                         whole,
		"Model: \t\t Tesla V100\nVideo BIOS: \t ??.??.??.??.??\n":  {"product": "Tesla V100"},
		"Model: \t\t Unknown\nno colon\n: x\nModel:\n":             {},
		"": {},
	} {
		if diff := cmp.Diff(want, parseNvidiaInformation(text)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

func FuzzParseNvidiaInformation(f *testing.F) {
	f.Add("Model: \t\t NVIDIA L40\nVideo BIOS: \t 95.02.66.00.02\nGPU Firmware: \t 535.129.03\nGPU Excluded:\t No\nGPU UUID: \t GPU-1\n")
	f.Fuzz(func(t *testing.T, text string) {
		allowed := append(slices.Collect(maps.Values(nvidiaInformation())), "firmware_version_raw")
		for name, value := range parseNvidiaInformation(text) {
			if !slices.Contains(allowed, name) || value == "" || strings.ContainsAny(value, "?\n") || name == "excluded" && value != "true" && value != "false" {
				t.Errorf("%q: %q is %q", text, name, value)
			}
		}
	})
}

// TestNvidiaGenerations: each chip is of one generation, in the order of the capabilities, and what the list of ids has of it is found by it.
func TestNvidiaGenerations(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	generations := nvidiaGenerations()
	if !slices.IsSortedFunc(generations, func(a, b nvidiaGeneration) int { return compareCapabilities(a.capability, b.capability) }) {
		t.Error("not in order")
	}
	for _, generation := range generations {
		for _, chip := range generation.chips {
			if seen[chip] || nvidiaChip(chip) != chip || nvidiaChip(chip+"GLM") != chip || nvidiaChip(chip+"9") != "" {
				t.Errorf("%s: %q", chip, nvidiaChip(chip))
			}
			seen[chip] = true
			if chip != "GK180" && !strings.Contains(gpuIDs, "  "+chip) { // that of the K40, which the list has as GK110BGL
				t.Errorf("the list of ids has no %s", chip)
			}
		}
	}
	for word, want := range map[string]string{"GA100": "GA100", "GB203M / GN22-X9": "GB203", "GK20A": "", "GP10B": "", "GA10B": "", "GB112": "", "": "", "ad102": ""} {
		if got := nvidiaChip(word); got != want {
			t.Errorf("%q: %q", word, got)
		}
	}
	if _, ok := nvidiaCapability(""); ok {
		t.Error("no chip has a capability")
	}
}

func TestPCIName(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{
		"10de:2330": "GH100 [H100 SXM5 80GB]", "1002:740f": "Aldebaran/MI200 [Instinct MI210]", "8086:56a0": "DG2 [Arc A770]",
		"1d0f:7264": "NeuronDevice (Inferentia2)", "10de:ffee": "", "1002:2330": "", "ffff:2330": "", "10DE:2330": "", "10de:": "", ":": "", "10de:22a3": "", "10de:22ba": "",
		"10de:\t233": "", "1022:17f0": "Strix/Krackan/Strix Halo Neural Processing Unit",
	} {
		vendor, device, _ := strings.Cut(id, ":")
		if got := pciName(vendor, device); got != want {
			t.Errorf("%s: %q, want %q", id, got, want)
		}
	}
	if version := pciListVersion(); version < "2026" || len(gpuIDs) > 150<<10 || !strings.Contains(gpuIDs[:2000], "Redistribution and use") {
		t.Errorf("version %q, %d bytes", version, len(gpuIDs))
	}
	rows := strings.Split(gpuIDs, "\n")
	for i, row := range rows[:len(rows)-1] {
		if !strings.HasPrefix(row, "#") && !strings.HasPrefix(row, "\t") && !isPCIID(row[:4]) {
			t.Errorf("line %d: %q", i+1, row)
		}
	}
	if pciName("8086", "fd81") == "" {
		t.Error("the last line is not found")
	}
}

func TestParseChipName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][2]string{
		"GH100 [H100 SXM5 80GB]": {"GH100", "H100 SXM5 80GB"},
		"AD102GL [L40]":          {"AD102", "L40"},
		"GB203M / GN22 [GeForce RTX 5090 Max-Q / Mobile]": {"GB203", "GeForce RTX 5090 Max-Q / Mobile"},
		"Aldebaran/MI200 [Instinct MI210]":                {"Aldebaran/MI200", "Instinct MI210"},
		"GB102":                                           {"GB102", ""},
		"GV100 Engineering Sample":                        {"GV100", ""},
		"GF100 [GeForce GTX 480]":                         {"GF100", "GeForce GTX 480"},
		"UHD Graphics 617":                                {"", "UHD Graphics 617"},
		"odd [":                                           {"", "odd ["},
		"":                                                {},
	} {
		codename, product := parseChipName(name)
		if diff := cmp.Diff(want, [2]string{codename, product}); diff != "" {
			t.Errorf("%q (-want +got):\n%s", name, diff)
		}
	}
}

func FuzzParseChipName(f *testing.F) {
	f.Add("10de", "2330", "GH100 [H100 SXM5 80GB]")
	f.Add("\t", "2330 ", "GB102")
	f.Fuzz(func(t *testing.T, vendor, device, name string) {
		if got := pciName(vendor, device); strings.ContainsAny(got, "\n\t") || got != "" && !strings.Contains(gpuIDs, "\n\t"+device+"  "+got+"\n") {
			t.Errorf("%q:%q: %q", vendor, device, got)
		}
		codename, product := parseChipName(name)
		if !strings.Contains(name, product) || nvidiaChip(codename) == "" && !strings.HasPrefix(name, codename) {
			t.Errorf("%q: %q, %q", name, codename, product)
		}
	})
}

// TestCUDABranches: each row cites a source, in the order of the branches, and of the versions of CUDA too.
func TestCUDABranches(t *testing.T) {
	t.Parallel()
	table := cudaBranches()
	for i, row := range table {
		if row.source == "" || i > 0 && (row.branch <= table[i-1].branch || compareCapabilities(row.cuda, table[i-1].cuda) <= 0) {
			t.Errorf("row %+v", row)
		}
	}
	for driver, want := range map[string]string{
		"550.54.15": "12.4", "535.129.03": "12.2", "580.65.06": "13.0", "450.36.06": "11.0", "610.43": "13.3", "384.81": "9.0", "590": "13.1",
		"611.1": "", "999.10": "", "551.1": "", "35.3.1": "", "390.157": "", "": "", "x": "", "99999999999999999999.1": "",
	} {
		got, err := cudaOfBranch(driver)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v; want %q", driver, got, err, want)
		}
	}
	if _, err := cudaOfBranch("611.1"); !strings.Contains(err.Error(), "newer than those") {
		t.Error(err)
	}
	if _, err := cudaOfBranch("35.3.1"); !strings.Contains(err.Error(), "Jetson") {
		t.Error(err)
	}
	if _, err := cudaOfBranch("551.1"); strings.Contains(err.Error(), "newer") {
		t.Error(err)
	}
}

func TestLibcudaVersion(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]string{
		"libcuda.so.550.54.15": "550.54.15", "libcuda.so.999.10": "999.10", "libcuda.so.1": "", "libcuda.so.1.1": "", "libcuda.so": "", "libcuda.so.": "", "libcuda.so.x": "",
		"libcuda.so.550.54.15.old": "", "libcudart.so.12": "",
	} {
		if got := libcudaVersion(file); got != want {
			t.Errorf("%q: %q", file, got)
		}
	}
}

func FuzzLibcudaVersion(f *testing.F) {
	f.Add("libcuda.so.550.54.15")
	f.Fuzz(func(t *testing.T, file string) {
		if got := libcudaVersion(file); got != "" && (file != "libcuda.so."+got || strings.HasPrefix(got, "1.") || strings.Trim(got, "0123456789.") != "") {
			t.Errorf("%q: %q", file, got)
		}
	})
}

// note makes the text of a note.
func note(order binary.ByteOrder, align int, name, description string) []byte {
	var b bytes.Buffer
	for _, n := range []int{len(name), len(description), 1} {
		_ = binary.Write(&b, order, uint32(n))
	}
	for _, text := range []string{name, description} {
		b.WriteString(text)
		b.Write(make([]byte, (align-len(text)%align)%align))
	}
	return b.Bytes()
}

func TestNoteDescription(t *testing.T) {
	t.Parallel()
	file := &elf.File{FileHeader: elf.FileHeader{ByteOrder: binary.LittleEndian}}
	whole := note(binary.LittleEndian, 4, cudaNoteOf+"\x00", "{}")
	for name, test := range map[string]struct {
		data  []byte
		align uint64
		want  string
	}{
		"whole":                {whole, 4, "{}"},
		"no alignment":         {whole, 0, "{}"},
		"alignment of 8":       {note(binary.LittleEndian, 8, cudaNoteOf+"\x00", `{"a":1}`), 8, `{"a":1}`},
		"without the last pad": {whole[:len(whole)-2], 4, "{}"},
		"cut":                  {whole[:len(whole)-3], 4, "{"},
		"of nobody":            {note(binary.LittleEndian, 4, "GNU\x00", "{}"), 4, ""},
		"too long a name":      {note(binary.LittleEndian, 4, cudaNoteOf, "")[:20], 4, ""},
		"short":                {whole[:11], 4, ""},
		"empty":                {nil, 4, ""},
	} {
		if got := string(noteDescription(test.data, file, test.align)); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
	big := &elf.File{FileHeader: elf.FileHeader{ByteOrder: binary.BigEndian}}
	if got := string(noteDescription(note(binary.BigEndian, 4, cudaNoteOf, "{}"), big, 4)); got != "{}" {
		t.Errorf("big endian: %q", got)
	}
}

// TestParseCUDANoteElsewhere: a real ELF file without the note has no version, and what is no ELF file is an error.
func TestParseCUDANoteElsewhere(t *testing.T) {
	t.Parallel()
	self, err := os.ReadFile("/proc/self/exe")
	if err == nil {
		if version, err := parseCUDANote(bytes.NewReader(self)); version != "" || err != nil {
			t.Errorf("%q, %v", version, err)
		}
	}
	for _, text := range []string{"no ELF", "no", ""} {
		if version, err := parseCUDANote(strings.NewReader(text)); version != "" || !errors.Is(err, errNotELF) {
			t.Errorf("%q, %v", version, err)
		}
	}
	if version, err := parseCUDANote(strings.NewReader("\x7fELF")); version != "" || err == nil || errors.Is(err, errNotELF) {
		t.Errorf("%q, %v", version, err)
	}
}

func FuzzParseCUDANote(f *testing.F) {
	f.Add(note(binary.LittleEndian, 4, cudaNoteOf+"\x00", `{"format":1,"CUDA version":"13.1"}`), uint64(4))
	f.Add([]byte("\x7fELF\x02\x01\x01"+strings.Repeat("\x00", 57)), uint64(8))
	f.Fuzz(func(t *testing.T, data []byte, align uint64) {
		version, err := parseCUDANote(&boundedReader{from: bytes.NewReader(data), left: maxELF})
		if version != "" && (err != nil || strings.Count(version, ".") != 1) {
			t.Errorf("%q, %v", version, err)
		}
		file := &elf.File{FileHeader: elf.FileHeader{ByteOrder: binary.LittleEndian}}
		if got := noteDescription(data, file, align); len(got) > len(data) {
			t.Errorf("%d bytes of %d", len(got), len(data))
		}
	})
}

// TestInspect: a file is read here and there, up to a bound, and nothing is read but a regular file.
func TestInspect(t *testing.T) {
	t.Parallel()
	files := newFsys(fsTree{hosttest.Parse("-- a --\n0123456789\n-- b -> a --\n-- closed (unreadable) --\n-- pipe (fifo) --\n-- dir/ --\n").FS()})
	read := func(name string, limit int64, at ...int64) (got string, err error) {
		err = files.inspect(name, limit, func(r io.ReaderAt) error {
			for _, offset := range at {
				two := make([]byte, 2)
				if _, err := r.ReadAt(two, offset); err != nil {
					return err
				}
				got += string(two)
			}
			return nil
		})
		return got, err
	}
	if got, err := read("b", 4, 8, 2); got != "8923" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	for name, want := range map[string]string{"closed": "permission", "none": "not exist", "pipe": "not a regular", "dir": "not a regular"} {
		if _, err := read(name, 4, 0); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "/"+name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := read("a", 3, 0, 2); err == nil || !strings.Contains(err.Error(), errTooLarge.Error()) {
		t.Errorf("beyond the bound: %v", err)
	}
}

func TestGFXTarget(t *testing.T) {
	t.Parallel()
	for number, want := range map[uint64]string{
		90010: "gfx90a", 90402: "gfx942", 100300: "gfx1030", 90000: "gfx900", 90006: "gfx906", 90012: "gfx90c", 90500: "gfx950", 110001: "gfx1101", 120001: "gfx1201", 0: "",
	} {
		if got := gfxTarget(number); got != want {
			t.Errorf("%d: %q, want %q", number, got, want)
		}
	}
}

func TestKFDAddress(t *testing.T) {
	t.Parallel()
	known := map[string]bool{"0000:05:00.0": true, "0001:26:00.0": true, "0000:c1:1f.2": true}
	for _, test := range []struct {
		domain, location uint64
		want             string
	}{
		{0, 0x500, "0000:05:00.0"},
		{0, 0x507, "0000:05:00.0"},                 // the eighth partition, in the manner of Linux 6.6
		{1, 0x2600 | 7<<28, "0001:26:00.0"},        // and in the manner of today
		{0, 0xc1<<8 | 0x1f<<3 | 2, "0000:c1:1f.2"}, // a virtual function in a machine of its own
		{0, 0x901, "0000:09:00.1"},
		{0x10000, 0x500, "10000:05:00.0"},
	} {
		if got := kfdAddress(test.domain, test.location, known); got != test.want {
			t.Errorf("%x %x: %s, want %s", test.domain, test.location, got, test.want)
		}
	}
}

func TestParseKFDProperties(t *testing.T) {
	t.Parallel()
	want := map[string]uint64{"simd_count": 416, "unique_id": 18446744073709551615}
	if diff := cmp.Diff(want, parseKFDProperties("simd_count 416\nunique_id 18446744073709551615\nname x\n\none\na b c\nlarge 18446744073709551616\nless -1\n")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func FuzzParseKFD(f *testing.F) {
	f.Add("simd_count 416\ngfx_target_version 90010\n", uint64(0x500))
	f.Fuzz(func(t *testing.T, text string, number uint64) {
		for name, n := range parseKFDProperties(text) {
			if name == "" || !strings.Contains(text, name) || strings.ContainsAny(name, " \n") {
				t.Errorf("%q: %q is %d", text, name, n)
			}
		}
		if got := gfxTarget(number); got != "" && !strings.HasPrefix(got, "gfx") {
			t.Errorf("%d: %q", number, got)
		}
		if got := kfdAddress(number>>32, number, map[string]bool{}); len(got) < len("0000:00:00.0") || strings.Count(got, ":") != 2 {
			t.Errorf("%d: %q", number, got)
		}
	})
}

func TestGPUNumbers(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"8573157376": "8176", "1048576": "1", "1048575": "0", "0": "", "": "", "-1": "", "x": "", "18446744073709551616": ""} {
		if got := mebibytes(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]string{"16.0 GT/s PCIe": "16.0", "8.0 GT/s": "8.0", "8 GT/s": "8", "2.5 GT/s PCIe": "2.5", "Unknown": "", "": ""} {
		if got := parseLinkSpeed(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	for _, ordered := range [][2]string{{"8.9", "9.0"}, {"9.0", "10.0"}, {"10.0", "10.3"}, {"5.2", "12.0"}} {
		if compareCapabilities(ordered[0], ordered[1]) >= 0 || compareCapabilities(ordered[1], ordered[0]) <= 0 || compareCapabilities(ordered[0], ordered[0]) != 0 {
			t.Error(ordered)
		}
	}
}

func FuzzGPUNumbers(f *testing.F) {
	f.Add("16.0 GT/s PCIe")
	f.Add("8573157376")
	f.Fuzz(func(t *testing.T, text string) {
		if got := parseLinkSpeed(text); strings.Trim(got, "0123456789.") != "" {
			t.Errorf("%q: %q", text, got)
		}
		if got := mebibytes(text); got != "" {
			if _, err := strconv.ParseUint(got, 10, 64); err != nil {
				t.Errorf("%q: %q", text, got)
			}
		}
	})
}

// TestIsGPU: what shares its chip's name with a GPU is none, and neither is the screen of a management controller.
func TestIsGPU(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		class, vendor, device string
		gpu, accelerator      bool
	}{
		{"0302", "10de", "2330", true, false},
		{"0300", "10de", "2204", true, false},
		{"0403", "10de", "22ba", false, false}, // its sound
		{"0680", "10de", "22a3", false, false}, // NVSwitch
		{"0380", "1002", "740f", true, false},
		{"1200", "1002", "74a1", true, false}, // MI300X
		{"0403", "1002", "ab30", false, false},
		{"0300", "8086", "56a0", true, false},
		{"1200", "8086", "7d1d", false, true}, // NPU
		{"0300", "1a03", "2000", false, false},
		{"1200", "1da3", "1020", false, true},
		{"1180", "1022", "17f0", false, true}, // XDNA, of a class that others share
		{"1180", "1022", "1578", false, false},
		{"ff00", "1ae0", "0063", false, true},
		{"0200", "1ae0", "0042", false, false}, // gVNIC
		{"0880", "1d0f", "7364", false, true},
		{"0200", "1d0f", "efa1", false, false},
		{"1200", "10de", "0001", false, true},
	} {
		p := pciFunction{class: test.class, vendor: test.vendor, device: test.device}
		if p.isGPU() != test.gpu || p.isAccelerator() != test.accelerator {
			t.Errorf("%+v: %t, %t", test, p.isGPU(), p.isAccelerator())
		}
	}
}

// TestGPUDriverIsExplained: a person is told where each value comes from.
func TestGPUDriverIsExplained(t *testing.T) {
	t.Parallel()
	entry, _ := Lookup("gpu.driver")
	for _, element := range entry.Elements {
		name := element.Name
		part := strings.HasSuffix(name, "_raw") || strings.HasSuffix(name, ".major") || strings.HasSuffix(name, ".minor") || strings.HasSuffix(name, ".revision")
		if !part && name != "cuda.version_source" && !strings.Contains(element.Meaning, "from ") {
			t.Errorf("%s: %s", name, element.Meaning)
		}
	}
	if !strings.Contains(entry.Description, "install") {
		t.Errorf("%s: %s", entry.Name, entry.Description)
	}
}
