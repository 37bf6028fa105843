package features

import (
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/nfd-compat/nfd-compat/internal/hosttest"
)

// TestRefusedUserfaultfd: a kernel that refuses to tell of its userfaultfd, as under a filter of system calls, is named in the status, which says
// that the configuration told in its stead. Of what is not configured there is nothing to say.
func TestRefusedUserfaultfd(t *testing.T) {
	t.Parallel()
	const all = "userfaultfd userfaultfd_minor_shmem userfaultfd_wp userfaultfd_wp_hugetlbfs_shmem"
	for _, test := range []struct {
		name, config, want string
		own                bool
		err                error
	}{
		{"refused", "CONFIG_USERFAULTFD=y\nCONFIG_HAVE_ARCH_USERFAULTFD_WP=y\nCONFIG_PTE_MARKER_UFFD_WP=y\nCONFIG_HAVE_ARCH_USERFAULTFD_MINOR=y\n", all, true, syscall.EPERM},
		{"refused in part", "CONFIG_USERFAULTFD=y\n", "userfaultfd", true, syscall.EPERM},
		{"not configured", "CONFIG_HZ=100\n", "", true, syscall.ENOSYS},
		{"answered", "CONFIG_USERFAULTFD=y\n", "", true, nil},
		{"of another host", "CONFIG_USERFAULTFD=y\n", "", false, syscall.EPERM},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			tree := hosttest.Parse("-- proc/sys/kernel/osrelease --\n6.8.0-45-generic\n").Put("boot/config-6.8.0-45-generic", []byte(test.config))
			v := newView(fsTree{tree.FS()}, false)
			v.own = func() bool { return test.own }
			v.askUserfaultfd = func() (uint64, error) { return 0, test.err }
			f := discoverCapabilities(t.Context(), v)
			var got []string
			for _, reason := range f.reasons {
				if flags, told, ok := strings.Cut(reason, ": by the kernel's configuration, "); ok && strings.Contains(told, test.err.Error()) {
					got = strings.Split(flags, ", ")
				}
			}
			if strings.Join(got, " ") != test.want {
				t.Errorf("%q, want %q; reasons %q", got, test.want, f.reasons)
			}
			for _, flag := range got {
				if _, there := f.flags[flag]; !there || !slices.Contains(f.doubtful, flag) {
					t.Errorf("%s: %v, in doubt %q", flag, f.flags, f.doubtful)
				}
			}
		})
	}
}
