package features_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/cpuid/v2"
	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"

	"github.com/nfd-compat/nfd-compat/pkg/features"
)

func TestParseAssignment(t *testing.T) {
	t.Parallel()
	const flag, attribute = features.Flag, features.Attribute
	tests := []struct {
		text string
		want features.Assignment
	}{
		{"kernel.version.full=6.12.0", features.Assignment{Feature: "kernel.version", Element: "full", Kind: attribute, Value: "6.12.0"}},
		{"Kernel.Version.full=6.12.0", features.Assignment{Feature: "kernel.version", Element: "full", Kind: attribute, Value: "6.12.0"}},
		{"kernel.config.CMDLINE=a=b", features.Assignment{Feature: "kernel.config", Element: "CMDLINE", Kind: attribute, Value: "a=b"}},
		{"kernel.config.CMDLINE=", features.Assignment{Feature: "kernel.config", Element: "CMDLINE", Kind: attribute}},
		{"memory.hugepages.hugepages-1Gi=4", features.Assignment{Feature: "memory.hugepages", Element: "hugepages-1Gi", Kind: attribute, Value: "4"}},
		{"gpu.driver.cuda.version.major=12", features.Assignment{Feature: "gpu.driver", Element: "cuda.version.major", Kind: attribute, Value: "12"}},
		{"system.osrelease.VERSION_ID.major=9", features.Assignment{Feature: "system.osrelease", Element: "VERSION_ID.major", Kind: attribute, Value: "9"}},
		{"cpu.cpuid.AVX512F", features.Assignment{Feature: "cpu.cpuid", Element: "AVX512F", Kind: flag}},
		{"cpu.cpuid.AVX512F=true", features.Assignment{Feature: "cpu.cpuid", Element: "AVX512F", Kind: flag}},
		{"cpu.cpuid.AVX10_VERSION=2", features.Assignment{Feature: "cpu.cpuid", Element: "AVX10_VERSION", Kind: attribute, Value: "2"}},
		{"kernel.loadedmodule.nvidia", features.Assignment{Feature: "kernel.loadedmodule", Element: "nvidia", Kind: flag}},
		{"kernel.selinux.enabled=false", features.Assignment{Feature: "kernel.selinux", Element: "enabled", Kind: attribute, Value: "false"}},
	}
	for _, test := range tests {
		got, err := features.ParseAssignment(test.text)
		if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", test.text, err, diff)
		}
		path, _, _ := strings.Cut(test.text, "=")
		test.want.Value, test.want.Removed = "", true
		got, err = features.ParseRemoval(path)
		if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
			t.Errorf("removal of %s: %v (-want +got):\n%s", path, err, diff)
		}
	}
}

func TestParseAssignmentErrors(t *testing.T) {
	t.Parallel()
	tests := []struct{ text, want string }{
		{"", `no feature "" is known`},
		{"=", `no feature "" is known`},
		{".=1", `no feature "." is known`},
		{"kernel", `no feature "kernel" is known`},
		{"kernel.versoin.full=6", `no feature "kernel.versoin" is known`},
		{"rule.matched.x=1", `no feature "rule.matched" is known`},
		{"kernel.version=6", `name an element of kernel.version, as in kernel.version.full`},
		{"kernel.version.=6", `name an element of kernel.version`},
		{"kernel.loadedmodule", `as in kernel.loadedmodule.NAME`},
		{"kernel.version.ful=6", `kernel.version has no element "ful"`},
		{"kernel.version.full", `full of kernel.version has a value: want kernel.version.full=VALUE`},
		{"cpu.cpuid.AVX=false", `AVX of cpu.cpuid is a flag, which is there or is not: it has no value "false"`},
		{"cpu.cpuid.AVX=", `it has no value ""`},
		{"kernel.selinux.enabled=yes", `enabled of kernel.selinux is never "yes": want true or false`},
		{"pci.device.vendor=10de", `pci.device is a list of instances, and a single element cannot be set`},
	}
	for _, test := range tests {
		got, err := features.ParseAssignment(test.text)
		if err == nil || !strings.Contains(err.Error(), test.want) || got != (features.Assignment{}) {
			t.Errorf("%q: got %+v, %v; want %q", test.text, got, err, test.want)
		}
	}
	if _, err := features.ParseAssignment("pci.device.vendor=10de"); !errors.Is(err, features.ErrInstances) {
		t.Errorf("instances: %v", err)
	}
	var unknown *features.UnknownError
	if _, err := features.ParseAssignment("kernel.version.ful=6"); !errors.As(err, &unknown) || !slices.Contains(unknown.Known, "full") {
		t.Errorf("an unknown element: %v", err)
	}
	if _, err := features.ParseRemoval("kernel.version.full=6"); err == nil || !strings.Contains(err.Error(), "want no value") {
		t.Errorf("removal with a value: %v", err)
	}
}

