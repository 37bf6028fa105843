package validate

import (
	"regexp"
	"regexp/syntax"
	"strings"
	"testing"
)

// automatonOf returns the automaton of a pattern, or nil.
func automatonOf(tb testing.TB, pattern string) *automaton {
	tb.Helper()
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		tb.Fatal(err)
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		tb.Fatal(err)
	}
	a, _ := newAutomaton(program)
	return a
}

// TestAutomaton: the patterns that people write have an automaton, and its answers are those of package regexp.
func TestAutomaton(t *testing.T) {
	t.Parallel()
	texts := []string{
		"", "a", "b", "ab", "ba", "aab", "AVX", "AVX512F", "avx2", "xAVX", "AVX\n", "\nAVX", "NET_12", "mlx5_core", "6.6.97+", "10de", "é", "xéy",
		"E\u0301", "\xff", "a\xffb", "\uFFFD", "k", "K", "\u212A", "ſ", "s", "two\nlines", "0302", strings.Repeat("ab", 300),
	}
	for _, pattern := range []string{
		"^AVX", "AVX", "X$", "^AVX$", "^(AVX|NET_12)", "a|b", "^$", "^", "$", "(^a|b$)", "^(?:)$", "$^", "a$b", "b^a", "(?i)^avx2?$", "[a-c]+", "^[^a]", "[^ab]",
		".", "^.$", "(?s)^.$", "(?s)A.*X.", "^.*[0-9]{2}$", "(ab)+$", "é", "[é-ü]", "^\\S+$", "^\\d{4}$", "k", "(?i)k", "(?i)S", "\\x{FFFD}", "^a*?b", "^(a|ab)(c|bcd)*$",
		"\\Aa", "b\\z", "[[:alpha:]]_[[:digit:]]", "^[A-Z][A-Z0-9_]*$", "^mlx[45]_(core|ib)$", "x*", "(a*)*b", "^(10de|1002|8086)$", "\\p{Greek}", "[^\\n]$",
	} {
		a := automatonOf(t, pattern)
		if a == nil {
			t.Errorf("%s has no automaton", pattern)
			continue
		}
		re := regexp.MustCompile(pattern)
		for _, text := range texts {
			if got, want := a.matchString(text), re.MatchString(text); got != want {
				t.Errorf("%s on %q is %t, want %t", pattern, text, got, want)
			}
		}
	}
}

// TestAutomatonIsBounded: what would have too many states or classes, or looks at what is beside a place, is left to package
// regexp, and little work is lost by that.
func TestAutomatonIsBounded(t *testing.T) {
	t.Parallel()
	for _, pattern := range []string{
		"(a|b)*a(a|b){12}", "(?m)^a", "(?m)a$", "\\bAVX", "a\\B", "\\pL", strings.Repeat("a", 2*maxAutomatonSize), "(x{1,40}y?){1,10}", ".*a.{200}b", "[b-y]{0,400}z$",
	} {
		parsed, err := syntax.Parse(pattern, syntax.Perl)
		if err != nil {
			t.Fatal(err)
		}
		program, err := syntax.Compile(parsed.Simplify())
		if err != nil {
			t.Fatal(err)
		}
		if a, work := newAutomaton(program); a != nil || work > maxAutomatonWork+2*maxAutomatonSize {
			t.Errorf("%.30s: automaton %t, work %d", pattern, a != nil, work)
		}
	}
}

// FuzzAutomaton: whatever has an automaton is matched as by package regexp.
func FuzzAutomaton(f *testing.F) {
	f.Add("^(AVX|NET_1)", "AVX512F")
	f.Add("(?i)k$", "\u212A")
	f.Add("[^a]|^$", "\xff")
	f.Fuzz(func(t *testing.T, pattern, text string) {
		const large = 2000
		if parsed, err := syntax.Parse(pattern, syntax.Perl); err != nil || regexpSize(parsed, large) > large {
			return
		}
		if a := automatonOf(t, pattern); a != nil && a.matchString(text) != regexp.MustCompile(pattern).MatchString(text) {
			t.Errorf("%q on %q is %t", pattern, text, a.matchString(text))
		}
	})
}
