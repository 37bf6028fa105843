package registry_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2"

	"github.com/nfd-compat/nfd-compat/internal/hosttest"
	"github.com/nfd-compat/nfd-compat/pkg/registry"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
)

// kinds says what was asked for, in an order that does not depend on which of two requests came first.
func kinds(requests []string) []string {
	var kinds []string
	for _, request := range requests {
		_, path, _ := strings.Cut(request, " ")
		switch {
		case strings.Contains(path, "/manifests/sha256-"):
			kinds = append(kinds, "referrers tag")
		case strings.Contains(path, "/manifests/sha256:"):
			kinds = append(kinds, "manifest by digest")
		case strings.Contains(path, "/manifests/"):
			kinds = append(kinds, "tag")
		case strings.Contains(path, "/referrers/"):
			kinds = append(kinds, "referrers")
		case strings.Contains(path, "/blobs/"):
			kinds = append(kinds, "blob")
		default:
			kinds = append(kinds, path)
		}
	}
	slices.Sort(kinds)
	return kinds
}

// asking is one way of asking for one image, and the requests that it takes.
type asking struct {
	name    string
	options hosttest.RegistryOptions
	push    func(t *testing.T, to oras.Target) // v1
	cold    []string
}

// askings are the ways that docs/finding.md counts.
func askings() []asking {
	amd64 := linux("amd64", "")
	single := func(artifacts ...hosttest.Artifact) func(*testing.T, oras.Target) {
		return func(t *testing.T, to oras.Target) {
			t.Helper()
			image := hosttest.PushImage(t, to, "v1", amd64)
			for _, a := range artifacts {
				hosttest.Attach(t, to, image, a)
			}
		}
	}
	index := func(onChild, onIndex bool) func(*testing.T, oras.Target) {
		return func(t *testing.T, to oras.Target) {
			t.Helper()
			child := hosttest.PushImage(t, to, "", amd64)
			index := hosttest.PushIndex(t, to, "v1", hosttest.For(child, amd64))
			if onChild {
				hosttest.Attach(t, to, child, compat("", "child"))
			}
			if onIndex {
				hosttest.Attach(t, to, index, compat("", "index"))
			}
		}
	}
	embedded := compat("", "image")
	embedded.Embed = true
	noAPI := hosttest.RegistryOptions{NoReferrersAPI: true}
	return []asking{
		{"an image", hosttest.RegistryOptions{}, single(compat("", "image")), []string{"blob", "blob", "manifest by digest", "referrers", "tag"}},
		{"an image, the payload embedded", hosttest.RegistryOptions{}, single(embedded), []string{"blob", "manifest by digest", "referrers", "tag"}},
		{"an image, undeclared", hosttest.RegistryOptions{}, single(), []string{"blob", "referrers", "tag"}},
		{"an image, by the referrers tag", noAPI, single(compat("", "image")), []string{"blob", "blob", "manifest by digest", "referrers", "referrers tag", "tag"}},
		{"an index, on the child", hosttest.RegistryOptions{}, index(true, true), []string{"blob", "manifest by digest", "referrers", "tag"}},
		{"an index, on itself", hosttest.RegistryOptions{}, index(false, true), []string{"blob", "manifest by digest", "referrers", "referrers", "tag"}},
		{"an index, undeclared", hosttest.RegistryOptions{}, index(false, false), []string{"referrers", "referrers", "tag"}},
	}
}

// TestFewRequests counts the requests and the connections: what was read is not asked for again, and of what is asked for
// side by side there are two at most.
func TestFewRequests(t *testing.T) {
	t.Parallel()
	for _, ask := range askings() {
		for _, transport := range []string{"HTTP/1.1", "HTTP/2"} {
			t.Run(ask.name+"/"+transport, func(t *testing.T) {
				t.Parallel()
				options, most := ask.options, 2
				if strings.HasPrefix(ask.name, "an index") {
					most = 1
				}
				if transport == "HTTP/2" {
					options.TLS, options.HTTP2, most = true, true, 1
				}
				r := hosttest.NewRegistry(t, options)
				ask.push(t, r.Repository("app"))
				r.Requests()
				// The registry's own client trusts it, and has connections already from the pushing.
				client := registry.Client{PlainHTTP: !options.TLS}
				if options.TLS {
					client.HTTPClient = r.Client()
					r.Client().CloseIdleConnections()
				}
				r.Connections()
				amd64 := linux("amd64", "")
				if _, err := client.Fetch(t.Context(), registry.Request{Reference: r.Host + "/app:v1", Platform: &amd64}); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(ask.cold, kinds(r.Requests())); diff != "" {
					t.Errorf("requests (-want +got):\n%s", diff)
				}
				if n := r.Connections(); n > most {
					t.Errorf("%d connections, more than %d", n, most)
				}
			})
		}
	}
}

