package spec

import (
	"fmt"
	"slices"
	"strings"
)

// A Severity says how bad a finding is.
type Severity string

// The severities, from the worst.
const (
	// SeverityError is for what can never be meant, or would pass silently.
	SeverityError Severity = "error"
	// SeverityWarning is for what will hardly ever match.
	SeverityWarning Severity = "warning"
	// SeverityNote is for what is worth knowing.
	SeverityNote Severity = "note"
)

// Severities returns the severities, from the worst.
func Severities() []Severity {
	return []Severity{SeverityError, SeverityWarning, SeverityNote}
}

// AtLeast tells whether a severity is this one, or a worse one. What is no severity is below all.
func (s Severity) AtLeast(least Severity) bool {
	all := Severities()
	at := slices.Index(all, s)
	return at >= 0 && at <= slices.Index(all, least)
}

// A Position is a place in a spec's text; both numbers count from 1, and the column counts characters. The zero value
// is no place at all.
type Position struct {
	Line   int `json:"line,omitempty"`
	Column int `json:"column,omitempty"`
}

// A Finding is one fault of a spec.
type Finding struct {
	// ID names the kind of fault; it is stable.
	ID ID `json:"id"`
	// Severity of the fault.
	Severity Severity `json:"severity"`
	// Position in the text.
	Position
	// Path of the field, such as "compatibilities[0].rules[1].name"; empty for the document as a whole.
	Path string `json:"path,omitempty"`
	// Message says what is wrong and what to do.
	Message string `json:"message"`
	// Suggestion is the known word that was probably meant; empty if none is near.
	Suggestion string `json:"suggestion,omitempty"`
	// Fix are the edits that mend it, where that is mechanical; see [Apply].
	Fix []Edit `json:"fix,omitempty"`
}

// An ID names a kind of fault.
type ID string

// The kinds of faults: of the text, the structure, the words and the meaning of a spec, which this package finds, and of its
// expressions, which package validate finds when it compiles them. [Checks] tells of each.
const (
	IDSyntax           ID = "syntax"
	IDTooLarge         ID = "too-large"
	IDEmptyDocument    ID = "empty-document"
	IDSecondDocument   ID = "second-document"
	IDWrongType        ID = "wrong-type"
	IDUnknownField     ID = "unknown-field"
	IDDuplicateKey     ID = "duplicate-key"
	IDVersion          ID = "version"
	IDMissingField     ID = "missing-field"
	IDNilExpression    ID = "nil-expression"
	IDUnsupportedValue ID = "unsupported-value"
	IDUnknownKind      ID = "unknown-kind"

	IDEmptySpec          ID = "empty-spec"
	IDEmptySet           ID = "empty-set"
	IDEmptyRule          ID = "empty-rule"
	IDEmptyTerm          ID = "empty-term"
	IDRuleWithoutMatcher ID = "rule-without-matcher"
	IDDuplicateRule      ID = "duplicate-rule"
	IDIndistinctSets     ID = "indistinct-sets"
	IDNFDIgnores         ID = "nfd-ignores"

	IDYAMLValue      ID = "yaml-value"
	IDFeatureName    ID = "feature-name"
	IDFeatureCase    ID = "feature-case"
	IDUnknownFeature ID = "unknown-feature"
	IDUnknownElement ID = "unknown-element"
	IDUnknownValue   ID = "unknown-value"
	IDOperator       ID = "operator"
	IDModuleName     ID = "module-name"
	IDPCIID          ID = "pci-id"

	IDFlagValue             ID = "flag-value"
	IDMatchNameNotIn        ID = "match-name-not-in"
	IDMatchNameDoesNotExist ID = "match-name-does-not-exist"
	IDUnsetVar              ID = "unset-var"
	IDContradiction         ID = "contradiction"

	IDValueCount      ID = "value-count"
	IDValueType       ID = "value-type"
	IDInvalidRegexp   ID = "invalid-regexp"
	IDInvalidNumber   ID = "invalid-number"
	IDInvalidVersion  ID = "invalid-version"
	IDInvertedRange   ID = "inverted-range"
	IDTagSelectsNone  ID = "tag-selects-none"
	IDInvalidTemplate ID = "invalid-template"
	IDInvalidCEL      ID = "invalid-cel"
)

// String returns the finding on one line: "line:column: path: message".
func (f Finding) String() string { return f.In("") }

// In returns the finding on one line that begins with the name of the file that it is in, as compilers have it:
// "file:line:column: path: message". Without a name it is [Finding.String].
func (f Finding) In(file string) string {
	place := file
	if f.Line > 0 {
		place = strings.TrimPrefix(fmt.Sprintf("%s:%d:%d", file, f.Line, f.Column), ":")
	}
	var parts []string
	for _, part := range []string{place, shortenPath(f.Path), f.Message} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	text := strings.Join(parts, ": ")
	if f.Suggestion != "" {
		text += fmt.Sprintf("; did you mean %q?", f.Suggestion)
	}
	return text
}

// shortenPath cuts the middle out of a path that nobody would read; its end says the most.
func shortenPath(path string) string {
	const most, begin = 300, 100
	if len(path) <= most {
		return path
	}
	return strings.ToValidUTF8(path[:begin], "") + "…" + strings.ToValidUTF8(path[len(path)-(most-begin):], "")
}

// An Error says that a spec is invalid, with everything that was found wrong with it.
type Error struct {
	// File is the name of the spec's file, for the text of the error; empty if it has none.
	File string
	// Findings holds at least one finding of SeverityError.
	Findings []Finding
}

// maxTold is how many findings the text of an error tells: nobody reads more.
const maxTold = 30

// Error tells the findings, the first of them if there are very many, each on a line of its own if there are several.
func (e *Error) Error() string {
	if len(e.Findings) == 1 {
		return "the spec is invalid: " + e.Findings[0].In(e.File)
	}
	var text strings.Builder
	text.WriteString("the spec is invalid:")
	for _, f := range e.Findings[:min(len(e.Findings), maxTold)] {
		text.WriteString("\n  " + f.In(e.File))
	}
	if more := len(e.Findings) - maxTold; more > 0 {
		fmt.Fprintf(&text, "\n  and %d more", more)
	}
	return text.String()
}

// Errors returns the findings of SeverityError as an [*Error], or nil if there is none.
func Errors(findings []Finding) error {
	var faults []Finding
	for _, f := range findings {
		if f.Severity == SeverityError {
			faults = append(faults, f)
		}
	}
	if len(faults) == 0 {
		return nil
	}
	return &Error{Findings: faults}
}
