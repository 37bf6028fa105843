package parity

import (
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"

	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"

	"github.com/nfd-compat/nfd-compat/pkg/spec"
)

// A difference is something that this project does otherwise than NFD's client, on purpose. This is its name in
// docs/conformance.md, and that of the test that shows what both say.
type difference string

// The differences that generated rules meet.
const (
	varsOfMismatch   difference = "vars published by a rule that did not match"
	varsAcrossSets   difference = "vars crossing from one set into the next"
	matchedNotThere  difference = "rule.matched not there before the first rule has run"
	absentFeature    difference = "DoesNotExist false because the whole feature is absent"
	caseInTemplate   difference = "a template seeing a feature's name in the case of its rule"
	errorEndsAll     difference = "a value that cannot be compared failing all"
	equalBounds      difference = "equal bounds of a numeric GeLe"
	oddNumber        difference = "numbers beyond 64 bits, and with blanks"
	oddVersion       difference = "versions that NFD gives up on"
	templateEndsAll  difference = "a template that fails failing all"
	missingFeature   difference = "a feature of the catalogue of which nothing is known"
	varsOfUnknown    difference = "vars of a rule that is unknown"
	tooLongForRegexp difference = "a value too long for a large regular expression"

	noOperator    difference = "an expression without an operator"
	wrongOperator difference = "an unknown operator"
	wrongType     difference = "an unknown type of values"
	wrongCount    difference = "a wrong number of values"
	wrongRegexp   difference = "an invalid regular expression"
	emptyRegexp   difference = "an empty regular expression"
	largeRegexp   difference = "a regular expression that is too large"
	wrongNumber   difference = "an operand that is no number"
	wrongVersion  difference = "an operand that is no version"
	invertedRange difference = "a range whose first value is above its second"
)

// met returns the differences above, which a run of many trials has to meet.
func met() []difference {
	return []difference{
		varsOfMismatch, varsAcrossSets, matchedNotThere, absentFeature, caseInTemplate, errorEndsAll, equalBounds, oddNumber, oddVersion,
		templateEndsAll, missingFeature, varsOfUnknown,
		noOperator, wrongOperator, wrongType, wrongCount, wrongRegexp, emptyRegexp, largeRegexp, wrongNumber, wrongVersion, invertedRange,
	}
}

// refusal returns the difference for which ours refuses a rule with an error of this kind, or "" if there is none. NFD's
// matcher fails on such a rule as well, if only the element is there; except where it does not look.
func refusal(id spec.ID, rule *nfdv1alpha1.GroupRule) difference {
	has := func(what func(*nfdv1alpha1.MatchExpression) bool) bool {
		for term := range terms(rule) {
			for e := range expressions(term) {
				if what(e) {
					return true
				}
			}
		}
		return false
	}
	fails := has(func(e *nfdv1alpha1.MatchExpression) bool {
		_, err := nfdExpression(e, "5")
		return err != nil
	})
	switch {
	case id == spec.IDMissingField && has(func(e *nfdv1alpha1.MatchExpression) bool { return e.Op == nfdv1alpha1.MatchAny }):
		return noOperator
	case id == spec.IDInvalidRegexp && has(func(e *nfdv1alpha1.MatchExpression) bool {
		return e.Op == nfdv1alpha1.MatchInRegexp && len(e.Value) > 0 && e.Value[0] == ""
	}):
		return emptyRegexp
	case id == spec.IDInvalidRegexp && has(func(e *nfdv1alpha1.MatchExpression) bool {
		return e.Op == nfdv1alpha1.MatchInRegexp && slices.ContainsFunc(e.Value, tooLarge)
	}):
		return largeRegexp
	case id == spec.IDInvertedRange && has(func(e *nfdv1alpha1.MatchExpression) bool { return len(e.Value) == 2 && isComparison(e.Op) }):
		return invertedRange
	case !fails:
		return ""
	}
	switch id { //nolint:exhaustive // nothing else is an error of a rule that NFD can read
	case spec.IDOperator:
		return wrongOperator
	case spec.IDValueType:
		return wrongType
	case spec.IDValueCount:
		return wrongCount
	case spec.IDInvalidRegexp:
		return wrongRegexp
	case spec.IDInvalidNumber:
		return wrongNumber
	case spec.IDInvalidVersion:
		return wrongVersion
	}
	return ""
}

// failure returns the difference for which NFD's matcher ends with this error and ours goes on, or "" if there is none.
func failure(err error) difference {
	text := err.Error()
	if strings.HasPrefix(text, "failed to expand template") {
		return templateEndsAll
	}
	// After the value may come where it stands, if it is an operand. A quoted text has no other quotes.
	_, quoted, _ := strings.Cut(text, `"`)
	prefix, _ := strconv.QuotedPrefix(`"` + quoted)
	value, quoteErr := strconv.Unquote(prefix)
	switch {
	case strings.Contains(text, "value[0] must be less than Value[1]"):
		return equalBounds // others are refused
	case quoteErr != nil:
		return ""
	case strings.HasPrefix(text, "not a number"):
		digits := strings.TrimLeft(strings.TrimSpace(value), "+-")
		if digits != "" && strings.Trim(digits, "0123456789") == "" {
			return oddNumber
		}
		return errorEndsAll
	case strings.HasPrefix(text, "not a version"):
		if v := strings.TrimPrefix(value, "v"); v != "" && '0' <= v[0] && v[0] <= '9' {
			return oddVersion
		}
		return errorEndsAll
	}
	return ""
}

// tooLarge tells whether a pattern is beyond the bound that docs/conformance.md names.
func tooLarge(pattern string) bool {
	const most = 20_000
	re, err := syntax.Parse(pattern, syntax.Perl)
	return err == nil && unrolled(re) > most
}

// unrolled counts the operators, characters and ends of ranges of a pattern, as often as they are repeated.
func unrolled(re *syntax.Regexp) int {
	size := 2 + len(re.Rune)
	for _, sub := range re.Sub {
		size += unrolled(sub)
	}
	if re.Op == syntax.OpRepeat {
		size *= max(re.Min, re.Max, 1)
	}
	return size
}

// tooLong tells whether ours may find a value too long for a pattern, by the bound that docs/conformance.md names.
func tooLong(pattern, value string) bool {
	const most = 4 << 20
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return false
	}
	program, err := syntax.Compile(re.Simplify())
	return err == nil && len(program.Inst)*len(value) > most
}
