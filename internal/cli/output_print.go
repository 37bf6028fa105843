package cli

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/nfd-compat/nfd-compat/internal/render"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// printerOf prints a report in the formats of validate-node.
func (o *validateNode) printerOf(report *validate.Report) printer {
	ci := render.CIOptions{Undeclared: o.undeclaredSeverity()}
	return func(to io.Writer, format string, options render.TextOptions) error {
		switch format {
		case outputJSON:
			return render.JSON(to, report)
		case outputYAML:
			return render.YAML(to, report)
		case outputKYAML:
			return render.KYAML(to, report)
		case outputJUnit:
			return render.JUnit(to, report, ci)
		case outputGitHub:
			return render.ReportGitHub(to, report, ci)
		case outputMarkdown:
			return render.Markdown(to, report)
		case outputNFD:
			return o.printNFD(to, report)
		case outputText:
			if (to == o.streams.Out || to == o.streams.Err) && report.Results[0].Error != nil && len(report.Results) == 1 {
				return nil // it is told on standard error
			}
			return render.Text(to, report, options)
		}
		return fmt.Errorf("there is no output %q", format)
	}
}

// printNFD prints what NFD's client would. Without a set to judge that is nothing, and the reason is on standard error; an
// empty array would look as if nothing were required.
func (o *validateNode) printNFD(to io.Writer, report *validate.Report) error {
	o.noteWhatIf(report)
	for _, r := range report.Results {
		if len(r.Sets) > 0 {
			return render.NFDJSON(to, report)
		}
	}
	for _, r := range report.Results {
		if allowed := r.Verdict == validate.Undeclared && o.onMissing != onMissingFail; r.Error == nil && !allowed {
			o.streams.say("%s", r.Reason)
		}
	}
	return nil
}

// noteWhatIf tells people what NFD's JSON has no place for: that this is not on the host as it is.
func (o *validateNode) noteWhatIf(report *validate.Report) {
	const most = 5
	features := map[string]bool{}
	for i := range report.Results {
		for _, override := range report.Results[i].Overrides {
			features[override.Feature] = true
		}
	}
	names := slices.Sorted(maps.Keys(features))
	if len(names) == 0 {
		return
	}
	text, verb := strings.Join(names[:min(len(names), most)], ", "), "are"
	if more := len(names) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	if len(names) == 1 {
		verb = "is"
	}
	o.streams.note("what if: %s %s not all the host's own, which NFD's JSON cannot tell", text, verb)
}

// undeclaredSeverity is how bad an image without a spec is.
func (o *validateNode) undeclaredSeverity() spec.Severity {
	switch o.onMissing {
	case onMissingWarn:
		return spec.SeverityWarning
	case onMissingIgnore:
		return spec.SeverityNote
	}
	return spec.SeverityError
}

// printerOf prints findings in the formats of validate-spec.
func (o *validateSpec) printerOf(findings *render.Findings) printer {
	return func(to io.Writer, format string, options render.TextOptions) error {
		switch format {
		case outputJSON:
			return render.FindingsJSON(to, findings)
		case outputYAML:
			return render.FindingsYAML(to, findings)
		case outputKYAML:
			return render.FindingsKYAML(to, findings)
		case outputSARIF:
			return render.SARIF(to, findings)
		case outputJUnit:
			return render.FindingsJUnit(to, findings, spec.Severity(o.severity))
		case outputGitHub:
			return render.GitHub(to, findings)
		case outputMarkdown:
			return render.FindingsMarkdown(to, findings)
		case outputText:
			return render.FindingsText(to, findings, options)
		}
		return fmt.Errorf("there is no output %q", format)
	}
}
