//go:build e2e

package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A referrer is what oras tells of one.
type referrer struct {
	Digest       string `json:"digest"`
	ArtifactType string `json:"artifactType"`
}

// referrers are those that oras discovers, with arguments of which the last is the image.
func referrers(t *testing.T, oras, dir string, args ...string) []referrer {
	t.Helper()
	var found struct {
		Referrers []referrer `json:"referrers"`
	}
	out := run(t, dir, oras, slices.Concat([]string{"discover", "--format", "json"}, args)...)
	if err := json.Unmarshal([]byte(out), &found); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return found.Referrers
}

// discovered are the referrers of our type that oras finds of an image, by digest.
func discovered(t *testing.T, oras, dir string, image ...string) []string {
	t.Helper()
	var digests []string
	for _, r := range referrers(t, oras, dir, slices.Concat([]string{"--artifact-type", artifactType}, image)...) {
		if r.ArtifactType != artifactType {
			t.Errorf("oras discovers the type %q", r.ArtifactType)
		}
		digests = append(digests, r.Digest)
	}
	slices.Sort(digests)
	return digests
}

// TestAttachSpec: what attach-spec writes, oras discovers, fetches and pulls, and what oras attaches, our commands list,
// show, replace and remove.
func TestAttachSpec(t *testing.T) {
	t.Parallel()
	oras, nfdCompat := tool(t, "oras"), program(t)
	for name, kind := range map[string]struct{ serve, discover []string }{
		"referrers API": {[]string{"--api-delete"}, nil},
		// oras does not take olareg's word (status 405, UNSUPPORTED) for having no API.
		"referrers tag": {[]string{"--api-delete", "--api-referrer=false"}, []string{"--distribution-spec", "v1.1-referrers-tag"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, image := write(t, files()), serve(t, kind.serve...).host+"/app:v1"
			run(t, dir, oras, "push", "--plain-http", image,
				"--config", "config.json:application/vnd.oci.image.config.v1+json", "layer.tar:application/vnd.oci.image.layer.v1.tar")
			ours := func(args ...string) string {
				t.Helper()
				return strings.TrimSpace(run(t, dir, nfdCompat, append(args, "--plain-http", "--image", image)...))
			}

			first := ours("attach-spec", "satisfied.yaml")
			if got := discovered(t, oras, dir, append(kind.discover, "--plain-http", image)...); !slices.Equal(got, []string{first}) {
				t.Errorf("oras discovers %q, not %s", got, first)
			}
			at := strings.TrimSuffix(image, ":v1") + "@" + first
			var manifest struct {
				ArtifactType string `json:"artifactType"`
				Subject      struct {
					Digest string `json:"digest"`
				} `json:"subject"`
			}
			if err := json.Unmarshal([]byte(run(t, dir, oras, "manifest", "fetch", "--plain-http", at)), &manifest); err != nil {
				t.Fatal(err)
			}
			if digest := run(t, dir, oras, "resolve", "--plain-http", image); manifest.ArtifactType != artifactType || manifest.Subject.Digest != strings.TrimSpace(digest) {
				t.Errorf("oras fetches %+v of %s", manifest, digest)
			}
			run(t, dir, oras, "pull", "--plain-http", at, "--output", "pulled")
			pulled, err := os.ReadFile(filepath.Join(dir, "pulled", "satisfied.yaml"))
			if err != nil || string(pulled) != files()["satisfied.yaml"] {
				t.Errorf("oras pulls %q, %v", pulled, err)
			}

			run(t, dir, oras, "attach", "--plain-http", "--artifact-type", artifactType,
				"--annotation", "org.opencontainers.image.created=2039-01-01T00:00:00Z", image, "refused.yaml:"+specType)
			if got := ours("show-spec"); got != strings.TrimSpace(files()["refused.yaml"]) {
				t.Errorf("shown %q", got)
			}
			if got := ours("list-specs"); strings.Count(got, "sha256:") != 2 || !strings.Contains(got, "*  2039-01-01T00:00:00Z") {
				t.Errorf("listed\n%s", got)
			}
			judge(t, nfdCompat, 3, "incompatible", "--plain-http", "--image", image)
			second := ours("attach-spec", "--replace", "satisfied.yaml")
			if got := discovered(t, oras, dir, append(kind.discover, "--plain-http", image)...); !slices.Equal(got, []string{second}) {
				t.Errorf("oras discovers %q, not %s", got, second)
			}
			judge(t, nfdCompat, 0, "compatible", "--plain-http", "--image", image)
			if got := ours("remove-spec", "--yes"); got != second {
				t.Errorf("removed %s, not %s", got, second)
			}
			if got := discovered(t, oras, dir, append(kind.discover, "--plain-http", image)...); got != nil {
				t.Errorf("oras discovers %q", got)
			}
		})
	}
}

// TestAttachSpecRefused: olareg does not delete unless it is told to.
func TestAttachSpecRefused(t *testing.T) {
	t.Parallel()
	oras, nfdCompat := tool(t, "oras"), program(t)
	dir, image := write(t, files()), serve(t, "--api-delete=false").host+"/app:v1"
	run(t, dir, oras, "push", "--plain-http", image,
		"--config", "config.json:application/vnd.oci.image.config.v1+json", "layer.tar:application/vnd.oci.image.layer.v1.tar")
	run(t, dir, nfdCompat, "attach-spec", "--plain-http", "--image", image, "satisfied.yaml")
	stdout, stderr, code := try(t, dir, nfdCompat, "remove-spec", "--plain-http", "--image", image, "--yes")
	if code != 5 || stdout != "" || !strings.Contains(stderr, "does not delete") {
		t.Errorf("exit code %d\n%s%s", code, stdout, stderr)
	}
}

// TestAttachSpecToLayout: in a layout that oras has written, oras finds what we attach, and copies it with the image.
func TestAttachSpecToLayout(t *testing.T) {
	t.Parallel()
	oras, nfdCompat := tool(t, "oras"), program(t)
	r := serve(t)
	dir := write(t, files())
	image := r.host + "/app:v1"
	run(t, dir, oras, "push", "--plain-http", image,
		"--config", "config.json:application/vnd.oci.image.config.v1+json", "layer.tar:application/vnd.oci.image.layer.v1.tar")
	run(t, dir, oras, "copy", "--from-plain-http", image, "--to-oci-layout", "layout:v1")

	attached := strings.TrimSpace(run(t, dir, nfdCompat, "attach-spec", "--image", "oci:layout:v1", "refused.yaml"))
	if got := discovered(t, oras, dir, "--oci-layout", "layout:v1"); !slices.Equal(got, []string{attached}) {
		t.Errorf("oras discovers %q, not %s", got, attached)
	}
	run(t, dir, oras, "copy", "--recursive", "--from-oci-layout", "layout:v1", "--to-plain-http", r.host+"/copied:v1")
	judge(t, nfdCompat, 3, "incompatible", "--plain-http", "--image", r.host+"/copied:v1")

	// And the other way round.
	run(t, dir, oras, "attach", "--oci-layout", "--artifact-type", artifactType,
		"--annotation", "org.opencontainers.image.created=2039-01-01T00:00:00Z", "layout:v1", "satisfied.yaml:"+specType)
	judge(t, nfdCompat, 0, "compatible", "--image", "oci:"+dir+"/layout:v1")
	run(t, dir, nfdCompat, "remove-spec", "--image", "oci:layout:v1", "--all", "--yes")
	if got := discovered(t, oras, dir, "--oci-layout", "layout:v1"); got != nil {
		t.Errorf("oras discovers %q", got)
	}
}
