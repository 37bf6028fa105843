package derive

import (
	"fmt"
	"strings"

	"github.com/nfd-compat/nfd-compat/pkg/spec"
)

// A Draft is a spec that was made from something else.
type Draft struct {
	// Spec holds the requirements; nil if there are none.
	Spec *spec.Spec
	// From names what the requirements were made of, such as "NVIDIA_REQUIRE_CUDA".
	From []string
	// Comments are for the spec's reader: lines by the path of the field that they stand above, such as
	// "compatibilities[0].rules[1]", and under "" those above the document.
	Comments map[string][]string
	// Remarks tell what was left out, what is doubtful, and what is probably not meant.
	Remarks []Remark
}

// A Remark is something that people should know of a draft.
type Remark struct {
	// Severity is [spec.SeverityWarning] for what changes the requirements, and [spec.SeverityNote] for what is worth knowing.
	Severity spec.Severity
	// Source is what the remark is about, such as "NVIDIA_REQUIRE_CUDA".
	Source string
	// Message says what it is and what to do.
	Message string
}

// String returns the remark on one line.
func (r Remark) String() string { return r.Source + ": " + r.Message }

func (d *Draft) warn(source, format string, args ...any) {
	d.Remarks = append(d.Remarks, Remark{spec.SeverityWarning, excerpt(source), fmt.Sprintf(format, args...)})
}

func (d *Draft) note(source, format string, args ...any) {
	d.Remarks = append(d.Remarks, Remark{spec.SeverityNote, excerpt(source), fmt.Sprintf(format, args...)})
}

// from notes what requirements were made of: a name of a stranger's, of which From has one readable line.
func (d *Draft) from(name string) { d.From = append(d.From, excerpt(name)) }

// comment adds lines above what stands at a path.
func (d *Draft) comment(path string, lines ...string) {
	if d.Comments == nil {
		d.Comments = map[string][]string{}
	}
	d.Comments[path] = append(d.Comments[path], lines...)
}

// A Fault is a declaration that is malformed.
type Fault struct {
	// Variable is the environment variable.
	Variable string
	// Value is all of its value.
	Value string
	// Message says which part is wrong, and what to write.
	Message string
}

// A DeclarationError says that an image's declared requirements are malformed.
type DeclarationError struct {
	// Faults are all that were found, at least one.
	Faults []Fault
}

// Error names the variables, what is wrong with each, and what to do.
func (e *DeclarationError) Error() string {
	const most = 10
	var lines []string
	for _, f := range e.Faults[:min(len(e.Faults), most)] {
		lines = append(lines, fmt.Sprintf("%s=%q: %s", clean(f.Variable), excerpt(f.Value), f.Message))
	}
	if more := len(e.Faults) - most; more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", more))
	}
	if len(lines) == 1 {
		return "a requirement that the image declares is malformed: " + lines[0]
	}
	return "requirements that the image declares are malformed:\n  " + strings.Join(lines, "\n  ")
}

// excerpt makes a stranger's text fit for a sentence: one line of a readable length.
func excerpt(text string) string {
	const most = 120
	runes := []rune(clean(text))
	if len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return string(runes)
}
