package render

import (
	"strings"
	"unicode"
)

// Clean makes a text of a stranger safe to show on a terminal, on one line: control characters, escape sequences' first
// bytes among them, and marks that reorder text are dropped, and white space becomes a blank. What GitHub Actions takes for
// a command, wherever it stands in a line that a job prints, gets a blank too.
func Clean(text string) string {
	return strings.ReplaceAll(strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case unicode.Is(unicode.Cc, r), unicode.Is(unicode.Cf, r), r == unicode.ReplacementChar,
			r == '\u2028', r == '\u2029':
			return -1
		default:
			return r
		}
	}, text), actionsCommand, "# #[")
}

// actionsCommand begins a command to GitHub Actions in its older form, such as ##[error]. (The newer one is told by the
// line that it begins.)
const actionsCommand = "##["

// noCommand makes of a line one that is no command to GitHub Actions, which takes it for one whatever space it begins with.
func noCommand(line string) string {
	rest := strings.TrimLeftFunc(line, unicode.IsSpace)
	if command, ok := strings.CutPrefix(rest, "::"); ok {
		return line[:len(line)-len(rest)] + ": " + command
	}
	return line
}

// CleanLines is Clean for a text of several lines, which stay.
func CleanLines(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = Clean(line)
	}
	return strings.Join(lines, "\n")
}

// shorten cuts a text that is for people to a length that one reads.
func shorten(text string, most int) string {
	runes := 0
	for i := range text {
		if runes++; runes > most {
			return text[:i] + "…"
		}
	}
	return text
}
