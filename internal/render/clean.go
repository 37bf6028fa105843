package render

import (
	"strings"
	"unicode"
)

// Clean makes a text of a stranger safe to show on a terminal, on one line: control characters, escape sequences' first
// bytes among them, and marks that reorder text are dropped, and white space becomes a blank.
func Clean(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case unicode.Is(unicode.Cc, r), unicode.Is(unicode.Cf, r), r == unicode.ReplacementChar,
			r == '\u2028', r == '\u2029':
			return -1
		default:
			return r
		}
	}, text)
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
