package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode"
)

// FindingsJSON writes findings in the JSON of their types, indented by two spaces.
func FindingsJSON(w io.Writer, findings *Findings) error {
	content, err := plainJSON(findings)
	if err == nil {
		_, err = w.Write(content)
	}
	if err != nil {
		return fmt.Errorf("write the findings as JSON: %w", err)
	}
	return nil
}

// plainJSON encodes a value as JSON that is safe to show on a terminal: what [Clean] would drop from a text of a stranger
// is escaped, so nothing is lost. (All that encoding/json leaves as it is stands in a string.)
func plainJSON(v any) ([]byte, error) {
	var encoded, plain bytes.Buffer
	encoder := json.NewEncoder(&encoded)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, err
	}
	for _, r := range encoded.String() {
		switch {
		case r == '\n' || !unicode.Is(unicode.Cc, r) && !unicode.Is(unicode.Cf, r):
			plain.WriteRune(r)
		case r > 0xffff: // tags, U+E0001 and on: JSON writes them as a surrogate pair
			fmt.Fprintf(&plain, `\u%04x\u%04x`, 0xd800+(r-0x10000)>>10, 0xdc00+(r-0x10000)&0x3ff)
		default:
			fmt.Fprintf(&plain, `\u%04x`, r)
		}
	}
	return plain.Bytes(), nil
}
