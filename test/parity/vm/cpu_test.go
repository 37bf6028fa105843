package vm

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nfd-compat/nfd-compat/pkg/features"
)

// A bit is one of CPUID's answer: for these inputs, in this register, the bit of this number.
type bit struct {
	eax, ecx uint32
	register string
	number   int
}

// cpuidBits are flags of cpu.cpuid that a single bit tells: Intel's Software Developer's Manual, volume 2A, CPUID, and
// AMD's Architecture Programmer's Manual, volume 3, appendix E.
func cpuidBits() map[string]bit {
	const ebx, ecx, edx = "EBX", "ECX", "EDX"
	return map[string]bit{
		"CMPXCHG8": {1, 0, edx, 8},
		"CMOV":     {1, 0, edx, 15},
		"MMX":      {1, 0, edx, 23},
		"FXSR":     {1, 0, edx, 24},
		"SSE":      {1, 0, edx, 25},
		"SSE2":     {1, 0, edx, 26},
		"SSE3":     {1, 0, ecx, 0},
		"CLMUL":    {1, 0, ecx, 1},
		"VMX":      {1, 0, ecx, 5},
		"SSSE3":    {1, 0, ecx, 9},
		"FMA3":     {1, 0, ecx, 12},
		"CX16":     {1, 0, ecx, 13},
		"SSE4":     {1, 0, ecx, 19},
		"SSE42":    {1, 0, ecx, 20},
		"MOVBE":    {1, 0, ecx, 22},
		"POPCNT":   {1, 0, ecx, 23},
		"AESNI":    {1, 0, ecx, 25},
		"AVX":      {1, 0, ecx, 28},
		"F16C":     {1, 0, ecx, 29},
		"RDRAND":   {1, 0, ecx, 30},

		"HYPERVISOR": {1, 0, ecx, 31},

		"XSAVE": {1, 0, ecx, 26},

		"SGX":        {7, 0, ebx, 2},
		"BMI1":       {7, 0, ebx, 3},
		"HLE":        {7, 0, ebx, 4},
		"AVX2":       {7, 0, ebx, 5},
		"BMI2":       {7, 0, ebx, 8},
		"ERMS":       {7, 0, ebx, 9},
		"RTM":        {7, 0, ebx, 11},
		"MPX":        {7, 0, ebx, 14},
		"AVX512F":    {7, 0, ebx, 16},
		"AVX512DQ":   {7, 0, ebx, 17},
		"RDSEED":     {7, 0, ebx, 18},
		"ADX":        {7, 0, ebx, 19},
		"SHA":        {7, 0, ebx, 29},
		"GFNI":       {7, 0, ecx, 8},
		"VAES":       {7, 0, ecx, 9},
		"VPCLMULQDQ": {7, 0, ecx, 10},
		"FSRM":       {7, 0, edx, 4},
		"IBPB":       {7, 0, edx, 26},
		"STIBP":      {7, 0, edx, 27},

		"LAHF":    {0x80000001, 0, ecx, 0},
		"SVM":     {0x80000001, 0, ecx, 2},
		"LZCNT":   {0x80000001, 0, ecx, 5},
		"SSE4A":   {0x80000001, 0, ecx, 6},
		"XOP":     {0x80000001, 0, ecx, 11},
		"FMA4":    {0x80000001, 0, ecx, 16},
		"NX":      {0x80000001, 0, edx, 20},
		"MMXEXT":  {0x80000001, 0, edx, 22},
		"RDTSCP":  {0x80000001, 0, edx, 27},
		"SVMNP":   {0x8000000a, 0, edx, 0},
		"SVMNRIP": {0x8000000a, 0, edx, 3},
	}
}

// checkCPUID compares the flags with the words that QEMU has given the processor: a flag is there if its bit is set, and
// only then.
func checkCPUID(t *testing.T, words []word, ours *features.Set) {
	t.Helper()
	want, got := map[string]bool{}, map[string]bool{}
	for flag, b := range cpuidBits() {
		i := slices.IndexFunc(words, func(w word) bool { return w.EAX == b.eax && w.ECX == b.ecx && w.Register == b.register })
		if i < 0 {
			t.Fatalf("QEMU tells nothing of %+v for %s", b, flag)
		}
		want[flag] = words[i].Value>>b.number&1 == 1
		_, got[flag] = ours.Features.Flags["cpu.cpuid"].Elements[flag]
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("cpu.cpuid (-QEMU +ours):\n%s", diff)
	}
}

// checkHWCAP compares the flags of an arm64 processor with what the kernel shows of the same bits in /proc/cpuinfo, under
// the same names in lower case (arch/arm64/kernel/cpuinfo.c):
//
//	Features	: fp asimd evtstrm aes pmull sha1 sha2 crc32 cpuid
func checkHWCAP(t *testing.T, cpuinfo string, ours *features.Set) {
	t.Helper()
	var want []string
	for line := range strings.Lines(cpuinfo) {
		if key, value, _ := strings.Cut(line, ":"); strings.TrimSpace(key) == "Features" {
			want = strings.Fields(value)
			break
		}
	}
	var got []string
	for flag := range maps.Keys(ours.Features.Flags["cpu.cpuid"].Elements) {
		got = append(got, strings.ToLower(flag))
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("cpu.cpuid (-the kernel +ours):\n%s", diff)
	}
}