func FuzzParseAssignment(f *testing.F) {
	for _, seed := range []string{"kernel.version.full=6.12.0", "cpu.cpuid.AVX", "a.b.c.d=", "....=", "=", "PCI.device.vendor", "kernel.config.\xff=\xff"} {
		f.Add(seed)
	}
	set := &features.Set{}
	f.Fuzz(func(t *testing.T, text string) {
		a, err := features.ParseAssignment(text)
		if err != nil {
			if a != (features.Assignment{}) {
				t.Errorf("%q: %+v beside %v", text, a, err)
			}
			return
		}
		got := set.Assign(a)
		_, isFlag := got.Features.Flags[a.Feature].Elements[a.Element]
		value, isAttribute := got.Features.Attributes[a.Feature].Elements[a.Element]
		if isFlag == isAttribute || value != a.Value || len(got.Overrides) == 0 {
			t.Errorf("%q: %+v", text, got)
		}
	})
}

// state tells a set in short: the elements of each feature, and its status if that is not discovered.
func state(set *features.Set) []string {
	lines := map[string][]string{}
	for name, feature := range set.Features.Flags {
		lines[name] = append(lines[name], "")
		for element := range feature.Elements {
			lines[name] = append(lines[name], element)
		}
	}
	for name, feature := range set.Features.Attributes {
		lines[name] = append(lines[name], "")
		for element, value := range feature.Elements {
			lines[name] = append(lines[name], element+"="+value)
		}
	}
	for name, feature := range set.Features.Instances {
		lines[name] = append(lines[name], fmt.Sprintf("%d instances", len(feature.Elements)))
	}
	for name, status := range set.Statuses {
		text := "~" + string(status.State)
		for _, element := range status.Elements {
			text += " ?" + element
		}
		for _, element := range status.Without {
			text += " -" + element
		}
		lines[name] = append(lines[name], text)
	}
	var all []string
	for name, elements := range lines {
		slices.Sort(elements)
		all = append(all, strings.TrimSpace(name+" "+strings.Join(strings.Fields(strings.Join(elements, " ")), " ")))
	}
	slices.Sort(all)
	return all
}

// set makes a set of lines as state writes them.
func setOf(t *testing.T, lines ...string) *features.Set {
	t.Helper()
	set := &features.Set{Features: *nfdv1alpha1.NewFeatures(), Statuses: map[string]features.Status{}}
	for _, line := range lines {
		name, rest, _ := strings.Cut(line, " ")
		var status features.Status
		for word := range strings.FieldsSeq(rest) {
			element, value, valued := strings.Cut(word, "=")
			switch {
			case word[0] == '~':
				status.State = features.State(word[1:])
			case word[0] == '?':
				status.Elements = append(status.Elements, word[1:])
			case valued:
				if _, ok := set.Features.Attributes[name]; !ok {
					set.Features.Attributes[name] = nfdv1alpha1.NewAttributeFeatures(nil)
				}
				set.Features.Attributes[name].Elements[element] = value
			default:
				if _, ok := set.Features.Flags[name]; !ok {
					set.Features.Flags[name] = nfdv1alpha1.NewFlagFeatures()
				}
				set.Features.Flags[name].Elements[element] = nfdv1alpha1.Nil{}
			}
		}
		if status.State != "" {
			status.Reasons = []string{"the reason"}
			set.Statuses[name] = status
		}
	}
	return set
}

