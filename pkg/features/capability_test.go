package features_test

import (
	"io/fs"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nfd-compat/nfd-compat/internal/hosttest"
	"github.com/nfd-compat/nfd-compat/pkg/features"
)

// TestOutcomesOfCapabilities: what is missing or unreadable of the sources of each capability, and what becomes of requirements on it then: those
// of Exists and DoesNotExist. Each case changes the host mlx5, which can do all but io_uring.
func TestOutcomesOfCapabilities(t *testing.T) {
	t.Parallel()
	const (
		can, cannot, unknown   = "+-", "-+", "??"
		discovered, incomplete = features.Discovered, features.Incomplete

		filesystems = "proc/filesystems"
		config      = "proc/config.gz"
		lsm         = "sys/kernel/security/lsm"
		modules     = "usr/lib/modules/5.14.0-427.13.1.el9_4.x86_64/modules."
		uring       = "proc/sys/kernel/io_uring_disabled"
		seccomp     = "proc/sys/kernel/seccomp/actions_avail"
		groups      = "sys/kernel/iommu_groups"
		namespaces  = "proc/sys/user/max_user_namespaces"
		thp         = "sys/kernel/mm/transparent_hugepage/enabled"
		loadable    = "-- " + modules + "dep --\nkernel/drivers/vfio/vfio.ko.xz:\nkernel/fs/overlayfs/overlay.ko.xz:\n"
		builtin     = "-- " + modules + "builtin --\nkernel/fs/fuse/fuse.ko\n"
		noSystems   = "-- proc/filesystems --\nnodev\tsysfs\n"
	)
	configured := func(text string) hostChange {
		return func(tree *hosttest.Tree) *hosttest.Tree { return tree.Put(config, gzipped(t, "CONFIG_64BIT=y\n"+text)) }
	}
	tests := []struct {
		flag, name string
		change     hostChange
		state      features.State
		reason     string
		outcomes   string
	}{
		{"cgroup_v2", "whole", unchanged(), discovered, "", can},
		{"cgroup_v2", "an old kernel", with(noSystems + loadable), discovered, "", cannot},
		{"cgroup_v2", "missing", without(filesystems), incomplete, "cgroup_v2 is not known: read /proc/filesystems", unknown},
		{"cgroup_v2", "closed", closed(filesystems), incomplete, "permission denied", unknown},

		{"overlayfs", "registered", unchanged(), discovered, "", can},
		{"overlayfs", "a module that can be loaded", with(noSystems + loadable), discovered, "", can},
		{"overlayfs", "a module that is not installed", with(noSystems + "-- " + modules + "dep --\nx.ko:\n"), discovered, "", cannot},
		{"overlayfs", "a module, and nobody knows which are installed", with(noSystems), incomplete, "overlayfs is not known: whether the module overlay is installed", unknown},
		{"overlayfs", "built in", then(with(noSystems), configured("CONFIG_OVERLAY_FS=y\n")), discovered, "", can},
		{"overlayfs", "not built", then(with(noSystems), configured("")), discovered, "", cannot},
		{"overlayfs", "not built, the list closed", then(closed(filesystems), configured("")), incomplete, "cgroup_v2", cannot},
		{"overlayfs", "no configuration, in the list", without(config), incomplete, "", can},
		{"overlayfs", "no configuration, not in the list", then(with(noSystems), without(config)), incomplete, "CONFIG_OVERLAY_FS", unknown},
		{"fuse", "no configuration, a list of modules", then(with(noSystems+loadable+builtin), without(config)), incomplete, "", can},

		{"vfio", "loaded", unchanged(), discovered, "", can},
		{"vfio", "a module that can be loaded", then(without("sys/module/vfio"), with(loadable)), discovered, "", can},
		{"vfio", "a module, and nobody knows which are installed", without("sys/module/vfio"), incomplete, "vfio is not known: whether", unknown},
		{"vfio", "not built", then(without("sys/module/vfio"), configured("")), discovered, "", cannot},
		{"vfio", "closed", closed("sys/module"), incomplete, "permission denied", unknown},

		{"io_uring", "for nobody", unchanged(), discovered, "", cannot},
		{"io_uring", "for a group", with("-- " + uring + " --\n1\n"), discovered, "", can},
		{"io_uring", "an older kernel", without(uring), discovered, "", can},
		{"io_uring", "an older kernel without it", then(without(uring), configured("")), discovered, "", cannot},
		{"io_uring", "an older kernel without configuration", without(uring, config), incomplete, "io_uring is not known: CONFIG_IO_URING", unknown},
		{"io_uring", "no procfs", then(without("proc"), with("-- usr/src/linux/.config --\nCONFIG_IO_URING=y\n")), incomplete, "io_uring is not known: /proc/sys/kernel/io_uring_disabled is not there, and", unknown},
		{"io_uring", "closed", closed(uring), incomplete, "permission denied", unknown},
		{"io_uring", "another value", with("-- " + uring + " --\n3\n"), incomplete, "is not 0, 1 or 2", unknown},

		{"iommu", "groups", unchanged(), discovered, "", can},
		{"iommu", "a device", then(without(groups), with("-- sys/class/iommu/dmar0/x --\n")), discovered, "", can},
		{"iommu", "no groups", then(without(groups+"/0"), with("-- "+groups+"/ --\n")), discovered, "", cannot},
		{"iommu", "a kernel without it", without(groups), discovered, "", cannot},
		{"iommu", "closed", closed(groups), incomplete, "permission denied", unknown},
		{"iommu", "no sysfs", without("sys"), incomplete, "iommu is not known: /sys/kernel/iommu_groups is not there, and neither is /sys/kernel", unknown},

		{"kvm", "there", unchanged(), discovered, "", can},
		{"kvm", "not there", without("sys/devices/virtual/misc/kvm"), discovered, "", cannot},
		{"kvm", "closed", closed("sys/devices/virtual"), incomplete, "kvm is not known", unknown},

		{"landlock", "active", unchanged(), discovered, "", can},
		{"landlock", "not active", with("-- " + lsm + " --\ncapability,yama\n"), discovered, "", cannot},
		{"landlock", "by the configuration", without(lsm), discovered, "", can},
		{"landlock", "by the command line", then(without(lsm), with("-- proc/cmdline --\nlsm=yama,bpf\n")), discovered, "", cannot},
		{"bpf_lsm", "by the command line", then(without(lsm), with("-- proc/cmdline --\nlsm=yama,bpf\n")), discovered, "", can},
		{"landlock", "not built", then(without(lsm), configured("CONFIG_LSM=\"landlock\"\n")), discovered, "", cannot},
		{"landlock", "no source", without(lsm, config), incomplete, "landlock is not known: read /sys/kernel/security/lsm", unknown},
		{"landlock", "the command line closed", then(without(lsm), closed("proc/cmdline")), incomplete, "/proc/cmdline", unknown},

		{"seccomp", "there", unchanged(), discovered, "", can},
		{"seccomp", "an older kernel", without(seccomp), discovered, "", can},
		{"seccomp", "not built", then(without(seccomp), configured("CONFIG_OVERLAY_FS=y\nCONFIG_LSM=\"x\"\n")), discovered, "", cannot},
		{"seccomp", "no source", without(seccomp, config), incomplete, "seccomp is not known: CONFIG_SECCOMP_FILTER", unknown},

		{"thp", "always", unchanged(), discovered, "", can},
		{"thp", "madvise", with("-- " + thp + " --\nalways [madvise] never\n"), discovered, "", can},
		{"thp", "never", with("-- " + thp + " --\nalways madvise [never]\n"), discovered, "", cannot},
		{"thp", "a kernel without them", then(without("sys/kernel/mm"), with("-- sys/kernel/mm/ksm/run --\n0\n")), discovered, "", cannot},
		{"thp", "no place to look", without("sys/kernel/mm"), incomplete, "thp is not known", unknown},
		{"thp", "closed", closed(thp), incomplete, "permission denied", unknown},
		{"thp", "another value", with("-- " + thp + " --\nalways\n"), incomplete, "in brackets", unknown},

		{"user_namespaces", "there", unchanged(), discovered, "", can},
		{"user_namespaces", "none allowed", with("-- " + namespaces + " --\n0\n"), discovered, "", cannot},
		{"user_namespaces", "a kernel without them", without("proc/self/uid_map"), discovered, "", cannot},
		{"user_namespaces", "files of a host that does not run", without("proc/self"), discovered, "", can},
		{"user_namespaces", "no source", without("proc/self", config), incomplete, "user_namespaces is not known: CONFIG_USER_NS", unknown},
		{"user_namespaces", "closed", closed(namespaces), incomplete, "permission denied", unknown},

		{"userfaultfd", "built in", unchanged(), discovered, "", can},
		{"userfaultfd", "not built", configured(""), discovered, "", cannot},
		{"userfaultfd", "no configuration", without(config), incomplete, "userfaultfd is not known: CONFIG_USERFAULTFD", unknown},
		{"userfaultfd", "no configuration, and its setting", then(without(config), with("-- proc/sys/vm/unprivileged_userfaultfd --\n0\n")), incomplete, "", can},
		{"userfaultfd_wp", "no configuration, and its setting", then(without(config), with("-- proc/sys/vm/unprivileged_userfaultfd --\n0\n")), incomplete, "userfaultfd_wp is not known", unknown},
		{"userfaultfd_wp", "built in", unchanged(), discovered, "", can},
		{"userfaultfd_wp", "an architecture without it", configured("CONFIG_USERFAULTFD=y\n"), discovered, "", cannot},
		{"userfaultfd_wp", "userfaultfd not built", configured("CONFIG_HAVE_ARCH_USERFAULTFD_WP=y\n"), discovered, "", cannot},
		{"userfaultfd_wp", "riscv64", with("-- proc/sys/kernel/arch --\nriscv64\n"), incomplete, "the processor decides", unknown},
		{"userfaultfd_wp_hugetlbfs_shmem", "built in", unchanged(), discovered, "", can},
		{"userfaultfd_wp_hugetlbfs_shmem", "an older kernel", configured("CONFIG_USERFAULTFD=y\nCONFIG_HAVE_ARCH_USERFAULTFD_WP=y\n"), discovered, "", cannot},
		{"userfaultfd_minor_shmem", "built in", unchanged(), discovered, "", can},
		{"userfaultfd_minor_shmem", "not built", configured("CONFIG_USERFAULTFD=y\n"), discovered, "", cannot},
		{"userfaultfd_minor_shmem", "a kernel before", with("-- proc/sys/kernel/osrelease --\n5.13.0-40-generic\n"), incomplete, "userfaultfd_minor_shmem is not known: whether Linux 5.13.0", unknown},
	}
	for _, test := range tests {
		t.Run(test.flag+"/"+test.name, func(t *testing.T) {
			t.Parallel()
			set := discover(t, test.change(fabricHost(t, "mlx5")).FS(), "kernel.capability")
			status := set.Status("kernel.capability")
			reasons := strings.Join(status.Reasons, "\n")
			if status.State != test.state || !strings.Contains(reasons, test.reason) {
				t.Errorf("%+v, want %s with %q", status, test.state, test.reason)
			}
			for _, reason := range status.Reasons {
				if strings.Contains(reason, "\n") {
					t.Errorf("reason of several lines: %q", reason)
				}
			}
			if got := fabricOutcomes(t, set, "kernel.capability", test.flag, ""); got != test.outcomes {
				t.Errorf("outcomes %s, want %s; %q", got, test.outcomes, reasons)
			}
		})
	}
}

