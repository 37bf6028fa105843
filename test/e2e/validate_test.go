//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

const (
	artifactType = "application/vnd.nfd.image-compatibility.v1alpha1"
	specType     = "application/vnd.nfd.image-compatibility.spec.v1alpha1+yaml"
)

// kernelAtLeast is a spec that wants a kernel of a major version.
func kernelAtLeast(major int) string {
	return fmt.Sprintf(`version: v1alpha1
compatibilities:
- description: A kernel that is new enough.
  rules:
  - name: kernel
    matchFeatures:
    - feature: kernel.version
      matchExpressions:
        major: {op: Ge, value: ["%d"]}
`, major)
}

// files are what images and artifacts are made of.
func files() map[string]string {
	return map[string]string{
		"config.json":    fmt.Sprintf(`{"os":%q,"architecture":%q,"rootfs":{"type":"layers","diff_ids":[]}}`, runtime.GOOS, runtime.GOARCH),
		"foreign.json":   `{"os":"linux","architecture":"s390x","rootfs":{"type":"layers","diff_ids":[]}}`,
		"layer.tar":      "",
		"satisfied.yaml": kernelAtLeast(2),
		"refused.yaml":   kernelAtLeast(99),
		// A requirement that a typing slip has taken away, so that NFD's client passes every host.
		"broken.yaml": strings.Replace(kernelAtLeast(99), "matchFeatures:", "matchFeature:", 1),
	}
}

// TestValidateNode has oras push images to olareg and attach artifacts to them, and nfd-compat judge this host by them.
func TestValidateNode(t *testing.T) {
	t.Parallel()
	oras, nfdCompat := tool(t, "oras"), program(t)
	for name, flags := range map[string][]string{
		"referrers API": nil,
		"referrers tag": {"--api-referrer=false"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			host := serve(t, flags...).host
			dir := write(t, files())
			push := func(image, config string) {
				run(t, dir, oras, "push", "--plain-http", host+"/"+image,
					"--config", config+":application/vnd.oci.image.config.v1+json", "layer.tar:application/vnd.oci.image.layer.v1.tar")
			}
			attach := func(image, spec, created string) {
				run(t, dir, oras, "attach", "--plain-http", "--artifact-type", artifactType,
					"--annotation", "org.opencontainers.image.created="+created, host+"/"+image, spec+":"+specType)
			}
			push("satisfied:v1", "config.json")
			attach("satisfied:v1", "refused.yaml", "2024-01-01T00:00:00Z")
			attach("satisfied:v1", "satisfied.yaml", "2025-01-01T00:00:00Z")
			push("refused:v1", "config.json")
			attach("refused:v1", "satisfied.yaml", "2024-01-01T00:00:00Z")
			attach("refused:v1", "refused.yaml", "2025-01-01T00:00:00Z")
			push("bare:v1", "config.json")
			push("foreign:v1", "foreign.json")
			push("broken:v1", "config.json")
			attach("broken:v1", "broken.yaml", "2025-01-01T00:00:00Z")
			push("indexed:here", "config.json")
			push("indexed:there", "foreign.json")
			run(t, dir, oras, "manifest", "index", "create", "--plain-http", host+"/indexed:v1", "here", "there")
			attach("indexed:v1", "refused.yaml", "2025-01-01T00:00:00Z")

			for image, want := range map[string]struct {
				code    int
				verdict string
			}{
				"satisfied:v1": {0, "compatible"},
				"refused:v1":   {3, "incompatible"},
				"foreign:v1":   {3, "incompatible"},
				"indexed:v1":   {3, "incompatible"},
				"bare:v1":      {4, "undeclared"},
				"nosuch:v1":    {5, ""},
				"satisfied:v2": {5, ""},
				"broken:v1":    {6, ""},
			} {
				t.Run(image, func(t *testing.T) {
					t.Parallel()
					judge(t, nfdCompat, want.code, want.verdict, "--plain-http", "--image", host+"/"+image)
				})
			}
		})
	}
}

// TestLayout has oras copy an image with its artifacts into an OCI layout.
func TestLayout(t *testing.T) {
	t.Parallel()
	oras, nfdCompat := tool(t, "oras"), program(t)
	r := serve(t)
	dir := write(t, files())
	image := r.host + "/app:v1"
	run(t, dir, oras, "push", "--plain-http", image,
		"--config", "config.json:application/vnd.oci.image.config.v1+json", "layer.tar:application/vnd.oci.image.layer.v1.tar")
	run(t, dir, oras, "attach", "--plain-http", "--artifact-type", artifactType, image, "refused.yaml:"+specType)
	run(t, dir, oras, "copy", "--recursive", "--from-plain-http", image, "--to-oci-layout", "layout:v1")
	r.stop()

	judge(t, nfdCompat, 3, "incompatible", "--image", "oci:"+dir+"/layout:v1")
	judge(t, nfdCompat, 5, "", "--plain-http", "--image", image)
}

// judge runs validate-node and demands the exit code and, in the report on standard output, the verdict.
func judge(t *testing.T, nfdCompat string, wantCode int, wantVerdict string, args ...string) {
	t.Helper()
	stdout, stderr, code := try(t, t.TempDir(), nfdCompat, append([]string{"validate-node", "-o", "json"}, args...)...)
	if code != wantCode {
		t.Errorf("%s: exit code %d, not %d\n%s%s", strings.Join(args, " "), code, wantCode, stdout, stderr)
	}
	var report struct {
		Verdict string `json:"verdict"`
	}
	if err := json.Unmarshal([]byte(stdout), &report); err != nil {
		t.Errorf("%s: the report is no JSON: %v\n%s%s", strings.Join(args, " "), err, stdout, stderr)
	}
	if messages := strings.Count(stderr, "nfd-compat: "); messages != 0 && wantVerdict != "" || messages != 1 && wantVerdict == "" {
		t.Errorf("%s: %d messages:\n%s", strings.Join(args, " "), messages, stderr)
	}
	if report.Verdict != wantVerdict {
		t.Errorf("%s: the verdict is %q, not %q\n%s", strings.Join(args, " "), report.Verdict, wantVerdict, stdout)
	}
}

// TestDemonstration runs what the README has people try first.
func TestDemonstration(t *testing.T) {
	t.Parallel()
	demo, err := filepath.Abs("../../testdata/demo")
	if err != nil {
		t.Fatal(err)
	}
	judge(t, program(t), 0, "compatible", "--image", "oci:"+demo+":v1")
}
