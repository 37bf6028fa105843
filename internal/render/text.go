package render

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// TextOptions say for what kind of reader a text is. The zero value is for a pipe.
type TextOptions struct {
	// Color marks outcomes with ANSI colours.
	Color bool
	// Width is the number of columns to wrap at; zero is no wrapping.
	Width int
}

// Text writes a report for people. Each result ends with a line that begins with its verdict.
func Text(w io.Writer, report *validate.Report, opts TextOptions) error {
	p := &printer{opts: opts}
	for i := range report.Results {
		if i > 0 {
			p.line(0, "")
		}
		p.result(&report.Results[i])
	}
	if _, err := w.Write(p.out.Bytes()); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

type printer struct {
	opts TextOptions
	out  bytes.Buffer
}

// The longest texts shown, in characters; the JSON report has them whole.
const (
	longText  = 600
	shortText = 120
)

// line writes one line at an indentation, wrapped at the width with the rest two columns further in.
func (p *printer) line(indent int, content string) {
	p.wrapped(strings.Repeat(" ", indent), indent+2, content)
}

// labelled writes a line whose content begins, and goes on where it is wrapped, in the eleventh column.
func (p *printer) labelled(label, content string) {
	const column = 10
	p.wrapped(fmt.Sprintf("%-*s", column, label), column, content)
}

// wrapped writes a beginning and a content, which goes on at an indentation where it is wrapped.
func (p *printer) wrapped(beginning string, indent int, content string) {
	const narrowest = 20
	if p.opts.Width > 0 && len(beginning)+text.StringWidthWithoutEscSequences(content) > p.opts.Width {
		content = text.WrapSoft(content, max(p.opts.Width-indent, narrowest))
	}
	for i, part := range strings.Split(content, "\n") {
		if i > 0 {
			beginning = strings.Repeat(" ", indent)
		}
		p.out.WriteString(strings.TrimRight(beginning+part, " ") + "\n")
	}
}

func (p *printer) color(s string, c text.Color) string {
	if !p.opts.Color {
		return s
	}
	return text.Escape(s, c.EscapeSeq())
}

// mark is the sign of an outcome.
func (p *printer) mark(o validate.Outcome) string {
	switch o {
	case validate.Match:
		return p.color("✓", text.FgGreen)
	case validate.Mismatch:
		return p.color("✗", text.FgRed)
	case validate.Unknown:
	}
	return p.color("?", text.FgYellow)
}

func (p *printer) verdict(v validate.Verdict) string {
	switch v {
	case validate.Compatible:
		return p.color(string(v), text.FgGreen)
	case validate.Incompatible:
		return p.color(string(v), text.FgRed)
	case validate.VerdictUnknown, validate.Undeclared:
	}
	return p.color(string(v), text.FgYellow)
}

func (p *printer) result(r *validate.Result) {
	p.subject(r)
	for i := range r.Sets {
		p.line(0, "")
		p.set(&r.Sets[i])
	}
	p.line(0, "")
	if r.Error != nil {
		p.line(0, p.color("error", text.FgRed)+": "+Clean(shorten(r.Error.Message, longText)))
		return
	}
	p.line(0, p.verdict(r.Verdict)+": "+Clean(shorten(r.Reason, longText)))
}

// subject tells what was judged: the image, its artifact, the host.
func (p *printer) subject(r *validate.Result) {
	if i := r.Image; i != nil {
		p.labelled("image", join(i.Reference, i.Platform))
		p.labelled("", Clean(i.Digest))
		if i.CachedAt != "" {
			p.labelled("", Clean("from the cache, as of "+i.CachedAt))
		}
		if i.Unexamined > 0 && r.Artifact != nil { // else the reason says so
			p.labelled("", fmt.Sprintf("%d of its referrers were not looked at", i.Unexamined))
		}
	}
	if a := r.Artifact; a != nil {
		p.labelled("artifact", Clean(a.Digest))
		about := []string{"found by " + via(a.Via)}
		if a.Created != "" {
			about = append(about, "created "+a.Created)
		}
		if n := len(a.PassedOver); n > 0 {
			about = append(about, fmt.Sprintf("%d older passed over", n))
		}
		p.labelled("", Clean(strings.Join(about, ", ")))
		if r.Image != nil && a.Subject != r.Image.Digest {
			p.labelled("", "attached to "+Clean(a.Subject))
		}
	}
	if len(r.Inferred) > 0 {
		p.labelled("spec", "none is attached; inferred from "+Clean(shorten(strings.Join(r.Inferred, ", "), longText)))
	}
	if n := r.Node; n != nil {
		platform := strings.Trim(n.OS+"/"+n.Architecture, "/")
		kernel := n.Kernel
		if kernel != "" {
			kernel = "kernel " + kernel
		}
		if host := join(n.Name, platform, kernel); host != "" {
			p.labelled("host", host)
		}
	}
}

// join puts what there is of some texts on one line.
func join(parts ...string) string {
	var there []string
	for _, part := range parts {
		if part != "" {
			there = append(there, Clean(shorten(part, shortText)))
		}
	}
	return strings.Join(there, ", ")
}

// via says in words how an artifact was found.
func via(how string) string {
	switch how {
	case "referrers-api":
		return "the referrers API"
	case "referrers-tag":
		return "the referrers tag"
	case "oci-layout":
		return "the OCI layout's index"
	case "oci-archive":
		return "the index of the OCI archive"
	case "digest":
		return "its digest"
	}
	return how
}

func (p *printer) set(s *validate.SetResult) {
	name := validate.SetReference{Index: s.Index, Tag: shorten(s.Tag, shortText), Weight: s.Weight}.String()
	p.line(0, Clean(name)+": "+p.verdict(s.Verdict))
	if s.Description != "" {
		p.wrapped("  ", 2, Clean(shorten(s.Description, longText)))
	}
	for i := range s.Rules {
		p.rule(&s.Rules[i])
	}
	for _, r := range s.CELRules {
		p.line(2, marked(p.mark(r.Outcome), "CEL rule "+quoteName(r.Name), r.Reason))
	}
}

func (p *printer) rule(r *validate.RuleResult) {
	p.line(2, p.mark(r.Outcome)+" rule "+quoteName(r.Name))
	p.expressions(6, r.MatchFeatures)
	for i, alternative := range r.MatchAny {
		which := "either"
		if i > 0 {
			which = "or"
		}
		p.line(6, which)
		p.expressions(8, alternative)
	}
}

func (p *printer) expressions(indent int, expressions []validate.ExpressionResult) {
	for i := range expressions {
		e := &expressions[i]
		p.line(indent, marked(p.mark(e.Outcome), wanted(e), outcomeText(e)))
		if last := i == len(expressions)-1 || expressions[i+1].Term != e.Term; last {
			p.instance(indent+4, e)
		}
	}
}

// instance shows the instance that came closest, once for all expressions of a term.
func (p *printer) instance(indent int, e *validate.ExpressionResult) {
	if e.Instances == nil || len(e.Instance) == 0 || e.Matcher != validate.MatchExpressions {
		return
	}
	var attributes []string
	for _, name := range slices.Sorted(maps.Keys(e.Instance)) {
		attributes = append(attributes, Clean(shorten(name+"="+e.Instance[name], shortText)))
	}
	p.line(indent, fmt.Sprintf("the closest of %d: %s", *e.Instances, strings.Join(attributes, " ")))
}

// wanted says what an expression asks for, in the words of the spec.
func wanted(e *validate.ExpressionResult) string {
	words := []string{e.Feature, e.Element, string(e.Op)}
	if e.Matcher == validate.MatchName {
		words[1] = "(any name)"
	}
	const most = 8
	values := e.Value
	if len(values) > most {
		values = append(slices.Clone(values[:most]), fmt.Sprintf("… (%d in all)", len(e.Value)))
	}
	words = append(words, strings.Join(values, ", "))
	if e.Type != "" {
		words = append(words, "("+string(e.Type)+")")
	}
	words = slices.DeleteFunc(words, func(w string) bool { return w == "" })
	return Clean(shorten(strings.Join(words, " "), longText))
}

// outcomeText says what was observed, or why it does not match.
func outcomeText(e *validate.ExpressionResult) string {
	if e.Outcome != validate.Match {
		return Clean(shorten(e.Reason, longText))
	}
	if e.Observed == nil || *e.Observed == "present" {
		return ""
	}
	return Clean(shorten(*e.Observed, shortText))
}

// marked puts a sign before a text, and what there is to say of it after it.
func marked(mark, what, more string) string {
	if more == "" {
		return mark + " " + what
	}
	return mark + " " + what + ": " + Clean(more)
}

func quoteName(name string) string {
	if name == "" {
		return "(no name)"
	}
	return Clean(shorten(name, shortText))
}
