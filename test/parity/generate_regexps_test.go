package parity

import (
	"fmt"
	"regexp/syntax"
	"strings"
	"unicode"
	"unicode/utf8"
)

// plainPatterns are some of the kinds that people write, for the names and values of this package.
func plainPatterns() []string {
	return []string{
		"^AVX", "AVX", "a|b", "^$", "^[0-9]+$", ".", "^full$", "(?i)^avx2?$", "de$", "[a-c]", "^v?6\\.",
		"^(AVX|AVX2|NO_HZ)$", "^AVX.*2$", "_HZ$", "(?i)no_hz", "^[^A-Z]", "^\\d+\\.\\d+", "\\bfull\\b", "x*", "^(a|)$", "^.$", "^.*$",
	}
}

// pattern is a regular expression that can be parsed.
func (g generator) pattern() string {
	for {
		var text string
		switch n := g.IntN(100); {
		case n < 25:
			text = g.plainPattern()
		case n < 27: // whose automaton has a state for every set of places
			text = fmt.Sprintf("[ab]*a[ab]{%d}", 2+g.IntN(10))
		case n < 29: // whose program is long
			text = fmt.Sprintf("(?:%s){%d}", g.alternatives(0), 10+g.IntN(100))
		default:
			text = g.alternatives(2)
		}
		if g.chance(15) {
			text = pick(g, []string{"(?i)", "(?s)", "(?m)", "(?U)", "(?im)", "(?is)"}) + text
		}
		if text == "" {
			continue // which ours refuses
		}
		if _, err := syntax.Parse(text, syntax.Perl); err == nil {
			return text
		}
	}
}

// plainPattern is one of names, of a shape that people write.
func (g generator) plainPattern() string {
	names := make([]string, 1+g.IntN(4))
	for i := range names {
		names[i] = quoted(pick(g, g.elements))
	}
	anyOf := strings.Join(names, "|")
	switch g.IntN(7) {
	case 0:
		return "^" + names[0]
	case 1:
		return names[0] + "$"
	case 2:
		return "^" + names[0] + "$"
	case 3:
		return "^(" + anyOf + ")"
	case 4:
		return "^(?:" + anyOf + ")$"
	case 5:
		return "^" + strings.Join(names, ".*") + "$"
	default:
		return anyOf
	}
}

func quoted(text string) string { return strings.ReplaceAll(text, ".", `\.`) }

// alternatives are what stands between bars, some of them empty, with groups inside up to a depth.
func (g generator) alternatives(depth int) string {
	var b strings.Builder
	for i := range 1 + max(0, g.IntN(5)-2) {
		if i > 0 {
			b.WriteByte('|')
		}
		if g.chance(8) {
			continue
		}
		for range 1 + g.IntN(4) {
			b.WriteString(g.atom(depth))
			if g.chance(25) {
				b.WriteString(pick(g, []string{
					"*", "+", "?", "*?", "+?", "??", "{2}", "{0}", "{1,3}", "{0,2}?", "{2,}", "{0,1}",
				}))
			}
		}
	}
	return b.String()
}

// atom is the smallest part of a pattern that can be repeated, or a condition on a place.
func (g generator) atom(depth int) string {
	switch n := g.IntN(100); {
	case n < 40:
		return pick(g, []string{"a", "b", "c", "A", "V", "X", "k", "s", "0", "5", "_", "-", " ", `\.`, "\n", "ä", "ß", "日", "😀", "\u212a", "\u017f", "\ufffd"})
	case n < 48:
		return quoted(pick(g, g.elements))
	case n < 62:
		return pick(g, []string{
			"[a-c]", "[^a-c]", "[A-Z0-9_]", "[ks]", "[^ks]", "[[:alpha:]]", "[[:^digit:]]", "[^\\n]", "[ä-ü]", "[^\\x00-\\x7f]", "[\\x80-\\x{10ffff}]", "[\\s_]",
			`\d`, `\D`, `\w`, `\W`, `\s`, `\S`, `\pL`, `\PL`, `\p{Greek}`, `\p{Lu}`, `\pN`, `[[:word:]]`, "[a]", "[^a]", `[-.]`,
		})
	case n < 70:
		return pick(g, []string{".", ".", "(?s:.)", `\x41`, `\x{212A}`, `\101`, `\Qa.b\E`})
	case n < 84:
		return pick(g, []string{"^", "$", "^", "$", `\A`, `\z`, `\b`, `\B`, "(?m:^)", "(?m:$)", "()", "(?:)"})
	case depth == 0:
		return "a"
	default:
		return pick(g, []string{"(", "(?:", "(?i:", "(?s:", "(?m:", "(?U:", "(?-i:", "(?P<name>"}) + g.alternatives(depth-1) + ")"
	}
}

// oddText is a text that has nothing to do with a pattern.
func (g generator) oddText() string {
	switch g.IntN(3) {
	case 0:
		return g.element()
	case 1:
		return g.value()
	default:
		return pick(g, g.oddValues)
	}
}

// textFor is a text that a pattern probably matches, or that is nearly one.
func (g generator) textFor(re *syntax.Regexp) string {
	var b strings.Builder
	if g.chance(25) {
		b.WriteString(pick(g, []string{"a", "b", "_", "\n", "ä", "\xff", "AVX"}))
	}
	g.write(&b, re)
	if g.chance(25) {
		b.WriteString(pick(g, []string{"a", "b", "_", "\n", "ä", "\xff", "AVX"}))
	}
	text := b.String()
	if text == "" || g.chance(50) {
		return text
	}
	switch at := g.IntN(len(text)); g.IntN(4) { // in the middle of a letter, too
	case 0:
		return text[:at] + text[at+1:]
	case 1:
		return text[:at] + pick(g, []string{"a", "\n", "\x80", "k", "ſ", ""}) + text[at+1:]
	case 2:
		return text[:at] + pick(g, []string{"b", " ", "\xe2", "日"}) + text[at:]
	default:
		return strings.ToUpper(text)
	}
}

// write makes up what a part of a pattern matches.
func (g generator) write(b *strings.Builder, re *syntax.Regexp) {
	repeat := func(low, high int) {
		for range low + g.IntN(high-low+1) {
			g.write(b, re.Sub[0])
		}
	}
	switch re.Op {
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			if re.Flags&syntax.FoldCase != 0 {
				for range g.IntN(3) {
					r = unicode.SimpleFold(r)
				}
			}
			b.WriteRune(r)
		}
	case syntax.OpCharClass:
		if len(re.Rune) > 0 {
			i := g.IntN(len(re.Rune)/2) * 2
			b.WriteRune(re.Rune[i] + g.Int32N(min(re.Rune[i+1]-re.Rune[i]+1, 200)))
		}
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		b.WriteString(pick(g, []string{"a", "x", "\n", "ä", "\xff", string(utf8.RuneError)}))
	case syntax.OpStar:
		repeat(0, 3)
	case syntax.OpPlus:
		repeat(1, 3)
	case syntax.OpQuest:
		repeat(0, 1)
	case syntax.OpRepeat:
		repeat(re.Min, max(re.Min+2, re.Max))
	case syntax.OpConcat, syntax.OpCapture:
		for _, sub := range re.Sub {
			g.write(b, sub)
		}
	case syntax.OpAlternate:
		g.write(b, pick(g, re.Sub))
	case syntax.OpBeginLine, syntax.OpEndLine:
		if g.chance(30) {
			b.WriteByte('\n')
		}
	case syntax.OpWordBoundary:
		if g.chance(30) {
			b.WriteByte(' ')
		}
	default: // a condition, or nothing
	}
}
