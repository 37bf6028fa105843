package registry_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/nfd-compat/nfd-compat/internal/hosttest"
	"github.com/nfd-compat/nfd-compat/pkg/registry"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
)

// A row is what a table of this file compares of an artifact in a listing.
type row struct {
	Note, Subject string
	Selected      bool
}

// rows returns a listing's, with the names that digests go by.
func rows(listed []registry.Listed, names map[digest.Digest]string) []row {
	var all []row
	for _, l := range listed {
		all = append(all, row{names[l.Descriptor.Digest], names[l.Subject.Digest], l.Selected})
	}
	return all
}

// filled puts artifacts on an index of amd64 and arm64 and on its manifest for amd64, and names them.
func filled(t *testing.T, p *place) map[digest.Digest]string {
	t.Helper()
	amd64, arm64 := linux("amd64", ""), linux("arm64", "v8")
	arm := hosttest.PushImage(t, p.store(t), "", arm64)
	p.index = hosttest.PushIndex(t, p.store(t), "v1", hosttest.For(p.amd64, amd64), hosttest.For(arm, arm64))
	names := map[digest.Digest]string{p.index.Digest: "index", p.amd64.Digest: "amd64", arm.Digest: "arm64"}
	names[p.signed(t, p.index, "2030-01-01T00:00:00Z").Digest] = "signature"
	for name, created := range map[string]string{"index 2": "2026-01-02T00:00:00Z", "index 1": "2026-01-01T00:00:00Z", "index 0": ""} {
		names[p.attach(t, p.index, compat(created, name)).Digest] = name
	}
	for name, created := range map[string]string{"amd64 2": "2025-01-02T00:00:00Z", "amd64 1": "2025-01-01T00:00:00Z"} {
		names[p.attach(t, p.amd64, compat(created, name)).Digest] = name
	}
	return names
}

func listOf(t *testing.T, reference string, platform *ocispec.Platform) *registry.Listing {
	t.Helper()
	listing, err := client().List(t.Context(), registry.Request{Reference: reference, Platform: platform})
	if err != nil {
		t.Fatal(err)
	}
	return listing
}

// TestList lists what is attached to an image, in the order in which it is selected.
func TestList(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, p *place) {
		if listing := listOf(t, p.v1(), nil); len(listing.Artifacts) != 0 || listing.Image.Digest != p.index.Digest {
			t.Errorf("nothing is attached: %+v", listing)
		}
		names := filled(t, p)
		all := listOf(t, p.v1(), nil)
		if diff := cmp.Diff([]row{
			{"index 2", "index", true}, // for arm64
			{"index 1", "index", false},
			{"amd64 2", "amd64", true},
			{"amd64 1", "amd64", false},
			{"index 0", "index", false},
		}, rows(all.Artifacts, names)); diff != "" {
			t.Errorf("all (-want +got):\n%s", diff)
		}
		first := all.Artifacts[0]
		want := registry.Listed{
			Descriptor: first.Descriptor, Subject: p.index, Created: first.Created, Via: p.via, Selected: true,
			Size: int64(len(payload) + len("# index 2\n")), MediaType: spec.MediaTypeYAML,
		}
		if diff := cmp.Diff(want, first); diff != "" {
			t.Errorf("the first (-want +got):\n%s", diff)
		}
		if platform := all.Artifacts[2].Subject.Platform; platform == nil || platform.Architecture != "amd64" {
			t.Errorf("platform %v", platform)
		}

		amd64, arm64, s390x := linux("amd64", ""), linux("arm64", ""), linux("s390x", "")
		if diff := cmp.Diff([]row{
			{"index 2", "index", false}, {"index 1", "index", false}, {"amd64 2", "amd64", true}, {"amd64 1", "amd64", false}, {"index 0", "index", false},
		}, rows(listOf(t, p.v1(), &amd64).Artifacts, names)); diff != "" {
			t.Errorf("amd64 (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]row{
			{"index 2", "index", true}, {"index 1", "index", false}, {"index 0", "index", false},
		}, rows(listOf(t, p.v1(), &arm64).Artifacts, names)); diff != "" {
			t.Errorf("arm64 (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]row{
			{"amd64 2", "amd64", true}, {"amd64 1", "amd64", false},
		}, rows(listOf(t, p.reference+"@"+p.amd64.Digest.String(), nil).Artifacts, names)); diff != "" {
			t.Errorf("the manifest (-want +got):\n%s", diff)
		}
		if _, err := client().List(t.Context(), registry.Request{Reference: p.v1(), Platform: &s390x}); !errors.Is(err, registry.ErrWrongPlatform) {
			t.Errorf("s390x: %v", err)
		}
	})
}