// TestAssign: what is assigned is there, with what follows from it, and the status says what is still not known.
func TestAssign(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		before []string
		with   []string // a dash before a removal
		want   []string
	}{
		{"an attribute", []string{"memory.swap enabled=false"}, []string{"memory.swap.enabled=true"}, []string{"memory.swap enabled=true"}},
		{"a flag", []string{"kernel.lsm bpf"}, []string{"kernel.lsm.landlock"}, []string{"kernel.lsm bpf landlock"}},
		{"a removal", []string{"kernel.lsm bpf landlock"}, []string{"-kernel.lsm.bpf"}, []string{"kernel.lsm landlock"}},
		{"a removal of what is not there", []string{"kernel.lsm bpf"}, []string{"-kernel.lsm.x"}, []string{"kernel.lsm bpf"}},
		// The status.
		{"of an absent feature", []string{"kernel.lsm ~absent"}, []string{"kernel.lsm.bpf"}, []string{"kernel.lsm bpf"}},
		{"a removal from an absent feature", []string{"kernel.lsm ~absent"}, []string{"-kernel.lsm.bpf"}, []string{"kernel.lsm ~absent"}},
		{"of an unreadable feature", []string{"kernel.lsm ~unreadable"}, []string{"kernel.lsm.bpf"}, []string{"kernel.lsm bpf ~incomplete"}},
		{"a removal from an unreadable feature", []string{"kernel.lsm ~unreadable"}, []string{"-kernel.lsm.bpf", "-kernel.lsm.a"}, []string{"kernel.lsm ~incomplete -a -bpf"}},
		{"of a feature that was left out", nil, []string{"kernel.lsm.bpf"}, []string{"kernel.lsm bpf ~incomplete"}},
		{"of an incomplete feature", []string{"kernel.lsm a ~incomplete"}, []string{"kernel.lsm.bpf", "-kernel.lsm.a"}, []string{"kernel.lsm bpf ~incomplete -a"}},
		{"of an element in doubt", []string{"gpu.summary count=1 ~incomplete ?amd.count ?intel.count"}, []string{"gpu.summary.amd.count=1"}, []string{"gpu.summary amd.count=1 count=1 ~incomplete ?intel.count"}},
		{"of the last one in doubt", []string{"gpu.summary count=1 ~incomplete ?amd.count"}, []string{"-gpu.summary.amd.count"}, []string{"gpu.summary count=1"}},
		// What follows.
		{
			"a release",
			[]string{"kernel.version full=5.14.0 major=5 minor=14 revision=0", "kernel.release build=427.el9 full=5.14.0-427.el9 version=5.14.0"},
			[]string{"kernel.version.full=6.12.0+"},
			[]string{"kernel.release full=6.12.0+ version=6.12.0", "kernel.version full=6.12.0 major=6 minor=12 revision=0"},
		},
		{
			"a release that NFD does not take apart",
			[]string{"kernel.version full=5.14.0 major=5 minor=14 revision=0", "kernel.release full=5.14.0 version=5.14.0"},
			[]string{"kernel.release.full=6.6.57.1-7.azl3"},
			[]string{"kernel.release build=1-7.azl3 full=6.6.57.1-7.azl3 version=6.6.57", "kernel.version full=6.6.57.1-7.azl3"},
		},
		{
			"a release and a part of it",
			[]string{"kernel.version full=5.14.0 major=5 minor=14 revision=0", "kernel.release full=5.14.0 version=5.14.0"},
			[]string{"kernel.version.major=7", "kernel.version.full=6.12"},
			[]string{"kernel.release full=6.12 version=6.12.0", "kernel.version full=6.12 major=7 minor=12 revision="},
		},
		{
			"no release",
			[]string{"kernel.version full=5.14.0 major=5", "kernel.release full=5.14.0 version=5.14.0"},
			[]string{"-kernel.version.full"},
			[]string{"kernel.release", "kernel.version"},
		},
		{
			"a version of the system",
			[]string{"system.osrelease ID=debian VERSION_ID=12.1 VERSION_ID.major=12 VERSION_ID.minor=1"},
			[]string{"system.osrelease.VERSION_ID=13"},
			[]string{"system.osrelease ID=debian VERSION_ID.major=13 VERSION_ID=13"},
		},
		{
			"a part alone",
			[]string{"system.osrelease VERSION_ID=8 VERSION_ID.major=8"},
			[]string{"system.osrelease.VERSION_ID.major=9"},
			[]string{"system.osrelease VERSION_ID.major=9 VERSION_ID=8"},
		},
		{
			"a module",
			[]string{"kernel.loadedmodule a", "kernel.enabledmodule a b"},
			[]string{"kernel.loadedmodule.c"},
			[]string{"kernel.enabledmodule a b c", "kernel.loadedmodule a c"},
		},
		{
			"no module",
			[]string{"kernel.loadedmodule a", "kernel.enabledmodule a b"},
			[]string{"-kernel.enabledmodule.a"},
			[]string{"kernel.enabledmodule b", "kernel.loadedmodule"},
		},
		{
			"a module that is not loaded",
			[]string{"kernel.loadedmodule a", "kernel.enabledmodule a b"},
			[]string{"-kernel.loadedmodule.a"},
			[]string{"kernel.enabledmodule a b", "kernel.loadedmodule"},
		},
		{"huge pages", []string{"memory.hugepages enabled=false hugepages-2Mi=0"}, []string{"memory.hugepages.hugepages-1Gi=4"}, []string{"memory.hugepages enabled=true hugepages-1Gi=4 hugepages-2Mi=0"}},
		{"no huge pages", []string{"memory.hugepages enabled=true hugepages-2Mi=4"}, []string{"memory.hugepages.hugepages-2Mi=0"}, []string{"memory.hugepages enabled=false hugepages-2Mi=0"}},
		{"no huge pages that are known", []string{"memory.hugepages enabled=true hugepages-2Mi=4 ~incomplete"}, []string{"memory.hugepages.hugepages-2Mi=0"}, []string{"memory.hugepages enabled=true hugepages-2Mi=0 ~incomplete"}},
		{"memory nodes", []string{"memory.numa is_numa=false node_count=1"}, []string{"memory.numa.node_count=2"}, []string{"memory.numa is_numa=true node_count=2"}},
		{
			"SELinux",
			[]string{"kernel.selinux enabled=false", "system.selinux mode=permissive type=targeted"},
			[]string{"kernel.selinux.enabled=true"},
			[]string{"kernel.selinux enabled=true", "system.selinux mode=enforcing type=targeted"},
		},
		{
			"a mode of SELinux",
			[]string{"kernel.selinux enabled=true", "system.selinux mode=enforcing"},
			[]string{"system.selinux.mode=permissive"},
			[]string{"kernel.selinux enabled=false", "system.selinux mode=permissive"},
		},
		{
			"no SELinux",
			[]string{"kernel.selinux enabled=true", "system.selinux mode=enforcing"},
			[]string{"kernel.selinux.enabled=false"},
			[]string{"kernel.selinux enabled=false", "system.selinux ~incomplete ?mode"},
		},
		{"a driver", []string{"gpu.driver i915.version=6.1"}, []string{"gpu.driver.xe.version=6.8.0-45"}, []string{"gpu.driver i915.version=6.1 xe.version=6.8.0-45 xe.version_raw=6.8.0-45"}},
		{
			"NVIDIA's driver",
			[]string{"gpu.driver cuda.version=11.4 cuda.version.major=11 cuda.version.minor=4 cuda.version_source=elf-note nvidia.version=470.1"},
			[]string{"gpu.driver.nvidia.version=550.54.15"},
			[]string{"gpu.driver cuda.version.major=12 cuda.version.minor=4 cuda.version=12.4 cuda.version_source=table nvidia.library_version=550.54.15 " +
				"nvidia.library_version_raw=550.54.15 nvidia.version.major=550 nvidia.version.minor=54 nvidia.version.revision=15 nvidia.version=550.54.15 nvidia.version_raw=550.54.15"},
		},
		{
			"NVIDIA's driver and CUDA",
			[]string{"gpu.driver nvidia.version=470.1"},
			[]string{"gpu.driver.nvidia.version=550.54", "gpu.driver.cuda.version=13.1"},
			[]string{"gpu.driver cuda.version.major=13 cuda.version.minor=1 cuda.version=13.1 nvidia.library_version=550.54 nvidia.library_version_raw=550.54 " +
				"nvidia.version.major=550 nvidia.version.minor=54 nvidia.version=550.54 nvidia.version_raw=550.54"},
		},
		{
			"NVIDIA's driver of a branch that is not known",
			[]string{"gpu.driver cuda.version=11.4 cuda.version.major=11 cuda.version.minor=4 cuda.version_source=table"},
			[]string{"gpu.driver.nvidia.version=9999"},
			[]string{"gpu.driver nvidia.library_version=9999 nvidia.library_version_raw=9999 nvidia.version.major=9999 nvidia.version=9999 nvidia.version_raw=9999 " +
				"~incomplete ?cuda.version ?cuda.version.major ?cuda.version.minor ?cuda.version_source"},
		},
		{
			"ROCm",
			[]string{"gpu.driver i915.version=6", "system.software glibc.version=2.36"},
			[]string{"system.software.rocm.version=6.2.0"},
			[]string{"gpu.driver i915.version=6 rocm.version=6.2.0 rocm.version_raw=6.2.0", "system.software glibc.version=2.36 rocm.version=6.2.0 rocm.version_raw=6.2.0"},
		},
		{"a level", []string{"cpu.cpuid A"}, []string{"cpu.cpuid.X86_64_V1"}, []string{"cpu.cpuid A CMOV CMPXCHG8 FXSR MMX SSE SSE2 X86_64_V1 X87"}},
		{"no level", []string{"cpu.cpuid AVX2 X86_64_V1 X86_64_V2 X86_64_V3"}, []string{"-cpu.cpuid.X86_64_V2"}, []string{"cpu.cpuid AVX2 X86_64_V1"}},
		{
			"the last flag of a level",
			[]string{"cpu.cpuid CMOV CMPXCHG8 FXSR MMX SSE SSE2"},
			[]string{"cpu.cpuid.X87"},
			[]string{"cpu.cpuid CMOV CMPXCHG8 FXSR MMX SSE SSE2 X86_64_V1 X87"},
		},
		{
			"without a flag of a level",
			[]string{"cpu.cpuid CMOV CMPXCHG8 FXSR MMX SSE SSE2 X86_64_V1 X86_64_V2 X87"},
			[]string{"-cpu.cpuid.X87"},
			[]string{"cpu.cpuid CMOV CMPXCHG8 FXSR MMX SSE SSE2"},
		},
		{"without a flag of a processor that does not tell", []string{"cpu.cpuid ~unsupported"}, []string{"-cpu.cpuid.AVX512F"}, []string{"cpu.cpuid ~incomplete -AVX512F -X86_64_V4"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			before := setOf(t, test.before...)
			was := state(before)
			var assignments []features.Assignment
			for _, text := range test.with {
				parse := features.ParseAssignment
				text, removed := strings.CutPrefix(text, "-")
				if removed {
					parse = features.ParseRemoval
				}
				a, err := parse(text)
				if err != nil {
					t.Fatal(err)
				}
				assignments = append(assignments, a)
			}
			set := before.Assign(assignments...)
			got := state(set)
			want := test.want
			for _, a := range assignments { // the features that follow are not of interest everywhere
				got = slices.DeleteFunc(got, func(line string) bool {
					name, _, _ := strings.Cut(line, " ")
					return name != a.Feature && !slices.ContainsFunc(want, func(w string) bool { return strings.HasPrefix(w+" ", name+" ") })
				})
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(was, state(before)); diff != "" {
				t.Errorf("the set itself has changed:\n%s", diff)
			}
			if len(set.Overrides) == 0 || before.Overrides != nil {
				t.Errorf("overrides %v, before %v", set.Overrides, before.Overrides)
			}
		})
	}
}

