package features_test

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"

	"github.com/nfd-compat/nfd-compat/internal/hosttest"
	"github.com/nfd-compat/nfd-compat/pkg/features"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

func gpuFeatures() []string {
	return []string{"accel.device", "gpu.device", "gpu.driver", "gpu.summary"}
}

// libcudaWithNote makes an ELF file of 64 bits whose only section besides that of the names is the note that libcuda has.
func libcudaWithNote(description string) []byte {
	const (
		section, name = ".note.cuda.fwd_compatibility", "NVIDIA Corporation"
		header, entry = 64, 64
	)
	pad := func(text string) []byte { return append([]byte(text), make([]byte, (4-len(text)%4)%4)...) }
	var note bytes.Buffer
	for _, n := range []int{len(name) + 1, len(description), 1} {
		_ = binary.Write(&note, binary.LittleEndian, uint32(n))
	}
	note.Write(pad(name + "\x00"))
	note.Write(pad(description))
	names := "\x00" + section + "\x00.shstrtab\x00"

	var file bytes.Buffer
	file.WriteString("\x7fELF\x02\x01\x01" + strings.Repeat("\x00", 9))
	put := func(values ...any) {
		for _, value := range values {
			_ = binary.Write(&file, binary.LittleEndian, value)
		}
	}
	noteAt := uint64(header)
	namesAt := noteAt + uint64(note.Len())
	sectionsAt := namesAt + uint64(len(names))
	put(uint16(3), uint16(62), uint32(1), uint64(0), uint64(0), sectionsAt, uint32(0), uint16(header), uint16(0), uint16(0), uint16(entry), uint16(3), uint16(2))
	file.Write(note.Bytes())
	file.WriteString(names)
	put([entry]byte{})
	put(uint32(1), uint32(7), uint64(0), uint64(0), noteAt, uint64(note.Len()), uint32(0), uint32(0), uint64(4), uint64(0))
	put(uint32(len(section)+2), uint32(3), uint64(0), uint64(0), namesAt, uint64(len(names)), uint32(0), uint32(0), uint64(1), uint64(0))
	return file.Bytes()
}

// libcuda makes a libcuda that says its version of CUDA.
func libcuda(version string) []byte {
	return libcudaWithNote(`{"format":1,"CUDA version":"` + version + `","driver":[535,550],"device":[1,2,7]}`)
}

// gpuHost returns a host of testdata/gpu, with the libcuda of those that have one that bears a note.
func gpuHost(t testing.TB, name string) *hosttest.Tree {
	t.Helper()
	tree := host(t, filepath.Join("gpu", name), "")
	switch name {
	case "h100x8-open":
		return tree.Put("usr/lib/x86_64-linux-gnu/libcuda.so.565.57.01", libcuda("12.7"))
	case "libcuda-cached":
		return tree.Put("etc/ld.so.cache", hosttest.LibraryCache(hosttest.NewCache, binary.LittleEndian, true,
			hosttest.CachedLibrary{Flags: 0x0003, Soname: "libcuda.so.1", Path: "/opt/nvidia/lib32/libcuda.so.1"}, // of 32 bits, which is none of the host's
			hosttest.CachedLibrary{Flags: 0x0303, Soname: "libcuda.so.1", Path: "/opt/nvidia/lib64/libcuda.so.1"},
			hosttest.CachedLibrary{Flags: 0x0303, Soname: "libcuda.so", Path: "/opt/nvidia/lib64/libcuda.so"}))
	case "h100-guest":
		return tree.Put("usr/local/nvidia/lib64/libcuda.so.580.159.04", libcudaWithNote(
			`{"format":1,"CUDA version":"13.0","driver":[535,550,565,570,575,580],"device":[1,2,7,8,9,10,11,12,13,14]}`)).
			Put("etc/ld.so.cache", hosttest.LibraryCache(hosttest.NewCache, binary.LittleEndian, true,
				hosttest.CachedLibrary{Flags: 0x0303, Soname: "libcuda.so.1", Path: "/usr/local/nvidia/lib64/libcuda.so.1"},
				hosttest.CachedLibrary{Flags: 0x0303, Soname: "libcuda.so.1", Path: "/lib/libcuda.so.1"}))
	case "libcuda-mismatch":
		return tree.Put("usr/lib/x86_64-linux-gnu/libcuda.so.550.107.02", libcuda("12.4"))
	case "jetson":
		return tree.Put("usr/lib/aarch64-linux-gnu/tegra/libcuda.so.1.1", libcudaWithNote(`{"CUDA version":"11.4"}`))
	}
	return tree
}

