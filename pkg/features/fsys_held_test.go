package features

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/nfd-compat/nfd-compat/internal/hosttest"
)

// TestHeldTreeManyReaders: however many directories are visited by however many readers, each gets what it asked for, and
// only so many directories stay open.
func TestHeldTreeManyReaders(t *testing.T) {
	t.Parallel()
	const dirs = 3 * maxHeld
	var archive strings.Builder
	for i := range dirs {
		fmt.Fprintf(&archive, "-- sys/devices/d%d/deep/value --\n%d\n", i, i)
	}
	files := openTree(t, hosttest.Parse(archive.String()).Dir(t))
	held, ok := files.tree.(*heldTree)
	if !ok {
		t.Fatalf("the tree is a %T", files.tree)
	}
	var group sync.WaitGroup
	for reader := range 4 {
		group.Go(func() {
			for i := range dirs {
				n := (i*7 + reader*50) % dirs
				got, err := files.attribute("sys/devices/d" + strconv.Itoa(n) + "/deep/value")
				if err != nil || got != strconv.Itoa(n) {
					t.Errorf("file of %d: %q, %v", n, got, err)
				}
			}
		})
	}
	group.Wait()
	if len(held.held) != maxHeld || len(held.names) != maxHeld {
		t.Errorf("%d directories are held open, in order %d", len(held.held), len(held.names))
	}
	roots := make([]*os.Root, 0, maxHeld)
	for _, root := range held.held {
		roots = append(roots, root)
	}
	files.close()
	for _, root := range roots {
		if _, err := root.Lstat("."); !errors.Is(err, fs.ErrClosed) {
			t.Errorf("after close: %v", err)
		}
	}
}

// TestHeldTreeErrors: an error is that of the name that was asked for, at whatever directory on the way it came.
func TestHeldTreeErrors(t *testing.T) {
	t.Parallel()
	dir := hosttest.Parse("-- a/b/file --\nx\n").Dir(t)
	files := openTree(t, dir)
	for _, name := range []string{"no/b/file", "a/no/file", "a/b/no", "a/b/file/below"} {
		if _, err := files.tree.Lstat(name); err == nil {
			t.Errorf("%s is there", name)
		}
		if _, err := files.tree.Open(name); err == nil {
			t.Errorf("%s can be opened", name)
		}
		if _, err := files.read(name, 10); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "/"+name+": ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	// A directory that is closed to make room, or by another reader, is no error: the name is asked of the root.
	if _, err := files.tree.Lstat("a/b/file"); err != nil {
		t.Fatal(err)
	}
	for _, root := range files.tree.(*heldTree).held {
		if err := root.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := files.read("a/b/file", 10); string(got) != "x\n" || err != nil {
		t.Errorf("after the directories were closed: %q, %v", got, err)
	}
	// What becomes a link after it was resolved does not lead outside, nor does what was held before.
	outside := t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "file"), []byte(secret), 0o600); err != nil {
		t.Fatal(err)
	}
	fresh := openTree(t, dir)
	if _, err := fresh.read("a/b/file", 10); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Rename(filepath.Join(dir, "a", "b"), filepath.Join(dir, "old")), os.Symlink(outside, filepath.Join(dir, "a", "b"))); err != nil {
		t.Skip(err)
	}
	if got, err := fresh.read("a/b/file", 100); strings.Contains(string(got), secret) {
		t.Errorf("read outside the root: %q, %v", got, err)
	}
}
