package spec

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"
)

// A Vocabulary is what a spec's words are checked against. The zero value knows no words and finds none unknown.
type Vocabulary struct {
	Features []FeatureWords
}

// FeatureWords are the words that are known of one feature.
type FeatureWords struct {
	// Name of the feature, in lower case, such as "kernel.version".
	Name string
	// Flags, Attributes and Instances say of which kinds the feature is; cpu.cpuid is of the first two.
	Flags, Attributes, Instances bool
	// Elements are the names of its elements; empty if they can have any name.
	Elements []string
	// Valued are those of the elements that have a value, in a feature that has flags as well.
	Valued []string
	// Values are the values that an element can have; any, if it is not there.
	Values map[string][]string
}

// RuleMatched is the feature that holds the variables which earlier rules of the set have published.
const RuleMatched = nfdv1alpha1.RuleBackrefDomain + "." + nfdv1alpha1.RuleBackrefFeature

// Check finds what is wrong with the structure and the words of a spec. Whatever would pass silently, being empty, is an
// error: a spec without sets, a set without rules, a rule without a matcher, a term without an expression. What will hardly
// ever match, such as a feature that the vocabulary does not know, is a warning, for vendors add their own.
//
// What is wrong inside an expression (operators, values, regular expressions) is found by compiling it: see package
// validate. [Checks] tells of each kind of finding.
func Check(s *Spec, words Vocabulary) []Finding {
	if s == nil {
		s = &Spec{}
	}
	c := &checker{spec: s, words: make(map[string]*FeatureWords, len(words.Features)), misread: map[string]int{}, told: map[ID]int{}}
	for i := range words.Features {
		c.words[words.Features[i].Name] = &words.Features[i]
	}
	c.names = append(slices.Sorted(maps.Keys(c.words)), RuleMatched)
	c.readings()
	if len(s.Compatibilities) == 0 {
		c.find(SeverityError, IDEmptySpec, "compatibilities", "there is no compatibility set, so no host could satisfy the spec")
	}
	for i := range s.Compatibilities {
		c.set(i)
	}
	c.indistinctSets()
	return c.findings
}

type checker struct {
	spec     *Spec
	words    map[string]*FeatureWords
	names    []string       // of the features, sorted
	misread  map[string]int // the findings on scalars that are read as something else, by path: of their words nothing more is told
	findings []Finding
	told     map[ID]int // how many findings of a kind there are
}

// MaxOfAKind bounds the findings of one kind that are told of a spec that is wrong all over; the last says that it is.
const MaxOfAKind = 200

// LastOfAKind ends the message of the last finding of a kind that is told.
const LastOfAKind = " (the last of this kind that is told)"

// find notes a finding. The pointer is good until the next one.
func (c *checker) find(severity Severity, id ID, at, format string, args ...any) *Finding {
	f := c.findAt(Position{}, severity, id, at, format, args...)
	if f.ID != "" {
		f.Position = c.spec.Position(at)
	}
	return f
}

// findKey warns of what is wrong with the name of a field, where it has one.
func (c *checker) findKey(id ID, at, format string, args ...any) *Finding {
	f := c.find(SeverityWarning, id, at, format, args...)
	if c.spec.places == nil || f.ID == "" {
		return f
	}
	if p, whole := c.spec.places.find(at); whole && p.key != nil {
		f.Position = Position{p.key.Line, p.key.Column}
	}
	return f
}

// findAt is find where the position is known, so that the text need not be parsed again.
func (c *checker) findAt(position Position, severity Severity, id ID, at, format string, args ...any) *Finding {
	if c.told[id]++; c.told[id] > MaxOfAKind {
		return &Finding{}
	}
	message := fmt.Sprintf(format, args...)
	if c.told[id] == MaxOfAKind {
		message += LastOfAKind
	}
	c.findings = append(c.findings, Finding{ID: id, Severity: severity, Position: position, Path: at, Message: message})
	return &c.findings[len(c.findings)-1]
}

func (c *checker) set(i int) {
	set, rules := &c.spec.Compatibilities[i], c.spec.RulesPath(i)
	if len(set.Rules) == 0 && c.spec.Kind() == KindSpec {
		c.find(SeverityError, IDEmptySet, rules, "the set has no rules, so every host would satisfy it")
	}
	names := map[string]int{}
	published := map[string]bool{}
	for j := range set.Rules {
		r, at := &set.Rules[j], ItemPath(rules, j)
		if first, ok := names[r.Name]; ok && r.Name != "" {
			c.find(SeverityWarning, IDDuplicateRule, FieldPath(at, "name"), "rule #%d has the name %q too: no report could tell them apart", first+1, shorten(r.Name))
		} else {
			names[r.Name] = j
		}
		c.rule(r, at, published)
		for name := range r.Vars {
			published[name] = true
		}
		if r.VarsTemplate != "" {
			published[anyVar] = true
		}
	}
	c.celRules(set, ItemPath("compatibilities", i))
}

