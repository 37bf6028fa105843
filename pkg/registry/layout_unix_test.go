//go:build unix

package registry_test

import (
	"errors"
	"os"
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
