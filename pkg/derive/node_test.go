package derive_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"

	"github.com/nfd-compat/nfd-compat/pkg/derive"
	"github.com/nfd-compat/nfd-compat/pkg/features"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// aNode is a host with something of every kind.
func aNode() *features.Set {
	f := *nfdv1alpha1.NewFeatures()
	f.Flags["cpu.cpuid"] = nfdv1alpha1.NewFlagFeatures("AVX", "AVX2", "AVX512F", "X86_64_V2", "X86_64_V3")
	f.Flags["kernel.loadedmodule"] = nfdv1alpha1.NewFlagFeatures("vfio_pci", "efa")
	f.Attributes["kernel.version"] = nfdv1alpha1.NewAttributeFeatures(map[string]string{"full": "5.14.0-427.13.1.el9_4.x86_64", "major": "5", "minor": "14", "revision": "0"})
	f.Attributes["kernel.config"] = nfdv1alpha1.NewAttributeFeatures(map[string]string{"BPF": "y", "BPF_SYSCALL": "y", "NET": "m", "HZ": "250"})
	f.Attributes["gpu.driver"] = nfdv1alpha1.NewAttributeFeatures(map[string]string{
		"nvidia.version": "550.54.15", "nvidia.version_raw": "550.54.15", "nvidia.flavor": "open", "cuda.version": "12.4", "cuda.version_source": "table", "nvidia.library_version": "550.54.15", "i915.version": "5.14.0",
	})
	f.Attributes["memory.hugepages"] = nfdv1alpha1.NewAttributeFeatures(map[string]string{"enabled": "true", "hugepages-1Gi": "16", "hugepages-2Mi": "0"})
	f.Attributes["memory.numa"] = nfdv1alpha1.NewAttributeFeatures(map[string]string{"is_numa": "false", "node_count": "1"})
	f.Attributes["kernel.module"] = nfdv1alpha1.NewAttributeFeatures(map[string]string{"efa": "2.13.0", "efa_raw": "2.13.0g"})
	device := func(pairs ...string) nfdv1alpha1.InstanceFeature {
		attributes := map[string]string{}
		for _, pair := range pairs {
			name, value, _ := strings.Cut(pair, "=")
			attributes[name] = value
		}
		return *nfdv1alpha1.NewInstanceFeature(attributes)
	}
	f.Instances["pci.device"] = nfdv1alpha1.NewInstanceFeatures(
		device("vendor=8086", "device=0d57", "class=0600"), device("vendor=10de", "device=2330", "class=0302"), device("vendor=10de", "device=2330", "class=0302"))
	f.Instances["pci.driver"] = nfdv1alpha1.NewInstanceFeatures(
		device("vendor=8086", "driver=vfio-pci", "class=0200"), device("vendor=1d0f", "driver=efa", "driver_version=2.13.0"))
	f.Flags["kernel.lsm"] = nfdv1alpha1.NewFlagFeatures("bpf")
	f.Attributes["system.osrelease"] = nfdv1alpha1.NewAttributeFeatures(map[string]string{"ID": "rhel", "VERSION_ID": "9.4", "NAME": "Red Hat Enterprise Linux"})
	f.Instances["rdma.device"] = nfdv1alpha1.NewInstanceFeatures(
		device("name=mlx5_0", "driver=mlx5_core", "fw_version=20.39.1002"), device("name=rdmap0s6", "driver=efa", "fw_version=0.0.0"))
	return &features.Set{Features: f, Node: features.Node{Kernel: "5.14.0-427.13.1.el9_4.x86_64"}, Statuses: map[string]features.Status{
		"gpu.driver":   {State: features.Incomplete, Reasons: []string{"no firmware"}},
		"cpu.security": {State: features.Absent},
		"cpu.model":    {State: features.Unsupported, Reasons: []string{"not from here"}},
	}}
}

