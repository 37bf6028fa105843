package validate

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/nfd-compat/nfd-compat/pkg/spec"
)

// The bounds of CEL rules, which are written by a stranger.
const (
	maxCELRules  = 1000    // in a spec
	maxCELText   = 8 << 10 // characters of an expression
	maxCELNodes  = 10_000  // of an expression, macros expanded
	maxCELRegexp = 256     // instructions of a regular expression
	maxCELMatch  = 4 << 10 // bytes of a text that a regular expression is tried on
	// maxCELTexts bounds the expressions of a spec together, each of which takes ten times as long as to parse it.
	maxCELTexts = 32 * maxCELText
	// maxCELParsing bounds what it takes to parse the regular expressions of an expression, in the measure of parsingWork.
	maxCELParsing = 5000
	// maxCELCost bounds the work, in CEL's own measure: a few for each operator, one for ten characters. It is counted when the
	// work is done, so each value is bounded too: how many elements it has, and tens of characters, however often they are shared.
	maxCELCost  = 1_000_000
	maxCELValue = 100_000
	// costOfMatches is that of a regular expression for each character, since every instruction may be tried on it.
	costOfMatches = 2
	// checkEvery is how many calls, and turns of a loop, are made before the context is asked.
	checkEvery = 1
)

// A celRead is an index of one of the three maps.
type celRead struct {
	kind, name string
	place      int // of the feature among the program's
}

// feature is the name of the feature that is read.
func (r celRead) feature() string { return strings.ToLower(r.name) }

// celKinds are the names of the three maps.
func celKinds() []string { return []string{"flags", "attributes", "instances"} }

// celRules compiles the CEL rules of a set.
func (c *compiler) celRules(from []spec.CELRule, at string) []celRule {
	var rules []celRule
	for i := range from {
		at := spec.FieldPath(spec.ItemPath(at, i), "expression")
		if from[i].Expression == "" {
			continue // a finding of the check
		}
		if c.cel.count++; c.cel.count > maxCELRules {
			c.fault(spec.IDInvalidCEL, at, "a spec may have %d CEL rules", maxCELRules)
			break
		}
		if c.cel.env == nil {
			env, err := newCELEnvironment()
			if err != nil {
				c.fault(spec.IDInvalidCEL, at, "%v", err)
				return nil
			}
			c.cel.env = env
		}
		if c.cel.text += len(from[i].Expression); c.cel.text > maxCELTexts {
			c.fault(spec.IDInvalidCEL, at, "the CEL rules of a spec may have %d bytes together", maxCELTexts)
			break
		}
		rule, err := compileCEL(c.cel.env, from[i].Expression)
		if err != nil {
			c.fault(spec.IDInvalidCEL, at, "%v", err)
			continue
		}
		if c.regexpsSize += rule.regexps; c.regexpsSize > maxRegexpsSize {
			c.fault(spec.IDInvalidCEL, at, "the regular expressions of the spec are too large together")
			break
		}
		rule.name, rule.message = from[i].Name, from[i].Message
		c.celWords(rule, at)
		rules = append(rules, *rule)
	}
	return rules
}

// celWords checks the names of the features that a CEL rule reads.
func (c *compiler) celWords(rule *celRule, at string) {
	for i, read := range rule.reads {
		name := read.feature()
		rule.reads[i].place = c.place(name)
		if slices.IndexFunc(rule.reads, func(r celRead) bool { return r.kind == read.kind && r.name == read.name }) < i {
			continue // told of before
		}
		if domain, rest, _ := strings.Cut(name, "."); domain == "" || rest == "" {
			c.fault(spec.IDFeatureName, at, "%s is no feature's name: write domain.feature, such as kernel.version", quote(read.name))
			continue
		}
		if name != read.name {
			c.find(spec.SeverityWarning, spec.IDFeatureCase, at, "names of features are in lower case: write %s", quote(name))
		}
		known := c.cel.vocabulary.Features
		if len(known) == 0 || name == spec.RuleMatched {
			continue
		}
		of := slices.IndexFunc(known, func(f spec.FeatureWords) bool { return f.Name == name })
		switch {
		case of < 0:
			c.find(spec.SeverityWarning, spec.IDUnknownFeature, at, "no feature %s is known, so it is empty on every known host", quote(read.name))
			c.findings[len(c.findings)-1].Suggestion = spec.Nearest(name, namesOf(known))
		case !hasKind(&known[of], read.kind):
			c.find(spec.SeverityWarning, spec.IDUnknownFeature, at, "%s has no %s, so %s[%s] is empty on every known host; it has %s",
				name, read.kind, read.kind, quote(read.name), kindsOf(&known[of]))
		}
	}
}

