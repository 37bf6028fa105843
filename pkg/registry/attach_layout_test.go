package registry_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/nfd-compat/nfd-compat/internal/hosttest"
	"github.com/nfd-compat/nfd-compat/pkg/registry"
)

// index reads a layout's index.json.
func (p *place) indexJSON(t *testing.T) map[string]any {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(p.dir, "index.json"))
	if err != nil {
		t.Fatal(err)
	}
	var index map[string]any
	if err := json.Unmarshal(data, &index); err != nil {
		t.Fatal(err)
	}
	return index
}

// TestAttachToLayout: index.json gains one entry and loses nothing, and no other file is left behind.
func TestAttachToLayout(t *testing.T) {
	t.Parallel()
	p := newPlace(t, registry.ViaLayout)
	before := p.indexJSON(t)
	before["x-index"] = "kept"
	if err := os.WriteFile(filepath.Join(p.dir, "index.json"), hosttest.Encode(t, before), 0o644); err != nil {
		t.Fatal(err)
	}
	attached := mustAttach(t, registry.AttachRequest{Reference: p.v1(), Payload: []byte(payload), Created: noon()})
	before["manifests"] = append(before["manifests"].([]any), map[string]any{
		"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": attached.Artifact.Digest.String(), "size": float64(attached.Artifact.Size),
		"artifactType": "application/vnd.nfd.image-compatibility.v1alpha1",
		"annotations":  map[string]any{"org.opencontainers.image.created": "2026-01-02T12:00:00Z", "io.github.nfd-compat.tool": "nfd-compat/test"},
	})
	before["schemaVersion"], before["mediaType"] = 2.0, ocispec.MediaTypeImageIndex
	if diff := cmp.Diff(before, p.indexJSON(t)); diff != "" {
		t.Errorf("index.json (-want +got):\n%s", diff)
	}
	entries, err := os.ReadDir(p.dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), ".") {
			t.Errorf("%s is left behind", entry.Name())
		}
	}
	if diff := cmp.Diff(sorted(attached.Artifact.Digest), p.referrers(t, p.index)); diff != "" {
		t.Errorf("referrers (-want +got):\n%s", diff)
	}
}

// TestAttachToUntagged: the one image of a layout needs no name, also once something is attached to it.
func TestAttachToUntagged(t *testing.T) {
	t.Parallel()
	p := newPlace(t, registry.ViaLayout)
	l := &layout{dir: p.dir}
	l.writeIndex(t, p.index)
	for _, text := range []string{"one", "two"} {
		if got := mustAttach(t, registry.AttachRequest{Reference: p.reference, Payload: []byte(text)}); got.Subject.Digest != p.index.Digest {
			t.Errorf("%s: %+v", text, got)
		}
	}
}

// TestAttachToLayoutMends: a blob that is there and wrong is written anew.
func TestAttachToLayoutMends(t *testing.T) {
	t.Parallel()
	p := newPlace(t, registry.ViaLayout)
	name := filepath.Join(p.dir, "blobs", "sha256", ocispec.DescriptorEmptyJSON.Digest.Encoded())
	if err := os.WriteFile(name, []byte("[]"), 0o644); err != nil {
		t.Fatal(err)
	}
	mustAttach(t, registry.AttachRequest{Reference: p.v1(), Payload: []byte(payload)})
	if got := string(p.read(t, ocispec.DescriptorEmptyJSON)); got != "{}" {
		t.Errorf("the blob is %q", got)
	}
}

// TestAttachToReadOnlyLayout: what cannot be written is said, and nothing is left.
func TestAttachToReadOnlyLayout(t *testing.T) {
	t.Parallel()
	p := newPlace(t, registry.ViaLayout)
	blobs := filepath.Join(p.dir, "blobs")
	if err := os.Rename(blobs, blobs+"-moved"); err != nil {
		t.Fatal(err)
	}
	// Root may write whatever the mode of a directory is; nobody may through a link that leads out of the layout.
	if err := os.Symlink(t.TempDir(), blobs); err != nil {
		t.Fatal(err)
	}
	_, err := client().Attach(t.Context(), registry.AttachRequest{Reference: p.v1(), Payload: []byte(payload)})
	wantError(t, err, registry.ErrBrokenAnswer, "oci:")
}

// TestLayoutOfTwoWriters: writers of this package wait for each other, so that none undoes what another did.
func TestLayoutOfTwoWriters(t *testing.T) {
	t.Parallel()
	p := newPlace(t, registry.ViaLayout)
	const n = 16
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			if _, err := client().Attach(t.Context(), registry.AttachRequest{Reference: p.v1(), Payload: []byte{'a' + byte(i)}}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got := p.referrers(t, p.index); len(got) != n {
		t.Errorf("%d of %d are there", len(got), n)
	}
}
