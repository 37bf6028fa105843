package features_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"

	"github.com/nfd-compat/nfd-compat/internal/hosttest"
	"github.com/nfd-compat/nfd-compat/pkg/features"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// A hostChange changes what a host has: some files are missing, may not be read, or say something else.
type hostChange func(*hosttest.Tree) *hosttest.Tree

func without(names ...string) hostChange {
	return func(t *hosttest.Tree) *hosttest.Tree { return t.Without(names...) }
}

func closed(names ...string) hostChange {
	return func(t *hosttest.Tree) *hosttest.Tree { return t.Unreadable(names...) }
}

func with(archive string) hostChange {
	return func(t *hosttest.Tree) *hosttest.Tree { return t.With(archive) }
}

// mask puts an empty directory in the place of one, as a container sees it that something is hidden from.
func mask(name string) hostChange {
	return func(t *hosttest.Tree) *hosttest.Tree { return t.Without(name).With("-- " + name + "/ --\n") }
}

func unchanged() hostChange { return without() }

// TestOutcomes: what is missing or unreadable of one source, the state that its feature has then, and what becomes of three
// requirements on one element: that it exists, that it does not, and that it has a value. Each case changes the Xeon of
// testdata.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	const (
		match    = validate.Match
		mismatch = validate.Mismatch
		unknown  = validate.Unknown

		release = "proc/sys/kernel/osrelease"
		builtin = "usr/lib/modules/5.14.0-427.13.1.el9_4.x86_64/modules.builtin"
		cpus    = "sys/devices/system/cpu"
		gpu     = "sys/devices/pci0000:16/0000:16:02.0/0000:17:00.0"
		dmi     = "sys/devices/virtual/dmi/id"
		threads = "hardware_multithreading"
	)
	tests := []struct {
		feature, name            string
		change                   hostChange
		state                    features.State
		element, value           string
		exists, doesNotExist, in validate.Outcome
	}{
		{"kernel.version", "whole", unchanged(), features.Discovered, "major", "5", match, mismatch, match},
		{"kernel.version", "missing", without(release), features.Unreadable, "major", "5", unknown, unknown, unknown},
		{"kernel.version", "unreadable", closed(release), features.Unreadable, "major", "5", unknown, unknown, unknown},

		{"kernel.version", "no version", with("-- " + release + " --\nnext\n"), features.Incomplete, "major", "5", unknown, unknown, unknown},
		{"kernel.version", "no version, whole", with("-- " + release + " --\nnext\n"), features.Incomplete, "full", "next", match, mismatch, match},
		{"kernel.version", "no version, no element", with("-- " + release + " --\nnext\n"), features.Incomplete, "patch", "5", mismatch, match, mismatch},
		{"kernel.version", "four numbers", with("-- " + release + " --\n6.6.57.1-7.azl3\n"), features.Incomplete, "minor", "6", unknown, unknown, unknown},
		{"kernel.version", "a candidate", with("-- " + release + " --\n6.6.0-rc7+\n"), features.Discovered, "minor", "6", match, mismatch, match},
		{"kernel.release", "four numbers", with("-- " + release + " --\n6.6.57.1-7.azl3\n"), features.Discovered, "version", "6.6.57", match, mismatch, match},
		{"kernel.release", "no flavor", with("-- " + release + " --\n6.6.57.1-7.azl3\n"), features.Discovered, "flavor", "azl3", mismatch, match, mismatch},
		{"kernel.release", "no version", with("-- " + release + " --\nnext\n"), features.Incomplete, "version", "6.6.0", unknown, unknown, unknown},
		{"kernel.release", "no version, build", with("-- " + release + " --\nnext\n"), features.Incomplete, "build", "x", unknown, unknown, unknown},
		{"kernel.release", "no version, flavor", with("-- " + release + " --\nnext\n"), features.Incomplete, "flavor", "x", unknown, unknown, unknown},
		{"kernel.release", "no version, whole", with("-- " + release + " --\nnext\n"), features.Incomplete, "full", "next", match, mismatch, match},

		{"kernel.config", "whole", unchanged(), features.Discovered, "HZ", "1000", match, mismatch, match},
		{"kernel.config", "not set", unchanged(), features.Discovered, "PREEMPT", "y", mismatch, match, mismatch},
		{"kernel.config", "missing", without("proc/config.gz"), features.Unreadable, "HZ", "1000", unknown, unknown, unknown},
		{"kernel.config", "unreadable", closed("proc/config.gz"), features.Unreadable, "PREEMPT", "y", unknown, unknown, unknown},

		// A flag has no value, so that In never matches it, as in NFD.
		{"kernel.loadedmodule", "whole", unchanged(), features.Discovered, "nvidia", "x", match, mismatch, mismatch},
		{"kernel.loadedmodule", "missing", without("proc/modules"), features.Absent, "nvidia", "x", mismatch, match, mismatch},
		{"kernel.loadedmodule", "unreadable", closed("proc/modules"), features.Unreadable, "nvidia", "x", unknown, unknown, unknown},
		{"kernel.loadedmodule", "no procfs", without("proc"), features.Unreadable, "nvidia", "x", unknown, unknown, unknown},

		{"kernel.enabledmodule", "whole", unchanged(), features.Discovered, "fuse", "x", match, mismatch, mismatch},
		{"kernel.enabledmodule", "no list, loaded", without(builtin), features.Incomplete, "nvidia", "x", match, mismatch, mismatch},
		{"kernel.enabledmodule", "no list, built in", without(builtin), features.Incomplete, "fuse", "x", unknown, unknown, mismatch},
		{"kernel.enabledmodule", "unreadable list", closed(builtin), features.Incomplete, "fuse", "x", unknown, unknown, mismatch},
		{"kernel.enabledmodule", "loaded unreadable", closed("proc/modules"), features.Incomplete, "nvidia", "x", unknown, unknown, mismatch},
		{"kernel.enabledmodule", "loaded missing", without("proc/modules"), features.Discovered, "nvidia", "x", mismatch, match, mismatch},
		{"kernel.enabledmodule", "both unreadable", closed("proc/modules", builtin), features.Unreadable, "fuse", "x", unknown, unknown, unknown},

		{"kernel.selinux", "whole", unchanged(), features.Discovered, "enabled", "true", match, mismatch, match},
		{"kernel.selinux", "off", without("sys/fs/selinux"), features.Discovered, "enabled", "true", match, mismatch, mismatch},
		{"kernel.selinux", "unreadable", closed("sys/fs/selinux/enforce"), features.Unreadable, "enabled", "true", unknown, unknown, unknown},
		{"kernel.selinux", "not mounted", mask("sys/fs/selinux"), features.Unreadable, "enabled", "true", unknown, unknown, unknown},

		{"kernel.kvm", "missing", without("sys/devices/virtual/misc/kvm"), features.Discovered, "enabled", "true", match, mismatch, mismatch},
		{"kernel.kvm", "unreadable", closed("sys/devices/virtual/misc"), features.Unreadable, "enabled", "true", unknown, unknown, unknown},

		{"cpu.cpuid", "another host's", unchanged(), features.Unsupported, "AVX", "x", unknown, unknown, unknown},
		{"cpu.model", "another host's", unchanged(), features.Unsupported, "vendor_id", "Intel", unknown, unknown, unknown},
		{"cpu.rdt", "another host's", unchanged(), features.Unsupported, "RDTMON", "true", unknown, unknown, unknown},
		{"cpu.rdt", "another architecture", with("-- proc/sys/kernel/arch --\naarch64\n"), features.Absent, "RDTMON", "true", mismatch, match, mismatch},
		{"cpu.sst", "no file", unchanged(), features.Absent, "bf.enabled", "true", mismatch, match, mismatch},
		{"cpu.sst", "unreadable", with("-- " + cpus + "/cpu0/cpufreq/base_frequency (unreadable) --\n"), features.Incomplete, "bf.enabled", "true", unknown, unknown, unknown},
		{"cpu.coprocessor", "missing", unchanged(), features.Absent, "nx_gzip", "true", mismatch, match, mismatch},
		{"cpu.coprocessor", "unreadable", closed("sys/devices"), features.Unreadable, "nx_gzip", "true", unknown, unknown, unknown},

		{"cpu.cstate", "whole", unchanged(), features.Discovered, "enabled", "true", match, mismatch, match},
		{"cpu.cstate", "missing", without(cpus + "/cpuidle"), features.Absent, "enabled", "true", mismatch, match, mismatch},
		{"cpu.cstate", "unreadable", closed(cpus + "/cpuidle/current_driver"), features.Unreadable, "enabled", "true", unknown, unknown, unknown},

		{"cpu.pstate", "missing", without(cpus + "/intel_pstate"), features.Absent, "turbo", "true", mismatch, match, mismatch},
		{"cpu.pstate", "unreadable", closed(cpus + "/intel_pstate"), features.Unreadable, "turbo", "true", unknown, unknown, unknown},
		{"cpu.pstate", "one unreadable, found", closed(cpus + "/intel_pstate/no_turbo"), features.Incomplete, "status", "active", match, mismatch, match},
		{"cpu.pstate", "one unreadable, not found", closed(cpus + "/intel_pstate/no_turbo"), features.Incomplete, "turbo", "true", unknown, unknown, unknown},

		{"cpu.security", "found", unchanged(), features.Incomplete, "tdx.enabled", "true", match, mismatch, match},
		{"cpu.security", "in the processor alone", unchanged(), features.Incomplete, "sgx.enabled", "true", unknown, unknown, unknown},
		{"cpu.security", "unreadable", closed("sys/module/kvm_intel/parameters/tdx"), features.Incomplete, "tdx.enabled", "true", unknown, unknown, unknown},
		{"cpu.security", "no sysfs", without("sys"), features.Unreadable, "tdx.enabled", "true", unknown, unknown, unknown},

		{"cpu.topology", "whole", unchanged(), features.Discovered, "socket_count", "2", match, mismatch, match},
		{"cpu.topology", "missing", without("sys/bus/cpu"), features.Unreadable, "socket_count", "2", unknown, unknown, unknown},
		{"cpu.topology", "unreadable", closed("sys/bus/cpu/devices"), features.Unreadable, "socket_count", "2", unknown, unknown, unknown},
		{"cpu.topology", "one unreadable, found", closed(cpus + "/cpu3/topology"), features.Incomplete, threads, "true", match, mismatch, match},
		{"cpu.topology", "one unreadable, not found", closed(cpus + "/cpu3/topology"), features.Incomplete, "socket_count", "2", unknown, unknown, unknown},

		{"pci.device", "whole", unchanged(), features.Discovered, "vendor", "10de", match, mismatch, match},
		// Without an instance nothing matches, DoesNotExist neither, as in NFD.
		{"pci.device", "missing", without("sys/bus/pci"), features.Absent, "vendor", "10de", mismatch, mismatch, mismatch},
		{"pci.device", "unreadable", closed("sys/bus/pci"), features.Unreadable, "vendor", "10de", unknown, unknown, unknown},
		{"pci.device", "no sysfs", without("sys"), features.Unreadable, "vendor", "10de", unknown, unknown, unknown},
		{"pci.device", "one left out, found", closed(gpu + "/vendor"), features.Incomplete, "vendor", "15b3", match, unknown, match},
		{"pci.device", "one left out, not found", closed(gpu + "/vendor"), features.Incomplete, "vendor", "10de", match, unknown, unknown},

		{"system.osrelease", "whole", unchanged(), features.Discovered, "ID", "rhel", match, mismatch, match},
		{"system.osrelease", "missing", without("etc/os-release", "usr/lib/os-release"), features.Unreadable, "ID", "rhel", unknown, unknown, unknown},
		{"system.osrelease", "only in /usr", without("etc/os-release"), features.Discovered, "ID", "rhel", match, mismatch, match},
		{"system.osrelease", "unreadable", with("-- etc/os-release (unreadable) --\n"), features.Unreadable, "ID", "rhel", unknown, unknown, unknown},

		{"system.dmiid", "whole", unchanged(), features.Discovered, "product_name", "PowerEdge R750xa", match, mismatch, match},
		{"system.dmiid", "missing", without(dmi), features.Absent, "product_name", "PowerEdge R750xa", mismatch, match, mismatch},
		{"system.dmiid", "unreadable", closed(dmi), features.Unreadable, "product_name", "PowerEdge R750xa", unknown, unknown, unknown},
		{"system.dmiid", "one missing", without(dmi + "/product_name"), features.Discovered, "product_name", "x", mismatch, match, mismatch},
		{"system.dmiid", "one unreadable, found", closed(dmi + "/product_name"), features.Incomplete, "sys_vendor", "Dell Inc.", match, mismatch, match},
		{"system.dmiid", "one unreadable, not found", closed(dmi + "/product_name"), features.Incomplete, "product_name", "x", unknown, unknown, unknown},

		{"system.name", "another host's", unchanged(), features.Unsupported, "nodename", "worker-3", unknown, unknown, unknown},
	}
	for _, test := range tests {
		t.Run(test.feature+"/"+test.name, func(t *testing.T) {
			t.Parallel()
			set := discover(t, test.change(xeon(t)).FS(), test.feature)
			if got := set.Status(test.feature); got.State != test.state {
				t.Errorf("state %s, want %s; reasons %q", got.State, test.state, got.Reasons)
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

// TestTheRestIsDiscovered: what one part of the host keeps from being read, and that everything else is read as if nothing
// were wrong.
func TestTheRestIsDiscovered(t *testing.T) {
	t.Parallel()
	all := func(state features.State, names ...string) map[string]features.State {
		changed := map[string]features.State{}
		for _, name := range names {
			changed[name] = state
		}
		return changed
	}
	sysfs := all(
		features.Unreadable,
		"accel.device", "gpu.device", "gpu.driver", "gpu.summary",
		"kernel.lsm", "kernel.module", "network.driver", "pci.driver", "system.cgroup", "system.selinux",
		"cpu.coprocessor", "cpu.cstate", "cpu.pstate", "cpu.security", "cpu.sst", "cpu.topology", "kernel.kvm", "kernel.selinux",
		"memory.hugepages", "memory.numa", "memory.nv", "network.device", "network.virtual", "pci.device", "storage.block",
		"system.dmiid", "usb.device",
	)
	maps.Copy(sysfs, all(features.Unreadable, "rdma.device", "rdma.port", "system.software"))
	maps.Copy(sysfs, all(features.Incomplete, "kernel.capability", "kernel.modulestate"))
	// What /proc alone tells of NVIDIA's GPUs is not known.
	procfs := all(features.Unreadable, "kernel.cmdline", "kernel.modulestate", "kernel.release", "kernel.sysctl", "kernel.config", "kernel.enabledmodule", "kernel.loadedmodule", "kernel.version", "memory.swap")
	with := func(changed map[string]features.State, incomplete ...string) map[string]features.State {
		changed = maps.Clone(changed)
		maps.Copy(changed, all(features.Incomplete, incomplete...))
		return changed
	}
	pciMissing := with(all(features.Absent, "pci.device", "pci.driver"), "gpu.device", "gpu.summary")
	busMissing := maps.Clone(pciMissing)
	busMissing["network.driver"] = features.Discovered // it is not bound
	pciUnreadable := all(features.Unreadable, "accel.device", "gpu.device", "gpu.summary", "pci.device", "pci.driver")
	tests := []struct {
		part                string
		missing, unreadable map[string]features.State
	}{
		{"sys", sysfs, sysfs},
		{"proc", with(procfs, "gpu.driver", "kernel.capability"), with(procfs, "gpu.driver", "gpu.device", "kernel.capability")},
		{
			"proc/modules",
			map[string]features.State{
				"kernel.loadedmodule": features.Absent, "kernel.enabledmodule": features.Discovered, "kernel.modulestate": features.Discovered,
			},
			map[string]features.State{
				"kernel.loadedmodule": features.Unreadable, "kernel.enabledmodule": features.Incomplete, "kernel.modulestate": features.Unreadable,
			},
		},
		{
			"usr/lib/modules/5.14.0-427.13.1.el9_4.x86_64/modules.builtin",
			all(features.Incomplete, "kernel.enabledmodule", "kernel.modulestate"),
			all(features.Incomplete, "kernel.enabledmodule", "kernel.modulestate"),
		},
		{"proc/swaps", all(features.Absent, "memory.swap"), all(features.Unreadable, "memory.swap")},
		{
			"sys/bus/pci", // where the drivers are too
			busMissing, with(pciUnreadable, "network.driver"),
		},
		{"sys/bus/pci/devices", pciMissing, pciUnreadable},
		{"sys/bus/usb", all(features.Absent, "usb.device"), all(features.Unreadable, "usb.device")},
		{"sys/bus/cpu", all(features.Unreadable, "cpu.sst", "cpu.topology"), all(features.Unreadable, "cpu.sst", "cpu.topology")},
		{"sys/bus/node", all(features.Absent, "memory.numa"), all(features.Unreadable, "memory.numa")},
		{
			"sys/class", all(features.Absent, "network.device", "network.driver", "network.virtual"),
			with(all(features.Unreadable, "network.device", "network.driver", "network.virtual", "rdma.device", "rdma.port"), "accel.device", "gpu.device"),
		},
		{"sys/block", all(features.Absent, "storage.block"), all(features.Unreadable, "storage.block")},
		{
			"etc/kubernetes", all(features.Absent, "local.feature", "local.label"),
			all(features.Unreadable, "local.feature", "local.label"),
		},
		{
			"proc/config.gz",
			with(all(features.Unreadable, "kernel.config"), "kernel.capability"), with(all(features.Unreadable, "kernel.config"), "kernel.capability"),
		},
	}
	whole := xeon(t)
	base := discover(t, whole.FS())
	check := func(t *testing.T, tree *hosttest.Tree, changed map[string]features.State) {
		t.Helper()
		set := discover(t, tree.FS())
		for _, entry := range features.Catalogue() {
			got := set.Status(entry.Name)
			if want, ok := changed[entry.Name]; ok {
				if got.State != want || (len(got.Reasons) == 0) != (want == features.Absent || want == features.Discovered) {
					t.Errorf("%s is %+v, want %s", entry.Name, got, want)
				}
				checkNoConclusion(t, set, entry, want)
				continue
			}
			if diff := cmp.Diff(base.Status(entry.Name), got); diff != "" {
				t.Errorf("status of %s (-whole +got):\n%s", entry.Name, diff)
			}
			if diff := cmp.Diff(only(base, entry.Name), only(set, entry.Name)); diff != "" {
				t.Errorf("%s (-whole +got):\n%s", entry.Name, diff)
			}
		}
	}
	for _, test := range tests {
		t.Run(test.part+" is missing", func(t *testing.T) {
			t.Parallel()
			check(t, whole.Without(test.part), test.missing)
		})
		t.Run(test.part+" is unreadable", func(t *testing.T) {
			t.Parallel()
			check(t, whole.Unreadable(test.part), test.unreadable)
		})
	}
}

// checkNoConclusion: of a feature in this state, what is demanded of an element that is not there. Only where the feature is
// known whole does its absence decide.
func checkNoConclusion(t *testing.T, set *features.Set, entry features.Entry, state features.State) {
	t.Helper()
	element := "no_such_element"
	if doubtful := set.Status(entry.Name).Elements; len(doubtful) > 0 { // anything else is known
		element = doubtful[0]
	}
	// An instance feature without an instance matches nothing, DoesNotExist neither, as in NFD.
	missing := validate.Match
	if slices.Contains(entry.Kinds, features.Instance) && len(set.Features.Instances[entry.Name].Elements) == 0 {
		missing = validate.Mismatch
	}
	exists, doesNotExist := validate.Unknown, validate.Unknown
	if state == features.Absent || state == features.Discovered {
		exists, doesNotExist = validate.Mismatch, missing
	}
	in := exists
	if state == features.Incomplete && slices.Equal(entry.Kinds, []features.Kind{features.Flag}) { // it would be a flag, which has no value
		in = validate.Mismatch
	}
	for _, want := range []struct {
		outcome    validate.Outcome
		expression nfdv1alpha1.MatchExpression
	}{
		{exists, nfdv1alpha1.MatchExpression{Op: nfdv1alpha1.MatchExists}},
		{doesNotExist, nfdv1alpha1.MatchExpression{Op: nfdv1alpha1.MatchDoesNotExist}},
		{in, nfdv1alpha1.MatchExpression{Op: nfdv1alpha1.MatchIn, Value: []string{"x"}}},
	} {
		if got := judge(t, set, entry.Name, element, want.expression); got != want.outcome {
			t.Errorf("%s: %s of an element that is not there is %s, want %s", entry.Name, want.expression.Op, got, want.outcome)
		}
	}
}

// only returns what the set holds of one feature.
func only(set *features.Set, feature string) []any {
	flags, isFlag := set.Features.Flags[feature]
	attributes, isAttribute := set.Features.Attributes[feature]
	instances, isInstance := set.Features.Instances[feature]
	return []any{isFlag, flags, isAttribute, attributes, isInstance, instances}
}

// judge returns what becomes of one expression on one element.
func judge(t *testing.T, set *features.Set, feature, element string, expression nfdv1alpha1.MatchExpression) validate.Outcome {
	t.Helper()
	document := &spec.Spec{Version: spec.Version, Compatibilities: []spec.Compatibility{{Rules: []nfdv1alpha1.GroupRule{{
		Name: "r",
		MatchFeatures: nfdv1alpha1.FeatureMatcher{{
			Feature:          feature,
			MatchExpressions: &nfdv1alpha1.MatchExpressionSet{element: &expression},
		}},
	}}}}}
	program, findings := validate.Compile(document, validate.Options{})
	if program == nil {
		t.Fatal(findings)
	}
	report, err := program.Evaluate(t.Context(), set)
	if err != nil {
		t.Fatal(err)
	}
	return report.Results[0].Sets[0].Rules[0].Outcome
}
