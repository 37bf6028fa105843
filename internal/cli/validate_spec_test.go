package cli_test

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/nfd-compat/nfd-compat/internal/cli"
	"github.com/nfd-compat/nfd-compat/internal/hosttest"
	"github.com/nfd-compat/nfd-compat/internal/render"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
)

// oddlyNamed is a spec with a warning.
const oddlyNamed = "version: v1alpha1\ncompatibilities:\n- rules: [{matchFeatures: [{feature: kernel.loadedmodule, matchExpressions: {vfio-pci: {op: Exists}}}]}]\n"

// anIndex pushes an index of images for two platforms that no test runs on both of: each with a spec, and one of its own.
func anIndex(own, first, second string) func(*testing.T, *hosttest.Registry) {
	return func(t *testing.T, r *hosttest.Registry) {
		t.Helper()
		repo := r.Repository("demo/app")
		platforms := []ocispec.Platform{{OS: "linux", Architecture: "s390x"}, {OS: "linux", Architecture: "ppc64le"}}
		var entries []ocispec.Descriptor
		for i, payload := range []string{first, second} {
			image := hosttest.PushImage(t, repo, "", platforms[i])
			entries = append(entries, hosttest.For(image, platforms[i]))
			if payload != "" {
				hosttest.Attach(t, repo, image, artifact(payload))
			}
		}
		index := hosttest.PushIndex(t, repo, "v1", entries...)
		if own != "" {
			hosttest.Attach(t, repo, index, artifact(own))
		}
	}
}

