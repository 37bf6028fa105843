package features

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// dirTree is a directory of the running host, held open. os.Root refuses a name that leads outside, so that none does
// even if someone swaps a directory for a link between the resolution of a name and its use.
type dirTree struct{ root *os.Root }

func openDirTree(dir string) (dirTree, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return dirTree{}, err
	}
	if !info.IsDir() { // to open a named pipe would wait for a writer
		return dirTree{}, &fs.PathError{Op: "open", Path: dir, Err: errors.New("it is no directory")}
	}
	root, err := os.OpenRoot(dir)
	return dirTree{root}, err
}

func (t dirTree) Lstat(name string) (fs.FileInfo, error) { return t.root.Lstat(name) }

func (t dirTree) ReadLink(name string) (string, error) {
	target, err := t.root.Readlink(name)
	return filepath.ToSlash(target), err
}

func (t dirTree) Open(name string) (fs.File, error) {
	file, err := t.root.OpenFile(name, os.O_RDONLY|openWithoutWaiting, 0)
	if err != nil {
		return nil, err
	}
	return file, nil
}

// fsTree is a file system in memory, or any other. Links work if it is an fs.ReadLinkFS.
type fsTree struct{ fsys fs.FS }

func (t fsTree) Lstat(name string) (fs.FileInfo, error)     { return fs.Lstat(t.fsys, name) }
func (t fsTree) ReadLink(name string) (string, error)       { return fs.ReadLink(t.fsys, name) }
func (t fsTree) Open(name string) (file fs.File, err error) { return t.fsys.Open(name) }
