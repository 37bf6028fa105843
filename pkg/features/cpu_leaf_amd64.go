package features

// cpuidLeaf asks the processor by the instruction CPUID for this leaf and subleaf. It is here for the leaves that the
// package klauspost/cpuid reads and does not export.
//
//go:noescape
func cpuidLeaf(leaf, subleaf uint32) (eax, ebx, ecx, edx uint32)
