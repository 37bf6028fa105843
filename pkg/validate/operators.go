package validate

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"
)

// A predicate is an operator with its operands, ready to be asked of a value.
type predicate interface {
	// test tells whether the value satisfies the predicate; Unknown if the value cannot be compared.
	test(value string, w *watch) Outcome
	// because says, to people, why test did not answer Match for this value.
	because(value string) string
}

// maxCompared bounds, in bytes, the value that is compared or matched by a pattern, so that one look at the context is
// never far from the next. A longer one is Unknown.
const maxCompared = 1 << 20

// tooLong says that a value is too long for what is to be done with it.
func tooLong(value, doing string) string { return quote(value) + " is too long to be compared" + doing }

// oneOf is In and NotIn.
type oneOf struct {
	values []string
	sorted []string // the values, if they are many
	not    bool
}

func newOneOf(values []string, not bool) oneOf {
	const many = 16
	p := oneOf{values: values, not: not}
	if len(values) > many {
		p.sorted = slices.Sorted(slices.Values(values))
	}
	return p
}

func (p oneOf) test(value string, w *watch) Outcome {
	w.done(1 + len(value)/8)
	if p.sorted != nil {
		_, found := slices.BinarySearch(p.sorted, value)
		return outcomeOf(found != p.not)
	}
	return outcomeOf(slices.Contains(p.values, value) != p.not)
}

func (p oneOf) because(value string) string {
	if p.not {
		return quote(value) + " is among the values ruled out"
	}
	return quote(value) + " is not " + alternatives(p.values)
}

// matchesAny is InRegexp. As in NFD a pattern that is not anchored may match any part of the value.
type matchesAny struct {
	patterns []*pattern
	texts    []string // of the patterns
}

func (p matchesAny) test(value string, w *watch) Outcome {
	outcome := Mismatch
	for i := 0; i < len(p.patterns) && outcome != Match && !w.done(1); i++ {
		outcome = Or(outcome, p.patterns[i].test(value, w))
	}
	return outcome
}

func (p matchesAny) because(value string) string {
	for _, one := range p.patterns {
		if one.isTooLong(value) {
			return tooLong(value, " with the pattern "+quote(one.text))
		}
	}
	if len(p.texts) == 1 {
		return quote(value) + " does not match the pattern " + quote(p.texts[0])
	}
	return quote(value) + " matches none of the patterns " + quoteAll(p.texts, ", ")
}

// isBool is IsTrue and IsFalse.
type isBool string

func (p isBool) test(value string, _ *watch) Outcome { return outcomeOf(value == string(p)) }

func (p isBool) because(value string) string {
	return quote(value) + " is not " + quote(string(p))
}

// inRange is Gt, Ge, Lt, Le, GtLt and GeLe, over numbers or versions. A bound that is nil is none.
type inRange[T any] struct {
	low, high         *T
	lowText, highText string // as a sentence has them
	length            int    // of the bounds, in bytes
	strict            bool   // the bounds themselves are outside
	parse             func(string) (T, bool)
	compare           func(a, b T) int
	show              func(text string, of T) string // for a sentence
	kind              string                         // "a whole number" or "a version"
}

func (p inRange[T]) test(value string, w *watch) Outcome {
	if len(value) > maxCompared {
		return Unknown
	}
	w.done(1 + len(value) + p.length)
	v, ok := p.parse(value)
	if !ok {
		return Unknown
	}
	return outcomeOf(!p.below(v) && !p.above(v))
}

func (p inRange[T]) below(v T) bool {
	if p.low == nil {
		return false
	}
	c := p.compare(v, *p.low)
	return c < 0 || c == 0 && p.strict
}

func (p inRange[T]) above(v T) bool {
	if p.high == nil {
		return false
	}
	c := p.compare(v, *p.high)
	return c > 0 || c == 0 && p.strict
}

// endsBefore tells whether all of this range is below the other one.
func (p inRange[T]) endsBefore(other inRange[T]) bool {
	if p.high == nil || other.low == nil {
		return false
	}
	c := p.compare(*p.high, *other.low)
	return c < 0 || c == 0 && (p.strict || other.strict)
}

func (p inRange[T]) because(value string) string {
	if len(value) > maxCompared {
		return tooLong(value, "")
	}
	v, ok := p.parse(value)
	switch {
	case !ok:
		return quote(value) + " is not " + p.kind + ", so it cannot be compared"
	case p.below(v) && p.strict:
		return p.show(value, v) + " is not greater than " + p.lowText
	case p.below(v):
		return p.show(value, v) + " is less than " + p.lowText
	case p.strict:
		return p.show(value, v) + " is not less than " + p.highText
	default:
		return p.show(value, v) + " is greater than " + p.highText
	}
}

// newRange returns the range of an operator over operands that parse reads, or says what is wrong with them.
func newRange[T any](op nfdv1alpha1.MatchOp, values []string, p inRange[T]) (inRange[T], error) {
	bounds, texts := make([]T, len(values)), make([]string, len(values))
	for i, text := range values {
		bound, ok := p.parse(text)
		if !ok {
			return p, fmt.Errorf("%s is not %s", quote(text), p.kind)
		}
		bounds[i], texts[i] = bound, p.show(text, bound)
		p.length += len(text)
	}
	switch op {
	case nfdv1alpha1.MatchGt, nfdv1alpha1.MatchGe:
		p.low, p.lowText = &bounds[0], texts[0]
	case nfdv1alpha1.MatchLt, nfdv1alpha1.MatchLe:
		p.high, p.highText = &bounds[0], texts[0]
	default: // GtLt, GeLe
		p.low, p.high = &bounds[0], &bounds[1]
		p.lowText, p.highText = texts[0], texts[1]
	}
	p.strict = op == nfdv1alpha1.MatchGt || op == nfdv1alpha1.MatchLt || op == nfdv1alpha1.MatchGtLt
	if p.low != nil && p.high != nil {
		if c := p.compare(*p.low, *p.high); c > 0 || c == 0 && p.strict {
			return p, errInvertedRange
		}
	}
	return p, nil
}

// A number is an operand of a comparison without a type.
type number int64

// showNumber writes a number for a sentence.
func showNumber(_ string, n number) string { return strconv.FormatInt(int64(n), 10) }

// parseNumber reads a whole number of 64 bits, as NFD does: no blanks, an optional sign.
func parseNumber(text string) (number, bool) {
	n, err := strconv.ParseInt(text, 10, 64)
	return number(n), err == nil
}

// alternatives lists what would have been accepted: "a", or one of "a", "b".
func alternatives(values []string) string {
	if len(values) == 1 {
		return quote(values[0])
	}
	return "one of " + quoteAll(values, ", ")
}

// quoteAll lists values for a sentence, not more than one reads.
func quoteAll(values []string, separator string) string {
	const most = 6
	quoted := make([]string, 0, most)
	for _, v := range values[:min(len(values), most)] {
		quoted = append(quoted, quote(v))
	}
	list := strings.Join(quoted, separator)
	if len(values) > most {
		list += fmt.Sprintf(", … (%d in all)", len(values))
	}
	return list
}

// quote writes a value for a sentence, cut to a readable length.
func quote(value string) string { return strconv.Quote(shorten(value)) }