// TestLevels: the flags of each level are those of the library that tells the level.
func TestLevels(t *testing.T) {
	t.Parallel()
	for level := 1; level <= 4; level++ {
		a, err := features.ParseAssignment(fmt.Sprintf("cpu.cpuid.X86_64_V%d", level))
		if err != nil {
			t.Fatal(err)
		}
		set := setOf(t, "cpu.cpuid A").Assign(a)
		var cpu cpuid.CPUInfo
		cpu.Enable(cpuid.SYSCALL) // without which the library tells no level
		for name := range set.Features.Flags["cpu.cpuid"].Elements {
			if id := cpuid.ParseFeature(name); id != cpuid.UNKNOWN {
				cpu.Enable(id)
			}
		}
		if got := cpu.X64Level(); got != level {
			t.Errorf("with the flags of level %d the library tells level %d", level, got)
		}
		for name := range set.Features.Flags["cpu.cpuid"].Elements {
			if id := cpuid.ParseFeature(name); id != cpuid.UNKNOWN {
				without := cpu
				without.Disable(id)
				if without.X64Level() == level {
					t.Errorf("%s is not needed for level %d", name, level)
				}
			}
		}
	}
}

func TestOverride(t *testing.T) {
	t.Parallel()
	host := setOf(t, "kernel.lsm bpf", "kernel.version full=5.14.0 major=5 minor=14 revision=0", "kernel.config A=y ~unreadable", "x.y a=1")
	host.Features.Instances["pci.device"] = nfdv1alpha1.NewInstanceFeatures(*nfdv1alpha1.NewInstanceFeature(map[string]string{"vendor": "10de"}))
	host.Statuses["rdma.device"] = features.Status{State: features.Unreadable, Reasons: []string{"closed"}}
	host.Node = features.Node{Name: "n", Kernel: "5.14.0"}
	other := setOf(t, "kernel.lsm landlock", "kernel.version full=6.12", "kernel.config B=m", "custom.thing v=1", "memory.swap ~unreadable")
	other.Features.Instances["pci.device"] = nfdv1alpha1.NewInstanceFeatures()
	other.Features.Instances["rdma.device"] = nfdv1alpha1.NewInstanceFeatures(
		*nfdv1alpha1.NewInstanceFeature(map[string]string{"name": "mlx5_0"}), *nfdv1alpha1.NewInstanceFeature(nil))
	got := host.Override(other)
	want := []string{
		"custom.thing v=1", "kernel.config A=y B=m ~incomplete", "kernel.lsm bpf landlock",
		"kernel.release full=6.12 version=6.12.0 ~incomplete -build -flavor", "kernel.version full=6.12 major=6 minor=12 revision=",
		"pci.device 0 instances ~absent", "rdma.device 2 instances", "x.y a=1",
	}
	if diff := cmp.Diff(want, state(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var told []string
	for _, o := range got.Overrides {
		told = append(told, o.String())
	}
	if diff := cmp.Diff([]string{
		"custom.thing v=1", "kernel.config B=m", "kernel.lsm landlock", "kernel.release full=6.12 version=6.12.0, without build flavor",
		"kernel.version full=6.12 major=6 minor=12 revision=", "pci.device 0 other instances", "rdma.device 2 other instances",
	}, told); diff != "" {
		t.Errorf("overrides (-want +got):\n%s", diff)
	}
	if got.Node != host.Node {
		t.Errorf("node %+v", got.Node)
	}
	// On top of that: what was told is told still.
	a, err := features.ParseAssignment("kernel.config.B=y")
	if err != nil {
		t.Fatal(err)
	}
	again := got.Assign(a)
	if i := slices.IndexFunc(again.Overrides, func(o features.Override) bool { return o.Feature == "kernel.config" }); again.Overrides[i].String() != "kernel.config B=y" ||
		len(again.Overrides) != len(got.Overrides) {
		t.Errorf("overrides %v", again.Overrides)
	}
	many := setOf(t)
	many.Features.Attributes["kernel.config"] = nfdv1alpha1.NewAttributeFeatures(nil)
	for i := range 1000 {
		many.Features.Attributes["kernel.config"].Elements[fmt.Sprintf("O%04d", i)] = "y"
	}
	if o := host.Override(many).Overrides[0]; len(o.Set) != 32 || o.More != 968 || !strings.HasSuffix(o.String(), " O0031=y, and 968 more") {
		t.Errorf("%d elements and %d more: %s", len(o.Set), o.More, o)
	}
}

func TestPartOf(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"kernel.version.major=6": "full", "kernel.version.full=6": "", "kernel.release.build=1": "full", "system.osrelease.VERSION_ID.minor=1": "VERSION_ID",
		"gpu.driver.cuda.version.major=12": "cuda.version", "gpu.driver.cuda.version=12": "", "gpu.driver.xe.version_raw=1": "xe.version", "kernel.sysctl.vm.max_map_count=1": "",
	} {
		a, err := features.ParseAssignment(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if got := a.PartOf(); got != want {
			t.Errorf("%s is a part of %q, want %q", text, got, want)
		}
	}
}
