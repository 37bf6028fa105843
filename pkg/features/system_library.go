package features

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

const (
	libraryCacheFile = "etc/ld.so.cache"
	// maxLibraries bounds the libraries that are told, each of which is looked for.
	maxLibraries = 256
)

// Where the version of a library is from.
const (
	fromPkgConfig = "pkg-config"
	fromFileName  = "file-name"
	fromLibrary   = "library"
)

// A knownLibrary is one that is told of, if it is there.
type knownLibrary struct {
	name string
	// packages are the names of its files of pkg-config, the likelier first.
	packages []string
	// named is true if the name of its file ends in its version. Others have there what libtool counts, which is another thing.
	named bool
	// driver is true if it comes with NVIDIA's driver, whose version it has. Where it is not (Tegra, WSL) it is called libcuda.so.1.1.
	driver bool
}

func knownLibraries() []knownLibrary {
	return []knownLibrary{
		{name: "libamdhip64", named: true},
		{name: "libc"},
		{name: "libcuda", named: true, driver: true},
		{name: "libefa", packages: []string{"libefa"}, named: true},
		{name: "libfabric", packages: []string{"libfabric"}},
		{name: "libibverbs", packages: []string{"libibverbs"}, named: true},
		{name: "libmpi", packages: []string{"ompi", "mpich"}},
		{name: "libnccl", packages: []string{"nccl"}, named: true},
		{name: "libnvidia-ml", named: true, driver: true},
		{name: "librccl"},
		{name: "libucp", packages: []string{"ucx"}},
		{name: "libze_loader", packages: []string{"libze_loader", "level-zero"}, named: true},
	}
}

// A library is one that the loader finds, or a C library.
type library struct {
	name, soname, path, arch string
	// version is the whole text, empty if it cannot be told, and source where it is from.
	version, source string
	// of is the name of the file of pkg-config that tells the version, if one does.
	of string
}

// libraries are those of a host.
type libraries struct {
	found []library
	// missed says what could not be read.
	missed []error
}

func (l *libraries) miss(err error) { l.missed = append(l.missed, err) }

// discoverLibraries tells the libraries that we know, if the loader finds them: those in its cache, for each architecture the one that comes
// first. The loader of glibc has a cache. A host with another loader, or without a cache, has libraries that cannot be told from here, but for
// the C library, which is looked for where it is customary.
//
// A version is that of the library's file of pkg-config, if there is one beside it; else the end of its file's name, if that is what its
// makers write there; and that of a C library is in itself. If the version of a library cannot be told, the feature is incomplete.
func discoverLibraries(ctx context.Context, v *view) finding {
	found := v.libraries(ctx)
	var f finding
	for _, err := range found.missed {
		f.miss(err)
	}
	for _, l := range found.found {
		attributes := map[string]string{"name": l.name, "soname": l.soname, "path": "/" + l.path}
		putKnown(attributes, "arch", l.arch)
		putVersion(attributes, "version", l.version)
		if attributes["version"] != "" {
			attributes["version_source"] = l.source
		} else {
			f.miss(fmt.Errorf("%s lacks its version: neither the library /%s nor a file of pkg-config beside it tells one", l.name, l.path))
		}
		f.addInstance(attributes)
	}
	return f.orUnreadable()
}

// orUnreadable is the finding itself, or an unreadable one if there is nothing in it though something may be there.
func (f finding) orUnreadable() finding {
	if f.state == Incomplete && f.empty() {
		f.state = Unreadable
	}
	return f
}

func (v *view) readLibraries(ctx context.Context) libraries {
	var found libraries
	cached, err := v.libraryCache()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		found.miss(fmt.Errorf("%w: without the loader's cache (of ldconfig) only the C library can be told", err))
	case err != nil:
		found.miss(err)
	default:
		v.addCached(ctx, &found, cached)
	}
	if !slices.ContainsFunc(found.found, func(l library) bool { return l.name == "libc" }) {
		v.addGlibc(&found)
	}
	v.addMusl(&found)
	return found
}

// addCached adds the libraries that we know among those of the loader's cache.
func (v *view) addCached(ctx context.Context, found *libraries, cached []cachedLibrary) {
	type key struct{ soname, arch string }
	seen := map[key]bool{}
	list := knownLibraries()
	// Those for certain processors come last: what they are is what the others are.
	for _, special := range []bool{false, true} {
		for _, c := range cached {
			if c.special != special {
				continue
			}
			known, ok := knownSoname(list, c.soname)
			if !ok {
				continue
			}
			k := key{c.soname, c.architecture(v.architecture())}
			if ctx.Err() != nil || seen[k] {
				continue
			}
			if len(seen) == maxLibraries {
				found.miss(fmt.Errorf("/%s has more than %d libraries of our list: the rest is left out", libraryCacheFile, maxLibraries))
				return
			}
			name := strings.TrimPrefix(path.Clean("/"+c.path), "/")
			file, _, err := v.files.resolve(name)
			switch {
			case errors.Is(err, fs.ErrNotExist): // it was removed since
				continue
			case err != nil:
				found.miss(fmt.Errorf("%s is left out: look for /%s: %w", known.name, name, err))
				continue
			}
			seen[k] = true
			l := library{name: known.name, soname: c.soname, path: name, arch: k.arch}
			if err := v.files.readVersion(&l, known, file); err != nil {
				found.miss(fmt.Errorf("%s lacks its version: %w", known.name, err))
			}
			found.found = append(found.found, l)
		}
	}
}

