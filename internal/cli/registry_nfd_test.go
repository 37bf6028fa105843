package cli_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2/registry/remote"

	"github.com/nfd-compat/nfd-compat/internal/cli"
	"github.com/nfd-compat/nfd-compat/internal/hosttest"
	"github.com/nfd-compat/nfd-compat/pkg/registry"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// pushedWith pushes an image for this host, with artifacts, and returns the image.
func pushedWith(t *testing.T, repo *remote.Repository, artifacts ...hosttest.Artifact) ocispec.Descriptor {
	t.Helper()
	image := hosttest.PushImage(t, repo, "v1", registry.HostPlatform())
	for _, a := range artifacts {
		hosttest.Attach(t, repo, image, a)
	}
	return image
}

// of is an artifact of layers.
func of(created string, layers ...hosttest.Layer) hosttest.Artifact {
	return hosttest.Artifact{Type: spec.ArtifactType, Created: created, Layers: layers}
}

func yamlLayer(text string) hosttest.Layer {
	return hosttest.Layer{MediaType: spec.MediaTypeYAML, Data: []byte(text)}
}

// TestWhatNFDsClientDoesWithARegistry: each case names what NFD's own client, v0.19, does. Where a spec is found, it is one
// that the host satisfies, and every other that is there is one that it does not.
func TestWhatNFDsClientDoesWithARegistry(t *testing.T) {
	t.Parallel()
	tar := hosttest.Layer{MediaType: ocispec.MediaTypeImageLayer, Data: []byte("no spec")}
	huge := func(w http.ResponseWriter, req *http.Request, _ http.Handler) {
		w.Header().Set("Content-Length", "209715200")
		for chunk := make([]byte, 64<<10); req.Context().Err() == nil; {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	}
	comments := strings.Repeat("# "+strings.Repeat("x", 78)+"\n", 3<<20/81) + satisfied
	for _, tt := range []struct {
		name, nfd string
		artifacts []hosttest.Artifact
		fault     *hosttest.Fault
		object    string // instead of :v1; %d is the image's digest
		code      int
		stderr    string
		passed    int // over
	}{
		{name: "no tag", nfd: "invalid reference", artifacts: []hosttest.Artifact{artifact(satisfied)}, object: " ", code: cli.ExitOK},
		{name: "by digest", nfd: "works", artifacts: []hosttest.Artifact{artifact(satisfied)}, object: "@%d", code: cli.ExitOK},
		{name: "by tag and digest", nfd: "works", artifacts: []hosttest.Artifact{artifact(satisfied)}, object: ":gone@%d", code: cli.ExitOK},
		{name: "two dated", nfd: "takes the newest, and never mentions the other", artifacts: []hosttest.Artifact{of("2025-01-01T00:00:00Z", yamlLayer(satisfied)), of("2024-01-01T00:00:00Z", yamlLayer(unmet))}, code: cli.ExitOK, passed: 1},
		{name: "dated and undated", nfd: "takes the dated one", artifacts: []hosttest.Artifact{of("2020-01-01T00:00:00Z", yamlLayer(satisfied)), of("", yamlLayer(unmet))}, code: cli.ExitOK, passed: 1},
		{name: "a tar before the spec", nfd: "takes the tar for the spec", artifacts: []hosttest.Artifact{of("", tar, yamlLayer(satisfied))}, code: cli.ExitOK},
		{name: "no layer", nfd: "exits with 1", artifacts: []hosttest.Artifact{of("")}, code: cli.ExitSpec, stderr: "layer"},
		{name: "two specs in an artifact", nfd: "takes the first in silence", artifacts: []hosttest.Artifact{of("", yamlLayer(satisfied), yamlLayer(unmet))}, code: cli.ExitSpec, stderr: "layer"},
		{name: "3 MB of comments", nfd: "accepts it", artifacts: []hosttest.Artifact{artifact(comments)}, code: cli.ExitOK},
		{
			name: "200 MB of a payload", nfd: "does not download it", artifacts: []hosttest.Artifact{artifact(satisfied)}, code: cli.ExitRegistry, stderr: "the answer is 209715200 bytes long, and not",
			fault: &hosttest.Fault{Match: hosttest.On(http.MethodGet, "/blobs/"+digest.FromString(satisfied).String()), Serve: huge},
		},
		{name: "HTML in place of the spec", nfd: "exits with 1", artifacts: []hosttest.Artifact{artifact("<html>Sign in</html>")}, code: cli.ExitSpec, stderr: "the spec is invalid"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
			repo := r.Repository("demo/app")
			image := pushedWith(t, repo, tt.artifacts...)
			object := ":v1"
			if tt.object != "" {
				object = strings.TrimSpace(strings.ReplaceAll(tt.object, "%d", image.Digest.String()))
			}
			if object == "" {
				if err := repo.Tag(t.Context(), image, "latest"); err != nil {
					t.Fatal(err)
				}
			}
			if tt.fault != nil {
				r.Break(*tt.fault)
			}
			got := run(t.Context(), featuresJSON, "validate-node", "--plain-http", "--image", r.Host+"/demo/app"+object,
				"--features", "-", "--platform", registry.FormatPlatform(registry.HostPlatform()), "-o", "json")
			if got.code != tt.code || !strings.Contains(got.stderr, tt.stderr) || tt.stderr == "" && got.stderr != "" {
				t.Errorf("NFD's %s; exit code %d, want %d\n%s", tt.nfd, got.code, tt.code, got.stderr)
			}
			if tt.code != cli.ExitOK {
				wantReportedError(t, got, tt.code)
				return
			}
			var report validate.Report
			if err := json.Unmarshal([]byte(got.stdout), &report); err != nil {
				t.Fatal(err)
			}
			if found := report.Results[0].Artifact; found == nil || len(found.PassedOver) != tt.passed {
				t.Errorf("%+v, and not one artifact that passes over %d", found, tt.passed)
			}
		})
	}
}

