package render

import (
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nfd-compat/nfd-compat/pkg/spec"
)

// Where people read more.
const (
	projectURI = "https://github.com/nfd-compat/nfd-compat"
	checksURI  = projectURI + "/blob/main/docs/checks.md"
	sarifURI   = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)

// SARIF writes findings as a log of SARIF 2.1.0, for those who gather results of many tools: GitHub's code scanning, and
// editors.
//
// Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os-complete.html
func SARIF(w io.Writer, findings *Findings) error {
	run := sarifRun{
		Tool: sarifTool{Driver: sarifDriver{
			Name: findings.Tool.Name, Version: findings.Tool.Version, InformationURI: projectURI, Rules: sarifRules(findings),
		}},
		Invocations: []sarifInvocation{{Successful: true}},
		ColumnKind:  "unicodeCodePoints",
		Results:     []sarifResult{},
	}
	for i := range findings.Files {
		file := &findings.Files[i]
		if failure := file.failure(); failure != "" {
			run.Invocations[0].Successful = false
			run.Invocations[0].Notifications = append(run.Invocations[0].Notifications, sarifNotification{
				Level: "error", Message: sarifText{failure},
			})
		}
		for _, f := range file.Findings {
			run.Results = append(run.Results, sarifResultOf(file, f, run.Tool.Driver.Rules))
		}
	}
	if err := writePlainJSON(w, sarifLog{Schema: sarifURI, Version: "2.1.0", Runs: []sarifRun{run}}); err != nil {
		return fmt.Errorf("write the findings as SARIF: %w", err)
	}
	return nil
}

// sarifRules describes the checks that found something, by ID.
func sarifRules(findings *Findings) []sarifRule {
	found := map[spec.ID]bool{}
	for i := range findings.Files {
		for _, f := range findings.Files[i].Findings {
			found[f.ID] = true
		}
	}
	rules := []sarifRule{}
	for _, check := range spec.Checks() {
		if !found[check.ID] {
			continue
		}
		rules = append(rules, sarifRule{
			ID: string(check.ID), Short: sarifText{check.Title}, Full: sarifText{check.Why}, HelpURI: checksURI + "#" + string(check.ID),
			Help:    sarifHelp{Text: check.Why, Markdown: check.Why + "\n\nWrong:\n\n```yaml\n" + check.Wrong + "```\n\nRight:\n\n```yaml\n" + check.Right + "```\n"},
			Default: sarifConfiguration{Level: string(check.Severity)}, // the severities are SARIF's levels
		})
	}
	return rules
}

func sarifResultOf(file *FileFindings, f spec.Finding, rules []sarifRule) sarifResult {
	artifact := sarifArtifact{URI: sarifFile(file)}
	result := sarifResult{
		RuleID: string(f.ID), RuleIndex: slices.IndexFunc(rules, func(r sarifRule) bool { return r.ID == string(f.ID) }),
		Level: string(f.Severity), Message: sarifText{spec.Finding{Message: f.Message, Suggestion: f.Suggestion}.String()},
	}
	// A finding of the document as a whole is put on its first line: GitHub refuses a log with one that has no place.
	region := sarifRegion{StartLine: max(f.Line, 1), StartColumn: f.Column}
	location := sarifLocation{Physical: sarifPhysical{Artifact: artifact, Region: region}}
	if f.Path != "" {
		location.Logical = []sarifLogical{{Name: f.Path, Kind: "member"}}
	}
	result.Locations = []sarifLocation{location}
	if len(f.Fix) == 0 {
		return result
	}
	change := sarifChange{Artifact: artifact}
	for _, e := range f.Fix {
		change.Replacements = append(change.Replacements, sarifReplacement{
			Deleted:  sarifRegion{StartLine: e.Start.Line, StartColumn: e.Start.Column, EndLine: e.End.Line, EndColumn: e.End.Column},
			Inserted: &sarifText{e.Text},
		})
	}
	what := "Mend it."
	if f.Suggestion != "" {
		what = fmt.Sprintf("Write %q.", f.Suggestion)
	}
	result.Fixes = []sarifFix{{Description: sarifText{what}, Changes: []sarifChange{change}}}
	return result
}

// sarifFile is the URI of a spec: a relative file stays so, for it lies below the root of what was checked out.
func sarifFile(file *FileFindings) string {
	switch {
	case file.File == "-":
		return "stdin"
	case file.File == "" && file.Image != nil:
		if layout, ok := strings.CutPrefix(file.Image.Reference, "oci:"); ok {
			return "oci:" + (&url.URL{Path: layout}).EscapedPath()
		}
		return "docker://" + (&url.URL{Path: file.Image.Reference}).EscapedPath()
	case filepath.IsAbs(file.File):
		return (&url.URL{Scheme: "file", Path: "/" + strings.TrimPrefix(filepath.ToSlash(file.File), "/")}).String()
	}
	return (&url.URL{Path: filepath.ToSlash(filepath.Clean(file.File))}).String()
}
