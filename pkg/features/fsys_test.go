package features

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nfd-compat/nfd-compat/internal/hosttest"
)

const secret = "the secret outside"

func openTree(t *testing.T, dir string) *fsys {
	t.Helper()
	tree, err := openDirTree(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := newFsys(tree)
	t.Cleanup(func() {
		files.close()
		if err := tree.root.Close(); err != nil {
			t.Error(err)
		}
	})
	return files
}

// TestFsysLinks: links go as in a chroot, in memory and in a directory, and never outside.
func TestFsysLinks(t *testing.T) {
	t.Parallel()
	outside := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(outside, []byte(secret), 0o600); err != nil {
		t.Fatal(err)
	}
	archive := `
-- etc/os-release --
inside
-- a/relative -> ../etc/os-release --
-- a/absolute -> /etc/os-release --
-- a/above -> ../../../../../../etc/os-release --
-- a/dir -> /etc --
-- a/up -> dir/.. --
-- a/dot -> . --
-- a/dangling -> nothing --
-- a/loop -> loop --
-- a/ping -> pong --
-- a/pong -> ping --
-- a/outside -> OUTSIDE --
-- a/climb -> ../../../../../../../../../../../../../../..OUTSIDE --
-- a/slash -> / --
-- a/self -> /proc/self/root/etc/os-release --
-- proc/self -> 17 --
-- proc/17/root -> / --
-- through/file --
x
`
	archive = strings.ReplaceAll(archive, "OUTSIDE", filepath.ToSlash(outside))
	// A chain of links that is just short enough, and one that is a link too long.
	for i := range maxLinks {
		archive += "-- chain/" + strconv.Itoa(i+1) + " -> " + strconv.Itoa(i) + " --\n"
	}
	archive += "-- chain/0 --\nend\n-- chain/long -> " + strconv.Itoa(maxLinks) + " --\n"
	tree := hosttest.Parse(archive)

	tests := []struct {
		name string
		want string
		err  error
	}{
		{"etc/os-release", "inside\n", nil},
		{"a/relative", "inside\n", nil},
		{"a/absolute", "inside\n", nil},
		{"a/above", "inside\n", nil},
		{"a/dir/os-release", "inside\n", nil},
		{"a/up/etc/os-release", "inside\n", nil},
		{"a/dot/dot/dir/os-release", "inside\n", nil},
		{"a/slash/etc/os-release", "inside\n", nil},
		{"a/self", "inside\n", nil},
		{"../../etc/os-release", "inside\n", nil},
		{"a/dangling", "", fs.ErrNotExist},
		{"a/outside", "", fs.ErrNotExist},
		{"a/climb", "", fs.ErrNotExist},
		{"through/file/below", "", fs.ErrNotExist},
		{"nothing/at/all", "", fs.ErrNotExist},
		{"a/loop", "", errLinks},
		{"a/ping", "", errLinks},
		{"chain/" + strconv.Itoa(maxLinks), "end\n", nil},
		{"chain/long", "", errLinks},
		{"etc", "", errNotRegular},
		{"a/slash", "", errNotRegular},
		{strings.Repeat("long/", maxName), "", fs.ErrNotExist},
	}
	for name, files := range map[string]*fsys{
		"in memory":      newFsys(fsTree{tree.FS()}),
		"in a directory": openTree(t, tree.Dir(t)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// Twice, for the second time meets what the first remembered.
			for range 2 {
				for _, test := range tests {
					got, err := files.read(test.name, 100)
					if !errors.Is(err, test.err) || string(got) != test.want {
						t.Errorf("%s: got %q, %v; want %q, %v", test.name, got, err, test.want, test.err)
					}
					if strings.Contains(string(got), secret) {
						t.Errorf("%s: read outside the root", test.name)
					}
				}
			}
		})
	}
}

// TestDirTreeRefusesOutside: even if the resolution of a name were fooled, since someone put a link in place of a directory
// at the right moment, the directory refuses to lead outside.
func TestDirTreeRefusesOutside(t *testing.T) {
	t.Parallel()
	outside := t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "secret"), []byte(secret), 0o600); err != nil {
		t.Fatal(err)
	}
	root := hosttest.Parse("-- dir -> " + filepath.ToSlash(outside) + " --\n").Dir(t)
	tree := openTree(t, root).tree
	if file, err := tree.Open("dir/secret"); err == nil {
		t.Errorf("opened %v outside the root", file)
	}
	if _, err := tree.Lstat("dir/secret"); err == nil {
		t.Error("looked at a file outside the root")
	}
}

