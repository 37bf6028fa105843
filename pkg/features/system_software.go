package features

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
)

const (
	rocmInfoFile    = ".info/version"
	efaPackagesFile = "opt/amazon/efa_installed_packages"
	mlx5VersionFile = sysModuleDir + "/mlx5_core/version"
)

// A packagedSoftware is software whose version its file of pkg-config tells.
type packagedSoftware struct {
	element, pc, library string
	// places are directories of its own, beside the customary ones, that have directories lib and lib64 in turn.
	places []string
}

func packagedSoftwares() []packagedSoftware {
	return []packagedSoftware{
		{"libfabric.version", "libfabric", "libfabric", []string{"opt/amazon/efa"}},
		{"mpich.version", "mpich", "libmpi", []string{"usr/lib64/mpich"}},
		{"openmpi.version", "ompi", "libmpi", []string{"opt/amazon/openmpi", "opt/amazon/openmpi5", "usr/lib64/openmpi", "usr/lib/x86_64-linux-gnu/openmpi", "usr/lib/aarch64-linux-gnu/openmpi"}},
		{"ucx.version", "ucx", "libucp", nil},
	}
}

// discoverSoftware tells the versions of software that has them in a file, without running a program. What the loader finds comes first; see
// discoverLibraries. Software that is in no place where it is looked for is not there. If it is, and its version cannot be told, the feature is
// incomplete.
func discoverSoftware(ctx context.Context, v *view) finding {
	f := finding{attributes: map[string]string{}}
	found := v.libraries(ctx)
	for _, err := range found.missed {
		f.miss(err)
	}
	v.putGlibc(&f, found)
	switch ok, err := v.files.exists("usr"); {
	case err != nil:
		f.miss(err)
	case !ok:
		f.miss(errors.New("/usr is not there, where software is looked for"))
	}
	dirs := v.packageDirs(&f)
	for _, software := range packagedSoftwares() {
		if ctx.Err() != nil {
			return f
		}
		v.putPackaged(&f, found, software, dirs)
	}
	v.putROCm(&f)
	v.putEFAInstaller(&f)
	v.putOFED(&f)
	return f.orUnreadable()
}

// putGlibc notes the version of glibc, of several that for the host's own programs.
func (v *view) putGlibc(f *finding, found libraries) {
	var own *library
	for i, l := range found.found {
		if l.soname == "libc.so.6" && (own == nil || l.arch == v.architecture() && own.arch != l.arch) {
			own = &found.found[i]
		}
	}
	switch {
	case own == nil:
	case own.version == "":
		f.miss(fmt.Errorf("glibc.version is not known: /%s does not tell it", own.path))
	default:
		putVersion(f.attributes, "glibc.version", own.version)
	}
}

// packageDirs are the customary directories of pkg-config that are there.
func (v *view) packageDirs(f *finding) []string {
	candidates := []string{"usr/local/lib64", "usr/local/lib", "usr/share"}
	for _, dir := range libraryDirs() {
		if strings.HasPrefix(dir, "usr/") {
			candidates = append(candidates, dir)
		}
	}
	var dirs []string
	for _, dir := range candidates {
		dir += "/pkgconfig"
		switch ok, err := v.files.isDir(dir); {
		case ok:
			dirs = append(dirs, dir)
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			f.miss(err)
		}
	}
	return dirs
}

