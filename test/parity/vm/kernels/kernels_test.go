package kernels

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// cached makes a cache directory with these files, empty ones, below a package's directory.
func cached(t *testing.T, files ...string) string {
	t.Helper()
	cache := t.TempDir()
	for _, name := range files {
		path := filepath.Join(cache, AMD64, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cache
}

func TestFind(t *testing.T) {
	t.Parallel()
	for _, lib := range []string{"lib", "usr/lib"} {
		t.Run(lib, func(t *testing.T) {
			t.Parallel()
			cache := cached(t, "boot/vmlinuz-6.1.0-1-amd64", "boot/config-6.1.0-1-amd64", lib+"/modules/6.1.0-1-amd64/modules.builtin")
			got, err := Find(cache, AMD64)
			if err != nil {
				t.Fatal(err)
			}
			root := filepath.Join(cache, AMD64)
			want := &Kernel{
				Release: "6.1.0-1-amd64",
				Image:   filepath.Join(root, "boot", "vmlinuz-6.1.0-1-amd64"),
				Config:  filepath.Join(root, "boot", "config-6.1.0-1-amd64"),
				Modules: filepath.Join(root, filepath.FromSlash(lib), "modules", "6.1.0-1-amd64"),
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestFindFails(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		files []string
		none  bool
	}{
		"an empty cache":  {none: true},
		"no modules":      {files: []string{"boot/vmlinuz-1"}},
		"another kernel":  {files: []string{"boot/vmlinuz-1", "lib/modules/2/modules.builtin"}},
		"several kernels": {files: []string{"boot/vmlinuz-1", "boot/vmlinuz-2", "lib/modules/1/modules.builtin"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			kernel, err := Find(cached(t, test.files...), AMD64)
			if kernel != nil || err == nil || errors.Is(err, ErrNone) != test.none {
				t.Errorf("Find returned %v, %v", kernel, err)
			}
		})
	}
}

// TestLoadOfImage: a module of the kernel's image needs no file, one that is nowhere is an error.
func TestLoadOfImage(t *testing.T) {
	t.Parallel()
	cache := cached(t, "boot/vmlinuz-1", "lib/modules/1/modules.builtin")
	kernel, err := Find(cache, AMD64)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(kernel.Builtin(), []byte("kernel/drivers/virtio/virtio-pci.ko\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if files, err := kernel.Load("virtio_pci"); len(files) > 0 || err != nil {
		t.Errorf("Load returned %q, %v", files, err)
	}
	if _, err := kernel.Load("nosuch"); err == nil || !strings.Contains(err.Error(), "nosuch") {
		t.Errorf("Load returned the error %v", err)
	}
}
