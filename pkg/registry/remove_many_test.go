package registry_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/nfd-compat/nfd-compat/internal/hosttest"
	"github.com/nfd-compat/nfd-compat/pkg/registry"
)

// attachMany attaches artifacts to a subject, and returns their digests.
func attachMany(t *testing.T, p *place, subject ocispec.Descriptor, n int) []digest.Digest {
	t.Helper()
	var digests []digest.Digest
	for i := range n {
		digests = append(digests, p.attach(t, subject, compat("2025-01-01T00:00:00Z", fmt.Sprint(subject.Digest, i))).Digest)
	}
	return digests
}

// TestRemoveManyUnderTags: each list under a referrers tag is written once for all of its artifacts, and looked at no more often
// than for one: to look whether it stays takes a second.
func TestRemoveManyUnderTags(t *testing.T) {
	t.Parallel()
	p := newPlace(t, registry.ViaReferrersTag)
	foreign := p.signed(t, p.index, "2025-01-01T00:00:00Z").Digest
	all := slices.Concat(attachMany(t, p, p.index, 30), attachMany(t, p, p.amd64, 30))
	p.registry.Requests()
	removed, err := client().Remove(t.Context(), registry.RemoveRequest{Reference: p.v1(), Artifacts: all})
	if err != nil || len(removed.Artifacts) != len(all) || removed.Left != nil || removed.Remaining != nil {
		t.Fatalf("%+v, %v", removed, err)
	}
	if puts, reads := p.registry.Count("PUT", "/manifests/sha256-"), p.registry.Count("GET", "/manifests/sha256-"); puts != 2 || reads > 20 {
		t.Errorf("the lists of two subjects were written %d times, and read %d times", puts, reads)
	}
	if n := p.registry.Count("DELETE", "/manifests/"); n != len(all) {
		t.Errorf("%d of %d manifests were deleted", n, len(all))
	}
	if diff := cmp.Diff(sorted(foreign), p.referrers(t, p.index)); diff != "" {
		t.Errorf("referrers (-want +got):\n%s", diff)
	}

	older := attachMany(t, p, p.index, 10)
	p.registry.Requests()
	attached := mustAttach(t, registry.AttachRequest{Reference: p.v1(), Payload: []byte(payload), Created: noon(), Replace: true})
	if puts := p.registry.Count("PUT", "/manifests/sha256-"); puts != 2 || len(attached.Removed) != len(older) {
		t.Errorf("to attach one and replace %d, the list was written %d times: %+v", len(older), puts, attached)
	}
}

// TestRemoveUndone: if another undoes what was written to one of several lists, that one is written again, and what is attached is
// gone at the end. Nothing is deleted before.
func TestRemoveUndone(t *testing.T) {
	t.Parallel()
	p := newPlace(t, registry.ViaReferrersTag)
	all := slices.Concat(attachMany(t, p, p.index, 3), attachMany(t, p, p.amd64, 3))
	old := hosttest.Encode(t, p.underTag(t, p.amd64))
	var (
		mu      sync.Mutex
		written int
		deleted bool
	)
	p.registry.Break(hosttest.Fault{Match: hosttest.On("", "/manifests/"), Serve: func(w http.ResponseWriter, req *http.Request, next http.Handler) {
		mu.Lock()
		defer mu.Unlock()
		deleted = deleted || req.Method == http.MethodDelete
		next.ServeHTTP(w, req)
		if req.Method == http.MethodPut && strings.HasSuffix(req.URL.Path, tagOf(p.amd64)) {
			if written++; deleted {
				t.Error("a manifest was deleted that is still listed")
			}
			if written == 1 {
				undo := httptest.NewRequestWithContext(t.Context(), http.MethodPut, req.URL.Path, bytes.NewReader(old))
				undo.Header.Set("Content-Type", ocispec.MediaTypeImageIndex)
				next.ServeHTTP(httptest.NewRecorder(), undo)
			}
		}
	}})
	p.registry.Requests()
	removed, err := client().Remove(t.Context(), registry.RemoveRequest{Reference: p.v1(), Artifacts: all})
	if err != nil || len(removed.Artifacts) != len(all) || removed.Left != nil {
		t.Fatalf("%+v, %v", removed, err)
	}
	if written != 2 || p.registry.Count("PUT", tagOf(p.index)) != 1 {
		t.Errorf("written %d times, and the list that nobody undid %d times", written, p.registry.Count("PUT", tagOf(p.index)))
	}
	if got := listOf(t, p.v1(), nil); len(got.Artifacts) != 0 {
		t.Errorf("left %+v", got.Artifacts)
	}
}

// TestRemoveAtOnce: of those who remove and attach at once where they write one list, none undoes what another did.
func TestRemoveAtOnce(t *testing.T) {
	t.Parallel()
	p := newPlace(t, registry.ViaReferrersTag)
	all := attachMany(t, p, p.index, 8)
	var each sync.WaitGroup
	for _, half := range [][]digest.Digest{all[:4], all[4:]} {
		each.Go(func() {
			removed, err := client().Remove(t.Context(), registry.RemoveRequest{Reference: p.v1(), Artifacts: half})
			if err != nil || len(removed.Artifacts) != len(half) || removed.Left != nil {
				t.Errorf("%+v, %v", removed, err)
			}
		})
	}
	var attached *registry.Attached
	each.Go(func() {
		var err error
		if attached, err = client().Attach(t.Context(), registry.AttachRequest{Reference: p.v1(), Payload: []byte(payload)}); err != nil {
			t.Error(err)
		}
	})
	each.Wait()
	if t.Failed() {
		return
	}
	if diff := cmp.Diff(sorted(attached.Artifact.Digest), p.referrers(t, p.index)); diff != "" {
		t.Errorf("referrers (-want +got):\n%s", diff)
	}
}

// TestRemoveStillListed: what cannot be taken off its list is not deleted, and says why, and what is on another list is removed all
// the same.
func TestRemoveStillListed(t *testing.T) {
	t.Parallel()
	p := newPlace(t, registry.ViaReferrersTag)
	stay, gone := attachMany(t, p, p.index, 2), attachMany(t, p, p.amd64, 2)
	p.registry.Break(hosttest.Fault{Match: hosttest.On("PUT", tagOf(p.index)), Status: 403})
	removed, err := client().Remove(t.Context(), registry.RemoveRequest{Reference: p.v1(), Artifacts: slices.Concat(stay, gone)})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sorted(gone...), sorted(removed.Artifacts...)); diff != "" || len(removed.Left) != len(stay) || len(removed.Remaining) != len(stay) {
		t.Fatalf("%+v, removed (-want +got):\n%s", removed, diff)
	}
	for _, left := range removed.Left {
		if !slices.Contains(stay, left.Artifact) || left.Unlisted || !errors.Is(left.Err, registry.ErrUnauthorized) {
			t.Errorf("left %+v", left)
		}
		if _, err := p.store(t).Resolve(t.Context(), left.Artifact.String()); err != nil {
			t.Errorf("it is listed, and deleted: %v", err)
		}
	}
}
