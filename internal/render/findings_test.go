package render_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/nfd-compat/nfd-compat/internal/hosttest/schematest"
	"github.com/nfd-compat/nfd-compat/internal/render"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// found are findings with something of everything: hostile characters, a fix, no place, and specs that could not be had.
func found() *render.Findings {
	findings := render.NewFindings([]render.FileFindings{
		{
			File: "specs/team one/spec.yaml", Mended: 2,
			Findings: []spec.Finding{
				{
					ID: spec.IDUnknownField, Severity: spec.SeverityError, Position: spec.Position{Line: 6, Column: 9}, Path: "compatibilities[0].rules[0]",
					Message: `unknown field "matchFeature"`, Suggestion: "matchFeatures",
					Fix: []spec.Edit{{Start: spec.Position{Line: 6, Column: 9}, End: spec.Position{Line: 6, Column: 21}, Text: "matchFeatures"}},
				},
				{
					ID: spec.IDUnknownFeature, Severity: spec.SeverityWarning, Position: spec.Position{Line: 7, Column: 1}, Path: hostile,
					Message: "first line, 100%: " + hostile + "\r\nsecond line", Suggestion: hostile,
				},
				{ID: spec.IDNFDIgnores, Severity: spec.SeverityNote, Position: spec.Position{Line: 9, Column: 2}, Message: "celRules are an extension"},
			},
		},
		{File: "-", Findings: []spec.Finding{{ID: spec.IDEmptyDocument, Severity: spec.SeverityError, Message: "the document is empty"}}},
		{File: "clean.yaml"},
		{File: "::error::,100%\n" + hostile, Findings: []spec.Finding{{ID: spec.IDVersion, Severity: spec.SeverityError, Position: spec.Position{Line: 1, Column: 1}, Message: "the version is missing"}}},
		{File: "missing.yaml", Error: &validate.ResultError{Code: 1, Message: "open missing.yaml: no such file" + hostile}},
		{
			Image:    &validate.Image{Reference: "registry.example.com:5000/team/app:v1", Digest: "sha256:" + strings.Repeat("ab", 32), Platform: "linux/arm64"},
			Artifact: &validate.Artifact{Digest: "sha256:" + strings.Repeat("cd", 32), Subject: "sha256:" + strings.Repeat("ef", 32), Via: "referrers-api", PassedOver: []string{}},
			Findings: []spec.Finding{{ID: spec.IDEmptySet, Severity: spec.SeverityError, Position: spec.Position{Line: 3, Column: 3}, Path: "compatibilities[0].rules", Message: "the set has no rules"}},
		},
		{
			Image:    &validate.Image{Reference: "oci:demo dir:v2"},
			Findings: []spec.Finding{{ID: spec.IDSyntax, Severity: spec.SeverityError, Position: spec.Position{Line: 2, Column: 1}, Message: "not YAML"}},
		},
		{Image: &validate.Image{Reference: "oci:demo dir:v1", Digest: "sha256:" + strings.Repeat("ab", 32)}, Undeclared: "no compatibility artifact is attached to the image"},
	})
	findings.Tool.Version = "v0.0.0"
	return findings
}

// hostile are characters that a terminal obeys: an escape, its C1 form, a bell, delete, an override of the direction, a
// zero-width mark, a separator of lines, a tag of plane 14.
const hostile = "\x1b[31m\u009b2J\x07\x7f\u202e\u200b\u2028\U000e0041"

func clean(names ...string) *render.Findings {
	var files []render.FileFindings
	for _, name := range names {
		files = append(files, render.FileFindings{File: name})
	}
	return render.NewFindings(files)
}