// putPackaged notes the version of a software: that of the library that the loader finds, or that of the first file of pkg-config, in one of its
// own places or in one of the customary directories.
func (v *view) putPackaged(f *finding, found libraries, software packagedSoftware, dirs []string) {
	for _, l := range found.found {
		if l.of == software.pc {
			putVersion(f.attributes, software.element, l.version)
			return
		}
	}
	var places []string
	for _, dir := range software.places {
		places = append(places, dir+"/lib64/pkgconfig", dir+"/lib/pkgconfig")
	}
	version, _, err := v.files.pkgConfigVersion(software.pc, append(places, dirs...)...)
	if err != nil {
		f.miss(fmt.Errorf("%s is not known: %w", software.element, err))
		return
	}
	if version != "" {
		putVersion(f.attributes, software.element, version)
		return
	}
	for _, l := range found.found {
		mpich := l.soname == mpichSoname
		if l.name == software.library && l.version == "" && (l.name != "libmpi" || mpich == (software.pc == "mpich")) {
			f.miss(fmt.Errorf("%s is not known: /%s is there, and no file of pkg-config tells its version", software.element, l.path))
			return
		}
	}
}

// putROCm notes the version in /opt/rocm/.info/version, one line:
//
//	6.2.4-139
//
// ROCm may also be in a directory with its version in the name, of which /opt/rocm is a link to one. Without /opt nobody looked.
func (v *view) putROCm(f *finding) {
	const element, place = "rocm.version", "opt"
	version, err := v.readROCm(place)
	if err != nil {
		f.missElements(fmt.Errorf("%s is not known: %w", element, err), element, element+"_raw")
	}
	putVersion(f.attributes, element, version)
}

// readROCm returns the text of the version; empty if there is no ROCm.
func (v *view) readROCm(place string) (string, error) {
	dir := place + "/rocm"
	switch there, err := v.files.exists(dir); {
	case err != nil:
		return "", err
	case !there:
		names, err := v.files.names(place)
		if errors.Is(err, fs.ErrNotExist) {
			err = v.notLooked(dir, place)
		}
		if err != nil {
			return "", err
		}
		names = slices.DeleteFunc(names, func(name string) bool { return !strings.HasPrefix(name, "rocm-") })
		if len(names) == 0 {
			return "", nil
		}
		if len(names) > 1 {
			return "", fmt.Errorf("/%s has %d of them, and no link rocm to one", place, len(names))
		}
		dir = place + "/" + names[0]
	}
	text, err := v.files.attribute(dir + "/" + rocmInfoFile)
	if err == nil && leadingVersion(text) == "" {
		err = fmt.Errorf("/%s/%s does not tell it", dir, rocmInfoFile)
	}
	if err != nil {
		return "", err
	}
	return text, nil
}

var efaInstaller = regexp.MustCompile(`EFA installer version:\s*(\d\S*)`)

// putEFAInstaller notes the version in /opt/amazon/efa_installed_packages, which has a first line such as
//
//	# EFA installer version: 1.30.0
func (v *view) putEFAInstaller(f *finding) {
	data, err := v.files.read(efaPackagesFile, maxAttribute)
	switch m := efaInstaller.FindSubmatch(data); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		f.miss(fmt.Errorf("efa_installer.version is not known: %w", err))
	case m == nil:
		f.miss(fmt.Errorf("efa_installer.version is not known: /%s does not tell it", efaPackagesFile))
	default:
		putVersion(f.attributes, "efa_installer.version", string(m[1]))
	}
}

var ofedVersion = regexp.MustCompile(`^\d+\.\d+-\d+\.\d+\.\d+`)

// putOFED notes the version of NVIDIA's (Mellanox's) own drivers, which is that of their module mlx5_core, one line:
//
//	24.10-1.1.4
//
// The module that comes with the kernel has none, or one of another form (5.0-0).
func (v *view) putOFED(f *finding) {
	text, _, err := v.files.deviceAttribute(mlx5VersionFile)
	if err != nil {
		f.miss(fmt.Errorf("mlnx_ofed.version is not known: %w", err))
		return
	}
	if text == "" {
		if err := v.notLooked(mlx5VersionFile, sysPlace); err != nil {
			f.miss(fmt.Errorf("mlnx_ofed.version is not known: %w", err))
		}
	}
	if ofedVersion.MatchString(text) {
		putVersion(f.attributes, "mlnx_ofed.version", text)
	}
}