// TestUndatedArtifacts: of two without a date NFD's client takes the last that the registry lists. Here it is always the same.
func TestUndatedArtifacts(t *testing.T) {
	t.Parallel()
	first, second := of("", yamlLayer(satisfied)), of("", yamlLayer(unmet))
	var reports []string
	for _, artifacts := range [][]hosttest.Artifact{{first, second}, {second, first}} {
		r := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
		pushedWith(t, r.Repository("demo/app"), artifacts...)
		got := run(t.Context(), featuresJSON, "validate-node", "--plain-http", "--image", r.Host+"/demo/app:v1",
			"--features", "-", "--platform", registry.FormatPlatform(registry.HostPlatform()))
		reports = append(reports, fmt.Sprint(got.code, strings.ReplaceAll(got.stdout, r.Host, "HOST"), got.stderr))
	}
	if reports[0] != reports[1] {
		t.Errorf("the order of attaching decides:\n%s\n%s", reports[0], reports[1])
	}
}

// TestVariantsOfPlatforms: arm64/v8 is arm64, which NFD's client does not know.
func TestVariantsOfPlatforms(t *testing.T) {
	t.Parallel()
	r := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
	repo, arm64 := r.Repository("demo/app"), ocispec.Platform{OS: "linux", Architecture: "arm64"}
	image := hosttest.PushImage(t, repo, "", arm64)
	hosttest.PushIndex(t, repo, "v1", hosttest.For(image, arm64))
	hosttest.Attach(t, repo, image, artifact(satisfied))
	got := run(t.Context(), featuresJSON, "validate-node", "--plain-http", "--image", r.Host+"/demo/app:v1", "--features", "-", "--platform", "linux/arm64/v8")
	if got.code != cli.ExitOK || got.stderr != "" {
		t.Errorf("exit code %d\n%s", got.code, got.stderr)
	}
}

// TestShortReferences: names as Docker reads them, which NFD's client refuses. No registry is asked.
func TestShortReferences(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for reference, meant := range map[string]string{
		"nginx": "docker.io/library/nginx:latest", "alpine:3.20": "docker.io/library/alpine:3.20",
		"library/nginx": "docker.io/library/nginx:latest", "docker.io/nginx": "docker.io/library/nginx:latest",
	} {
		got := run(t.Context(), "", "validate-node", "--image", reference, "--offline", "--cache-dir", dir)
		if want := "nfd-compat: registry docker.io: resolve " + meant + ": "; got.code != cli.ExitRegistry || !strings.HasPrefix(got.stderr, want) {
			t.Errorf("%s: exit code %d\n%swant %s", reference, got.code, got.stderr, want)
		}
	}
}

// TestNoSuchHost: a part of the name is longer than any may be, so that nobody has to be asked.
func TestNoSuchHost(t *testing.T) {
	t.Parallel()
	host := strings.Repeat("a", 64) + ".test"
	got := run(t.Context(), "", "validate-node", "--image", host+"/app:v1")
	want := fmt.Sprintf("nfd-compat: registry %s: resolve %s/app:v1: cannot resolve the host name %q: no such host\n", host, host, host)
	if got.code != cli.ExitRegistry || got.stderr != want {
		t.Errorf("exit code %d\n%swant\n%s", got.code, got.stderr, want)
	}
}
