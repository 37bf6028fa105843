package registry

import (
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
)

// temporary is how the names of files begin that have no name of their own yet.
const temporary = ".nfd-compat-"

// Bounds on what is looked at in the directory of a layout.
const (
	maxLinks = 8    // that lead to a file one after the other
	maxSwept = 4096 // entries of the directory, in search of what was left behind
)

// writeFile writes a file of the layout, all of it or nothing: a new file takes its name when it is whole. A file that is there
// keeps its mode.
func (l layoutTarget) writeFile(name string, data []byte) error {
	const usual = fs.FileMode(0o644)
	mode := usual
	info, err := l.root.Stat(name)
	there := err == nil
	if there {
		mode = info.Mode().Perm()
	}
	whole := temporary + rand.Text()
	file, err := l.root.OpenFile(whole, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode&usual)
	if err != nil {
		return fileError(err)
	}
	_, err = file.Write(data)
	if err == nil && there {
		err = file.Chmod(mode) // whatever the umask says of new files
	}
	if err == nil {
		err = file.Sync()
	}
	err = errors.Join(err, file.Close())
	if err == nil {
		err = l.root.Rename(whole, name)
	}
	if err != nil {
		return fileError(errors.Join(err, l.root.Remove(whole)))
	}
	return nil
}

// follow returns the name of the file that a name leads to by links, inside the layout.
func (l layoutTarget) follow(name string) (string, error) {
	for range maxLinks {
		info, err := l.root.Lstat(name)
		if errors.Is(err, fs.ErrNotExist) {
			return name, nil
		}
		if err != nil || info.Mode()&fs.ModeSymlink == 0 {
			return name, err
		}
		link, err := l.root.Readlink(name)
		if err != nil {
			return "", err
		}
		if name = path.Join(path.Dir(name), link); path.IsAbs(link) {
			name = link // which the root refuses
		}
	}
	return "", &fs.PathError{Op: "open", Path: name, Err: errors.New("too many links lead on from it")}
}

// sweep removes what writers of this package left behind that were ended. It is called with the lock, so that there is none now.
// What cannot be removed does no harm.
func (l layoutTarget) sweep() {
	dir, err := l.root.Open(".")
	if err != nil {
		return
	}
	defer dir.Close() //nolint:errcheck // nothing was written
	entries, err := dir.ReadDir(maxSwept)
	if err != nil && !errors.Is(err, io.EOF) {
		return
	}
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), temporary) && entry.Type().IsRegular() {
			_ = l.root.Remove(entry.Name()) // the next writer tries again
		}
	}
}
