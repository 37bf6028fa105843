package features

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"
)

// maxLibrary bounds a C library, in bytes: glibc has 2 MiB, with the names for a debugger 20.
const maxLibrary = 32 << 20

// parseGlibcVersion takes the version from the bytes of glibc's libc.so.6, which tells it when it is run as a program:
//
//	GNU C Library (Debian GLIBC 2.36-9+deb12u14) stable release version 2.36.
//
// It is empty if there is no such text.
func parseGlibcVersion(data []byte) string {
	const begin, before, longest = "GNU C Library ", " release version ", 512
	for {
		_, rest, ok := bytes.Cut(data, []byte(begin))
		if !ok {
			return ""
		}
		line, _, ended := strings.Cut(string(rest[:min(len(rest), longest)]), "\n") // else the version may go on
		line, _, _ = strings.Cut(line, "\x00")
		if _, version, ok := strings.Cut(line, before); ok && ended {
			if version = leadingVersion(version); version != "" {
				return version
			}
		}
		data = rest
	}
}

// muslVersion finds a string that is a version and nothing else. musl has one, its own.
var muslVersion = regexp.MustCompile(`\x00(\d{1,3}\.\d{1,3}\.\d{1,3})\x00`)

// parseMuslVersion takes the version from the bytes of musl's loader, which tells it when it is run as a program:
//
//	musl libc (x86_64)
//	Version 1.2.5
//
// The text has a place for the version, which is a string of its own. It is empty if there is not just one.
func parseMuslVersion(data []byte) string {
	found := muslVersion.FindAllSubmatch(data, 2)
	if len(found) != 1 || !bytes.Contains(data, []byte("musl libc (")) {
		return ""
	}
	return string(found[0][1])
}

// elfArchitecture says which architecture an ELF file is for, in Go's words, by its header; empty if it is none that we know.
func elfArchitecture(data []byte) string {
	const header, class, order, machine, is64, isBig = 20, 4, 5, 18, 2, 2
	if len(data) < header || !bytes.HasPrefix(data, []byte("\x7fELF")) {
		return ""
	}
	number := binary.LittleEndian.Uint16(data[machine:])
	if data[order] == isBig {
		number = binary.BigEndian.Uint16(data[machine:])
	}
	const x86, arm, s390, x8664, arm64, power, riscv, loong = 3, 40, 22, 62, 183, 21, 243, 258
	wide := data[class] == is64
	switch {
	case number == x86:
		return "386"
	case number == arm:
		return "arm"
	case number == power && data[order] == isBig:
		return "ppc64"
	case number == power:
		return "ppc64le"
	case number == s390 && wide:
		return "s390x"
	case number == x8664 && wide:
		return "amd64"
	case number == arm64:
		return "arm64"
	case number == riscv && wide:
		return "riscv64"
	case number == loong && wide:
		return "loong64"
	}
	return ""
}

// parsePkgConfigVersion takes the version from the text of a file of pkg-config (pc(5)), one of its lines:
//
//	Version: 1.22.0
//
// It may be that of a variable, which a line before sets. It is empty if there is none.
func parsePkgConfigVersion(text string) string {
	variables := map[string]string{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if value, ok := strings.CutPrefix(line, "Version:"); ok {
			value = strings.TrimSpace(value)
			if name, ok := strings.CutPrefix(value, "${"); ok && strings.HasSuffix(name, "}") {
				value = variables[strings.TrimSuffix(name, "}")]
			}
			if strings.ContainsAny(value, "${} ") {
				return ""
			}
			return value
		}
		if name, value, ok := strings.Cut(line, "="); ok {
			variables[strings.TrimSpace(name)] = strings.TrimSpace(value)
		}
	}
	return ""
}

// pkgConfigVersion reads the version from the file of pkg-config of this name in the first of these directories that has it, and says which
// file that was; both are empty if none has.
func (f *fsys) pkgConfigVersion(name string, dirs ...string) (version, file string, err error) {
	for _, dir := range dirs {
		file := path.Join(dir, name+".pc")
		data, err := f.read(file, maxAttribute)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return "", "", err
		}
		if version = parsePkgConfigVersion(string(data)); leadingVersion(version) == "" {
			return "", "", fmt.Errorf("parse /%s: it tells no version", file)
		}
		return version, file, nil
	}
	return "", "", nil
}
