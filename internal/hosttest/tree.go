package hosttest

import (
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/tools/txtar"
)

// A Tree is the files of a host. It is not changed by what is made of it, so tests may share one.
type Tree struct {
	files      fstest.MapFS
	unreadable map[string]bool
}

// Parse makes a tree of a txtar archive; see the package comment for the markers.
func Parse(archive string) *Tree {
	return (&Tree{}).With(archive)
}

// With returns the tree with the files of the archive added. A file of the same name is replaced.
func (t *Tree) With(archive string) *Tree {
	tree := t.clone()
	for _, file := range txtar.Parse([]byte(archive)).Files {
		name, target, isLink := strings.Cut(file.Name, " -> ")
		name, unreadable := strings.CutSuffix(name, " (unreadable)")
		name, fifo := strings.CutSuffix(name, " (fifo)")
		entry := &fstest.MapFile{Data: file.Data, Mode: 0o444}
		switch {
		case isLink:
			entry.Data, entry.Mode = []byte(target), fs.ModeSymlink|0o777
		case strings.HasSuffix(name, "/"):
			entry.Data, entry.Mode = nil, fs.ModeDir|0o555
		case fifo:
			entry.Data, entry.Mode = nil, fs.ModeNamedPipe|0o644
		}
		name = strings.Trim(name, "/")
		tree.files[name] = entry
		delete(tree.unreadable, name)
		if unreadable {
			tree.unreadable[name] = true
		}
	}
	return tree
}

// Put returns the tree with a file that holds data, which need not be text.
func (t *Tree) Put(name string, data []byte) *Tree {
	tree := t.clone()
	tree.files[name] = &fstest.MapFile{Data: data, Mode: 0o444}
	delete(tree.unreadable, name)
	return tree
}

// Without returns the tree without these names and all that is below them.
func (t *Tree) Without(names ...string) *Tree {
	tree := t.clone()
	for _, name := range names {
		maps.DeleteFunc(tree.files, func(file string, _ *fstest.MapFile) bool { return within(file, name) })
		maps.DeleteFunc(tree.unreadable, func(file string, _ bool) bool { return within(file, name) })
	}
	return tree
}

// Unreadable returns the tree with these names, files or directories, made unreadable. The name of a directory that is
// there only for what it holds may be given too.
func (t *Tree) Unreadable(names ...string) *Tree {
	tree := t.clone()
	for _, name := range names {
		tree.unreadable[name] = true
	}
	return tree
}

// FS returns the tree in memory, an [fs.ReadLinkFS].
func (t *Tree) FS() fs.FS { return treeFS{t} }

// Dir writes the tree into a new directory that goes away with the test, and returns its name. The test is skipped where
// there are no links.
func (t *Tree) Dir(tb testing.TB) string {
	tb.Helper()
	dir := tb.TempDir()
	for _, name := range slices.Sorted(maps.Keys(t.files)) {
		if err := t.write(dir, name); err != nil {
			if t.files[name].Mode.Type() == fs.ModeSymlink {
				tb.Skipf("no links here: %v", err)
			}
			tb.Fatal(err)
		}
	}
	return dir
}

func (t *Tree) write(dir, name string) error {
	file := t.files[name]
	unreadable := t.closedAt(name)
	if unreadable != "" {
		name = unreadable
	}
	at := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
		return err
	}
	if unreadable != "" {
		if _, err := os.Lstat(at); err == nil {
			return nil // a file beside it came first
		}
		return os.Symlink(filepath.Base(at), at)
	}
	switch file.Mode.Type() {
	case fs.ModeDir:
		return os.MkdirAll(at, 0o755)
	case fs.ModeSymlink:
		return os.Symlink(string(file.Data), at)
	case fs.ModeNamedPipe:
		return makeFIFO(at)
	default:
		return os.WriteFile(at, file.Data, 0o644)
	}
}

// closedAt returns the unreadable name that keeps this one from being read: itself or a directory above it; empty if
// there is none.
func (t *Tree) closedAt(name string) string {
	for at := name; at != "."; at = path.Dir(at) {
		if t.unreadable[at] {
			return at
		}
	}
	return ""
}

func (t *Tree) clone() *Tree {
	tree := &Tree{files: maps.Clone(t.files), unreadable: maps.Clone(t.unreadable)}
	if tree.files == nil {
		tree.files = fstest.MapFS{}
	}
	if tree.unreadable == nil {
		tree.unreadable = map[string]bool{}
	}
	return tree
}

func within(file, dir string) bool { return file == dir || strings.HasPrefix(file, dir+"/") }

// treeFS is a tree in memory. What is unreadable cannot be opened, and what is below it cannot be looked at either.
type treeFS struct{ tree *Tree }

func (f treeFS) Open(name string) (fs.File, error) {
	if f.tree.closedAt(name) != "" {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	return f.tree.files.Open(name)
}

func (f treeFS) Lstat(name string) (fs.FileInfo, error) {
	if f.tree.closedAt(path.Dir(name)) != "" {
		return nil, &fs.PathError{Op: "lstat", Path: name, Err: fs.ErrPermission}
	}
	return f.tree.files.Lstat(name)
}

func (f treeFS) ReadLink(name string) (string, error) { return f.tree.files.ReadLink(name) }
