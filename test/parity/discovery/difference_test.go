package discovery

import (
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"

	"github.com/nfd-compat/nfd-compat/internal/hosttest"
	"github.com/nfd-compat/nfd-compat/pkg/features"
	"github.com/nfd-compat/nfd-compat/test/parity/sources"
)

func TestMain(m *testing.M) {
	if err := sources.Silence(); err != nil {
		panic(err)
	}
	m.Run()
}

// What the two sides can say of a feature beside its elements: nothing at all, or that it has none.
const leftOut, empty = "left out", "empty"

// A shown is a difference, with a host on which it is met and what both sides say of a feature then: "left out", "empty",
// or its elements.
type shown struct {
	name    Difference
	archive string // the host, beside what every host has
	feature string
	nfd     string
	ours    string
	state   features.State
	fails   string     // the source of NFD that fails
	same    bool       // the difference is in the state alone
	also    Difference // what is met beside it
	amd64   bool       // NFD looks only there
}

// place is what is there on every host whose procfs and sysfs can be seen.
const place = "-- proc/sys/kernel/osrelease --\n6.6.1\n-- sys/devices/any/uevent --\n-- sys/fs/cgroup/ --\n"

// shows returns the differences that a tree of files shows.
func shows(t *testing.T) []shown {
	t.Helper()
	const cpu = "sys/bus/cpu/devices/cpu"
	release, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		t.Fatal(err)
	}
	return []shown{
		{
			name: absentForCertain, archive: place, feature: "memory.numa",
			nfd: leftOut, ours: empty, state: features.Absent,
		},
		{
			name: sourceFails, archive: place, feature: "network.virtual", fails: "network",
			nfd: leftOut, ours: empty, state: features.Absent,
		},
		{
			name: sourceFails, archive: place + "-- sys/bus/usb/ --\n", feature: "pci.device", fails: "pci",
			nfd: leftOut, ours: empty, state: features.Absent,
		},
		{
			name: sourceFails, archive: place, feature: "storage.block", fails: "storage",
			nfd: leftOut, ours: empty, state: features.Absent,
		},
		{
			name: couldNotBeRead, archive: place + "-- sys/bus/cpu/devices/ (unreadable) --\n", feature: "cpu.topology",
			nfd: empty, ours: leftOut, state: features.Unreadable,
		},
		{
			name: nowhereToLook, feature: "kernel.kvm",
			nfd: "enabled=false", ours: leftOut, state: features.Unreadable,
		},
		{
			name: nowhereToLook, feature: "memory.hugepages",
			nfd: "enabled=false", ours: leftOut, state: features.Unreadable,
		},
		{
			name: emptyDirectory, archive: place + "-- sys/bus/node/devices/ --\n", feature: "memory.numa",
			nfd: "is_numa=false node_count=0", ours: leftOut, state: features.Unreadable,
		},
		{
			name: emptyDirectory, archive: place + "-- sys/bus/cpu/devices/ --\n", feature: "cpu.topology",
			nfd: "hardware_multithreading=false socket_count=0", ours: leftOut, state: features.Unreadable, also: couldNotBeRead,
		},
		{
			name: emptyFile, archive: place + "-- proc/swaps --\n", feature: "memory.swap",
			nfd: "enabled=false", ours: leftOut, state: features.Unreadable,
		},
		{
			name: emptyFile, archive: place + "-- sys/fs/selinux/enforce --\n", feature: "kernel.selinux", fails: "kernel",
			nfd: leftOut, ours: leftOut, state: features.Unreadable, same: true,
		},
		{
			name: selinuxHidden, archive: place + "-- sys/fs/selinux/ --\n", feature: "kernel.selinux",
			nfd: "enabled=false", ours: leftOut, state: features.Unreadable,
		},
		{
			name: partNotRead, feature: "network.virtual",
			archive: place + "-- sys/class/net/lo/operstate --\nup\n-- sys/class/net/lo/mtu (unreadable) --\n",
			nfd:     "{name=lo operstate=up}", ours: "{name=lo operstate=up}", state: features.Incomplete, same: true,
		},
		{
			name: partNotRead, feature: "pci.device",
			archive: place + "-- sys/bus/pci/devices/0000:00:00.0/class --\n0x060000\n-- sys/bus/pci/devices/0000:00:00.0/vendor (unreadable) --\n",
			nfd:     empty, ours: empty, state: features.Incomplete, same: true,
		},
		{
			name: partNotRead, archive: place + "-- sys/devices/virtual/dmi/id/sys_vendor (unreadable) --\n", feature: "system.dmiid",
			nfd: leftOut, ours: empty, state: features.Incomplete,
		},
		{
			name: deviceGone, archive: place + "-- sys/block/sda -> ../devices/gone --\n", feature: "storage.block",
			nfd: "{name=sda}", ours: empty, state: features.Incomplete,
		},
		{
			name: interfaceClass, feature: "usb.device",
			archive: place + "-- sys/bus/usb/devices/1-1/bDeviceClass --\n00\n-- sys/bus/usb/devices/1-1/idProduct --\n0249\n" +
				"-- sys/bus/usb/devices/1-1/1-1:1.0/bInterfaceClass --\n03\n-- sys/bus/usb/devices/1-1/1-1:1.1/bInterfaceClass (unreadable) --\n",
			nfd: empty, ours: "{class=03 device=0249}", state: features.Incomplete,
		},
		{
			name: switchedOff, feature: "cpu.topology",
			archive: place + "-- " + cpu + "0/topology/thread_siblings_list --\n0-1\n-- " + cpu + "0/topology/physical_package_id --\n0\n" +
				"-- " + cpu + "1/online --\n0\n",
			nfd: empty, ours: "hardware_multithreading=true socket_count=1", state: features.Discovered,
		},
		{
			name: topologyNotRead, feature: "cpu.topology",
			archive: place + "-- " + cpu + "0/topology/thread_siblings_list --\n0-1\n-- " + cpu + "0/topology/physical_package_id --\n0\n" +
				"-- " + cpu + "1/topology/thread_siblings_list (unreadable) --\n",
			nfd: empty, ours: "hardware_multithreading=true", state: features.Incomplete,
		},
		{
			name: governorNotRead, feature: "cpu.pstate", amd64: true,
			archive: place + "-- sys/devices/system/cpu/intel_pstate/status --\nactive\n-- sys/devices/system/cpu/intel_pstate/no_turbo --\n1\n" +
				"-- sys/devices/system/cpu/cpufreq/policy0/affected_cpus --\n0\n-- sys/devices/system/cpu/cpufreq/policy0/scaling_governor --\nperformance\n" +
				"-- sys/devices/system/cpu/cpufreq/policy1/affected_cpus --\n1\n-- sys/devices/system/cpu/cpufreq/policy1/scaling_governor (unreadable) --\n",
			nfd: "scaling_governor=performance status=active turbo=false", ours: "status=active turbo=false", state: features.Incomplete,
		},
		{
			name: emptyFile, feature: "cpu.pstate", amd64: true, also: couldNotBeRead,
			archive: place + "-- sys/devices/system/cpu/intel_pstate/status --\n-- sys/devices/system/cpu/intel_pstate/no_turbo --\n1\n",
			nfd:     "status= turbo=false", ours: leftOut, state: features.Unreadable,
		},
		{
			name: emptyFile, feature: "cpu.pstate", amd64: true, fails: "cpu",
			archive: place + "-- sys/devices/system/cpu/intel_pstate/status --\npassive\n-- sys/devices/system/cpu/intel_pstate/no_turbo --\n",
			nfd:     leftOut, ours: "status=passive", state: features.Incomplete, same: true,
		},
		{
			name: pagesNotRead, archive: place + "-- sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages (unreadable) --\n", feature: "memory.hugepages",
			nfd: "enabled=false hugepages-2Mi=", ours: empty, state: features.Incomplete,
		},
		{
			name: likeNames, feature: "cpu.security", amd64: true,
			archive: place + "-- sys/module/kvm_amd/parameters/sev --\nY\n-- sys/fs/cgroup/misc.capacity --\nsev_es 99\nsev 907\n",
			nfd:     "sev.asids=99 sev.enabled=true", ours: "sev.asids=907 sev.enabled=true", state: features.Incomplete,
		},
		{
			name: noBuiltinList, archive: place + "-- proc/modules --\nnvidia 11534336 46 - Live 0x0\n", feature: "kernel.enabledmodule",
			nfd: leftOut, ours: "nvidia", state: features.Incomplete,
		},
		{
			name: modulesInUsr, feature: "kernel.enabledmodule",
			archive: "-- proc/sys/kernel/osrelease --\n" + string(release) +
				"-- usr/lib/modules/" + strings.TrimSpace(string(release)) + "/modules.builtin --\nkernel/fs/fuse/fuse.ko\n",
			nfd: leftOut, ours: "fuse", state: features.Discovered,
		},
		{
			name: osReleaseInUsr, archive: place + "-- usr/lib/os-release --\nID=fedora\n", feature: "system.osrelease",
			nfd: leftOut, ours: "ID=fedora", state: features.Discovered,
		},
	}
}

