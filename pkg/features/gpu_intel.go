package features

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// integratedIntel is where a processor's own GPU stands on the bus. It has no memory of its own.
const integratedIntel = ":00:02.0"

// readIntelGPU adds what the drivers i915 and xe tell of a GPU: its tiles, and its own memory.
func (v *view) readIntelGPU(f *finding, g *gpu) {
	codename, product := parseChipName(pciName(g.vendor, g.device))
	put(g.attributes, "codename", codename)
	put(g.attributes, "product", product)
	var (
		tiles  int
		memory uint64
		err    error
	)
	switch g.driver {
	case "xe":
		tiles, memory, err = v.readXe(pciDir + "/" + g.address)
	case "i915":
		tiles, memory, err = v.readI915(pciDir + "/" + g.address)
	default:
		f.missElements(fmt.Errorf("GPU %s lacks tiles and memory_mib: neither xe nor i915 is bound to it%s", g.address, g.boundTo()), "tiles", "memory_mib")
		return
	}
	integrated := strings.HasSuffix(g.address, integratedIntel)
	switch {
	case err != nil:
		f.missElements(fmt.Errorf("GPU %s lacks tiles or memory_mib: %w", g.address, err), "tiles", "memory_mib")
	case memory > 0:
		g.attributes["memory_mib"] = strconv.FormatUint(memory/mebibyte, 10)
	case !integrated:
		f.missElements(fmt.Errorf("GPU %s lacks memory_mib: this %s does not tell it", g.address, g.driver), "memory_mib")
	}
	switch {
	case err != nil:
	case tiles == 0, tiles > 1 && integrated && g.driver == "i915": // of the latter the second is for media
		f.missElements(fmt.Errorf("GPU %s lacks tiles: this %s does not tell them", g.address, g.driver), "tiles")
	default:
		g.attributes["tiles"] = strconv.Itoa(tiles)
	}
}

// readXe counts the tiles of a GPU that the driver xe is bound to, which are directories tile0 and so on, and the bytes of their
// memory, which each of them has in physical_vram_size_bytes, or in its directory memory; an integrated GPU has no such file.
//
//	17079205888
func (v *view) readXe(dir string) (tiles int, memory uint64, err error) {
	names, err := v.files.names(dir)
	if err != nil {
		return 0, 0, err
	}
	for _, name := range names {
		if number, ok := strings.CutPrefix(name, "tile"); !ok || !isNumber(number) {
			continue
		}
		tiles++
		for _, file := range []string{"physical_vram_size_bytes", "memory/physical_vram_size_bytes"} {
			n, err := v.readBytes(dir + "/" + name + "/" + file)
			if err != nil {
				return 0, 0, err
			}
			if memory += n; n > 0 {
				break
			}
		}
	}
	return tiles, memory, nil
}

// readI915 counts the tiles of a GPU that the driver i915 is bound to, which are directories gt0 and so on below its card's, and reads the bytes
// of its memory from lmem_total_bytes there, which not every version of the driver has.
func (v *view) readI915(dir string) (tiles int, memory uint64, err error) {
	cards, err := v.files.names(dir + "/drm")
	if errors.Is(err, fs.ErrNotExist) {
		return 0, 0, nil
	}
	if err != nil {
		return 0, 0, err
	}
	for _, card := range cards {
		if number, ok := strings.CutPrefix(card, "card"); !ok || !isNumber(number) {
			continue
		}
		if memory, err = v.readBytes(path.Join(dir, "drm", card, "lmem_total_bytes")); err != nil {
			return 0, 0, err
		}
		names, err := v.files.names(path.Join(dir, "drm", card, "gt"))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return 0, 0, err
		}
		for _, name := range names {
			if number, ok := strings.CutPrefix(name, "gt"); ok && isNumber(number) {
				tiles++
			}
		}
		break // a GPU has one card
	}
	return tiles, memory, nil
}

// readBytes reads a number of bytes, 0 if there is no such file. It is in decimal, or in hexadecimal after 0x.
func (v *view) readBytes(name string) (uint64, error) {
	value, ok, err := v.files.deviceAttribute(name)
	if err != nil || !ok {
		return 0, err
	}
	n, err := strconv.ParseUint(value, 0, 64)
	if err != nil {
		return 0, fmt.Errorf("read /%s: %q is no number of bytes", name, value)
	}
	return n, nil
}
