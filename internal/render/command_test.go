package render_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/nfd-compat/nfd-compat/internal/render"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// TestFindingsAreNoCommand: no line of the findings' text is a command to GitHub Actions, whatever a file or an image is called,
// and whatever space the name begins with.
func TestFindingsAreNoCommand(t *testing.T) {
	t.Parallel()
	finding := []spec.Finding{{ID: spec.IDVersion, Severity: spec.SeverityError, Position: spec.Position{Line: 1, Column: 1}, Message: "the version is missing"}}
	for _, name := range []string{"::error::y.yaml", "\t::error::y.yaml", "\u00a0\u3000::error::y.yaml", ":\u200b:error::y.yaml"} {
		image := &validate.Image{Reference: name}
		for what, file := range map[string]render.FileFindings{
			"a finding":  {File: name, Findings: finding},
			"none":       {File: name},
			"an image":   {Image: image, Findings: finding},
			"undeclared": {Image: image, Undeclared: "there is no spec"},
		} {
			for _, opts := range []render.TextOptions{{}, {Detail: render.Brief}, {Detail: render.Full}, {Color: true, Width: 30}} {
				var out bytes.Buffer
				if err := render.FindingsText(&out, render.NewFindings([]render.FileFindings{file}), opts); err != nil {
					t.Fatal(err)
				}
				for line := range strings.Lines(out.String()) {
					if strings.HasPrefix(strings.TrimSpace(line), "::") {
						t.Errorf("%q, %s: a line is a command: %q", name, what, line)
					}
				}
				if out.Len() == 0 {
					t.Errorf("%q, %s: nothing is told", name, what)
				}
			}
		}
	}
}

// TestReportIsNoCommand: nor is a line of a report's text, at any width.
func TestReportIsNoCommand(t *testing.T) {
	t.Parallel()
	r := alone("app:v1", validate.Incompatible, "a \u3000::error::b ::error::c", nil)
	r.Sets = []validate.SetResult{{Description: "\u00a0::error::d", Verdict: validate.Incompatible}}
	for width := range 60 {
		var out bytes.Buffer
		if err := render.Text(&out, reportOf(r), render.TextOptions{Width: width}); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(out.String()) {
			if strings.HasPrefix(strings.TrimSpace(line), "::") {
				t.Errorf("width %d: a line is a command: %q", width, line)
			}
		}
	}
}
