package features

import "strings"

// maxVersionParts bounds the numbers of a version that we tell, so that NFD, which takes three at most, can compare it too.
const maxVersionParts = 3

// leadingVersion takes a version from the beginning of a text: numbers with dots between them, three at most. It is empty if the
// text does not begin with a digit, or with a v and a digit.
//
//	535.104.05 -> 535.104.05
//	24.10-1.1.4 -> 24.10
//	v2.13.0g -> 2.13.0
func leadingVersion(text string) string {
	text = strings.TrimPrefix(text, "v")
	end, parts := 0, 0
	for i := 0; parts < maxVersionParts; i++ {
		digits := len(text[i:]) - len(strings.TrimLeft(text[i:], "0123456789"))
		if digits == 0 {
			break
		}
		i += digits
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
