package validate

import (
	"cmp"
	"strconv"
	"strings"
)

// A version is the leading dotted numbers of a text, as they are written: any number of parts, of which a missing one is
// zero.
type version string

// parseVersion reads the leading dotted numbers of a text, after an optional "v".
//
// Where NFD's matcher (Masterminds/semver, pre-release and build metadata dropped) reads a version, this reads the same
// one. It goes on where NFD's gives up: "5.14.0-427.13.1.el9_4.x86_64" is 5.14.0, "6.6.97+" is 6.6.97, "6.6.57.1-7.azl3"
// is 6.6.57.1. It reports false for a text that does not begin with a number.
func parseVersion(text string) (version, bool) {
	text = strings.TrimPrefix(text, "v")
	end := digits(text)
	for end > 0 && end < len(text) && text[end] == '.' {
		n := digits(text[end+1:])
		if n == 0 {
			break
		}
		end += 1 + n
	}
	return version(text[:end]), end > 0
}

// digits returns how many decimal digits a text begins with.
func digits(text string) int {
	n := 0
	for n < len(text) && '0' <= text[n] && text[n] <= '9' {
		n++
	}
	return n
}

// compare returns -1, 0 or 1, as v is lower than, equal to or higher than w.
func (v version) compare(w version) int {
	for v != "" || w != "" {
		var a, b string
		a, v = v.cut()
		b, w = w.cut()
		if c := compareNumbers(a, b); c != 0 {
			return c
		}
	}
	return 0
}

// cut returns the first part, without leading zeros, and the version of the others. Of no version it is "", which is zero.
func (v version) cut() (string, version) {
	part, rest, _ := strings.Cut(string(v), ".")
	return strings.TrimLeft(part, "0"), version(rest)
}

// compareNumbers compares decimal numbers of any length that have no leading zeros; "" is zero.
func compareNumbers(a, b string) int {
	if c := cmp.Compare(len(a), len(b)); c != 0 {
		return c
	}
	return strings.Compare(a, b)
}

// showVersion writes a text and its version for a sentence: the text alone if there is no more to it, and else also what is compared
// of it, without which nobody would see why 6.1.0-21 is not greater than 6.1.0-20.
func showVersion(text string, v version) string {
	if strings.TrimPrefix(text, "v") == string(v) {
		return shorten(text)
	}
	shown := shorten(text)
	if quoted := strconv.Quote(shown); strings.Contains(shown, " ") || len(quoted) > len(shown)+len(`""`) {
		shown = quoted
	}
	return shown + " (compared as " + shorten(string(v)) + ")"
}
