package features

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

const (
	nvidiaVersionFile = "proc/driver/nvidia/version"
	nvidiaModuleDir   = sysModuleDir + "/nvidia"
)

// discoverGPUDriver tells which drivers of GPUs are loaded, and what NVIDIA's supports. Every Linux has /sys/module: without it, procfs alone
// tells of NVIDIA's.
func discoverGPUDriver(ctx context.Context, v *view) finding {
	f := finding{attributes: map[string]string{}}
	there, err := v.files.exists(sysModuleDir)
	switch {
	case err != nil:
		f.miss(err)
	case !there:
		f.miss(errors.New("/" + sysModuleDir + " is not there, where to look for the drivers that are loaded"))
	}
	loaded := v.putNvidiaDriver(&f)
	for _, module := range []string{"amdgpu", "i915", "xe"} {
		v.putKernelDriver(&f, module)
	}
	v.putROCm(&f)
	if there || loaded {
		v.putNouveau(ctx, &f, loaded)
	}
	if len(f.attributes) == 0 {
		f.attributes = nil
	}
	if !there {
		return f.orUnreadable()
	}
	return f
}

// putNouveau tells whether nouveau is loaded where that matters: where it is, where NVIDIA's own driver is, and where there is a GPU of NVIDIA.
func (v *view) putNouveau(ctx context.Context, f *finding, nvidia bool) {
	loaded, err := v.files.exists(sysModuleDir + "/nouveau")
	if err != nil {
		f.miss(fmt.Errorf("nouveau.loaded is not known: %w", err))
		return
	}
	switch all := v.gpus(ctx); {
	case loaded:
		f.attributes["nouveau.loaded"] = "true"
	case nvidia, all.count(vendorNvidia) > 0:
		f.attributes["nouveau.loaded"] = "false"
	case !all.whole:
		for _, reason := range all.missed.reasons {
			f.miss(errors.New(reason))
		}
	}
}

// putKernelDriver notes the version of a driver that may come with the kernel, if it is loaded: what its module says, or that of the
// kernel. A module from elsewhere, which the kernel has marked with O (Documentation/admin-guide/tainted-kernels.rst), has to say it itself.
func (v *view) putKernelDriver(f *finding, module string) {
	dir := sysModuleDir + "/" + module
	switch ok, err := v.files.exists(dir); {
	case err != nil:
		f.miss(fmt.Errorf("whether the driver %s is loaded is not known: %w", module, err))
		return
	case !ok:
		return
	}
	version, _, err := v.files.deviceAttribute(dir + "/version")
	if err != nil {
		f.miss(fmt.Errorf("%s.version is not known: %w", module, err))
		return
	}
	taint, _, err := v.files.deviceAttribute(dir + "/taint")
	if err != nil {
		f.miss(fmt.Errorf("%s.version is not known: %w", module, err))
		return
	}
	inTree := version == "" && !strings.Contains(taint, "O")
	if module == "amdgpu" {
		f.attributes["amdgpu.in_tree"] = "false"
		if inTree {
			f.attributes["amdgpu.in_tree"] = "true"
		}
	}
	if inTree {
		if version, err = v.release(); err != nil {
			f.miss(fmt.Errorf("%s.version is that of the kernel, which is not known: %w", module, err))
			return
		}
	}
	if version == "" {
		f.miss(fmt.Errorf("%s.version is not known: the driver does not come with the kernel and has no /%s/version", module, dir))
	}
	putVersion(f.attributes, module+".version", version)
}

// putNvidiaDriver notes what is known of NVIDIA's driver, and says whether it is loaded. Its version is in /sys/module/nvidia/version, one line:
//
//	550.54.15
//
// and in /proc/driver/nvidia/version, which tells which of the two kinds of modules it is.
func (v *view) putNvidiaDriver(f *finding) bool {
	text, inProc := v.readNvidiaProc(f)
	version, _, err := v.files.deviceAttribute(nvidiaModuleDir + "/version")
	if err != nil {
		f.miss(err)
	}
	inSys, err := v.files.exists(nvidiaModuleDir)
	if err != nil {
		f.miss(fmt.Errorf("whether the driver nvidia is loaded is not known: %w", err))
	}
	loaded := inProc || inSys
	procVersion, open := parseNvidiaVersion(text)
	if version == "" {
		version = procVersion
	}
	library := v.findLibcuda(f, version)
	putVersion(f.attributes, "nvidia.library_version", library.version)
	if !loaded {
		v.files.trace.note("/" + nvidiaModuleDir) // that they are not there is what tells
		v.files.trace.note("/" + nvidiaVersionFile)
		return false
	}
	v.putNvidiaVersion(f, version)
	if procVersion != "" {
		f.attributes["nvidia.flavor"] = nvidiaFlavor(open)
	} else {
		v.putNvidiaFlavor(f)
	}
	v.putMIG(f, version)
	switch {
	case library.name == "":
		f.miss(fmt.Errorf("nvidia.library_version is not known: there is no %s, which comes with the package libnvidia-compute, nvidia-driver-cuda-libs or "+
			"libcuda1, where /%s says, nor in any of %s", libcudaLink, libraryCacheFile, dirsText(libcudaDirs())))
	case library.version == "":
		f.miss(fmt.Errorf("nvidia.library_version is not known: the name of the file that /%s leads to does not tell it", library.name))
	}
	v.putCUDA(f, version, library)
	return true
}

