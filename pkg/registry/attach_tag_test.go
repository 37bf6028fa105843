package registry_test

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/nfd-compat/nfd-compat/internal/hosttest"
	"github.com/nfd-compat/nfd-compat/pkg/registry"
)

// tagOf is the referrers tag of a subject.
func tagOf(subject ocispec.Descriptor) string {
	return strings.Replace(subject.Digest.String(), ":", "-", 1)
}

// underTag reads the index under the referrers tag of a subject.
func (p *place) underTag(t *testing.T, subject ocispec.Descriptor) map[string]any {
	t.Helper()
	desc, err := p.store(t).Resolve(t.Context(), tagOf(subject))
	if err != nil {
		t.Fatal(err)
	}
	var index map[string]any
	if err := json.Unmarshal(p.read(t, desc), &index); err != nil {
		t.Fatal(err)
	}
	return index
}

// TestReferrersTagKeepsOthers: what others have put on the list under the referrers tag stays as it is, fields that nobody
// knows here included.
func TestReferrersTagKeepsOthers(t *testing.T) {
	t.Parallel()
	p := newPlace(t, registry.ViaReferrersTag)
	foreign := p.signed(t, p.index, "2025-01-01T00:00:00Z")
	const list = `{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","x-index":{"a":"<1>"},"manifests":[` +
		`{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"DIGEST","size":SIZE,"artifactType":"application/vnd.example.signature","x-entry":[1.50]}],"annotations":{"k":"v"}}`
	text := strings.NewReplacer("DIGEST", foreign.Digest.String(), "SIZE", string(hosttest.Encode(t, foreign.Size))).Replace(list)
	hosttest.PushManifest(t, p.store(t), tagOf(p.index), ocispec.MediaTypeImageIndex, []byte(text))

	attached := mustAttach(t, registry.AttachRequest{Reference: p.v1(), Payload: []byte(payload), Created: noon()})
	var want map[string]any
	if err := json.Unmarshal([]byte(text), &want); err != nil {
		t.Fatal(err)
	}
	entries := want["manifests"].([]any)
	want["manifests"] = append(entries, map[string]any{
		"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": attached.Artifact.Digest.String(), "size": float64(attached.Artifact.Size),
		"artifactType": "application/vnd.nfd.image-compatibility.v1alpha1",
		"annotations":  map[string]any{"org.opencontainers.image.created": "2026-01-02T12:00:00Z", "io.github.nfd-compat.tool": "nfd-compat/test"},
	})
	if diff := cmp.Diff(want, p.underTag(t, p.index)); diff != "" {
		t.Errorf("under the tag (-want +got):\n%s", diff)
	}
}

// TestReferrersTagThatIsNone: an image under the referrers tag is not overwritten, and the subject itself, which some
// registries resolve the tag to, is no list of referrers.
func TestReferrersTagThatIsNone(t *testing.T) {
	t.Parallel()
	p := newPlace(t, registry.ViaReferrersTag)
	if err := p.store(t).Tag(t.Context(), p.amd64, tagOf(p.index)); err != nil {
		t.Fatal(err)
	}
	_, err := client().Attach(t.Context(), registry.AttachRequest{Reference: p.v1(), Payload: []byte(payload)})
	wantError(t, err, registry.ErrBrokenAnswer, "under the referrers tag stands an image manifest")

	if err := p.store(t).Tag(t.Context(), p.index, tagOf(p.index)); err != nil {
		t.Fatal(err)
	}
	attached := mustAttach(t, registry.AttachRequest{Reference: p.v1(), Payload: []byte(payload)})
	if diff := cmp.Diff(sorted(attached.Artifact.Digest), p.referrers(t, p.index)); diff != "" {
		t.Errorf("referrers (-want +got):\n%s", diff)
	}
}

