package cli_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/opencontainers/image-spec/specs-go"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/nfd-compat/nfd-compat/internal/cli"
	"github.com/nfd-compat/nfd-compat/internal/hosttest"
	"github.com/nfd-compat/nfd-compat/pkg/registry"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// declaring pushes an index with an image for this host that declares what it needs, and specs that refer to the image.
func declaring(t *testing.T, r *hosttest.Registry, payloads ...string) (config ocispec.Descriptor) {
	t.Helper()
	repo := r.Repository("demo/app")
	config = hosttest.PushBlob(t, repo, ocispec.MediaTypeImageConfig, hosttest.Encode(t, ocispec.Image{
		Platform: registry.HostPlatform(), Config: ocispec.ImageConfig{Env: []string{"NVIDIA_REQUIRE_CUDA=cuda>=12.4"}},
	}))
	image := hosttest.PushManifest(t, repo, "", ocispec.MediaTypeImageManifest, ocispec.Manifest{
		Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: ocispec.MediaTypeImageManifest, Config: config,
		Layers: []ocispec.Descriptor{hosttest.PushBlob(t, repo, ocispec.MediaTypeImageLayer, []byte("a layer"))},
	})
	other := hosttest.PushImage(t, repo, "", otherPlatform())
	hosttest.PushIndex(t, repo, "v1", hosttest.For(other, otherPlatform()), hosttest.For(image, registry.HostPlatform()))
	for _, payload := range payloads {
		hosttest.Attach(t, repo, image, artifact(payload))
	}
	return config
}

// TestInferFromRegistry: an image without an artifact is judged by its config, which is asked for only then.
func TestInferFromRegistry(t *testing.T) {
	t.Parallel()
	const host = `{"attributes": {"kernel.version": {"elements": {"full": "6.6.1", "major": "6"}}, "gpu.driver": {"elements": {"cuda.version": "CUDA"}}}}`
	tests := []struct {
		name     string
		payloads []string
		cuda     string
		broken   bool // the config cannot be had
		code     int
		inferred []string
	}{
		{name: "satisfied", cuda: "12.4", code: cli.ExitOK, inferred: []string{"NVIDIA_REQUIRE_CUDA"}},
		{name: "not satisfied", cuda: "12.2", code: cli.ExitIncompatible, inferred: []string{"NVIDIA_REQUIRE_CUDA"}},
		{name: "with an artifact", payloads: []string{satisfied}, cuda: "12.2", code: cli.ExitOK},
		{name: "with an artifact, and a config that cannot be had", payloads: []string{unmet}, cuda: "12.4", broken: true, code: cli.ExitIncompatible},
		{name: "a config that cannot be had", cuda: "12.4", broken: true, code: cli.ExitRegistry},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
			config := declaring(t, r, tt.payloads...)
			if tt.broken {
				r.Break(hosttest.Fault{Match: hosttest.On(http.MethodGet, "/blobs/"+config.Digest.String()), Status: 500})
			}
			r.Requests()
			got := run(t.Context(), strings.Replace(host, "CUDA", tt.cuda, 1), "validate-node", "--plain-http", "--image", r.Host+"/demo/app:v1",
				"--platform", registry.FormatPlatform(registry.HostPlatform()), "--features", "-", "--infer", "-o", "json")
			if got.code != tt.code {
				t.Errorf("exit code %d, want %d:\n%s", got.code, tt.code, got.stderr)
			}
			var report validate.Report
			if err := json.Unmarshal([]byte(got.stdout), &report); err != nil {
				t.Fatal(err)
			}
			if inferred := report.Results[0].Inferred; strings.Join(inferred, " ") != strings.Join(tt.inferred, " ") {
				t.Errorf("inferred from %q, want %q", inferred, tt.inferred)
			}
			if said := strings.Contains(got.stderr, "it is judged by what its config declares, NVIDIA_REQUIRE_CUDA"); said != (tt.inferred != nil) {
				t.Errorf("standard error:\n%s", got.stderr)
			}
			for _, request := range r.Requests() {
				if strings.Contains(request, "/blobs/") && !strings.Contains(request, config.Digest.String()) && tt.payloads == nil {
					t.Errorf("asked %s", request)
				}
				if strings.Contains(request, config.Digest.String()) && tt.payloads != nil {
					t.Errorf("asked %s, though there is an artifact", request)
				}
			}
		})
	}
}
