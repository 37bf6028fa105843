package spec

import (
	"cmp"
	"fmt"
	"slices"
	"unicode/utf8"
)

// An Edit replaces a stretch of a spec's text. Lines and columns count from 1, columns in characters; the end is the place
// behind the last character.
type Edit struct {
	Start Position `json:"start"`
	End   Position `json:"end"`
	Text  string   `json:"text"`
}

// Apply returns the text with the edits of these findings made, and how many findings were mended. Comments and layout
// stand. Of edits that overlap, the first is made; the next run finds the other.
//
// The error says that an edit lies outside the text, which it is then not for.
func Apply(text []byte, findings []Finding) (mended []byte, count int, err error) {
	type stretch struct {
		start, end int
		text       string
	}
	var made []stretch
	lines := newLines(text)
	for _, f := range findings {
		var of []stretch
		for _, e := range f.Fix {
			start, okStart := lines.offset(e.Start)
			end, okEnd := lines.offset(e.End)
			if !okStart || !okEnd || end < start {
				return nil, 0, fmt.Errorf("mend %s: the place %d:%d to %d:%d is not in the text", f.ID, e.Start.Line, e.Start.Column, e.End.Line, e.End.Column)
			}
			of = append(of, stretch{start, end, e.Text})
		}
		overlaps := slices.ContainsFunc(of, func(a stretch) bool {
			return slices.ContainsFunc(made, func(b stretch) bool { return a.start < b.end && b.start < a.end || a.start == b.start })
		})
		if len(of) > 0 && !overlaps {
			made = append(made, of...)
			count++
		}
	}
	slices.SortFunc(made, func(a, b stretch) int { return cmp.Compare(a.start, b.start) })
	at := 0
	for _, s := range made {
		mended = append(append(mended, text[at:s.start]...), s.text...)
		at = s.end
	}
	return append(mended, text[at:]...), count, nil
}

// lines knows where the lines of a text begin.
type lines struct {
	text   []byte
	starts []int
}

func newLines(text []byte) lines {
	l := lines{text: text, starts: []int{0}}
	for i, b := range text {
		if b == '\n' {
			l.starts = append(l.starts, i+1)
		}
	}
	return l
}

// offset returns the index of the byte at a position.
func (l lines) offset(p Position) (int, bool) {
	if p.Line < 1 || p.Line > len(l.starts) || p.Column < 1 {
		return 0, false
	}
	i := l.starts[p.Line-1]
	for range p.Column - 1 {
		if i >= len(l.text) || l.text[i] == '\n' {
			return 0, false
		}
		_, size := utf8.DecodeRune(l.text[i:])
		i += size
	}
	return i, true
}
