package render

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/nfd-compat/nfd-compat/pkg/features"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// maxShownDifferences bounds the elements, and the instances, of one feature that the text shows, unless it is to tell all.
const maxShownDifferences = 20

// DifferenceText writes a difference for people: what is gone with a minus, what is new with a plus, and else what it was and
// what it is. The last line says how much it is, or what becomes of the verdict.
func DifferenceText(w io.Writer, d *Difference, opts TextOptions) error {
	p := &diffPrinter{printer{opts: opts}}
	if d.Report != nil && opts.Detail != Brief {
		p.compared("a", d.A, d.Report.A)
		p.compared("b", d.B, d.Report.B)
		p.gap()
	}
	switch {
	case opts.Detail == Brief || !d.Differs:
	case d.Report != nil:
		for i := range d.Report.Results {
			p.result(&d.Report.Results[i])
		}
	default:
		for i := range d.Features {
			p.feature(&d.Features[i])
		}
	}
	p.line(0, p.sum(d))
	if _, err := w.Write(p.out.Bytes()); err != nil {
		return fmt.Errorf("write the difference: %w", err)
	}
	return nil
}

type diffPrinter struct{ printer }

// colored gives a word its colour: of what is well, of what is not, and of what is not known.
func (p *diffPrinter) colored(word string) string {
	switch word {
	case "compatible", "match", "discovered":
		return p.color(word, text.FgGreen)
	case "incompatible", "mismatch", "error":
		return p.color(word, text.FgRed)
	case "":
		return "nothing"
	}
	return p.color(Clean(shorten(word, shortText)), text.FgYellow)
}

func (p *diffPrinter) from(c validate.Change) string {
	return p.colored(c.A) + " → " + p.colored(c.B)
}

// sign is the sign of what is only in one of both.
func (p *diffPrinter) sign(only string) string {
	switch only {
	case "a":
		return p.color("-", text.FgRed) + " "
	case "b":
		return p.color("+", text.FgGreen) + " "
	}
	return ""
}

// compared tells what one of two reports is of.
func (p *diffPrinter) compared(label, file string, c validate.Compared) {
	some := func(n int, name, what string) string {
		if n > 1 {
			return counted(n, what)
		}
		return Clean(shorten(name, longText))
	}
	of := listed(" on ", some(c.Images, c.Image, "image"), some(c.Nodes, c.Node, "host"))
	p.labelled(label, listed(": ", Clean(shorten(file, longText)), of))
	lines := overriddenLines(c.Overrides, p.shown(len(c.Overrides)))
	if c.WhatIf && len(lines) == 0 {
		lines = []string{"features that are not the host's own, and not the same in all results"}
	}
	for i, line := range lines {
		label := ""
		if i == 0 {
			label = "what if"
		}
		p.labelled(label, line)
	}
}

// whatIfOf says which of two reports is one of what if.
func whatIfOf(r *validate.ReportDifference) string {
	var sides []string
	for _, side := range []struct {
		name string
		of   validate.Compared
	}{{"a", r.A}, {"b", r.B}} {
		if side.of.WhatIf {
			sides = append(sides, side.name)
		}
	}
	if len(sides) == 0 {
		return ""
	}
	return " (what if: " + strings.Join(sides, " and ") + ")"
}

// sum tells all of a difference on one line.
func (p *diffPrinter) sum(d *Difference) string {
	differ := func(n int, what string) string {
		if n == 1 {
			return counted(n, what) + " differs"
		}
		return counted(n, what) + " differ"
	}
	switch r := d.Report; {
	case !d.Differs && r != nil:
		return "no difference" + whatIfOf(r)
	case !d.Differs:
		return "no difference"
	case r == nil:
		return differ(len(d.Features), "feature")
	case r.Verdict != nil:
		return "verdict: " + p.colored(r.Verdict.A) + supposedIf(r.A.WhatIf) + " → " + p.colored(r.Verdict.B) + supposedIf(r.B.WhatIf)
	default:
		return differ(len(r.Results), "result") + "; the verdict over all does not" + whatIfOf(r)
	}
}

// named names what two results are of: by the name that is the same, or as it is in both.
func named(name string, both *validate.Change) string {
	if both == nil {
		return Clean(shorten(name, shortText))
	}
	return Clean(shorten(both.A, shortText)) + " → " + Clean(shorten(both.B, shortText))
}