func TestFindings(t *testing.T) {
	t.Parallel()
	plain := func(out *bytes.Buffer, findings *render.Findings) error {
		return render.FindingsText(out, findings, render.TextOptions{})
	}
	inColor := func(out *bytes.Buffer, findings *render.Findings) error {
		return render.FindingsText(out, findings, render.TextOptions{Color: true, Width: 40})
	}
	asJSON := func(out *bytes.Buffer, findings *render.Findings) error { return render.FindingsJSON(out, findings) }
	sarif := func(out *bytes.Buffer, findings *render.Findings) error { return render.SARIF(out, findings) }
	github := func(out *bytes.Buffer, findings *render.Findings) error { return render.GitHub(out, findings) }
	yaml := func(out *bytes.Buffer, findings *render.Findings) error { return render.FindingsYAML(out, findings) }
	kyaml := func(out *bytes.Buffer, findings *render.Findings) error { return render.FindingsKYAML(out, findings) }
	markdown := func(out *bytes.Buffer, findings *render.Findings) error {
		return render.FindingsMarkdown(out, findings)
	}
	junit := func(out *bytes.Buffer, findings *render.Findings) error {
		return render.FindingsJUnit(out, findings, spec.SeverityError)
	}
	brief := func(out *bytes.Buffer, findings *render.Findings) error {
		return render.FindingsText(out, findings, render.TextOptions{Detail: render.Brief})
	}
	full := func(out *bytes.Buffer, findings *render.Findings) error {
		return render.FindingsText(out, findings, render.TextOptions{Detail: render.Full, Width: 60})
	}
	failed := func() *render.Findings {
		findings := clean("missing.yaml")
		findings.Files[0].Error = &validate.ResultError{Code: 1, Message: "open missing.yaml: no such file"}
		return findings
	}
	for _, tt := range []struct {
		file     string
		findings *render.Findings
		write    func(*bytes.Buffer, *render.Findings) error
	}{
		{"findings.txt", found(), plain},
		{"findings_color.txt", found(), inColor},
		{"findings.json", found(), asJSON},
		{"findings.sarif", found(), sarif},
		{"findings_github.txt", found(), github},
		{"findings.yaml", found(), yaml},
		{"findings.kyaml", found(), kyaml},
		{"findings.xml", found(), junit},
		{"findings.md", found(), markdown},
		{"findings_brief.txt", found(), brief},
		{"findings_full.txt", found(), full},
		{"findings_clean.txt", clean("spec.yaml"), plain},
		{"findings_clean.xml", clean("spec.yaml"), junit},
		{"findings_clean.md", clean("spec.yaml"), markdown},
		{"findings_clean_two.txt", clean("spec.yaml", "-"), plain},
		{"findings_clean.json", clean("spec.yaml"), asJSON},
		{"findings_clean.sarif", clean("spec.yaml"), sarif},
		{"findings_clean_github.txt", clean("::error::spec.yaml"), github},
		{"findings_failed.txt", failed(), plain},
		{"findings_failed.sarif", failed(), sarif},
		{"findings_failed_github.txt", failed(), github},
	} {
		t.Run(tt.file, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			if err := tt.write(&out, tt.findings); err != nil {
				t.Fatal(err)
			}
			golden(t, tt.file, out.String())
			text := out.String()
			if strings.HasSuffix(tt.file, "color.txt") {
				for _, own := range []string{"\x1b[31m", "\x1b[33m", "\x1b[36m", "\x1b[0m"} {
					text = strings.ReplaceAll(text, own, "")
				}
			}
			if i := strings.IndexFunc(text, func(r rune) bool {
				return r != '\n' && (unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r) || r == '\u2028')
			}); i >= 0 {
				t.Errorf("a control character got through: %q", text[i:min(len(text), i+20)])
			}
			if strings.HasSuffix(tt.file, "github.txt") {
				for line := range strings.Lines(text) {
					if !strings.HasPrefix(line, "::error ") && !strings.HasPrefix(line, "::error::") && !strings.HasPrefix(line, "::warning ") &&
						!strings.HasPrefix(line, "::notice ") && !strings.HasPrefix(line, "nfd-compat: ") {
						t.Errorf("a line that is not ours: %q", line)
					}
				}
			}
		})
	}
}

