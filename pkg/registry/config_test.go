package registry_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/image-spec/specs-go"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2"

	"github.com/nfd-compat/nfd-compat/internal/hosttest"
	"github.com/nfd-compat/nfd-compat/pkg/registry"
)

// pushConfig pushes an image with a config as it is given.
func pushConfig(t *testing.T, to oras.Target, tag, config string) ocispec.Descriptor {
	t.Helper()
	return hosttest.PushManifest(t, to, tag, ocispec.MediaTypeImageManifest, ocispec.Manifest{
		Versioned: specs.Versioned{SchemaVersion: 2},
		MediaType: ocispec.MediaTypeImageManifest,
		Config:    hosttest.PushBlob(t, to, ocispec.MediaTypeImageConfig, []byte(config)),
		Layers:    []ocispec.Descriptor{hosttest.PushBlob(t, to, ocispec.MediaTypeImageLayer, []byte("layer of "+config))},
	})
}

// TestConfig: the config of an image, or of that for the platform in an index, without asking for anything else.
func TestConfig(t *testing.T) {
	t.Parallel()
	amd64, v3 := linux("amd64", ""), linux("amd64", "v3")
	const cuda = `{"architecture":"amd64","os":"linux","os.version":"6.1","config":{"Env":["PATH=/bin","NVIDIA_REQUIRE_CUDA=cuda>=12.4"]}}`
	tests := []struct {
		name string
		push func(t *testing.T, to oras.Target)
		host *ocispec.Platform
		want *registry.Config
	}{
		{
			"an image", func(t *testing.T, to oras.Target) { t.Helper(); pushConfig(t, to, "v1", cuda) }, nil,
			&registry.Config{
				Platform: ocispec.Platform{OS: "linux", Architecture: "amd64", OSVersion: "6.1"},
				Env:      []string{"PATH=/bin", "NVIDIA_REQUIRE_CUDA=cuda>=12.4"},
			},
		},
		{
			"of no known platform", func(t *testing.T, to oras.Target) { t.Helper(); pushConfig(t, to, "v1", `{"config":{"Env":["A=b"]}}`) }, &amd64,
			&registry.Config{Env: []string{"A=b"}},
		},
		{
			"in an index, which knows the variant",
			func(t *testing.T, to oras.Target) {
				t.Helper()
				other := hosttest.PushImage(t, to, "", linux("arm64", ""))
				hosttest.PushIndex(t, to, "v1", hosttest.For(other, linux("arm64", "")), hosttest.For(pushConfig(t, to, "", cuda), v3))
			}, &v3,
			&registry.Config{
				Platform: ocispec.Platform{OS: "linux", Architecture: "amd64", Variant: "v3", OSVersion: "6.1"},
				Env:      []string{"PATH=/bin", "NVIDIA_REQUIRE_CUDA=cuda>=12.4"},
			},
		},
		{"for another platform", func(t *testing.T, to oras.Target) { t.Helper(); hosttest.PushImage(t, to, "v1", linux("s390x", "")) }, &amd64, nil},
		{"an artifact", func(t *testing.T, to oras.Target) { t.Helper(); hosttest.PushImage(t, to, "v1", ocispec.Platform{}) }, &amd64, nil},
		{"features of the system", func(t *testing.T, to oras.Target) {
			t.Helper()
			pushConfig(t, to, "v1", `{"architecture":"amd64","os":"linux","os.features":["a"]}`)
		}, nil, &registry.Config{Platform: ocispec.Platform{OS: "linux", Architecture: "amd64", OSFeatures: []string{"a"}}}},
		{"platform not known", func(t *testing.T, to oras.Target) { t.Helper(); pushConfig(t, to, "v1", `{"architecture":"amd64"}`) }, nil, &registry.Config{
			Platform: ocispec.Platform{OS: "linux", Architecture: "amd64"},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
			tt.push(t, r.Repository("app"))
			r.Requests()
			client := registry.Client{PlainHTTP: true}
			image, err := client.Config(t.Context(), registry.Request{Reference: r.Host + "/app:v1", Platform: tt.host})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, image.Config); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if image.Artifact != nil {
				t.Error("there is an artifact")
			}
			layers := 0
			for _, request := range r.Requests() {
				if strings.Contains(request, "/referrers/") {
					t.Errorf("asked %s", request)
				}
				if strings.Contains(request, "/blobs/") {
					layers++
				}
			}
			if layers > 2 { // the config, to know the platform and then what is in it
				t.Errorf("%d blobs were asked for", layers)
			}
		})
	}
}

// TestConfigErrors: what cannot be read is no answer.
func TestConfigErrors(t *testing.T) {
	t.Parallel()
	amd64 := linux("amd64", "")
	tests := []struct {
		name string
		push func(t *testing.T, to oras.Target)
		host *ocispec.Platform
		want error
	}{
		{"not there", func(*testing.T, oras.Target) {}, &amd64, registry.ErrNotFound},
		{"an environment that is none", func(t *testing.T, to oras.Target) {
			t.Helper()
			pushConfig(t, to, "v1", `{"architecture":"amd64","config":{"Env":"A=b"}}`)
		}, &amd64, registry.ErrBrokenAnswer},
		{"too large", func(t *testing.T, to oras.Target) {
			t.Helper()
			pushConfig(t, to, "v1", `{"architecture":"amd64","x":"`+strings.Repeat("x", 4<<20)+`"}`)
		}, &amd64, registry.ErrBrokenAnswer},
		{"an index, and no platform", func(t *testing.T, to oras.Target) {
			t.Helper()
			hosttest.PushIndex(t, to, "v1", hosttest.For(hosttest.PushImage(t, to, "", amd64), amd64))
		}, nil, registry.ErrPlatformRequired},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
			tt.push(t, r.Repository("app"))
			client := registry.Client{PlainHTTP: true}
			image, err := client.Config(t.Context(), registry.Request{Reference: r.Host + "/app:v1", Platform: tt.host})
			if !errors.Is(err, tt.want) || image != nil {
				t.Errorf("got %v and %v, want %v", image, err, tt.want)
			}
		})
	}
}

// TestFetchPassesOverTheEnvironment: what is no part of the platform cannot spoil the search for an artifact.
func TestFetchPassesOverTheEnvironment(t *testing.T) {
	t.Parallel()
	amd64 := linux("amd64", "")
	r := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
	repo := r.Repository("app")
	image := pushConfig(t, repo, "v1", `{"architecture":"amd64","config":{"Env":"A=b"}}`)
	hosttest.Attach(t, repo, image, compat("2026-01-02T03:04:05Z", "note"))
	if found := mustFetch(t, r, ":v1", &amd64); found.Artifact == nil || found.Config != nil {
		t.Errorf("artifact %v, config %v", found.Artifact, found.Config)
	}
}
