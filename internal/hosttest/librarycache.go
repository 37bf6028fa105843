package hosttest

import "encoding/binary"

// CachedLibrary is an entry of the loader's cache, /etc/ld.so.cache.
type CachedLibrary struct {
	// Flags tell which programs it is for, such as 0x0303: the C library of Linux, on x86-64.
	Flags        uint32
	Soname, Path string
	// Hwcap is not zero for a library that only certain processors can use.
	Hwcap uint64
}

// CacheFormat is a format of the loader's cache.
type CacheFormat int

// The formats: the new one, the old one, and the old one with the new one after its entries.
const (
	NewCache CacheFormat = iota
	OldCache
	BothCaches
)

// LibraryCache writes a loader's cache as ldconfig does. It says its byte order if sayOrder is true, as since glibc 2.32.
func LibraryCache(format CacheFormat, order binary.AppendByteOrder, sayOrder bool, libraries ...CachedLibrary) []byte {
	var text []byte
	offsets := make([][2]int, len(libraries))
	for i, l := range libraries {
		offsets[i][0] = len(text)
		text = append(append(text, l.Soname...), 0)
		offsets[i][1] = len(text)
		text = append(append(text, l.Path...), 0)
	}
	const newHeader, newEntry = 48, 24
	number := func(to []byte, n int) []byte { return order.AppendUint32(to, uint32(n)) } //nolint:gosec // a test has few libraries
	entry := func(to []byte, i, base int) []byte {
		to = order.AppendUint32(to, libraries[i].Flags)
		return number(number(to, base+offsets[i][0]), base+offsets[i][1])
	}
	var old []byte
	if format != NewCache {
		old = number([]byte("ld.so-1.7.0\x00"), len(libraries))
		for i := range libraries {
			base := 0
			if format == BothCaches {
				base = newHeader + newEntry*len(libraries)
			}
			old = entry(old, i, base)
		}
		if format == OldCache {
			return append(old, text...)
		}
		old = append(old, make([]byte, (8-len(old)%8)%8)...)
	}
	all := []byte("glibc-ld.so.cache1.1")
	all = number(number(all, len(libraries)), len(text))
	said := byte(0)
	if sayOrder {
		said = 2
		if order.AppendUint32(nil, 1)[0] == 0 {
			said = 3
		}
	}
	all = append(all, said)
	all = append(all, make([]byte, newHeader-len(all))...)
	for i, l := range libraries {
		all = entry(all, i, newHeader+newEntry*len(libraries))
		all = order.AppendUint32(all, 0)
		all = order.AppendUint64(all, l.Hwcap)
	}
	return append(old, append(all, text...)...)
}
