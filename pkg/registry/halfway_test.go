package registry_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/nfd-compat/nfd-compat/internal/hosttest"
	"github.com/nfd-compat/nfd-compat/pkg/registry"
)

// endsAfterWriting returns a context that is canceled at the second look at the list of the image after it was written for the
// n-th time, which is in the time in which is looked whether it stays.
func endsAfterWriting(t *testing.T, p *place, n int64) context.Context {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	var written, looks atomic.Int64
	p.registry.Break(hosttest.Fault{Match: hosttest.On("", "/manifests/"+tagOf(p.index)), Serve: func(w http.ResponseWriter, req *http.Request, next http.Handler) {
		next.ServeHTTP(w, req)
		switch {
		case req.Method == http.MethodPut:
			written.Add(1)
		case written.Load() == n && looks.Add(1) == 2:
			cancel()
		}
	}})
	return ctx
}

// TestRemoveCutShort: what is off the list when the time ends in which is looked whether it stays off is told to be so, and not to
// be what the image still has.
func TestRemoveCutShort(t *testing.T) {
	t.Parallel()
	p := newPlace(t, registry.ViaReferrersTag)
	all := attachMany(t, p, p.index, 3)
	removed, err := client().Remove(endsAfterWriting(t, p, 1), registry.RemoveRequest{Reference: p.v1(), Artifacts: all})
	if err != nil {
		t.Fatal(err)
	}
	if len(removed.Artifacts) != 0 || len(removed.Left) != len(all) || len(removed.Remaining) != 0 {
		t.Errorf("%+v", removed)
	}
	for _, left := range removed.Left {
		if !left.Unlisted || !errors.Is(left.Err, context.Canceled) {
			t.Errorf("left %+v", left)
		}
		wantError(t, left.Err, registry.ErrHalfway, "it is no longer listed", "not deleted: interrupted")
		if _, err := p.store(t).Resolve(t.Context(), left.Artifact.String()); err != nil {
			t.Errorf("deleted: %v", err)
		}
	}
	if got := listOf(t, p.v1(), nil); len(got.Artifacts) != 0 {
		t.Errorf("listed %+v", got.Artifacts)
	}
}

// TestReplaceCutShort: the same of what a new artifact replaces.
func TestReplaceCutShort(t *testing.T) {
	t.Parallel()
	p := newPlace(t, registry.ViaReferrersTag)
	older := attachMany(t, p, p.index, 2)
	attached, err := client().Attach(endsAfterWriting(t, p, 2), registry.AttachRequest{Reference: p.v1(), Payload: []byte(payload), Replace: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(attached.Removed) != 0 || len(attached.Left) != len(older) || slices.ContainsFunc(attached.Left, func(l registry.Left) bool { return !l.Unlisted }) {
		t.Errorf("%+v", attached)
	}
	if diff := cmp.Diff(sorted(attached.Artifact.Digest), p.referrers(t, p.index)); diff != "" {
		t.Errorf("referrers (-want +got):\n%s", diff)
	}
}

// TestAttachCutShort: what is listed when the time ends is told to be so.
func TestAttachCutShort(t *testing.T) {
	t.Parallel()
	p := newPlace(t, registry.ViaReferrersTag)
	_, err := client().Attach(endsAfterWriting(t, p, 1), registry.AttachRequest{Reference: p.v1(), Payload: []byte(payload)})
	wantError(t, err, registry.ErrHalfway, "it is listed; whether it stays was not awaited: interrupted")
	if !errors.Is(err, context.Canceled) || p.selected(t) == nil {
		t.Errorf("%v", err)
	}
}

// TestRelistedIsThere: who takes what is attached off the list may delete it as well; it is then pushed again before it is listed
// again.
func TestRelistedIsThere(t *testing.T) {
	t.Parallel()
	p := newPlace(t, registry.ViaReferrersTag)
	empty := hosttest.Encode(t, ocispec.Index{MediaType: ocispec.MediaTypeImageIndex, Manifests: []ocispec.Descriptor{}})
	var undone atomic.Bool
	p.registry.Break(hosttest.Fault{Match: hosttest.On(http.MethodPut, "/manifests/"+tagOf(p.index)), Serve: func(w http.ResponseWriter, req *http.Request, next http.Handler) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			t.Error(err)
		}
		req.Body = io.NopCloser(bytes.NewReader(body))
		next.ServeHTTP(w, req)
		if undone.Swap(true) {
			return
		}
		var index ocispec.Index
		if err := json.Unmarshal(body, &index); err != nil || len(index.Manifests) != 1 {
			t.Errorf("%s: %v", body, err)
			return
		}
		undo := httptest.NewRequestWithContext(t.Context(), http.MethodPut, req.URL.Path, bytes.NewReader(empty))
		undo.Header.Set("Content-Type", ocispec.MediaTypeImageIndex)
		next.ServeHTTP(httptest.NewRecorder(), undo)
		of := strings.Replace(req.URL.Path, tagOf(p.index), index.Manifests[0].Digest.String(), 1)
		next.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodDelete, of, http.NoBody))
	}})
	attached := mustAttach(t, registry.AttachRequest{Reference: p.v1(), Payload: []byte(payload)})
	if _, err := p.store(t).Resolve(t.Context(), attached.Artifact.Digest.String()); err != nil {
		t.Errorf("it is listed, and not there: %v", err)
	}
}
