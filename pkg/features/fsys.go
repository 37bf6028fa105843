package features

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
)

// Bounds of what is read, so that a hostile tree cannot exhaust the reader. Sizes are in bytes. A file of procfs or
// sysfs reports the size 0 or 4096 whatever it holds, so the bound is on the bytes that come, never on the size reported.
const (
	// maxAttribute bounds a file that holds one value. Sysfs gives at most one page, 64 KiB where pages are largest.
	maxAttribute = 64 << 10
	// maxFile bounds a file that holds a list.
	maxFile = 4 << 20
	// maxEntries bounds the entries of a directory.
	maxEntries = 64 << 10
	// maxLinks is the number of links that the resolution of one name may follow, as in the kernel.
	maxLinks = 40
	// maxName is the length that a name may grow to while its links are resolved, as in the kernel.
	maxName = 4096
)

var (
	errTooLarge   = errors.New("more than it may hold")
	errTooMany    = errors.New("too many entries")
	errNotRegular = errors.New("not a regular file")
	errNotDir     = errors.New("not a directory")
	errLinks      = errors.New("too many levels of symbolic links")
	errLongName   = errors.New("file name too long")
)

// A tree is a directory tree that is asked for names as they are: relative to its root, separated by slashes, without
// dots. None of the names that fsys asks for leads through a link.
type tree interface {
	Lstat(name string) (fs.FileInfo, error)
	ReadLink(name string) (string, error)
	Open(name string) (fs.File, error)
}

// fsys reads the files of a host. It resolves links as the kernel does in a chroot: an absolute target starts again at
// the root and ".." at the root stays there. It remembers what it resolved, so it is made for one run of discovery, which
// closes it. It is safe for concurrent use.
//
// The links of procfs that lead elsewhere by magic (/proc/self/root, /proc/self/cwd) are followed by their text, like
// any other, hence below the root.
type fsys struct {
	tree tree
	// trace takes note of what was read, if it is not nil.
	trace *trace
	mu    sync.RWMutex
	// known holds what earlier resolutions found on their way: the target of a link, "" for a directory.
	known map[string]string
}

func newFsys(t tree) *fsys {
	if dir, ok := t.(dirTree); ok {
		t = newHeldTree(dir)
	}
	return &fsys{tree: t, known: map[string]string{}}
}

// close releases what was held open.
func (f *fsys) close() {
	if held, ok := f.tree.(*heldTree); ok {
		held.close()
	}
}

// recall returns what an earlier resolution found at this name.
func (f *fsys) recall(name string) (target string, ok bool) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	target, ok = f.known[name]
	return target, ok
}

func (f *fsys) remember(name, target string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.known[name] = target
}

// resolve returns the name without any link that this name stands for, and the type of what is there. A name that leads
// through something that is no directory is a name of nothing: the error is fs.ErrNotExist.
func (f *fsys) resolve(name string) (string, fs.FileMode, error) {
	var (
		at    = "."
		todo  = strings.Split(name, "/")
		links = 0
	)
	for len(todo) > 0 {
		part := todo[0]
		todo = todo[1:]
		switch part {
		case "", ".":
			continue
		case "..":
			at = path.Dir(at) // of "." it is "."
			continue
		}
		next := path.Join(at, part)
		if len(next) > maxName {
			return "", 0, errLongName
		}
		target, known := f.recall(next)
		if !known {
			info, err := f.tree.Lstat(next)
			if err != nil {
				return "", 0, cause(err)
			}
			switch {
			case info.Mode().Type() == fs.ModeSymlink:
				if target, err = f.tree.ReadLink(next); err != nil {
					return "", 0, cause(err)
				}
				if target == "" {
					return "", 0, fs.ErrNotExist
				}
			case !info.IsDir():
				if len(todo) > 0 {
					return "", 0, fs.ErrNotExist
				}
				return next, info.Mode().Type(), nil
			}
			f.remember(next, target)
		}
		if target == "" {
			at = next
			continue
		}
		if links++; links > maxLinks {
			return "", 0, errLinks
		}
		if path.IsAbs(target) {
			at = "."
		}
		todo = append(strings.Split(target, "/"), todo...)
	}
	return at, fs.ModeDir, nil
}