// TestValidateSpecImage: the spec that is attached to an image, whatever platform the image is for.
func TestValidateSpecImage(t *testing.T) {
	t.Parallel()
	twoLayers := func(t *testing.T, r *hosttest.Registry) {
		t.Helper()
		two := artifact(satisfied)
		two.Layers = append(two.Layers, hosttest.Layer{MediaType: spec.MediaTypeYAML, Data: []byte(unmet)})
		hosttest.Attach(t, r.Repository("demo/app"), attach(t, r), two)
	}
	unauthorised := func(t *testing.T, r *hosttest.Registry) {
		t.Helper()
		attach(t, r, satisfied)
		r.Break(hosttest.Fault{Match: hosttest.On(http.MethodGet, "/referrers/"), Status: http.StatusForbidden})
	}
	// In the texts, IMAGE is the reference.
	tests := []struct {
		name   string
		push   func(*testing.T, *hosttest.Registry)
		args   []string
		code   int
		stdout string // of all of it, a regular expression
		stderr string // of all of it, a regular expression
	}{
		{name: "clean", push: mine(satisfied), code: cli.ExitOK, stdout: `IMAGE: no findings\n`},
		{name: "for another platform", push: foreign(satisfied), code: cli.ExitOK, stdout: `IMAGE: no findings\n`},
		{
			name: "invalid", push: mine(misspelt), code: cli.ExitSpec,
			stdout: `IMAGE:3:\d+: error: .*unknown field "matchFeature"; did you mean "matchFeatures"\? \[unknown-field\]\n1 error\n`,
		},
		{
			name: "a warning", push: mine(oddlyNamed), code: cli.ExitOK,
			stdout: `IMAGE:3:\d+: warning: .* \[module-name\]\n1 warning\n`,
		},
		{
			name: "a warning that fails", push: mine(oddlyNamed), args: []string{"--severity", "warning", "-o", "github"}, code: cli.ExitSpec,
			stdout: `::warning title=module-name::IMAGE:3:\d+: .*\nnfd-compat: 1 warning\n`,
		},
		{name: "undeclared", push: mine(), code: cli.ExitUndeclared, stdout: `IMAGE: undeclared: no compatibility artifact is attached to the image\n`},
		{name: "undeclared, for CI", push: mine(), args: []string{"-o", "github"}, code: cli.ExitUndeclared, stdout: `::error::IMAGE: no compatibility artifact is attached to the image\nnfd-compat: 1 image without a spec\n`},
		{
			name: "an index with a spec of its own", push: anIndex(misspelt, "", ""), code: cli.ExitSpec,
			stdout: `IMAGE:3:\d+: error: .*unknown field.*\n1 error\n`,
		},
		{
			name: "an index whose images have specs", push: anIndex("", satisfied, misspelt), code: cli.ExitSpec,
			stdout: `IMAGE \(linux/ppc64le\):3:\d+: error: .*\n1 error\n`,
		},
		{name: "an index and one of its images have specs", push: anIndex(satisfied, "", oddlyNamed), code: cli.ExitOK, stdout: `IMAGE \(linux/ppc64le\):3:\d+: warning: .*\n1 warning\n`},
		{
			name: "of an index the image for a platform", push: anIndex("", satisfied, misspelt), args: []string{"--platform", "linux/s390x"}, code: cli.ExitOK,
			stdout: `IMAGE \(linux/s390x\): no findings\n`,
		},
		{
			name: "of an index a platform that it lacks", push: anIndex("", satisfied, misspelt), args: []string{"--platform", "linux/riscv64"}, code: cli.ExitUsage,
			stderr: `nfd-compat: --platform is linux/riscv64: the image is not for it\nRun 'nfd-compat validate-spec --help' for usage.\n`,
		},
		{name: "an index without any", push: anIndex("", "", ""), code: cli.ExitUndeclared, stdout: `IMAGE.*: undeclared: .*\n`},
		{name: "two payloads", push: twoLayers, code: cli.ExitSpec, stderr: `nfd-compat: .*more than one layer.*\n`},
		{name: "forbidden", push: unauthorised, code: cli.ExitRegistry, stderr: `nfd-compat: .*403.*\n`},
		{
			name: "forbidden, as JSON", push: unauthorised, args: []string{"-o", "json"}, code: cli.ExitRegistry,
			stdout: `(?s).*"reference": "IMAGE".*"code": 5.*`, stderr: `nfd-compat: .*403.*\n`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
			tt.push(t, r)
			image := r.Host + "/demo/app:v1"
			got := run(t.Context(), "", append([]string{"validate-spec", "--plain-http", "--image", image}, tt.args...)...)
			if got.code != tt.code {
				t.Errorf("exit code %d, want %d", got.code, tt.code)
			}
			names := strings.NewReplacer("IMAGE", regexp.QuoteMeta(image))
			for _, stream := range [][2]string{{tt.stdout, got.stdout}, {tt.stderr, got.stderr}} {
				if !regexp.MustCompile("^(?:" + names.Replace(stream[0]) + ")$").MatchString(stream[1]) {
					t.Errorf("want %s\ngot  %s", stream[0], stream[1])
				}
			}
		})
	}
}

// TestValidateSpecJSON: the findings of an image say where it and its spec were found.
func TestValidateSpecJSON(t *testing.T) {
	t.Parallel()
	r := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
	image := attach(t, r, misspelt)
	got := run(t.Context(), "", "validate-spec", "--plain-http", "-o", "json", "--image", r.Host+"/demo/app:v1")
	wantEmpty(t, "standard error", got.stderr)
	var findings render.Findings
	if err := json.Unmarshal([]byte(got.stdout), &findings); err != nil {
		t.Fatal(err)
	}
	file := findings.Files[0]
	if got.code != cli.ExitSpec || findings.Kind != "SpecFindings" || findings.APIVersion != "nfd-compat/v1alpha1" || findings.Tool.Version == "" ||
		file.Image.Digest != image.Digest.String() || file.Artifact.Subject != image.Digest.String() || len(file.Findings) != 1 || file.Findings[0].ID != spec.IDUnknownField {
		t.Errorf("exit code %d, %s", got.code, got.stdout)
	}
}

