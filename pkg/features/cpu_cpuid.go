package features

import (
	"context"
	"fmt"
	"runtime"
	"strconv"

	"github.com/klauspost/cpuid/v2"
)

// A leafFunc answers the instruction CPUID.
type leafFunc func(leaf, subleaf uint32) (eax, ebx, ecx, edx uint32)

// withBounds wraps an answer so that a leaf beyond the highest one answers zero. Intel's processors answer such a leaf
// with the contents of the highest, which would be taken for something else (Intel SDM, volume 2, CPUID).
func withBounds(ask leafFunc) leafFunc {
	highest, _, _, _ := ask(0, 0)
	return func(leaf, subleaf uint32) (eax, ebx, ecx, edx uint32) {
		if leaf > highest {
			return 0, 0, 0, 0
		}
		return ask(leaf, subleaf)
	}
}

// notOurProcessor is why nothing is known that only the processor itself tells.
const notOurProcessor = "the processor tells it only to a program on the host itself, and the root is another host's"

// An access says whether the instruction CPUID can be asked about the host.
type access int

const (
	// cpuidAnswers: the host is ours and its processor has the instruction.
	cpuidAnswers access = iota
	// cpuidNowhere: the host's processor is known not to have it.
	cpuidNowhere
	// cpuidElsewhere: the processor has it, or may have it, and we do not run there.
	cpuidElsewhere
)

func (v *view) cpuid() access {
	switch v.architecture() {
	case "amd64", "386", "":
		if v.own() && runtime.GOARCH == "amd64" {
			v.files.trace.note(fromCPUID)
			return cpuidAnswers
		}
		return cpuidElsewhere
	default:
		return cpuidNowhere
	}
}

// discoverCPUID tells what the processor can do. On amd64 it is asked by the instruction CPUID, and the names are those of
// klauspost/cpuid, as in NFD, with the x86-64 levels of the psABI. On other architectures the kernel tells it in the
// auxiliary vector, and the names are those that NFD gives to its bits.
func discoverCPUID(_ context.Context, v *view) finding {
	if !v.own() {
		return unsupported(notOurProcessor)
	}
	if runtime.GOARCH == "amd64" {
		v.files.trace.note(fromCPUID)
		return finding{flags: flagSet(amd64Flags(&cpuid.CPU)...), attributes: amd64Attributes(&cpuid.CPU)}
	}
	names, ok := hwcapNames(runtime.GOARCH)
	if !ok {
		return unsupported("the names of what a processor of " + runtime.GOARCH + " can do are not known")
	}
	caps, caps2, err := readHwcaps()
	if err != nil {
		return unreadable(fmt.Errorf("read the auxiliary vector: %w", err))
	}
	v.files.trace.note(fromAuxiliaryVector)
	return finding{flags: flagSet(append(names.hwcap.of(caps), names.hwcap2.of(caps2)...)...)}
}

func amd64Flags(cpu *cpuid.CPUInfo) []string {
	flags := cpu.FeatureSet()
	for level := 1; level <= cpu.X64Level(); level++ {
		flags = append(flags, "X86_64_V"+strconv.Itoa(level))
	}
	return flags
}

// amd64Attributes is empty and not nil on a processor without AVX10, as in NFD.
func amd64Attributes(cpu *cpuid.CPUInfo) map[string]string {
	attributes := map[string]string{}
	if cpu.AVX10Level > 0 {
		attributes["AVX10_VERSION"] = strconv.Itoa(int(cpu.AVX10Level))
	}
	return attributes
}
