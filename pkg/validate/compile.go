package validate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"

	"github.com/nfd-compat/nfd-compat/pkg/spec"
)

// A Require says how many of the selected compatibility sets a host must match.
type Require string

// The ways to require.
const (
	// RequireAny is the default: the sets are alternatives.
	RequireAny Require = "any"
	// RequireAll takes every set as a requirement.
	RequireAll Require = "all"
)

// Options say what of a spec is judged, and how. The zero value judges all sets as alternatives.
type Options struct {
	// Tags select the sets that bear one of them; without tags all sets are selected.
	Tags []string
	// Require says how many of the selected sets must match; empty is RequireAny.
	Require Require
	// Vocabulary is what the spec's words are checked against; see [spec.Check].
	Vocabulary spec.Vocabulary
}

// errInvertedRange: what is meant by a range whose lower bound is above the upper one, nobody can tell. GeLe has its bounds in it, so that
// they may be equal.
var errInvertedRange = errors.New("the first value must be less than the second")

// Compile checks a spec and resolves everything in it once: operators, numbers, versions and regular expressions.
//
// The findings are all that is wrong with the spec, those of [spec.Check] among them. If one of them is of
// [spec.SeverityError] there is no Program; [spec.Errors] makes an error of them.
func Compile(s *spec.Spec, opts Options) (*Program, []spec.Finding) {
	if s == nil {
		s = &spec.Spec{}
	}
	c := &compiler{
		spec: s, findings: spec.Check(s, opts.Vocabulary), instances: instancesOf(opts.Vocabulary),
		cel: celCompiler{vocabulary: opts.Vocabulary}, places: map[string]int{}, patterns: map[string]*pattern{}, told: map[spec.ID]int{},
		comparisons: &watch{ctx: context.Background(), most: maxComparisonSteps},
	}
	p := &Program{require: cmp.Or(opts.Require, RequireAny)}
	for i := range s.Compatibilities {
		set := c.set(i)
		if len(opts.Tags) == 0 || slices.Contains(opts.Tags, set.tag) {
			p.sets = append(p.sets, set)
		}
	}
	if len(p.sets) == 0 && len(s.Compatibilities) > 0 {
		c.fault(spec.IDTagSelectsNone, "compatibilities", "no compatibility set is tagged %s; %s", quoteAll(opts.Tags, " or "), tagsOf(s))
	}
	slices.SortStableFunc(c.findings, func(a, b spec.Finding) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	if spec.Errors(c.findings) != nil {
		return nil, c.findings
	}
	p.features = c.features
	p.needs = needsOf(p.sets)
	return p, c.findings
}

// tagsOf tells which tags a spec has.
func tagsOf(s *spec.Spec) string {
	var tags []string
	known := map[string]bool{"": true}
	for _, set := range s.Compatibilities {
		if !known[set.Tag] {
			known[set.Tag] = true
			tags = append(tags, set.Tag)
		}
	}
	if len(tags) == 0 {
		return "the spec has no tags"
	}
	return "the spec has the tags " + quoteAll(tags, ", ")
}

type compiler struct {
	spec     *spec.Spec
	findings []spec.Finding
	// features are those that are read, and places tells where each of them is.
	features []string
	places   map[string]int
	// instances tells of the known features whether they have instances.
	instances map[string]bool
	cel       celCompiler
	// patterns are the regular expressions so far, by their texts; the numbers are what they have taken of their bounds.
	patterns                                          map[string]*pattern
	regexpsSize, parsings, automataSize, automataWork int

	// functions are those that templates may call, nil before the first template.
	functions   map[string]boundedFunction
	comparisons *watch          // over the search for contradictions
	told        map[spec.ID]int // how many findings of a kind there are
}

func (c *compiler) find(severity spec.Severity, id spec.ID, at, format string, args ...any) {
	if c.told[id]++; c.told[id] > spec.MaxOfAKind {
		return
	}
	message := fmt.Sprintf(format, args...)
	if c.told[id] == spec.MaxOfAKind {
		message += spec.LastOfAKind
	}
	c.findings = append(c.findings, spec.Finding{ID: id, Severity: severity, Position: c.spec.Position(at), Path: at, Message: message})
}

func (c *compiler) fault(id spec.ID, at, format string, args ...any) {
	c.find(spec.SeverityError, id, at, format, args...)
}

func (c *compiler) set(i int) set {
	from := &c.spec.Compatibilities[i]
	at := spec.ItemPath("compatibilities", i)
	s := set{index: i, tag: from.Tag, weight: from.Weight, description: from.Description}
	for j := range from.Rules {
		s.rules = append(s.rules, c.rule(&from.Rules[j], spec.ItemPath(c.spec.RulesPath(i), j)))
	}
	c.contradictions(&s)
	labels := c.spec.LabelsTemplates()
	for _, at := range slices.Sorted(maps.Keys(labels)) {
		if err := templateSyntax(labels[at]); err != nil {
			c.fault(spec.IDInvalidTemplate, at, "%v", err)
		}
	}
	s.celRules = c.celRules(from.CELRules, spec.FieldPath(at, "celRules"))
	return s
}

func (c *compiler) rule(from *nfdv1alpha1.GroupRule, at string) rule {
	r := rule{name: from.Name, vars: from.Vars}
	if from.VarsTemplate != "" {
		err := templateSyntax(from.VarsTemplate)
		if c.spec.Kind() == spec.KindSpec {
			r.template, err = parseTemplate(from.VarsTemplate, c.templateFunctions())
		}
		if err != nil {
			c.fault(spec.IDInvalidTemplate, spec.FieldPath(at, "varsTemplate"), "%v", err)
		}
	}
	r.matcher = c.matcher(from.MatchFeatures, spec.FieldPath(at, "matchFeatures"))
	for i, alternative := range from.MatchAny {
		r.alternatives = append(r.alternatives,
			c.matcher(alternative.MatchFeatures, spec.FieldPath(spec.ItemPath(spec.FieldPath(at, "matchAny"), i), "matchFeatures")))
	}
	return r
}

func (c *compiler) matcher(from nfdv1alpha1.FeatureMatcher, at string) matcher {
	m := matcher{terms: make([]term, 0, len(from))}
	for i := range from {
		m.terms = append(m.terms, c.term(&from[i], spec.ItemPath(at, i)))
	}
	m.wanted = wantedBy(m.terms)
	return m
}

// place returns the place of a feature among those that are read.
func (c *compiler) place(feature string) int {
	place, known := c.places[feature]
	if !known {
		place = len(c.features)
		c.places[feature] = place
		c.features = append(c.features, feature)
	}
	return place
}

func (c *compiler) term(from *nfdv1alpha1.FeatureMatcherTerm, at string) term {
	t := term{feature: strings.ToLower(from.Feature)}
	t.place = c.place(t.feature)
	if from.MatchExpressions != nil {
		at := spec.FieldPath(at, "matchExpressions")
		for _, element := range slices.Sorted(maps.Keys(*from.MatchExpressions)) {
			if e := (*from.MatchExpressions)[element]; e != nil { // nil is a finding of the check
				t.expressions = append(t.expressions, c.expression(e, element, spec.FieldPath(at, element)))
			}
		}
	}
	if from.MatchName != nil {
		name := c.expression(from.MatchName, "", spec.FieldPath(at, "matchName"))
		t.name = &name
	}
	return t
}

func (c *compiler) expression(from *nfdv1alpha1.MatchExpression, element, at string) expression {
	e := expression{element: element, op: from.Op, values: from.Value, valueType: from.Type}
	fault := func(id spec.ID, field, format string, args ...any) {
		c.fault(id, spec.FieldPath(at, field), format, args...)
	}
	wantsOne := func(atLeast, atMost int, what string) bool {
		if n := len(e.values); n < atLeast || n > atMost {
			fault(spec.IDValueCount, "value", "%s takes %s, and has %d", e.op, what, n)
			return false
		}
		return true
	}
	switch e.op {
	case nfdv1alpha1.MatchExists, nfdv1alpha1.MatchDoesNotExist:
		wantsOne(0, 0, "no value")
	case nfdv1alpha1.MatchIsTrue, nfdv1alpha1.MatchIsFalse:
		wantsOne(0, 0, "no value")
		e.predicate = isBool(map[bool]string{true: "true", false: "false"}[e.op == nfdv1alpha1.MatchIsTrue])
	case nfdv1alpha1.MatchIn, nfdv1alpha1.MatchNotIn:
		wantsOne(1, maxValues, "at least one value")
		e.predicate = newOneOf(e.values, e.op == nfdv1alpha1.MatchNotIn)
	case nfdv1alpha1.MatchInRegexp:
		wantsOne(1, maxValues, "at least one value")
		e.predicate = c.regexps(e.values, spec.FieldPath(at, "value"))
	case nfdv1alpha1.MatchGt, nfdv1alpha1.MatchGe, nfdv1alpha1.MatchLt, nfdv1alpha1.MatchLe:
		if wantsOne(1, 1, "exactly one value") {
			e.predicate = c.bounds(&e, at)
		}
	case nfdv1alpha1.MatchGtLt, nfdv1alpha1.MatchGeLe:
		if wantsOne(2, 2, "exactly two values") {
			e.predicate = c.bounds(&e, at)
		}
	default:
		c.unknownOperator(from, at)
	}
	return e
}

// maxValues is no bound of its own: the payload's size bounds the number of values.
const maxValues = spec.MaxSize

// bounds returns the predicate of a comparison, by the type of its operands.
func (c *compiler) bounds(e *expression, at string) predicate {
	var (
		p   predicate
		id  spec.ID
		err error
	)
	switch e.valueType {
	case nfdv1alpha1.TypeVersion:
		id = spec.IDInvalidVersion
		p, err = newRange(e.op, e.values, inRange[version]{parse: parseVersion, compare: version.compare, show: showVersion, kind: "a version"})
	case nfdv1alpha1.TypeEmpty:
		id = spec.IDInvalidNumber
		p, err = newRange(e.op, e.values, inRange[number]{parse: parseNumber, compare: cmp.Compare[number], show: showNumber, kind: "a whole number"})
	default:
		c.fault(spec.IDValueType, spec.FieldPath(at, "type"), "unknown type %s: write type: version, or none for whole numbers", quote(string(e.valueType)))
		return nil
	}
	switch {
	case errors.Is(err, errInvertedRange) && e.op == nfdv1alpha1.MatchGeLe:
		c.fault(spec.IDInvertedRange, spec.FieldPath(at, "value"), "the first value must not be greater than the second")
	case errors.Is(err, errInvertedRange):
		c.fault(spec.IDInvertedRange, spec.FieldPath(at, "value"), "%v", err)
	case err != nil && e.valueType == nfdv1alpha1.TypeEmpty:
		if _, isVersion := parseVersion(e.values[len(e.values)-1]); isVersion {
			err = fmt.Errorf("%w; for versions, add type: version", err)
		}
		c.fault(id, spec.FieldPath(at, "value"), "%v", err)
	case err != nil:
		c.fault(id, spec.FieldPath(at, "value"), "%v", err)
	}
	return p
}

// templateFunctions returns the functions that templates may call, made once.
func (c *compiler) templateFunctions() map[string]boundedFunction {
	if c.functions == nil {
		c.functions = templateFunctions()
	}
	return c.functions
}
