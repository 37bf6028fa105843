package features_test

import (
	"bytes"
	"io/fs"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"

	"github.com/nfd-compat/nfd-compat/internal/hosttest"
	"github.com/nfd-compat/nfd-compat/pkg/features"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// TestOutcomesOfDevices: as TestOutcomes, for memory, devices and the administrator's features. An element of an instance
// feature follows the name of the instance that is asked for. The outcomes of Exists, DoesNotExist and In are written + for
// a match, - for a mismatch and ? for unknown.
func TestOutcomesOfDevices(t *testing.T) {
	t.Parallel()
	const (
		found   = "+-+" // it is there, and has the value
		lacking = "-+-" // it is not there
		nothing = "---" // no instance is there that could have it, or lack it
		unknown = "???"
		perhaps = "+?+" // an instance has the value, and nobody knows whether one that was not read lacks it
		another = "+??" // an instance has another value

		discovered, absent     = features.Discovered, features.Absent
		incomplete, unreadable = features.Incomplete, features.Unreadable

		pages   = "sys/kernel/mm/hugepages"
		two     = pages + "/hugepages-2048kB/nr_hugepages"
		one     = pages + "/hugepages-1048576kB/nr_hugepages"
		space   = "sys/devices/LNXSYSTM:00/LNXSYBUS:00/ACPI0012:00/ndbus0/region0/namespace0.0"
		card    = "sys/devices/pci0000:4a/0000:4a:02.0/0000:4b:00.0"
		eth     = card + "/net/ens5f0"
		bond    = "sys/devices/virtual/net/bond0"
		disk    = "sys/devices/pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0/block/sda"
		key     = "sys/devices/pci0000:00/0000:00:14.0/usb1/1-2"
		local   = "etc/kubernetes/node-feature-discovery/features.d"
		rack    = local + "/10-rack"
		driver  = local + "/..2024_06_01/20-driver"
		denied  = "permission denied"
		noProc  = "neither is /proc/sys/kernel/osrelease"
		noSysfs = "neither is /sys/devices"
	)
	tests := []struct {
		feature, name  string
		change         hostChange
		state          features.State
		reason         string // what a reason must contain
		element, value string
		outcomes       string
	}{
		{"memory.numa", "whole", unchanged(), discovered, "", "node_count", "2", found},
		{"memory.numa", "one node", without("sys/bus/node/devices/node1"), discovered, "", "is_numa", "false", found},
		{"memory.numa", "a kernel without it", without("sys/bus/node"), absent, "", "is_numa", "false", lacking},
		{"memory.numa", "hidden", mask("sys/bus/node/devices"), unreadable, "no memory node", "is_numa", "false", unknown},
		{"memory.numa", "no sysfs", without("sys"), unreadable, noSysfs, "is_numa", "false", unknown},
		{"memory.numa", "unreadable", closed("sys/bus/node/devices"), unreadable, denied, "is_numa", "false", unknown},
		{"memory.numa", "unreadable above", closed("sys/bus"), unreadable, denied, "is_numa", "false", unknown},

		{"memory.swap", "whole", unchanged(), discovered, "", "enabled", "true", found},
		{"memory.swap", "none in use", with("-- proc/swaps --\nFilename\tType\tSize\n"), discovered, "", "enabled", "false", found},
		{"memory.swap", "a kernel without it", without("proc/swaps"), absent, "", "enabled", "false", lacking},
		{"memory.swap", "no procfs", without("proc"), unreadable, noProc, "enabled", "false", unknown},
		{"memory.swap", "unreadable", closed("proc/swaps"), unreadable, denied, "enabled", "false", unknown},
		{"memory.swap", "empty", with("-- proc/swaps --\n"), unreadable, "empty", "enabled", "false", unknown},

		{"memory.hugepages", "whole", unchanged(), discovered, "", "hugepages-1Gi", "64", found},
		{"memory.hugepages", "a size that there is not", unchanged(), discovered, "", "hugepages-64Ki", "0", lacking},
		{"memory.hugepages", "none set aside", with("-- " + one + " --\n0\n"), discovered, "", "enabled", "false", found},
		{"memory.hugepages", "a kernel without them", then(without(pages), with("-- sys/kernel/mm/ksm/run --\n0\n")), discovered, "", "enabled", "false", found},
		{"memory.hugepages", "no place to look", without("sys/kernel/mm"), unreadable, "neither is /sys/kernel/mm", "enabled", "false", unknown},
		{"memory.hugepages", "unreadable", closed(pages), unreadable, denied, "enabled", "false", unknown},
		{"memory.hugepages", "one unreadable, not found", closed(two), incomplete, two, "hugepages-2Mi", "0", unknown},
		{"memory.hugepages", "one unreadable, found", closed(two), incomplete, two, "enabled", "true", found},
		{"memory.hugepages", "the one with pages unreadable", closed(one), incomplete, one, "enabled", "true", unknown},
		{"memory.hugepages", "no number", then(without(two), with("-- "+pages+"/hugepages-2048kB/x --\n")), incomplete, two, "hugepages-2Mi", "0", unknown},
		{"memory.hugepages", "a number that is none", with("-- " + two + " --\nmany\n"), incomplete, "many", "hugepages-2Mi", "many", unknown},
		{"memory.hugepages", "another directory", then(with("-- "+one+" --\n0\n"), with("-- "+pages+"/big/nr_hugepages --\n7\n")), discovered, "", "enabled", "false", found},

		{"memory.nv", "whole", unchanged(), discovered, "", "namespace0.0 mode", "memory", found},
		{"memory.nv", "what the bus itself lacks", unchanged(), discovered, "", "ndbus0 devtype", "", lacking},
		{"memory.nv", "no such memory", without("sys/bus/nd"), absent, "", "namespace0.0 mode", "memory", nothing},
		{"memory.nv", "no sysfs", without("sys"), unreadable, "neither is /sys/bus", "namespace0.0 mode", "memory", unknown},
		{"memory.nv", "unreadable", closed("sys/bus/nd/devices"), unreadable, denied, "namespace0.0 mode", "memory", unknown},
		{"memory.nv", "one missing", without(space + "/mode"), discovered, "", "namespace0.0 mode", "memory", lacking},
		{"memory.nv", "one unreadable, not found", closed(space + "/mode"), incomplete, "namespace0.0 lacks mode", "namespace0.0 mode", "memory", unknown},
		{"memory.nv", "one unreadable, found", closed(space + "/mode"), incomplete, denied, "namespace0.0 devtype", "nd_namespace_pmem", perhaps},
		{"memory.nv", "a link that leads nowhere", without(space), incomplete, "namespace0.0 is left out", "namespace0.0 mode", "memory", unknown},

		{"network.device", "whole", unchanged(), discovered, "", "ens5f0 speed", "100000", found},
		{"network.device", "an attribute of its device", unchanged(), discovered, "", "ens5f0 sriov_totalvfs", "128", found},
		{"network.device", "an interface without a device", unchanged(), discovered, "", "bond0 mtu", "9000", nothing},
		{"network.device", "one missing", without(eth + "/speed"), discovered, "", "ens5f0 speed", "100000", lacking},
		{"network.device", "one unreadable, not found", closed(eth + "/speed"), incomplete, "ens5f0 lacks speed", "ens5f0 speed", "100000", unknown},
		{"network.device", "one unreadable, found", closed(eth + "/speed"), incomplete, denied, "ens5f0 mtu", "9000", perhaps},
		{"network.device", "one unreadable of the device", closed(card + "/sriov_numvfs"), incomplete, "ens5f0 lacks sriov_numvfs", "ens5f0 sriov_numvfs", "8", unknown},
		{"network.device", "without virtual functions", without(card+"/sriov_numvfs", card+"/sriov_totalvfs"), discovered, "", "ens5f0 sriov_totalvfs", "128", lacking},
		{"network.device", "an interface unreadable", closed(eth), incomplete, "ens5f0 is left out", "ens5f0 speed", "100000", unknown},
		{"network.device", "a link that leads nowhere", without(eth), incomplete, "ens5f0 is left out", "ens5f0 speed", "100000", unknown},
		{"network.device", "no interface", mask("sys/class/net"), absent, "", "ens5f0 speed", "100000", nothing},
		{"network.device", "a kernel without network", without("sys/class/net"), absent, "", "ens5f0 speed", "100000", nothing},
		{"network.device", "no sysfs", without("sys"), unreadable, noSysfs, "ens5f0 speed", "100000", unknown},
		{"network.device", "unreadable", closed("sys/class/net"), unreadable, denied, "ens5f0 speed", "100000", unknown},

		{"network.virtual", "whole", unchanged(), discovered, "", "bond0 mtu", "9000", found},
		{"network.virtual", "an interface of a device", unchanged(), discovered, "", "ens5f0 mtu", "9000", nothing},
		{"network.virtual", "a file beside the interfaces", unchanged(), discovered, "", "bonding_masters mtu", "", nothing},
		{"network.virtual", "no device any more", without(eth + "/device"), discovered, "", "ens5f0 mtu", "9000", found},
		{"network.virtual", "one unreadable, not found", closed(bond + "/mtu"), incomplete, "bond0 lacks mtu", "bond0 mtu", "9000", unknown},
		{"network.virtual", "an interface unreadable", closed(eth), incomplete, "ens5f0 is left out", "ens5f0 mtu", "9000", unknown},
		{"network.virtual", "a kernel without network", without("sys/class/net"), absent, "", "bond0 mtu", "9000", nothing},
		{"network.virtual", "no sysfs", without("sys"), unreadable, noSysfs, "bond0 mtu", "9000", unknown},
		{"network.virtual", "unreadable", closed("sys/class/net"), unreadable, denied, "bond0 mtu", "9000", unknown},

		{"storage.block", "whole", unchanged(), discovered, "", "sda zoned", "host-managed", found},
		{"storage.block", "one missing", without(disk + "/queue/dax"), discovered, "", "sda dax", "0", lacking},
		{"storage.block", "all missing", then(without(disk), with("-- "+disk+"/size --\n8\n")), discovered, "", "sda dax", "0", lacking},
		{"storage.block", "one unreadable, not found", closed(disk + "/queue/zoned"), incomplete, "sda lacks zoned", "sda zoned", "host-managed", unknown},
		{"storage.block", "one unreadable, found", closed(disk + "/queue/zoned"), incomplete, denied, "sda rotational", "1", perhaps},
		{"storage.block", "a device unreadable", closed(disk), incomplete, denied, "sda rotational", "1", unknown},
		{"storage.block", "a link that leads nowhere", without(disk), incomplete, "sda is left out", "sda dax", "0", unknown},
		{"storage.block", "a kernel without block devices", without("sys/block"), absent, "", "sda zoned", "host-managed", nothing},
		{"storage.block", "no sysfs", without("sys"), unreadable, noSysfs, "sda zoned", "host-managed", unknown},
		{"storage.block", "unreadable", closed("sys/block"), unreadable, denied, "sda zoned", "host-managed", unknown},

		{"usb.device", "whole", unchanged(), discovered, "", "0407 class", "0b", found},
		{"usb.device", "a class of its own", with("-- " + key + "/bDeviceClass --\ne0\n"), discovered, "", "0407 class", "e0", found},
		{"usb.device", "no serial number", unchanged(), discovered, "", "0249 serial", "", lacking},
		{"usb.device", "an empty serial number", with("-- " + key + "/serial --\n\n"), discovered, "", "0407 serial", "", lacking},
		{"usb.device", "serial number unreadable", closed(key + "/serial"), incomplete, "1-2 lacks serial", "0407 serial", "FIPS 12345678", unknown},
		{"usb.device", "product unreadable", closed(key + "/idProduct"), incomplete, "1-2 lacks device", "0407 vendor", "1050", unknown},
		{"usb.device", "class unreadable, not found", closed(key + "/bDeviceClass"), incomplete, "1-2 lacks class", "0407 class", "0b", unknown},
		{"usb.device", "class unreadable, found", closed(key + "/bDeviceClass"), incomplete, denied, "0407 vendor", "1050", perhaps},
		{"usb.device", "an interface unreadable, not found", closed(key + "/1-2:1.1/bInterfaceClass"), incomplete, "interface 1-2:1.1", "0407 class", "0b", another},
		{"usb.device", "an interface unreadable, found", closed(key + "/1-2:1.1/bInterfaceClass"), incomplete, denied, "0407 class", "03", perhaps},
		{"usb.device", "not configured", without(key+"/1-2:1.0", key+"/1-2:1.1"), discovered, "", "0407 vendor", "1050", nothing},
		{"usb.device", "no device", without(key + "/idProduct"), discovered, "", "0407 vendor", "1050", nothing},
		{"usb.device", "a device unreadable", closed(key), incomplete, "1-2 lacks device", "0407 vendor", "1050", unknown},
		{"usb.device", "a link that leads nowhere", without(key), incomplete, "1-2 is left out", "0407 vendor", "1050", unknown},
		{"usb.device", "no USB", without("sys/bus/usb"), absent, "", "0407 vendor", "1050", nothing},
		{"usb.device", "no sysfs", without("sys"), unreadable, "neither is /sys/bus", "0407 vendor", "1050", unknown},
		{"usb.device", "unreadable", closed("sys/bus/usb/devices"), unreadable, denied, "0407 vendor", "1050", unknown},

		{"local.feature", "whole", unchanged(), discovered, "", "vendor.example/rack", "b-17", found},
		{"local.feature", "the later file counts", unchanged(), discovered, "", "vendor.example/room", "14", found},
		{"local.feature", "below a link", unchanged(), discovered, "", "vendor.example/driver", "550.54.15", found},
		{"local.feature", "not for rules", unchanged(), discovered, "", "vendor.example/managed", "yes", lacking},
		{"local.feature", "expired", unchanged(), discovered, "", "vendor.example/warranty", "true", lacking},
		{"local.feature", "hidden", unchanged(), discovered, "", "vendor.example/never", "true", lacking},
		{"local.feature", "nobody wrote any", without("etc/kubernetes"), absent, "", "vendor.example/rack", "b-17", lacking},
		{"local.feature", "no place to look", without("etc"), unreadable, "neither is /etc", "vendor.example/rack", "b-17", unknown},
		{"local.feature", "unreadable", closed(local), unreadable, denied, "vendor.example/rack", "b-17", unknown},
		{"local.feature", "one unreadable, not found", closed(driver), incomplete, "20-driver", "vendor.example/driver", "550.54.15", unknown},
		{"local.feature", "one unreadable, found", closed(driver), incomplete, denied, "vendor.example/rack", "b-17", found},
		{"local.feature", "a link that leads nowhere", without(driver), incomplete, "20-driver", "vendor.example/driver", "550.54.15", unknown},
		{"local.feature", "beside it a directory and a pipe", with("-- " + local + "/dir/file --\na\n-- " + local + "/pipe (fifo) --\n"), discovered, "", "a", "true", lacking},
		{"local.feature", "as large as may be", with("-- " + rack + " --\nbig=1\n# " + strings.Repeat("x", 64<<10-9) + "\n"), discovered, "", "big", "1", found},
		{"local.feature", "too large", with("-- " + rack + " --\nbig=1\n# " + strings.Repeat("x", 64<<10-8) + "\n"), incomplete, "10-rack: more than it may hold", "big", "1", unknown},

		{"local.label", "whole", unchanged(), discovered, "", "vendor.example/rack", "b-17", found},
		{"local.label", "the later file counts", unchanged(), discovered, "", "vendor.example/room", "14", found},
		{"local.label", "no label", unchanged(), discovered, "", "vendor.example/driver", "550.54.15", lacking},
		{"local.label", "a label alone", unchanged(), discovered, "", "vendor.example/managed", "yes", found},
		{"local.label", "nobody wrote any", without("etc/kubernetes"), absent, "", "vendor.example/rack", "b-17", lacking},
		{"local.label", "unreadable", closed(local), unreadable, denied, "vendor.example/rack", "b-17", unknown},
		{"local.label", "one unreadable, not found", closed(rack), incomplete, "10-rack", "vendor.example/rack", "b-17", unknown},
	}
	for _, test := range tests {
		t.Run(test.feature+"/"+test.name, func(t *testing.T) {
			t.Parallel()
			set := discover(t, test.change(xeon(t)).FS(), test.feature)
			status := set.Status(test.feature)
			if status.State != test.state {
				t.Errorf("state %s, want %s; reasons %q", status.State, test.state, status.Reasons)
			}
			if got := strings.Join(status.Reasons, "\n"); !strings.Contains(got, test.reason) || (got == "") != (test.reason == "") {
				t.Errorf("reasons %q, want %q among them", got, test.reason)
			}
			if got := outcomes(t, set, test.feature, test.element, test.value); got != test.outcomes {
				t.Errorf("Exists, DoesNotExist and In %q of %s are %s, want %s; %+v", test.value, test.element, got, test.outcomes, set.Features)
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

// TestOutcomesOfRefusedAttributes: an attribute that the kernel says is nothing for this device is not there; one that could
// not be had, for whatever other reason, is unknown.
func TestOutcomesOfRefusedAttributes(t *testing.T) {
	t.Parallel()
	files := map[string]string{
		"network.device ens5f0 speed":        "sys/devices/pci0000:4a/0000:4a:02.0/0000:4b:00.0/net/ens5f0/speed",
		"network.device ens5f0 sriov_numvfs": "sys/devices/pci0000:4a/0000:4a:02.0/0000:4b:00.0/sriov_numvfs",
		"network.virtual bond0 speed":        "sys/devices/virtual/net/bond0/speed",
		"storage.block sda zoned":            "sys/devices/pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0/block/sda/queue/zoned",
		"memory.nv namespace0.0 mode":        "sys/devices/LNXSYSTM:00/LNXSYBUS:00/ACPI0012:00/ndbus0/region0/namespace0.0/mode",
		"usb.device 0407 serial":             "sys/devices/pci0000:00/0000:00:14.0/usb1/1-2/serial",
	}
	for errno, want := range map[syscall.Errno]string{
		syscall.EINVAL: "-+-", syscall.EOPNOTSUPP: "-+-", syscall.ENODEV: "-+-", syscall.ENOENT: "-+-",
		syscall.EIO: "???", syscall.EACCES: "???", syscall.EBUSY: "???", syscall.ENXIO: "???",
	} {
		for element, file := range files {
			feature, element, _ := strings.Cut(element, " ")
			set := discover(t, refusing{xeon(t).FS(), file, errno}, feature)
			if got := outcomes(t, set, feature, element, "x"); got != want {
				t.Errorf("%s %s, refused with %v: %s, want %s", feature, element, errno, got, want)
			}
			if got := set.Status(feature); (got.State == features.Discovered) != (want == "-+-") {
				t.Errorf("%s, %s refused with %v: %+v", feature, element, errno, got)
			}
		}
	}
}

// TestOutcomesOfRefusedDirectories: a device whose directory cannot be listed has interfaces that nobody knows.
func TestOutcomesOfRefusedDirectories(t *testing.T) {
	t.Parallel()
	set := discover(t, refusing{xeon(t).FS(), "sys/devices/pci0000:00/0000:00:14.0/usb1/1-2", syscall.EIO}, "usb.device")
	if got := outcomes(t, set, "usb.device", "0407 class", "0b"); got != "???" {
		t.Errorf("got %s", got)
	}
	if got := set.Status("usb.device").Reasons; len(got) != 1 || !strings.Contains(got[0], "1-2 lacks its interfaces: ") {
		t.Errorf("reasons %q", got)
	}
}

// then makes two changes, one after the other.
func then(first, second hostChange) hostChange {
	return func(t *hosttest.Tree) *hosttest.Tree { return second(first(t)) }
}

// outcomes are those of Exists, DoesNotExist and In on an element, for an instance feature of the instance of that name, or
// of that USB product.
func outcomes(t *testing.T, set *features.Set, feature, element, value string) string {
	t.Helper()
	id, of, isInstance := strings.Cut(element, " ")
	var all spec.Compatibility
	for _, e := range []nfdv1alpha1.MatchExpression{
		{Op: nfdv1alpha1.MatchExists}, {Op: nfdv1alpha1.MatchDoesNotExist}, {Op: nfdv1alpha1.MatchIn, Value: []string{value}},
	} {
		expressions := nfdv1alpha1.MatchExpressionSet{element: &e}
		if isInstance {
			key := "name"
			if feature == "usb.device" {
				key = "device"
			}
			expressions = nfdv1alpha1.MatchExpressionSet{key: {Op: nfdv1alpha1.MatchIn, Value: []string{id}}, of: &e}
		}
		all.Rules = append(all.Rules, nfdv1alpha1.GroupRule{
			MatchFeatures: nfdv1alpha1.FeatureMatcher{{Feature: feature, MatchExpressions: &expressions}},
		})
	}
	program, findings := validate.Compile(&spec.Spec{Version: spec.Version, Compatibilities: []spec.Compatibility{all}}, validate.Options{})
	if program == nil {
		t.Fatal(findings)
	}
	report, err := program.Evaluate(t.Context(), set)
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, rule := range report.Results[0].Sets[0].Rules {
		got.WriteString(map[validate.Outcome]string{validate.Match: "+", validate.Mismatch: "-", validate.Unknown: "?"}[rule.Outcome])
	}
	return got.String()
}

// refusing is a file system of which one file or directory can be opened and not read, as those of sysfs whose driver has
// nothing to tell.
type refusing struct {
	fs.FS
	name string
	err  error
}

func (r refusing) Open(name string) (fs.File, error) {
	file, err := r.FS.Open(name)
	if name == r.name && err == nil {
		return refusedFile{file, &fs.PathError{Op: "read", Path: name, Err: r.err}}, nil
	}
	return file, err
}

func (r refusing) Lstat(name string) (fs.FileInfo, error) { return fs.Lstat(r.FS, name) }
func (r refusing) ReadLink(name string) (string, error)   { return fs.ReadLink(r.FS, name) }

type refusedFile struct {
	fs.File
	err error
}

func (f refusedFile) Read([]byte) (int, error) { return 0, f.err }

func (f refusedFile) ReadDir(int) ([]fs.DirEntry, error) { return nil, f.err }
