package parity

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"

	"github.com/nfd-compat/nfd-compat/pkg/features"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// A comparer has both sides judge trials.
type comparer struct {
	t *testing.T
	// catalogue has the names of the features that are known.
	catalogue map[string]bool
	// vocabulary is what specs are checked against: the kinds of those features.
	vocabulary spec.Vocabulary
}

func newComparer(t *testing.T) *comparer {
	t.Helper()
	c := &comparer{t: t, catalogue: map[string]bool{}}
	for _, entry := range features.Catalogue() {
		c.catalogue[entry.Name] = true
		c.vocabulary.Features = append(c.vocabulary.Features, spec.FeatureWords{
			Name: entry.Name, Flags: slices.Contains(entry.Kinds, features.Flag), Attributes: slices.Contains(entry.Kinds, features.Attribute),
			Instances: slices.Contains(entry.Kinds, features.Instance),
		})
	}
	return c
}

// trial has both sides judge a trial and says what is wrong, or "".
func (both *comparer) trial(tr *trial, sum *tally) string {
	program, kept, contradictory, wrong := both.compile(tr, sum)
	if wrong != "" || len(kept.Sets) == 0 {
		return wrong
	}
	host := kept.host()
	report, err := program.Evaluate(both.t.Context(), host)
	if err != nil {
		return err.Error()
	}
	result := &report.Results[0]
	if verdict, err := program.Verdict(both.t.Context(), host); err != nil || verdict != result.Verdict {
		return fmt.Sprintf("the verdict with explanation is %v, and without %v, %v", result.Verdict, verdict, err)
	}
	nfd := nfdClient(kept, all)
	witness(kept, &nfd, sum)

	c := comparison{comparer: both, nfd: &nfd, sum: sum}
	sets := make([]validate.Outcome, 0, len(kept.Sets))
	for s := range nfd.sets {
		c.doubtful, c.templates = false, false
		set, matches := validate.Match, true
		if got, want := len(result.Sets[s].Rules), len(kept.Sets[s].Rules); got != want {
			return fmt.Sprintf("set %d has %d rules, of which %d were judged", s, want, got)
		}
		for i := range nfd.sets[s] {
			rule, answer := &kept.Sets[s].Rules[i], &nfd.sets[s][i]
			sum.rules++
			got := result.Sets[s].Rules[i].Outcome
			if wrong := c.rule(rule, answer, got); wrong != "" {
				return fmt.Sprintf("set %d, %s: %s", s, rule.Name, wrong)
			}
			if answer.err != nil {
				sum.unanswered++
				return ""
			}
			set, matches = validate.And(set, got), matches && answer.match
		}
		if contradictory[s] {
			sum.contradictory++
			if matches {
				return fmt.Sprintf("set %d is satisfied, and was said to contradict itself", s)
			}
		}
		sets = append(sets, set)
	}
	// The outcomes are NFD's by now, but for those that are unknown.
	sum.verdicts++
	if want := verdictOf(sets, kept.Require); result.Verdict != want {
		return fmt.Sprintf("the outcomes of the sets, %v, make the verdict %q, and ours is %q", sets, want, result.Verdict)
	}
	return ""
}

// verdictOf makes a verdict of the outcomes of sets.
func verdictOf(sets []validate.Outcome, require validate.Require) validate.Verdict {
	overall := slices.Max(sets)
	if require == validate.RequireAll {
		overall = slices.Min(sets)
	}
	switch overall {
	case validate.Match:
		return validate.Compatible
	case validate.Mismatch:
		return validate.Incompatible
	default:
		return validate.VerdictUnknown
	}
}

