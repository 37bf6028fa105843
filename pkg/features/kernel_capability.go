package features

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
)

// A capability is something that a kernel can do or cannot.
type capability struct {
	flag, meaning string
	// tell says whether this kernel can. The error is for what keeps the answer away.
	tell func(*capabilities) (bool, error)
}

func knownCapabilities() []capability {
	return []capability{
		{"bpf_lsm", "BPF programs can decide about access: the security module bpf is active", func(c *capabilities) (bool, error) {
			return c.securityModule("bpf", "BPF_LSM")
		}},
		{"cgroup_v2", "control groups of version 2 can be used; system.cgroup tells whether they are", func(c *capabilities) (bool, error) {
			systems, err := c.filesystems()
			return slices.Contains(systems, "cgroup2"), err
		}},
		{"fuse", "file systems of programs (FUSE) can be mounted, maybe once a module is loaded", func(c *capabilities) (bool, error) {
			return c.filesystem("fuse", "fuse", "FUSE_FS")
		}},
		{"io_uring", "io_uring can be used, maybe by a group only; kernel.sysctl tells kernel.io_uring_disabled", (*capabilities).ioUring},
		{"iommu", "an IOMMU is at work", (*capabilities).iommu},
		{"kvm", "virtual machines can be run with KVM: its device is there", (*capabilities).kvm},
		{"landlock", "programs can restrict themselves: the security module landlock is active", func(c *capabilities) (bool, error) {
			return c.securityModule("landlock", "SECURITY_LANDLOCK")
		}},
		{"overlayfs", "overlay file systems can be mounted, maybe once a module is loaded", func(c *capabilities) (bool, error) {
			return c.filesystem("overlay", "overlay", "OVERLAY_FS")
		}},
		{"seccomp", "system calls can be filtered (seccomp)", (*capabilities).seccomp},
		{"thp", "transparent huge pages are used, always or where a program asks for them", (*capabilities).hugePages},
		{"user_namespaces", "user namespaces can be made, maybe with privileges only; kernel.sysctl tells more", (*capabilities).userNamespaces},
		{"userfaultfd", "page faults can be handled by programs (userfaultfd), maybe with privileges only", func(c *capabilities) (bool, error) {
			return c.userfaultfd(0)
		}},
		{"userfaultfd_minor_shmem", "so can minor page faults of shared memory", func(c *capabilities) (bool, error) {
			return c.userfaultfd(uffdMinorShmem)
		}},
		{"userfaultfd_wp", "so can page faults of write-protected private memory", func(c *capabilities) (bool, error) {
			return c.userfaultfd(uffdWriteProtect)
		}},
		{"userfaultfd_wp_hugetlbfs_shmem", "so can page faults of write-protected shared memory and huge pages", func(c *capabilities) (bool, error) {
			return c.userfaultfd(uffdWriteProtectShared)
		}},
		{"vfio", "devices can be given to programs (VFIO), maybe once a module is loaded", func(c *capabilities) (bool, error) {
			loaded, err := c.v.files.exists(sysModuleDir + "/vfio")
			if err != nil {
				return false, err
			}
			return c.module(loaded, "vfio", "VFIO")
		}},
	}
}

// capabilities are the sources of one look at what a kernel can do.
type capabilities struct {
	ctx context.Context //nolint:containedctx // it is that of the one function that makes and uses this
	v   *view
	// filesystems are the types in /proc/filesystems.
	filesystems func() ([]string, error)
}

// discoverCapabilities asks the best source there is for each capability: the kernel's files and, on the live host, the kernel itself; else its
// configuration. A capability of which no source can be read is unknown, so the feature is incomplete; and unreadable if that goes for all of them.
func discoverCapabilities(ctx context.Context, v *view) finding {
	c := &capabilities{ctx: ctx, v: v, filesystems: sync.OnceValues(v.readFilesystems)}
	var f finding
	var can []string
	all := knownCapabilities()
	for _, known := range all {
		if ctx.Err() != nil {
			return f
		}
		switch ok, err := known.tell(c); {
		case err != nil:
			f.missElements(fmt.Errorf("%s is not known: %w", known.flag, err), known.flag)
		case ok:
			can = append(can, known.flag)
		}
	}
	c.noteRefusal(&f, can)
	if len(can) > 0 {
		f.flags = flagSet(can...)
	}
	if len(f.doubtful) == len(all) {
		return f.orUnreadable()
	}
	return f
}

// readFilesystems reads the types in /proc/filesystems, the last word of each line:
//
//	nodev	overlay
//		ext4
func (v *view) readFilesystems() ([]string, error) {
	data, err := v.files.read("proc/filesystems", maxFile)
	if err != nil {
		return nil, err
	}
	return parseFilesystems(string(data)), nil
}

func parseFilesystems(text string) []string {
	var types []string
	for line := range strings.Lines(text) {
		if words := strings.Fields(line); len(words) > 0 {
			types = append(types, words[len(words)-1])
		}
	}
	return types
}

// option returns what the kernel's configuration says of an option: y, m, or nothing.
func (c *capabilities) option(name string) (string, error) {
	f := c.v.config(c.ctx)
	if f.attributes == nil {
		return "", fmt.Errorf("CONFIG_%s is not known: %s", name, strings.Join(f.reasons, "; "))
	}
	return f.attributes[name], nil
}

// enabled says whether an option of the kernel's configuration is set to y.
func (c *capabilities) enabled(name string) (bool, error) {
	value, err := c.option(name)
	return value == "y", err
}

