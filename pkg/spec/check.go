package spec

import (
	"fmt"
	"slices"
	"strings"

	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"
)

// A Vocabulary is what a spec's words are checked against. The zero value knows no words and finds none unknown.
type Vocabulary struct {
	// Features are the names of the known features, in lower case, such as "kernel.version".
	Features []string
}

// RuleMatched is the feature that holds the variables which earlier rules of the set have published.
const RuleMatched = nfdv1alpha1.RuleBackrefDomain + "." + nfdv1alpha1.RuleBackrefFeature

// Check finds what is wrong with the structure and the words of a spec. Whatever would pass silently, being empty, is an
// error: a spec without sets, a set without rules, a rule without a matcher, a term without an expression. A feature that
// the vocabulary does not know is a warning, for vendors add their own.
//
// What is inside an expression (operators, values, regular expressions) is found by compiling it: see package validate.
func Check(s *Spec, words Vocabulary) []Finding {
	c := &checker{spec: s, words: words}
	if len(s.Compatibilities) == 0 {
		c.find(SeverityError, IDEmptySpec, "compatibilities", "there is no compatibility set, so no host could satisfy the spec")
	}
	for i := range s.Compatibilities {
		c.set(&s.Compatibilities[i], ItemPath("compatibilities", i))
	}
	return c.findings
}

type checker struct {
	spec     *Spec
	words    Vocabulary
	findings []Finding
}

func (c *checker) find(severity Severity, id ID, at, format string, args ...any) *Finding {
	c.findings = append(c.findings, Finding{
		ID: id, Severity: severity, Position: c.spec.Position(at), Path: at, Message: fmt.Sprintf(format, args...),
	})
	return &c.findings[len(c.findings)-1]
}

func (c *checker) set(set *Compatibility, at string) {
	if len(set.Rules) == 0 {
		c.find(SeverityError, IDEmptySet, FieldPath(at, "rules"), "the set has no rules, so every host would satisfy it")
	}
	for i := range set.Rules {
		c.rule(&set.Rules[i], ItemPath(FieldPath(at, "rules"), i))
	}
	for i, r := range set.CELRules {
		if strings.TrimSpace(r.Expression) == "" {
			c.find(SeverityError, IDMissingField, ItemPath(FieldPath(at, "celRules"), i), "the CEL rule has no expression")
		}
	}
}

func (c *checker) rule(r *nfdv1alpha1.GroupRule, at string) {
	if len(r.MatchFeatures) == 0 && len(r.MatchAny) == 0 {
		c.find(SeverityError, IDEmptyRule, at, "the rule has neither matchFeatures nor matchAny, so every host would satisfy it")
	}
	c.matcher(r.MatchFeatures, FieldPath(at, "matchFeatures"))
	for i, alternative := range r.MatchAny {
		at := ItemPath(FieldPath(at, "matchAny"), i)
		if len(alternative.MatchFeatures) == 0 {
			c.find(SeverityError, IDEmptyRule, at, "the alternative has no matchFeatures, so every host would satisfy it")
		}
		c.matcher(alternative.MatchFeatures, FieldPath(at, "matchFeatures"))
	}
}

func (c *checker) matcher(m nfdv1alpha1.FeatureMatcher, at string) {
	for i := range m {
		c.term(&m[i], ItemPath(at, i))
	}
}

func (c *checker) term(t *nfdv1alpha1.FeatureMatcherTerm, at string) {
	c.featureName(t.Feature, FieldPath(at, "feature"))
	if (t.MatchExpressions == nil || len(*t.MatchExpressions) == 0) && t.MatchName == nil {
		c.find(SeverityError, IDEmptyTerm, at, "the term has neither matchExpressions nor matchName, so every host that has the feature would satisfy it")
	}
	if t.MatchExpressions == nil {
		return
	}
	if len(*t.MatchExpressions) == 0 && t.MatchName != nil {
		c.find(SeverityError, IDEmptyTerm, FieldPath(at, "matchExpressions"), "matchExpressions is empty: leave it out")
	}
	for _, name := range sortedNames(*t.MatchExpressions) {
		if (*t.MatchExpressions)[name] == nil {
			c.find(SeverityError, IDNilExpression, FieldPath(FieldPath(at, "matchExpressions"), name), "the expression is empty: write {op: Exists}, or another operator")
		}
	}
}

func (c *checker) featureName(feature, at string) {
	name := strings.ToLower(feature)
	domain, rest, _ := strings.Cut(name, ".")
	switch {
	case domain == "" || rest == "":
		c.find(SeverityError, IDFeatureName, at, "%q is no feature's name: write domain.feature, such as kernel.version", shorten(feature))
	case name == RuleMatched || len(c.words.Features) == 0 || slices.Contains(c.words.Features, name):
	default:
		c.find(SeverityWarning, IDUnknownFeature, at, "no feature %q is known, so no host is known to satisfy this", shorten(feature)).
			Suggestion = Nearest(name, c.words.Features)
	}
}

// sortedNames returns the names of a set of expressions in the order in which they are told.
func sortedNames(set nfdv1alpha1.MatchExpressionSet) []string {
	names := make([]string, 0, len(set))
	for name := range set {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