// compile compiles the trial, without the rules that are refused on purpose, and tells which of the sets that are left are
// said to contradict themselves.
func (both *comparer) compile(tr *trial, sum *tally) (*validate.Program, *trial, map[int]bool, string) {
	kept := &trial{Sets: slices.Clone(tr.Sets), Require: tr.Require, Features: tr.Features, Absent: tr.Absent}
	for len(kept.Sets) > 0 {
		program, findings := validate.Compile(&spec.Spec{Version: spec.Version, Compatibilities: kept.Sets},
			validate.Options{Require: tr.Require, Vocabulary: both.vocabulary})
		var set, rule int
		contradictory := map[int]bool{}
		i := slices.IndexFunc(findings, func(f spec.Finding) bool { return f.Severity == spec.SeverityError })
		for _, f := range findings {
			if _, err := fmt.Sscanf(f.Path, "compatibilities[%d]", &set); err == nil && f.ID == spec.IDContradiction {
				contradictory[set] = true
			}
		}
		if i < 0 {
			return program, kept, contradictory, ""
		}
		finding := findings[i]
		if _, err := fmt.Sscanf(finding.Path, "compatibilities[%d].rules[%d]", &set, &rule); err != nil {
			return nil, nil, nil, fmt.Sprintf("a finding of no rule: %v", finding)
		}
		d := refusal(finding.ID, &kept.Sets[set].Rules[rule])
		if d == "" {
			return nil, nil, nil, fmt.Sprintf("refused, for no reason that is listed: %v", finding)
		}
		sum.listed[d]++
		kept.Sets[set].Rules = slices.Delete(slices.Clone(kept.Sets[set].Rules), rule, rule+1)
		if len(kept.Sets[set].Rules) == 0 {
			kept.Sets = slices.Delete(kept.Sets, set, set+1)
		}
	}
	return nil, kept, nil, ""
}

// witness counts the corrections that change an answer.
func witness(tr *trial, nfd *answers, sum *tally) {
	for _, c := range corrections() {
		if !nfd.applies[c] {
			continue
		}
		without := nfdClient(tr, func(other difference) bool { return other != c })
		if !without.same(nfd) {
			sum.listed[c]++
		}
	}
}

// A comparison goes through the rules of a trial.
type comparison struct {
	*comparer

	nfd *answers
	sum *tally
	// doubtful is set where a rule of the set was unknown, so that nobody knows what it has published.
	doubtful bool
	// templates is set where a template of the set was executed.
	templates bool
}

// rule compares what both say of a rule, and returns what is wrong, or "".
func (c *comparison) rule(rule *nfdv1alpha1.GroupRule, nfd *answer, got validate.Outcome) string {
	known := c.nfd.known(nfd)
	reads, blind := c.readsOf(rule, known)
	var want validate.Outcome
	switch {
	case nfd.err != nil:
		d := failure(nfd.err)
		if d == "" {
			return fmt.Sprintf("NFD fails, for no reason that is listed: %v", nfd.err)
		}
		c.sum.listed[d]++
		// What the other terms decide, they decide in ours.
		if want = c.kleene(rule, known); want == validate.Unknown {
			return ""
		}
		c.sum.listed[errorEndsAll]++
	case blind || c.sum.covering:
		if want = c.kleene(rule, known); (want == validate.Match) != nfd.match {
			return fmt.Sprintf("the comparison itself: NFD says %t, its terms make it %v", nfd.match, want)
		}
	case nfd.match:
		want = validate.Match
	default:
		want = validate.Mismatch
	}
	switch {
	case got == want:
	case got != validate.Unknown:
		return fmt.Sprintf("NFD says %v, ours says %v", want, got)
	case c.doubtful && reads:
		c.sum.listed[varsOfUnknown]++
	case c.isTooLong(rule, known):
		c.sum.listed[tooLongForRegexp]++
	default:
		return fmt.Sprintf("NFD says %v, ours says %v", want, got)
	}
	if want == validate.Unknown {
		c.sum.listed[missingFeature]++
	}
	if nfd.err == nil {
		c.sum.compared++
		if got == validate.Match {
			c.sum.matches++
		}
		if c.sum.covering && got == want {
			c.meet(rule, known, got)
		}
	}
	c.after(rule, got, known)
	return ""
}