// TestGPUHosts compares the GPUs and accelerators of whole hosts with what was written down of them, each host in memory with the same host in
// a directory, and each element with the catalogue.
func TestGPUHosts(t *testing.T) {
	t.Parallel()
	archives, err := filepath.Glob(filepath.Join("testdata", "gpu", "*.txtar"))
	if err != nil || len(archives) < 16 {
		t.Fatalf("%d hosts, %v", len(archives), err)
	}
	for _, archive := range archives {
		name := strings.TrimSuffix(filepath.Base(archive), ".txtar")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tree := gpuHost(t, name)
			set := discover(t, tree.FS(), gpuFeatures()...)
			set.Node = features.Node{}
			var got bytes.Buffer
			if err := features.Write(&got, set); err != nil {
				t.Fatal(err)
			}
			golden := strings.TrimSuffix(archive, ".txtar") + ".json"
			if *update {
				if err := os.WriteFile(golden, got.Bytes(), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Errorf("features (-want +got):\n%s", diff)
			}
			if text := got.String(); strings.Contains(text, "GPU-0") || strings.Contains(text, "unique") {
				t.Error("it tells a number of a GPU that is its own")
			}
			opened, err := features.Open(tree.Dir(t))
			if err != nil {
				t.Fatal(err)
			}
			defer opened.Close() //nolint:errcheck // it was only read
			inDir, err := opened.Discover(t.Context(), gpuFeatures())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(set.Features, inDir.Features); diff != "" {
				t.Errorf("features in a directory (-in memory +in the directory):\n%s", diff)
			}
			checkGPUCatalogue(t, set)
		})
	}
}

// checkGPUCatalogue: an element that a host has, the catalogue has too, with its value if the values are listed.
func checkGPUCatalogue(t *testing.T, set *features.Set) {
	t.Helper()
	for _, name := range gpuFeatures() {
		entry, _ := features.Lookup(name)
		known := map[string]features.Element{}
		for _, element := range entry.Elements {
			known[element.Name] = element
		}
		all := []map[string]string{set.Features.Attributes[name].Elements}
		for _, instance := range set.Features.Instances[name].Elements {
			all = append(all, instance.Attributes)
		}
		for _, attributes := range all {
			for attribute, value := range attributes {
				element, ok := known[attribute]
				if !ok || len(element.Values) > 0 && !strings.Contains(" "+strings.Join(element.Values, " ")+" ", " "+value+" ") {
					t.Errorf("%s: the catalogue lacks %s = %q", name, attribute, value)
				}
			}
		}
	}
}

