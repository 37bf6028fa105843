package features_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nfd-compat/nfd-compat/internal/hosttest"
	"github.com/nfd-compat/nfd-compat/pkg/features"
)

// TestStatesOfOwnFeatures: what is missing or unreadable of a source of our own features, and what the state is then. Each case
// is a host of its own, with a kernel and a sysfs.
func TestStatesOfOwnFeatures(t *testing.T) {
	t.Parallel()
	const base = "-- proc/sys/kernel/osrelease --\n6.8.0-45-generic\n-- sys/devices/x --\n-- sys/kernel/x --\n-- sys/fs/x --\n"
	const device = "sys/bus/pci/devices/0000:17:00.0/"
	const pci = "-- " + device + "class --\n0x020700\n-- " + device + "vendor --\n0x15b3\n-- " + device + "device --\n0x1021\n"
	tests := []struct {
		feature, name, archive string
		unreadable             []string
		want                   features.State
		reason                 string
		flags                  []string
		attributes             map[string]string
		instances              []map[string]string
	}{
		{"kernel.release", "taken apart", "", nil, features.Discovered, "", nil, map[string]string{"version": "6.8.0", "build": "45", "flavor": "generic", "full": "6.8.0-45-generic"}, nil},
		{"kernel.release", "closed", "", []string{"proc/sys/kernel/osrelease"}, features.Unreadable, "permission denied", nil, nil, nil},

		{"kernel.cmdline", "some", "-- proc/cmdline --\nro intel_iommu=on password=secret nosmt\n", nil, features.Discovered, "", nil, map[string]string{"intel_iommu": "on", "nosmt": "true"}, nil},
		{"kernel.cmdline", "nothing that is told", "-- proc/cmdline --\nro password=secret\n", nil, features.Absent, "", nil, map[string]string{}, nil},
		{"kernel.cmdline", "missing", "", nil, features.Unreadable, "proc/cmdline", nil, nil, nil},

		{"kernel.lsm", "listed", "-- sys/kernel/security/lsm --\ncapability,apparmor\n", nil, features.Discovered, "", []string{"apparmor", "capability"}, nil, nil},
		{"kernel.lsm", "closed", "-- sys/kernel/security/lsm --\ncapability\n", []string{"sys/kernel/security/lsm"}, features.Unreadable, "permission denied", nil, nil, nil},
		{
			"kernel.lsm", "without securityfs", "-- sys/module/apparmor/parameters/enabled --\nY\n-- sys/fs/selinux/enforce --\n1", nil,
			features.Incomplete, "securityfs is not mounted",
			[]string{"apparmor", "selinux"},
			nil, nil,
		},
		{"kernel.lsm", "without securityfs, AppArmor off", "-- sys/module/apparmor/parameters/enabled --\nN\n", nil, features.Incomplete, "securityfs", nil, nil, nil},

		{"kernel.sysctl", "some", "-- proc/sys/vm/max_map_count --\n65530\n-- proc/sys/fs/nr_open --\n1024\n", nil, features.Discovered, "", nil, map[string]string{"vm.max_map_count": "65530", "fs.nr_open": "1024"}, nil},
		{
			"kernel.sysctl", "one closed", "-- proc/sys/vm/max_map_count --\n65530\n-- proc/sys/fs/nr_open --\n1024\n",
			[]string{"proc/sys/fs/nr_open"},
			features.Incomplete, "fs.nr_open is left out: read /proc/sys/fs/nr_open: permission denied", nil,
			map[string]string{"vm.max_map_count": "65530"},
			nil,
		},

		{"kernel.module", "versions", "-- sys/module/efa/version --\n2.13.0g\n-- sys/module/ext4/initstate --\nlive\n", nil, features.Discovered, "", nil, map[string]string{"efa": "2.13.0", "efa_raw": "2.13.0g"}, nil},
		{
			"kernel.module", "one closed", "-- sys/module/efa/version --\n2.13.0g\n-- sys/module/nvidia/version --\n550.54.15\n",
			[]string{"sys/module/efa/version"},
			features.Incomplete, "the version of module efa is left out",
			nil,
			map[string]string{"nvidia": "550.54.15", "nvidia_raw": "550.54.15"},
			nil,
		},
		{"kernel.module", "missing", "", nil, features.Absent, "", nil, map[string]string{}, nil},

		{
			"kernel.modulestate", "all three", "-- proc/modules --\nefa 1 0 - Live 0x0\n-- sys/module/efa/version --\n2.13.0g\n-- sys/module/efa/srcversion --\nABC\n" +
				"-- lib/modules/6.8.0-45-generic/modules.builtin --\nkernel/crypto/crc32c-generic.ko\n" +
				"-- lib/modules/6.8.0-45-generic/modules.dep --\nkernel/a/vfio-pci.ko.zst: kernel/b.ko.zst\nupdates/efa.ko:\n",
			nil,
			features.Discovered, "",
			nil, nil,
			[]map[string]string{
				{"name": "efa", "state": "loaded", "version": "2.13.0", "version_raw": "2.13.0g", "srcversion": "ABC"},
				{"name": "crc32c_generic", "state": "builtin"},
				{"name": "vfio_pci", "state": "available"},
			},
		},
		{
			"kernel.modulestate", "no lists", "-- proc/modules --\nefa 1 0 - Live 0x0\n", nil,
			features.Incomplete, "modules.dep",
			nil, nil,
			[]map[string]string{{"name": "efa", "state": "loaded"}},
		},
		{
			"kernel.modulestate", "hidden", "-- sys/module/efa/initstate --\nlive\n", nil,
			features.Unreadable, "/proc/modules is not there, though the kernel has modules, as /sys/module/efa/initstate shows",
			nil, nil, nil,
		},
		{"kernel.modulestate", "closed", "-- proc/modules --\nefa 1 0 - Live 0x0\n", []string{"proc/modules"}, features.Unreadable, "permission denied", nil, nil, nil},

		{
			"pci.driver", "bound and not", pci + "-- sys/bus/pci/drivers/mlx5_core/bind --\n-- sys/module/mlx5_core/version --\n24.10-1.1.4\n" +
				"-- " + device + "driver -> ../../drivers/mlx5_core --\n-- sys/bus/pci/drivers/mlx5_core/module -> ../../../../module/mlx5_core --\n", nil,
			features.Discovered, "",
			nil, nil,
			[]map[string]string{{"pci_address": "0000:17:00.0", "class": "0207", "vendor": "15b3", "device": "1021", "driver": "mlx5_core", "driver_version": "24.10", "driver_version_raw": "24.10-1.1.4"}},
		},
		{"pci.driver", "none bound", pci, nil, features.Discovered, "", nil, nil, []map[string]string{{"pci_address": "0000:17:00.0", "class": "0207", "vendor": "15b3", "device": "1021"}}},
		{"pci.driver", "closed", pci, []string{device + "vendor"}, features.Incomplete, "PCI device 0000:17:00.0 is left out", nil, nil, nil},
		{"pci.driver", "no class", pci + "-- " + device + "class --\n\n", nil, features.Incomplete, `parse /sys/bus/pci/devices/0000:17:00.0/class: "" is no number`, nil, nil, nil},
		{"gpu.device", "no class", pci + "-- " + device + "class --\n\n", nil, features.Incomplete, `0000:17:00.0/class: "" is no number of 4 hexadecimal digits`, nil, nil, nil},
		{"gpu.device", "an odd class", pci + "-- " + device + "class --\n0x03\n", nil, features.Incomplete, `"03" is no number`, nil, nil, nil},
		{"gpu.device", "an odd vendor", pci + "-- " + device + "class --\n0x030200\n-- " + device + "vendor --\n0x10DE\n", nil, features.Incomplete, `"10DE" is no number`, nil, nil, nil},
		{"gpu.device", "no device", pci + "-- " + device + "class --\n0x030200\n-- " + device + "device --\n\n", nil, features.Incomplete, "0000:17:00.0/device", nil, nil, nil},
		{"gpu.device", "closed class", pci, []string{device + "class"}, features.Incomplete, "PCI device 0000:17:00.0, whatever it is, is left out", nil, nil, nil},
		{"gpu.summary", "no class", pci + "-- " + device + "class --\n\n", nil, features.Incomplete, `0000:17:00.0/class: "" is no number`, nil, map[string]string{}, nil},
		{"gpu.summary", "closed class", pci, []string{device + "class"}, features.Incomplete, "0000:17:00.0/class: permission denied", nil, map[string]string{}, nil},
		{"accel.device", "no class", pci + "-- " + device + "class --\n\n", nil, features.Incomplete, `0000:17:00.0/class: "" is no number`, nil, nil, nil},
		{"accel.device", "closed class", pci, []string{device + "class"}, features.Incomplete, "0000:17:00.0/class: permission denied", nil, nil, nil},
		{"pci.driver", "no bus", "-- sys/bus/usb/ --\n", nil, features.Absent, "", nil, nil, nil},
		{"pci.driver", "no buses", "", nil, features.Unreadable, "neither is /sys/bus", nil, nil, nil},

		{
			"network.driver", "a card", "-- sys/class/net/ib0/type --\n32\n-- sys/class/net/ib0/speed --\n400000\n-- sys/class/net/ib0/device/vendor --\n0x15b3\n" +
				"-- sys/class/net/ib0/device/device --\n0x1021\n-- sys/class/net/lo/type --\n772\n", nil,
			features.Discovered, "",
			nil, nil,
			[]map[string]string{{"name": "ib0", "link_type": "infiniband", "speed": "400000", "vendor": "15b3", "device": "1021"}},
		},
		{
			"network.driver", "of virtio", "-- sys/class/net/eth0/type --\n1\n-- sys/class/net/eth0/speed --\n-1\n-- sys/class/net/eth0/device -> ../../../devices/pci0000:00/0000:00:03.0/virtio0 --\n" +
				"-- sys/devices/pci0000:00/0000:00:03.0/virtio0/vendor --\n0x1af4\n-- sys/devices/pci0000:00/0000:00:03.0/virtio0/device --\n0x0001\n" +
				"-- sys/devices/pci0000:00/0000:00:03.0/virtio0/driver -> ../../../../bus/virtio/drivers/virtio_net --\n-- sys/bus/virtio/drivers/virtio_net/ --\n", nil,
			features.Discovered, "",
			nil, nil,
			[]map[string]string{{"name": "eth0", "link_type": "ethernet", "driver": "virtio_net"}},
		},
		{
			"network.driver", "on the bus", "-- sys/class/net/ens5/speed --\n-1\n-- sys/class/net/ens5/device -> ../../../devices/pci0000:00/0000:00:05.0 --\n" +
				"-- sys/devices/pci0000:00/0000:00:05.0/vendor --\n0x1d0f\n-- sys/devices/pci0000:00/0000:00:05.0/device --\n0xec20\n", nil,
			features.Discovered, "",
			nil, nil,
			[]map[string]string{{"name": "ens5", "vendor": "1d0f", "device": "ec20"}},
		},
		{
			"kernel.module", "an epoch", "-- sys/module/lpfc/version --\n0:14.4.0.8\n-- sys/module/odd/version --\n0:next\n-- sys/module/huge/version --\n99999999999999999999.1\n", nil,
			features.Discovered, "",
			nil,
			map[string]string{"lpfc": "14.4.0", "lpfc_raw": "0:14.4.0.8", "odd_raw": "0:next", "huge_raw": "99999999999999999999.1"},
			nil,
		},
		{"network.driver", "no card", "-- sys/class/net/lo/type --\n772\n", nil, features.Absent, "", nil, nil, nil},

		{
			"system.cgroup", "version 2", "-- sys/fs/cgroup/cgroup.controllers --\ncpu memory\n", nil, features.Discovered, "", nil,
			map[string]string{"version": "2", "controllers.cpu": "true", "controllers.memory": "true"},
			nil,
		},
		{
			"system.cgroup", "hybrid", "-- sys/fs/cgroup/unified/cgroup.controllers --\n\n-- proc/cgroups --\nmemory\t4\t100\t1\n", nil, features.Discovered, "", nil,
			map[string]string{"version": "hybrid", "controllers.memory": "true"},
			nil,
		},
		{
			"system.cgroup", "version 1", "-- sys/fs/cgroup/memory/tasks --\n-- proc/cgroups --\nmemory\t4\t100\t1\n", nil, features.Discovered, "", nil,
			map[string]string{"version": "1", "controllers.memory": "true"},
			nil,
		},
		{"system.cgroup", "controllers closed", "-- sys/fs/cgroup/memory/tasks --\n", nil, features.Incomplete, "proc/cgroups", nil, map[string]string{"version": "1"}, nil},
		{"system.cgroup", "missing", "", nil, features.Absent, "", nil, map[string]string{}, nil},

		{"system.selinux", "enforcing", "-- sys/fs/selinux/enforce --\n1\n", nil, features.Discovered, "", nil, map[string]string{"mode": "enforcing"}, nil},
		{
			"system.selinux", "permissive", "-- sys/fs/selinux/enforce --\n0\n-- etc/selinux/config --\nSELINUX=enforcing\nSELINUXTYPE=targeted\n", nil, features.Discovered, "", nil,
			map[string]string{"mode": "permissive", "type": "targeted"},
			nil,
		},
		{"system.selinux", "disabled", "", nil, features.Discovered, "", nil, map[string]string{"mode": "disabled"}, nil},
		{"system.selinux", "not mounted", "-- sys/fs/selinux/ --\n", nil, features.Unreadable, "not mounted", nil, nil, nil},
		{"system.selinux", "active and hidden", "-- sys/kernel/security/lsm --\ncapability,selinux\n", nil, features.Unreadable, "though SELinux is active", nil, nil, nil},
		{"system.selinux", "odd", "-- sys/fs/selinux/enforce --\nmaybe\n", nil, features.Unreadable, `"maybe" is neither 0 nor 1`, nil, nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.feature+" "+tt.name, func(t *testing.T) {
			t.Parallel()
			tree := hosttest.Parse(base + tt.archive).Unreadable(tt.unreadable...)
			set := discover(t, tree.FS(), tt.feature)
			status := set.Status(tt.feature)
			if status.State != tt.want || !strings.Contains(strings.Join(status.Reasons, "\n"), tt.reason) {
				t.Errorf("status %+v, want %s with %q", status, tt.want, tt.reason)
			}
			if tt.flags != nil {
				var got []string
				for name := range set.Features.Flags[tt.feature].Elements {
					got = append(got, name)
				}
				slices.Sort(got)
				if diff := cmp.Diff(tt.flags, got); diff != "" {
					t.Errorf("flags (-want +got):\n%s", diff)
				}
			}
			if tt.attributes != nil {
				if diff := cmp.Diff(tt.attributes, set.Features.Attributes[tt.feature].Elements); diff != "" {
					t.Errorf("attributes (-want +got):\n%s", diff)
				}
			}
			if tt.instances != nil {
				var got []map[string]string
				for _, instance := range set.Features.Instances[tt.feature].Elements {
					got = append(got, instance.Attributes)
				}
				if diff := cmp.Diff(tt.instances, got); diff != "" {
					t.Errorf("instances (-want +got):\n%s", diff)
				}
			}
		})
	}
}