// TestCapabilitiesOfNothing: of a root without a kernel's files everything is unknown.
func TestCapabilitiesOfNothing(t *testing.T) {
	t.Parallel()
	set := discover(t, hosttest.Parse("").FS(), "kernel.capability")
	if got := set.Status("kernel.capability"); got.State != features.Unreadable || len(got.Reasons) != 16 {
		t.Errorf("%+v", got)
	}
	if got := fabricOutcomes(t, set, "kernel.capability", "vfio", ""); got != "??" {
		t.Errorf("outcomes %s", got)
	}
}

// TestCapabilitiesOfNone: of a kernel that can do nothing of it, and of which one answer is missing, that one alone is unknown.
func TestCapabilitiesOfNone(t *testing.T) {
	t.Parallel()
	const thp = "sys/kernel/mm/transparent_hugepage/enabled"
	tree := hosttest.Parse(`
-- proc/sys/kernel/osrelease --
6.8.0-45-generic
-- proc/filesystems --
nodev	sysfs
-- proc/self/status --
Name:	x
-- sys/kernel/security/lsm --
capability
-- sys/devices/x --
-- `+thp+` --
`).Put("proc/config.gz", gzipped(t, "CONFIG_64BIT=y\n")).Unreadable(thp)
	set := discover(t, tree.FS(), "kernel.capability")
	got := set.Status("kernel.capability")
	want := features.Status{
		State: features.Incomplete, Elements: []string{"thp"},
		Reasons: []string{"thp is not known: read /" + thp + ": permission denied"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
	for flag, want := range map[string]string{"thp": "??", "kvm": "-+", "userfaultfd": "-+"} {
		if got := fabricOutcomes(t, set, "kernel.capability", flag, ""); got != want {
			t.Errorf("outcomes on %s: %s, want %s", flag, got, want)
		}
	}
}

// TestCapabilitiesRefused: a directory that cannot be listed says nothing.
func TestCapabilitiesRefused(t *testing.T) {
	t.Parallel()
	var tree fs.FS = refusing{fabricHost(t, "mlx5").FS(), "sys/kernel/iommu_groups", syscall.EIO}
	set := discover(t, tree, "kernel.capability")
	if got := fabricOutcomes(t, set, "kernel.capability", "iommu", ""); got != "??" {
		t.Errorf("outcomes %s, %+v", got, set.Status("kernel.capability"))
	}
}
