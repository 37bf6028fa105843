package render

import (
	"fmt"
	"html"
	"io"
	"regexp"
	"strings"

	"github.com/nfd-compat/nfd-compat/pkg/features"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// These bound what is written in Markdown, in bytes. A comment on GitHub may have 65,536 characters; a step's summary may
// have more.
const (
	mostMarkdown = 60_000
	mostTable    = 30_000 // of it, for the table
	mostDetails  = 8_000  // of it, for what one result lacks, and for what is not the host's own
)

// mostOverridden bounds the features of which is told, where that is for all results, that they are not the host's own.
const mostOverridden = 20

// Markdown writes a report for a comment or a page: a table of the images and their verdicts, and below it, folded up,
// what is missing. It has at most 60,000 bytes; what does not fit is counted.
//
// Whatever a stranger wrote stands as code, since nothing in code is markup, a link, an image or somebody's name.
func Markdown(w io.Writer, report *validate.Report) error {
	titles, cautions := newTitler(report), newCautioner(report)
	m := &markdown{}
	m.put(fmt.Sprintf("### %s %s%s\n\n", emoji(report.Word()), overallWords(report), supposed(report.Results...)))
	if n := commonNode(report); n != "" {
		m.put("On " + n + ".\n\n")
	}
	m.put(whatIfList(report.CommonOverrides()))
	m.put("| image | verdict | why |\n|---|---|---|\n")
	m.rows(len(report.Results), mostTable, func(i int) string {
		r := &report.Results[i]
		image := cell(titles.of(r))
		if by := usersOf(r); by != "" {
			image += "<br>used by " + cell(by)
		}
		return fmt.Sprintf("| %s | %s %s | %s |\n", image, emoji(r.Word()), word(r.Word()), cellOf(append([]string{reasonOf(r)}, cautions.of(r)...)))
	})
	left := 0
	for i := range report.Results {
		r := &report.Results[i]
		lines := missingLines(r)
		if len(lines) == 0 {
			continue
		}
		summary := fmt.Sprintf("<code>%s</code>: %s", html.EscapeString(titles.of(r)), word(r.Word()))
		if !m.fits(folded(summary, lines)) {
			left++
		}
	}
	if left > 0 {
		m.put("\n" + counted(left, "image") + " more, which the report in JSON tells of.\n")
	}
	return m.write(w, "the report")
}

// whatIfList tells below the heading what is not the host's own; it is empty if all is.
func whatIfList(overrides []features.Override) string {
	if len(overrides) == 0 {
		return ""
	}
	var list strings.Builder
	list.WriteString("What if:\n\n")
	lines := overriddenLines(overrides, mostOverridden)
	for i, line := range lines {
		if list.Len()+len(line) > mostDetails {
			fmt.Fprintf(&list, "- and %d lines more\n", len(lines)-i)
			break
		}
		list.WriteString("- " + code(line) + "\n")
	}
	return list.String() + "\n"
}

// FindingsMarkdown writes findings for a comment or a page: a table, a finding a row.
func FindingsMarkdown(w io.Writer, findings *Findings) error {
	m := &markdown{}
	type row struct{ place, severity, message, id string }
	var rows []row
	worst := "no findings"
	for i := range findings.Files {
		file := &findings.Files[i]
		if why := file.failure(); why != "" {
			rows = append(rows, row{file.Name(), validate.WordError, why, ""})
		}
		for _, f := range file.Findings {
			place := file.Name()
			if f.Line > 0 {
				place += fmt.Sprintf(":%d:%d", f.Line, f.Column)
			}
			rows = append(rows, row{place, string(f.Severity), sentence(f), string(f.ID)})
		}
	}
	if counting := page(findings); counting != "" {
		worst = counting
	}
	m.put("### " + Clean(worst) + "\n")
	if len(rows) > 0 {
		m.put("\n| place | severity | finding | check |\n|---|---|---|---|\n")
	}
	m.rows(len(rows), mostMarkdown, func(i int) string {
		r := rows[i]
		check := ""
		if r.id != "" {
			check = fmt.Sprintf("[%s](%s#%s)", Clean(r.id), checksURI, Clean(r.id))
		}
		return fmt.Sprintf("| %s | %s %s | %s | %s |\n", cell(shorten(r.place, longText)), emoji(r.severity), word(r.severity), sentenceCell(Clean(shorten(r.message, longText))), check)
	})
	return m.write(w, "the findings")
}

// A markdown is a page of bounded length.
type markdown struct{ out strings.Builder }

func (m *markdown) put(text string) { m.out.WriteString(text) }

// fits writes a text if there is room for it.
func (m *markdown) fits(text string) bool {
	if m.out.Len()+len(text) > mostMarkdown {
		return false
	}
	m.put(text)
	return true
}

// rows writes the rows of a table while there is room, so many bytes, and counts the others below it.
func (m *markdown) rows(n, room int, row func(i int) string) {
	end := min(m.out.Len()+room, mostMarkdown-len("\nand 1000000 more\n"))
	for i := range n {
		text := row(i)
		if m.out.Len()+len(text) > end {
			m.put(fmt.Sprintf("\nand %d more\n", n-i))
			return
		}
		m.put(text)
	}
}

func (m *markdown) write(w io.Writer, what string) error {
	if _, err := io.WriteString(w, m.out.String()); err != nil {
		return fmt.Errorf("write %s as Markdown: %w", what, err)
	}
	return nil
}

// overallWords says the verdict over all results, for a heading.
func overallWords(report *validate.Report) string {
	if len(report.Results) == 1 {
		return word(report.Word())
	}
	return word(report.Word()) + " (" + tally(report) + ")"
}

// word is a verdict or a severity, which are words of ours; one that is not is not written.
func word(w string) string {
	if regexp.MustCompile(`^[a-z]+$`).MatchString(w) {
		return w
	}
	return "unknown"
}

// commonNode names the host, if it is one.
func commonNode(report *validate.Report) string {
	if newTitler(report).hosts {
		return ""
	}
	for i := range report.Results {
		if n := report.Results[i].Node; n != nil && hostName(n) != "" {
			return code(hostName(n))
		}
	}
	return ""
}

// emoji is the sign of a verdict or a severity.
func emoji(word string) string {
	switch word {
	case string(validate.Compatible):
		return "✅"
	case string(validate.Incompatible), validate.WordError: // the severity as well
		return "❌"
	case string(spec.SeverityNote):
		return "ℹ️"
	}
	return "⚠️"
}

// folded is a part that is folded up: its line, and lines below it as they are.
func folded(summary string, lines []string) string {
	var block strings.Builder
	for i, line := range lines {
		if block.Len()+len(line) > mostDetails {
			fmt.Fprintf(&block, "and %d lines more\n", len(lines)-i)
			break
		}
		block.WriteString(line + "\n")
	}
	fence := strings.Repeat("`", max(3, longestRun(block.String(), '`')+1))
	return fmt.Sprintf("\n<details>\n<summary>%s</summary>\n\n%stext\n%s%s\n\n</details>\n", summary, fence, block.String(), fence)
}

// cell is a text of a stranger in a table, where a bar ends even code, and so does one behind two backslashes. So a bar
// behind a backslash becomes another one.
func cell(text string) string {
	text = strings.ReplaceAll(text, `\|`, `\│`)
	return strings.ReplaceAll(code(text), "|", `\|`)
}

// cellOf puts some sentences into one cell, a line each.
func cellOf(sentences []string) string {
	lines := make([]string, 0, len(sentences))
	for _, sentence := range sentences {
		lines = append(lines, sentenceCell(sentence))
	}
	return strings.Join(lines, "<br>")
}

// sentenceCell is cell for a sentence, which is written as one if all of it is sure to be no markup, no link, and nobody's
// name.
func sentenceCell(text string) string {
	if regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9 ,()"'-]|[.:;] )*[.:;]?$`).MatchString(text) && !strings.Contains(text, "www") {
		return text
	}
	return cell(text)
}

// code is a text of a stranger as code: between more backticks than it has in a row.
func code(text string) string {
	text = strings.TrimSpace(Clean(text))
	if text == "" {
		return ""
	}
	marks := strings.Repeat("`", longestRun(text, '`')+1)
	if strings.HasPrefix(text, "`") || strings.HasSuffix(text, "`") {
		text = " " + text + " " // which the reader takes off again
	}
	return marks + text + marks
}

// longestRun counts how often a character stands in a row.
func longestRun(text string, c rune) int {
	most, run := 0, 0
	for _, r := range text {
		if r != c {
			run = 0
			continue
		}
		run++
		most = max(most, run)
	}
	return most
}
