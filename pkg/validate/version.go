package validate

import (
	"cmp"
	"strings"
)

// A version is the leading dotted numbers of a text, each without leading zeros. It has any number of parts; a missing
// one is zero.
type version []string

// parseVersion reads the leading dotted numbers of a text, after an optional "v".
//
// Where NFD's matcher (Masterminds/semver, pre-release and build metadata dropped) reads a version, this reads the same
// one. It goes on where NFD's gives up: "5.14.0-427.13.1.el9_4.x86_64" is 5.14.0, "6.6.97+" is 6.6.97, "6.6.57.1-7.azl3"
// is 6.6.57.1. It reports false for a text that does not begin with a number.
func parseVersion(text string) (version, bool) {
	var v version
	rest := strings.TrimPrefix(text, "v")
	for {
		end := 0
		for end < len(rest) && '0' <= rest[end] && rest[end] <= '9' {
			end++
		}
		if end == 0 {
			return v, len(v) > 0
		}
		v = append(v, strings.TrimLeft(rest[:end], "0"))
		if end == len(rest) || rest[end] != '.' {
			return v, true
		}
		rest = rest[end+1:]
	}
}

// compare returns -1, 0 or 1, as v is lower than, equal to or higher than w.
func (v version) compare(w version) int {
	for i := range max(len(v), len(w)) {
		if c := compareNumbers(v.part(i), w.part(i)); c != 0 {
			return c
		}
	}
	return 0
}

func (v version) part(i int) string {
	if i < len(v) {
		return v[i]
	}
	return ""
}

// compareNumbers compares decimal numbers of any length that have no leading zeros; "" is zero.
func compareNumbers(a, b string) int {
	if c := cmp.Compare(len(a), len(b)); c != 0 {
		return c
	}
	return strings.Compare(a, b)
}

// String writes the version with dots.
func (v version) String() string {
	parts := make([]string, len(v))
	for i, p := range v {
		if parts[i] = p; p == "" {
			parts[i] = "0"
		}
	}
	return strings.Join(parts, ".")
}