// TestListProblems: what cannot be used is listed, with the reason.
func TestListProblems(t *testing.T) {
	t.Parallel()
	p := newPlace(t, registry.ViaReferrersTag)
	empty := p.attach(t, p.index, hosttest.Artifact{Type: spec.ArtifactType, Created: "2026-01-01T00:00:00Z"})
	gone := ocispec.Descriptor{
		MediaType: ocispec.MediaTypeImageManifest, ArtifactType: spec.ArtifactType, Digest: digest.FromString("gone"), Size: 4,
	}
	listed := empty
	listed.ArtifactType = spec.ArtifactType
	hosttest.PushIndex(t, p.store(t), tagOf(p.index), listed, gone)
	got := listOf(t, p.v1(), nil).Artifacts
	if len(got) != 2 || !strings.Contains(got[0].Problem, "no layer of the media type") || got[1].Problem != "it is listed, but it is not there" {
		t.Fatalf("listed %+v", got)
	}
	// Such a list is of no use to those who select: it can be mended.
	removed, err := client().Remove(t.Context(), registry.RemoveRequest{Reference: p.v1(), Artifacts: []digest.Digest{gone.Digest}})
	if err != nil || len(removed.Artifacts) != 1 {
		t.Errorf("%+v, %v", removed, err)
	}
	if got = listOf(t, p.v1(), nil).Artifacts; len(got) != 1 {
		t.Errorf("listed %+v", got)
	}
}

// TestRemove removes artifacts of an index and of a manifest, and nothing else.
func TestRemove(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, p *place) {
		names := filled(t, p)
		digests := map[string]digest.Digest{}
		for d, name := range names {
			digests[name] = d
		}
		remove := func(names ...string) (*registry.Removed, error) {
			req := registry.RemoveRequest{Reference: p.v1()}
			for _, name := range names {
				req.Artifacts = append(req.Artifacts, digests[name])
			}
			return client().Remove(t.Context(), req)
		}
		for _, wrong := range []string{"signature", "index", "amd64"} {
			_, err := remove("index 2", wrong)
			if !errors.Is(err, registry.ErrNoArtifact) || !strings.Contains(err.Error(), digests[wrong].String()) {
				t.Errorf("%s: %v", wrong, err)
			}
		}
		if got := listOf(t, p.v1(), nil).Artifacts; len(got) != 5 {
			t.Fatalf("something was removed: %+v", got)
		}
		got, err := remove("amd64 1", "amd64 2", "index 2")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]digest.Digest{digests["index 2"], digests["amd64 2"], digests["amd64 1"]}, got.Artifacts); diff != "" {
			t.Errorf("removed (-want +got):\n%s", diff)
		}
		left := []row{{"index 1", "index", true}, {"index 0", "index", false}}
		if diff := cmp.Diff(left, rows(got.Remaining, names)); diff != "" {
			t.Errorf("remaining (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(left, rows(listOf(t, p.v1(), nil).Artifacts, names)); diff != "" {
			t.Errorf("listed (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(sorted(digests["signature"], digests["index 1"], digests["index 0"]), p.referrers(t, p.index)); diff != "" {
			t.Errorf("referrers (-want +got):\n%s", diff)
		}
		if _, err := p.store(t).Resolve(t.Context(), digests["amd64 1"].String()); err == nil {
			t.Error("the manifest is still there")
		}
		if _, err := remove("index 0", "index 1"); err != nil {
			t.Error(err)
		}
		if got := p.selected(t); got != nil {
			t.Errorf("selected %+v", got)
		}
	})
}

