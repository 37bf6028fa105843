package render

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode"
	"unicode/utf8"
)

// writePlainJSON writes a value as JSON that is safe to show on a terminal, indented by two spaces.
func writePlainJSON(w io.Writer, v any) error {
	plain := plainWriter{out: bufio.NewWriter(w)}
	encoder := json.NewEncoder(&plain)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return err
	}
	return plain.out.Flush()
}

// A plainWriter indents the JSON of encoding/json, as that would itself, which takes three times the memory for a long
// report. What [Clean] would drop from a text of a stranger it escapes, so nothing is lost. (All that encoding/json leaves
// as it is stands in a string.)
type plainWriter struct {
	out    *bufio.Writer // which keeps an error for its Flush
	depth  int
	opened byte // the bracket that was opened last, while nothing is in it
	inside bool // of a string
	dense  bool // leaves out all spaces, and the end of the last line
}

// Write takes compact JSON, in pieces of whole tokens, as encoding/json writes it.
func (p *plainWriter) Write(encoded []byte) (int, error) {
	for i := 0; i < len(encoded); {
		r, size := utf8.DecodeRune(encoded[i:])
		if p.inside {
			size = p.text(encoded[i:], r, size)
		} else {
			p.structure(encoded[i])
		}
		i += size
	}
	return len(encoded), nil
}

// text writes a piece of a string and returns its length.
func (p *plainWriter) text(from []byte, r rune, size int) int {
	switch {
	case r == '\\':
		size = 2
		_, _ = p.out.Write(from[:size])
	case r == '#' && bytes.HasPrefix(from, []byte(actionsCommand)):
		_, _ = p.out.WriteString(`\u0023`)
	case r > 0xffff && unicode.Is(unicode.Cf, r): // tags, U+E0001 and on: JSON writes them as a surrogate pair
		_, _ = fmt.Fprintf(p.out, `\u%04x\u%04x`, 0xd800+(r-0x10000)>>10, 0xdc00+(r-0x10000)&0x3ff)
	case r > '~' && unicode.In(r, unicode.Cc, unicode.Cf):
		_, _ = fmt.Fprintf(p.out, `\u%04x`, r)
	default:
		p.inside = r != '"'
		_, _ = p.out.Write(from[:size])
	}
	return size
}

// structure writes a byte that stands in no string.
func (p *plainWriter) structure(c byte) {
	if p.dense {
		if p.inside = c == '"'; c != '\n' {
			_ = p.out.WriteByte(c)
		}
		return
	}
	if p.opened != 0 && c != ']' && c != '}' {
		p.line()
	}
	switch c {
	case '{', '[':
		p.depth++
		p.opened = c
		_ = p.out.WriteByte(c)
		return
	case '}', ']':
		p.depth--
		if p.opened == 0 {
			p.line()
		}
		_ = p.out.WriteByte(c)
	case ',':
		_ = p.out.WriteByte(c)
		p.line()
	case ':':
		_, _ = p.out.WriteString(": ")
	default:
		p.inside = c == '"'
		_ = p.out.WriteByte(c)
	}
	p.opened = 0
}

func (p *plainWriter) line() {
	_ = p.out.WriteByte('\n')
	for range p.depth {
		_, _ = p.out.WriteString("  ")
	}
}
