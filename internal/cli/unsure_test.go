package cli_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/nfd-compat/nfd-compat/internal/cli"
	"github.com/nfd-compat/nfd-compat/internal/hosttest"
	"github.com/nfd-compat/nfd-compat/pkg/registry"
)

// TestNotLookedAt: that nothing was found where not all was looked at is no "there is none", and nothing lets it pass. The
// artifact here is the oldest of 41 that are listed with a type that says nothing.
func TestNotLookedAt(t *testing.T) {
	t.Parallel()
	r := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
	repo := r.Repository("demo/app")
	image := hosttest.PushImage(t, repo, "v1", registry.HostPlatform())
	entries := make([]ocispec.Descriptor, 0, 41)
	for i := range 40 {
		entries = append(entries, ocispec.Descriptor{
			MediaType: ocispec.MediaTypeImageManifest, ArtifactType: "application/x", Digest: digest.FromString(fmt.Sprint(i)), Size: 100,
			Annotations: map[string]string{ocispec.AnnotationCreated: "2030-01-01T00:00:00Z"},
		})
	}
	ours := hosttest.Attach(t, repo, image, artifact(unmet))
	ours.ArtifactType, ours.Annotations = "application/x", nil
	r.Break(hosttest.Fault{
		Match: hosttest.On("GET", "/referrers/"), ContentType: ocispec.MediaTypeImageIndex,
		Body: string(hosttest.Encode(t, ocispec.Index{MediaType: ocispec.MediaTypeImageIndex, Manifests: append(entries, ours)})),
	})
	args := []string{"--plain-http", "--no-cache", "--image", r.Host + "/demo/app:v1"}
	const words = "no compatibility artifact was found, but 41 of the image's referrers were not looked at"
	for _, tt := range [][]string{
		{"validate-node"},
		{"validate-node", "--on-missing", "warn"},
		{"validate-node", "--on-missing", "ignore"},
		{"validate-node", "--infer"},
		{"validate-node", "--infer", "--on-missing", "ignore"},
		{"validate-spec"},
		{"list-specs"},
		{"show-spec"},
		{"remove-spec", "--yes"},
	} {
		got := run(t.Context(), "", append(tt, args...)...)
		if all := got.stdout + got.stderr; got.code != cli.ExitUndecided || strings.Count(all, words) == 0 || strings.Contains(all, "undeclared") {
			t.Errorf("%q: exit code %d\n%s", tt, got.code, all)
		}
	}
	got := run(t.Context(), "", append([]string{"validate-node", "--on-missing", "ignore", "-o", "json"}, args...)...)
	if !strings.Contains(got.stdout, `"verdict": "unknown"`) || !strings.Contains(got.stdout, `"unexamined": 41`) {
		t.Error(got.stdout)
	}
	if got = run(t.Context(), "", append([]string{"validate-node", "--artifact", ours.Digest.String()}, args...)...); got.code != cli.ExitIncompatible {
		t.Errorf("exit code %d for the one that is named\n%s%s", got.code, got.stdout, got.stderr)
	}
}

// TestAttachNotLookedAt: attach-spec tells that not all was looked at, and replaces nothing then. Of the referrers that are really
// there, 33 are listed with a type that says nothing.
func TestAttachNotLookedAt(t *testing.T) {
	t.Parallel()
	r := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
	repo := r.Repository("demo/app")
	image := hosttest.PushImage(t, repo, "v1", registry.HostPlatform())
	for i := range 33 {
		hosttest.Attach(t, repo, image, hosttest.Artifact{Type: "application/x", Annotations: map[string]string{"n": fmt.Sprint(i)}})
	}
	attach := func(args ...string) outcome {
		return run(t.Context(), unmet, append([]string{"attach-spec", "--plain-http", "--no-cache", "--image", r.Host + "/demo/app:v1", "-"}, args...)...)
	}
	got := attach("--replace")
	if got.code != cli.ExitUndecided || got.stdout != "" || !strings.Contains(got.stderr, "looked at (1 were not)") {
		t.Errorf("--replace: exit code %d\n%s%s", got.code, got.stdout, got.stderr)
	}
	got = attach("-o", "json")
	if got.code != cli.ExitOK || !strings.Contains(got.stdout, `"unexamined": 1`) || !strings.Contains(got.stderr, "warning: not all referrers of the image were looked at (1 were not)") {
		t.Errorf("exit code %d\n%s%s", got.code, got.stdout, got.stderr)
	}
	if got = attach("--replace"); got.code != cli.ExitOK || strings.Contains(got.stderr, "warning") {
		t.Errorf("once there is one: exit code %d\n%s%s", got.code, got.stdout, got.stderr)
	}
}

// TestRemoveNotLookedAt: remove-spec does not say that none is attached any more where not all that may be one was looked at.
func TestRemoveNotLookedAt(t *testing.T) {
	t.Parallel()
	r := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
	repo := r.Repository("demo/app")
	image := hosttest.PushImage(t, repo, "v1", registry.HostPlatform())
	for i := range 36 {
		other := artifact(fmt.Sprint(i))
		other.Type = "application/x"
		hosttest.Attach(t, repo, image, other)
	}
	hosttest.Attach(t, repo, image, artifact(satisfied))
	args := []string{"remove-spec", "--plain-http", "--image", r.Host + "/demo/app:v1", "--all", "--yes", "-o", "json"}
	got := run(t.Context(), "", args...)
	if got.code != cli.ExitOK || !strings.Contains(got.stderr, "no compatibility spec that was found") || !strings.Contains(got.stderr, "(4 were not)") || !strings.Contains(got.stdout, `"unexamined": 4`) {
		t.Errorf("exit code %d\n%s%s", got.code, got.stdout, got.stderr)
	}
}
