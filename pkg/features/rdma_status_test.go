package features_test

import (
	"encoding/binary"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/nfd-compat/nfd-compat/internal/hosttest"
	"github.com/nfd-compat/nfd-compat/pkg/features"
)

// TestOutcomesOfFabrics: what is missing or unreadable of RDMA devices, libraries, software and CDI, and what becomes of requirements then. Each
// case changes a host of testdata/rdma. The outcomes are those of fabricOutcomes.
func TestOutcomesOfFabrics(t *testing.T) {
	t.Parallel()
	const (
		found   = "+-+" // it is there, and has the value
		other   = "+--" // it is there, and has another value
		lacking = "-+-" // it is not there
		nothing = "---" // no instance is there that could have it, or lack it
		unknown = "???"
		perhaps = "+?+" // an instance has the value, and nobody knows whether one that was not read lacks it
		another = "+??" // it is there with another value, and nobody knows of others

		discovered, absent     = features.Discovered, features.Absent
		incomplete, unreadable = features.Incomplete, features.Unreadable

		class  = "sys/class/infiniband"
		card   = "sys/devices/pci0000:16/0000:16:02.0/0000:17:00.0"
		one    = card + "/infiniband/mlx5_0"
		bond   = "sys/devices/pci0000:3a/0000:3a:00.0/0000:3b:00.0/infiniband/mlx5_bond_0"
		efa    = "sys/devices/pci0000:00/0000:00:1d.0"
		siw    = "sys/devices/virtual/infiniband/siw_lo"
		usrLib = "usr/lib/x86_64-linux-gnu"
		denied = "permission denied"
	)
	noCache := without(cacheAt)
	manyMPIs := func(tree *hosttest.Tree) *hosttest.Tree {
		var all []hosttest.CachedLibrary
		for i := range 300 {
			all = append(all, cached(fmt.Sprintf("/lib64/libmpi.so.%d", i)))
			tree = tree.Put(fmt.Sprintf("usr/lib64/libmpi.so.%d", i), nil)
		}
		return tree.Put(cacheAt, cache(all...))
	}
	put := func(name string, data []byte) hostChange {
		return func(tree *hosttest.Tree) *hosttest.Tree { return tree.Put(name, data) }
	}
	tests := []struct {
		feature, name, host string
		change              hostChange
		state               features.State
		reason              string // what a reason must contain
		element, value      string
		outcomes            string
	}{
		{"rdma.device", "whole", "mlx5", unchanged(), discovered, "", "name=mlx5_0 driver", "mlx5_core", found},
		{"rdma.device", "not active", "mlx5", unchanged(), discovered, "", "name=mlx5_1 rate_gbps", "2", lacking},
		{"rdma.device", "none", "none", unchanged(), absent, "", "name=mlx5_0 driver", "mlx5_core", nothing},
		{"rdma.device", "no driver for RDMA loaded", "mlx5", without(class), absent, "", "name=mlx5_0 driver", "mlx5_core", nothing},
		{"rdma.device", "no sysfs", "mlx5", without("sys"), unreadable, "neither is /sys/devices", "name=mlx5_0 driver", "mlx5_core", unknown},
		{"rdma.device", "closed", "mlx5", closed(class), unreadable, denied, "name=mlx5_0 driver", "mlx5_core", unknown},
		{"rdma.device", "one that leads nowhere", "mlx5", with("-- " + class + "/mlx5_2 -> ../../devices/gone --\n"), incomplete, "RDMA device mlx5_2 is left out", "name=mlx5_0 driver", "mlx5_core", perhaps},
		{"rdma.device", "a file beside", "mlx5", with("-- " + class + "/abi_version --\n1\n"), discovered, "", "name=mlx5_0 driver", "mlx5_core", found},
		{"rdma.device", "firmware closed", "mlx5", closed(one + "/fw_ver"), incomplete, "RDMA device mlx5_0 lacks fw_ver", "name=mlx5_0 fw_version", "28.39.3004", unknown},
		{"rdma.device", "firmware closed, the driver", "mlx5", closed(one + "/fw_ver"), incomplete, denied, "name=mlx5_0 driver", "mlx5_core", perhaps},
		{"rdma.device", "no firmware", "mlx5", without(one + "/fw_ver"), discovered, "", "name=mlx5_0 fw_version", "28.39.3004", lacking},
		{"rdma.device", "state closed", "mlx5", closed(one + "/ports/1/state"), incomplete, "port 1 of RDMA device mlx5_0 lacks state", "name=mlx5_0 ports_active", "1", unknown},
		{"rdma.device", "state missing", "mlx5", without(one + "/ports/1/state"), incomplete, "tells nothing", "name=mlx5_0 ports_active", "1", unknown},
		{"rdma.device", "rate closed", "mlx5", closed(one + "/ports/1/rate"), incomplete, "lacks rate", "name=mlx5_0 rate_gbps", "400", unknown},
		{"rdma.device", "rate of another form", "mlx5", with("-- " + one + "/ports/1/rate --\nfast\n"), incomplete, `parse "fast"`, "name=mlx5_0 rate_gbps", "400", unknown},
		{"rdma.device", "ports closed", "mlx5", closed(one + "/ports"), incomplete, "mlx5_0 lacks its ports", "name=mlx5_0 ports_active", "0", unknown},
		{"rdma.device", "link layer closed", "mlx5", closed(one + "/ports/1/link_layer"), incomplete, denied, "name=mlx5_0 link_layer", "InfiniBand", unknown},
		{"rdma.device", "ports that differ", "roce", unchanged(), discovered, "", "name=mlx4_0 link_layer", "Ethernet", lacking},
		{"rdma.device", "a bond", "roce", unchanged(), discovered, "", "name=mlx5_bond_0 link_layer", "Ethernet", found},
		{"rdma.device", "driver closed", "mlx5", closed("sys/bus/pci"), incomplete, "mlx5_0 lacks its driver", "name=mlx5_0 driver", "mlx5_core", unknown},
		{"rdma.device", "driver closed, EFA?", "mlx5", closed("sys/bus/pci"), incomplete, denied, "name=mlx5_0 is_efa", "false", perhaps},
		{"rdma.device", "no driver bound", "mlx5", without(card + "/driver"), discovered, "", "name=mlx5_0 driver", "mlx5_core", lacking},
		{"rdma.device", "vendor closed", "mlx5", closed(card + "/vendor"), incomplete, "mlx5_0 lacks vendor", "name=mlx5_0 vendor", "15b3", unknown},
		{"rdma.device", "EFA", "efa", unchanged(), discovered, "", "name=rdmap0s29 is_efa", "true", found},
		{"rdma.device", "EFA without its driver", "efa", without(efa + "/driver"), discovered, "", "name=rdmap0s29 is_efa", "true", found},
		{"rdma.device", "EFA by its driver alone", "efa", closed(efa + "/vendor"), incomplete, denied, "name=rdmap0s29 is_efa", "true", perhaps},
		{"rdma.device", "EFA or not", "efa", closed("sys/bus/pci", efa+"/vendor"), incomplete, denied, "name=rdmap0s29 is_efa", "true", unknown},
		{
			"rdma.device", "EFA or not, without a device", "none", with("-- " + class + "/rdmap0s6/node_type --\n7: unspecified\n-- " + class + "/rdmap0s6/ports/1/state --\n4: ACTIVE\n" +
				"-- " + class + "/rdmap0s6/ports/1/phys_state --\n5: LinkUp\n-- " + class + "/rdmap0s6/ports/1/rate --\n100 Gb/sec (4X EDR)\n-- " + class + "/rdmap0s6/ports/1/link_layer --\nUnknown\n"),
			incomplete, "lacks is_efa", "name=rdmap0s6 is_efa", "false", unknown,
		},
		{"rdma.device", "EFA tells no firmware", "efa", unchanged(), discovered, "", "name=rdmap0s29 fw_version", "0.0.0", lacking},
		{"rdma.device", "software over a card", "rxe", unchanged(), discovered, "", "name=rxe1 vendor", "15b3", lacking},
		{"rdma.device", "software or not", "rxe", closed(siw + "/node_desc"), incomplete, "siw_lo lacks its driver", "name=siw_lo driver", "siw", unknown},
		{"rdma.device", "iWARP of a card", "mlx5", with("-- " + one + "/node_type --\n4: RNIC\n"), discovered, "", "name=mlx5_0 driver", "mlx5_core", found},

		{"rdma.port", "whole", "mlx5", unchanged(), discovered, "", "device=mlx5_0 state", "ACTIVE", found},
		{"rdma.port", "down", "mlx5", unchanged(), discovered, "", "device=mlx5_1 state", "ACTIVE", other},
		{"rdma.port", "none", "none", unchanged(), absent, "", "device=mlx5_0 state", "ACTIVE", nothing},
		{"rdma.port", "no sysfs", "mlx5", without("sys"), unreadable, "neither is /sys/devices", "device=mlx5_0 state", "ACTIVE", unknown},
		{"rdma.port", "state closed", "mlx5", closed(one + "/ports/1/state"), incomplete, denied, "device=mlx5_0 state", "ACTIVE", unknown},
		{"rdma.port", "state closed, another", "mlx5", closed(one + "/ports/1/state"), incomplete, denied, "device=mlx5_1 state", "DOWN", perhaps},
		{"rdma.port", "ports closed", "mlx5", closed(one + "/ports"), incomplete, denied, "device=mlx5_0 state", "ACTIVE", unknown},
		{"rdma.port", "no word for it", "rxe", unchanged(), discovered, "", "device=siw_lo phys_state", "LinkUp", lacking},

		{"system.library", "whole", "roce", unchanged(), discovered, "", "name=libcuda version", "550.54.15", found},
		{"system.library", "not there", "roce", unchanged(), discovered, "", "name=libnccl version", "2.21.5", nothing},
		{"system.library", "the C library", "efa", unchanged(), discovered, "", "name=libc version", "2.34", found},
		{"system.library", "removed since", "roce", without(usrLib + "/libcuda.so.550.54.15"), discovered, "", "name=libcuda version", "550.54.15", nothing},
		{"system.library", "a file that is not named after its version", "roce", with("-- " + usrLib + "/libcuda.so.1 --\n"), incomplete, "libcuda lacks its version", "name=libcuda version", "550.54.15", unknown},
		{"system.library", "libcuda of a Tegra", "roce", with("-- " + usrLib + "/libcuda.so.1 -> libcuda.so.1.1 --\n-- " + usrLib + "/libcuda.so.1.1 --\n"), incomplete, "libcuda lacks its version", "name=libcuda version", "1.1", unknown},
		{"system.library", "no pkg-config file, ABI alone", "roce", without(usrLib + "/openmpi/lib/pkgconfig"), incomplete, "libmpi lacks its version", "name=libmpi version", "40.20.3", unknown},
		{"system.library", "no pkg-config file, the soname", "roce", without(usrLib + "/openmpi/lib/pkgconfig"), incomplete, "", "name=libmpi soname", "libmpi.so.40", perhaps},
		{"system.library", "no pkg-config file, the name tells", "roce", without(usrLib + "/pkgconfig"), discovered, "", "name=libibverbs version", "1.14.39", found},
		{"system.library", "pkg-config file beside the link", "roce", with("-- " + usrLib + "/pkgconfig/libibverbs.pc --\nVersion: 1.14.40.0\n"), discovered, "", "name=libibverbs version", "1.14.40", found},
		{"system.library", "pkg-config file closed", "roce", closed(usrLib + "/openmpi/lib/pkgconfig/ompi.pc"), incomplete, denied, "name=libmpi version", "4.0.3", unknown},
		{"system.library", "pkg-config file without version", "roce", with("-- " + usrLib + "/openmpi/lib/pkgconfig/ompi.pc --\nName: x\n"), incomplete, "ompi.pc: it tells no version", "name=libmpi version", "4.0.3", unknown},
		{"system.library", "MPICH's beside Open MPI", "roce", then(without(usrLib+"/openmpi/lib/pkgconfig/ompi.pc"), with("-- "+usrLib+"/pkgconfig/mpich.pc --\nVersion: 4.2.0\n")), incomplete, "", "name=libmpi version", "4.2.0", unknown},
		{"system.library", "no cache, the C library", "efa", noCache, incomplete, "without the loader's cache", "name=libc version", "2.34", perhaps},
		{"system.library", "no cache, another", "efa", noCache, incomplete, "without the loader's cache", "name=libefa version", "1.3.52", unknown},
		{"system.library", "no cache, no C library", "rxe", unchanged(), unreadable, "without the loader's cache", "name=libc version", "2.34", unknown},
		{"system.library", "musl", "none", unchanged(), incomplete, "without the loader's cache", "name=libc version", "1.2.5", perhaps},
		{"system.library", "musl of another version", "none", unchanged(), incomplete, "", "name=libc version", "1.2.6", another},
		{"system.library", "musl that does not tell", "none", with("-- lib/ld-musl-x86_64.so.1 --\nELF\n"), incomplete, "libc lacks its version", "name=libc version", "1.2.5", unknown},
		{"system.library", "closed musl", "none", closed("lib/ld-musl-x86_64.so.1"), incomplete, "libc lacks its version", "name=libc version", "1.2.5", unknown},
		{"system.library", "closed cache", "efa", closed(cacheAt), incomplete, denied, "name=libefa version", "1.3.52", unknown},
		{"system.library", "broken cache", "efa", with("-- " + cacheAt + " --\nlibc.so.6\n"), incomplete, "it is no cache of the loader", "name=libefa version", "1.3.52", unknown},
		{"system.library", "glibc that does not tell", "efa", with("-- usr/lib64/libc.so.6 --\nELF\n"), incomplete, "libc lacks its version", "name=libc version", "2.34", unknown},
		{"system.library", "closed glibc", "efa", closed("usr/lib64/libc.so.6"), incomplete, denied, "name=libc version", "2.34", unknown},
		{"system.library", "very many", "efa", manyMPIs, incomplete, "more than 256", "name=libefa version", "1.3.52", unknown},
		{"system.library", "for certain processors", "efa", put(cacheAt, cache(hosttest.CachedLibrary{Flags: forAMD64, Soname: "libefa.so.1", Path: "/lib64/libefa.so.1", Hwcap: 1 << 62})), discovered, "", "name=libefa version", "1.3.52", found},
		{"system.library", "none of the list", "efa", then(put(cacheAt, cache(cached("/lib64/libz.so.1"))), without("usr/lib64")), absent, "", "name=libefa version", "1.3.52", nothing},

		{"system.software", "whole", "efa", unchanged(), discovered, "", "efa_installer.version", "1.34.0", found},
		{"system.software", "not there", "efa", unchanged(), discovered, "", "rocm.version", "6.2.4", lacking},
		{"system.software", "as it is written", "efa", unchanged(), discovered, "", "libfabric.version_raw", "1.22.0amzn1.0", found},
		{"system.software", "MPICH", "hfi1", unchanged(), discovered, "", "mpich.version", "3.4.2", found},
		{"system.software", "MPICH is not Open MPI", "hfi1", unchanged(), discovered, "", "openmpi.version", "3.4.2", lacking},
		{"system.software", "MPICH without its file", "hfi1", without("usr/lib64/pkgconfig"), incomplete, "mpich.version is not known: /lib64/libmpi.so.12", "mpich.version", "3.4.2", unknown},
		{"system.software", "Open MPI without its file", "roce", without(usrLib + "/openmpi/lib/pkgconfig"), incomplete, "openmpi.version is not known", "openmpi.version", "4.0.3", unknown},
		{"system.software", "in a place of its own", "mlx5", unchanged(), discovered, "", "openmpi.version", "4.1.1", found},
		{"system.software", "its file closed", "mlx5", closed("usr/lib64/openmpi/lib/pkgconfig/ompi.pc"), incomplete, denied, "openmpi.version", "4.1.1", unknown},
		{"system.software", "NVIDIA's drivers", "roce", unchanged(), discovered, "", "mlnx_ofed.version", "24.10", found},
		{"system.software", "the kernel's drivers", "roce", with("-- sys/module/mlx5_core/version --\n5.0-0\n"), discovered, "", "mlnx_ofed.version", "5.0", lacking},
		{"system.software", "drivers closed", "roce", closed("sys/module/mlx5_core/version"), incomplete, "mlnx_ofed.version is not known", "mlnx_ofed.version", "24.10", unknown},
		{"system.software", "no sysfs", "roce", without("sys"), incomplete, "mlnx_ofed.version is not known", "mlnx_ofed.version", "24.10", unknown},
		{"system.software", "ROCm", "roce", unchanged(), discovered, "", "rocm.version", "6.2.4", found},
		{"system.software", "ROCm without a link", "roce", without("opt/rocm"), discovered, "", "rocm.version", "6.2.4", found},
		{"system.software", "two of ROCm", "roce", then(without("opt/rocm"), with("-- opt/rocm-5.7.0/x --\n")), incomplete, "has 2 of them", "rocm.version", "6.2.4", unknown},
		{"system.software", "two of ROCm and a link", "roce", with("-- opt/rocm-5.7.0/x --\n"), discovered, "", "rocm.version", "6.2.4", found},
		{"system.software", "ROCm that does not tell", "roce", then(without("opt/rocm-6.2.4/.info"), with("-- opt/rocm-6.2.4/bin/rocminfo --\n")), incomplete, "rocm.version is not known", "rocm.version", "6.2.4", unknown},
		{"system.software", "ROCm of another form", "roce", with("-- opt/rocm-6.2.4/.info/version --\nnew\n"), incomplete, "does not tell it", "rocm.version", "6.2.4", unknown},
		{"system.software", "no /opt", "roce", without("opt"), incomplete, "neither is /opt", "rocm.version", "6.2.4", unknown},
		{"system.software", "no ROCm", "efa", unchanged(), discovered, "", "rocm.version", "6.2.4", lacking},
		{"system.software", "closed /opt", "roce", closed("opt"), incomplete, "rocm.version is not known", "rocm.version", "6.2.4", unknown},
		{"system.software", "an installer that does not tell", "efa", with("-- opt/amazon/efa_installed_packages --\nefa\n"), incomplete, "efa_installer.version is not known", "efa_installer.version", "1.34.0", unknown},
		{"system.software", "an installer's file closed", "efa", closed("opt/amazon/efa_installed_packages"), incomplete, denied, "efa_installer.version", "1.34.0", unknown},
		{"system.software", "no cache", "efa", noCache, incomplete, "without the loader's cache", "ucx.version", "1.15.0", unknown},
		{"system.software", "no /usr", "efa", without("usr"), incomplete, "/usr is not there", "ucx.version", "1.15.0", unknown},
		{"system.software", "glibc", "roce", unchanged(), discovered, "", "glibc.version", "2.31", found},
		{"system.software", "glibc for 32 bits first", "roce", then(put("usr/lib/libc-2.12.so", nil), put(cacheAt, cache(
			hosttest.CachedLibrary{Flags: for386, Soname: "libc.so.6", Path: "/usr/lib/libc-2.12.so"}, cached(libDir+"libc.so.6")))), discovered, "", "glibc.version", "2.31", found},
		{"system.software", "glibc for 32 bits alone", "roce", then(put("usr/lib/libc-2.12.so", nil), put(cacheAt, cache(
			hosttest.CachedLibrary{Flags: for386, Soname: "libc.so.6", Path: "/usr/lib/libc-2.12.so"}))), discovered, "", "glibc.version", "2.12", found},
		{"system.software", "glibc that does not tell", "efa", with("-- usr/lib64/libc.so.6 --\nELF\n"), incomplete, "glibc.version is not known", "glibc.version", "2.34", unknown},

		{"system.cdi", "whole", "roce", unchanged(), discovered, "", "kind=nvidia.com/gpu device_count", "2", found},
		{"system.cdi", "a version with a v", "roce", then(without("run/cdi"), with("-- run/x --\n-- etc/cdi/a.json --\n{\"cdiVersion\":\"v0.6.0\",\"kind\":\"a/b\"}\n")), discovered, "", "kind=a/b spec_version", "0.6.0", found},
		{"system.cdi", "no version", "roce", then(without("run/cdi"), with("-- run/x --\n-- etc/cdi/a.json --\n{\"cdiVersion\":\"latest\",\"kind\":\"a/b\"}\n")), incomplete, `"latest" is no version`, "kind=a/b spec_version", "latest", unknown},
		{"system.cdi", "another kind", "roce", unchanged(), discovered, "", "kind=amd.com/gpu device_count", "2", nothing},
		{"system.cdi", "none", "mlx5", unchanged(), absent, "", "kind=nvidia.com/gpu device_count", "2", nothing},
		{"system.cdi", "no /run, /etc", "roce", without("run", "var/run"), incomplete, "neither is /run", "kind=vendor.com/net.fast device_count", "1", perhaps},
		{"system.cdi", "no /run", "roce", without("run", "var/run"), incomplete, "neither is /run", "kind=nvidia.com/gpu device_count", "2", unknown},
		{"system.cdi", "/var/run of its own", "roce", then(without("var/run", "run"), with("-- run/x --\n-- var/run/cdi/a.yaml --\ncdiVersion: 0.5.0\nkind: a/b\n")), discovered, "", "kind=a/b device_count", "0", found},
		{"system.cdi", "no /etc", "roce", without("etc"), incomplete, "neither is /etc", "kind=nvidia.com/gpu device_count", "2", perhaps},
		{"system.cdi", "closed", "roce", closed("run/cdi"), incomplete, denied, "kind=nvidia.com/gpu device_count", "2", unknown},
		{"system.cdi", "one closed", "roce", closed("run/cdi/nvidia.yaml"), incomplete, denied, "kind=nvidia.com/gpu device_count", "2", unknown},
		{"system.cdi", "one broken", "roce", with("-- run/cdi/nvidia.yaml --\nkind: x\n"), incomplete, "parse /var/run/cdi/nvidia.yaml", "kind=nvidia.com/gpu device_count", "2", unknown},
		{"system.cdi", "one too large", "roce", put("run/cdi/nvidia.yaml", make([]byte, 1<<20+1)), incomplete, "more than it may hold", "kind=nvidia.com/gpu device_count", "2", unknown},
		{"system.cdi", "nothing", "empty", unchanged(), unreadable, "neither is /etc", "kind=nvidia.com/gpu device_count", "2", unknown},
	}
	for _, test := range tests {
		t.Run(test.feature+"/"+test.name, func(t *testing.T) {
			t.Parallel()
			tree := hosttest.Parse("")
			if test.host != "empty" {
				tree = fabricHost(t, test.host)
			}
			set := discover(t, test.change(tree).FS(), test.feature)
			status := set.Status(test.feature)
			reasons := strings.Join(status.Reasons, "\n")
			if status.State != test.state || !strings.Contains(reasons, test.reason) || (reasons == "") != (test.state == discovered || test.state == absent) {
				t.Errorf("%+v, want %s with %q", status, test.state, test.reason)
			}
			if got := fabricOutcomes(t, set, test.feature, test.element, test.value); got != test.outcomes {
				t.Errorf("outcomes %s, want %s", got, test.outcomes)
			}
		})
	}
}

