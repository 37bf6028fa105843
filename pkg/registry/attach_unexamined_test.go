package registry_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/nfd-compat/nfd-compat/internal/hosttest"
	"github.com/nfd-compat/nfd-compat/pkg/registry"
)

// TestAttachUnexamined: where not all that may be a spec was looked at, one is attached and the others are counted, and
// nothing is replaced, since nobody knows what there is.
func TestAttachUnexamined(t *testing.T) {
	t.Parallel()
	p := newPlace(t, registry.ViaReferrersAPI)
	for i := range 36 {
		a := compat("2030-01-01T00:00:00Z", fmt.Sprint(i))
		a.Type = "application/vnd.example.unknown"
		p.attach(t, p.index, a)
	}
	hidden := p.attach(t, p.index, compat("2029-01-01T00:00:00Z", "hidden"))
	p.registry.Break(hosttest.Fault{Match: hosttest.On("GET", "/referrers/"), Rewrite: func(status int, h http.Header, body []byte) (int, []byte) {
		var index ocispec.Index
		if err := json.Unmarshal(body, &index); err != nil {
			t.Error(err)
		}
		for i := range index.Manifests {
			if d := &index.Manifests[i]; d.Digest == hidden.Digest {
				d.ArtifactType, d.Annotations = "application/vnd.example.unknown", nil
			}
		}
		h.Del("Content-Length")
		return status, hosttest.Encode(t, index)
	}})
	replace := registry.AttachRequest{Reference: p.v1(), Payload: []byte(payload), Created: noon(), Replace: true}
	p.registry.Requests()
	_, err := client().Attach(t.Context(), replace)
	var remote *registry.Error
	if !errors.Is(err, registry.ErrUnexamined) || !errors.As(err, &remote) || !strings.Contains(err.Error(), "not all of its referrers were looked at (5 were not)") {
		t.Errorf("replaced: %v", err)
	}
	if n := p.registry.Count("PUT", "") + p.registry.Count("POST", "") + p.registry.Count("DELETE", ""); n != 0 {
		t.Errorf("%d requests would have changed something", n)
	}
	plain := replace
	plain.Replace = false
	if got := mustAttach(t, plain); got.Unexamined != 5 || got.Unchanged {
		t.Errorf("attached %+v", got)
	}
	// Now that one is listed for what it is, hosts go by it, and it can be replaced.
	replace.Payload = []byte(payload + "# another\n")
	if got := mustAttach(t, replace); got.Unexamined != 0 || len(got.Removed) != 1 {
		t.Errorf("replaced %+v", got)
	}
	if got := p.selected(t); !bytes.Equal(got.Payload, replace.Payload) {
		t.Errorf("selected %+v", got)
	}
}
