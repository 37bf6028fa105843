// Package initrd writes the archive that a kernel unpacks into its first root file system.
package initrd

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
)

// The types of files in a mode, as stat has them.
const (
	typeDirectory = 0o040000
	typeRegular   = 0o100000
)

// A File is one of the archive.
type File struct {
	Data       []byte
	Executable bool
}

// Write writes an archive of files, by their paths without a leading slash, and of the directories that they are in. Its
// format is "newc" of Linux's Documentation/driver-api/early-userspace/buffer-format.rst, not compressed, since a kernel
// that is emulated unpacks slowly.
func Write(w io.Writer, files map[string]File) error {
	out := archive{w: bufio.NewWriter(w)}
	done := map[string]bool{".": true}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		for _, dir := range parents(name) {
			if !done[dir] {
				out.entry(dir, typeDirectory|0o755, 2, nil)
				done[dir] = true
			}
		}
		mode := typeRegular | 0o644
		if files[name].Executable {
			mode |= 0o111
		}
		out.entry(name, mode, 1, files[name].Data)
	}
	out.entry("TRAILER!!!", 0, 1, nil)
	if out.err != nil {
		return fmt.Errorf("write the initrd: %w", out.err)
	}
	return out.w.Flush()
}

// parents returns the directories that a file is in, the outermost first.
func parents(name string) []string {
	var dirs []string
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		dirs = append(dirs, dir)
	}
	slices.Reverse(dirs)
	return dirs
}

// An archive is one being written. After an error it writes nothing more.
type archive struct {
	w     *bufio.Writer
	inode int
	err   error
}

// entry writes a header of thirteen numbers (inode, mode, owner, group, links, time, size, four of devices, the length of
// the name, a checksum), the name, and the data. Header with name, and data, are each filled up to four bytes.
func (a *archive) entry(name string, mode, links int, data []byte) {
	a.inode++
	header := fmt.Sprintf("070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%s\x00",
		a.inode, mode, 0, 0, links, 0, len(data), 0, 0, 0, 0, len(name)+1, 0, name)
	a.write(header + padding(len(header)))
	a.write(string(data))
	a.write(padding(len(data)))
}

func (a *archive) write(text string) {
	if a.err == nil {
		_, a.err = a.w.WriteString(text)
	}
}

func padding(length int) string { return strings.Repeat("\x00", -length&3) }
