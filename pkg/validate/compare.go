package validate

import (
	"fmt"
	"strings"

	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"

	"github.com/nfd-compat/nfd-compat/pkg/features"
)

// A Change is a text in two reports. It is empty where there is none.
type Change struct {
	A string `json:"a"`
	B string `json:"b"`
}

// A ReportDifference is what two reports tell differently.
type ReportDifference struct {
	// A and B tell what was compared.
	A Compared `json:"a"`
	B Compared `json:"b"`
	// Verdict over all results; nil if it is the same.
	Verdict *Change `json:"verdict,omitempty"`
	// Results are those that differ.
	Results []ResultDifference `json:"results"`
}

// A ResultDifference is what two results that belong together tell differently. What is the same is nil.
type ResultDifference struct {
	// Image and Node name the result; empty where they are not known.
	Image string `json:"image,omitempty"`
	Node  string `json:"node,omitempty"`
	// Images and Nodes are the names in both, where these are not the same; Image and Node are a's then.
	Images *Change `json:"images,omitempty"`
	Nodes  *Change `json:"nodes,omitempty"`
	// Overrides are what is not the host's own; nil if nothing is, or if what was compared tells it.
	Overrides *OverrideChange `json:"overrides,omitempty"`
	// Only is "a" or "b" if the other report has no such result, and empty if both have.
	Only string `json:"only,omitempty"`
	// Verdict, or "error" of a result that ended in one, and Reason for it, which is told only if the verdict differs.
	Verdict *Change `json:"verdict,omitempty"`
	Reason  *Change `json:"reason,omitempty"`
	// Best is the chosen set.
	Best *Change `json:"best,omitempty"`
	// Digest of the image, Artifact's digest, and Kernel of the node.
	Digest   *Change `json:"digest,omitempty"`
	Artifact *Change `json:"artifact,omitempty"`
	Kernel   *Change `json:"kernel,omitempty"`
	// Sets, and features by their status, that differ.
	Sets     []SetDifference    `json:"sets,omitempty"`
	Features []StatusDifference `json:"features,omitempty"`
}

// An OverrideChange is what was not the host's own in two results.
type OverrideChange struct {
	A []features.Override `json:"a,omitempty"`
	B []features.Override `json:"b,omitempty"`
}

// A StatusDifference is how much is known of a feature in two results.
type StatusDifference struct {
	Feature string `json:"feature"`
	Change
}

// A SetDifference is what two results tell differently of a compatibility set.
type SetDifference struct {
	Set     string           `json:"set"`
	Only    string           `json:"only,omitempty"`
	Verdict *Change          `json:"verdict,omitempty"`
	Rules   []RuleDifference `json:"rules,omitempty"`
}

// A RuleDifference is what two results tell differently of a rule.
type RuleDifference struct {
	Name string `json:"name"`
	// CEL says that it is a CEL rule, which has a Reason rather than expressions.
	CEL         bool                   `json:"cel,omitempty"`
	Only        string                 `json:"only,omitempty"`
	Outcome     *Change                `json:"outcome,omitempty"`
	Reason      *Change                `json:"reason,omitempty"`
	Expressions []ExpressionDifference `json:"expressions,omitempty"`
}

// An ExpressionDifference is an expression whose outcome differs, with what was observed.
type ExpressionDifference struct {
	// Alternative is the index in matchAny, from 0; nil for an expression of matchFeatures.
	Alternative *int                  `json:"alternative,omitempty"`
	Feature     string                `json:"feature"`
	Matcher     Matcher               `json:"matcher"`
	Element     string                `json:"element,omitempty"`
	Op          nfdv1alpha1.MatchOp   `json:"op"`
	Value       []string              `json:"value,omitempty"`
	Type        nfdv1alpha1.ValueType `json:"type,omitempty"`
	Only        string                `json:"only,omitempty"`
	Outcome     Change                `json:"outcome"`
	// Observed is what was found; nil where there was nothing to observe.
	Observed ObservedChange `json:"observed"`
	Reason   Change         `json:"reason"`
}

// An ObservedChange is what was observed in two results.
type ObservedChange struct {
	A *string `json:"a"`
	B *string `json:"b"`
}