// TestGitHubEscapes: what ends a property, a message or a line is escaped, in the names and the texts of strangers.
func TestGitHubEscapes(t *testing.T) {
	t.Parallel()
	findings := render.NewFindings([]render.FileFindings{{
		File:     "a,b:c%d\r\ne.yaml",
		Findings: []spec.Finding{{ID: "x", Severity: spec.SeverityWarning, Position: spec.Position{Line: 3, Column: 4}, Message: "50%, a: b\r\n::error::c"}},
	}})
	var out bytes.Buffer
	if err := render.GitHub(&out, findings); err != nil {
		t.Fatal(err)
	}
	want := "::warning file=a%2Cb%3Ac%25d%0D%0Ae.yaml,line=3,col=4,title=x::50%25, a: b%0D%0A::error::c\nnfd-compat: 1 warning\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestSARIFIsValid holds the logs against the standard's own schema (copyright OASIS Open), from
// https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json.
func TestSARIFIsValid(t *testing.T) {
	t.Parallel()
	schema := schematest.Read(t, "testdata/sarif-schema-2.1.0.json", nil)
	for _, findings := range []*render.Findings{found(), clean("spec.yaml"), everyCheck()} {
		var out bytes.Buffer
		if err := render.SARIF(&out, findings); err != nil {
			t.Fatal(err)
		}
		log := schematest.Document(t, out.Bytes())
		if err := schema.Validate(log); err != nil {
			t.Errorf("%#v", err)
		}
	}
	// The schema does refuse something.
	for _, wrong := range []string{`{"version": "2.1.0"}`, `{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x"}}, "results": [{"message": {"text": "m"}, "level": "fatal"}]}]}`} {
		log := schematest.Document(t, []byte(wrong))
		if schema.Validate(log) == nil {
			t.Errorf("the schema takes %s", wrong)
		}
	}
}

// everyCheck has a finding of each kind.
func everyCheck() *render.Findings {
	file := render.FileFindings{File: "/src/spec 1.yaml"}
	for _, check := range spec.Checks() {
		file.Findings = append(file.Findings, spec.Finding{ID: check.ID, Severity: check.Severity, Message: check.Title})
	}
	return render.NewFindings([]render.FileFindings{file})
}

// TestSARIFRules: each result points at its rule.
func TestSARIFRules(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := render.SARIF(&out, everyCheck()); err != nil {
		t.Fatal(err)
	}
	var log struct {
		Runs []struct {
			Tool struct {
				Driver struct {
					Rules []struct{ ID, HelpURI string }
				}
			}
			Results []struct {
				RuleID    string
				RuleIndex int
				Locations []struct {
					PhysicalLocation struct{ ArtifactLocation struct{ URI string } }
				}
			}
		}
	}
	if err := json.Unmarshal(out.Bytes(), &log); err != nil {
		t.Fatal(err)
	}
	run := log.Runs[0]
	if n := len(spec.Checks()); len(run.Results) != n || len(run.Tool.Driver.Rules) != n {
		t.Fatalf("%d results, %d rules, %d checks", len(run.Results), len(run.Tool.Driver.Rules), n)
	}
	for _, r := range run.Results {
		rule := run.Tool.Driver.Rules[r.RuleIndex]
		if rule.ID != r.RuleID || rule.HelpURI != "https://github.com/nfd-compat/nfd-compat/blob/main/docs/checks.md#"+r.RuleID {
			t.Errorf("%s points at %+v", r.RuleID, rule)
		}
		if uri := r.Locations[0].PhysicalLocation.ArtifactLocation.URI; uri != "file:///src/spec%201.yaml" {
			t.Errorf("the file is %s", uri)
		}
	}
}

// TestFindingsAreBounded: a text of endless faults does not fill a terminal, and the last line counts them all.
func TestFindingsAreBounded(t *testing.T) {
	t.Parallel()
	file := render.FileFindings{File: "spec.yaml"}
	for i := range 1200 {
		file.Findings = append(file.Findings, spec.Finding{ID: "x", Severity: spec.SeverityError, Position: spec.Position{Line: i + 1, Column: 1}, Message: strings.Repeat("long ", 1000)})
	}
	findings := render.NewFindings([]render.FileFindings{file})
	var text, github bytes.Buffer
	if err := render.FindingsText(&text, findings, render.TextOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := render.GitHub(&github, findings); err != nil {
		t.Fatal(err)
	}
	for _, out := range []string{text.String(), github.String()} {
		lines := strings.Split(strings.TrimSpace(out), "\n")
		if len(lines) != 1002 || !strings.HasSuffix(lines[1000], "and 200 more") || !strings.HasSuffix(lines[1001], "1200 errors") {
			t.Errorf("%d lines, which end with %q", len(lines), lines[len(lines)-2:])
		}
		for _, line := range lines {
			if len(line) > 800 {
				t.Fatalf("a line of %d bytes", len(line))
			}
		}
	}
}

// TestFindingsJSONKeepsTexts: what is escaped for terminals is what it was, once it is read.
func TestFindingsJSONKeepsTexts(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := render.FindingsJSON(&out, found()); err != nil {
		t.Fatal(err)
	}
	var got render.Findings
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(found(), &got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// failing refuses what is written to it.
type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, fmt.Errorf("no room: %w", os.ErrClosed) }

func TestFindingsCannotBeWritten(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{
		"text": render.FindingsText(failing{}, found(), render.TextOptions{}), "json": render.FindingsJSON(failing{}, found()),
		"sarif": render.SARIF(failing{}, found()), "github": render.GitHub(failing{}, found()),
		"yaml": render.FindingsYAML(failing{}, found()), "kyaml": render.FindingsKYAML(failing{}, found()),
		"junit": render.FindingsJUnit(failing{}, found(), spec.SeverityError), "markdown": render.FindingsMarkdown(failing{}, found()),
	} {
		if err == nil || !strings.Contains(err.Error(), "write the findings") || !strings.Contains(err.Error(), "no room") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestFindingsUnread: what could not be read is counted, and never headed as if nothing were found.
func TestFindingsUnread(t *testing.T) {
	t.Parallel()
	missing := &validate.ResultError{Code: 1, Message: "no such file"}
	for _, test := range []struct {
		files []render.FileFindings
		want  string
	}{
		{[]render.FileFindings{{File: "a", Error: missing}}, "1 file could not be read"},
		{[]render.FileFindings{{File: "a", Error: missing}, {File: "b", Error: missing}, {File: "c"}}, "1 spec: no findings, 2 files could not be read"},
		{[]render.FileFindings{{Image: &validate.Image{Reference: "i"}, Error: missing}}, "1 image could not be read"},
		{[]render.FileFindings{{Image: &validate.Image{Reference: "i"}, Undeclared: "none"}}, "1 image without a spec"},
	} {
		findings := render.NewFindings(test.files)
		var page, log strings.Builder
		if err := errors.Join(render.FindingsMarkdown(&page, findings), render.GitHub(&log, findings)); err != nil {
			t.Fatal(err)
		}
		if want := "### " + test.want + "\n"; !strings.HasPrefix(page.String(), want) {
			t.Errorf("the page is %q, want %q first", &page, want)
		}
		if want := "\nnfd-compat: " + test.want + "\n"; !strings.HasSuffix(log.String(), want) {
			t.Errorf("the log is %q, want %q last", &log, want)
		}
	}
}
