package features

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// libcudaDirs are the directories that the user's part of NVIDIA's driver may be in, besides those that the loader's cache names: those of the
// distributions, of the container that brings the driver (the GPU operator's), of NixOS, of WSL, of Google's Container-Optimized OS and of
// Bottlerocket.
func libcudaDirs() []string {
	var dirs []string
	for _, root := range []string{"", "run/nvidia/driver/"} {
		for _, dir := range []string{
			"usr/lib/x86_64-linux-gnu", "usr/lib/aarch64-linux-gnu", "usr/lib/aarch64-linux-gnu/nvidia", "usr/lib/aarch64-linux-gnu/tegra",
			"usr/lib64", "usr/lib64/nvidia", "usr/lib",
		} {
			dirs = append(dirs, root+dir)
		}
	}
	dirs = append(dirs, "run/opengl-driver/lib", "usr/lib/wsl/lib", "home/kubernetes/bin/nvidia/lib64")
	for _, machine := range []string{"x86_64", "aarch64"} {
		dirs = append(dirs, machine+"-bottlerocket-linux-gnu/sys-root/usr/lib/nvidia/tesla")
	}
	return dirs
}

const (
	libcudaLink = "libcuda.so.1"
	// maxLibcudas bounds how many of them are looked at that the loader's cache names.
	maxLibcudas = 16
)

// A libcuda is the user's part of NVIDIA's driver.
type libcuda struct {
	// name is that of the link libcuda.so.1.
	name string
	// version is that of the driver it belongs to, by the name of the file that the link leads to; empty if that does not tell.
	version string
}

// findLibcuda looks for libcuda: first where the loader finds it, and then in the directories that it is customarily in, since what is for containers
// alone is not in the cache. Of several it returns the one of this version, or else the first.
func (v *view) findLibcuda(f *finding, driver string) (found libcuda) {
	names := v.cachedLibcudas(f)
	for _, dir := range libcudaDirs() {
		names = append(names, dir+"/"+libcudaLink)
	}
	driver = leadingVersion(driver)
	for _, name := range names {
		at, mode, err := v.files.resolve(name)
		switch {
		case errors.Is(err, fs.ErrNotExist), err == nil && !mode.IsRegular():
			continue
		case err != nil:
			f.miss(fmt.Errorf("look for /%s: %w", name, err))
			continue
		}
		v.files.trace.note("/" + name)
		one := libcuda{name: name, version: libcudaVersion(path.Base(at))}
		if found.name == "" || one.version != "" && one.version == driver && found.version != driver {
			found = one
		}
	}
	return found
}

// cachedLibcudas returns the names that the loader's cache has of libcuda for the host's own programs, in its order. Without a cache there are none.
func (v *view) cachedLibcudas(f *finding) []string {
	cached, err := v.libraryCache()
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		f.missElements(fmt.Errorf("a libcuda may be left out: %w", err), "cuda.version", "nvidia.library_version", "nvidia.library_version_raw")
	}
	host := v.architecture()
	var names []string
	for _, c := range cached {
		if c.soname != libcudaLink || !c.isFor(host) {
			continue
		}
		name := strings.TrimPrefix(path.Clean("/"+c.path), "/")
		if slices.Contains(names, name) {
			continue
		}
		if len(names) == maxLibcudas {
			f.missElements(fmt.Errorf("/%s has more than %d of %s: the rest is left out", libraryCacheFile, maxLibcudas, libcudaLink),
				"cuda.version", "nvidia.library_version", "nvidia.library_version_raw")
			break
		}
		names = append(names, name)
	}
	return names
}

// isFor says whether a library of the cache is for the programs of a host of this architecture, or may be if that is not known: then it is
// not for those of 32 bits, beside which the host has others.
func (l cachedLibrary) isFor(host string) bool {
	is := l.architecture(host)
	if host == "" {
		return is != "" && is != "386" && is != "arm"
	}
	return is == host
}

// libcudaVersion takes the driver's version from the name of a file; empty if there is none, as on a Jetson, where the numbers are the
// library's own.
//
//	libcuda.so.550.54.15 -> 550.54.15
//	libcuda.so.1.1       -> ""
func libcudaVersion(file string) string {
	version, ok := strings.CutPrefix(file, "libcuda.so.")
	if !ok || version == "1" || strings.HasPrefix(version, "1.") || leadingVersion(version) != version {
		return ""
	}
	return version
}

// dirsText lists directories in a sentence.
func dirsText(dirs []string) string {
	dirs = slices.Clone(dirs)
	for i := range dirs {
		dirs[i] = "/" + dirs[i]
	}
	return strings.Join(dirs, ", ")
}