// TestFsysHostileFiles: nothing hangs and nothing is read without a bound.
func TestFsysHostileFiles(t *testing.T) {
	t.Parallel()
	files := newFsys(fsTree{endless{fstest.MapFS{
		"endless":   {Data: []byte("x")},
		"fifo":      {Mode: fs.ModeNamedPipe},
		"device":    {Mode: fs.ModeDevice | fs.ModeCharDevice},
		"socket":    {Mode: fs.ModeSocket},
		"dir/file":  {},
		"turncoat":  {Data: []byte("x")},
		"long-link": {Mode: fs.ModeSymlink, Data: bytes.Repeat([]byte("a/"), maxName)},
		"no-target": {Mode: fs.ModeSymlink},
	}}})
	for name, want := range map[string]error{
		"endless":   errTooLarge,
		"fifo":      errNotRegular,
		"device":    errNotRegular,
		"socket":    errNotRegular,
		"turncoat":  errNotRegular,
		"long-link": fs.ErrNotExist,
		"no-target": fs.ErrNotExist,
	} {
		got, err := files.read(name, 1000)
		if !errors.Is(err, want) || got != nil {
			t.Errorf("%s: got %d bytes, %v; want %v", name, len(got), err, want)
		}
		if err != nil && !strings.HasPrefix(err.Error(), "read /"+name+": ") {
			t.Errorf("%s: error %q does not name the file", name, err)
		}
	}
	if _, err := files.names("dir"); !errors.Is(err, errTooMany) {
		t.Errorf("an endless directory: %v", err)
	}
	if _, err := files.names("endless"); !errors.Is(err, errNotDir) {
		t.Errorf("a file as a directory: %v", err)
	}
}

// endless is a file system with a file and a directory that never end, and a file that is a device once it is open.
type endless struct{ fstest.MapFS }

func (e endless) Open(name string) (fs.File, error) {
	file, err := e.MapFS.Open(name)
	switch name {
	case "endless", "dir":
		return endlessFile{file}, err
	case "turncoat":
		return e.MapFS.Open("device")
	case "fifo", "device", "socket":
		return nil, errors.New("it was opened, and that alone may do harm")
	}
	return file, err
}

type endlessFile struct{ fs.File }

func (endlessFile) Read(p []byte) (int, error) { return len(p), nil }

func (f endlessFile) ReadDir(n int) ([]fs.DirEntry, error) {
	info, err := f.Stat()
	entries := make([]fs.DirEntry, n)
	for i := range entries {
		entries[i] = fs.FileInfoToDirEntry(info)
	}
	return entries, err
}

// TestFsysPipe: a named pipe without a writer does not hang the reader, not even when it is opened.
func TestFsysPipe(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("no named pipes in directories here")
	}
	files := openTree(t, hosttest.Parse("-- proc/modules (fifo) --\n").Dir(t))
	done := make(chan error, 2)
	go func() {
		_, err := files.read("proc/modules", 100)
		done <- err
		file, err := files.tree.Open("proc/modules")
		if err == nil {
			err = file.Close()
		}
		done <- err
	}()
	for _, want := range []error{errNotRegular, nil} {
		select {
		case err := <-done:
			if !errors.Is(err, want) {
				t.Errorf("got %v, want %v", err, want)
			}
		case <-time.After(30 * time.Second):
			t.Fatal("it hangs")
		}
	}
}

// TestFsysLiveRoot reads below the real root: the files of procfs report the size 0, those of sysfs 4096, devices are
// refused, and the magic links of procfs are followed by their text.
func TestFsysLiveRoot(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("there is no procfs here")
	}
	files := openTree(t, "/")
	want, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		t.Skip(err)
	}
	for _, name := range []string{"proc/sys/kernel/osrelease", "proc/self/root/proc/sys/kernel/osrelease"} {
		if got, err := files.read(name, 1000); !cmp.Equal(want, got) {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
	for _, name := range []string{"dev/zero", "dev/null"} {
		if _, err := files.read(name, 10); !errors.Is(err, errNotRegular) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// The link is text such as "pipe:[12345]", a name of nothing.
	pipe, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := files.read("proc/self/fd/"+strconv.Itoa(int(pipe.Fd())), 10); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a pipe's magic link: %v", err)
	}
	if err := errors.Join(pipe.Close(), write.Close()); err != nil {
		t.Error(err)
	}
}

func TestGunzipBound(t *testing.T) {
	t.Parallel()
	bomb := gzipOf(t, bytes.Repeat([]byte("A"), maxKernelConfig+1))
	if len(bomb) > 100<<10 {
		t.Fatalf("the bomb has %d bytes", len(bomb))
	}
	if got, err := gunzip(bomb, maxKernelConfig); !errors.Is(err, errTooLarge) || got != nil {
		t.Errorf("got %d bytes, %v", len(got), err)
	}
	if _, err := gunzip(gzipOf(t, []byte("CONFIG_A=y\n"))[:20], 100); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("cut short: %v", err)
	}
}
