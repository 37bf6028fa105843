package render

import (
	"fmt"
	"io"
	"strings"

	"github.com/nfd-compat/nfd-compat/pkg/spec"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// ReportGitHub writes a report as workflow commands, from which GitHub Actions makes annotations: one for each result that
// is not compatible, and one if the features are not the host's own. It ends with a line of the log that tells the verdict. [Markdown] is for the summary of the step.
func ReportGitHub(w io.Writer, report *validate.Report, opts CIOptions) error {
	titles, cautions := newTitler(report), newCautioner(report)
	p := &printer{to: w}
	if common := report.CommonOverrides(); len(common) > 0 {
		p.out.WriteString(annotation("notice", []string{"title=what if"}, strings.Join(overriddenLines(common, mostOverridden), "\n")))
	}
	told := 0
	for i := range report.Results {
		r := &report.Results[i]
		title, caveats := titles.of(r)+": "+r.Word(), cautions.of(r)
		compatible := r.Word() == string(validate.Compatible)
		if compatible && len(caveats) == 0 {
			continue
		}
		if told++; told > mostFindings {
			continue
		}
		if compatible { // which is nothing to be alarmed at, so it is told in the log alone
			p.out.WriteString("nfd-compat: " + Clean(title+": "+strings.Join(caveats, "; ")) + "\n")
		} else {
			p.out.WriteString(annotation(levelOf(r, opts), []string{"title=" + escapeProperty(title)}, annotated(r, caveats)))
		}
		p.spill()
	}
	if told > mostFindings {
		fmt.Fprintf(&p.out, "nfd-compat: and %d more\n", told-mostFindings)
	}
	last := Clean(report.Word()) // and no word of a stranger, which could be a command
	if len(report.Results) != 1 {
		last += ": " + tally(report)
	}
	p.out.WriteString("nfd-compat: " + last + supposed(report.Results...) + "\n")
	return p.write(w, "the report")
}

// levelOf is how bad a result that is not compatible is.
func levelOf(r *validate.Result, opts CIOptions) string {
	if r.Error == nil && r.Verdict == validate.Undeclared && opts.Undeclared != "" {
		return annotationLevel(opts.Undeclared)
	}
	return annotationLevel(spec.SeverityError)
}

// annotationLevel is the workflow command for a severity.
func annotationLevel(s spec.Severity) string {
	switch s {
	case spec.SeverityError:
		return "error"
	case spec.SeverityWarning:
		return "warning"
	case spec.SeverityNote:
	}
	return "notice"
}

// annotated is the message of an annotation: why the result is what it is, its caveats, which containers run the
// image, and what is missing.
func annotated(r *validate.Result, caveats []string) string {
	const most = 40 // lines that somebody reads in a box at the edge of a page
	lines := append([]string{reasonOf(r)}, caveats...)
	if by := usersOf(r); by != "" {
		lines = append(lines, "used by "+by)
	}
	lines = append(lines, missingLines(r)...)
	if more := len(lines) - most; more > 0 {
		lines = append(lines[:most], fmt.Sprintf("and %d lines more", more))
	}
	return strings.Join(lines, "\n")
}

// missingLines are the lines of the text that say which sets, rules and expressions do not hold.
func missingLines(r *validate.Result) []string {
	if r.Error != nil || r.Verdict == validate.Compatible {
		return nil
	}
	p := &printer{}
	p.missing(r, func() {})
	if p.out.Len() == 0 {
		return nil
	}
	return strings.Split(strings.TrimSuffix(p.out.String(), "\n"), "\n")
}
