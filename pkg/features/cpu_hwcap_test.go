package features

import (
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// kernelHwcaps are the words of the kernel for the bits that NFD v0.19 names, from bit 0 on, - for a bit without a name:
// hwcap_str of arch/arm64/kernel/cpuinfo.c, arch/arm/kernel/setup.c and arch/s390/kernel/processor.c, and for ppc64le what
// the dynamic linker prints (_dl_powerpc_cap_flags of glibc's dl-procinfo.c), in NFD's spelling.
func kernelHwcaps() map[string][2]string {
	return map[string][2]string{
		"arm64": {
			"fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm jscvt fcma lrcpc " +
				"dcpop sha3 sm3 sm4 asimddp sha512 sve asimdfhm dit uscat ilrcpc flagm ssbs sb paca pacg",
			"dcpodp sve2 sveaes svepmull svebitperm svesha3 svesm4 flagm2 frint svei8mm svef32mm svef64mm svebf16 i8mm bf16 dgh " +
				"rng bti mte ecv afp rpres mte3 sme smei16i64 smef64f64 smei8i32 smef16f32 smeb16f32 smef32f32 smefa64 wfxt " +
				"ebf16 sveebf16",
		},
		"arm": {
			"swp half thumb 26bit fastmul fpa vfp edsp java iwmmxt crunch thumbee neon vfpv3 vfpv3d16 tls " +
				"vfpv4 idiva idivt vfpd32 lpae evtstrm",
			"aes pmull sha1 sha2 crc32",
		},
		"ppc64le": {
			"ppcle true_le - - - - archpmu vsx arch_2_06 power6x dfp pa6t arch_2_05 ic_snoop smt booke " +
				"cellbe power5+ power5 power4 notb efpdouble efpfloat spe ucache 4xxmac mmu fpu altivec ppc601 ppc64 ppc32",
			"- - - - - - - - - - - - - - - - " +
				"- mma arch_3_1 htm-no-suspend scv darn ieee128 arch_3_00 htm-nosc vcrypto tar isel ebb dscr htm arch_2_07",
		},
		"s390x": {
			"esan3 zarch stfle msa ldisp eimm dfp edat etf3eh highgprs te vx vxd vxe gs vxe2 " +
				"vxp sort dflt vxp2 nnpa pcimio sie",
			"",
		},
	}
}

// TestHwcapNames: each bit by itself has its name, and a bit beyond the last that NFD names has none.
func TestHwcapNames(t *testing.T) {
	t.Parallel()
	for arch, words := range kernelHwcaps() {
		names, ok := hwcapNames(arch)
		if !ok {
			t.Fatalf("no names for %s", arch)
		}
		for i, of := range []func(uint64) []string{names.hwcap.of, names.hwcap2.of} {
			want := strings.Fields(words[i])
			for bit := range 64 {
				got := strings.ToLower(strings.Join(of(1<<bit), " "))
				switch {
				case bit >= len(want) || want[bit] == "-":
					if got != "" {
						t.Errorf("%s: bit %d of word %d is %s, want none", arch, bit, i+1, got)
					}
				case got != want[bit]:
					t.Errorf("%s: bit %d of word %d is %q, want %s", arch, bit, i+1, got, want[bit])
				}
			}
		}
	}
	if _, ok := hwcapNames("riscv64"); ok {
		t.Error("names for riscv64")
	}
}

// TestHwcapSpelling: the letters of a name are capitals, but for those that NFD writes small.
func TestHwcapSpelling(t *testing.T) {
	t.Parallel()
	var small []string
	for _, arch := range []string{"arm64", "arm", "ppc64le", "s390x"} {
		names, _ := hwcapNames(arch)
		for _, name := range slices.Concat(names.hwcap, names.hwcap2) {
			if strings.ToUpper(name) != name {
				small = append(small, name)
			}
		}
	}
	if diff := cmp.Diff([]string{"VFPv3", "VFPv3D16", "VFPv4", "4xxMAC"}, small); diff != "" {
		t.Errorf("names with small letters (-want +got):\n%s", diff)
	}
}

func TestReadHwcaps(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("there is no auxiliary vector here")
	}
	hwcap, _, err := readHwcaps()
	if err != nil || hwcap == 0 {
		t.Errorf("got %x, %v", hwcap, err)
	}
}

// TestHwcapsOfThisProcessor compares the flags with what the kernel says of the same bits in /proc/cpuinfo, where it does:
// on arm64 and on s390x, whose "sie" was not in the auxiliary vector before Linux 5.14.
func TestHwcapsOfThisProcessor(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" || runtime.GOARCH != "arm64" && runtime.GOARCH != "s390x" {
		t.Skip("the kernel does not tell the flags by the same words here")
	}
	names, _ := hwcapNames(runtime.GOARCH)
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(`(?m)^[Ff]eatures\s*:(.*)$`).FindSubmatch(text)
	if line == nil {
		t.Skip("/proc/cpuinfo does not tell the features, or is another processor's")
	}
	caps, caps2, err := readHwcaps()
	if err != nil {
		t.Fatal(err)
	}
	words := kernelHwcaps()[runtime.GOARCH]
	named := strings.Fields(words[0] + " " + words[1])
	want := slices.DeleteFunc(strings.Fields(string(line[1])), func(word string) bool { return !slices.Contains(named, word) || word == "sie" })
	got := strings.Fields(strings.ToLower(strings.Join(append(names.hwcap.of(caps), names.hwcap2.of(caps2)...), " ")))
	got = slices.DeleteFunc(got, func(word string) bool { return word == "sie" })
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-what /proc/cpuinfo says +flags:\n%s", diff)
	}
}
