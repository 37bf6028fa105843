//go:build !amd64

package features

// cpuidLeaf answers as a processor without any leaf: CPUID is an instruction of amd64.
func cpuidLeaf(_, _ uint32) (eax, ebx, ecx, edx uint32) { return 0, 0, 0, 0 }
