package features

import (
	"slices"
	"strings"
)

// parseCpuinfoArchitecture tells the architecture of the kernel whose /proc/cpuinfo this is, where it shows without doubt; else it is
// empty. A 32-bit kernel on a 64-bit processor is not taken for a 64-bit one:
//
//	Features	: fp asimd evtstrm aes
//	flags		: fpu vme de lm constant_tsc
//	vendor_id       : IBM/S390
//
// Only arm64 has a feature asimd, which Linux wants there; arm calls it neon (arch/arm64/kernel/cpuinfo.c, arch/arm/kernel/setup.c). The
// flag lm is that of a processor of x86-64; the kernel for 32 bits has a line fdiv_bug too (arch/x86/kernel/cpu/proc.c).
func parseCpuinfoArchitecture(data []byte) string {
	var has64, is32 bool
	for line := range strings.Lines(string(data)) {
		key, value, _ := strings.Cut(line, ":")
		words := func() []string { return strings.Fields(value) }
		switch strings.TrimSpace(key) {
		case "Features":
			if slices.Contains(words(), "asimd") {
				return "arm64"
			}
		case "flags":
			has64 = has64 || slices.Contains(words(), "lm")
		case "fdiv_bug":
			is32 = true
		case "vendor_id":
			if labelRuns(strings.TrimSpace(value)) == s390Vendor {
				return "s390x"
			}
		}
	}
	if has64 && !is32 {
		return "amd64"
	}
	return ""
}
