package render_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/nfd-compat/nfd-compat/internal/render"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// TestInferred: a report says where a spec came from that nobody attached.
func TestInferred(t *testing.T) {
	t.Parallel()
	report := validate.NewReport(validate.Result{
		Image:    &validate.Image{Reference: "registry.example.com/team/app:v1", Digest: "sha256:" + strings.Repeat("ab", 32)},
		Inferred: []string{"platform", "NVIDIA_REQUIRE_\x1b[31mCUDA"}, Verdict: validate.Compatible, Reason: "the host satisfies it",
	})
	var text, json bytes.Buffer
	if err := render.Text(&text, report, render.TextOptions{}); err != nil {
		t.Fatal(err)
	}
	if want := "\nspec      none is attached; inferred from platform, NVIDIA_REQUIRE_"; !strings.Contains(text.String(), want) || strings.Contains(text.String(), "\x1b") {
		t.Errorf("%q is not in:\n%s", want, text.String())
	}
	if err := render.JSON(&json, report); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(json.String(), `"inferred": [`) {
		t.Errorf("no field inferred in:\n%s", json.String())
	}
	report.Results[0].Inferred = nil
	text.Reset()
	json.Reset()
	if err := render.Text(&text, report, render.TextOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := render.JSON(&json, report); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(text.String()+json.String(), "inferred") {
		t.Errorf("something is said to be inferred:\n%s%s", text.String(), json.String())
	}
}
