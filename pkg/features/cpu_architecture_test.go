package features

import (
	"testing"

	"github.com/nfd-compat/nfd-compat/internal/hosttest"
)

func TestParseCpuinfoArchitecture(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, text, want string }{
		{"arm64", "processor\t: 0\nBogoMIPS\t: 243.75\nFeatures\t: fp asimd evtstrm aes\nCPU architecture: 8\n", "arm64"},
		{"an arm64 as a 32-bit program sees it", "model name\t: ARMv8 Processor rev 1 (v8l)\nFeatures\t: half thumb vfp neon asimdhp\nCPU architecture: 8\n", ""},
		{"arm", "model name\t: ARMv7 Processor rev 4 (v7l)\nFeatures\t: half thumb vfp edsp neon vfpv3 asimddp\nCPU architecture: 7\n", ""},
		{"x86-64", "processor\t: 0\nvendor_id\t: GenuineIntel\nfpu\t\t: yes\nflags\t\t: fpu vme lm\nbugs\t\t: asimd\n", "amd64"},
		{"a 32-bit kernel", "vendor_id\t: GenuineIntel\nfdiv_bug\t: no\nf00f_bug\t: no\nflags\t\t: fpu vme lm\n", ""},
		{"a 32-bit processor", "vendor_id\t: GenuineIntel\nfdiv_bug\t: no\nflags\t\t: fpu vme lahf_lm\n", ""},
		{"s390x", "vendor_id       : IBM/S390\nfeatures\t: esan3 zarch\n", "s390x"},
		{"ppc64le", "processor\t: 0\ncpu\t\t: POWER9, altivec supported\n", ""},
		{"nothing", "", ""},
	} {
		if got := parseCpuinfoArchitecture([]byte(test.text)); got != test.want {
			t.Errorf("%s is %q, want %q", test.name, got, test.want)
		}
	}
}

// TestArchitectureOfOlderKernels: up to Linux 6.1 there is no file of its own for the architecture; where there is one, it counts.
func TestArchitectureOfOlderKernels(t *testing.T) {
	t.Parallel()
	const cpuinfo = "-- proc/sys/kernel/osrelease --\n5.14.0\n-- proc/cpuinfo --\nFeatures\t: fp asimd\n"
	for archive, want := range map[string]string{
		cpuinfo: "arm64",
		cpuinfo + "-- proc/sys/kernel/arch --\nx86_64\n":    "amd64",
		"-- proc/sys/kernel/osrelease --\n5.14.0\n":         "",
		cpuinfo + "-- proc/sys/kernel/arch --\nsomething\n": "",
	} {
		set, err := FromFS(hosttest.Parse(archive).FS()).Discover(t.Context(), []string{})
		if err != nil {
			t.Fatal(err)
		}
		if got := set.Node.Architecture; got != want {
			t.Errorf("%q is %q, want %q", archive, got, want)
		}
	}
}

// FuzzParseCpuinfoArchitecture: it is one of the three that it can tell, or none.
func FuzzParseCpuinfoArchitecture(f *testing.F) {
	for _, seed := range []string{"Features\t: fp asimd\n", "flags\t: lm\nfdiv_bug\t: no\n", "vendor_id : IBM/S390\n", "flags: lm"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		switch got := parseCpuinfoArchitecture([]byte(text)); got {
		case "", "arm64", "amd64", "s390x":
		default:
			t.Errorf("%q is %q", text, got)
		}
	})
}
