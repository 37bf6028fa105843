package features

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
)

const nvidiaGPUsDir = "proc/driver/nvidia/gpus"

// An nvidiaGeneration is what the chips of NVIDIA share that have one compute capability.
type nvidiaGeneration struct {
	capability string
	// family is the name of the architecture, as NVIDIA's GPU feature discovery has it; empty where that has none.
	family string
	chips  []string
}

// nvidiaGenerations tells the compute capability of a chip by its codename, which the list of PCI ids has; no list has it by id. It is
// made of NVIDIA's page "CUDA GPU Compute Capability" (developer.nvidia.com/cuda-gpus), which has it by product, and of
// that list, which has chip and product: B300 is a GB110, GB10 a GB20B, Jetson AGX Thor a GB10B. A chip that no product of both is
// made with, as GB112, is left out: its capability is not known.
func nvidiaGenerations() []nvidiaGeneration {
	return []nvidiaGeneration{
		{"3.0", "kepler", []string{"GK104", "GK106", "GK107"}},
		{"3.5", "kepler", []string{"GK110", "GK180", "GK208"}},
		{"3.7", "kepler", []string{"GK210"}},
		{"5.0", "maxwell", []string{"GM107", "GM108"}},
		{"5.2", "maxwell", []string{"GM200", "GM204", "GM206"}},
		{"6.0", "pascal", []string{"GP100"}},
		{"6.1", "pascal", []string{"GP102", "GP104", "GP106", "GP107", "GP108"}},
		{"7.0", "volta", []string{"GV100"}},
		{"7.5", "turing", []string{"TU102", "TU104", "TU106", "TU116", "TU117"}},
		{"8.0", "ampere", []string{"GA100"}},
		{"8.6", "ampere", []string{"GA102", "GA103", "GA104", "GA106", "GA107"}},
		{"8.9", "ada-lovelace", []string{"AD102", "AD103", "AD104", "AD106", "AD107"}},
		{"9.0", "hopper", []string{"GH100"}},
		{"10.0", "blackwell", []string{"GB100", "GB102"}},
		{"10.3", "blackwell", []string{"GB110"}},
		{"11.0", "", []string{"GB10B"}},
		{"12.0", "blackwell", []string{"GB202", "GB203", "GB205", "GB206", "GB207"}},
		{"12.1", "blackwell", []string{"GB20B"}},
	}
}

// nvidiaChip returns the codename of the chip that a word begins with, such as AD102 for AD102GLM; empty if there is none that is
// known. What follows it may be letters, which tell a variant of the same chip.
func nvidiaChip(word string) string {
	word, _, _ = strings.Cut(word, " ")
	for _, generation := range nvidiaGenerations() {
		for _, chip := range generation.chips {
			if rest, ok := strings.CutPrefix(word, chip); ok && strings.Trim(rest, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "" {
				return chip
			}
		}
	}
	return ""
}

// nvidiaCapability returns what is known of a chip; false if nothing is.
func nvidiaCapability(chip string) (nvidiaGeneration, bool) {
	for _, generation := range nvidiaGenerations() {
		if slices.Contains(generation.chips, chip) {
			return generation, true
		}
	}
	return nvidiaGeneration{}, false
}

// readNvidiaGPU adds what is known of a GPU of NVIDIA: by its id, and by what the driver tells in
// /proc/driver/nvidia/gpus/<address>/information.
func (v *view) readNvidiaGPU(f *finding, g *gpu) {
	name := pciName(g.vendor, g.device)
	codename, product := parseChipName(name)
	put(g.attributes, "codename", codename)
	if generation, ok := nvidiaCapability(codename); ok && !strings.Contains(name, "Reserved") {
		major, minor, _ := strings.Cut(generation.capability, ".")
		g.attributes["compute_capability"] = generation.capability
		g.attributes["compute_major"], g.attributes["compute_minor"] = major, minor
		put(g.attributes, "family", generation.family)
	} else {
		f.missElements(fmt.Errorf("GPU %s lacks compute_capability and family: no chip with a known one is listed for its id 10de:%s (list of %s)",
			g.address, g.device, pciListVersion()), "compute_capability", "compute_major", "compute_minor", "family", "codename")
	}
	told, err := v.readNvidiaInformation(g)
	if err != nil {
		// What is told of the product elsewhere is another text, so that all of it is in doubt.
		f.miss(fmt.Errorf("GPU %s lacks what the driver tells of it (product, vbios_version_raw, firmware_version, excluded): %w", g.address, err))
	}
	if err == nil && told["vbios_version_raw"] == "" {
		f.missElements(fmt.Errorf("GPU %s lacks vbios_version_raw: it is not initialised, which it is when a program first uses it "+
			"(nvidia-smi, nvidia-persistenced)", g.address), "vbios_version_raw")
	}
	if err != nil && g.driver == "nvidia" {
		g.unsure = "the driver may be told to leave it alone"
	}
	maps.Copy(g.attributes, told)
	if told["product"] == "" {
		put(g.attributes, "product", product)
	}
}

// checkNvidiaGPUs notes the GPUs that the driver has and the bus has not.
func (v *view) checkNvidiaGPUs(all *gpus, functions pciFunctions) {
	names, err := v.files.names(nvidiaGPUsDir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		all.missed.miss(err)
	}
	for _, name := range names {
		if !functions.has(name) {
			all.missed.miss(fmt.Errorf("GPU %s is left out: it is in /%s and not in /%s", name, nvidiaGPUsDir, pciDir))
			all.whole = false
		}
	}
}

// readNvidiaInformation reads what the driver tells of a GPU that it is bound to.
func (v *view) readNvidiaInformation(g *gpu) (map[string]string, error) {
	if g.driver != "nvidia" {
		return nil, fmt.Errorf("the driver nvidia is not bound to it%s", g.boundTo())
	}
	data, err := v.files.read(nvidiaGPUsDir+"/"+g.address+"/information", maxAttribute)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w, though the driver nvidia is bound to it", err)
	}
	if err != nil {
		return nil, err
	}
	return parseNvidiaInformation(string(data)), nil
}

