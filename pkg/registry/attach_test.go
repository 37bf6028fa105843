package registry_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/specs-go"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/nfd-compat/nfd-compat/internal/hosttest"
	"github.com/nfd-compat/nfd-compat/pkg/registry"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
)

// noon is a time to attach at.
func noon() time.Time { return time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC) }

func mustAttach(t *testing.T, req registry.AttachRequest) *registry.Attached {
	t.Helper()
	attached, err := client().Attach(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	return attached
}

// TestAttach attaches to an index and to a manifest of it, and finds there what was attached.
func TestAttach(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, p *place) {
		amd64 := linux("amd64", "")
		onIndex := mustAttach(t, registry.AttachRequest{Reference: p.v1(), Payload: []byte(payload), Created: noon()})
		want := &registry.Attached{
			Reference: p.v1(), Image: p.index, Subject: p.index, Created: noon(), Artifact: onIndex.Artifact,
		}
		if diff := cmp.Diff(want, onIndex); diff != "" {
			t.Errorf("attached (-want +got):\n%s", diff)
		}
		got := p.selected(t)
		if got == nil || got.Via != p.via || got.Subject.Digest != p.index.Digest || string(got.Payload) != payload || !got.Created.Equal(noon()) {
			t.Errorf("selected %+v", got)
		}
		if diff := cmp.Diff(onIndex.Artifact, got.Descriptor); diff != "" {
			t.Errorf("descriptor (-attached +found):\n%s", diff)
		}
		onManifest := mustAttach(t, registry.AttachRequest{Reference: p.v1(), Platform: &amd64, Payload: []byte(payload), Created: noon()})
		if onManifest.Subject.Digest != p.amd64.Digest || onManifest.Image.Digest != p.index.Digest || onManifest.Unchanged {
			t.Errorf("attached %+v", onManifest)
		}
		if got = p.selected(t); got.Descriptor.Digest != onManifest.Artifact.Digest || got.Subject.Digest != p.amd64.Digest {
			t.Errorf("selected %+v", got)
		}
	})
}

// TestAttachAgain: the same payload is not attached again, unless another one would be selected; and what is attached is
// always the newest, whatever the clock says.
func TestAttachAgain(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, p *place) {
		attach := func(text string, created time.Time) *registry.Attached {
			return mustAttach(t, registry.AttachRequest{Reference: p.v1(), Payload: []byte(text), Created: created})
		}
		first := attach("first", noon())
		again := attach("first", noon().Add(time.Hour))
		if !again.Unchanged || again.Artifact.Digest != first.Artifact.Digest || !again.Created.Equal(noon()) {
			t.Errorf("again %+v", again)
		}
		// The same second, and a clock that is behind.
		second := attach("second", noon())
		third := attach("third", noon().Add(-time.Hour))
		if want := noon().Add(time.Second); second.Unchanged || !second.Created.Equal(want) {
			t.Errorf("the second is of %s, not %s", second.Created, want)
		}
		if want := noon().Add(2 * time.Second); !third.Created.Equal(want) {
			t.Errorf("the third is of %s, not %s", third.Created, want)
		}
		back := attach("first", noon())
		if back.Unchanged || back.Artifact.Digest == first.Artifact.Digest {
			t.Errorf("back %+v", back)
		}
		got := p.selected(t)
		if string(got.Payload) != "first" || got.Descriptor.Digest != back.Artifact.Digest || len(got.PassedOver) != 3 {
			t.Errorf("selected %q %+v, %d passed over", got.Payload, got.Descriptor, len(got.PassedOver))
		}
		// Fractions of a second.
		p.attach(t, p.index, compat("2026-01-03T00:00:00.75+00:00", "fraction"))
		if last := attach("last", noon()); last.Created.Format(time.RFC3339Nano) != "2026-01-03T00:00:01Z" {
			t.Errorf("the last is of %s", last.Created.Format(time.RFC3339Nano))
		}
	})
}

// TestAttachNow: without a time, it is now.
func TestAttachNow(t *testing.T) {
	t.Parallel()
	p := newPlace(t, registry.ViaLayout)
	before := time.Now().Truncate(time.Second)
	if got := mustAttach(t, registry.AttachRequest{Reference: p.v1(), Payload: []byte(payload)}).Created; got.Before(before) || got.After(time.Now()) {
		t.Errorf("created %s", got)
	}
}

