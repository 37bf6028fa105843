package render_test

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/nfd-compat/nfd-compat/internal/render"
	"github.com/nfd-compat/nfd-compat/pkg/features"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// outsideCode cuts from Markdown what is code: in fences, in backticks, and in the HTML element.
func outsideCode(text string) string {
	var out strings.Builder
	for text != "" {
		marks := regexp.MustCompile("`+|<code>").FindStringIndex(text)
		if marks == nil {
			out.WriteString(text)
			break
		}
		out.WriteString(text[:marks[0]])
		mark, rest := text[marks[0]:marks[1]], text[marks[1]:]
		if mark == "<code>" {
			mark = "</code>"
		}
		end := endOfCode(rest, mark)
		if end < 0 {
			out.WriteString(rest) // no code at all
			break
		}
		text = rest[end+len(mark):]
	}
	return out.String()
}

// endOfCode finds the mark that ends code: as many backticks as began it, and no more.
func endOfCode(text, mark string) int {
	if mark[0] != '`' {
		return strings.Index(text, mark)
	}
	for _, found := range regexp.MustCompile("`+").FindAllStringIndex(text, -1) {
		if found[1]-found[0] == len(mark) {
			return found[0]
		}
	}
	return -1
}

// TestMarkdownIsHarmless: nothing of a stranger's stands outside code, where it would be a link, an image, HTML or a name.
func TestMarkdownIsHarmless(t *testing.T) {
	t.Parallel()
	findings := render.NewFindings([]render.FileFindings{{
		File: nasty, Findings: []spec.Finding{{ID: spec.IDUnknownField, Severity: spec.SeverityError, Message: nasty, Suggestion: nasty, Path: nasty}},
	}, {File: nasty, Error: &validate.ResultError{Code: 1, Message: nasty}}})
	other := hostileResult() // of which not all that is in the one is common to both
	other.Overrides[0].Set = nil
	for name, write := range map[string]func(*bytes.Buffer) error{
		"report":   func(out *bytes.Buffer) error { return render.Markdown(out, reportOf(hostileResult(), hostileResult())) },
		"differ":   func(out *bytes.Buffer) error { return render.Markdown(out, reportOf(hostileResult(), other)) },
		"findings": func(out *bytes.Buffer) error { return render.FindingsMarkdown(out, findings) },
	} {
		var out bytes.Buffer
		if err := write(&out); err != nil {
			t.Fatal(err)
		}
		plain := outsideCode(out.String())
		for _, bad := range []string{"<img", "@team", "www.", "(https://example.com)", "::error", "&amp;", "]]>", "##["} {
			if strings.Contains(plain, bad) {
				t.Errorf("%s: %q stands outside code:\n%s", name, bad, plain)
			}
		}
		// Each row of the table has the cells of its head: no bar of a stranger's makes one more.
		bar, columns := regexp.MustCompile(`(^|[^\\])\|`), 0
		for line := range strings.Lines(out.String()) {
			if !strings.HasPrefix(line, "|") {
				continue
			}
			n := len(bar.FindAllString(strings.ReplaceAll(line, "||", "| |"), -1))
			if columns == 0 {
				columns = n
			}
			if n != columns {
				t.Errorf("%s: %d cells and not %d: %s", name, n, columns, line)
			}
		}
	}
}

// TestMarkdownCells: a bar does not end a cell, whatever stands before it, and backticks do not end code.
func TestMarkdownCells(t *testing.T) {
	t.Parallel()
	for reason, want := range map[string]string{
		"plain words: of ours, and (these).": "plain words: of ours, and (these).",
		"a|b":                                "`a\\|b`",
		"a\\|b":                              "`a\\│b`",
		"a\\\\|b":                            "`a\\\\│b`",
		"`a``b":                              "``` `a``b ```",
		"see www example":                    "`see www example`",
		"see a.b":                            "`see a.b`",
		"*a*":                                "`*a*`",
		"":                                   "",
	} {
		var out bytes.Buffer
		if err := render.Markdown(&out, reportOf(alone("app:v1", validate.Incompatible, reason, nil))); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), "incompatible | "+want+" |\n") {
			t.Errorf("%q: there is no %s in\n%s", reason, want, &out)
		}
	}
}

// TestMarkdownIsBounded: a comment has room for it, and what is left out is counted.
func TestMarkdownIsBounded(t *testing.T) {
	t.Parallel()
	var many []validate.Result
	for i := range 1000 {
		many = append(many, incompatible(fmt.Sprintf("app:v%d", i)))
	}
	long := incompatible("app:v1")
	for range 1000 {
		long.Sets = append(long.Sets, gpu())
	}
	file := render.FileFindings{File: "spec.yaml"}
	for i := range 5000 {
		file.Findings = append(file.Findings, spec.Finding{ID: "x", Severity: spec.SeverityError, Position: spec.Position{Line: i + 1}, Message: strings.Repeat("long ", 1000)})
	}
	supposing := compatible("app:v1")
	for range 1000 {
		supposing.Overrides = append(supposing.Overrides, features.Override{Feature: "x", Set: []string{strings.Repeat("é", 500)}})
	}
	for name, tt := range map[string]struct {
		write func(*bytes.Buffer) error
		want  string // a regular expression
	}{
		"what if":     {func(out *bytes.Buffer) error { return render.Markdown(out, reportOf(supposing, supposing)) }, `\n- and \d+ lines more\n`},
		"many images": {func(out *bytes.Buffer) error { return render.Markdown(out, reportOf(many...)) }, `(?s)\nand \d+ more\n.*\n\d+ images more, which`},
		"a long one":  {func(out *bytes.Buffer) error { return render.Markdown(out, reportOf(long)) }, `\nand \d+ lines more\n`},
		"findings": {
			func(out *bytes.Buffer) error {
				return render.FindingsMarkdown(out, render.NewFindings([]render.FileFindings{file}))
			}, `\nand \d+ more\n`,
		},
	} {
		var out bytes.Buffer
		if err := tt.write(&out); err != nil {
			t.Fatal(err)
		}
		if n := out.Len(); n > 60_200 || n < 7_000 || !regexp.MustCompile(tt.want).Match(out.Bytes()) {
			t.Errorf("%s: %d bytes, which end with %q", name, n, out.String()[max(0, n-200):])
		}
	}
}
