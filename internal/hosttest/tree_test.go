package hosttest_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/nfd-compat/nfd-compat/internal/hosttest"
)

const archive = `
-- etc/os-release --
ID=test
-- etc/link -> os-release --
-- sys/empty/ --
-- proc/closed (unreadable) --
it is never read
-- proc/dir/ (unreadable) --
-- proc/dir/file --
x
-- dev/pipe (fifo) --
`

// TestTree: a tree is the same in memory and in a directory, and root sees no more of it than others.
func TestTree(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("no named pipes in directories here")
	}
	tree := hosttest.Parse(archive)
	for name, fsys := range map[string]fs.FS{"in memory": tree.FS(), "in a directory": os.DirFS(tree.Dir(t))} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, err := fs.ReadFile(fsys, "etc/os-release"); string(got) != "ID=test\n" || err != nil {
				t.Errorf("a file: %q, %v", got, err)
			}
			if got, err := fs.ReadLink(fsys, "etc/link"); got != "os-release" || err != nil {
				t.Errorf("a link: %q, %v", got, err)
			}
			if got, err := fs.ReadDir(fsys, "sys/empty"); len(got) != 0 || err != nil {
				t.Errorf("an empty directory: %v, %v", got, err)
			}
			for _, closed := range []string{"proc/closed", "proc/dir/file"} {
				if got, err := fs.ReadFile(fsys, closed); err == nil || errors.Is(err, fs.ErrNotExist) {
					t.Errorf("%s: %q, %v", closed, got, err)
				}
			}
			if got, err := fs.Lstat(fsys, "dev/pipe"); err != nil || got.Mode().Type() != fs.ModeNamedPipe {
				t.Errorf("a pipe: %v, %v", got, err)
			}
		})
	}
	if _, err := tree.FS().Open("proc/closed"); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("an unreadable file in memory: %v", err)
	}
	if _, err := fs.Lstat(tree.FS(), "proc/dir/file"); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("a file in an unreadable directory in memory: %v", err)
	}
}

// TestTreeChanges: what is made of a tree does not change it.
func TestTreeChanges(t *testing.T) {
	t.Parallel()
	tree := hosttest.Parse(archive)
	changed := tree.With("-- etc/more --\nx\n").Put("etc/os-release", []byte("ID=other\n")).Put("proc/closed", []byte("open"))
	if got, err := fs.ReadFile(changed.FS(), "etc/os-release"); string(got) != "ID=other\n" || err != nil {
		t.Errorf("after Put: %q, %v", got, err)
	}
	if got, err := fs.ReadFile(changed.FS(), "proc/closed"); string(got) != "open" || err != nil {
		t.Errorf("a file that was unreadable, after Put: %q, %v", got, err)
	}
	changed = changed.Without("etc").Unreadable("sys")
	if _, err := fs.Stat(changed.FS(), "etc"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after Without: %v", err)
	}
	if _, err := changed.FS().Open("sys/empty"); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("after Unreadable: %v", err)
	}
	if got, err := os.ReadFile(filepath.Join(tree.Dir(t), "etc", "os-release")); string(got) != "ID=test\n" || err != nil {
		t.Errorf("the first tree: %q, %v", got, err)
	}
	if _, err := fs.Stat(tree.FS(), "etc/more"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the first tree has what was added to another: %v", err)
	}
}