func (p *diffPrinter) result(r *validate.ResultDifference) {
	name := cmp.Or(listed(", ", named(r.Image, r.Images), named(r.Node, r.Nodes)), "the host")
	switch {
	case r.Only != "":
		c := cmp.Or(r.Verdict, &validate.Change{})
		p.line(0, p.sign(r.Only)+name+": "+p.colored(cmp.Or(c.A, c.B)))
		return
	case r.Verdict != nil:
		p.line(0, name+": "+p.from(*r.Verdict))
	default:
		p.line(0, name)
	}
	if r.Reason != nil {
		p.line(2, "reason: "+Clean(shorten(cmp.Or(r.Reason.A, "none"), longText))+" → "+Clean(shorten(cmp.Or(r.Reason.B, "none"), longText)))
	}
	if r.Overrides != nil {
		p.whatIfs("a", r.Overrides.A)
		p.whatIfs("b", r.Overrides.B)
	}
	for _, about := range []struct {
		what string
		c    *validate.Change
	}{{"chosen", r.Best}, {"image", r.Digest}, {"artifact", r.Artifact}, {"kernel", r.Kernel}} {
		if about.c != nil {
			p.line(2, about.what+": "+p.plain(about.c.A)+" → "+p.plain(about.c.B))
		}
	}
	for i := range r.Sets {
		p.set(&r.Sets[i])
	}
	for _, f := range r.Features {
		p.line(2, Clean(shorten(f.Feature, shortText))+": "+p.from(f.Change))
	}
}

// whatIfs tells what is not the host's own in one of two results.
func (p *diffPrinter) whatIfs(side string, overrides []features.Override) {
	for _, line := range overriddenLines(overrides, p.shown(len(overrides))) {
		p.line(2, "what if in "+side+": "+line)
	}
}

// plain is a value for people.
func (p *diffPrinter) plain(value string) string {
	if value == "" {
		return "nothing"
	}
	return Clean(shorten(value, shortText))
}

func (p *diffPrinter) set(s *validate.SetDifference) {
	head := p.sign(s.Only) + Clean(shorten(s.Set, shortText))
	if s.Verdict != nil {
		head += ": " + p.from(*s.Verdict)
	}
	p.line(2, head)
	for i := range s.Rules {
		r := &s.Rules[i]
		head := p.sign(r.Only) + "rule "
		if r.CEL {
			head = p.sign(r.Only) + "CEL rule "
		}
		head += quoteName(r.Name)
		if r.Outcome != nil {
			head += ": " + p.from(*r.Outcome)
		}
		if r.Reason != nil && r.Reason.B != "" {
			head += ": " + Clean(shorten(r.Reason.B, longText))
		}
		p.line(4, head)
		for j := range r.Expressions {
			p.expression(&r.Expressions[j])
		}
	}
}

func (p *diffPrinter) expression(e *validate.ExpressionDifference) {
	what := wanted(&validate.ExpressionResult{Feature: e.Feature, Matcher: e.Matcher, Element: e.Element, Op: e.Op, Value: e.Value, Type: e.Type})
	side := func(outcome string, observed *string, reason string) string {
		text := p.colored(outcome)
		switch {
		case outcome == "":
			return "not asked"
		case reason != "":
			return text + " (" + Clean(shorten(reason, longText)) + ")"
		case observed != nil:
			return text + " (" + p.plain(*observed) + ")"
		}
		return text
	}
	p.line(6, p.sign(e.Only)+what+": "+side(e.Outcome.A, e.Observed.A, e.Reason.A)+" → "+side(e.Outcome.B, e.Observed.B, e.Reason.B))
}

func (p *diffPrinter) feature(d *features.Difference) {
	head := Clean(shorten(d.Feature, shortText))
	if d.Status != nil {
		head += ": " + p.from(validate.Change{A: string(d.Status.A), B: string(d.Status.B)})
	}
	p.line(0, head)
	for _, e := range d.Elements[:p.shown(len(d.Elements))] {
		name := Clean(shorten(e.Element, shortText))
		switch {
		case e.A != nil && e.B != nil:
			p.line(2, name+": "+p.plain(*e.A)+" → "+p.plain(*e.B))
		case e.A != nil:
			p.line(2, p.sign("a")+valued(name, e.Kind, *e.A))
		case e.B != nil:
			p.line(2, p.sign("b")+valued(name, e.Kind, *e.B))
		}
	}
	p.more(len(d.Elements), "elements")
	for _, i := range d.Instances[:p.shown(len(d.Instances))] {
		n, only := i.A-i.B, "a"
		if n < 0 {
			n, only = -n, "b"
		}
		var attributes []string
		for _, name := range slices.Sorted(maps.Keys(i.Attributes)) {
			attributes = append(attributes, Clean(shorten(name+"="+i.Attributes[name], shortText)))
		}
		p.line(2, fmt.Sprintf("%s%d × %s", p.sign(only), n, shorten(cmp.Or(strings.Join(attributes, " "), "(no attributes)"), longText)))
	}
	p.more(len(d.Instances), "instances")
}

// shown is how many of so many are shown.
func (p *diffPrinter) shown(n int) int {
	if p.opts.Detail == Full {
		return n
	}
	return min(n, maxShownDifferences)
}

// more says that there are more than are shown.
func (p *diffPrinter) more(n int, what string) {
	if more := n - p.shown(n); more > 0 {
		p.line(2, fmt.Sprintf("and %d more %s", more, what))
	}
}

func valued(name string, kind features.Kind, value string) string {
	if kind == features.Flag {
		return name
	}
	return name + "=" + Clean(shorten(value, shortText))
}
