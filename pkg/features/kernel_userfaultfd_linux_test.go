package features

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// TestLiveUserfaultfd: what is told of the running kernel is what it says when it is asked here, by the structure of
// include/uapi/linux/userfaultfd.h. Nothing stays open.
func TestLiveUserfaultfd(t *testing.T) {
	t.Parallel()
	fd, _, errno := unix.Syscall(unix.SYS_USERFAULTFD, unix.O_CLOEXEC, 0, 0)
	if errno != 0 {
		fd, _, errno = unix.Syscall(unix.SYS_USERFAULTFD, unix.O_CLOEXEC|1, 0, 0)
	}
	if errno != 0 {
		if _, err := askUserfaultfd(); err == nil {
			t.Errorf("the kernel refuses here with %v", errno)
		}
		t.Skip(errno)
	}
	var api struct{ api, features, ioctls uint64 }
	api.api = 0xaa
	// _IOWR(0xAA, 0x3F, struct uffdio_api)
	request := uintptr(3)<<30 | unsafe.Sizeof(api)<<16 | 0xaa<<8 | 0x3f
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, fd, request, uintptr(unsafe.Pointer(&api))); errno != 0 {
		t.Fatal(errno)
	}
	if err := unix.Close(int(fd)); err != nil {
		t.Fatal(err)
	}
	if got, err := askUserfaultfd(); err != nil || got != api.features || api.ioctls == 0 {
		t.Errorf("%#x, %v; want %#x", got, err, api.features)
	}

	host := Live()
	set, read, err := host.Trace(t.Context(), "kernel.capability")
	if err != nil {
		t.Fatal(err)
	}
	if err := host.Close(); err != nil {
		t.Fatal(err)
	}
	flags := set.Features.Flags["kernel.capability"].Elements
	for flag, bit := range map[string]uint{"userfaultfd": 64, "userfaultfd_wp": 0, "userfaultfd_minor_shmem": 10, "userfaultfd_wp_hugetlbfs_shmem": 12} {
		if _, got := flags[flag]; got != (bit == 64 || api.features>>bit&1 == 1) {
			t.Errorf("%s is %t, and the kernel's features are %#x", flag, got, api.features)
		}
	}
	if !slices.Contains(read, fromUserfaultfd) {
		t.Errorf("read from %q", read)
	}

	open, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range open {
		if target, err := os.Readlink(name); err == nil && strings.Contains(target, "userfaultfd") {
			t.Errorf("%s is open: %s", name, target)
		}
	}
}

// TestLiveCapabilities: the configuration of the running kernel says the same as the kernel itself.
func TestLiveCapabilities(t *testing.T) {
	t.Parallel()
	host := Live()
	defer host.Close() //nolint:errcheck // it was only read
	v := newView(host.tree, true)
	defer v.files.close()
	if v.config(t.Context()).attributes == nil {
		t.Skip("this host has no configuration of its kernel")
	}
	asked, err := askUserfaultfd()
	if err != nil {
		t.Skip(err)
	}
	c := &capabilities{ctx: t.Context(), v: v}
	for _, feature := range []uint64{0, uffdWriteProtect, uffdMinorShmem, uffdWriteProtectShared} {
		if got, err := c.configuredUserfaultfd(feature); err == nil && got != (asked&feature == feature) {
			t.Errorf("%#x is configured: %t; the kernel has %#x", feature, got, asked)
		}
	}
	// On a kernel of today the files of it and its configuration agree.
	for flag, option := range map[string]string{"io_uring": "IO_URING", "seccomp": "SECCOMP_FILTER", "cgroup_v2": "CGROUPS"} {
		f := discoverCapabilities(t.Context(), v)
		built, err := c.enabled(option)
		if _, got := f.flags[flag]; err != nil || got && !built {
			t.Errorf("%s is %t, and CONFIG_%s %t, %v", flag, got, option, built, err)
		}
	}
}

func BenchmarkDiscoverFabrics(b *testing.B) {
	host := Live()
	defer host.Close() //nolint:errcheck // it was only read
	for b.Loop() {
		if _, err := host.Discover(b.Context(), []string{"kernel.capability", "rdma.device", "rdma.port", "system.cdi", "system.library", "system.software"}); err != nil {
			b.Fatal(err)
		}
	}
}