// Differs says whether the reports differ at all. That they are of other images or hosts, or of what if, is no difference: what they
// say of them may be the same.
func (d *ReportDifference) Differs() bool { return d.Verdict != nil || len(d.Results) > 0 }

// Compare tells what two reports say differently: verdicts, and below a result whatever has another outcome. Results belong together if
// they are of the same image and the same host, by their names; where each report is of one image only, or of one host only, its name
// does not count.
func Compare(a, b *Report) *ReportDifference {
	d := &ReportDifference{
		A: newCompared(a), B: newCompared(b), Verdict: change(a.Word(), b.Word()), Results: []ResultDifference{},
	}
	for _, p := range pairs(a.Results, b.Results, together(d.A, d.B)) {
		one := compareResults(p.a, p.b)
		if one.Only != "" || one.Verdict != nil || one.Best != nil || one.Digest != nil || one.Artifact != nil || one.Kernel != nil || one.Sets != nil || one.Features != nil {
			one.Overrides = d.overrides(p)
			d.Results = append(d.Results, one)
		}
	}
	return d
}

// overrides are those of two results, unless they are those of the reports.
func (d *ReportDifference) overrides(p pair[Result]) *OverrideChange {
	var c OverrideChange
	if p.a != nil && d.A.Overrides == nil {
		c.A = p.a.Overrides
	}
	if p.b != nil && d.B.Overrides == nil {
		c.B = p.b.Overrides
	}
	if len(c.A) == 0 && len(c.B) == 0 {
		return nil
	}
	return &c
}

// A pair are two things of the same name; one of them is nil if the other has none beside it.
type pair[T any] struct{ a, b *T }

func (p pair[T]) only() string {
	switch {
	case p.a == nil:
		return "b"
	case p.b == nil:
		return "a"
	}
	return ""
}

// either is the first that there is.
func (p pair[T]) either() *T {
	if p.a != nil {
		return p.a
	}
	return p.b
}

// pairs puts together what has the same key, the first with the first and so on, in the order of a, and what only b has at the end.
func pairs[T any](a, b []T, key func(*T) string) []pair[T] {
	places := map[string][]int{}
	for i := range b {
		k := key(&b[i])
		places[k] = append(places[k], i)
	}
	all := make([]pair[T], 0, len(a))
	for i := range a {
		p := pair[T]{a: &a[i]}
		k := key(p.a)
		if left := places[k]; len(left) > 0 {
			p.b, places[k] = &b[left[0]], left[1:]
		}
		all = append(all, p)
	}
	for i := range b {
		if left := places[key(&b[i])]; len(left) > 0 && left[0] <= i { // they are in order
			all = append(all, pair[T]{b: &b[i]})
		}
	}
	return all
}

// change is nil if both texts are the same.
func change(a, b string) *Change {
	if a == b {
		return nil
	}
	return &Change{a, b}
}

// names are the name of what two results are of, and both where they are known and not the same.
func names(a, b string) (string, *Change) {
	if a == "" || b == "" {
		return a + b, nil
	}
	return a, change(a, b)
}

func nameOfImage(r *Result) string {
	if r.Image == nil {
		return ""
	}
	return r.Image.Reference
}

func nameOfNode(r *Result) string {
	if r.Node == nil {
		return ""
	}
	return r.Node.Name
}

func compareResults(a, b *Result) ResultDifference {
	p := pair[Result]{a, b}
	d := ResultDifference{Only: p.only()}
	if a == nil {
		a = &Result{}
	}
	if b == nil {
		b = &Result{}
	}
	d.Image, d.Images = names(nameOfImage(a), nameOfImage(b))
	d.Node, d.Nodes = names(nameOfNode(a), nameOfNode(b))
	if d.Verdict = change(a.Word(), b.Word()); d.Verdict != nil {
		d.Reason = change(reasonOf(a), reasonOf(b))
	}
	if d.Only != "" {
		return d
	}
	d.Best = change(bestOf(a), bestOf(b))
	if a.Image != nil && b.Image != nil {
		d.Digest = change(a.Image.Digest, b.Image.Digest)
	}
	if a.Artifact != nil && b.Artifact != nil {
		d.Artifact = change(a.Artifact.Digest, b.Artifact.Digest)
	}
	if a.Node != nil && b.Node != nil {
		d.Kernel = change(a.Node.Kernel, b.Node.Kernel)
	}
	for _, p := range pairs(a.Sets, b.Sets, keyOfSet) {
		if one, differs := compareSets(p); differs {
			d.Sets = append(d.Sets, one)
		}
	}
	for _, p := range pairs(a.Features, b.Features, func(f *FeatureStatus) string { return f.Feature }) {
		if p.only() == "" && p.a.Status != p.b.Status {
			d.Features = append(d.Features, StatusDifference{p.a.Feature, Change{string(p.a.Status), string(p.b.Status)}})
		}
	}
	return d
}