// TestGPUOutcomes: what is missing or unreadable, the state that the feature has then, and what becomes of three requirements on one element.
func TestGPUOutcomes(t *testing.T) {
	t.Parallel()
	const (
		match    = validate.Match
		mismatch = validate.Mismatch
		unknown  = validate.Unknown

		absent     = features.Absent
		discovered = features.Discovered
		incomplete = features.Incomplete
		unreadable = features.Unreadable

		proc = "proc/driver/nvidia"
		nv   = "sys/module/nvidia"
		h100 = "sys/devices/pci0000:00/0000:17:00.0"
		mi   = "sys/devices/pci0000:00/0000:63:00.0"
		lib  = "usr/lib64/libcuda.so.535.129.03"
		info = proc + "/gpus/0000:17:00.0/information"
		kfd  = "sys/devices/virtual/kfd/kfd/topology/nodes/2/properties"
		cpu  = "sys/devices/virtual/kfd/kfd/topology/nodes/1/properties"
		bank = "sys/devices/virtual/kfd/kfd/topology/nodes/2/mem_banks/0/properties"
		arc  = "sys/devices/pci0000:00/0000:03:00.0"
	)
	putLibrary := func(data []byte) hostChange {
		return func(t *hosttest.Tree) *hosttest.Tree { return t.Put(lib, data) }
	}
	tests := []struct {
		host, feature, name      string
		change                   hostChange
		state                    features.State
		reason                   string
		element, value           string
		exists, doesNotExist, in validate.Outcome
	}{
		{"none", "gpu.device", "none", unchanged(), absent, "", "vendor", "10de", mismatch, mismatch, mismatch},
		{"none", "gpu.summary", "none", unchanged(), absent, "", "count", "1", mismatch, match, mismatch},
		{"none", "gpu.driver", "none", unchanged(), absent, "", "nvidia.version", "1", mismatch, match, mismatch},
		{"none", "accel.device", "none", unchanged(), absent, "", "vendor", "1da3", mismatch, mismatch, mismatch},
		{"none", "gpu.device", "no bus", inTurn(without("sys/bus/pci"), with("-- sys/bus/usb/ --\n")), absent, "", "vendor", "10de", mismatch, mismatch, mismatch},
		{"none", "gpu.device", "no buses, where nobody looked", without("sys/bus"), unreadable, "neither is /sys/bus", "vendor", "10de", unknown, unknown, unknown},
		{"none", "gpu.driver", "no modules, where nobody looked", without("sys/module"), unreadable, "/sys/module", "nvidia.version", "1", unknown, unknown, unknown},
		{"h100-proprietary", "gpu.driver", "no modules, and the driver in procfs", without("sys/module"), incomplete, "/sys/module", "nvidia.version", "535.129.03", match, mismatch, match},
		{"h100-proprietary", "gpu.driver", "no modules, and another driver", without("sys/module"), incomplete, "/sys/module", "amdgpu.version", "6.8.5", unknown, unknown, unknown},
		{"none", "gpu.device", "closed bus", closed("sys/bus/pci"), unreadable, "permission", "vendor", "10de", unknown, unknown, unknown},
		{"none", "gpu.summary", "closed bus", closed("sys/bus/pci"), unreadable, "permission", "count", "1", unknown, unknown, unknown},
		{"none", "accel.device", "closed bus", closed("sys/bus/pci"), unreadable, "permission", "vendor", "1da3", unknown, unknown, unknown},
		{"none", "gpu.driver", "closed bus", closed("sys/bus/pci"), incomplete, "permission", "nouveau.loaded", "false", unknown, unknown, unknown},
		{"none", "gpu.device", "no sysfs", without("sys"), unreadable, "/sys/bus", "vendor", "10de", unknown, unknown, unknown},
		{"none", "gpu.driver", "no sysfs", without("sys"), unreadable, "/sys/module", "nvidia.version", "1", unknown, unknown, unknown},
		{"none", "gpu.summary", "no sysfs", without("sys"), unreadable, "/sys/bus", "count", "1", unknown, unknown, unknown},
		{"none", "accel.device", "no sysfs", without("sys"), unreadable, "/sys/bus", "vendor", "1da3", unknown, unknown, unknown},
		{"none", "gpu.device", "a device of any kind", closed("sys/devices/pci0000:00/0000:18:00.0/class"), incomplete, "0000:18:00.0", "vendor", "10de", unknown, unknown, unknown},
		{"none", "gpu.summary", "a device of any kind", closed("sys/devices/pci0000:00/0000:18:00.0/class"), incomplete, "0000:18:00.0", "count", "1", unknown, unknown, unknown},
		{"none", "gpu.driver", "closed modules", closed("sys/module"), incomplete, "sys/module", "nvidia.version", "1", unknown, unknown, unknown},
		{"none", "gpu.driver", "no procfs", without("proc"), incomplete, "osrelease", "nvidia.version", "1", unknown, unknown, unknown},
		{
			"none", "gpu.device", "WSL2", with("-- sys/bus/pci/devices/e9a3:00:00.0/class --\n0x030200\n-- sys/bus/pci/devices/e9a3:00:00.0/vendor --\n0x1414\n" +
				"-- sys/bus/pci/devices/e9a3:00:00.0/device --\n0x008e\n"), incomplete, "Windows", "vendor", "10de", unknown, unknown, unknown,
		},

		// The GPU is there, and its brand unknown: a value that is found decides for it, and one that is not found is not told to be nowhere.
		{"h100-proprietary", "gpu.device", "found", unchanged(), incomplete, "no GPU is left out for that", "compute_major", "9", match, mismatch, match},
		{"h100-proprietary", "gpu.device", "not found", unchanged(), incomplete, "brand", "compute_major", "8", match, mismatch, mismatch},
		{"h100-proprietary", "gpu.device", "brand", unchanged(), incomplete, "brand", "brand", "tesla", unknown, unknown, unknown},
		{"h100-proprietary", "gpu.summary", "memory", unchanged(), incomplete, "NVML", "nvidia.memory_mib_min", "1", unknown, unknown, unknown},
		{"h100-proprietary", "gpu.summary", "not there", unchanged(), incomplete, "NVML", "amd.gfx_target", "gfx942", mismatch, match, mismatch},
		{"h100-proprietary", "gpu.device", "never known", unchanged(), incomplete, "NVML", "brand", "tesla", unknown, unknown, unknown},
		{"h100-proprietary", "gpu.device", "memory", unchanged(), incomplete, "NVML", "memory_mib", "81920", unknown, unknown, unknown},
		{"h100-proprietary", "gpu.summary", "found", unchanged(), incomplete, "no GPU is left out for that", "nvidia.compute_capability_min", "9.0", match, mismatch, match},
		{"h100-proprietary", "gpu.summary", "too little", unchanged(), incomplete, "NVML", "nvidia.compute_capability_min", "10.0", match, mismatch, mismatch},
		{"h100-proprietary", "gpu.summary", "memory", unchanged(), incomplete, "NVML", "nvidia.memory_mib_min", "80000", unknown, unknown, unknown},
		{"h100-proprietary", "gpu.device", "closed information", closed(info), incomplete, info, "product", "NVIDIA H100 PCIe", match, unknown, unknown},
		{"h100-proprietary", "gpu.device", "no information", without(info), incomplete, "though the driver", "vbios_version_raw", "x", unknown, unknown, unknown},
		{"h100-proprietary", "gpu.summary", "closed information", closed(info), incomplete, "whether to count", "count", "1", unknown, unknown, unknown},
		{"h100-proprietary", "gpu.device", "a link in circles", with("-- " + h100 + "/driver -> driver --\n"), incomplete, "lacks its driver", "driver", "nvidia", unknown, unknown, unknown},
		{"h100-proprietary", "gpu.device", "closed device", closed(h100 + "/device"), incomplete, "0000:17:00.0", "vendor", "10de", unknown, unknown, unknown},
		{"h100-proprietary", "gpu.summary", "closed device", closed(h100 + "/device"), incomplete, "0000:17:00.0", "nvidia.count", "1", unknown, unknown, unknown},
		{"h100-proprietary", "gpu.device", "closed revision", closed(h100 + "/revision"), incomplete, "revision", "revision", "a1", unknown, unknown, unknown},

		{"h100-proprietary", "gpu.driver", "by the table", unchanged(), discovered, "", "cuda.version", "12.2", match, mismatch, match},
		{"h100-proprietary", "gpu.driver", "note and table agree", putLibrary(libcuda("12.2")), discovered, "", "cuda.version_source", "elf-note", match, mismatch, match},
		{"h100-proprietary", "gpu.driver", "no library at all", putLibrary(nil), discovered, "", "cuda.version_source", "table", match, mismatch, match},
		{"h100-proprietary", "gpu.driver", "by the note", putLibrary(libcuda("12.9")), incomplete, "tells of itself, 12.9, and drivers of its branch have 12.2", "cuda.version", "12.9", match, mismatch, match},
		{"h100-proprietary", "gpu.driver", "a broken note", putLibrary(libcuda("new")), incomplete, `"new" is no version of CUDA`, "cuda.version", "12.2", match, mismatch, match},
		{"h100-proprietary", "gpu.driver", "a note of one number", putLibrary(libcuda("13")), incomplete, `"13" is no version of CUDA`, "cuda.version", "12.2", match, mismatch, match},
		{
			"h100-proprietary", "gpu.driver", "too long a note", putLibrary(libcudaWithNote(
				`{"CUDA version":"12.9"` + strings.Repeat(" ", 64<<10) + "}")), incomplete, "more than it may hold", "cuda.version", "12.2", match, mismatch, match,
		},
		{"h100-proprietary", "gpu.device", "reserved", with("-- " + h100 + "/device --\n0x2900\n"), incomplete, "10de:2900", "compute_capability", "10.0", unknown, unknown, unknown},
		{"h100-proprietary", "gpu.driver", "no libcuda", without("usr/lib64"), incomplete, "libnvidia-compute", "nvidia.library_version", "1", unknown, unknown, unknown},
		{"h100-proprietary", "gpu.driver", "no libcuda, by the table", without("usr/lib64"), incomplete, "libcuda.so.1", "cuda.version", "12.2", match, mismatch, match},
		{
			"h100-proprietary", "gpu.driver", "another libcuda first", with("-- usr/lib/x86_64-linux-gnu/libcuda.so.1 -> libcuda.so.470.1 --\n-- usr/lib/x86_64-linux-gnu/libcuda.so.470.1 --\n"),
			discovered, "", "nvidia.library_version", "535.129.03", match, mismatch, match,
		},
		{
			"h100-proprietary", "gpu.driver", "libcuda of the operator", inTurn(without("usr/lib64"), with("-- run/nvidia/driver/usr/lib64/libcuda.so.1 -> libcuda.so.535.129.03 --\n"+
				"-- run/nvidia/driver/usr/lib64/libcuda.so.535.129.03 --\n")), discovered, "", "nvidia.library_version", "535.129.03", match, mismatch, match,
		},
		{"h100-proprietary", "gpu.driver", "closed libcuda", closed("usr/lib64"), incomplete, "/usr/lib64/libcuda.so.1", "nvidia.library_version", "1", unknown, unknown, unknown},
		{"libcuda-cached", "gpu.driver", "both versions", unchanged(), incomplete, "so that CUDA does not work", "cuda.version", "12.4", unknown, unknown, unknown},
		{"libcuda-cached", "gpu.driver", "closed cache", closed("etc/ld.so.cache"), incomplete, "a libcuda may be left out", "nvidia.library_version", "1", unknown, unknown, unknown},
		{"libcuda-cached", "gpu.driver", "no cache", with("-- etc/ld.so.cache --\n"), incomplete, "it is no cache", "cuda.version", "12.8", match, mismatch, match},
		{
			"libcuda-cached", "gpu.driver", "the right one later", with("-- usr/lib/wsl/lib/libcuda.so.1 -> libcuda.so.570.124.06 --\n-- usr/lib/wsl/lib/libcuda.so.570.124.06 --\n"),
			discovered, "", "cuda.version", "12.8", match, mismatch, match,
		},
		{
			"libcuda-cached", "gpu.driver", "what the note says", putCached("opt/nvidia/lib64/libcuda.so.570.124.06", libcuda("12.8")), discovered, "",
			"cuda.version_source", "elf-note", match, mismatch, match,
		},
		{"libcuda-mismatch", "gpu.driver", "both versions", unchanged(), incomplete, "so that CUDA does not work", "cuda.version", "12.4", unknown, unknown, unknown},
		{"libcuda-mismatch", "gpu.driver", "of the module", unchanged(), incomplete, "550.107.02", "nvidia.version", "550.54.15", match, mismatch, match},
		{"newer", "gpu.driver", "newer than the table", unchanged(), incomplete, "newer than those that are known", "cuda.version", "13.3", unknown, unknown, unknown},
		{"newer", "gpu.device", "newer than the list", unchanged(), incomplete, "10de:ffee", "compute_capability", "9.0", unknown, unknown, unknown},
		{"newer", "gpu.summary", "newer than the list", unchanged(), incomplete, "compute_capability", "nvidia.compute_capability_min", "9.0", unknown, unknown, unknown},
		{"newer", "gpu.summary", "counted all the same", unchanged(), incomplete, "compute_capability", "nvidia.count", "1", match, mismatch, match},

		{"h100-proprietary", "gpu.driver", "version in procfs", unchanged(), discovered, "", "nvidia.version", "535.129.03", match, mismatch, match},
		{"h100-proprietary", "gpu.driver", "closed procfs", closed(proc + "/version"), incomplete, proc + "/version", "nvidia.version", "535.129.03", unknown, unknown, unknown},
		{"h100-proprietary", "gpu.driver", "flavor by the marks", closed(proc + "/version"), incomplete, proc, "nvidia.flavor", "proprietary", match, mismatch, match},
		{"h100-proprietary", "gpu.driver", "no flavor", closed(proc+"/version", nv+"/taint"), incomplete, "nvidia.flavor", "nvidia.flavor", "proprietary", unknown, unknown, unknown},
		{"h100-proprietary", "gpu.driver", "MIG not shown", without(proc + "/capabilities"), incomplete, "mig_capable", "nvidia.mig_capable", "false", unknown, unknown, unknown},
		{
			"h100-proprietary", "gpu.driver", "no MIG", inTurn(without(proc+"/capabilities/mig"), with("-- "+proc+"/capabilities/ --\n")), discovered, "",
			"nvidia.mig_capable", "false", match, mismatch, match,
		},
		{
			"h100-proprietary", "gpu.driver", "older than MIG", inTurn(without(proc+"/capabilities"), with("-- "+proc+"/version --\n"+
				"NVRM version: NVIDIA UNIX x86_64 Kernel Module  418.87.00  Thu Aug  8 15:35:46 CDT 2019\n")), incomplete, "so that CUDA does not work",
			"nvidia.mig_capable", "false", match, mismatch, match,
		},
		{"h100-proprietary", "gpu.driver", "closed MIG", closed(proc + "/capabilities"), incomplete, "mig_capable", "nvidia.mig_capable", "true", unknown, unknown, unknown},
		{"h100-proprietary", "gpu.driver", "not loaded", without(nv, proc), discovered, "", "nvidia.version", "535.129.03", mismatch, match, mismatch},
		{"h100-proprietary", "gpu.driver", "not loaded, nouveau neither", without(nv, proc), discovered, "", "nouveau.loaded", "false", match, mismatch, match},
		{
			"mi210", "gpu.summary", "a virtual function", with("-- " + mi + "/physfn -> ../0000:a3:00.0 --\n"), discovered, "", "amd.count", "1", match, mismatch, match,
		},
		{
			"gaudi2", "accel.device", "a virtual function", with("-- sys/devices/pci0000:00/0000:1a:00.0/physfn -> ../0000:19:00.0 --\n"), discovered, "",
			"pci_address", "0000:1a:00.0", match, mismatch, mismatch,
		},
		{"nouveau", "gpu.driver", "loaded", unchanged(), discovered, "", "nouveau.loaded", "true", match, mismatch, match},
		{"nouveau", "gpu.driver", "no CUDA", unchanged(), discovered, "", "cuda.version", "12.4", mismatch, match, mismatch},

		{"mi210", "gpu.device", "found", unchanged(), discovered, "", "gfx_target", "gfx90a", match, mismatch, match},
		{"mi210", "gpu.device", "not found", unchanged(), discovered, "", "gfx_target", "gfx942", match, mismatch, mismatch},
		{"mi210", "gpu.device", "not on the bus", without("sys/bus/pci"), incomplete, "0000:a3:00.0 is left out", "vendor", "1002", unknown, unknown, unknown},
		{"mi210", "gpu.summary", "one not on the bus", without("sys/bus/pci/devices/0000:a3:00.0"), incomplete, "0000:a3:00.0 is left out", "count", "1", unknown, unknown, unknown},
		{"h100x8-open", "gpu.summary", "one not on the bus", without("sys/bus/pci/devices/0000:c3:00.0"), incomplete, "0000:c3:00.0 is left out", "count", "6", unknown, unknown, unknown},
		{
			"h100-proprietary", "gpu.device", "none on the bus, and no module", without("sys/bus/pci", nv), incomplete, "0000:17:00.0 is left out: it is in /proc/driver/nvidia/gpus",
			"vendor", "10de", unknown, unknown, unknown,
		},
		{
			"h100-proprietary", "gpu.summary", "none on the bus, and only the version", without("sys/bus/pci", nv, proc+"/gpus"), incomplete,
			"as /proc/driver/nvidia/version shows", "count", "1", unknown, unknown, unknown,
		},
		{"h100-proprietary", "gpu.summary", "a link in circles", with("-- " + h100 + "/driver -> driver --\n"), incomplete, "its driver is not known", "count", "1", unknown, unknown, unknown},
		{"h100-proprietary", "gpu.summary", "without a driver", without(h100 + "/driver"), absent, "", "count", "1", mismatch, match, mismatch},
		{"h100-proprietary", "gpu.summary", "none on the bus", without("sys/bus/pci"), incomplete, "no GPU of NVIDIA is on the PCI bus", "count", "1", unknown, unknown, unknown},
		{"mi210", "gpu.device", "no KFD", without("sys/class/kfd"), incomplete, "not among those", "gfx_target", "gfx90a", unknown, unknown, unknown},
		{"mi210", "gpu.device", "closed KFD", closed("sys/devices/virtual/kfd"), incomplete, "permission", "gfx_target", "gfx90a", unknown, unknown, unknown},
		{"mi210", "gpu.device", "one closed, found", closed(kfd), incomplete, "nodes/2/properties", "gfx_target", "gfx90a", match, unknown, match},
		{"mi210", "gpu.device", "one without SIMDs", with("-- " + kfd + " --\nvendor_id 4098\n"), incomplete, "no simd_count", "gfx_target", "gfx90a", match, unknown, match},
		{"mi210", "gpu.summary", "one closed", closed(kfd), incomplete, "gfx_target of the GPU 0000:63:00.0", "amd.gfx_target", "gfx90a", unknown, unknown, unknown},
		{"mi210", "gpu.summary", "one closed, counted", closed(kfd), incomplete, "gfx_target", "amd.count", "2", match, mismatch, match},
		{"mi210", "gpu.summary", "attribute of no matter", closed(mi + "/vbios_version"), discovered, "", "amd.gfx_target", "gfx90a", match, mismatch, match},
		{"mi210", "gpu.device", "closed VRAM", closed(mi + "/mem_info_vram_total"), incomplete, "mem_info_vram_total", "memory_mib", "65520", match, unknown, match},
		{"mi210", "gpu.device", "VRAM by KFD", without(mi + "/mem_info_vram_total"), discovered, "", "memory_mib", "65520", match, mismatch, match},
		{"mi210", "gpu.device", "VRAM first by itself", with("-- " + bank + " --\nsize_in_bytes 1048576\n"), discovered, "", "memory_mib", "1", match, mismatch, mismatch},
		{"mi210", "gpu.device", "a processor of AMD", with("-- " + cpu + " --\nsimd_count 0\nvendor_id 4098\n"), discovered, "", "vendor", "1002", match, mismatch, match},
		{"mi210", "gpu.driver", "DKMS", unchanged(), discovered, "", "amdgpu.in_tree", "false", match, mismatch, match},
		{"mi210", "gpu.driver", "a version nowhere", without("sys/module/amdgpu/version"), incomplete, "no /sys/module/amdgpu/version", "amdgpu.version", "6.8.5", unknown, unknown, unknown},
		{"mi210", "gpu.driver", "closed", closed("sys/module/amdgpu/version"), incomplete, "permission", "amdgpu.version", "6.8.5", unknown, unknown, unknown},
		{"mi210", "gpu.driver", "no ROCm", without("opt/rocm"), discovered, "", "rocm.version", "6.2.1", mismatch, match, mismatch},
		{"mi210", "gpu.driver", "nobody looked for ROCm", without("opt"), incomplete, "neither is /opt", "rocm.version", "6.2.1", unknown, unknown, unknown},
		{"mi210", "gpu.driver", "nobody looked for ROCm alone", without("opt"), incomplete, "neither is /opt", "xe.version", "6.8.0", mismatch, match, mismatch},
		{"mi210", "gpu.driver", "ROCm does not tell", inTurn(without("opt/rocm/.info"), with("-- opt/rocm/bin/rocminfo --\n")), incomplete, "rocm.version", "rocm.version", "6.2.1", unknown, unknown, unknown},
		{
			"mi210", "gpu.driver", "ROCm without a link", inTurn(without("opt/rocm"), with("-- opt/rocm-6.2.4/.info/version --\n6.2.4-139\n")), discovered, "",
			"rocm.version", "6.2.4", match, mismatch, match,
		},
		{"mi210", "gpu.driver", "closed ROCm", closed("opt/rocm/.info/version"), incomplete, "rocm.version", "rocm.version", "6.2.1", unknown, unknown, unknown},
		{"mi300x-cpx", "gpu.driver", "of the kernel", unchanged(), discovered, "", "amdgpu.version", "6.11.0", match, mismatch, match},
		{"mi300x-cpx", "gpu.driver", "closed release", closed("proc/sys/kernel/osrelease"), incomplete, "that of the kernel", "amdgpu.version", "6.11.0", unknown, unknown, unknown},
		{"mi300x-cpx", "gpu.summary", "partitioned", unchanged(), discovered, "", "amd.count", "2", match, mismatch, match},

		{"arc-xe", "gpu.device", "VRAM", unchanged(), discovered, "", "memory_mib", "16288", match, match, match}, // DoesNotExist: the processor's own has none
		{"arc-xe", "gpu.device", "closed VRAM", closed(arc + "/tile0/physical_vram_size_bytes"), incomplete, "physical_vram", "memory_mib", "16288", unknown, unknown, unknown},
		{"arc-xe", "gpu.device", "no VRAM", without(arc + "/tile0/physical_vram_size_bytes"), incomplete, "this xe does not tell it", "memory_mib", "16288", unknown, unknown, unknown},
		{
			"arc-xe", "gpu.device", "VRAM in memory", inTurn(without(arc+"/tile0/physical_vram_size_bytes"), with("-- "+arc+"/tile0/memory/physical_vram_size_bytes --\n17079205888\n")),
			discovered, "", "memory_mib", "16288", match, match, match,
		},
		{"arc-xe", "gpu.device", "VRAM is no number", with("-- " + arc + "/tile0/physical_vram_size_bytes --\nmuch\n"), incomplete, "much", "memory_mib", "16288", unknown, unknown, unknown},
		{"npu", "gpu.device", "a gt for media", unchanged(), incomplete, "this i915 does not tell them", "tiles", "2", unknown, unknown, unknown},

		{"gaudi2", "accel.device", "found", unchanged(), incomplete, "did not start it", "arch_type", "GAUDI2", match, unknown, match},
		{"gaudi2", "accel.device", "closed class", closed("sys/class/accel"), incomplete, "permission", "vendor", "1da3", match, unknown, match},
		{"npu", "accel.device", "of another class", with("-- sys/devices/pci0000:00/0000:00:0b.0/class --\n0x020000\n"), discovered, "", "device", "7d1d", match, match, match},
		{
			"npu", "accel.device", "of another class, closed", inTurn(with("-- sys/devices/pci0000:00/0000:00:0b.0/class --\n0x020000\n"),
				closed("sys/devices/pci0000:00/0000:00:0b.0/device")), incomplete, "0000:00:0b.0 is left out", "device", "7d1d", unknown, unknown, unknown,
		},
		{"npu", "accel.device", "found", unchanged(), discovered, "", "driver", "intel_vpu", match, mismatch, match},
		{"npu", "accel.device", "a link in circles", with("-- sys/devices/pci0000:00/0000:00:0b.0/driver -> driver --\n"), incomplete, "lacks its driver", "driver", "intel_vpu", match, unknown, unknown},
		{"accelerators", "accel.device", "Neuron", unchanged(), discovered, "", "arch_type", "NDv3", match, match, match},
		{
			"accelerators", "accel.device", "Neurons that differ", with("-- sys/devices/virtual/neuron_device/neuron1/info/architecture/arch_type --\nNDv4\n"),
			incomplete, "or does not tell it", "arch_type", "NDv4", match, unknown, unknown,
		},
		{
			"accelerators", "accel.device", "Neuron of a newer driver", with("-- sys/class/neuron_device/neuron0/info/architecture/arch_type --\nNDv5\n"),
			discovered, "", "arch_type", "NDv5", match, match, match,
		},
		{"accelerators", "accel.device", "Neuron, closed", closed("sys/devices/virtual/neuron_device"), incomplete, "neuron_device", "arch_type", "NDv3", match, unknown, unknown},
		{"accelerators", "accel.device", "Neuron, not there", without("sys/devices/virtual/neuron_device"), incomplete, "not loaded", "arch_type", "NDv3", match, unknown, unknown},
	}
	for _, test := range tests {
		t.Run(test.host+"/"+test.feature+"/"+test.name, func(t *testing.T) {
			t.Parallel()
			set := discover(t, test.change(gpuHost(t, test.host)).FS(), test.feature)
			status := set.Status(test.feature)
			reasons := strings.Join(status.Reasons, "\n")
			if status.State != test.state || !strings.Contains(reasons, test.reason) || (test.reason == "") != (reasons == "") {
				t.Errorf("%s, reasons %q; want %s, %q", status.State, status.Reasons, test.state, test.reason)
			}
			for _, want := range []struct {
				outcome    validate.Outcome
				expression nfdv1alpha1.MatchExpression
			}{
				{test.exists, nfdv1alpha1.MatchExpression{Op: nfdv1alpha1.MatchExists}},
				{test.doesNotExist, nfdv1alpha1.MatchExpression{Op: nfdv1alpha1.MatchDoesNotExist}},
				{test.in, nfdv1alpha1.MatchExpression{Op: nfdv1alpha1.MatchIn, Value: []string{test.value}}},
			} {
				if got := judge(t, set, test.feature, test.element, want.expression); got != want.outcome {
					t.Errorf("%s %s %q: %s, want %s", test.element, want.expression.Op, want.expression.Value, got, want.outcome)
				}
			}
		})
	}
}

// putCached puts the library that libcuda.so.1 of the loader's cache leads to.
func putCached(name string, data []byte) hostChange {
	return func(t *hosttest.Tree) *hosttest.Tree {
		return t.With("-- opt/nvidia/lib64/libcuda.so.1 -> "+filepath.Base(name)+" --\n").Put(name, data)
	}
}

// inTurn makes several changes.
func inTurn(changes ...hostChange) hostChange {
	return func(t *hosttest.Tree) *hosttest.Tree {
		for _, change := range changes {
			t = change(t)
		}
		return t
	}
}
