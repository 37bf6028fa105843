package parity

import (
	"fmt"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode/utf8"

	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"

	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// meet notes what a rule is made of that both sides gave this outcome.
func (c *comparison) meet(rule *nfdv1alpha1.GroupRule, known *nfdv1alpha1.Features, got validate.Outcome) {
	note := func(what string) { c.sum.seen[fmt.Sprintf("%s: %v", what, got)]++ }
	if len(rule.MatchAny) > 0 {
		note("matchAny")
		if len(rule.MatchFeatures) > 0 {
			note("matchFeatures and matchAny")
		}
	}
	if rule.VarsTemplate != "" {
		note("a template")
	}
	features, number := map[string]bool{}, 0
	var only *nfdv1alpha1.FeatureMatcherTerm
	for term := range terms(rule) {
		name := strings.ToLower(term.Feature)
		if features[name] {
			note("several terms on one feature")
		}
		features[name] = true
		number++
		only = term
	}
	if number == 1 {
		c.meetTerm(only, known, note)
	}
}

// meetTerm notes what the one term of a rule is made of.
func (c *comparison) meetTerm(term *nfdv1alpha1.FeatureMatcherTerm, known *nfdv1alpha1.Features, note func(string)) {
	name := strings.ToLower(term.Feature)
	if name != term.Feature {
		note("a feature in upper case")
	}
	kind := kindOf(name, known)
	if kind == "" {
		if c.catalogue[name] {
			note("a missing feature")
		} else {
			note("a feature that nobody knows")
		}
		return
	}
	note("a feature of " + kind)
	if name == matched {
		note("a variable")
		if c.templates {
			note("a variable after a template")
		}
	}
	if term.MatchName != nil && term.MatchExpressions != nil {
		note("matchName with matchExpressions")
		return
	}
	if term.MatchName != nil {
		note("matchName " + operator(term.MatchName))
		meetOperands(term.MatchName, note)
		return
	}
	if len(*term.MatchExpressions) > 1 {
		note("several expressions")
		return
	}
	for element, e := range *term.MatchExpressions {
		note(operator(e) + " on " + kind)
		meetOperands(e, note)
		for _, shape := range shapesOf(element) {
			note("the name of an element that is " + shape)
		}
		if value, ok := known.Attributes[name].Elements[element]; ok && e.Op != nfdv1alpha1.MatchExists && e.Op != nfdv1alpha1.MatchDoesNotExist {
			for _, shape := range shapesOf(value) {
				note("a value that is " + shape)
			}
		}
	}
}

// kindOf says of what kinds a feature is, or "" if it is not there.
func kindOf(feature string, known *nfdv1alpha1.Features) string {
	var kinds []string
	if _, ok := known.Flags[feature]; ok {
		kinds = append(kinds, "flags")
	}
	if _, ok := known.Attributes[feature]; ok {
		kinds = append(kinds, "attributes")
	}
	if _, ok := known.Instances[feature]; ok {
		kinds = append(kinds, "instances")
	}
	return strings.Join(kinds, " and ")
}

// operator names the operator of an expression, with what it compares.
func operator(e *nfdv1alpha1.MatchExpression) string {
	switch {
	case !isComparison(e.Op):
		return string(e.Op)
	case e.Type == nfdv1alpha1.TypeVersion:
		return string(e.Op) + " of versions"
	default:
		return string(e.Op) + " of numbers"
	}
}

func meetOperands(e *nfdv1alpha1.MatchExpression, note func(string)) {
	switch {
	case len(e.Value) > 16:
		note("many operands of " + string(e.Op))
	case len(e.Value) > 2 || len(e.Value) == 2 && !isComparison(e.Op):
		note("several operands of " + string(e.Op))
	}
	if !isComparison(e.Op) && e.Type != "" {
		note("a type that means nothing")
	}
}

// shapesOf says what is odd about a name or a value.
func shapesOf(text string) []string {
	var shapes []string
	if text == "" {
		shapes = append(shapes, "empty")
	}
	if strings.Contains(text, "\n") {
		shapes = append(shapes, "of several lines")
	}
	switch {
	case !utf8.ValidString(text):
		shapes = append(shapes, "no UTF-8")
	case strings.ContainsFunc(text, func(r rune) bool { return r >= utf8.RuneSelf }):
		shapes = append(shapes, "not ASCII")
	}
	if len(text) > 1000 {
		shapes = append(shapes, "long")
	}
	return shapes
}

// allShapes are what shapesOf can say.
func allShapes() []string {
	return []string{"empty", "of several lines", "no UTF-8", "not ASCII", "long"}
}

// expected returns what a long run of TestMatcher has to have seen.
func expected() []string {
	var what []string
	both := func(of ...string) {
		for _, w := range of {
			what = append(what, w+": match", w+": mismatch")
		}
	}
	both(
		"matchAny", "matchFeatures and matchAny", "a template", "several terms on one feature", "a feature in upper case",
		"a feature of flags", "a feature of attributes", "a feature of instances", "a feature of flags and attributes",
		"a feature of flags and instances", "a feature of attributes and instances", "a feature of flags and attributes and instances",
		"a variable", "a variable after a template", "matchName with matchExpressions", "several expressions",
		"many operands of In", "many operands of NotIn", "many operands of InRegexp",
		"several operands of In", "several operands of NotIn", "several operands of InRegexp", "a type that means nothing",
	)
	what = append(what, "a missing feature: unknown", "a feature that nobody knows: mismatch")
	for _, shape := range allShapes() {
		both("the name of an element that is "+shape, "a value that is "+shape)
	}
	for _, op := range operators() {
		e := nfdv1alpha1.MatchExpression{Op: op}
		names := []string{operator(&e)}
		if e.Type = nfdv1alpha1.TypeVersion; isComparison(op) {
			names = append(names, operator(&e))
		}
		for _, name := range names {
			both(name+" on attributes", name+" on instances", name+" on flags and attributes")
			if op == nfdv1alpha1.MatchExists || op == nfdv1alpha1.MatchDoesNotExist {
				both(name + " on flags")
			} else {
				what = append(what, name+" on flags: mismatch")
			}
			switch op {
			case nfdv1alpha1.MatchDoesNotExist:
				what = append(what, "matchName "+name+": mismatch")
			default:
				both("matchName " + name)
			}
		}
	}
	return what
}

// shapesOfPattern says of what a regular expression is made.
func shapesOfPattern(text string) []string {
	re, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return nil
	}
	found := map[string]bool{}
	var walk func(*syntax.Regexp)
	walk = func(re *syntax.Regexp) {
		found[re.Op.String()] = true
		if re.Op == syntax.OpLiteral && re.Flags&syntax.FoldCase != 0 {
			found["letters in any case"] = true
		}
		if re.Flags&syntax.NonGreedy != 0 {
			found["a lazy repetition"] = true
		}
		if slices.ContainsFunc(re.Rune, func(r rune) bool { return utf8.RuneSelf <= r && r < utf8.MaxRune }) {
			found["a character beyond ASCII"] = true
		}
		if re.Op == syntax.OpCharClass && len(re.Rune) > 200 {
			found["a class of many ranges"] = true
		}
		if re.Op == syntax.OpAlternate && slices.ContainsFunc(re.Sub, func(sub *syntax.Regexp) bool { return sub.Op == syntax.OpEmptyMatch }) {
			found["an empty alternative"] = true
		}
		for _, sub := range re.Sub {
			walk(sub)
		}
	}
	walk(re)
	begins, ends := strings.HasPrefix(text, "^"), strings.HasSuffix(text, "$")
	switch {
	case begins && ends:
		found["anchored at both ends"] = true
	case begins:
		found["anchored at the beginning"] = true
	case ends:
		found["anchored at the end"] = true
	}
	if strings.HasPrefix(text, "[ab]*a[ab]") {
		found["a state for every set of places"] = true
	}
	if program, err := syntax.Compile(re.Simplify()); err == nil && len(program.Inst) > 500 {
		found["a long program"] = true
	}
	shapes := make([]string, 0, len(found))
	for shape := range found {
		shapes = append(shapes, shape)
	}
	return shapes
}

// expectedOfPatterns returns what a long run of TestRegexps has to have seen.
func expectedOfPatterns() []string {
	var what []string
	for _, shape := range []string{
		"anchored at both ends", "anchored at the beginning", "anchored at the end", "letters in any case", "a lazy repetition",
		"a character beyond ASCII", "a class of many ranges", "an empty alternative", "a state for every set of places", "a long program",
		"EmptyMatch", "Literal", "CharClass", "AnyCharNotNL", "AnyChar", "BeginLine", "EndLine", "BeginText", "EndText", "WordBoundary",
		"NoWordBoundary", "Capture", "Star", "Plus", "Quest", "Repeat", "Concat", "Alternate",
	} {
		what = append(what, "a pattern with "+shape+": true", "a pattern with "+shape+": false")
	}
	for _, shape := range allShapes() {
		what = append(what, "a text that is "+shape+": true", "a text that is "+shape+": false")
	}
	return what
}