// knownSoname returns the library of our list that a soname is of, such as libmpi.so.40. Names without a number are for the linker.
func knownSoname(list []knownLibrary, soname string) (knownLibrary, bool) {
	for _, known := range list {
		if number, ok := strings.CutPrefix(soname, known.name+".so."); ok && leadingVersion(number) != "" {
			return known, true
		}
	}
	return knownLibrary{}, false
}

// readVersion reads the version of a library, whose file has this name without a link.
func (f *fsys) readVersion(l *library, known knownLibrary, file string) error {
	base := path.Base(file)
	if known.name == "libc" {
		// Before version 2.34 the file is named after it: libc-2.31.so.
		if version, ok := strings.CutPrefix(base, "libc-"); ok && leadingVersion(version) != "" {
			l.version, l.source = strings.TrimSuffix(version, ".so"), fromFileName
			return nil
		}
		l.source = fromLibrary
		return f.scan(file, maxLibrary, func(piece []byte) bool {
			if l.arch == "" {
				l.arch = elfArchitecture(piece)
			}
			l.version = parseGlibcVersion(piece)
			return l.version != ""
		})
	}
	// The library may be a link into a directory of its own, with a file of pkg-config there.
	dirs := slices.Compact([]string{path.Dir(file) + "/pkgconfig", path.Dir(l.path) + "/pkgconfig"})
	for _, name := range known.packages {
		if name == "mpich" && l.soname != mpichSoname || name == "ompi" && l.soname == mpichSoname {
			continue
		}
		version, file, err := f.pkgConfigVersion(name, dirs...)
		if err != nil {
			return err
		}
		if file != "" {
			l.version, l.source, l.of = version, fromPkgConfig, name
			return nil
		}
	}
	version, ok := strings.CutPrefix(base, known.name+".so.")
	if ok && known.named && strings.Contains(version, ".") && !(known.driver && strings.HasPrefix(version, "1.")) {
		l.version, l.source = version, fromFileName
	}
	return nil
}

// mpichSoname is the soname that MPICH and what descends from it have (the ABI initiative of MPICH). That of Open MPI is libmpi.so.20 and later.
const mpichSoname = "libmpi.so.12"

// libraryDirs are the directories that libraries are customarily in.
func libraryDirs() []string {
	dirs := []string{"lib64", "usr/lib64"}
	for _, triplet := range []string{
		"x86_64-linux-gnu", "aarch64-linux-gnu", "powerpc64le-linux-gnu", "s390x-linux-gnu", "riscv64-linux-gnu", "loongarch64-linux-gnu",
		"arm-linux-gnueabihf", "i386-linux-gnu",
	} {
		dirs = append(dirs, "lib/"+triplet, "usr/lib/"+triplet)
	}
	return append(dirs, "lib", "usr/lib")
}

// addGlibc looks for glibc where the loader's cache does not tell of it, such as in an image without a distribution.
func (v *view) addGlibc(found *libraries) {
	for _, dir := range libraryDirs() {
		name := dir + "/libc.so.6"
		file, _, err := v.files.resolve(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			found.miss(fmt.Errorf("look for /%s: %w", name, err))
			continue
		}
		l := library{name: "libc", soname: "libc.so.6", path: name}
		if err := v.files.readVersion(&l, knownLibrary{name: "libc"}, file); err != nil {
			found.miss(fmt.Errorf("libc lacks its version: %w", err))
		}
		found.found = append(found.found, l)
		return
	}
}

// addMusl looks for musl, which is one file for all: /lib/ld-musl-x86_64.so.1, on some hosts a link.
func (v *view) addMusl(found *libraries) {
	names, err := v.files.names("lib")
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			found.miss(fmt.Errorf("look for musl: %w", err))
		}
		return
	}
	for _, name := range names {
		if !strings.HasPrefix(name, "ld-musl-") || !strings.HasSuffix(name, ".so.1") {
			continue
		}
		l := library{name: "libc", soname: name, path: "lib/" + name, source: fromLibrary}
		data, err := v.files.read(l.path, maxLibrary)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			found.miss(fmt.Errorf("libc lacks its version: %w", err))
		}
		l.version, l.arch = parseMuslVersion(data), elfArchitecture(data)
		found.found = append(found.found, l)
		if len(found.found) >= maxLibraries {
			return
		}
	}
}