// exists says whether there is something of this name. The error is for what keeps the answer away.
func (f *fsys) exists(name string) (bool, error) {
	switch _, _, err := f.resolve(name); {
	case err == nil:
		f.trace.note("/" + name)
		return true, nil
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	default:
		return false, fmt.Errorf("look for /%s: %w", name, err)
	}
}

// isDir says whether a directory is of this name. The error is fs.ErrNotExist if nothing is, which goes for a link that
// leads nowhere.
func (f *fsys) isDir(name string) (bool, error) {
	_, mode, err := f.resolve(name)
	if err != nil {
		return false, fmt.Errorf("look for /%s: %w", name, err)
	}
	return mode.IsDir(), nil
}

// read returns what the regular file of this name holds, at most limit bytes; more is an error. Anything but a regular
// file is refused before it is opened, since to open a device may do something and to open a pipe may wait forever.
func (f *fsys) read(name string, limit int64) ([]byte, error) {
	data, err := f.readBounded(name, limit)
	if err != nil {
		return nil, fmt.Errorf("read /%s: %w", name, err)
	}
	f.trace.note("/" + name)
	return data, nil
}

func (f *fsys) readBounded(name string, limit int64) ([]byte, error) {
	file, err := f.open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close() //nolint:errcheck // it was only read
	data, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err != nil {
		return nil, cause(err)
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("%w: %d bytes", errTooLarge, limit)
	}
	return data, nil
}

// open opens the regular file of this name.
func (f *fsys) open(name string) (fs.File, error) {
	at, mode, err := f.resolve(name)
	if err != nil {
		return nil, err
	}
	if !mode.IsRegular() {
		return nil, errNotRegular
	}
	file, err := f.tree.Open(at)
	if err != nil {
		return nil, cause(err)
	}
	// Once more, of the file that was opened: the name may have come to stand for another one meanwhile.
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errNotRegular
	}
	if err != nil {
		_ = file.Close() // nothing was read
		return nil, cause(err)
	}
	return file, nil
}

// attribute returns the one value that the file of this name holds, without the blanks around it.
func (f *fsys) attribute(name string) (string, error) {
	data, err := f.read(name, maxAttribute)
	return strings.TrimSpace(string(data)), err
}

// names returns the names in the directory of this name, sorted.
func (f *fsys) names(dir string) ([]string, error) {
	names, err := f.namesBounded(dir)
	if err != nil {
		return nil, fmt.Errorf("list /%s: %w", dir, err)
	}
	f.trace.note("/" + dir)
	return names, nil
}

func (f *fsys) namesBounded(dir string) ([]string, error) {
	at, mode, err := f.resolve(dir)
	if err != nil {
		return nil, err
	}
	if !mode.IsDir() {
		return nil, errNotDir
	}
	file, err := f.tree.Open(at)
	if err != nil {
		return nil, cause(err)
	}
	defer file.Close() //nolint:errcheck // it was only read
	list, ok := file.(fs.ReadDirFile)
	if !ok {
		return nil, errNotDir
	}
	var names []string
	for {
		entries, err := list.ReadDir(1024)
		for _, entry := range entries {
			names = append(names, entry.Name())
		}
		switch {
		case len(names) > maxEntries:
			return nil, fmt.Errorf("%w: %d", errTooMany, maxEntries)
		case errors.Is(err, io.EOF):
			slices.Sort(names)
			return names, nil
		case err != nil:
			return nil, cause(err)
		case len(entries) == 0:
			// Against the contract of ReadDir, and an endless loop if it were believed.
			return nil, io.ErrNoProgress
		}
	}
}

// cause strips the name from an error of the file system: the caller knows it better, namely before links.
func cause(err error) error {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return pathErr.Err
	}
	return err
}
