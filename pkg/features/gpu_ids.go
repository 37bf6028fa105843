package features

import (
	_ "embed" // for the list of names
	"strings"
)

// gpuIDs is the part of the PCI ID Project's list that names GPUs and accelerators, for hosts that have no list of their own. Its head
// tells the terms and the version.
//
//go:generate sh -c "go run ../../internal/mkgpuids /usr/share/misc/pci.ids > gpu_ids.txt"
//go:embed gpu_ids.txt
var gpuIDs string

// pciIDDigits is the length of a vendor's and of a device's number in the list.
const pciIDDigits = 4

// pciName returns the name that the list has for a device; empty if it has none. Both numbers are of four lower-case hexadecimal
// digits, as in pci.device. The list is searched as it is: it is wanted for a few devices, and not on every host.
func pciName(vendor, device string) string {
	if !isPCIID(vendor) || !isPCIID(device) {
		return ""
	}
	_, rows, ok := strings.Cut(gpuIDs, "\n"+vendor+"  ")
	if !ok {
		return ""
	}
	for {
		var row string
		_, rows, ok = strings.Cut(rows, "\n")
		if !ok || !strings.HasPrefix(rows, "\t") {
			return ""
		}
		if row, ok = strings.CutPrefix(rows[1:], device+"  "); ok {
			name, _, _ := strings.Cut(row, "\n")
			return name
		}
	}
}

// pciListVersion tells the version of the list.
func pciListVersion() string {
	_, text, _ := strings.Cut(gpuIDs, "# Version: ")
	version, _, _ := strings.Cut(text, "\n")
	return version
}

func isPCIID(text string) bool {
	return len(text) == pciIDDigits && strings.Trim(text, "0123456789abcdef") == ""
}

// parseChipName takes a name of the list apart: that of the chip, and in brackets what it is sold as. One without brackets is the
// product's, unless it is known as that of a chip of NVIDIA.
//
//	GH100 [H100 SXM5 80GB]           -> GH100, H100 SXM5 80GB
//	AD102GL [L40]                    -> AD102, L40
//	Aldebaran/MI200 [Instinct MI210] -> Aldebaran/MI200, Instinct MI210
//	GB102                            -> GB102, ""
//	UHD Graphics 617                 -> "", UHD Graphics 617
func parseChipName(name string) (codename, product string) {
	before, after, ok := strings.Cut(name, " [")
	if ok && strings.HasSuffix(after, "]") {
		codename, product = before, strings.TrimSuffix(after, "]")
	} else if chip := nvidiaChip(name); chip != "" {
		codename = name
	} else {
		product = name
	}
	if chip := nvidiaChip(codename); chip != "" {
		codename = chip
	}
	return codename, product
}
