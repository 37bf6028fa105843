package render

import (
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/nfd-compat/nfd-compat/pkg/spec"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// KindFindings is what a document of findings says of itself; its apiVersion is [validate.APIVersion].
const KindFindings = "SpecFindings"

// Findings are what was found in some specs. Their JSON is stable within v1alpha1.
type Findings struct {
	APIVersion string        `json:"apiVersion"`
	Kind       string        `json:"kind"`
	Tool       validate.Tool `json:"tool"`
	// Files are the specs, in the order in which they were named.
	Files []FileFindings `json:"files"`
}

// FileFindings are what was found in one spec.
type FileFindings struct {
	// File is the file's name as it was given, "-" for standard input; empty if the spec is that of an image.
	File string `json:"file,omitempty"`
	// Image and Artifact tell where the spec came from; nil if it was a file.
	Image    *validate.Image    `json:"image,omitempty"`
	Artifact *validate.Artifact `json:"artifact,omitempty"`
	// Mended is the number of findings that were mended in the file.
	Mended int `json:"mended,omitempty"`
	// Undeclared says that no spec is attached to the image; empty if one is.
	Undeclared string `json:"undeclared,omitempty"`
	// Error says why the spec could not be had; nil if it could.
	Error *validate.ResultError `json:"error,omitempty"`
	// Findings are sorted by position.
	Findings []spec.Finding `json:"findings"`
}

// NewFindings returns the findings of these specs; its Tool's version is the caller's to fill.
func NewFindings(files []FileFindings) *Findings {
	for i := range files {
		if files[i].Findings == nil {
			files[i].Findings = []spec.Finding{}
		}
	}
	return &Findings{APIVersion: validate.APIVersion, Kind: KindFindings, Tool: validate.Tool{Name: "nfd-compat"}, Files: files}
}

// Name names the spec for people: by its file, or by the image, and for one image of an index by its platform as well.
func (f *FileFindings) Name() string {
	switch {
	case f.File == "-":
		return "standard input"
	case f.File != "" || f.Image == nil:
		return f.File
	case f.Artifact != nil && f.Artifact.Subject != f.Image.Digest && f.Image.Platform != "":
		return f.Image.Reference + " (" + f.Image.Platform + ")"
	}
	return f.Image.Reference
}

// mostFindings bounds what is told to people, and to a log: nobody reads more.
const mostFindings = 1000

// FindingsText writes findings for people, a line each as compilers write them, and ends with a line that counts them. In
// full detail the reason for the check stands below each. A line of a finding is not wrapped, for editors read it too.
func FindingsText(w io.Writer, findings *Findings, opts TextOptions) error {
	p := &printer{opts: opts, to: w}
	why := map[spec.ID]string{}
	if opts.Detail == Full {
		for _, check := range spec.Checks() {
			why[check.ID] = check.Why
		}
	}
	told := 0
	for i := range findings.Files {
		file := &findings.Files[i]
		if file.Undeclared != "" {
			p.unwrapped(Clean(file.Name()) + ": " + p.color("undeclared", text.FgYellow) + ": " + Clean(file.Undeclared))
		}
		if opts.Detail == Brief {
			continue
		}
		for _, f := range file.Findings {
			if told++; told <= mostFindings {
				p.finding(file.Name(), f)
				if why := why[f.ID]; why != "" {
					p.wrapped("    ", 4, why)
				}
			}
		}
	}
	if told > mostFindings {
		p.unwrapped(fmt.Sprintf("and %d more", told-mostFindings))
	}
	if summary := summary(findings, true); summary != "" {
		p.unwrapped(Clean(summary))
	}
	return p.write(w, "the findings")
}

// finding writes "file:line:column: severity: path: message [id]".
func (p *printer) finding(file string, f spec.Finding) {
	place := Clean(file)
	if f.Line > 0 {
		place += fmt.Sprintf(":%d:%d", f.Line, f.Column)
	}
	p.unwrapped(fmt.Sprintf("%s: %s: %s [%s]", place, p.severity(f.Severity), Clean(sentence(f)), Clean(string(f.ID))))
}

func (p *printer) severity(s spec.Severity) string {
	switch s {
	case spec.SeverityError:
		return p.color(string(s), text.FgRed)
	case spec.SeverityWarning:
		return p.color(string(s), text.FgYellow)
	case spec.SeverityNote:
	}
	return p.color(Clean(string(s)), text.FgCyan)
}

// sentence says what a finding is, without its place in the text: "path: message; did you mean …?".
func sentence(f spec.Finding) string {
	return spec.Finding{Path: shorten(f.Path, longText), Message: shorten(f.Message, longText), Suggestion: shorten(f.Suggestion, longText)}.String()
}

// failure says why there is no spec to check; empty if there is one.
func (f *FileFindings) failure() string {
	switch {
	case f.Error != nil:
		return f.Name() + ": " + f.Error.Message
	case f.Undeclared != "":
		return f.Name() + ": " + f.Undeclared
	}
	return ""
}

// page is what heads a page of findings, and ends a log of them: the count of what was found, and of the specs that could not
// be had, for of these nothing was found either.
func page(findings *Findings) string {
	var files, images, undeclared int
	for i := range findings.Files {
		switch file := &findings.Files[i]; {
		case file.Error != nil && file.File == "":
			images++
		case file.Error != nil:
			files++
		case file.Undeclared != "":
			undeclared++
		}
	}
	var parts []string
	if counting := summary(findings, false); counting != "" {
		parts = append(parts, counting)
	}
	for _, part := range []struct {
		n    int
		what string
		why  string
	}{{files, "file", "could not be read"}, {images, "image", "could not be read"}, {undeclared, "image", "without a spec"}} {
		if part.n > 0 {
			parts = append(parts, counted(part.n, part.what)+" "+part.why)
		}
	}
	return strings.Join(parts, ", ")
}

// summary counts the findings; it is empty if no spec could be had. Only with names does it name a file.
func summary(findings *Findings, names bool) string {
	var (
		read, mended, fixable int
		last                  string
		counts                = map[spec.Severity]int{}
	)
	for i := range findings.Files {
		file := &findings.Files[i]
		mended += file.Mended
		if file.failure() != "" {
			continue
		}
		read++
		last = file.Name()
		for _, f := range file.Findings {
			counts[f.Severity]++
			if isFile := file.File != "" && file.File != "-"; isFile && len(f.Fix) > 0 {
				fixable++
			}
		}
	}
	var parts []string
	if mended > 0 {
		parts = append(parts, fmt.Sprintf("%d mended", mended))
	}
	for _, s := range spec.Severities() {
		if n := counts[s]; n > 0 {
			parts = append(parts, counted(n, string(s)))
		}
	}
	switch {
	case read == 0:
		return ""
	case len(counts) == 0:
		parts = append(parts, "no findings")
	}
	if fixable > 0 {
		parts = append(parts, fmt.Sprintf("%d can be mended with --fix", fixable))
	}
	counting := strings.Join(parts, ", ")
	switch {
	case len(counts) > 0:
		return counting
	case names && read == 1:
		return last + ": " + counting
	}
	return counted(read, "spec") + ": " + counting
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