// readNvidiaProc reads /proc/driver/nvidia/version, and says whether it is there.
func (v *view) readNvidiaProc(f *finding) (text string, there bool) {
	data, err := v.files.read(nvidiaVersionFile, maxAttribute)
	switch {
	case err == nil:
		return string(data), true
	case !errors.Is(err, fs.ErrNotExist):
		f.miss(err)
	default:
		if err := v.notLooked(nvidiaVersionFile, procPlace); err != nil {
			f.miss(err)
		}
	}
	return "", false
}

func (v *view) putNvidiaVersion(f *finding, version string) {
	if leadingVersion(version) == "" {
		f.miss(fmt.Errorf("nvidia.version is not known: neither /%s/version nor /%s tells it", nvidiaModuleDir, nvidiaVersionFile))
		return
	}
	if isJetsonRelease(version) {
		f.attributes["nvidia.version_raw"] = version
		f.miss(fmt.Errorf("nvidia.version is not known: %s is the release of Jetson's Linux, not that of a driver", version))
		return
	}
	putVersion(f.attributes, "nvidia.version", version)
	numbers := strings.Split(leadingVersion(version), ".")
	for i, name := range []string{"major", "minor", "revision"} {
		if i < len(numbers) {
			f.attributes["nvidia.version."+name] = numbers[i]
		}
	}
}

// isJetsonRelease says whether what stands for the driver's version is the release of Jetson's Linux, such as 35.3.1: so low are but the
// drivers of chips before 2006.
func isJetsonRelease(version string) bool {
	major, _, _ := strings.Cut(leadingVersion(version), ".")
	return major != "" && len(major) < len("100")
}

func nvidiaFlavor(open bool) string {
	if open {
		return "open"
	}
	return "proprietary"
}

// putNvidiaFlavor tells which kind of modules it is by the marks that the kernel gave them: P is for one whose licence is no open one, O for
// one that does not come with the kernel (Documentation/admin-guide/tainted-kernels.rst):
//
//	POE
func (v *view) putNvidiaFlavor(f *finding) {
	taint, _, err := v.files.deviceAttribute(nvidiaModuleDir + "/taint")
	switch {
	case err != nil:
		f.miss(fmt.Errorf("nvidia.flavor is not known: %w", err))
	case strings.ContainsAny(taint, "PO"):
		f.attributes["nvidia.flavor"] = nvidiaFlavor(!strings.Contains(taint, "P"))
	default:
		f.miss(fmt.Errorf("nvidia.flavor is not known: /%s does not tell it", nvidiaVersionFile))
	}
}

// putMIG tells whether the driver of this version can split GPUs, for which it has files of its own in procfs. All drivers have the directory since
// 450; where it is not, as in a container whose runtime shows a part of the driver's files, nothing is known.
func (v *view) putMIG(f *finding, version string) {
	const (
		element = "nvidia.mig_capable"
		dir     = "proc/driver/nvidia/capabilities"
		file    = dir + "/mig/config"
	)
	there, err := v.files.exists(file)
	if err == nil && !there && !olderThanMIG(version) {
		err = v.notLooked(file, dir)
	}
	switch {
	case err != nil:
		f.missElements(fmt.Errorf("%s is not known: %w", element, err), element)
	case there:
		f.attributes[element] = "true"
	default:
		f.attributes[element] = "false"
	}
}

// olderThanMIG says whether a driver is of a branch before 450, the first that can split GPUs.
func olderThanMIG(version string) bool {
	major, _, _ := strings.Cut(leadingVersion(version), ".")
	return major != "" && (len(major) < len("450") || len(major) == len("450") && major < "450")
}
