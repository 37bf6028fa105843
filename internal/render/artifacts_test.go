package render_test

import (
	"bytes"
	"testing"

	"github.com/nfd-compat/nfd-compat/internal/render"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// artifacts is a list with one of each kind, and texts of a stranger.
func artifacts() *render.ArtifactList {
	const index = "sha256:257920664165c93dfc0e3fed66dae453e89b724199f3e09c88f34e53410d4312"
	return &render.ArtifactList{
		APIVersion: validate.APIVersion, Kind: render.KindArtifactList, Tool: validate.Tool{Name: "nfd-compat", Version: "v1"},
		Image: &validate.Image{Reference: "registry.example.com/team/app:v1", Digest: index},
		Artifacts: []render.ArtifactRow{
			{Digest: "sha256:01", Subject: index, Created: "2026-01-02T03:04:05Z", Size: 1577, MediaType: spec.MediaTypeYAML, Via: "referrers-api", Selected: true},
			{Digest: "sha256:02", Subject: "sha256:aa", Platform: "linux/arm64", Created: "2025-01-02T03:04:05Z", Size: 7, MediaType: spec.MediaTypeJSON, Via: "referrers-api", Selected: true},
			{Digest: "sha256:03", Subject: index, Via: "referrers-api", Problem: "no \x1b[31mlayer\u202e"},
		},
		Unexamined: 1,
	}
}

func TestArtifacts(t *testing.T) {
	t.Parallel()
	var text, color, json bytes.Buffer
	if err := render.ArtifactsText(&text, artifacts(), render.TextOptions{}); err != nil {
		t.Fatal(err)
	}
	golden(t, "artifacts.txt", text.String())
	if err := render.ArtifactsText(&color, artifacts(), render.TextOptions{Color: true, Width: 60}); err != nil {
		t.Fatal(err)
	}
	golden(t, "artifacts_color.txt", color.String())
	if err := render.ArtifactsJSON(&json, artifacts()); err != nil {
		t.Fatal(err)
	}
	golden(t, "artifacts.json", json.String())
	for name, err := range map[string]error{
		"text": render.ArtifactsText(failing{}, artifacts(), render.TextOptions{}),
		"JSON": render.ArtifactsJSON(failing{}, artifacts()),
		"spec": render.SpecJSON(failing{}, &spec.Spec{}),
	} {
		if err == nil {
			t.Errorf("%s: what cannot be written is no error", name)
		}
	}
}