func (c *checker) celRules(set *Compatibility, at string) {
	for i, r := range set.CELRules {
		if strings.TrimSpace(r.Expression) == "" {
			c.find(SeverityError, IDMissingField, ItemPath(FieldPath(at, "celRules"), i), "the CEL rule has no expression")
		}
	}
	if len(set.CELRules) > 0 {
		c.find(SeverityNote, IDNFDIgnores, FieldPath(at, "celRules"), "celRules are an extension: NFD's own client passes over them")
	}
}

// indistinctSets finds sets that no report and no user could tell apart.
func (c *checker) indistinctSets() {
	type mark struct {
		tag, description string
		weight           int
	}
	first := map[mark]int{}
	for i, set := range c.spec.Compatibilities {
		m := mark{set.Tag, set.Description, set.Weight}
		if j, ok := first[m]; ok {
			c.find(SeverityWarning, IDIndistinctSets, ItemPath("compatibilities", i),
				"set #%d has the same tag, weight and description: nobody could tell which of them was chosen", j+1)
			continue
		}
		first[m] = i
	}
}

func (c *checker) rule(r *nfdv1alpha1.GroupRule, at string, published map[string]bool) {
	if len(r.MatchFeatures) == 0 && len(r.MatchAny) == 0 {
		if c.spec.Kind() == KindSpec {
			c.find(SeverityError, IDEmptyRule, at, "the rule has neither matchFeatures nor matchAny, so every host would satisfy it")
		} else {
			c.find(SeverityNote, IDRuleWithoutMatcher, at, "the rule has neither matchFeatures nor matchAny, so it matches on every node")
		}
	}
	c.matcher(r.MatchFeatures, FieldPath(at, "matchFeatures"), published)
	for i, alternative := range r.MatchAny {
		at := ItemPath(FieldPath(at, "matchAny"), i)
		if len(alternative.MatchFeatures) == 0 {
			c.find(SeverityError, IDEmptyRule, at, "the alternative has no matchFeatures, so every host would satisfy it")
		}
		c.matcher(alternative.MatchFeatures, FieldPath(at, "matchFeatures"), published)
	}
}

func (c *checker) matcher(m nfdv1alpha1.FeatureMatcher, at string, published map[string]bool) {
	for i := range m {
		c.term(&m[i], ItemPath(at, i), published)
	}
}

// emptyTerm tells of a term without an expression. A NodeFeatureRule may have one, to give all elements to its template.
func (c *checker) emptyTerm(at string) {
	severity := SeverityNote
	if c.spec.Kind() == KindSpec {
		severity = SeverityError
	}
	c.find(severity, IDEmptyTerm, at, "the term has neither matchExpressions nor matchName, so every host that has the feature would satisfy it")
}

func (c *checker) term(t *nfdv1alpha1.FeatureMatcherTerm, at string, published map[string]bool) {
	if (t.MatchExpressions == nil || len(*t.MatchExpressions) == 0) && t.MatchName == nil {
		c.emptyTerm(at)
	}
	if !c.featureName(t.Feature, FieldPath(at, "feature")) {
		return
	}
	words := c.words[strings.ToLower(t.Feature)]
	if words == nil {
		words = &FeatureWords{Name: strings.ToLower(t.Feature)}
	}
	if t.MatchName != nil {
		c.matchName(t.MatchName, words, FieldPath(at, "matchName"))
	}
	if t.MatchExpressions == nil {
		return
	}
	expressions := FieldPath(at, "matchExpressions")
	if len(*t.MatchExpressions) == 0 && t.MatchName != nil {
		c.find(SeverityError, IDEmptyTerm, expressions, "matchExpressions is empty: leave it out")
	}
	siblings := make(map[string]bool, len(*t.MatchExpressions))
	for name := range *t.MatchExpressions {
		siblings[name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(*t.MatchExpressions)) {
		e, at := (*t.MatchExpressions)[name], FieldPath(expressions, name)
		if e == nil {
			c.find(SeverityError, IDNilExpression, at, "the expression is empty: write {op: Exists}, or another operator")
			continue
		}
		if words.Name == RuleMatched {
			c.variable(name, at, published, siblings)
			continue
		}
		c.element(name, e, words, at, siblings)
	}
}
