package cli

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
)

// The standard streams by their names: stdout is short for /dev/stdout.
const (
	stdout = "-"
	stderr = "/dev/stderr"
)

// stream is the standard stream that a name stands for; nil if it is the name of a file.
func (s Streams) stream(name string) io.Writer {
	switch streamOr(name) {
	case "":
		return s.Out
	case stderr:
		return s.Err
	}
	return nil
}

// streamOr is the one name of a standard stream, empty for standard output; any other name stays.
func streamOr(name string) string {
	switch n, _ := descriptorOf(name); {
	case name == stdout || n == 1:
		return ""
	case n == 2:
		return stderr
	}
	return name
}

// placeOf is the one name of a file, as far as that can be told: absolute, and without links on the way to it. What is not
// there has the name that it will have.
func placeOf(name string) string {
	if name == "" || name == stderr {
		return name
	}
	if n, open := descriptorOf(name); open {
		return fmt.Sprintf("/dev/fd/%d", n)
	}
	absolute, err := filepath.Abs(name)
	if err != nil {
		return name
	}
	if target, err := filepath.EvalSymlinks(absolute); err == nil {
		return target
	}
	if directory, err := filepath.EvalSymlinks(filepath.Dir(absolute)); err == nil {
		return filepath.Join(directory, filepath.Base(absolute))
	}
	return absolute
}

// writeFile writes a file, all of it or none. What is open already, such as /dev/stdout, is written to where it stands: the
// file behind it is a log that others write too, and to replace it would take that from them.
func (s Streams) writeFile(name string, write func(io.Writer) error) error {
	if to := s.stream(name); to != nil {
		return write(to)
	}
	if n, open := descriptorOf(name); open {
		if info, err := os.Stat(name); err == nil && info.Mode().IsRegular() {
			return fill(os.NewFile(uintptr(n), name), false, write)
		}
	}
	return writeWhole(name, write)
}

// descriptorOf is the number of the open file of this process that a name stands for, also through links, such as 1 of
// /dev/stdout; false if it is the name of a file. The system follows the name further, to the file that is open, of which can
// no more be told that it is.
func descriptorOf(name string) (int, bool) {
	const mostLinks = 40 // as in Linux
	own, err := filepath.EvalSymlinks("/proc/self/fd")
	if err != nil { // not Linux
		own = "/dev/fd"
	}
	threads := filepath.Join(filepath.Dir(own), "task", "*", "fd")
	for range mostLinks {
		if name, err = filepath.Abs(name); err != nil {
			return 0, false
		}
		switch name {
		case "/dev/stdin":
			return 0, true
		case "/dev/stdout":
			return 1, true
		case stderr:
			return 2, true
		}
		directory := filepath.Dir(name)
		if target, err := filepath.EvalSymlinks(directory); err == nil {
			directory = target
		}
		ofThread, _ := filepath.Match(threads, directory)
		if directory == own || directory == "/dev/fd" || ofThread {
			n, err := strconv.ParseUint(filepath.Base(name), 10, 31)
			return int(n), err == nil
		}
		target, err := os.Readlink(name)
		if err != nil {
			return 0, false
		}
		if name = target; !filepath.IsAbs(target) {
			name = filepath.Join(directory, target)
		}
	}
	return 0, false
}