// TestFabricsRefused: an attribute that the driver says is nothing for this device is not there; one that could not be had is unknown.
func TestFabricsRefused(t *testing.T) {
	t.Parallel()
	const one = "sys/devices/pci0000:16/0000:16:02.0/0000:17:00.0/infiniband/mlx5_0/"
	for errno, want := range map[syscall.Errno]string{syscall.EINVAL: "-+-", syscall.EOPNOTSUPP: "-+-", syscall.EIO: "???", syscall.ETIMEDOUT: "???"} {
		set := discover(t, refusing{fabricHost(t, "mlx5").FS(), one + "hca_type", errno}, "rdma.device")
		if got := fabricOutcomes(t, set, "rdma.device", "name=mlx5_0 hca_type", "MT4129"); got != want {
			t.Errorf("%v: %s", errno, got)
		}
		// A port has a state, whatever the driver says.
		set = discover(t, refusing{fabricHost(t, "mlx5").FS(), one + "ports/1/state", errno}, "rdma.port")
		if got := fabricOutcomes(t, set, "rdma.port", "device=mlx5_0 state", "ACTIVE"); got != "???" {
			t.Errorf("state, %v: %s", errno, got)
		}
	}
}

// TestLibrariesOfBothFormats: what is told does not depend on the format of the loader's cache.
func TestLibrariesOfBothFormats(t *testing.T) {
	t.Parallel()
	for _, format := range []hosttest.CacheFormat{hosttest.NewCache, hosttest.OldCache, hosttest.BothCaches} {
		tree := fabricHost(t, "efa").Put(cacheAt, hosttest.LibraryCache(format, binary.LittleEndian, false, cached("/lib64/libefa.so.1"), cached("/lib64/libc.so.6")))
		set := discover(t, tree.FS(), "system.library")
		if got := set.Features.Instances["system.library"].Elements; len(got) != 2 || got[0].Attributes["version"] != "1.3.52" || got[1].Attributes["version"] != "2.34" {
			t.Errorf("format %d: %v, %+v", format, got, set.Status("system.library"))
		}
	}
}

// TestSoftwareOfOneMPI: a library of MPICH, whose version cannot be told, says nothing of Open MPI, and the other way round.
func TestSoftwareOfOneMPI(t *testing.T) {
	t.Parallel()
	for host, names := range map[string][2]string{"hfi1": {"mpich", "openmpi"}, "roce": {"openmpi", "mpich"}} {
		tree := fabricHost(t, host).Without("usr/lib64/pkgconfig", "usr/lib/x86_64-linux-gnu/openmpi/lib/pkgconfig")
		reasons := strings.Join(discover(t, tree.FS(), "system.software").Status("system.software").Reasons, "\n")
		if !strings.Contains(reasons, names[0]+".version") || strings.Contains(reasons, names[1]+".version") {
			t.Errorf("%s: %q", host, reasons)
		}
	}
}
