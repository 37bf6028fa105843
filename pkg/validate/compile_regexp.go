package validate

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"

	"github.com/nfd-compat/nfd-compat/pkg/spec"
)

// Go's package regexp takes up to 128 MB for one pattern, such as (?:x{1000}){30}, and a spec of a stranger may have many.
// These bound the instructions of the compiled programs, of which each takes some 40 bytes.
const (
	maxRegexpSize  = 20_000    // of one pattern
	maxRegexpsSize = 1_000_000 // of all patterns of a spec
)

var errRegexpTooLarge = errors.New("too large for this one or for all that the spec has")

// compileRegexp compiles a pattern whose program fits into what is left of the spec's budget.
func (c *compiler) compileRegexp(pattern string) (*regexp.Regexp, error) {
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		var fault *syntax.Error
		if errors.As(err, &fault) {
			return nil, fmt.Errorf("%s: %s", fault.Code, shorten(fault.Expr))
		}
		return nil, err
	}
	size := regexpSize(parsed, maxRegexpSize)
	if c.regexpsSize += size; size > maxRegexpSize || c.regexpsSize > maxRegexpsSize {
		return nil, errRegexpTooLarge
	}
	return regexp.Compile(pattern)
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

func (c *compiler) regexps(patterns []string, at string) matchesAny {
	var compiled matchesAny
	for i, pattern := range patterns {
		if pattern == "" && c.spec.Kind() == spec.KindSpec {
			c.fault(spec.IDInvalidRegexp, spec.ItemPath(at, i), "the empty pattern matches everything, so every value would satisfy it")
			continue
		}
		re, err := c.compileRegexp(pattern)
		if err != nil {
			c.fault(spec.IDInvalidRegexp, spec.ItemPath(at, i), "%s is no regular expression (RE2): %v", quote(pattern), err)
			if c.told[spec.IDInvalidRegexp] > spec.MaxOfAKind { // nobody reads more
				return nil
			}
			continue
		}
		compiled = append(compiled, re)
	}
	return compiled
}