// TestReferrersTagUndone: who finds the own entry gone again writes it again, and gives up at some time.
func TestReferrersTagUndone(t *testing.T) {
	t.Parallel()
	for times, kind := range map[int]error{2: nil, 100: registry.ErrConflict} {
		p := newPlace(t, registry.ViaReferrersTag)
		// An index without our entry takes the place of the one that was written: the client sees its writing undone.
		empty := string(hosttest.Encode(t, ocispec.Index{MediaType: ocispec.MediaTypeImageIndex, Manifests: []ocispec.Descriptor{}}))
		written := false
		var mu sync.Mutex
		count := 0
		p.registry.Break(hosttest.Fault{Match: func(req *http.Request) bool {
			mu.Lock()
			defer mu.Unlock()
			if !strings.Contains(req.URL.Path, "/manifests/sha256-") {
				return false
			}
			if req.Method == http.MethodPut {
				written = true
				return false
			}
			undone := written && count < times
			if undone {
				count++
				written = false
			}
			return undone
		}, ContentType: ocispec.MediaTypeImageIndex, Body: empty})
		_, err := client().Attach(t.Context(), registry.AttachRequest{Reference: p.v1(), Payload: []byte(payload)})
		if kind == nil && (err != nil || p.selected(t) == nil || p.registry.Count("PUT", "/manifests/sha256-") != times+1) {
			t.Errorf("%d times: %v", times, err)
		}
		if kind != nil && (!errors.Is(err, kind) || !strings.Contains(err.Error(), "try again")) {
			t.Errorf("%d times: %v", times, err)
		}
	}
}

// TestAttachWithoutWord: a registry that has the API and does not say that it took note, as some do, gets the list under
// the tag as well.
func TestAttachWithoutWord(t *testing.T) {
	t.Parallel()
	p := newPlace(t, registry.ViaReferrersAPI)
	p.registry.Break(hosttest.Fault{Match: hosttest.On("PUT", "/manifests/"), Rewrite: func(status int, h http.Header, body []byte) (int, []byte) {
		h.Del("OCI-Subject")
		return status, body
	}})
	attached := mustAttach(t, registry.AttachRequest{Reference: p.v1(), Payload: []byte(payload)})
	if entries := p.underTag(t, p.index)["manifests"].([]any); len(entries) != 1 {
		t.Errorf("under the tag %v", entries)
	}
	if got := p.selected(t); got.Via != registry.ViaReferrersAPI || got.Descriptor.Digest != attached.Artifact.Digest {
		t.Errorf("selected %+v", got)
	}
	// The API lists it whatever stands under the tag: what is not deleted is still found.
	p.registry.Break(hosttest.Fault{Match: hosttest.On("DELETE", ""), Status: 405})
	removed, err := client().Remove(t.Context(), registry.RemoveRequest{Reference: p.v1(), Artifacts: []digest.Digest{attached.Artifact.Digest}})
	if err != nil || len(removed.Left) != 1 || removed.Left[0].Unlisted || len(removed.Remaining) != 1 {
		t.Errorf("removed %+v, %v", removed, err)
	}
}

// TestReferrersTagBusy: a list that a busy registry has not taken is not sent again as it was, since others may have written in
// the meantime: it is read anew.
func TestReferrersTagBusy(t *testing.T) {
	t.Parallel()
	for name, busy := range map[string]http.Header{"429": {"Retry-After": {"1"}}, "503": nil} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t, registry.ViaReferrersTag)
			status, err := strconv.Atoi(name)
			if err != nil {
				t.Fatal(err)
			}
			var theirs ocispec.Descriptor
			p.registry.Break(hosttest.Fault{Match: hosttest.On("PUT", "/manifests/sha256-"), Times: 1, Serve: func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
				theirs = p.attach(t, p.index, compat("2025-01-01T00:00:00Z", "theirs"))
				maps.Copy(w.Header(), busy)
				w.WriteHeader(status)
			}})
			attached := mustAttach(t, registry.AttachRequest{Reference: p.v1(), Payload: []byte(payload)})
			if diff := cmp.Diff(sorted(theirs.Digest, attached.Artifact.Digest), p.referrers(t, p.index)); diff != "" {
				t.Errorf("referrers (-want +got):\n%s", diff)
			}
		})
	}
}

