package features

// A bitNames names the bits of a word, from bit 0 on. An empty name is that of a bit without one.
type bitNames []string

// of returns the names of the bits that are set in word.
func (names bitNames) of(word uint64) []string {
	var set []string
	for bit, name := range names {
		if name != "" && word&(1<<bit) != 0 {
			set = append(set, name)
		}
	}
	return set
}

// hwcaps names the bits of the entries AT_HWCAP and AT_HWCAP2 of the auxiliary vector.
type hwcaps struct{ hwcap, hwcap2 bitNames }

// hwcapNames names the bits of this architecture (in Go's words) as NFD does; false if it has no names for them. What the
// bits mean is told by arch/*/include/uapi/asm/hwcap.h of the kernel, cputable.h on ppc64le, and elf.h on s390x. Bits that
// NFD v0.19 does not name are left out here too.
func hwcapNames(goarch string) (hwcaps, bool) {
	switch goarch {
	case "arm64":
		return hwcaps{
			hwcap: bitNames{
				"FP", "ASIMD", "EVTSTRM", "AES", "PMULL", "SHA1", "SHA2", "CRC32",
				"ATOMICS", "FPHP", "ASIMDHP", "CPUID", "ASIMDRDM", "JSCVT", "FCMA", "LRCPC",
				"DCPOP", "SHA3", "SM3", "SM4", "ASIMDDP", "SHA512", "SVE", "ASIMDFHM",
				"DIT", "USCAT", "ILRCPC", "FLAGM", "SSBS", "SB", "PACA", "PACG",
			},
			hwcap2: bitNames{
				"DCPODP", "SVE2", "SVEAES", "SVEPMULL", "SVEBITPERM", "SVESHA3", "SVESM4", "FLAGM2",
				"FRINT", "SVEI8MM", "SVEF32MM", "SVEF64MM", "SVEBF16", "I8MM", "BF16", "DGH",
				"RNG", "BTI", "MTE", "ECV", "AFP", "RPRES", "MTE3", "SME",
				"SMEI16I64", "SMEF64F64", "SMEI8I32", "SMEF16F32", "SMEB16F32", "SMEF32F32", "SMEFA64", "WFXT",
				"EBF16", "SVEEBF16",
			},
		}, true
	case "arm":
		return hwcaps{
			hwcap: bitNames{
				"SWP", "HALF", "THUMB", "26BIT", "FASTMUL", "FPA", "VFP", "EDSP",
				"JAVA", "IWMMXT", "CRUNCH", "THUMBEE", "NEON", "VFPv3", "VFPv3D16", "TLS",
				"VFPv4", "IDIVA", "IDIVT", "VFPD32", "LPAE", "EVTSTRM",
			},
			hwcap2: bitNames{"AES", "PMULL", "SHA1", "SHA2", "CRC32"},
		}, true
	case "ppc64le":
		return hwcaps{
			hwcap: bitNames{
				"PPCLE", "TRUE_LE", "", "", "", "", "ARCHPMU", "VSX",
				"ARCH_2_06", "POWER6X", "DFP", "PA6T", "ARCH_2_05", "IC_SNOOP", "SMT", "BOOKE",
				"CELLBE", "POWER5+", "POWER5", "POWER4", "NOTB", "EFPDOUBLE", "EFPFLOAT", "SPE",
				"UCACHE", "4xxMAC", "MMU", "FPU", "ALTIVEC", "PPC601", "PPC64", "PPC32",
			},
			hwcap2: bitNames{
				"", "", "", "", "", "", "", "",
				"", "", "", "", "", "", "", "",
				"", "MMA", "ARCH_3_1", "HTM-NO-SUSPEND", "SCV", "DARN", "IEEE128", "ARCH_3_00",
				"HTM-NOSC", "VCRYPTO", "TAR", "ISEL", "EBB", "DSCR", "HTM", "ARCH_2_07",
			},
		}, true
	case "s390x":
		return hwcaps{
			hwcap: bitNames{
				"ESAN3", "ZARCH", "STFLE", "MSA", "LDISP", "EIMM", "DFP", "EDAT",
				"ETF3EH", "HIGHGPRS", "TE", "VX", "VXD", "VXE", "GS", "VXE2",
				"VXP", "SORT", "DFLT", "VXP2", "NNPA", "PCIMIO", "SIE",
			},
		}, true
	}
	return hwcaps{}, false
}