// TestAttachAtTheEndOfTime: no date is written that nobody could read.
func TestAttachAtTheEndOfTime(t *testing.T) {
	t.Parallel()
	p := newPlace(t, registry.ViaReferrersAPI)
	last := p.attach(t, p.index, compat("9999-12-31T23:59:59Z", "last"))
	_, err := client().Attach(t.Context(), registry.AttachRequest{Reference: p.v1(), Payload: []byte(payload)})
	wantError(t, err, registry.ErrBrokenAnswer, "dated in the year 10000", last.Digest.String()+", is dated 9999-12-31T23:59:59Z", "remove-spec --artifact")
}

// TestAttachMends: what cannot be selected for its layers, or is of another type, is not the same payload.
func TestAttachMends(t *testing.T) {
	t.Parallel()
	layer := hosttest.Layer{MediaType: spec.MediaTypeYAML, Data: []byte(payload)}
	json := hosttest.Layer{MediaType: spec.MediaTypeJSON, Data: []byte(payload)}
	for name, broken := range map[string]hosttest.Artifact{
		"no layer":           {Type: spec.ArtifactType, Created: "2026-01-01T00:00:00Z"},
		"two layers":         {Type: spec.ArtifactType, Created: "2026-01-01T00:00:00Z", Layers: []hosttest.Layer{layer, layer}},
		"JSON":               {Type: spec.ArtifactType, Created: "2026-01-01T00:00:00Z", Layers: []hosttest.Layer{json}},
		"the proposal's":     {Type: spec.ArtifactTypeKEP, Created: "2026-01-01T00:00:00Z", Layers: []hosttest.Layer{layer}},
		"of the same length": {Type: spec.ArtifactType, Created: "2026-01-01T00:00:00Z", Layers: []hosttest.Layer{{MediaType: spec.MediaTypeYAML, Data: bytes.ToUpper(layer.Data)}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			everywhere(t, func(t *testing.T, p *place) {
				p.attach(t, p.index, broken)
				if got := mustAttach(t, registry.AttachRequest{Reference: p.v1(), Payload: []byte(payload)}); got.Unchanged {
					t.Errorf("attached %+v", got)
				}
				if got := p.selected(t); string(got.Payload) != payload || got.Descriptor.ArtifactType != spec.ArtifactType {
					t.Errorf("selected %+v", got)
				}
			})
		})
	}
}

// TestAttachReplace removes the others, once the new one is there, and those of no other subject.
func TestAttachReplace(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, p *place) {
		old := p.attach(t, p.index, compat("2025-01-01T00:00:00Z", "old")).Digest
		older := p.attach(t, p.index, compat("2024-01-01T00:00:00Z", "older")).Digest
		foreign := p.signed(t, p.index, "2024-01-01T00:00:00Z").Digest
		other := p.attach(t, p.amd64, compat("2024-01-01T00:00:00Z", "of the manifest")).Digest

		req := registry.AttachRequest{Reference: p.v1(), Payload: []byte(payload), Created: noon(), Replace: true}
		got := mustAttach(t, req)
		if diff := cmp.Diff([]digest.Digest{old, older}, got.Removed); diff != "" || got.Left != nil {
			t.Errorf("removed (-want +got):\n%s, left %v", diff, got.Left)
		}
		if diff := cmp.Diff(sorted(got.Artifact.Digest, foreign), p.referrers(t, p.index)); diff != "" {
			t.Errorf("of the index (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(sorted(other), p.referrers(t, p.amd64)); diff != "" {
			t.Errorf("of the manifest (-want +got):\n%s", diff)
		}
		// What was left over by an attempt that broke off is removed by the next.
		p.attach(t, p.index, compat("2023-01-01T00:00:00Z", "oldest"))
		if again := mustAttach(t, req); !again.Unchanged || len(again.Removed) != 1 {
			t.Errorf("again %+v", again)
		}
	})
}

// TestAttachManifest holds the bytes that are written to the rules of the image specification.
func TestAttachManifest(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, p *place) {
		small, large := strings.Repeat("s", 8<<10), strings.Repeat("l", 8<<10+1)
		for text, inline := range map[string]bool{small: true, large: false} {
			attached := mustAttach(t, registry.AttachRequest{Reference: p.v1(), Payload: []byte(text), Title: "dir/<my>.yaml", Created: noon()})
			layer := ocispec.Descriptor{
				MediaType: spec.MediaTypeYAML, Digest: digest.FromString(text), Size: int64(len(text)),
				Annotations: map[string]string{"org.opencontainers.image.title": "<my>.yaml"},
			}
			if inline {
				layer.Data = []byte(text)
			}
			want := ocispec.Manifest{
				Versioned:    specs.Versioned{SchemaVersion: 2},
				MediaType:    "application/vnd.oci.image.manifest.v1+json",
				ArtifactType: "application/vnd.nfd.image-compatibility.v1alpha1",
				Config:       ocispec.DescriptorEmptyJSON,
				Layers:       []ocispec.Descriptor{layer},
				Subject:      &p.index,
				Annotations: map[string]string{
					"org.opencontainers.image.created": attached.Created.Format(time.RFC3339), "io.github.nfd-compat.tool": "nfd-compat/test",
				},
			}
			data := p.read(t, attached.Artifact)
			var got ocispec.Manifest
			if err := json.Unmarshal(data, &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("manifest (-want +got):\n%s", diff)
			}
			if again := hosttest.Encode(t, got); len(data) > 16<<10 || !json.Valid(data) || bytes.ContainsAny(data, "\n\r") || len(again) == 0 {
				t.Errorf("%d bytes: %s", len(data), data)
			}
			if string(p.read(t, layer)) != text || string(p.read(t, ocispec.DescriptorEmptyJSON)) != "{}" {
				t.Error("the blobs are not what the manifest says")
			}
		}
	})
}

