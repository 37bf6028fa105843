package features_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nfd-compat/nfd-compat/internal/hosttest"
	"github.com/nfd-compat/nfd-compat/pkg/features"
)

// TestStates: what is missing or unreadable of one source, and what the feature's state is then. Each case changes the
// Xeon of testdata.
func TestStates(t *testing.T) {
	t.Parallel()
	const (
		release   = "proc/sys/kernel/osrelease"
		builtin   = "usr/lib/modules/5.14.0-427.13.1.el9_4.x86_64/modules.builtin"
		cpus      = "sys/devices/system/cpu"
		gpu       = "sys/devices/pci0000:16/0000:16:02.0/0000:17:00.0"
		bootConf  = "boot/config-5.14.0-427.13.1.el9_4.x86_64"
		amd       = "sys/module/kvm_amd/parameters/"
		threads   = "hardware_multithreading"
		dmi       = "sys/devices/virtual/dmi/id"
		governors = cpus + "/cpufreq"
	)
	type change func(*hosttest.Tree) *hosttest.Tree
	without := func(names ...string) change {
		return func(t *hosttest.Tree) *hosttest.Tree { return t.Without(names...) }
	}
	closed := func(names ...string) change {
		return func(t *hosttest.Tree) *hosttest.Tree { return t.Unreadable(names...) }
	}
	with := func(archive string) change {
		return func(t *hosttest.Tree) *hosttest.Tree { return t.With(archive) }
	}
	both := func(a, b change) change {
		return func(t *hosttest.Tree) *hosttest.Tree { return b(a(t)) }
	}
	tests := []struct {
		feature, name string
		change        change
		want          features.State
		reason        string // what a reason must contain
		has           map[string]string
		hasNot        []string
	}{
		{"kernel.version", "missing", without(release), features.Unreadable, release, nil, nil},
		{"kernel.version", "closed", closed(release), features.Unreadable, "permission denied", nil, nil},
		{"kernel.version", "empty", with("-- proc/sys/kernel/osrelease --\n\n"), features.Unreadable, "empty", nil, nil},
		{
			"kernel.version", "no version", with("-- " + release + " --\nnext\n"), features.Incomplete, `the release "next" is not up to three numbers`,
			map[string]string{"full": "next"},
			[]string{"major"},
		},
		{
			"kernel.version", "four numbers", with("-- " + release + " --\n6.6.57.1-7.azl3\n"), features.Incomplete, "as NFD wants it; kernel.release has its version",
			map[string]string{"full": "6.6.57.1-7.azl3"},
			nil,
		},
		{
			"kernel.release", "no version", with("-- " + release + " --\nnext\n"), features.Incomplete, `the release "next" does not begin with a version`,
			map[string]string{"full": "next"},
			nil,
		},

		{
			"kernel.config", "in /boot", both(without("proc/config.gz"), with("-- "+bootConf+" --\nCONFIG_HZ=250\n")),
			features.Discovered, "",
			map[string]string{"HZ": "250"},
			nil,
		},
		{
			"kernel.config", "the first is closed", both(closed("proc/config.gz"), with("-- "+bootConf+" --\nCONFIG_HZ=250\n")),
			features.Discovered, "",
			map[string]string{"HZ": "250"},
			nil,
		},
		{
			"kernel.config", "the first is broken", with("-- proc/config.gz --\nno gzip\n-- " + bootConf + " --\nCONFIG_HZ=250\n"),
			features.Discovered, "",
			map[string]string{"HZ": "250"},
			nil,
		},
		{
			"kernel.config", "below a link that is absolute", both(without("proc/config.gz"),
				with("-- usr/lib/modules/5.14.0-427.13.1.el9_4.x86_64/build -> /usr/src/k --\n-- usr/src/k/.config --\nCONFIG_HZ=300\n")),
			features.Discovered, "",
			map[string]string{"HZ": "300"},
			nil,
		},
		{"kernel.config", "nowhere", without("proc/config.gz"), features.Unreadable, "/boot/config-5.14.0", nil, nil},
		{"kernel.config", "closed", closed("proc/config.gz"), features.Unreadable, "permission denied", nil, nil},
		{"kernel.config", "release unknown", without(release), features.Discovered, "", map[string]string{"HZ": "1000"}, nil},
		{"kernel.config", "release leads elsewhere", both(without("proc/config.gz"),
			with("-- "+release+" --\n../../../etc/x\n-- etc/x/config --\nCONFIG_A=y\n")), features.Unreadable, "no kernel configuration", nil, nil},
		{"kernel.config", "without an option", with("-- proc/config.gz --\n"), features.Unreadable, "decompress", nil, nil},

		{"kernel.loadedmodule", "missing", without("proc/modules"), features.Absent, "", nil, nil},
		{"kernel.loadedmodule", "no procfs", without("proc"), features.Unreadable, release, nil, nil},
		{
			"kernel.loadedmodule", "missing, and a module was loaded", both(without("proc/modules"), with("-- sys/module/nvidia/initstate --\nlive\n")),
			features.Unreadable, "/proc/modules is not there, though the kernel has modules, as /sys/module/nvidia/initstate shows", nil, nil,
		},
		{
			"kernel.loadedmodule", "missing, and none was loaded", both(without("proc/modules"), with("-- proc/sys/kernel/modules_disabled --\n0\n")),
			features.Unreadable, "as /proc/sys/kernel/modules_disabled shows", nil, nil,
		},
		{
			"kernel.loadedmodule", "missing, and it is not known whether one was loaded", both(without("proc/modules"), closed("sys/module")),
			features.Unreadable, "whether the kernel has modules is not known", nil, nil,
		},
		{"kernel.loadedmodule", "missing without sysfs", without("proc/modules", "sys"), features.Absent, "", nil, nil},
		{"kernel.loadedmodule", "closed", closed("proc/modules"), features.Unreadable, "permission denied", nil, nil},
		{"kernel.loadedmodule", "none loaded", with("-- proc/modules --\n"), features.Absent, "", nil, nil},

		{
			"kernel.enabledmodule", "no list of the built-in ones", without(builtin), features.Incomplete, "modules.builtin",
			map[string]string{"nvidia": ""},
			[]string{"fuse"},
		},
		{
			"kernel.enabledmodule", "closed list of the built-in ones", closed(builtin), features.Incomplete, "permission denied",
			map[string]string{"nvidia": ""},
			[]string{"fuse"},
		},
		{
			"kernel.enabledmodule", "closed list of the loaded ones", closed("proc/modules"), features.Incomplete, "/proc/modules",
			map[string]string{"fuse": ""},
			[]string{"nvidia"},
		},
		{
			"kernel.enabledmodule", "no list of the loaded ones", without("proc/modules"), features.Discovered, "",
			map[string]string{"fuse": ""},
			nil,
		},
		{
			"kernel.enabledmodule", "no list of the loaded ones, and a module was loaded",
			both(without("proc/modules"), with("-- sys/module/nvidia/initstate --\nlive\n")), features.Incomplete, "/sys/module/nvidia/initstate",
			map[string]string{"fuse": ""},
			[]string{"nvidia"},
		},
		{"kernel.enabledmodule", "in /usr/lib alone", without("lib"), features.Discovered, "", map[string]string{"fuse": "", "nvidia": ""}, nil},
		{"kernel.enabledmodule", "both closed", closed("proc/modules", builtin), features.Unreadable, "/proc/modules", nil, nil},
		{"kernel.enabledmodule", "no procfs", without("proc"), features.Unreadable, release, nil, nil},

		{"kernel.selinux", "permissive", with("-- sys/fs/selinux/enforce --\n0"), features.Discovered, "", map[string]string{"enabled": "false"}, nil},
		{"kernel.selinux", "off", without("sys/fs/selinux"), features.Discovered, "", map[string]string{"enabled": "false"}, nil},
		{
			"kernel.selinux", "not mounted", both(without("sys/fs/selinux/enforce"), with("-- sys/fs/selinux/ --\n")),
			features.Unreadable, "not mounted", nil, nil,
		},
		{"kernel.selinux", "no sysfs", without("sys"), features.Unreadable, "/sys/fs", nil, nil},
		{"kernel.selinux", "closed", closed("sys/fs/selinux/enforce"), features.Unreadable, "permission denied", nil, nil},
		{"kernel.selinux", "empty", with("-- sys/fs/selinux/enforce --\n"), features.Unreadable, "empty", nil, nil},

		{"kernel.kvm", "missing", without("sys/devices/virtual/misc/kvm"), features.Discovered, "", map[string]string{"enabled": "false"}, nil},
		{"kernel.kvm", "no sysfs", without("sys"), features.Unreadable, "/sys/devices", nil, nil},
		{"kernel.kvm", "closed", closed("sys/devices/virtual/misc"), features.Unreadable, "permission denied", nil, nil},

		{"cpu.topology", "no sysfs", without("sys"), features.Unreadable, "/sys/bus/cpu/devices", nil, nil},
		{
			"cpu.topology", "no processor", both(without("sys/bus/cpu"), with("-- sys/bus/cpu/devices/ --\n")),
			features.Unreadable, "no processor", nil, nil,
		},
		{
			"cpu.topology", "one switched off", both(without(cpus+"/cpu3/topology"), with("-- "+cpus+"/cpu3/online --\n0\n")),
			features.Discovered, "",
			map[string]string{threads: "true", "socket_count": "2"},
			nil,
		},
		{
			"cpu.topology", "one without files", without(cpus + "/cpu3/topology"), features.Incomplete, "cpu3",
			map[string]string{threads: "true"},
			[]string{"socket_count"},
		},
		{
			"cpu.topology", "a socket is closed", closed(cpus + "/cpu3/topology/physical_package_id"), features.Incomplete,
			"permission denied",
			map[string]string{threads: "true"},
			[]string{"socket_count"},
		},
		{
			"cpu.topology", "all closed", closed(cpus+"/cpu0/topology", cpus+"/cpu1/topology", cpus+"/cpu2/topology", cpus+"/cpu3/topology"),
			features.Unreadable, "permission denied", nil, nil,
		},

		{"cpu.cstate", "no idle states", without(cpus + "/cpuidle"), features.Absent, "", nil, nil},
		{"cpu.cstate", "another driver", with("-- " + cpus + "/cpuidle/current_driver --\nacpi_idle\n"), features.Absent, "", nil, nil},
		{
			"cpu.cstate", "forbidden", with("-- sys/module/intel_idle/parameters/max_cstate --\n0\n"), features.Discovered, "",
			map[string]string{"enabled": "false"},
			nil,
		},
		{
			"cpu.cstate", "no driver", both(without(cpus+"/cpuidle/current_driver"), with("-- "+cpus+"/cpuidle/ --\n")),
			features.Unreadable, "current_driver", nil, nil,
		},
		{"cpu.cstate", "no parameter", without("sys/module/intel_idle"), features.Unreadable, "max_cstate", nil, nil},
		{"cpu.cstate", "no number", with("-- sys/module/intel_idle/parameters/max_cstate --\nmany\n"), features.Unreadable, "many", nil, nil},
		{"cpu.cstate", "no sysfs", without("sys"), features.Unreadable, cpus, nil, nil},

		{"cpu.pstate", "no driver", without(cpus + "/intel_pstate"), features.Absent, "", nil, nil},
		{"cpu.pstate", "off", with("-- " + cpus + "/intel_pstate/status --\noff\n"), features.Absent, "", nil, nil},
		{
			"cpu.pstate", "passive", with("-- " + cpus + "/intel_pstate/status --\npassive\n"), features.Discovered, "",
			map[string]string{"status": "passive", "turbo": "true"},
			[]string{"scaling_governor"},
		},
		{
			"cpu.pstate", "no turbo", with("-- " + cpus + "/intel_pstate/no_turbo --\n1\n"), features.Discovered, "",
			map[string]string{"turbo": "false"},
			nil,
		},
		{
			"cpu.pstate", "closed turbo", closed(cpus + "/intel_pstate/no_turbo"), features.Incomplete, "no_turbo",
			map[string]string{"status": "active"},
			[]string{"turbo"},
		},
		{"cpu.pstate", "closed status", closed(cpus + "/intel_pstate/status"), features.Unreadable, "status", nil, nil},
		{
			"cpu.pstate", "governors differ", with("-- " + governors + "/policy1/scaling_governor --\npowersave\n"), features.Discovered, "",
			map[string]string{"status": "active"},
			[]string{"scaling_governor"},
		},
		{
			"cpu.pstate", "a governor is closed", closed(governors + "/policy1/scaling_governor"), features.Incomplete, "policy1",
			map[string]string{"status": "active"},
			[]string{"scaling_governor"},
		},
		{
			"cpu.pstate", "a governor is empty", with("-- " + governors + "/policy1/scaling_governor --\n"), features.Incomplete,
			"policy1/scaling_governor: it is empty",
			map[string]string{"status": "active"},
			[]string{"scaling_governor"},
		},
		{
			"cpu.pstate", "no governors", without(governors), features.Discovered, "",
			map[string]string{"status": "active"},
			[]string{"scaling_governor"},
		},
		{"cpu.pstate", "no sysfs", without("sys"), features.Unreadable, cpus, nil, nil},

		{
			"cpu.security", "SEV", with("-- " + amd + "sev --\nY\n-- " + amd + "sev_es --\n1\n-- " + amd + "sev_snp --\nN\n" +
				"-- sys/fs/cgroup/misc.capacity --\nsev_es 99\nsev 509\n"), features.Incomplete, "SGX",
			map[string]string{"sev.enabled": "true", "sev.asids": "509", "sev.es.enabled": "true", "sev.encrypted_state_ids": "99"},
			[]string{"sev.snp.enabled", "tdx.total_keys"},
		},
		{
			"cpu.security", "a parameter is closed", closed("sys/module/kvm_intel/parameters/tdx"), features.Incomplete, "kvm_intel", nil,
			[]string{"tdx.enabled"},
		},
		{
			"cpu.security", "capacity is in version 1", both(without("sys/fs/cgroup"), with("-- sys/fs/cgroup/misc/misc.capacity --\ntdx 7\n")),
			features.Incomplete, "SGX",
			map[string]string{"tdx.total_keys": "7"},
			nil,
		},
		{
			"cpu.security", "no capacity", without("sys/fs/cgroup"), features.Incomplete, "SGX",
			map[string]string{"tdx.enabled": "true"},
			[]string{"tdx.total_keys"},
		},
		{
			"cpu.security", "capacity is no number", with("-- sys/fs/cgroup/misc.capacity --\ntdx many\n"), features.Incomplete,
			"misc.capacity",
			map[string]string{"tdx.enabled": "true"},
			[]string{"tdx.total_keys"},
		},
		{
			"cpu.security", "of sysfs the modules alone", without("sys/devices", "sys/bus", "sys/class"), features.Incomplete,
			"a file that is missing says nothing",
			map[string]string{"tdx.enabled": "true", "tdx.total_keys": "31"},
			[]string{"sev.enabled"},
		},
		{"cpu.security", "no sysfs", without("sys"), features.Unreadable, "/sys/devices", nil, nil},
		{"cpu.security", "an architecture without CPUID", with("-- proc/sys/kernel/arch --\naarch64\n"), features.Discovered, "", nil, nil},
		{
			"cpu.security", "s390x in a container", both(without("sys/module"), with("-- proc/sys/kernel/arch --\ns390x\n-- sys/firmware/ --\n")),
			features.Incomplete, "/sys/firmware", nil, nil,
		},

		{"cpu.rdt", "CPUID is elsewhere", without("nothing"), features.Unsupported, "another host", nil, nil},
		{"cpu.rdt", "an architecture without CPUID", with("-- proc/sys/kernel/arch --\naarch64\n"), features.Absent, "", nil, nil},

		{"cpu.sst", "no base frequency", without("nothing"), features.Absent, "", nil, nil},
		{
			"cpu.sst", "CPUID is elsewhere", with("-- " + cpus + "/cpu0/cpufreq/base_frequency --\n2700000\n"), features.Unsupported,
			"another host", nil, nil,
		},
		{"cpu.sst", "no sysfs", without("sys"), features.Unreadable, "/sys/bus/cpu", nil, nil},
		{"cpu.sst", "closed", with("-- " + cpus + "/cpu0/cpufreq/base_frequency (unreadable) --\n"), features.Incomplete, "permission denied", nil, nil},

		{
			"cpu.coprocessor", "there", with("-- sys/devices/vio/ibm,compression-v1/nx_gzip_caps/x --\n"), features.Discovered, "",
			map[string]string{"nx_gzip": "true"},
			nil,
		},
		{"cpu.coprocessor", "missing", without("nothing"), features.Absent, "", nil, nil},
		{"cpu.coprocessor", "no sysfs", without("sys"), features.Unreadable, "/sys/devices", nil, nil},

		{"pci.device", "no bus", without("sys/bus/pci"), features.Absent, "", nil, nil},
		{"pci.device", "no sysfs", without("sys"), features.Unreadable, "neither is /sys/bus", nil, nil},
		{"pci.device", "no buses", without("sys/bus"), features.Unreadable, "neither is /sys/bus", nil, nil},
		{"pci.device", "a closed bus", closed("sys/bus/pci/devices"), features.Unreadable, "permission denied", nil, nil},
		{
			"pci.device", "a mandatory attribute is closed", closed(gpu + "/vendor"), features.Incomplete, "0000:17:00.0/vendor",
			map[string]string{"1021": ""},
			[]string{"2330"},
		},
		{
			"pci.device", "a mandatory attribute is missing", without(gpu + "/subsystem_device"), features.Incomplete,
			"PCI device 0000:17:00.0 is left out", nil,
			[]string{"2330"},
		},
		{
			"pci.device", "an optional attribute is closed", closed(gpu + "/sriov_totalvfs"), features.Incomplete, "sriov_totalvfs",
			map[string]string{"2330": ""},
			nil,
		},
		{
			"pci.device", "an optional attribute is missing", without(gpu + "/sriov_totalvfs"), features.Discovered, "",
			map[string]string{"2330": ""},
			nil,
		},
		{
			"pci.device", "a dangling link", with("-- sys/bus/pci/devices/0000:99:00.0 -> ../../../devices/gone --\n"), features.Incomplete,
			"0000:99:00.0",
			map[string]string{"2330": ""},
			nil,
		},

		{"system.osrelease", "only in /usr", without("etc/os-release"), features.Discovered, "", map[string]string{"ID": "rhel"}, nil},
		{"system.osrelease", "missing", without("etc/os-release", "usr/lib/os-release"), features.Unreadable, "/usr/lib/os-release", nil, nil},
		{"system.osrelease", "closed", with("-- etc/os-release (unreadable) --\n"), features.Unreadable, "permission denied", nil, nil},
		{"system.osrelease", "without a field", with("-- etc/os-release --\n# nothing\n"), features.Unreadable, "no field", nil, nil},

		{"system.dmiid", "missing", without(dmi), features.Absent, "", nil, nil},
		{"system.dmiid", "no sysfs", without("sys"), features.Unreadable, "/sys/devices", nil, nil},
		{
			"system.dmiid", "one closed", closed(dmi + "/product_name"), features.Incomplete, "product_name",
			map[string]string{"sys_vendor": "Dell Inc."},
			[]string{"product_name"},
		},
		{
			"system.dmiid", "one missing", without(dmi + "/product_name"), features.Discovered, "",
			map[string]string{"sys_vendor": "Dell Inc."},
			[]string{"product_name"},
		},
	}
	for _, test := range tests {
		t.Run(test.feature+"/"+test.name, func(t *testing.T) {
			t.Parallel()
			set := discover(t, test.change(xeon(t)).FS(), test.feature)
			status := set.Status(test.feature)
			if status.State != test.want {
				t.Fatalf("state %s, want %s; reasons %q", status.State, test.want, status.Reasons)
			}
			if got := strings.Join(status.Reasons, "\n"); !strings.Contains(got, test.reason) || (got == "") != (test.reason == "") {
				t.Errorf("reasons %q, want %q among them", got, test.reason)
			}
			elements := elementsOf(set, test.feature)
			for name, value := range test.has {
				if got, ok := elements[name]; !ok || got != value {
					t.Errorf("element %s is %q, %t; want %q", name, got, ok, value)
				}
			}
			for _, name := range test.hasNot {
				if got, ok := elements[name]; ok {
					t.Errorf("element %s is %q, want none", name, got)
				}
			}
			known := status.State != features.Unreadable && status.State != features.Unsupported
			if known != (elements != nil) {
				t.Errorf("state %s and elements %v", status.State, elements)
			}
			if status.State == features.Absent && len(elements) > 0 {
				t.Errorf("absent with elements %v", elements)
			}

			var buf bytes.Buffer
			if err := features.Write(&buf, set); err != nil {
				t.Fatal(err)
			}
			back, err := features.Read(&buf)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(set, back); diff != "" {
				t.Errorf("set after Write and Read (-want +got):\n%s", diff)
			}
		})
	}
}

// elementsOf returns the elements of a feature, nil if the set does not hold it; the instances by their device.
func elementsOf(set *features.Set, name string) map[string]string {
	var elements map[string]string
	if feature, ok := set.Features.Attributes[name]; ok {
		elements = feature.Elements
	}
	if feature, ok := set.Features.Flags[name]; ok {
		elements = map[string]string{}
		for flag := range feature.Elements {
			elements[flag] = ""
		}
	}
	if feature, ok := set.Features.Instances[name]; ok {
		elements = map[string]string{}
		for _, instance := range feature.Elements {
			elements[instance.Attributes["device"]] = ""
		}
	}
	return elements
}
