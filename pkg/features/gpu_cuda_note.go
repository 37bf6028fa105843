package features

import (
	"bytes"
	"debug/elf"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

const (
	// maxELF bounds what is read of a library, in bytes: the table of its sections and their names, and one note.
	maxELF = 4 << 20
	// maxNote bounds the note.
	maxNote     = 64 << 10
	cudaNote    = ".note.cuda.fwd_compatibility"
	cudaNoteOf  = "NVIDIA Corporation"
	noteHeader  = 12 // three numbers: the length of the name, that of the description, and the type
	maxNoteWord = 8
)

// errNotELF says that a file is no library, such as what stands for one in a copy of a host's files.
var errNotELF = errors.New("it is no ELF file")

// readCUDANote returns the version of CUDA that a libcuda says it is of, in a note of its own; empty if it has none.
func (v *view) readCUDANote(name string) (version string, err error) {
	err = v.files.inspect(name, maxELF, func(r io.ReaderAt) error {
		version, err = parseCUDANote(r)
		return err
	})
	return version, err
}

// parseCUDANote finds the note in an ELF file. Its description is JSON:
//
//	{"format":1,"CUDA version":"13.1","driver":[535,550,570,575,580,590],"device":[1,2,7,8,9,10,11,12,13,14]}
//
// The other keys tell which older drivers the library may be used with, and are of no interest for the driver's own. The error is errNotELF for
// a file that is no library at all.
func parseCUDANote(r io.ReaderAt) (string, error) {
	magic := make([]byte, len(elf.ELFMAG))
	switch n, err := r.ReadAt(magic, 0); {
	case err != nil && !errors.Is(err, io.EOF):
		return "", err
	case string(magic[:n]) != elf.ELFMAG:
		return "", errNotELF
	}
	file, err := elf.NewFile(r)
	if err != nil {
		return "", err
	}
	section := file.Section(cudaNote)
	if section == nil || section.Type != elf.SHT_NOTE || section.Flags&elf.SHF_COMPRESSED != 0 {
		return "", nil
	}
	if section.Size > maxNote {
		return "", fmt.Errorf("%s: %w: %d bytes", cudaNote, errTooLarge, maxNote)
	}
	data := make([]byte, section.Size)
	if _, err := section.ReadAt(data, 0); err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	description := noteDescription(data, file, section.Addralign)
	if description == nil {
		return "", nil
	}
	var note struct {
		Version string `json:"CUDA version"`
	}
	if err := json.Unmarshal(description, &note); err != nil {
		return "", fmt.Errorf("%s: %w", cudaNote, err)
	}
	// It has a major and a minor number, or it is something else.
	if leadingVersion(note.Version) != note.Version || strings.Count(note.Version, ".") != 1 {
		return "", fmt.Errorf("%s: %q is no version of CUDA", cudaNote, note.Version)
	}
	return note.Version, nil
}

// noteDescription returns the description of the one note in data; nil if it is not NVIDIA's. Name and description begin at multiples of the
// section's alignment (System V ABI, chapter 5, "Note Section").
func noteDescription(data []byte, file *elf.File, align uint64) []byte {
	if len(data) < noteHeader {
		return nil
	}
	if align < 4 || align > maxNoteWord {
		align = 4
	}
	nameSize, size := uint64(file.ByteOrder.Uint32(data)), uint64(file.ByteOrder.Uint32(data[4:]))
	rest := data[noteHeader:]
	if nameSize > uint64(len(rest)) || string(bytes.TrimRight(rest[:nameSize], "\x00")) != cudaNoteOf {
		return nil
	}
	rest = rest[min((nameSize+align-1)/align*align, uint64(len(rest))):]
	return bytes.Trim(rest[:min(size, uint64(len(rest)))], "\x00")
}