// TestSideBySide: the config and the list of referrers are asked for at the same time.
func TestSideBySide(t *testing.T) {
	t.Parallel()
	r := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
	amd64 := linux("amd64", "")
	hosttest.PushImage(t, r.Repository("app"), "v1", amd64)
	met := make(chan struct{})
	meet := func(status int, _ http.Header, body []byte) (int, []byte) {
		select { // each waits for the other
		case met <- struct{}{}:
		case <-met:
		case <-time.After(20 * time.Second):
			return http.StatusGone, nil
		}
		return status, body
	}
	r.Break(hosttest.Fault{Match: hosttest.On("GET", "/blobs/"), Rewrite: meet})
	r.Break(hosttest.Fault{Match: hosttest.On("GET", "/referrers/"), Rewrite: meet})
	mustFetch(t, r, ":v1", &amd64)
}

// TestEmbeddedPayload: what rides in the descriptor is taken from there if it is what the descriptor says, and never else.
func TestEmbeddedPayload(t *testing.T) {
	t.Parallel()
	right := []byte(payload)
	tests := []struct {
		name string
		harm func(*ocispec.Descriptor)
		text string
	}{
		{"right", func(*ocispec.Descriptor) {}, ""},
		{"other bytes", func(d *ocispec.Descriptor) { d.Data = []byte(strings.ToUpper(payload)) }, "embedded"},
		{"shorter", func(d *ocispec.Descriptor) { d.Data = right[:4] }, "embedded"},
		{"right bytes, wrong size", func(d *ocispec.Descriptor) { d.Size++ }, "embedded"},
		{"too large", func(d *ocispec.Descriptor) { d.Size = 5 << 20 }, "at most"},
		{"empty, so it is asked for", func(d *ocispec.Descriptor) { d.Data = []byte{} }, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
			repo, amd64 := r.Repository("app"), linux("amd64", "")
			image := hosttest.PushImage(t, repo, "v1", amd64)
			layer := hosttest.PushBlob(t, repo, spec.MediaTypeYAML, right)
			layer.Data = right
			test.harm(&layer)
			hosttest.PushManifest(t, repo, "", ocispec.MediaTypeImageManifest, ocispec.Manifest{
				MediaType: ocispec.MediaTypeImageManifest, ArtifactType: spec.ArtifactType, Config: ocispec.DescriptorEmptyJSON,
				Layers: []ocispec.Descriptor{layer}, Subject: &image,
			})
			got, err := fetch(t, r, ":v1", &amd64)
			if test.text != "" {
				wantError(t, err, registry.ErrBrokenAnswer, test.text, "fetch payload")
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if string(got.Artifact.Payload) != payload {
				t.Errorf("payload %q", got.Artifact.Payload)
			}
		})
	}
}

// TestEmbeddedElsewhere: junk that is embedded in the listing of another tool's referrer spoils nothing.
func TestEmbeddedElsewhere(t *testing.T) {
	t.Parallel()
	r := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
	repo, amd64 := r.Repository("app"), linux("amd64", "")
	image := hosttest.PushImage(t, repo, "v1", amd64)
	ours := hosttest.Attach(t, repo, image, compat("", "ours"))
	other := hosttest.Attach(t, repo, image, hosttest.Artifact{Type: "application/vnd.example"})
	ours.ArtifactType, other.ArtifactType, other.Data = "", "application/vnd.example", []byte("junk")
	list(t, r, image, other, ours)
	got := mustFetch(t, r, ":v1", &amd64)
	if got.Artifact == nil || got.Unexamined != 1 {
		t.Errorf("artifact %v, %d unexamined", got.Artifact, got.Unexamined)
	}
}

// TestPlatformRequired: where the platform is not known, an index answers only if it answers for all of its images.
func TestPlatformRequired(t *testing.T) {
	t.Parallel()
	amd64, arm64 := linux("amd64", ""), linux("arm64", "")
	for _, tt := range []struct {
		name             string
		onChild, onIndex bool
		own              bool
		text             string // of the error
		found            bool
	}{
		{"on nothing", false, false, false, "the index has no artifact of its own", false},
		{"on a child", true, false, false, "the index has no artifact of its own", false},
		{"on the index", false, true, false, "", true},
		{"on both", true, true, false, "an image of the index has an artifact of its own", false},
		{"its own, on nothing", false, false, true, "", false},
		{"its own, on a child", true, false, true, "", false},
		{"its own, on both", true, true, true, "", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
			repo := r.Repository("app")
			first, second := hosttest.PushImage(t, repo, "", amd64), hosttest.PushImage(t, repo, "", arm64)
			index := hosttest.PushIndex(t, repo, "v1", hosttest.For(first, amd64), hosttest.For(second, arm64))
			if tt.onChild {
				hosttest.Attach(t, repo, second, compat("", "child"))
			}
			if tt.onIndex {
				hosttest.Attach(t, repo, index, compat("", "index"))
			}
			client := registry.Client{PlainHTTP: true}
			image, err := client.Fetch(t.Context(), registry.Request{Reference: r.Host + "/app:v1", Own: tt.own})
			if tt.text != "" {
				wantError(t, err, registry.ErrPlatformRequired, tt.text, "linux/amd64, linux/arm64")
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if found := image.Artifact != nil; found != tt.found || len(image.Offered) != 2 {
				t.Errorf("artifact %v, offered %v", image.Artifact, image.Offered)
			}
		})
	}
}
