package cli_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nfd-compat/nfd-compat/internal/cli"
	"github.com/nfd-compat/nfd-compat/internal/hosttest"
)

// specFile puts a spec into a file.
func specFile(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "spec.yaml")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestArtifactLife goes through the life of a spec in a registry, with the referrers API and without.
func TestArtifactLife(t *testing.T) {
	t.Parallel()
	for name, options := range map[string]hosttest.RegistryOptions{"referrers API": {}, "referrers tag": {NoReferrersAPI: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := hosttest.NewRegistry(t, options)
			attach(t, r)
			on := func(stdin string, args ...string) outcome {
				return run(t.Context(), stdin, append(args, "--plain-http", "--image", r.Host+"/demo/app:v1")...)
			}
			step := func(code int, stdin string, args ...string) outcome {
				t.Helper()
				got := on(stdin, args...)
				if got.code != code {
					t.Fatalf("%q: exit code %d, want %d\n%s%s", args, got.code, code, got.stdout, got.stderr)
				}
				return got
			}
			step(cli.ExitUndeclared, "", "list-specs")
			first := step(cli.ExitOK, satisfied, "attach-spec", "-")
			step(cli.ExitOK, "", "validate-node")
			second := step(cli.ExitOK, unmet, "attach-spec", "-")
			step(cli.ExitIncompatible, "", "validate-node")
			if got := step(cli.ExitOK, unmet, "attach-spec", "-"); got.stdout != second.stdout {
				t.Errorf("again %s, not %s", got.stdout, second.stdout)
			}
			if got := step(cli.ExitOK, "", "show-spec"); got.stdout != unmet {
				t.Errorf("shown %q", got.stdout)
			}
			if got := step(cli.ExitOK, "", "show-spec", "--artifact", strings.TrimSpace(first.stdout)); got.stdout != satisfied {
				t.Errorf("the first is %q", got.stdout)
			}
			if got := step(cli.ExitOK, "", "remove-spec", "--yes"); got.stdout != second.stdout || !strings.Contains(got.stderr, strings.TrimSpace(first.stdout)) {
				t.Errorf("removed %+v", got)
			}
			step(cli.ExitOK, "", "validate-node")
			third := step(cli.ExitOK, unmet, "attach-spec", "--replace", "-o", "json", "-")
			var told struct {
				Status  string   `json:"status"`
				Digest  string   `json:"digest"`
				Removed []string `json:"removed"`
			}
			if err := json.Unmarshal([]byte(third.stdout), &told); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{strings.TrimSpace(first.stdout)}, told.Removed); diff != "" || told.Status != "attached" {
				t.Errorf("status %s, removed (-want +got):\n%s", told.Status, diff)
			}
			step(cli.ExitOK, "", "remove-spec", "--all", "--yes")
			step(cli.ExitUndeclared, "", "validate-node")
		})
	}
}

// TestArtifactRefused: what a registry refuses is exit code 5, and one message that says what has become of it.
func TestArtifactRefused(t *testing.T) {
	t.Parallel()
	r := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
	attach(t, r, satisfied)
	image := []string{"--plain-http", "--image", r.Host + "/demo/app:v1"}
	r.Break(hosttest.Fault{Match: hosttest.On("DELETE", ""), Status: 405, ContentType: "application/json", Body: `{"errors":[{"code":"UNSUPPORTED","message":"no"}]}`})

	file := specFile(t, unmet)
	got := run(t.Context(), "", slices.Concat([]string{"attach-spec", "--replace", file}, image)...)
	if got.code != cli.ExitRegistry || !strings.HasPrefix(got.stdout, "sha256:") || strings.Count(got.stderr, "nfd-compat:") != 1 ||
		!strings.Contains(got.stderr, "the spec is attached, but what it replaces could not be removed") || !strings.Contains(got.stderr, "does not delete") {
		t.Errorf("attach: %+v", got)
	}
	if got = run(t.Context(), "", slices.Concat([]string{"attach-spec", "--replace", "-o", "json", file}, image)...); got.code != cli.ExitRegistry || !strings.Contains(got.stdout, `"notRemoved": [`) {
		t.Errorf("attach, as JSON: %+v", got)
	}
	// Of several that are left, one message names the first.
	got = run(t.Context(), "", slices.Concat([]string{"remove-spec", "--all", "--yes"}, image)...)
	if got.code != cli.ExitRegistry || strings.Count(got.stderr, "does not delete") != 1 || !strings.Contains(got.stderr, "(and 1 more; -o json names all)\n") {
		t.Errorf("remove all: %+v", got)
	}
	got = run(t.Context(), "", slices.Concat([]string{"remove-spec", "--all", "--yes", "-o", "json"}, image)...)
	if got.code != cli.ExitRegistry || strings.Count(got.stdout, "does not delete") != 2 {
		t.Errorf("remove all, as JSON: %+v", got)
	}
	got = run(t.Context(), "", slices.Concat([]string{"remove-spec", "--yes"}, image)...)
	if got.code != cli.ExitRegistry || got.stdout != "" || !strings.Contains(got.stderr, "does not delete") {
		t.Errorf("remove: %+v", got)
	}

	r.Break(hosttest.Fault{Match: hosttest.On("POST", ""), Status: 403, ContentType: "application/json", Body: `{"errors":[{"code":"DENIED","message":"not yours"}]}`})
	got = run(t.Context(), undecided, slices.Concat([]string{"attach-spec", "-"}, image)...)
	if got.code != cli.ExitRegistry || got.stdout != "" || strings.Count(got.stderr, "nfd-compat:") != 1 || !strings.Contains(got.stderr, "registry "+r.Host+": push blob sha256:") || !strings.Contains(got.stderr, "403 Forbidden: not yours") {
		t.Errorf("attach, refused: %+v", got)
	}
}
