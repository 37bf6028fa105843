package kernels

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// CacheVariable is the environment variable that names the cache directory.
const CacheVariable = "NFD_COMPAT_VM_CACHE"

// The packages of Debian's whose dependency is the newest kernel of a flavour.
const (
	AMD64 = "linux-image-amd64"
	// CloudAMD64 has the drivers of virtual machines alone.
	CloudAMD64 = "linux-image-cloud-amd64"
	ARM64      = "linux-image-arm64"
)

// ErrNone says that a kernel is not in the cache.
var ErrNone = errors.New("no kernel in the cache")

// CacheDir returns the directory that the kernels are kept in: that of $NFD_COMPAT_VM_CACHE, or nfd-compat-vm in the user's
// cache directory.
func CacheDir() (string, error) {
	if dir := os.Getenv(CacheVariable); dir != "" {
		return filepath.Abs(dir)
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find the cache directory, which $%s can name: %w", CacheVariable, err)
	}
	return filepath.Join(dir, "nfd-compat-vm"), nil
}

// A Kernel is one that lies unpacked.
type Kernel struct {
	// Release is what uname -r says.
	Release string
	// Image is the file that QEMU boots.
	Image string
	// Config is the file with the kernel's configuration.
	Config string
	// Modules is the directory of the modules, which is /lib/modules/RELEASE on a host.
	Modules string
}

// Find returns the kernel of a package in the cache directory. The error is [ErrNone] if it was never fetched.
func Find(cache, name string) (*Kernel, error) {
	root := filepath.Join(cache, name)
	images, err := filepath.Glob(filepath.Join(root, "boot", "vmlinuz-*"))
	if err != nil {
		return nil, err
	}
	if len(images) == 0 {
		return nil, fmt.Errorf("%w: %s", ErrNone, name)
	}
	if len(images) > 1 {
		return nil, fmt.Errorf("more than one kernel in %s", root)
	}
	release := strings.TrimPrefix(filepath.Base(images[0]), "vmlinuz-")
	k := &Kernel{Release: release, Image: images[0], Config: filepath.Join(root, "boot", "config-"+release)}
	// Debian has moved /lib to /usr/lib.
	for _, lib := range []string{"lib", "usr/lib"} {
		k.Modules = filepath.Join(root, filepath.FromSlash(lib), "modules", release)
		if _, err = os.Stat(k.Modules); err == nil {
			return k, nil
		}
	}
	return nil, fmt.Errorf("find the modules of the kernel: %w", err)
}
