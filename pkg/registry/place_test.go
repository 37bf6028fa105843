package registry_test

import (
	"io"
	"slices"
	"testing"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2"
	"oras.land/oras-go/v2/content/oci"

	"github.com/nfd-compat/nfd-compat/internal/hosttest"
	"github.com/nfd-compat/nfd-compat/pkg/registry"
)

// A place is where images are kept: a registry with or without the referrers API, or a layout.
type place struct {
	via       string
	reference string             // of the images, without a tag
	registry  *hosttest.Registry // nil for a layout
	dir       string             // of a layout
	// store is how other tools read and write there, as it is now.
	store func(t *testing.T) oras.GraphTarget
	// amd64 and index are the images: an index under the tag v1, and its only manifest.
	amd64, index ocispec.Descriptor
}

func newPlace(t *testing.T, via string) *place {
	t.Helper()
	p := &place{via: via}
	if via == registry.ViaLayout {
		p.dir = t.TempDir()
		p.reference = "oci:" + p.dir
		p.store = func(t *testing.T) oras.GraphTarget {
			t.Helper()
			store, err := oci.NewWithContext(t.Context(), p.dir)
			if err != nil {
				t.Fatal(err)
			}
			return store
		}
	} else {
		p.registry = hosttest.NewRegistry(t, hosttest.RegistryOptions{NoReferrersAPI: via == registry.ViaReferrersTag})
		p.reference = p.registry.Host + "/app"
		p.store = func(*testing.T) oras.GraphTarget { return p.registry.Repository("app") }
	}
	store, amd64 := p.store(t), linux("amd64", "")
	p.amd64 = hosttest.PushImage(t, store, "", amd64)
	p.index = hosttest.PushIndex(t, store, "v1", hosttest.For(p.amd64, amd64))
	return p
}

// everywhere runs a test in each kind of place.
func everywhere(t *testing.T, test func(t *testing.T, p *place)) {
	t.Helper()
	for _, via := range []string{registry.ViaReferrersAPI, registry.ViaReferrersTag, registry.ViaLayout} {
		t.Run(via, func(t *testing.T) {
			t.Parallel()
			test(t, newPlace(t, via))
		})
	}
}

func (p *place) v1() string { return p.reference + ":v1" }

// attach attaches an artifact as other tools do.
func (p *place) attach(t *testing.T, subject ocispec.Descriptor, a hosttest.Artifact) ocispec.Descriptor {
	t.Helper()
	return hosttest.Attach(t, p.store(t), subject, a)
}

// signed attaches what is none of ours, a signature, to a subject.
func (p *place) signed(t *testing.T, subject ocispec.Descriptor, created string) ocispec.Descriptor {
	t.Helper()
	signature := compat(created, "signature")
	signature.Type = "application/vnd.example.signature"
	return p.attach(t, subject, signature)
}

// read reads what a descriptor describes, as other tools do.
func (p *place) read(t *testing.T, desc ocispec.Descriptor) []byte {
	t.Helper()
	rc, err := p.store(t).Fetch(t.Context(), desc)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(rc)
	if err != nil {
		t.Fatal(err)
	}
	if err := rc.Close(); err != nil {
		t.Fatal(err)
	}
	return data
}

// referrers are the digests of what refers to a subject, as other tools see it, in order.
func (p *place) referrers(t *testing.T, subject ocispec.Descriptor) []digest.Digest {
	t.Helper()
	listed, err := p.store(t).Predecessors(t.Context(), subject)
	if err != nil {
		t.Fatal(err)
	}
	var digests []digest.Digest
	for _, d := range listed {
		if d.Digest != p.index.Digest || subject.Digest != p.amd64.Digest { // an index is a predecessor of its manifests in a layout
			digests = append(digests, d.Digest)
		}
	}
	slices.Sort(digests)
	return digests
}

// sorted returns digests in order.
func sorted(digests ...digest.Digest) []digest.Digest {
	slices.Sort(digests)
	return digests
}

// selected fetches what is selected for amd64.
func (p *place) selected(t *testing.T) *registry.Artifact {
	t.Helper()
	amd64 := linux("amd64", "")
	image, err := client().Fetch(t.Context(), registry.Request{Reference: p.v1(), Platform: &amd64})
	if err != nil {
		t.Fatal(err)
	}
	return image.Artifact
}

func client() *registry.Client {
	return &registry.Client{PlainHTTP: true, UserAgent: "nfd-compat/test"}
}
