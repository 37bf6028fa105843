package features

import (
	"errors"
	"unsafe"

	"golang.org/x/sys/unix"
)

// askUserfaultfd asks the running kernel which features its userfaultfd has (userfaultfd(2), UFFDIO_API of ioctl_userfaultfd(2)). The file
// descriptor watches nothing and is closed. For page faults of programs alone it needs no privileges, since Linux 5.11; a kernel before does
// not know that flag.
func askUserfaultfd() (uint64, error) {
	const userModeOnly = 1
	fd, _, errno := unix.Syscall(unix.SYS_USERFAULTFD, unix.O_CLOEXEC|unix.O_NONBLOCK|userModeOnly, 0, 0)
	if errors.Is(errno, unix.EINVAL) {
		fd, _, errno = unix.Syscall(unix.SYS_USERFAULTFD, unix.O_CLOEXEC|unix.O_NONBLOCK, 0, 0)
	}
	if errno != 0 {
		return 0, errno
	}
	defer unix.Close(int(fd)) //nolint:errcheck // nothing was done with it
	// The version of the interface, the features that are asked for (none: all that there are come back), and the ioctls that come back.
	const version, uffdioAPI = 0xaa, 0xc018aa3f
	api := [3]uint64{version}
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, fd, uffdioAPI, uintptr(unsafe.Pointer(&api))); errno != 0 { //nolint:gosec // an ioctl takes an address
		return 0, errno
	}
	return api[1], nil
}
