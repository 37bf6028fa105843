package spec

import (
	"slices"
	"strings"
)

// A CheckInfo tells of one kind of fault.
type CheckInfo struct {
	ID       ID
	Severity Severity
	// Title is one line on what is found.
	Title string
	// Why says why it is a fault.
	Why string
	// Wrong and Right are whole small documents, one with the fault and one without.
	Wrong, Right string
	// Fixable says that the fault can be mended by itself, where it is clear how.
	Fixable bool
	// Decoding says that the fault is found in decoding, so that nothing else of the text is checked.
	Decoding bool
}

// Checks returns what is found, in the order in which it is looked for: by decoding, by [Check], and by compiling (see
// package validate). The caller owns the result.
func Checks() []CheckInfo {
	return slices.Concat(decodingChecks(), structureChecks(), wordChecks(), meaningChecks(), compilingChecks())
}

// docText is the text of a document, written from the line below the quote on.
func docText(document string) string { return strings.TrimPrefix(document, "\n") }

// docSets is a document with these compatibility sets.
func docSets(list string) string {
	return "version: " + Version + "\ncompatibilities:\n" + docText(list)
}

// docRules is a document with a set of these rules.
func docRules(list string) string { return docSets("- rules:\n" + indented(list)) }

// docTerms is a document with a rule of these terms.
func docTerms(list string) string {
	return docRules("- name: example\n  matchFeatures:\n" + indented(list))
}

func indented(list string) string {
	var out strings.Builder
	for line := range strings.Lines(docText(list)) {
		out.WriteString("  " + line)
	}
	return out.String()
}

// docKernel is a document with nothing wrong in it.
func docKernel() string {
	return docTerms(`
- feature: kernel.version
  matchExpressions:
    full: {op: Ge, value: ["5.10"], type: version}
`)
}
