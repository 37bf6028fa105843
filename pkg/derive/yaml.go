package derive

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"

	"github.com/nfd-compat/nfd-compat/pkg/spec"
)

// YAML writes the spec as a document, with the comments. Decoding it gives the spec again. It is nil if there is no spec.
func (d *Draft) YAML() []byte {
	if d.Spec == nil {
		return nil
	}
	w := &writer{comments: d.Comments}
	w.comment(0, "")
	w.line(0, "version: "+scalar(spec.Version))
	w.line(0, "compatibilities:")
	for i := range d.Spec.Compatibilities {
		w.set(&d.Spec.Compatibilities[i], spec.ItemPath("compatibilities", i))
	}
	return []byte(w.out.String())
}

// A writer writes the fields of a spec in the order and the style of the documentation. Lists stand at the indentation of
// their field.
type writer struct {
	comments map[string][]string
	out      strings.Builder
	item     bool // the next line begins an item of a list
}

// line writes a line at an indentation; the first of an item has its dash two columns before.
func (w *writer) line(indent int, text string) {
	if w.item {
		w.out.WriteString(strings.Repeat(" ", indent-2) + "- ")
		w.item = false
	} else {
		w.out.WriteString(strings.Repeat(" ", indent))
	}
	w.out.WriteString(text + "\n")
}

// comment writes the comments of a path, wrapped.
func (w *writer) comment(indent int, path string) {
	const width = 110
	prefix := strings.Repeat(" ", indent) + "#"
	for _, text := range w.comments[path] {
		line := prefix
		for word := range strings.FieldsSeq(clean(text)) {
			if len(line)+1+len(word) > width && line != prefix {
				w.out.WriteString(line + "\n")
				line = prefix
			}
			line += " " + word
		}
		w.out.WriteString(line + "\n")
	}
}

func (w *writer) set(set *spec.Compatibility, at string) {
	w.comment(0, at)
	w.item = true
	if set.Tag != "" {
		w.line(2, "tag: "+scalar(set.Tag))
	}
	if set.Weight != 0 {
		w.line(2, "weight: "+strconv.Itoa(set.Weight))
	}
	if set.Description != "" {
		w.line(2, "description: "+scalar(set.Description))
	}
	if len(set.Rules) == 0 {
		w.line(2, "rules: []")
	} else {
		w.line(2, "rules:")
	}
	for i := range set.Rules {
		w.rule(&set.Rules[i], spec.ItemPath(spec.FieldPath(at, "rules"), i))
	}
	if len(set.CELRules) > 0 {
		w.line(2, "celRules:")
	}
	for _, r := range set.CELRules {
		w.item = true
		w.line(4, "name: "+scalar(r.Name))
		w.line(4, "expression: "+scalar(r.Expression))
		if r.Message != "" {
			w.line(4, "message: "+scalar(r.Message))
		}
	}
}

func (w *writer) rule(r *nfdv1alpha1.GroupRule, at string) {
	w.comment(2, at)
	w.item = true
	w.line(4, "name: "+scalar(r.Name))
	if len(r.Vars) > 0 {
		w.line(4, "vars:")
		for _, name := range slices.Sorted(maps.Keys(r.Vars)) {
			w.line(6, scalar(name)+": "+quoted(r.Vars[name]))
		}
	}
	if r.VarsTemplate != "" {
		w.text(4, "varsTemplate", r.VarsTemplate)
	}
	w.matcher(4, r.MatchFeatures)
	if len(r.MatchAny) > 0 {
		w.line(4, "matchAny:")
	}
	for i := range r.MatchAny {
		w.comment(4, spec.ItemPath(spec.FieldPath(at, "matchAny"), i))
		w.item = true
		if len(r.MatchAny[i].MatchFeatures) == 0 {
			w.line(6, "matchFeatures: []")
		}
		w.matcher(6, r.MatchAny[i].MatchFeatures)
	}
}

// text writes a text of several lines as such where that is safe.
func (w *writer) text(indent int, field, text string) {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if !strings.HasSuffix(text, "\n") || slices.ContainsFunc(lines, notLiteral) {
		w.line(indent, field+": "+quoted(text))
		return
	}
	w.line(indent, field+": |")
	for _, line := range lines {
		w.line(indent+2, line)
	}
}

// notLiteral tells of a line that would not stand as it is in a literal block: empty, indented, or with more than ASCII.
func notLiteral(line string) bool {
	return line == "" || line != strings.TrimSpace(line) || strings.ContainsFunc(line, func(r rune) bool { return r < ' ' || r > '~' })
}

func (w *writer) matcher(indent int, terms nfdv1alpha1.FeatureMatcher) {
	if len(terms) > 0 {
		w.line(indent, "matchFeatures:")
	}
	for i := range terms {
		t := &terms[i]
		w.item = true
		w.line(indent+2, "feature: "+scalar(t.Feature))
		if t.MatchExpressions != nil {
			w.line(indent+2, "matchExpressions:")
			for _, name := range slices.Sorted(maps.Keys(*t.MatchExpressions)) {
				w.line(indent+4, scalar(name)+": "+expression((*t.MatchExpressions)[name]))
			}
		}
		if t.MatchName != nil {
			w.line(indent+2, "matchName: "+expression(t.MatchName))
		}
	}
}

// expression writes an expression on one line.
func expression(e *nfdv1alpha1.MatchExpression) string {
	if e == nil {
		return "null"
	}
	text := "{op: " + scalar(string(e.Op))
	if len(e.Value) > 0 {
		values := make([]string, len(e.Value))
		for i, v := range e.Value {
			values[i] = quoted(v)
		}
		text += ", value: [" + strings.Join(values, ", ") + "]"
	}
	if e.Type != "" {
		text += ", type: " + scalar(string(e.Type))
	}
	return text + "}"
}

// plainText are texts that need no quotes: they begin with a letter, and nothing in them means anything to YAML.
var plainText = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_./-]*( [A-Za-z0-9_./-]+)*$`)

// scalar writes a text, in quotes if it could be read as something else.
func scalar(text string) string {
	words := []string{"y", "n", "yes", "no", "on", "off", "true", "false", "null"} // of YAML 1.1
	if !plainText.MatchString(text) || slices.Contains(words, strings.ToLower(text)) {
		return quoted(text)
	}
	return text
}

// quoted writes a text in double quotes. Go's escapes are all YAML's too, but for bytes that are no text, which are replaced.
func quoted(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range strings.ToValidUTF8(text, "\uFFFD") {
		switch {
		case r == '"' || r == '\\':
			b.WriteString(`\` + string(r))
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < ' ', r == 0x7f, r > '~' && !unicode.IsPrint(r):
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// clean makes a stranger's text fit for a comment: printable characters on one line.
func clean(text string) string {
	return strings.Join(strings.FieldsFunc(strings.ToValidUTF8(text, "\uFFFD"), func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsPrint(r)
	}), " ")
}
