package cli_test

import (
	"archive/tar"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nfd-compat/nfd-compat/internal/cli"
	"github.com/nfd-compat/nfd-compat/internal/hosttest"
	"github.com/nfd-compat/nfd-compat/pkg/registry"
)

// TestArtifact: --artifact takes the one that is named, and not the newest.
func TestArtifact(t *testing.T) {
	t.Parallel()
	r := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
	indexOfBoth(t, r) // this host does not satisfy its own
	repo := r.Repository("demo/app")
	here := hosttest.PushImage(t, repo, "", registry.HostPlatform())
	old := artifact(satisfied)
	old.Created = "2020-01-01T00:00:00Z"
	attached := hosttest.Attach(t, repo, here, old).Digest.String()
	misspeltOne := hosttest.Attach(t, repo, here, hosttest.Artifact{Type: old.Type, Layers: []hosttest.Layer{{MediaType: old.Layers[0].MediaType, Data: []byte(misspelt)}}}).Digest.String()
	gone := "sha256:" + strings.Repeat("0", 64)
	image := []string{"--plain-http", "--image", r.Host + "/demo/app:v1"}
	for _, tt := range []struct {
		name   string
		args   []string
		code   int
		stdout string
		stderr string
	}{
		{"the newest", append([]string{"validate-node", "-v"}, image...), cli.ExitIncompatible, "found by the referrers API", ""},
		{"the old one", append([]string{"validate-node", "-v", "--artifact", attached}, image...), cli.ExitOK, "artifact  " + attached + "\n          found by its digest, created 2020-01-01T00:00:00Z\n", ""},
		{"a misspelt one", append([]string{"validate-node", "--artifact", misspeltOne}, image...), cli.ExitSpec, "", "artifact " + misspeltOne},
		{"one that is not there", append([]string{"validate-node", "--artifact", gone}, image...), cli.ExitRegistry, "", "take artifact " + gone + ": the registry does not have it"},
		{"the image itself", append([]string{"validate-node", "--artifact", here.Digest.String()}, image...), cli.ExitRegistry, "", "take artifact " + here.Digest.String() + ": it is of the type"},
		{"no digest", append([]string{"validate-node", "--artifact", "v1"}, image...), cli.ExitUsage, "", `"v1" is no digest of an artifact`},
		{"empty", append([]string{"validate-node", "--artifact", ""}, image...), cli.ExitUsage, "", "--artifact is empty"},
		{"without an image", []string{"validate-node", "--spec", "x", "--artifact", attached}, cli.ExitUsage, "", "--artifact goes with --image"},
		{"with --infer", append([]string{"validate-node", "--infer", "--artifact", attached}, image...), cli.ExitUsage, "", "--artifact and --infer exclude each other"},
		{"check the old one", append([]string{"validate-spec", "--artifact", attached}, image...), cli.ExitOK, "", ""},
		{"check a misspelt one", append([]string{"validate-spec", "--artifact", misspeltOne}, image...), cli.ExitSpec, "did you mean", ""},
		{"check for a platform", append([]string{"validate-spec", "--platform", registry.FormatPlatform(registry.HostPlatform()), "--artifact", misspeltOne}, image...), cli.ExitSpec, "did you mean", ""},
		{"check for another platform", append([]string{"validate-spec", "--platform", "linux/s390x", "--artifact", attached}, image...), cli.ExitRegistry, "", "not to that for linux/s390x"},
		{"check without an image", []string{"validate-spec", "x", "--artifact", attached}, cli.ExitUsage, "", "--artifact goes with --image"},
		{"check an empty one", append([]string{"validate-spec", "--artifact", ""}, image...), cli.ExitUsage, "", "--artifact is empty"},
	} {
		got := run(t.Context(), "", tt.args...)
		if got.code != tt.code || !strings.Contains(got.stdout, tt.stdout) || !strings.Contains(got.stderr, tt.stderr) || tt.stderr == "" && got.stderr != "" {
			t.Errorf("%s: exit code %d, want %d\n%s%s", tt.name, got.code, tt.code, got.stdout, got.stderr)
		}
	}
	got := run(t.Context(), "", append([]string{"validate-node", "-o", "json", "--artifact", attached}, image...)...)
	if !strings.Contains(got.stdout, `"via": "digest"`) {
		t.Error(got.stdout)
	}
}

// TestArchiveOfDemo: an archive gives the verdict of its layout.
func TestArchiveOfDemo(t *testing.T) {
	t.Parallel()
	demo := filepath.Join("..", "..", "testdata", "demo")
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	if err := w.AddFS(os.DirFS(demo)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "demo.tar")
	if err := os.WriteFile(file, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	layout := run(t.Context(), "", "validate-node", "-v", "--image", "oci:"+filepath.ToSlash(demo)+":v1")
	archive := run(t.Context(), "", "validate-node", "-v", "--image", "oci-archive:"+file+":v1")
	_, below, _ := strings.Cut(layout.stdout, "\n")
	_, got, _ := strings.Cut(archive.stdout, "\n")
	if want := strings.Replace(below, "the OCI layout's index", "the index of the OCI archive", 1); archive.code != layout.code || got != want || want == below {
		t.Errorf("exit code %d\n%s%s\nwant %d\n%s", archive.code, archive.stdout, archive.stderr, layout.code, layout.stdout)
	}
	if got := run(t.Context(), "", "validate-node", "--image", "oci-archive:missing.tar:v1"); got.code != cli.ExitRegistry || !strings.Contains(got.stderr, "oci-archive:missing.tar:v1: open: there is no such file") {
		t.Errorf("exit code %d\n%s", got.code, got.stderr)
	}
}