// TestAttachFaults: what goes wrong, and that nothing is to be seen of it.
func TestAttachFaults(t *testing.T) {
	t.Parallel()
	denied := hosttest.Fault{Status: 403, ContentType: "application/json", Body: `{"errors":[{"code":"DENIED","message":"not yours"}]}`}
	on := func(method, text string, f hosttest.Fault) hosttest.Fault {
		f.Match = hosttest.On(method, text)
		return f
	}
	tests := []struct {
		name  string
		fault hosttest.Fault
		kind  error
		texts []string
	}{
		{"no image", on("GET", "/manifests/v1", hosttest.Fault{Status: 404}), registry.ErrNotFound, []string{"resolve"}},
		{"no list", on("GET", "/referrers/", hosttest.Fault{Status: 500}), registry.ErrBrokenAnswer, []string{"list referrers of", "500"}},
		{"upload refused", on("POST", "/blobs/uploads/", denied), registry.ErrUnauthorized, []string{"push blob sha256:", "403 Forbidden: not yours"}},
		{"blob refused", on("PUT", "/blobs/uploads/", denied), registry.ErrUnauthorized, []string{"push blob sha256:", "not yours"}},
		{"manifest refused", on("PUT", "/manifests/", denied), registry.ErrUnauthorized, []string{"push artifact sha256:", "not yours"}},
		{"read only", on("PUT", "/manifests/", hosttest.Fault{Status: 405}), registry.ErrBrokenAnswer, []string{"405 Method Not Allowed"}},
		{"elsewhere", on("POST", "/blobs/uploads/", hosttest.Fault{Status: 202, Header: http.Header{"Location": {"http://169.254.169.254/upload?key=secret"}}}), registry.ErrBrokenAnswer, []string{"169.254.169.254", "different host"}},
		{"nowhere", on("POST", "/blobs/uploads/", hosttest.Fault{Status: 202}), registry.ErrBrokenAnswer, []string{"push blob"}},
		{"a login page", on("PUT", "/manifests/", hosttest.Fault{Status: 200, ContentType: "text/html", Body: "<html>"}), registry.ErrBrokenAnswer, []string{"200 OK: an HTML page"}},
		{"not created", on("PUT", "/manifests/", hosttest.Fault{Status: 200}), registry.ErrBrokenAnswer, []string{"200 OK, where 201 Created is what says that it is stored"}},
		{"stored as another", on("PUT", "/manifests/", hosttest.Fault{Status: 201, Header: http.Header{"Docker-Content-Digest": {"sha256:1"}}}), registry.ErrBrokenAnswer, []string{"stored it as sha256:1"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t, registry.ViaReferrersAPI)
			var healed atomic.Bool
			fits := test.fault.Match
			test.fault.Match = func(req *http.Request) bool { return !healed.Load() && fits(req) }
			p.registry.Break(test.fault)
			got, err := client().Attach(t.Context(), registry.AttachRequest{Reference: p.v1(), Payload: []byte(payload)})
			wantError(t, err, test.kind, append(test.texts, "registry "+p.registry.Host)...)
			if got != nil || strings.Contains(err.Error(), "secret") {
				t.Errorf("%v, %v", got, err)
			}
			healed.Store(true)
			if got := p.selected(t); got != nil {
				t.Errorf("half of it is to be seen: %+v", got)
			}
		})
	}
}