// nvidiaInformation names the lines of /proc/driver/nvidia/gpus/*/information that are told; those with the number of the board and its UUID
// are not.
func nvidiaInformation() map[string]string {
	return map[string]string{"Model": "product", "Video BIOS": "vbios_version_raw", "GPU Firmware": "firmware_version", "GPU Excluded": "excluded"}
}

// parseNvidiaInformation takes the lines that are told from the text of /proc/driver/nvidia/gpus/*/information. A value that the driver
// does not know has question marks, or is N/A; it is left out. An old driver has no line for the firmware or for exclusion.
//
//	Model: 		 NVIDIA H100 80GB HBM3
//	IRQ:   		 18
//	GPU UUID: 	 GPU-aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee
//	Video BIOS: 	 96.00.30.00.01
//	Bus Type: 	 PCIe
//	Bus Location: 	 0000:17:00.0
//	Device Minor: 	 0
//	GPU Firmware: 	 535.129.03
//	GPU Excluded:	 No
func parseNvidiaInformation(text string) map[string]string {
	told := map[string]string{}
	names := nvidiaInformation()
	for line := range strings.Lines(text) {
		key, value, ok := strings.Cut(line, ":")
		name := names[strings.TrimSpace(key)]
		value = strings.TrimSpace(value)
		if !ok || name == "" || value == "" || strings.Contains(value, "?") || value == "N/A" || value == "Unknown" {
			continue
		}
		switch name {
		case "excluded":
			switch value {
			case "Yes":
				told[name] = "true"
			case "No":
				told[name] = "false"
			}
		case "firmware_version":
			putVersion(told, name, value)
		default:
			told[name] = value
		}
	}
	return told
}

// nvidiaVersion finds the version in the text of /proc/driver/nvidia/version.
var nvidiaVersion = regexp.MustCompile(`Kernel Module(?: for \S+)?\s+(\d+(?:\.\d+)+)`)

// parseNvidiaVersion takes the driver's version from the first line of /proc/driver/nvidia/version, and says whether it is that of
// the open modules. The version is empty if the line is another one. What follows it differs: the date is in the builder's language, or not
// there.
//
//	NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue Mar  5 22:23:56 UTC 2024
//	NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  565.57.01  Release Build  (dvs-builder@U16-I3-B03-4-3)  Thu Oct 10 12:29:05 UTC 2024
//	GCC version:  gcc version 12.3.0 (Ubuntu 12.3.0-1ubuntu1~22.04)
func parseNvidiaVersion(text string) (version string, open bool) {
	line, _, _ := strings.Cut(text, "\n")
	m := nvidiaVersion.FindStringSubmatchIndex(line)
	if m == nil || !strings.Contains(line, "NVIDIA") {
		return "", false
	}
	return line[m[2]:m[3]], strings.HasSuffix(strings.TrimRight(line[:m[0]], " "), " Open")
}
