package features

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

// A cachedLibrary is an entry of the loader's cache: a library by the name that programs ask for, and where it is.
type cachedLibrary struct {
	soname, path string
	// flags tell which programs it is for: the low byte the kind of C library, the next one the architecture.
	flags uint32
	// special is true if it is for certain processors only (glibc-hwcaps).
	special bool
	// bigEndian is the byte order of the cache, hence of the processor.
	bigEndian bool
}

// The two formats of the loader's cache (elf/cache.c and sysdeps/generic/dl-cache.h of glibc): the new one has its magic and version, the
// numbers of entries and of bytes of strings, the byte order, and the entries of 24 bytes each; the old one its magic, the number of
// entries and these, of 12 bytes each. A cache in the old format usually has one in the new format after its entries.
const (
	newCacheMagic = "glibc-ld.so.cache1.1"
	oldCacheMagic = "ld.so-1.7.0"

	newCacheHeader, newCacheEntry = 48, 24
	oldCacheHeader, oldCacheEntry = 16, 12
)

var errCache = errors.New("it is no cache of the loader")

// parseLibraryCache reads the loader's cache, /etc/ld.so.cache, which ldconfig writes in the byte order of the processor. An entry whose
// strings lie outside makes the whole an error.
func parseLibraryCache(data []byte) ([]cachedLibrary, error) {
	if bytes.HasPrefix(data, []byte(newCacheMagic)) {
		return parseNewCache(data)
	}
	if !bytes.HasPrefix(data, []byte(oldCacheMagic)) || len(data) < oldCacheHeader {
		return nil, errCache
	}
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		n := uint64(order.Uint32(data[oldCacheHeader-4:]))
		end := oldCacheHeader + n*oldCacheEntry
		if end > uint64(len(data)) {
			continue
		}
		for _, align := range []uint64{8, 4} { // 4 on processors that align 64 bits so
			if at := (end + align - 1) / align * align; at <= uint64(len(data)) && bytes.HasPrefix(data[at:], []byte(newCacheMagic)) {
				return parseNewCache(data[at:])
			}
		}
		// The strings follow the entries, and are counted from there.
		return parseEntries(data[oldCacheHeader:end], string(data[end:]), oldCacheEntry, order)
	}
	return nil, fmt.Errorf("%w: it ends before its entries do", errCache)
}

// readLibraryCache reads the loader's cache.
func (v *view) readLibraryCache() ([]cachedLibrary, error) {
	data, err := v.files.read(libraryCacheFile, maxFile)
	if err != nil {
		return nil, err
	}
	cached, err := parseLibraryCache(data)
	if err != nil {
		return nil, fmt.Errorf("parse /%s: %w", libraryCacheFile, err)
	}
	return cached, nil
}

// parseNewCache reads a cache in the new format, whose strings are counted from its beginning.
func parseNewCache(data []byte) ([]cachedLibrary, error) {
	const count, size, order, little, big = 20, 24, 28, 2, 3
	if len(data) < newCacheHeader {
		return nil, fmt.Errorf("%w: it ends before its entries do", errCache)
	}
	orders := []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} // older ones do not say
	switch data[order] & 3 {
	case little:
		orders = orders[:1]
	case big:
		orders = orders[1:]
	}
	for _, order := range orders {
		end := newCacheHeader + uint64(order.Uint32(data[count:]))*newCacheEntry
		if end+uint64(order.Uint32(data[size:])) <= uint64(len(data)) {
			return parseEntries(data[newCacheHeader:end], string(data), newCacheEntry, order)
		}
	}
	return nil, fmt.Errorf("%w: it ends before its entries do", errCache)
}

// parseEntries reads the entries of a cache, each of which begins with flags and the offsets of its two strings. These are parts of the text,
// so that many entries with the same long string take no room.
func parseEntries(entries []byte, text string, size int, order binary.ByteOrder) ([]cachedLibrary, error) {
	const key, value, hwcap = 4, 8, 16
	libraries := make([]cachedLibrary, 0, len(entries)/size)
	for ; len(entries) >= size; entries = entries[size:] {
		library := cachedLibrary{flags: order.Uint32(entries), bigEndian: order == binary.BigEndian}
		var ok, found bool
		library.soname, ok = cString(text, order.Uint32(entries[key:]))
		library.path, found = cString(text, order.Uint32(entries[value:]))
		if !ok || !found {
			return nil, fmt.Errorf("%w: the name of entry %d lies outside", errCache, len(libraries))
		}
		library.special = size == newCacheEntry && order.Uint64(entries[hwcap:]) != 0
		libraries = append(libraries, library)
	}
	return libraries, nil
}

// cString takes the string at an offset, which a zero ends.
func cString(text string, at uint32) (string, bool) {
	if uint64(at) >= uint64(len(text)) {
		return "", false
	}
	text = text[at:]
	end := strings.IndexByte(text[:min(len(text), maxName+1)], 0)
	if end < 0 {
		return "", false
	}
	return text[:end], true
}

// architecture says which architecture's programs a library of the cache is for, in Go's words: by the flags of
// sysdeps/generic/ldconfig.h of glibc. Without any it is for the 32-bit programs of an x86. It is empty if the flags do not tell.
func (l cachedLibrary) architecture(host string) string {
	const mask, noFlag = 0xff00, 0
	const x86, s390, power, armHard, arm64, armSoft, riscvSoft, riscv, loongSoft, loong = 0x0300, 0x0400, 0x0500, 0x0900, 0x0a00, 0x0b00, 0x0f00, 0x1000, 0x1100, 0x1200
	switch l.flags & mask {
	case noFlag:
		if host == "amd64" || host == "386" {
			return "386"
		}
	case x86:
		return "amd64"
	case s390:
		return "s390x"
	case power:
		if l.bigEndian {
			return "ppc64"
		}
		return "ppc64le"
	case armHard, armSoft:
		return "arm"
	case arm64:
		return "arm64"
	case riscvSoft, riscv: // of 32 bits too
		if host == "riscv64" {
			return host
		}
	case loongSoft, loong:
		return "loong64"
	}
	return ""
}
