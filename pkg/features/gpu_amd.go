package features

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"
)

const kfdNodesDir = "sys/class/kfd/kfd/topology/nodes"

// mebibyte is what memory is told in.
const mebibyte = 1 << 20

// readAMDGPU adds what the driver amdgpu tells of a GPU in its directory. All of it is optional: product_name is empty on many, and partitions
// are a matter of few.
func (v *view) readAMDGPU(f *finding, g *gpu) {
	codename, product := parseChipName(pciName(g.vendor, g.device))
	put(g.attributes, "codename", codename)
	put(g.attributes, "product", product)
	dir := pciDir + "/" + g.address
	for _, a := range [][2]string{
		{"product", "product_name"},
		{"vbios_version_raw", "vbios_version"},
		{"memory_mib", "mem_info_vram_total"},
		{"compute_partition", "current_compute_partition"},
		{"memory_partition", "current_memory_partition"},
	} {
		value, ok, err := v.files.deviceAttribute(dir + "/" + a[1])
		switch {
		case err != nil:
			f.miss(fmt.Errorf("GPU %s lacks %s: %w", g.address, a[0], err))
		case !ok || value == "":
		case a[0] == "memory_mib":
			put(g.attributes, a[0], mebibytes(value))
		default:
			g.attributes[a[0]] = value
		}
	}
}

// mebibytes turns a number of bytes into one of MiB; empty if it is no number or none.
func mebibytes(text string) string {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil || n == 0 {
		return ""
	}
	return strconv.FormatUint(n/mebibyte, 10)
}

// A kfdGPU is what the topology of the kernel's driver for computing (KFD) tells of one GPU: the sum of its nodes, which are several if the
// GPU is partitioned.
type kfdGPU struct {
	simds, units, memory uint64
	target               string
}

// readKFD adds to the GPUs of AMD what /sys/class/kfd/kfd/topology/nodes tells of them.
func (v *view) readKFD(ctx context.Context, all *gpus, functions pciFunctions) {
	f := &all.missed
	if f.state == Unreadable {
		return
	}
	found := map[string]*kfdGPU{}
	nodes, err := v.files.names(kfdNodesDir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		f.miss(err)
	}
	known := map[string]bool{}
	for i := range all.found {
		known[all.found[i].address] = true
	}
	for _, node := range nodes {
		if ctx.Err() != nil {
			return
		}
		if err := v.readKFDNode(found, known, kfdNodesDir+"/"+node); err != nil {
			f.miss(fmt.Errorf("a GPU of AMD may lack cu_count, simd_count, gfx_target and memory_mib: %w", err))
		}
	}
	for _, address := range slices.Sorted(maps.Keys(found)) {
		if !functions.has(address) {
			f.miss(fmt.Errorf("GPU %s is left out: it is among those in /%s and not in /%s", address, kfdNodesDir, pciDir))
			all.whole = false
		}
	}
	for i := range all.found {
		g := &all.found[i]
		if g.vendor != vendorAMD {
			continue
		}
		of := found[g.address]
		switch {
		case of != nil:
			of.put(f, g)
		case g.driver != "amdgpu":
			f.missElements(fmt.Errorf("GPU %s lacks cu_count, simd_count, gfx_target and memory_mib: the driver amdgpu is not bound to it%s", g.address, g.boundTo()),
				"cu_count", "simd_count", "gfx_target", "memory_mib")
		default:
			f.missElements(fmt.Errorf("GPU %s lacks cu_count, simd_count and gfx_target: it is not among those in /%s", g.address, kfdNodesDir),
				"cu_count", "simd_count", "gfx_target")
		}
	}
}

// put notes what is known of a GPU among its attributes.
func (k *kfdGPU) put(f *finding, g *gpu) {
	for name, n := range map[string]uint64{"simd_count": k.simds, "cu_count": k.units} {
		if n > 0 {
			g.attributes[name] = strconv.FormatUint(n, 10)
		}
	}
	put(g.attributes, "gfx_target", k.target)
	if k.units == 0 || k.target == "" {
		f.missElements(fmt.Errorf("GPU %s lacks cu_count or gfx_target: the kernel does not tell simd_per_cu or gfx_target_version", g.address), "cu_count", "gfx_target")
	}
	if g.attributes["memory_mib"] != "" {
		return
	}
	if k.memory == 0 {
		f.missElements(fmt.Errorf("GPU %s lacks memory_mib: the kernel does not tell it", g.address), "memory_mib")
		return
	}
	g.attributes["memory_mib"] = strconv.FormatUint(k.memory/mebibyte, 10)
}

// readKFDNode adds what a node of the topology tells to the GPU that it belongs to. A node without SIMDs is a processor's.
func (v *view) readKFDNode(found map[string]*kfdGPU, known map[string]bool, dir string) error {
	data, err := v.files.read(dir+"/properties", maxAttribute)
	if err != nil {
		return err
	}
	node := parseKFDProperties(string(data))
	if _, ok := node["simd_count"]; !ok {
		return fmt.Errorf("read /%s/properties: there is no simd_count", dir)
	}
	if node["simd_count"] == 0 || node["vendor_id"] != 0x1002 {
		return nil
	}
	address := kfdAddress(node["domain"], node["location_id"], known)
	of := found[address]
	if of == nil {
		of = &kfdGPU{target: gfxTarget(node["gfx_target_version"])}
		found[address] = of
	}
	of.simds += node["simd_count"]
	if node["simd_per_cu"] > 0 {
		of.units += node["simd_count"] / node["simd_per_cu"]
	}
	if of.target != gfxTarget(node["gfx_target_version"]) {
		of.target = ""
	}
	bank, err := v.files.read(dir+"/mem_banks/0/properties", maxAttribute)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	of.memory += parseKFDProperties(string(bank))["size_in_bytes"]
	return nil
}

// parseKFDProperties takes the numbers from the text of a file properties of the topology. What is no number is left out.
//
//	simd_count 416
//	gfx_target_version 90010
func parseKFDProperties(text string) map[string]uint64 {
	numbers := map[string]uint64{}
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) != 2 {
			continue
		}
		if n, err := strconv.ParseUint(words[1], 10, 64); err == nil {
			numbers[words[0]] = n
		}
	}
	return numbers
}

// kfdAddress makes the address on the PCI bus of a node's domain and location_id, whose low 16 bits are the kernel's number of the function
// (bus, device, function). Of a partitioned GPU, newer kernels have the number of the partition in the high bits, and older ones in the place of
// the function, so that there is none of this address; it is then the first function's.
func kfdAddress(domain, location uint64, known map[string]bool) string {
	const (
		busShift, busMask       = 8, 0xff
		deviceShift, deviceMask = 3, 0x1f
		functionMask            = 0x7
	)
	device := fmt.Sprintf("%04x:%02x:%02x.", domain, location>>busShift&busMask, location>>deviceShift&deviceMask)
	address := device + strconv.FormatUint(location&functionMask, 16)
	if !known[address] && known[device+"0"] {
		return device + "0"
	}
	return address
}

// gfxTarget makes the name of the target that code is compiled for of the kernel's number: two decimal digits each for the minor number and
// for the stepping, which the name has in hexadecimal. It is empty for 0, which the kernel writes where there is none.
//
//	90010 -> gfx90a, 90402 -> gfx942, 100300 -> gfx1030
func gfxTarget(number uint64) string {
	const digits = 100
	if number == 0 {
		return ""
	}
	return fmt.Sprintf("gfx%d%x%x", number/digits/digits, number/digits%digits, number%digits)
}