// TestAttachInterrupted: what is interrupted between blob and manifest leaves nothing to be seen, and can be done again.
func TestAttachInterrupted(t *testing.T) {
	t.Parallel()
	for _, via := range []string{registry.ViaReferrersAPI, registry.ViaReferrersTag} {
		p := newPlace(t, via)
		ctx, cancel := context.WithCancel(t.Context())
		p.registry.Break(hosttest.Fault{Times: 1, Hang: true, Match: func(req *http.Request) bool {
			if !hosttest.On("PUT", "/manifests/")(req) {
				return false
			}
			cancel()
			return true
		}})
		req := registry.AttachRequest{Reference: p.v1(), Payload: []byte(payload)}
		if _, err := client().Attach(ctx, req); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", via, err)
		}
		if got := p.selected(t); got != nil {
			t.Errorf("%s: half of it is to be seen: %+v", via, got)
		}
		mustAttach(t, req)
		if got := p.selected(t); got == nil {
			t.Errorf("%s: it cannot be done again", via)
		}
	}
}

// TestAttachWrong: requests that cannot be granted.
func TestAttachWrong(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, p *place) {
		s390x := linux("s390x", "")
		_, err := client().Attach(t.Context(), registry.AttachRequest{Reference: p.v1(), Payload: []byte(payload), Platform: &s390x})
		if !errors.Is(err, registry.ErrWrongPlatform) || !strings.Contains(err.Error(), "the index offers linux/amd64, not linux/s390x") {
			t.Errorf("another platform: %v", err)
		}
		_, err = client().Attach(t.Context(), registry.AttachRequest{Reference: p.reference + ":v2", Payload: []byte(payload)})
		wantError(t, err, registry.ErrNotFound)
		_, err = client().Attach(t.Context(), registry.AttachRequest{Reference: p.v1(), Payload: make([]byte, 4<<20+1)})
		wantError(t, err, registry.ErrPayload, "at most 4 MiB")
		_, err = client().Attach(t.Context(), registry.AttachRequest{Reference: "UPPER case", Payload: []byte(payload)})
		wantError(t, err, registry.ErrReference)
		if got := p.selected(t); got != nil {
			t.Errorf("selected %+v", got)
		}
	})
}

// TestAttachAtOnce: of those who attach at once, none is lost.
func TestAttachAtOnce(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, p *place) {
		const n = 4
		var all sync.WaitGroup
		for i := range n {
			all.Go(func() {
				_, err := client().Attach(t.Context(), registry.AttachRequest{Reference: p.v1(), Payload: fmt.Appendf(nil, "of %d", i)})
				if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		got := p.selected(t)
		if got == nil || len(got.PassedOver) != n-1 {
			t.Fatalf("selected %+v", got)
		}
	})
}

// TestAttachNotListed: a registry that loses an entry of its list of referrers, as one may where two come at once, is given it
// again, and one that never lists it is said to.
func TestAttachNotListed(t *testing.T) {
	t.Parallel()
	for _, lost := range []int64{1, 2, 1000} {
		p := newPlace(t, registry.ViaReferrersAPI)
		var lists atomic.Int64
		p.registry.Break(hosttest.Fault{Match: hosttest.On("GET", "/referrers/"), Rewrite: func(status int, _ http.Header, body []byte) (int, []byte) {
			if n := lists.Add(1); n > 1 && n <= 1+lost { // the first is for what is there
				return status, []byte(`{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}`)
			}
			return status, body
		}})
		p.registry.Requests()
		_, err := client().Attach(t.Context(), registry.AttachRequest{Reference: p.v1(), Payload: []byte(payload)})
		pushed := p.registry.Count("PUT", "/manifests/")
		if lost == 1000 {
			wantError(t, err, registry.ErrConflict, "does not list it among the referrers")
		} else if err != nil || pushed != 1+int(lost) || p.selected(t) == nil {
			t.Errorf("%d lost: %v, pushed %d times", lost, err, pushed)
		}
	}
}

// TestAttachScopes: a token that allows to write is asked for when something is written, and no earlier.
func TestAttachScopes(t *testing.T) {
	t.Parallel()
	p := newPlace(t, registry.ViaReferrersAPI)
	guard(p.registry, hosttest.Fault{ContentType: "application/json", Body: `{"token":"anonymous"}`})
	attach := func() []string {
		p.registry.Requests()
		mustAttach(t, registry.AttachRequest{Reference: p.v1(), Payload: []byte(payload)})
		var scopes []string
		for _, line := range p.registry.Requests() {
			if _, query, ok := strings.Cut(line, "/token?"); ok {
				scopes = append(scopes, query)
			}
		}
		return scopes
	}
	scopes := attach()
	if len(scopes) != 2 || strings.Contains(scopes[0], "push") || !strings.Contains(scopes[1], "push") {
		t.Errorf("scopes %q", scopes)
	}
	if scopes = attach(); len(scopes) != 1 || strings.Contains(scopes[0], "push") {
		t.Errorf("scopes of what does nothing %q", scopes)
	}
}