func hasKind(words *spec.FeatureWords, kind string) bool {
	return slices.Contains(strings.Split(kindsOf(words), " and "), kind)
}

// kindsOf names the kinds of elements that a feature has: "flags and attributes".
func kindsOf(words *spec.FeatureWords) string {
	var kinds []string
	for i, has := range []bool{words.Flags, words.Attributes, words.Instances} {
		if has {
			kinds = append(kinds, celKinds()[i])
		}
	}
	return strings.Join(kinds, " and ")
}

func namesOf(words []spec.FeatureWords) []string {
	names := make([]string, len(words))
	for i := range words {
		names[i] = words[i].Name
	}
	return names
}

// celFault places a fault in an expression; columns count from 0.
func celFault(expression string, line, column int, message string) error {
	if line < 1 || len(expression) > maxCELText {
		return errors.New(shorten(message))
	}
	if !strings.Contains(expression, "\n") {
		return fmt.Errorf("column %d: %s", column+1, shorten(message))
	}
	return fmt.Errorf("line %d, column %d: %s", line, column+1, shorten(message))
}

// celPatterns adds up the regular expressions of an expression.
type celPatterns struct{ work, size int }

// add adds one, of which sizeOf tells the instructions, and returns what is wrong with it, or "".
func (p *celPatterns) add(pattern string, sizeOf func(string) (int, error)) string {
	if p.work += parsingWork(pattern); p.work > maxCELParsing {
		return "the classes of characters in the regular expressions are too many"
	}
	size, err := sizeOf(pattern)
	if err != nil {
		return "" // CEL tells of it
	}
	if p.size += size; size > maxCELRegexp {
		return fmt.Sprintf("regex program size %d exceeds limit of %d", size, maxCELRegexp)
	}
	return ""
}

// celResult puts into words how a CEL rule came out: by its outcome, by the error that its expression failed with, and by what is
// not known.
func (e *evaluation) celResult(r *celRule, outcome Outcome, failure error, doubts []string) CELRuleResult {
	result := CELRuleResult{Name: r.name, Outcome: outcome}
	switch outcome {
	case Mismatch:
		if result.Reason = r.message; r.message == "" {
			result.Reason = "the expression is false"
		}
	case Unknown:
		if failure != nil {
			doubts = append([]string{"the expression failed: " + shorten(failure.Error())}, doubts...)
		}
		result.Reason = e.fitReason(strings.Join(doubts, "; "))
	case Match:
	}
	return result
}

// celDoubt returns why elements of a kind are not known, or "", and whether some of them are known all the same.
func (o *observation) celDoubt(kind string) (reason string, inPart bool) {
	switch {
	case o.blind != "":
		return o.blind, false
	case o.celCount(kind) > maxCELValue:
		return fmt.Sprintf("%s has more %s than the %d that CEL can look at", o.feature, kind, maxCELValue), false
	default:
		return o.anyDoubt(), kind == "attributes"
	}
}

// celCount is how many elements of a kind a feature has.
func (o *observation) celCount(kind string) int {
	switch kind {
	case "flags":
		return len(o.flags)
	case "attributes":
		return len(o.attributes)
	default:
		return len(o.instances)
	}
}

// celValue is the collection that an expression sees, made once. A feature that is absent, or that nobody knows, is an empty
// one, and so is one that is too large, which is unknown all the same.
func (o *observation) celValue(kind string) any {
	of := o.celValues[kind]
	if of != nil {
		return of
	}
	switch few := o.celCount(kind) <= maxCELValue; {
	case kind == "flags" && few:
		names := slices.AppendSeq(make([]string, 0, len(o.flags)), maps.Keys(o.flags))
		o.watch.sort(names)
		of = names
	case kind == "flags":
		of = []string{}
	case kind == "attributes" && few && o.attributes != nil:
		of = o.attributes
	case kind == "attributes":
		of = map[string]string{}
	default:
		var instances []map[string]string
		for i := 0; few && i < len(o.instances); i++ {
			instances = append(instances, o.instances[i].Attributes)
		}
		of = instances
	}
	if o.celValues == nil {
		o.celValues = map[string]any{}
	}
	o.celValues[kind] = of
	return of
}