// TestReferrersTagTooBusy: a registry that stays busy, or asks to come back much later, is given up.
func TestReferrersTagTooBusy(t *testing.T) {
	t.Parallel()
	for after, puts := range map[string]int{"": 3, "3600": 1} {
		p := newPlace(t, registry.ViaReferrersTag)
		fault := hosttest.Fault{Match: hosttest.On("PUT", "/manifests/sha256-"), Status: 503}
		if after != "" {
			fault.Header = http.Header{"Retry-After": {after}}
		}
		p.registry.Break(fault)
		_, err := client().Attach(t.Context(), registry.AttachRequest{Reference: p.v1(), Payload: []byte(payload)})
		wantError(t, err, registry.ErrBrokenAnswer, "503 Service Unavailable")
		if got := p.registry.Count("PUT", "/manifests/sha256-"); got != puts {
			t.Errorf("after %q: sent %d times, not %d", after, got, puts)
		}
	}
}

// TestReferrersTagUndoneLater: that another undoes our entry is seen, also when it comes some looks later.
func TestReferrersTagUndoneLater(t *testing.T) {
	t.Parallel()
	p := newPlace(t, registry.ViaReferrersTag)
	var reads atomic.Int64
	empty := string(hosttest.Encode(t, ocispec.Index{MediaType: ocispec.MediaTypeImageIndex, Manifests: []ocispec.Descriptor{}}))
	p.registry.Break(hosttest.Fault{Match: func(req *http.Request) bool {
		if req.Method != http.MethodGet || !strings.Contains(req.URL.Path, "/manifests/sha256-") {
			return false
		}
		return reads.Add(1) == 5 // one for what is attached, one to change it, and two after it
	}, ContentType: ocispec.MediaTypeImageIndex, Body: empty})
	mustAttach(t, registry.AttachRequest{Reference: p.v1(), Payload: []byte(payload)})
	if got := p.registry.Count("PUT", "/manifests/sha256-"); got != 2 {
		t.Errorf("written %d times", got)
	}
}

// TestAttachUnheard: a registry that has the referrers API and takes no note of subjects lists nothing, whatever stands under the
// tag, which nobody reads there. That is no success.
func TestAttachUnheard(t *testing.T) {
	t.Parallel()
	p := newPlace(t, registry.ViaReferrersAPI)
	p.registry.Break(hosttest.Fault{Match: hosttest.On("PUT", "/manifests/"), Rewrite: func(status int, h http.Header, body []byte) (int, []byte) {
		h.Del("OCI-Subject")
		return status, body
	}})
	p.registry.Break(hosttest.Fault{
		Match: hosttest.On("GET", "/referrers/"), ContentType: ocispec.MediaTypeImageIndex,
		Body: `{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}`,
	})
	_, err := client().Attach(t.Context(), registry.AttachRequest{Reference: p.v1(), Payload: []byte(payload)})
	wantError(t, err, registry.ErrBrokenAnswer, "does not list it", "no host would find it")
}

// TestReferrersTagContended: where others are seen to change the list, that our entry stays is looked at for longer.
func TestReferrersTagContended(t *testing.T) {
	t.Parallel()
	p := newPlace(t, registry.ViaReferrersTag)
	var reads atomic.Int64
	p.registry.Break(hosttest.Fault{Match: hosttest.On("GET", "/manifests/sha256-"), Rewrite: func(status int, h http.Header, body []byte) (int, []byte) {
		theirs := ocispec.Descriptor{MediaType: ocispec.MediaTypeImageManifest, ArtifactType: "application/vnd.example.signature", Digest: digest.FromString("theirs"), Size: 6}
		index := ocispec.Index{MediaType: ocispec.MediaTypeImageIndex, Manifests: []ocispec.Descriptor{}}
		switch reads.Add(1) {
		case 5: // of those that follow the two before the list is written
			if err := json.Unmarshal(body, &index); err != nil {
				t.Error(err)
			}
			index.Manifests = append(index.Manifests, theirs)
		case 9: // when it would have been looked at often enough
		default:
			return status, body
		}
		h.Del("Docker-Content-Digest")
		h.Del("Content-Length")
		return status, hosttest.Encode(t, index)
	}})
	mustAttach(t, registry.AttachRequest{Reference: p.v1(), Payload: []byte(payload)})
	if got := p.registry.Count("PUT", "/manifests/sha256-"); got != 2 {
		t.Errorf("written %d times", got)
	}
}
