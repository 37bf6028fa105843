package render

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// A Detail is how much a text tells.
type Detail int8

// The zero value tells what one has to know: of a host that will do, which set was chosen, and of one that will not, what
// it lacks.
const (
	Normal Detail = iota
	// Brief is the last line alone.
	Brief
	// Full is all that there is to tell.
	Full
)

// TextOptions say for what kind of reader a text is. The zero value is for a pipe.
type TextOptions struct {
	// Color marks outcomes with ANSI colours.
	Color bool
	// Width is the number of columns to wrap at; zero is no wrapping.
	Width int
	// Detail is how much to tell.
	Detail Detail
}

// Text writes a report for people. Of one result the last line begins with its verdict, and of several with that over
// all of them.
func Text(w io.Writer, report *validate.Report, opts TextOptions) error {
	p := &printer{opts: opts, to: w}
	switch {
	case len(report.Results) != 1:
		if opts.Detail != Brief {
			p.many(report)
			p.gap()
		}
		p.line(0, p.word(report.Word())+": "+tally(report)+supposed(report.Results...))
	case opts.Detail == Brief:
		p.last(&report.Results[0])
	default:
		p.result(&report.Results[0])
	}
	return p.write(w, "the report")
}

type printer struct {
	opts TextOptions
	out  bytes.Buffer
	// base is an indentation of all lines.
	base int
	// to takes what was written, piece by piece, so that a long text is never held whole; nil holds it in out.
	to  io.Writer
	err error // the first of to
	any bool  // something was written
}

// The longest texts shown, in characters; the JSON report has them whole.
const (
	longText  = 600
	shortText = 120
)

// last writes the last line of a result: its verdict, why it is that, and whether it is on another host than there is.
func (p *printer) last(r *validate.Result) {
	p.line(0, p.word(r.Word())+": "+reasonOf(r)+supposed(*r))
}

// line writes one line at an indentation, wrapped at the width with the rest two columns further in.
func (p *printer) line(indent int, content string) {
	indent += p.base
	p.wrapped(strings.Repeat(" ", indent), indent+2, content)
}

// gap writes an empty line between parts of a text, and none before the first.
func (p *printer) gap() {
	if p.any {
		p.wrapped("", 0, "")
	}
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
		p.unwrapped(beginning + part)
	}
}

// unwrapped writes a line as it is, but that it is no command.
func (p *printer) unwrapped(line string) {
	p.out.WriteString(strings.TrimRight(noCommand(line), " ") + "\n")
	p.any = true
	p.spill()
}

// spill hands on what was written, once it is much.
func (p *printer) spill() {
	const much = 64 << 10
	if p.to != nil && p.out.Len() > much {
		p.flush()
	}
}

func (p *printer) flush() {
	if p.err == nil {
		_, p.err = p.to.Write(p.out.Bytes())
	}
	p.out.Reset()
}

// write hands on what is left.
func (p *printer) write(w io.Writer, what string) error {
	p.to = w
	p.flush()
	if p.err != nil {
		return fmt.Errorf("write %s: %w", what, p.err)
	}
	return nil
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

// word writes the verdict of a result or a set, or "error", in its colour.
func (p *printer) word(word string) string {
	switch validate.Verdict(word) {
	case validate.Compatible:
		return p.color(word, text.FgGreen)
	case validate.Incompatible, validate.WordError:
		return p.color(word, text.FgRed)
	case validate.VerdictUnknown, validate.Undeclared:
	}
	return p.color(Clean(word), text.FgYellow)
}

// sign is the sign of a result in a list of them.
func (p *printer) sign(r *validate.Result) string {
	switch validate.Verdict(r.Word()) {
	case validate.Compatible:
		return p.mark(validate.Match)
	case validate.Incompatible:
		return p.mark(validate.Mismatch)
	case validate.WordError:
		return p.color("!", text.FgRed)
	case validate.Undeclared:
		return p.color("-", text.FgYellow)
	case validate.VerdictUnknown:
	}
	return p.mark(validate.Unknown)
}
