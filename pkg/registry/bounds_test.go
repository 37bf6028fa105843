package registry_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/nfd-compat/nfd-compat/internal/hosttest"
	"github.com/nfd-compat/nfd-compat/pkg/registry"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
)

// listedOnly is a list of many referrers that nobody has pushed, each as long as those of build systems are.
func listedOnly(count int, artifactType string) []ocispec.Descriptor {
	entries := make([]ocispec.Descriptor, count)
	for i := range entries {
		entries[i] = ocispec.Descriptor{
			MediaType: ocispec.MediaTypeImageManifest, ArtifactType: artifactType, Digest: digest.FromString(fmt.Sprint(i)), Size: 700,
			Annotations: map[string]string{
				ocispec.AnnotationCreated: "2026-01-02T03:04:05Z",
				ocispec.AnnotationTitle:   fmt.Sprintf("attestation %d of the build of the image for linux/amd64 by the pipeline on the main branch", i),
				ocispec.AnnotationVendor:  "an example of a vendor whose tools annotate what they attach",
			},
		}
	}
	return entries
}

// TestTenThousandReferrers: a list of 10,000 on one page is read whole; what is ours among them is found at once.
func TestTenThousandReferrers(t *testing.T) {
	t.Parallel()
	r := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
	repo, amd64 := r.Repository("app"), linux("amd64", "")
	image := hosttest.PushImage(t, repo, "v1", amd64)
	ours := hosttest.Attach(t, repo, image, compat("", "ours"))
	ours.ArtifactType = spec.ArtifactType
	for _, tt := range []struct {
		name, others string
		ours         bool
		asked        int // manifests
		unexamined   int
		text         string
	}{
		{"others'", "application/vnd.in-toto+json", true, 1, 0, ""},
		{"nobody knows whose", "application/vnd.example", true, 1, 0, ""},
		{"others', and none is ours", "application/vnd.in-toto+json", false, 0, 0, ""},
		{"nobody knows whose, and none is ours", "application/vnd.example", false, 32, 10000, ""},
		{"all ours", spec.ArtifactType, true, 0, 0, "10001 compatibility artifacts are listed, and at most 256"},
	} {
		entries := listedOnly(10000, tt.others)
		if tt.ours {
			entries = append(entries, ours)
		}
		list(t, r, image, entries...)
		r.Requests()
		got, err := fetch(t, r, ":v1", &amd64)
		if n := r.Count("GET", "/manifests/sha256:"); n != tt.asked {
			t.Errorf("%s: %d manifests were asked for, not %d", tt.name, n, tt.asked)
		}
		if tt.text != "" {
			wantError(t, err, registry.ErrBrokenAnswer, tt.text)
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if found := got.Artifact != nil; found != tt.ours || got.Unexamined != tt.unexamined {
			t.Errorf("%s: artifact %v, %d unexamined", tt.name, got.Artifact, got.Unexamined)
		}
	}
}

// TestHugeManifest: what announces 100 MB is refused before any of it is read; what does not say is read up to the bound.
func TestHugeManifest(t *testing.T) {
	t.Parallel()
	const huge = 100 << 20
	for _, announced := range []bool{true, false} {
		r := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
		sent := make(chan int, 1)
		r.Break(hosttest.Fault{Match: hosttest.On("GET", "/manifests/v1"), Serve: func(w http.ResponseWriter, req *http.Request, _ http.Handler) {
			w.Header().Set("Content-Type", ocispec.MediaTypeImageManifest)
			if announced {
				w.Header().Set("Content-Length", fmt.Sprint(huge))
			}
			chunk, all := make([]byte, 64<<10), 0
			for all < huge && req.Context().Err() == nil {
				n, err := w.Write(chunk)
				if all += n; err != nil {
					break
				}
			}
			sent <- all
		}})
		_, err := fetch(t, r, ":v1", nil)
		if announced {
			wantError(t, err, registry.ErrBrokenAnswer, "104857600 bytes long, and at most 4194304 are read")
		} else {
			wantError(t, err, registry.ErrBrokenAnswer, "longer than 4194304 bytes")
		}
		if n := <-sent; n >= huge {
			t.Errorf("all %d bytes were sent", n)
		}
	}
}