// TestDifferences shows, for each difference, what NFD's sources say and what ours say.
func TestDifferences(t *testing.T) { //nolint:paralleltest // NFD's sources are variables of their packages
	cases := shows(t)
	elsewhere := showsElsewhere()
	for _, name := range Differences() {
		t.Run(string(name), func(t *testing.T) {
			here := slices.Collect(maps.Keys(elsewhere))
			if !slices.Contains(here, name) && !slices.ContainsFunc(cases, func(c shown) bool { return c.name == name }) {
				t.Fatal("nothing shows it")
			}
			for _, c := range cases {
				if c.name == name {
					t.Run(c.feature, c.show)
				}
			}
			if show, ok := elsewhere[name]; ok {
				show(t)
			}
		})
	}
}

func (c shown) show(t *testing.T) {
	if c.amd64 && runtime.GOARCH != "amd64" {
		t.Skip("NFD looks only on amd64")
	}
	nfd, failed, ours := discoverBoth(t, c.archive)
	if got := tell(nfd, c.feature, c.amd64); got != c.nfd {
		t.Errorf("NFD says %q, expected %q", got, c.nfd)
	}
	if got := tell(&ours.Features, c.feature, c.amd64); got != c.ours {
		t.Errorf("ours says %q, expected %q", got, c.ours)
	}
	if got := ours.Status(c.feature); got.State != c.state {
		t.Errorf("the state is %+v, expected %s", got, c.state)
	}
	if _, ok := failed[c.fails]; ok != (c.fails != "") {
		t.Errorf("NFD's sources failed: %v", failed)
	}
	if c.fails != "" && c.same {
		return // it crashed, and there is nothing to compare
	}
	want := map[Difference]bool{}
	if !c.same {
		want[c.name] = true
	}
	if c.also != "" {
		want[c.also] = true
	}
	got := map[Difference]bool{}
	result := CompareWithin(t, func(feature, element string) bool {
		return feature == c.feature && (BelowRoot(feature, element) || feature == "kernel.enabledmodule")
	}, nfd, ours)
	for name := range result.Met {
		got[name] = true
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the comparison meets (-want +got):\n%s", diff)
	}
}

