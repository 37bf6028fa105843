package features

import (
	"strconv"
	"strings"
)

// maxVersionParts bounds the numbers of a version that we tell, so that NFD, which takes three at most, can compare it too.
const maxVersionParts = 3

// leadingVersion takes a version from the beginning of a text: numbers with dots between them, three at most. What stands before a colon
// there, as in the version of a package, is left out: it counts how often the numbers began anew. It is empty if the text does not
// begin with a digit, or with a v and a digit, or if one of the numbers is so large that nobody could compare it.
//
//	535.104.05 -> 535.104.05
//	24.10-1.1.4 -> 24.10
//	v2.13.0g -> 2.13.0
//	0:14.4.0.8 -> 14.4.0
func leadingVersion(text string) string {
	const digits = "0123456789"
	text = strings.TrimPrefix(text, "v")
	if rest := strings.TrimLeft(text, digits); len(rest) < len(text) && strings.HasPrefix(rest, ":") {
		text = rest[1:]
		if strings.HasPrefix(strings.TrimLeft(text, digits), ":") {
			return ""
		}
	}
	end, parts := 0, 0
	for i := 0; parts < maxVersionParts; i++ {
		number := text[i : len(text)-len(strings.TrimLeft(text[i:], digits))]
		if number == "" {
			break
		}
		if _, err := strconv.ParseUint(number, 10, 64); err != nil {
			return ""
		}
		i += len(number)
		end = i
		parts++
		if i == len(text) || text[i] != '.' {
			break
		}
	}
	return text[:end]
}

// putVersion notes a version under a name, and the original text beside it under the same name with _raw. A text that does not
// begin with a version has the latter alone, an empty one neither.
func putVersion(to map[string]string, name, text string) {
	if text == "" {
		return
	}
	to[name+"_raw"] = text
	if version := leadingVersion(text); version != "" {
		to[name] = version
	}
}