// TestValidateSpecInterrupted: with files as with an image, nothing is reported.
func TestValidateSpecInterrupted(t *testing.T) {
	t.Parallel()
	r := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
	attach(t, r, satisfied)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, args := range [][]string{{"-"}, {"--plain-http", "--image", r.Host + "/demo/app:v1"}, {"-o", "json", "-"}} {
		got := run(ctx, misspelt, append([]string{"validate-spec"}, args...)...)
		if got.code != cli.ExitInterrupted || got.stderr != "nfd-compat: interrupted\n" {
			t.Errorf("%q: exit code %d, want %d:\n%s", args, got.code, cli.ExitInterrupted, got.stderr)
		}
		wantEmpty(t, "standard output", got.stdout)
	}
}

// TestValidateSpecTooLarge: that a file is too large is a fault of the spec, not of the reading.
func TestValidateSpecTooLarge(t *testing.T) {
	t.Parallel()
	got := run(t.Context(), strings.Repeat("# a long comment\n", spec.MaxSize/16), "validate-spec", "-")
	if got.code != cli.ExitSpec || !strings.Contains(got.stdout, "[too-large]\n1 error\n") {
		t.Errorf("exit code %d:\n%s", got.code, got.stdout)
	}
	wantEmpty(t, "standard error", got.stderr)
}

// TestValidateSpecFix: a mended file keeps its mode, and a link stays one; nothing is left beside it, and without anything to
// mend the file is not touched.
func TestValidateSpecFix(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	name, link := filepath.Join(dir, "spec.yaml"), filepath.Join(dir, "link.yaml")
	if err := os.WriteFile(name, []byte(misspelt), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(name, 0o640); err != nil { // which no umask makes of a new file
		t.Fatal(err)
	}
	if err := os.Symlink("spec.yaml", link); err != nil {
		t.Skipf("no links here: %v", err)
	}
	got := run(t.Context(), "", "validate-spec", "--fix", link)
	if got.code != cli.ExitOK || got.stdout != link+": 1 mended, no findings\n" {
		t.Errorf("exit code %d:\n%s%s", got.code, got.stdout, got.stderr)
	}
	mended := stat(t, name)
	if mode := mended.Mode().Perm(); mode != 0o640 && runtime.GOOS != "windows" {
		t.Errorf("the mode is %o", mode)
	}
	if to, err := os.Readlink(link); err != nil || to != "spec.yaml" {
		t.Errorf("the link leads to %q, %v", to, err)
	}
	content, err := os.ReadFile(name)
	if want := strings.Replace(misspelt, "matchFeature:", "matchFeatures:", 1); err != nil || string(content) != want {
		t.Errorf("the file is\n%swant\n%s%v", content, want, err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 2 {
		t.Errorf("%v, %v", entries, err)
	}
	if got := run(t.Context(), "", "validate-spec", "--fix", name); got.code != cli.ExitOK || got.stdout != name+": no findings\n" {
		t.Errorf("exit code %d:\n%s%s", got.code, got.stdout, got.stderr)
	}
	if !os.SameFile(mended, stat(t, name)) {
		t.Error("the file was replaced, and there was nothing to mend")
	}
}

func stat(t *testing.T, name string) os.FileInfo {
	t.Helper()
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	return info
}

// TestValidateSpecFixOthers: a file that cannot be read does not keep the others from being mended, and nothing is left beside
// them.
func TestValidateSpecFixOthers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	name := filepath.Join(dir, "spec.yaml")
	if err := os.WriteFile(name, []byte(misspelt), 0o600); err != nil {
		t.Fatal(err)
	}
	missing := filepath.Join(dir, "missing.yaml")
	got := run(t.Context(), "", "validate-spec", "--fix", name, missing)
	if got.code != cli.ExitError || !strings.Contains(got.stderr, "missing.yaml") || !strings.Contains(got.stdout, "1 mended, no findings") {
		t.Errorf("exit code %d:\n%s%s", got.code, got.stdout, got.stderr)
	}
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.Replace(misspelt, "matchFeature:", "matchFeatures:", 1); string(content) != want {
		t.Errorf("the file is\n%swant\n%s", content, want)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("%v, %v", entries, err)
	}
}