// module says whether a part of the kernel is there, or can be loaded: what may be a module.
func (c *capabilities) module(there bool, name, option string) (bool, error) {
	if there {
		return true, nil
	}
	value, err := c.option(option)
	switch {
	case err == nil && value != "m":
		return value == "y", nil
	case err != nil:
		// The lists of modules tell the same, if both are there.
		builtin, listErr := c.v.builtinModules()
		if listErr != nil {
			return false, joinErrors(err, listErr)
		}
		if slices.Contains(builtin, name) {
			return true, nil
		}
	}
	available, listErr := c.v.availableModules()
	if listErr != nil {
		return false, joinErrors(err, fmt.Errorf("whether the module %s is installed: %w", name, listErr))
	}
	return slices.Contains(available, name), nil
}

func (c *capabilities) filesystem(kind, module, option string) (bool, error) {
	systems, err := c.filesystems()
	ok, moduleErr := c.module(slices.Contains(systems, kind), module, option)
	if moduleErr != nil {
		return false, joinErrors(err, moduleErr)
	}
	return ok, nil
}

// ioUring: /proc/sys/kernel/io_uring_disabled is there since Linux 6.6, one line:
//
//	0
//
// 0 is for all, 1 for a group and those with privileges, 2 for nobody.
func (c *capabilities) ioUring() (bool, error) {
	const file = "proc/sys/kernel/io_uring_disabled"
	value, ok, err := c.v.files.deviceAttribute(file)
	switch {
	case err != nil:
		return false, err
	case ok && value == "2":
		return false, nil
	case ok && (value == "0" || value == "1"):
		return true, nil
	case ok:
		return false, fmt.Errorf("parse /%s: %q is not 0, 1 or 2", file, value)
	}
	built, err := c.enabled("IO_URING")
	if err != nil || !built {
		return false, err
	}
	if err := c.v.notLooked(file, procPlace); err != nil {
		return false, err
	}
	return true, nil
}

// iommu: an IOMMU that is at work has devices in groups, or is itself a device.
func (c *capabilities) iommu() (bool, error) {
	for _, d := range [][2]string{{"sys/kernel/iommu_groups", "sys/kernel"}, {"sys/class/iommu", sysPlace}} {
		names, err := c.v.files.names(d[0])
		if len(names) > 0 {
			return true, nil
		}
		if errors.Is(err, fs.ErrNotExist) {
			err = c.v.notLooked(d[0], d[1])
		}
		if err != nil {
			return false, err
		}
	}
	return false, nil
}

func (c *capabilities) kvm() (bool, error) {
	f := discoverKVM(c.ctx, c.v)
	if f.state != "" {
		return false, errors.New(f.reasons[0])
	}
	return f.attributes["enabled"] == "true", nil
}

// securityModule says whether a security module is active. Where securityfs is not mounted, the kernel's parameter lsm tells what was asked
// for, and without it CONFIG_LSM.
func (c *capabilities) securityModule(name, option string) (bool, error) {
	active, err := c.v.securityModules()
	if err == nil {
		return slices.Contains(active, name), nil
	}
	built, configErr := c.enabled(option)
	if configErr != nil {
		return false, joinErrors(err, configErr)
	}
	if !built {
		return false, nil
	}
	line, lineErr := c.v.files.read("proc/cmdline", maxFile)
	if lineErr != nil {
		return false, joinErrors(err, lineErr)
	}
	order, given := parseLSMParameter(string(line))
	if !given {
		if order, err = c.option("LSM"); err != nil {
			return false, err
		}
	}
	return slices.Contains(parseLSM(order), name), nil
}

// parseLSMParameter takes the parameter lsm from the text of /proc/cmdline; the last one counts:
//
//	ro quiet lsm=landlock,lockdown,yama,bpf
func parseLSMParameter(text string) (order string, given bool) {
	for word := range strings.FieldsSeq(text) {
		if word == "--" {
			break
		}
		if value, ok := strings.CutPrefix(word, "lsm="); ok {
			order, given = strings.Trim(value, `"`), true
		}
	}
	return order, given
}

// seccomp: the file is there since Linux 4.14, if filters are built in.
func (c *capabilities) seccomp() (bool, error) {
	there, err := c.v.files.exists("proc/sys/kernel/seccomp/actions_avail")
	if there {
		return true, nil
	}
	built, configErr := c.enabled("SECCOMP_FILTER")
	if configErr != nil {
		return false, joinErrors(err, configErr)
	}
	return built, nil
}

// hugePages: /sys/kernel/mm/transparent_hugepage/enabled has the choice in brackets, one line:
//
//	always [madvise] never
func (c *capabilities) hugePages() (bool, error) {
	const file, place = "sys/kernel/mm/transparent_hugepage/enabled", "sys/kernel/mm"
	value, err := c.v.files.attribute(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, c.v.notLooked(file, place)
	case err != nil:
		return false, err
	}
	switch {
	case strings.Contains(value, "[always]"), strings.Contains(value, "[madvise]"):
		return true, nil
	case strings.Contains(value, "[never]"):
		return false, nil
	}
	return false, fmt.Errorf("parse /%s: %q has none of always, madvise and never in brackets", file, value)
}

// userNamespaces: a process has a uid_map if the kernel has user namespaces. How many there may be, /proc/sys/user/max_user_namespaces says.
func (c *capabilities) userNamespaces() (bool, error) {
	switch value, _, err := c.v.files.deviceAttribute("proc/sys/user/max_user_namespaces"); {
	case err != nil:
		return false, err
	case value == "0":
		return false, nil
	}
	if mapped, err := c.v.files.exists("proc/self/uid_map"); err == nil && mapped {
		return true, nil
	}
	if self, err := c.v.files.exists("proc/self/status"); err == nil && self {
		return false, nil
	}
	return c.enabled("USER_NS")
}

// joinErrors makes one line of two errors, of which the first may be nil.
func joinErrors(first, second error) error {
	if first == nil {
		return second
	}
	return fmt.Errorf("%w; %w", first, second)
}
