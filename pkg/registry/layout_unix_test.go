//go:build unix

package registry_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/nfd-compat/nfd-compat/pkg/registry"
)

// TestLayoutNamedPipe: to open a named pipe that nobody writes to is to wait for ever.
func TestLayoutNamedPipe(t *testing.T) {
	t.Parallel()
	l, amd64 := newLayout(t), linux("amd64", "")
	blob := l.blob(l.artifact)
	if err := errors.Join(os.Remove(blob), syscall.Mkfifo(blob, 0o600)); err != nil {
		t.Fatal(err)
	}
	_, err := fetchLayout(t, "oci:"+l.dir, &amd64)
	wantError(t, err, registry.ErrBrokenAnswer, "not a regular file")
}

// TestAttachKeepsFile: index.json keeps its mode, and stays where a link leads to. What a writer left behind that was ended is
// removed, and nothing else.
func TestAttachKeepsFile(t *testing.T) {
	t.Parallel()
	p := newPlace(t, registry.ViaLayout)
	file := func(parts ...string) string { return filepath.Join(append([]string{p.dir}, parts...)...) }
	for _, mode := range []fs.FileMode{0o600, 0o664, 0o444} {
		if err := os.Chmod(file("index.json"), mode); err != nil {
			t.Fatal(err)
		}
		mustAttach(t, registry.AttachRequest{Reference: p.v1(), Payload: []byte(mode.String())})
		if info, err := os.Lstat(file("index.json")); err != nil || info.Mode() != mode {
			t.Errorf("its mode is %s, not %s: %v", info.Mode(), mode, err)
		}
	}

	left, others := file(".nfd-compat-LEFT"), file(".nfd")
	err := errors.Join(
		os.Mkdir(file("real"), 0o755), os.Rename(file("index.json"), file("real", "index")), os.Symlink("index", file("real", "link")),
		os.Symlink("real/link", file("index.json")), os.WriteFile(left, nil, 0o600), os.WriteFile(others, nil, 0o600),
	)
	if err != nil {
		t.Fatal(err)
	}
	attached := mustAttach(t, registry.AttachRequest{Reference: p.v1(), Payload: []byte(payload)})
	if got := p.selected(t); got == nil || got.Descriptor.Digest != attached.Artifact.Digest {
		t.Errorf("selected %+v", got)
	}
	for name, mode := range map[string]fs.FileMode{"index.json": fs.ModeSymlink, "real/link": fs.ModeSymlink, "real/index": 0} {
		if info, err := os.Lstat(file(name)); err != nil || info.Mode().Type() != mode {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
	if _, err := os.Stat(left); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it is still there: %v", err)
	}
	if _, err := os.Stat(others); err != nil {
		t.Error(err)
	}
}