// readsOf tells whether a rule reads variables, and whether it asks for a feature that is missing though the catalogue
// knows it.
func (both *comparer) readsOf(rule *nfdv1alpha1.GroupRule, known *nfdv1alpha1.Features) (vars, missing bool) {
	for term := range terms(rule) {
		name := strings.ToLower(term.Feature)
		vars = vars || name == matched
		if !missing && !holds(known, name) {
			missing = both.catalogue[name]
		}
	}
	return vars, missing
}

// kleene makes the outcome of a rule of NFD's answers to each of its terms alone. Unknown are those on a missing feature,
// and those with an error.
func (both *comparer) kleene(rule *nfdv1alpha1.GroupRule, known *nfdv1alpha1.Features) validate.Outcome {
	matcher := func(m nfdv1alpha1.FeatureMatcher) validate.Outcome {
		outcome := validate.Match
		for i := range m {
			outcome = validate.And(outcome, both.term(&m[i], known))
		}
		return outcome
	}
	outcome := matcher(rule.MatchFeatures)
	if len(rule.MatchAny) == 0 {
		return outcome
	}
	anyOf := validate.Mismatch
	for _, alternative := range rule.MatchAny {
		anyOf = validate.Or(anyOf, matcher(alternative.MatchFeatures))
	}
	return validate.And(outcome, anyOf)
}

// term is NFD's answer to a term alone.
func (both *comparer) term(term *nfdv1alpha1.FeatureMatcherTerm, known *nfdv1alpha1.Features) validate.Outcome {
	name := strings.ToLower(term.Feature)
	if both.catalogue[name] && !holds(known, name) {
		return validate.Unknown
	}
	out, err := nfdRule(&nfdv1alpha1.GroupRule{MatchFeatures: nfdv1alpha1.FeatureMatcher{*term}}, known)
	switch {
	case err != nil:
		return validate.Unknown
	case out.MatchStatus.IsMatch:
		return validate.Match
	default:
		return validate.Mismatch
	}
}

// after takes note of a rule that was judged. Of a rule that matches there may be an alternative that is unknown, whose
// template would have been executed too.
func (c *comparison) after(rule *nfdv1alpha1.GroupRule, got validate.Outcome, known *nfdv1alpha1.Features) {
	publishes := len(rule.Vars) > 0 || rule.VarsTemplate != ""
	c.doubtful = c.doubtful || got == validate.Unknown && publishes
	if got != validate.Match || rule.VarsTemplate == "" {
		return
	}
	c.templates = true
	for _, alternative := range rule.MatchAny {
		one := nfdv1alpha1.GroupRule{MatchAny: []nfdv1alpha1.MatchAnyElem{alternative}}
		c.doubtful = c.doubtful || c.kleene(&one, known) == validate.Unknown
	}
}

// isTooLong tells whether a rule has a pattern that some value or name may be too long for.
func (c *comparison) isTooLong(rule *nfdv1alpha1.GroupRule, known *nfdv1alpha1.Features) bool {
	longest := ""
	look := func(texts map[string]string) {
		for name, value := range texts {
			longest = slices.MaxFunc([]string{longest, name, value}, func(a, b string) int { return len(a) - len(b) })
		}
	}
	for _, set := range known.Flags {
		for name := range set.Elements {
			look(map[string]string{name: ""})
		}
	}
	for _, set := range known.Attributes {
		look(set.Elements)
	}
	for _, set := range known.Instances {
		for i := range set.Elements {
			look(set.Elements[i].Attributes)
		}
	}
	for term := range terms(rule) {
		for e := range expressions(term) {
			if e.Op == nfdv1alpha1.MatchInRegexp && slices.ContainsFunc(e.Value, func(p string) bool { return tooLong(p, longest) }) {
				return true
			}
		}
	}
	return false
}