// discoverBoth has both sides look at a host: what they found, and the errors of the sources of NFD that failed.
func discoverBoth(t *testing.T, archive string) (nfd *nfdv1alpha1.Features, failed map[string]error, ours *features.Set) {
	t.Helper()
	root := hosttest.Parse(archive).Dir(t)
	UnderRoot(t, root)
	nfd, failed = OfNFD()
	host, err := features.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	if ours, err = host.Discover(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if err := host.Close(); err != nil {
		t.Fatal(err)
	}
	return nfd, failed, ours
}

// tell returns what is said of a feature in one line. What only the processor tells of its security is left out if asked for.
func tell(of *nfdv1alpha1.Features, feature string, files bool) string {
	var words []string
	flags, isFlag := of.Flags[feature]
	attributes, isAttribute := of.Attributes[feature]
	instances, isInstance := of.Instances[feature]
	for name := range flags.Elements {
		words = append(words, name)
	}
	for name, value := range attributes.Elements {
		if !files || BelowRoot(feature, name) {
			words = append(words, name+"="+value)
		}
	}
	for _, instance := range instances.Elements {
		var inner []string
		for name, value := range instance.Attributes {
			inner = append(inner, name+"="+value)
		}
		slices.Sort(inner)
		words = append(words, "{"+strings.Join(inner, " ")+"}")
	}
	switch {
	case !isFlag && !isAttribute && !isInstance:
		return leftOut
	case len(words) == 0:
		return empty
	}
	slices.Sort(words)
	return strings.Join(words, " ")
}