func reasonOf(r *Result) string {
	if r.Error != nil {
		return r.Error.Message
	}
	return r.Reason
}

func bestOf(r *Result) string {
	if r.Best == nil {
		return ""
	}
	return r.Best.String()
}

// keyOfSet is the tag of a set, or, without one, its place.
func keyOfSet(s *SetResult) string {
	if s.Tag != "" {
		return "tag " + s.Tag
	}
	return fmt.Sprintf("index %d", s.Index)
}

func compareSets(p pair[SetResult]) (d SetDifference, differs bool) {
	s := p.either()
	d = SetDifference{Set: SetReference{Index: s.Index, Tag: s.Tag, Weight: s.Weight}.String(), Only: p.only()}
	if d.Only != "" {
		return d, true
	}
	d.Verdict = change(string(p.a.Verdict), string(p.b.Verdict))
	for _, rules := range pairs(p.a.Rules, p.b.Rules, func(r *RuleResult) string { return r.Name }) {
		if one, differs := compareRules(rules); differs {
			d.Rules = append(d.Rules, one)
		}
	}
	for _, rules := range pairs(p.a.CELRules, p.b.CELRules, func(r *CELRuleResult) string { return r.Name }) {
		one := RuleDifference{Name: rules.either().Name, CEL: true, Only: rules.only()}
		if one.Only == "" {
			if one.Outcome = change(rules.a.Outcome.String(), rules.b.Outcome.String()); one.Outcome == nil {
				continue
			}
			one.Reason = change(rules.a.Reason, rules.b.Reason)
		}
		d.Rules = append(d.Rules, one)
	}
	return d, d.Verdict != nil || d.Rules != nil
}

func compareRules(p pair[RuleResult]) (d RuleDifference, differs bool) {
	d = RuleDifference{Name: p.either().Name, Only: p.only()}
	if d.Only != "" {
		return d, true
	}
	d.Outcome = change(p.a.Outcome.String(), p.b.Outcome.String())
	d.Expressions = compareExpressions(p.a.MatchFeatures, p.b.MatchFeatures, nil)
	for i := range max(len(p.a.MatchAny), len(p.b.MatchAny)) {
		var a, b []ExpressionResult
		if i < len(p.a.MatchAny) {
			a = p.a.MatchAny[i]
		}
		if i < len(p.b.MatchAny) {
			b = p.b.MatchAny[i]
		}
		d.Expressions = append(d.Expressions, compareExpressions(a, b, &i)...)
	}
	return d, d.Outcome != nil || d.Expressions != nil
}

// compareExpressions tells the expressions of one matcher whose outcomes differ.
func compareExpressions(a, b []ExpressionResult, alternative *int) []ExpressionDifference {
	key := func(e *ExpressionResult) string {
		return strings.Join(append([]string{e.Feature, string(e.Matcher), e.Element, string(e.Op), string(e.Type)}, e.Value...), "\x00")
	}
	var all []ExpressionDifference
	for _, p := range pairs(a, b, key) {
		e := p.either()
		d := ExpressionDifference{
			Alternative: alternative, Feature: e.Feature, Matcher: e.Matcher, Element: e.Element, Op: e.Op, Value: e.Value, Type: e.Type, Only: p.only(),
		}
		if d.Only == "" && p.a.Outcome == p.b.Outcome {
			continue
		}
		if p.a != nil {
			d.Outcome.A, d.Observed.A, d.Reason.A = p.a.Outcome.String(), p.a.Observed, p.a.Reason
		}
		if p.b != nil {
			d.Outcome.B, d.Observed.B, d.Reason.B = p.b.Outcome.String(), p.b.Observed, p.b.Reason
		}
		all = append(all, d)
	}
	return all
}