func choices(t *testing.T, texts ...string) []derive.Choice {
	t.Helper()
	var all []derive.Choice
	for _, text := range texts {
		c, err := derive.ParseChoice(text)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	return all
}

// TestFromNode: each choice becomes a term, which the host satisfies.
func TestFromNode(t *testing.T) {
	t.Parallel()
	tests := []struct{ choice, want string }{
		{"kernel.version", `full: {op: Ge, value: ["5.14.0"], type: version}`},
		{"Kernel.Version", `full: {op: Ge, value: ["5.14.0"], type: version}`},
		{"kernel.version=major", `major: {op: Ge, value: ["5"]}`},
		{"cpu.cpuid", `X86_64_V3: {op: Exists}`},
		{"cpu.cpuid=AVX512F, AVX2", "AVX2: {op: Exists}\nAVX512F: {op: Exists}"},
		{"kernel.loadedmodule=vfio-pci", `vfio_pci: {op: Exists}`},
		{"kernel.config=CONFIG_BPF,NET,HZ", "BPF: {op: In, value: [\"y\", \"m\"]}\nHZ: {op: In, value: [\"250\"]}\nNET: {op: In, value: [\"y\", \"m\"]}"},
		{"gpu.driver", "cuda.version: {op: Ge, value: [\"12.4\"], type: version}\nnvidia.version: {op: Ge, value: [\"550.54.15\"], type: version}"},
		{"gpu.driver=nvidia.flavor", `nvidia.flavor: {op: In, value: ["open"]}`},
		{"memory.hugepages", "enabled: {op: IsTrue}\nhugepages-1Gi: {op: Ge, value: [\"16\"]}"},
		{"memory.numa", `node_count: {op: Ge, value: ["1"]}`},
		{"memory.numa=is_numa", `is_numa: {op: IsFalse}`},
		{"kernel.module=efa", `efa: {op: Ge, value: ["2.13.0"], type: version}`},
		{"pci.device=10DE:2330", "device: {op: In, value: [\"2330\"]}\nvendor: {op: In, value: [\"10de\"]}"},
		{"pci.device=10de:", `vendor: {op: In, value: ["10de"]}`},
		{"pci.device=10de,class", "class: {op: In, value: [\"0302\"]}\nvendor: {op: In, value: [\"10de\"]}"},
		{"pci.device=class:0302,vendor", "class: {op: In, value: [\"0302\"]}\nvendor: {op: In, value: [\"10de\"]}"},
		{"pci.driver=driver=efa,driver_version", "driver: {op: In, value: [\"efa\"]}\ndriver_version: {op: Ge, value: [\"2.13.0\"], type: version}"},
		{"pci.driver=driver_version", `driver_version: {op: Ge, value: ["2.13.0"], type: version}`},
	}
	for _, tt := range tests {
		t.Run(tt.choice, func(t *testing.T) {
			t.Parallel()
			d, err := derive.FromNode(aNode(), choices(t, tt.choice))
			if err != nil {
				t.Fatal(err)
			}
			_, after, _ := strings.Cut(string(d.YAML()), "matchExpressions:\n")
			var got []string
			for line := range strings.Lines(after) {
				got = append(got, strings.TrimSpace(line))
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, "\n")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if v := verdict(t, program(t, d), aNode()); v != validate.Compatible {
				t.Errorf("the host itself: %s, of\n%s", v, d.YAML())
			}
		})
	}
}

// gpuNode is a host with these elements of gpu.driver and gpu.summary.
func gpuNode(driver, summary map[string]string, status features.Status) *features.Set {
	f := *nfdv1alpha1.NewFeatures()
	f.Attributes["gpu.driver"] = nfdv1alpha1.NewAttributeFeatures(driver)
	f.Attributes["gpu.summary"] = nfdv1alpha1.NewAttributeFeatures(summary)
	return &features.Set{Features: f, Node: features.Node{Kernel: "6.8.0-45-generic"}, Statuses: map[string]features.Status{"gpu.driver": status}}
}

// TestFromNodeOfGPUs: what is asked of GPUs is at least what is here, and nothing that newer ones would not satisfy; what could not be read is
// told.
func TestFromNodeOfGPUs(t *testing.T) {
	t.Parallel()
	nvidia := map[string]string{"nvidia.version": "620.10", "nvidia.version.major": "620", "cuda.version.major": "12", "nvidia.version_raw": "620.10"}
	summary := map[string]string{
		"count": "8", "nvidia.count": "8", "amd.count": "0", "homogeneous": "true", "nvidia.compute_capability_min": "9.0", "nvidia.compute_capability_max": "9.0",
	}
	inTree := func(module string) map[string]string {
		return map[string]string{module + ".version": "6.8.0", module + ".version_raw": "6.8.0-45-generic"}
	}
	amd := map[string]string{"amdgpu.version": "6.8.0", "amdgpu.in_tree": "true"}
	reasons := []string{"cuda.version is not known: the branch 620 is newer", "rocm.version is not known: no /opt"}
	incomplete := features.Status{State: features.Incomplete, Reasons: reasons}
	noROCm := features.Status{State: features.Incomplete, Reasons: reasons[1:], Elements: []string{"rocm.version", "rocm.version_raw"}}
	tests := []struct {
		name, choice, want, remark, err string
		driver                          map[string]string
		status                          features.Status
	}{
		{
			"summary", "gpu.summary", "count: {op: Ge, value: [\"8\"]}\nnvidia.compute_capability_min: {op: Ge, value: [\"9.0\"], type: version}\n" +
				"nvidia.count: {op: Ge, value: [\"8\"]}", "", "", nil, features.Status{},
		},
		{
			"highest", "gpu.summary=nvidia.compute_capability_max", `nvidia.compute_capability_max: {op: Ge, value: ["9.0"], type: version}`, "", "", nil, features.Status{},
		},
		{
			"major", "gpu.driver=nvidia.version.major,cuda.version.major", "cuda.version.major: {op: Ge, value: [\"12\"]}\nnvidia.version.major: {op: Ge, value: [\"620\"]}",
			"", "", nvidia,
			features.Status{},
		},
		{
			"CUDA unknown", "gpu.driver", `nvidia.version: {op: Ge, value: ["620.10"], type: version}`,
			"gpu.driver: cuda.version could not be read, so that it is not asked for: cuda.version is not known: the branch 620 is newer", "", nvidia, incomplete,
		},
		{"ROCm is of no matter", "gpu.driver", `nvidia.version: {op: Ge, value: ["620.10"], type: version}`, "", "", nvidia, noROCm},
		{"in the tree", "gpu.driver", "", "", "the driver amdgpu came with the kernel, whose version kernel.release has; else say which elements", amd, features.Status{}},
		{"i915 in the tree", "gpu.driver", "", "", "the driver i915 came with the kernel", inTree("i915"), features.Status{}},
		{"xe in the tree", "gpu.driver", "", "", "the driver xe came with the kernel", inTree("xe"), features.Status{}},
		{
			"xe of its own", "gpu.driver", `xe.version: {op: Ge, value: ["1.2.3"], type: version}`, "", "",
			map[string]string{"xe.version": "1.2.3", "xe.version_raw": "1.2.3", "i915.version": "6.8.0", "i915.version_raw": "6.8.0-45-generic"},
			features.Status{},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d, err := derive.FromNode(gpuNode(tt.driver, summary, tt.status), choices(t, tt.choice))
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("%v, want %s", err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			_, after, _ := strings.Cut(string(d.YAML()), "matchExpressions:\n")
			var got []string
			for line := range strings.Lines(after) {
				got = append(got, strings.TrimSpace(line))
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, "\n")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			var remarks []string
			for _, r := range d.Remarks {
				remarks = append(remarks, r.String())
			}
			if got := strings.Join(remarks, "\n"); got != tt.remark {
				t.Errorf("remarks %q, want %q", got, tt.remark)
			}
			if tt.remark != "" && !strings.Contains(strings.ReplaceAll(string(d.YAML()), "\n  # ", " "), strings.TrimPrefix(tt.remark, "gpu.driver: ")) {
				t.Errorf("the remark is not in\n%s", d.YAML())
			}
		})
	}
}

// TestFromNodeErrors: what cannot be required, and what to do about it.
func TestFromNodeErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		choice string
		kind   error
		want   string
	}{
		{"kernel.verson", derive.ErrChoice, "kernel.verson: there is no such feature; did you mean kernel.version?"},
		{"made.up", derive.ErrChoice, "made.up: there is no such feature"},
		{"cpu.security", derive.ErrNotThere, "cpu.security: this host has none"},
		{"cpu.model", derive.ErrNotRead, "cpu.model: unsupported: not from here"},
		{"usb.device=1d6b", derive.ErrNotRead, "usb.device=1d6b: unreadable: it is not among the features given"},
		{"gpu.driver=firmware", derive.ErrNotRead, "gpu.driver=firmware: firmware is not among what could be read: no firmware"},
		{"cpu.cpuid=AVX3", derive.ErrNotThere, "cpu.cpuid=AVX3: this host has no AVX3; did you mean AVX?"},
		{"cpu.cpuid=SVE2", derive.ErrNotThere, "cpu.cpuid=SVE2: this host has no SVE2"},
		{"kernel.module", derive.ErrChoice, "kernel.module: say which elements: kernel.module=NAME,NAME (nfd-compat explain kernel.module lists those of this host)"},
		{"pci.device", derive.ErrChoice, "pci.device: this host has 3 of these; say which, and what of it, such as pci.device=NAME:VALUE,NAME (nfd-compat explain pci.device shows them)"},
		{"pci.device=1002", derive.ErrNotThere, "pci.device=1002: none of the 3 of this host is such"},
		{"pci.device=sriov_totalvfs", derive.ErrNotThere, "pci.device=sriov_totalvfs: none of the 3 of this host is such"},
		{"pci.device=colour", derive.ErrChoice, `pci.device=colour: "colour" is neither the name of an attribute, NAME:VALUE, nor VENDOR:DEVICE (nfd-compat explain pci.device lists the names)`},
	}
	for _, tt := range tests {
		t.Run(tt.choice, func(t *testing.T) {
			t.Parallel()
			d, err := derive.FromNode(aNode(), choices(t, tt.choice))
			if d != nil || !errors.Is(err, tt.kind) || err.Error() != tt.want {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
	for _, text := range []string{"", "kernel", ".version", "kernel.", "kernel.version=", "kernel.version=,", "=x"} {
		if _, err := derive.ParseChoice(text); !errors.Is(err, derive.ErrChoice) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestFromNodeYAML: several choices are all required, each once.
func TestFromNodeYAML(t *testing.T) {
	t.Parallel()
	d, err := derive.FromNode(aNode(), choices(t, "kernel.version", "pci.device=10de,class", "kernel.version"))
	if err != nil {
		t.Fatal(err)
	}
	const want = `# Made from a host with the kernel 5.14.0-427.13.1.el9_4.x86_64, which satisfies it.
# Review it: what this host has may be more than the image needs. Then attach it to the image.
version: v1alpha1
compatibilities:
- rules:
  # This host: full is "5.14.0-427.13.1.el9_4.x86_64".
  - name: kernel.version
    matchFeatures:
    - feature: kernel.version
      matchExpressions:
        full: {op: Ge, value: ["5.14.0"], type: version}
  # This host has 2 of these; one is enough.
  # Of the first, class is "0302".
  - name: "pci.device=10de,class"
    matchFeatures:
    - feature: pci.device
      matchExpressions:
        class: {op: In, value: ["0302"]}
        vendor: {op: In, value: ["10de"]}
`
	if diff := cmp.Diff(want, string(d.YAML())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if d, err := derive.FromNode(aNode(), nil); err != nil || d.Spec != nil {
		t.Errorf("of no choice: %v, %v", d, err)
	}
}

// TestFeaturesOfThePage: what the documentation asks for can be asked for.
func TestFeaturesOfThePage(t *testing.T) {
	t.Parallel()
	page := string(readFile(t, "../../docs/create-spec.md"))
	_, table, _ := strings.Cut(page, "| `--feature` | asks for |\n|---|---|\n")
	table, _, _ = strings.Cut(table, "\n\n")
	rows := 0
	for line := range strings.Lines(table) {
		rows++
		choice := strings.Split(line, "`")[1]
		d, err := derive.FromNode(aNode(), choices(t, choice))
		if err != nil {
			t.Error(err)
			continue
		}
		if v := verdict(t, program(t, d), aNode()); v != validate.Compatible {
			t.Errorf("%s: %s", choice, v)
		}
	}
	if rows < 12 {
		t.Errorf("%d rows", rows)
	}
}
