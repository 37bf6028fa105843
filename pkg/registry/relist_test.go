package registry_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"

	"github.com/nfd-compat/nfd-compat/internal/hosttest"
	"github.com/nfd-compat/nfd-compat/pkg/registry"
)

// TestRemovedMeanwhile: an artifact that is removed after it was listed, as attach-spec --replace does, is no fault of the
// registry: what is listed then counts.
func TestRemovedMeanwhile(t *testing.T) {
	t.Parallel()
	for name, ask := range map[string]func(t *testing.T, p *place, left digest.Digest){
		"fetch": func(t *testing.T, p *place, left digest.Digest) {
			t.Helper()
			if got := p.selected(t); got == nil || got.Descriptor.Digest != left {
				t.Errorf("selected %+v", got)
			}
		},
		"list": func(t *testing.T, p *place, left digest.Digest) {
			t.Helper()
			if got := listOf(t, p.v1(), nil).Artifacts; len(got) != 1 || got[0].Descriptor.Digest != left {
				t.Errorf("listed %+v", got)
			}
		},
		"attach": func(t *testing.T, p *place, left digest.Digest) {
			t.Helper()
			got := mustAttach(t, registry.AttachRequest{Reference: p.v1(), Payload: []byte(payload)})
			if diff := cmp.Diff(sorted(left, got.Artifact.Digest), p.referrers(t, p.index)); diff != "" {
				t.Errorf("referrers (-want +got):\n%s", diff)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t, registry.ViaReferrersAPI)
			left := p.attach(t, p.index, compat("2025-01-01T00:00:00Z", "left"))
			removed := p.attach(t, p.index, compat("2024-01-01T00:00:00Z", "removed"))
			p.registry.Break(hosttest.Fault{
				Match: hosttest.On("GET", "/manifests/"+removed.Digest.String()), Times: 1,
				Serve: func(w http.ResponseWriter, req *http.Request, _ http.Handler) {
					if err := p.registry.Repository("app").Delete(req.Context(), removed); err != nil {
						t.Error(err)
					}
					w.WriteHeader(http.StatusNotFound)
				},
			})
			ask(t, p, left.Digest)
		})
	}
}

// TestDangling: an image whose list of referrers has an artifact that is not there cannot be judged. The error says how to
// mend that, and to attach another in place of all does.
func TestDangling(t *testing.T) {
	t.Parallel()
	const remedy = "it is listed, but it is not there: remove-spec --artifact"
	p := newPlace(t, registry.ViaReferrersTag)
	var both []digest.Digest
	for _, text := range []string{"one", "two"} {
		both = append(both, mustAttach(t, registry.AttachRequest{Reference: p.v1(), Payload: []byte(text)}).Artifact.Digest)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, "http://"+p.registry.Host+"/v2/app/manifests/"+both[0].String(), http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := p.registry.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()

	amd64 := linux("amd64", "")
	_, err = client().Fetch(t.Context(), registry.Request{Reference: p.v1(), Platform: &amd64})
	wantError(t, err, registry.ErrBrokenAnswer, both[0].String(), remedy)
	_, err = client().Attach(t.Context(), registry.AttachRequest{Reference: p.v1(), Payload: []byte(payload)})
	wantError(t, err, registry.ErrBrokenAnswer, both[0].String(), remedy)

	got := mustAttach(t, registry.AttachRequest{Reference: p.v1(), Payload: []byte(payload), Replace: true})
	if diff := cmp.Diff([]digest.Digest{both[1], both[0]}, got.Removed); diff != "" || len(got.Left) != 0 {
		t.Errorf("removed (-want +got):\n%s, left %v", diff, got.Left)
	}
	if selected := p.selected(t); selected == nil || selected.Descriptor.Digest != got.Artifact.Digest {
		t.Errorf("selected %+v", selected)
	}
}