// TestRemoveRefused: a registry that does not delete is said to be so. One that has a list under the referrers tag can at
// least be made to list it no longer.
func TestRemoveRefused(t *testing.T) {
	t.Parallel()
	unsupported := `{"errors":[{"code":"UNSUPPORTED","message":"no deletion here"}]}`
	for name, test := range map[string]struct {
		fault hosttest.Fault
		kind  error
		text  string
	}{
		"405":         {hosttest.Fault{Status: 405, ContentType: "application/json", Body: unsupported}, registry.ErrDeleteUnsupported, "does not delete artifacts"},
		"405, bare":   {hosttest.Fault{Status: 405}, registry.ErrDeleteUnsupported, "405 Method Not Allowed"},
		"unsupported": {hosttest.Fault{Status: 400, ContentType: "application/json", Body: unsupported}, registry.ErrDeleteUnsupported, "no deletion here"},
		"403":         {hosttest.Fault{Status: 403}, registry.ErrUnauthorized, "403 Forbidden"},
		"500":         {hosttest.Fault{Status: 500}, registry.ErrBrokenAnswer, "500"},
	} {
		for _, via := range []string{registry.ViaReferrersAPI, registry.ViaReferrersTag} {
			t.Run(name+"/"+via, func(t *testing.T) {
				t.Parallel()
				p := newPlace(t, via)
				old := p.attach(t, p.index, compat("2025-01-01T00:00:00Z", "old")).Digest
				test.fault.Match = hosttest.On("DELETE", "/manifests/")
				p.registry.Break(test.fault)

				attached := mustAttach(t, registry.AttachRequest{Reference: p.v1(), Payload: []byte(payload), Replace: true})
				wantLeft(t, attached.Left, old, test.kind, test.text, via == registry.ViaReferrersTag)
				if got := p.selected(t); string(got.Payload) != payload || (len(got.PassedOver) == 0) != (via == registry.ViaReferrersTag) {
					t.Errorf("selected %+v", got)
				}

				removed, err := client().Remove(t.Context(), registry.RemoveRequest{Reference: p.v1(), Artifacts: []digest.Digest{attached.Artifact.Digest}})
				if err != nil {
					t.Fatal(err)
				}
				wantLeft(t, removed.Left, attached.Artifact.Digest, test.kind, test.text, via == registry.ViaReferrersTag)
				if wantNone := via == registry.ViaReferrersTag; (len(removed.Remaining) == 0) != wantNone || (p.selected(t) == nil) != wantNone {
					t.Errorf("remaining %+v", removed.Remaining)
				}
			})
		}
	}
}

func wantLeft(t *testing.T, left []registry.Left, artifact digest.Digest, kind error, text string, unlisted bool) {
	t.Helper()
	if len(left) != 1 || left[0].Artifact != artifact || left[0].Unlisted != unlisted {
		t.Fatalf("left %+v", left)
	}
	if err := left[0].Err; !errors.Is(err, kind) || !strings.Contains(err.Error(), text) || strings.Contains(err.Error(), "no longer listed") != unlisted {
		t.Errorf("left for %v", err)
	}
}

// TestRemoveTwice: that another has removed it in the meantime is no error.
func TestRemoveTwice(t *testing.T) {
	t.Parallel()
	p := newPlace(t, registry.ViaReferrersAPI)
	artifact := p.attach(t, p.index, compat("", "x")).Digest
	p.registry.Break(hosttest.Fault{Match: hosttest.On("DELETE", ""), Status: 404})
	removed, err := client().Remove(t.Context(), registry.RemoveRequest{Reference: p.v1(), Artifacts: []digest.Digest{artifact}})
	if err != nil || len(removed.Artifacts) != 1 {
		t.Errorf("%+v, %v", removed, err)
	}
}

// TestRemoveFromListInLayout: a layout may have the list of referrers under the referrers tag, as a registry.
func TestRemoveFromListInLayout(t *testing.T) {
	t.Parallel()
	l := newLayout(t)
	other := hosttest.Attach(t, l, l.child, compat("2024-01-01T00:00:00Z", "other"))
	artifact := l.artifact
	artifact.ArtifactType, other.ArtifactType = spec.ArtifactType, spec.ArtifactType
	referrers := hosttest.PushIndex(t, l, "", artifact, other)
	l.writeIndex(t, tagged(l.index, "v1"), tagged(referrers, tagOf(l.child)))
	removed, err := client().Remove(t.Context(), registry.RemoveRequest{Reference: "oci:" + l.dir + ":v1", Artifacts: []digest.Digest{artifact.Digest}})
	if err != nil || len(removed.Artifacts) != 1 || len(removed.Remaining) != 1 || removed.Left != nil {
		t.Fatalf("%+v, %v", removed, err)
	}
	if got := listOf(t, "oci:"+l.dir+":v1", nil).Artifacts; len(got) != 1 || got[0].Descriptor.Digest != other.Digest {
		t.Errorf("listed %+v", got)
	}
	if _, err := os.Stat(filepath.Join(l.dir, "blobs", "sha256", artifact.Digest.Encoded())); err == nil {
		t.Error("the manifest is still there")
	}
}
