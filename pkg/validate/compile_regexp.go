package validate

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/nfd-compat/nfd-compat/pkg/spec"
)

// Go's package regexp takes up to 128 MB for one pattern, such as (?:x{1000}){30}, and a spec of a stranger may have many.
// These bound the instructions of the compiled programs, of which each takes some 40 bytes.
const (
	maxRegexpSize  = 20_000  // of one pattern
	maxRegexpsSize = 600_000 // of all patterns of a spec
	// maxRegexpText is that of a pattern in bytes: to parse one takes a hundred times as many.
	maxRegexpText = 4 * maxRegexpSize
	// maxParsing bounds what it takes to parse one pattern, and maxParsings all that a spec has, in the measure of parsingWork.
	maxParsing  = 40_000
	maxParsings = 1_000_000
	// sizeOfPattern is what a pattern takes however short it is.
	sizeOfPattern = 30
)

// The bounds of all automata of a spec, beyond which package regexp does the work.
const (
	maxAutomataWork = 20_000_000 // instructions that are looked at to make them
	maxAutomataSize = 8 << 20    // bytes of their tables
)

var errRegexpTooLarge = errors.New("too large for this one or for all that the spec has")

// A pattern is a compiled regular expression, which has an automaton or else what package regexp makes of it.
type pattern struct {
	text      string
	automaton *automaton
	regexp    *regexp.Regexp
	size      int // of the program
}

// maxRegexpSteps bounds what one regular expression does with one value: its instructions times the value's length. It is
// some tens of milliseconds at most, so that the context is heard in time.
const maxRegexpSteps = 4 << 20

// test tells whether any part of a value matches; Unknown if the value is too long to tell.
func (p *pattern) test(value string, w *watch) Outcome {
	switch {
	case p.isTooLong(value):
		return Unknown
	case p.automaton != nil:
		w.done(len(value))
		return outcomeOf(p.automaton.matchString(value))
	default:
		w.done(p.size*len(value)/2 + 1)
		return outcomeOf(p.regexp.MatchString(value))
	}
}

// isTooLong tells whether a value is too long to be compared.
func (p *pattern) isTooLong(value string) bool {
	return len(value) > maxCompared || p.automaton == nil && p.size*len(value) > maxRegexpSteps
}

// regexps compiles the patterns of an InRegexp.
func (c *compiler) regexps(texts []string, at string) matchesAny {
	compiled := matchesAny{texts: texts, patterns: make([]*pattern, 0, len(texts))}
	for i, text := range texts {
		if text == "" && c.spec.Kind() == spec.KindSpec {
			c.fault(spec.IDInvalidRegexp, spec.ItemPath(at, i), "the empty pattern matches everything, so every value would satisfy it")
			continue
		}
		p, err := c.pattern(text)
		if err != nil {
			c.fault(spec.IDInvalidRegexp, spec.ItemPath(at, i), "%s is no regular expression (RE2): %v", quote(text), err)
			if c.told[spec.IDInvalidRegexp] > spec.MaxOfAKind { // nobody reads more
				return compiled
			}
			continue
		}
		compiled.patterns = append(compiled.patterns, p)
	}
	return compiled
}

// pattern compiles a pattern, once however often the spec has it.
func (c *compiler) pattern(text string) (*pattern, error) {
	if p := c.patterns[text]; p != nil {
		return p, nil
	}
	p, err := c.compilePattern(text)
	if err == nil {
		c.patterns[text] = p
	}
	return p, err
}

// compilePattern compiles a pattern whose program fits into what is left of the spec's budget.
func (c *compiler) compilePattern(text string) (*pattern, error) {
	if len(text) > maxRegexpText {
		return nil, errRegexpTooLarge
	}
	work := parsingWork(text)
	if c.parsings += work; work > maxParsing || c.parsings > maxParsings {
		return nil, errRegexpTooLarge
	}
	parsed, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		var fault *syntax.Error
		if errors.As(err, &fault) {
			return nil, fmt.Errorf("%s: %s", fault.Code, shorten(fault.Expr))
		}
		return nil, err
	}
	size := regexpSize(parsed, maxRegexpSize)
	if c.regexpsSize += size + sizeOfPattern; size > maxRegexpSize || c.regexpsSize > maxRegexpsSize {
		return nil, errRegexpTooLarge
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return nil, err
	}
	p := &pattern{text: text, size: len(program.Inst)}
	if c.automataWork < maxAutomataWork && c.automataSize < maxAutomataSize {
		var work int
		p.automaton, work = newAutomaton(program)
		c.automataWork += work
	}
	if p.automaton != nil {
		c.automataSize += len(p.automaton.next)
		return p, nil
	}
	p.regexp, err = regexp.Compile(text)
	return p, err
}

