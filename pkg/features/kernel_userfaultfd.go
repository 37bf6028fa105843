package features

import (
	"fmt"
	"slices"
	"strings"
)

// Bits of the features of userfaultfd that we tell (include/uapi/linux/userfaultfd.h).
const (
	uffdWriteProtect       = 1 << 0
	uffdMinorShmem         = 1 << 10
	uffdWriteProtectShared = 1 << 12
)

// userfaultfd says whether the kernel's userfaultfd has a feature, or with 0 whether it is there at all. The live kernel is asked. If it
// refuses, or the root is another host's, its configuration tells; see noteRefusal.
func (c *capabilities) userfaultfd(feature uint64) (bool, error) {
	var refused error
	if c.v.own() {
		features, err := c.v.askUserfaultfd()
		if err == nil {
			c.v.files.trace.note(fromUserfaultfd)
			return features&feature == feature, nil
		}
		refused = fmt.Errorf("ask the kernel by userfaultfd: %w", err)
	}
	ok, err := c.configuredUserfaultfd(feature)
	if err != nil {
		return false, joinErrors(refused, err)
	}
	return ok, nil
}

// noteRefusal notes that the running kernel refused to tell of its userfaultfd, as it does where system calls are filtered, and that its
// configuration told in its stead what can be done with it. What is not configured is not there in either case.
func (c *capabilities) noteRefusal(f *finding, can []string) {
	can = slices.DeleteFunc(slices.Clone(can), func(flag string) bool { return !strings.HasPrefix(flag, "userfaultfd") })
	if len(can) == 0 || !c.v.own() {
		return
	}
	if _, err := c.v.askUserfaultfd(); err != nil {
		f.missElements(fmt.Errorf("%s: by the kernel's configuration, since the kernel itself refused to tell by userfaultfd: %w", strings.Join(can, ", "), err), can...)
	}
}

func (c *capabilities) configuredUserfaultfd(feature uint64) (bool, error) {
	built, err := c.enabled("USERFAULTFD")
	if err != nil && feature == 0 {
		// The setting is there since Linux 5.2, if userfaultfd is built in.
		if there, _ := c.v.files.exists("proc/sys/vm/unprivileged_userfaultfd"); there {
			return true, nil
		}
	}
	if err != nil || !built || feature == 0 {
		return built && err == nil, err
	}
	switch feature {
	case uffdWriteProtect:
		return c.writeProtection("HAVE_ARCH_USERFAULTFD_WP")
	case uffdWriteProtectShared:
		return c.writeProtection("PTE_MARKER_UFFD_WP")
	}
	built, err = c.enabled("HAVE_ARCH_USERFAULTFD_MINOR")
	if err != nil || !built {
		return false, err
	}
	// The option came with Linux 5.13, for huge pages alone; shared memory came with 5.14.
	release, err := c.v.release()
	if err != nil {
		return false, err
	}
	if version := parseKernelRelease(release)["version"]; olderThan514(version) {
		return false, fmt.Errorf("whether Linux %s has it: its configuration says the same with it and without", release)
	}
	return true, nil
}

// writeProtection says whether an option for write protection is set. On RISC-V the processor has a say too.
func (c *capabilities) writeProtection(option string) (bool, error) {
	built, err := c.enabled(option)
	if err == nil && built && c.v.architecture() == "riscv64" {
		return false, fmt.Errorf("CONFIG_%s is set, and on riscv64 the processor decides", option)
	}
	return built, err
}

// olderThan514 says whether a version X.Y.Z of Linux is before 5.14, or is none.
func olderThan514(version string) bool {
	var major, minor int
	if _, err := fmt.Sscanf(strings.TrimSpace(version), "%d.%d", &major, &minor); err != nil {
		return true
	}
	return major < 5 || major == 5 && minor < 14
}
