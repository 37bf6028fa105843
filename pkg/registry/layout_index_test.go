package registry

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// waited is a context that does something whenever somebody begins to wait on it.
type waited struct {
	context.Context //nolint:containedctx // it is one

	do func()
}

func (w waited) Done() <-chan struct{} {
	w.do()
	return w.Context.Done()
}

// TestIndexBeingWritten: an index.json that another program has emptied, to write it anew, is not taken for one without
// entries, and nothing is written over it.
func TestIndexBeingWritten(t *testing.T) {
	t.Parallel()
	const whole = `{"schemaVersion":2,"manifests":[],"x-index":"theirs"}`
	ours := ocispec.Descriptor{MediaType: ocispec.MediaTypeImageManifest, Digest: digest.FromString("ours"), Size: 4}
	for name, cut := range map[string]string{"empty": "", "a beginning": whole[:20]} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			index := filepath.Join(dir, ocispec.ImageIndexFile)
			write := func(name, text string) {
				if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			write(filepath.Join(dir, ocispec.ImageLayoutFile), `{"imageLayoutVersion":"1.0.0"}`)
			write(index, whole)
			l, err := openLayout(t.Context(), location{dir: dir})
			if err != nil {
				t.Fatal(err)
			}
			defer l.close()
			files, _ := l.files.(directory)
			to := layoutTarget{l, files.Root}

			write(index, cut)
			if err := to.changeIndex(t.Context(), listing(ours)); !errors.Is(err, ErrConflict) {
				t.Errorf("it stays so: %v", err)
			}
			if data, err := os.ReadFile(index); err != nil || string(data) != cut {
				t.Errorf("it was written over: %q, %v", data, err)
			}
			if _, err := to.lock(t.Context()); !errors.Is(err, ErrBrokenAnswer) {
				t.Errorf("lock: %v", err)
			}

			// It is whole again when we come back.
			soon := waited{t.Context(), func() { write(index, whole) }}
			unlock, err := to.lock(soon)
			if err != nil {
				t.Fatal(err)
			}
			unlock()
			write(index, cut)
			if err := to.changeIndex(soon, listing(ours)); err != nil {
				t.Fatal(err)
			}
			data, err := os.ReadFile(index)
			if err != nil {
				t.Fatal(err)
			}
			want, err := editIndex([]byte(whole), listing(ours))
			if err != nil || !bytes.Equal(data, want) {
				t.Errorf("index.json is %s, not %s", data, want)
			}
		})
	}
}