// regexpSize guesses, from above, how many instructions a pattern has, and stops counting beyond a limit.
func regexpSize(re *syntax.Regexp, limit int) int {
	size := 2 + len(re.Rune)
	for _, sub := range re.Sub {
		if size += regexpSize(sub, limit); size > limit {
			return limit + 1
		}
	}
	if re.Op == syntax.OpRepeat {
		size *= max(re.Min, re.Max, 1)
	}
	return min(size, limit+1)
}

// parsingWork guesses, from above, what the parser does for the classes of characters in a pattern, in very roughly
// microseconds. A class of Unicode is copied from tables of hundreds of ranges; a range under (?i) is gone through character
// by character, of which [B-\x{1e942}] has 125,000.
func parsingWork(pattern string) int {
	const ofTable, charactersPerMicrosecond = 100, 31
	folds, inClass, work, previous := foldsCase(pattern), false, 0, rune(0)
	for i := 0; i < len(pattern); {
		rest := pattern[i:]
		r, size := patternRune(rest)
		switch {
		case strings.HasPrefix(rest, `\p`), strings.HasPrefix(rest, `\P`):
			work += ofTable
		case !inClass && strings.HasPrefix(rest, `\Q`): // up to \E all is itself
			quoted, _, _ := strings.Cut(rest, `\E`)
			size = len(quoted)
		case !inClass && rest[0] == '[':
			inClass = true
			for _, first := range []string{"^", "]"} { // such a bracket does not end it
				if strings.HasPrefix(pattern[i+size:], first) {
					size++
				}
			}
		case inClass && strings.HasPrefix(rest, "[:"): // such as [:alpha:]
			name, _, _ := strings.Cut(rest, ":]")
			size = min(len(name)+len(":]"), len(rest))
		case inClass && rest[0] == ']':
			inClass = false
		case inClass && rest[0] == '-' && folds && len(rest) > size:
			last, _ := patternRune(rest[size:])
			work += foldedRange(previous, last) / charactersPerMicrosecond
		}
		previous = r
		i += size
	}
	return work
}

// foldedRange is how many characters of a range the parser goes through under (?i): those between the first and the last that have a
// counterpart in the other case, unless it is all of these.
func foldedRange(first, last rune) int {
	const minFold, maxFold = 'A', '\U0001e943' // as in regexp/syntax
	if first <= minFold && last >= maxFold {
		return 0
	}
	return max(0, int(min(last, maxFold)-max(first, minFold)))
}

// patternRune returns the character that a pattern begins with, and how many bytes it has there: itself, or \x{10FFFF}, or after a
// backslash whatever it is.
func patternRune(pattern string) (rune, int) {
	if hex, ok := strings.CutPrefix(pattern, `\x{`); ok {
		digits, _, closed := strings.Cut(hex, "}")
		if n, err := strconv.ParseUint(digits, 16, 21); err == nil && closed {
			return rune(n), len(`\x{}`) + len(digits)
		}
	}
	r, size := utf8.DecodeRuneInString(pattern)
	if r == '\\' && len(pattern) > size {
		next, length := utf8.DecodeRuneInString(pattern[size:])
		return next, size + length
	}
	return r, size
}

// foldsCase tells whether a pattern may turn the flag i on.
func foldsCase(pattern string) bool {
	for rest := pattern; ; {
		_, after, found := strings.Cut(rest, "(?")
		if !found {
			return false
		}
		flags := after[:len(after)-len(strings.TrimLeft(after, "imsU-"))]
		if strings.Contains(flags, "i") {
			return true
		}
		rest = after
	}
}
