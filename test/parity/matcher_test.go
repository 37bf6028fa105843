package parity

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"
	"sigs.k8s.io/yaml"

	"github.com/nfd-compat/nfd-compat/pkg/features"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

var (
	trials = flag.Int("trials", 20_000, "how many sets of rules TestMatcher compares with each seed")
	seed   = flag.Uint64("seed", 0, "the seed of TestMatcher's second run; 0 is a fresh one, which is printed")
)

// TestMatcher has NFD's matcher and ours judge the same generated sets of rules on the same features: always the same
// ones, and then some that nobody has seen.
func TestMatcher(t *testing.T) {
	t.Parallel()
	fresh := *seed
	for fresh == 0 {
		fresh = rand.Uint64()
	}
	for name, seed := range map[string]uint64{"fixed": 1, "fresh": fresh} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			t.Logf("seed %d, to be had again with -seed=%d", seed, seed)
			compareMany(t, seed, *trials)
		})
	}
}

func compareMany(t *testing.T, seed uint64, n int) {
	t.Helper()
	sum := tally{listed: map[string]int{}}
	failures := 0
	for i := range n {
		tr := newGenerator(seed, i).trial()
		wrong := compareTrial(t, &tr, &sum)
		if wrong == "" {
			continue
		}
		small := shrink(tr, func(smaller *trial) bool {
			return compareTrial(t, smaller, &tally{listed: map[string]int{}}) != ""
		})
		t.Errorf("trial %d of seed %d: %s\nthe smallest such:\n%s", i, seed,
			compareTrial(t, &small, &tally{listed: map[string]int{}}), yamlOf(t, small))
		failures++
		if failures == 5 {
			t.Fatal("and perhaps more")
		}
	}
	t.Logf("%d sets: %d outcomes compared, of them %d matches; to %d rules NFD has no answer", n, sum.compared, sum.matches, sum.unanswered)
	for _, reason := range slices.Sorted(maps.Keys(sum.listed)) {
		t.Logf("on purpose, %d times: %s", sum.listed[reason], reason)
	}
	if n < 10_000 {
		return
	}
	if sum.compared < n || sum.matches < sum.compared/10 {
		t.Errorf("of %d sets only %d outcomes were compared, %d of them matches: the generator is no good", n, sum.compared, sum.matches)
	}
	for _, reason := range allListed() {
		if sum.listed[reason] == 0 {
			t.Errorf("never seen in %d sets, so it should not be listed: %s", n, reason)
		}
	}
}

// A tally counts what a run has seen.
type tally struct {
	compared, matches, unanswered int
	// listed counts the differences that are there on purpose, by their reason.
	listed map[string]int
}

// The differences that are not corrections of NFD's input, each with its reason.
const (
	refused        = "a comparison that can be true of nothing, or has no bound that can be read, is refused before any host is looked at: "
	unknownFeature = "a feature of the catalogue that is missing is unknown, since NFD leaves out what it could not read"
	unknownVars    = "what a rule that is unknown would have published is unknown"
)

// refusals returns the findings for which a rule is refused that NFD would evaluate.
func refusals() []spec.ID {
	return []spec.ID{spec.IDInvertedRange, spec.IDInvalidVersion, spec.IDInvalidNumber}
}

func allListed() []string {
	listed := []string{unknownFeature, unknownVars}
	for _, id := range refusals() {
		listed = append(listed, refused+string(id))
	}
	for c := range corrections {
		listed = append(listed, c.String())
	}
	return listed
}

// compareTrial has both sides judge a trial and says what is wrong, or "".
func compareTrial(t *testing.T, tr *trial, sum *tally) string {
	t.Helper()
	program, kept, wrong := compile(tr, sum)
	if wrong != "" || len(kept.Rules) == 0 {
		return wrong
	}
	report, err := program.Evaluate(t.Context(), kept.set())
	if err != nil {
		return err.Error()
	}
	rules := report.Results[0].Sets[0].Rules
	if len(rules) != len(kept.Rules) {
		return fmt.Sprintf("%d rules of %d were judged", len(rules), len(kept.Rules))
	}
	answers := nfdSet(kept, func(correction) bool { return true })
	witness(kept, answers, sum)

	var doubts doubt
	for i, a := range answers {
		if a.err != nil {
			sum.unanswered += len(kept.Rules) - i
			break
		}
		want := kleene(&kept.Rules[i], a.known)
		if (want == validate.Match) != a.match {
			return fmt.Sprintf("the comparison itself: %s is %t, its terms make it %v", kept.Rules[i].Name, a.match, want)
		}
		got := rules[i].Outcome
		if got != want {
			reason := doubts.excuse(&kept.Rules[i], got)
			if reason == "" {
				return fmt.Sprintf("%s: NFD says %v, ours says %v", kept.Rules[i].Name, want, got)
			}
			sum.listed[reason]++
		}
		if want == validate.Unknown {
			sum.listed[unknownFeature]++
		}
		sum.compared++
		if got == validate.Match {
			sum.matches++
		}
		doubts.after(&kept.Rules[i], got, a.known)
	}
	return ""
}

// compile compiles the trial as the one set of a spec, without the rules that are refused on purpose.
func compile(tr *trial, sum *tally) (*validate.Program, *trial, string) {
	kept := &trial{Rules: slices.Clone(tr.Rules), Features: tr.Features, Absent: tr.Absent}
	for len(kept.Rules) > 0 {
		program, findings := validate.Compile(&spec.Spec{
			Version: spec.Version, Compatibilities: []spec.Compatibility{{Rules: kept.Rules}},
		}, validate.Options{})
		i := slices.IndexFunc(findings, func(f spec.Finding) bool { return f.Severity == spec.SeverityError })
		if i < 0 {
			return program, kept, ""
		}
		finding := findings[i]
		var rule int
		if _, err := fmt.Sscanf(finding.Path, "compatibilities[0].rules[%d]", &rule); err != nil {
			return nil, nil, fmt.Sprintf("a finding of no rule: %v", finding)
		}
		if !slices.Contains(refusals(), finding.ID) {
			return nil, nil, fmt.Sprintf("refused with %q: %v", finding.ID, finding)
		}
		if finding.ID != spec.IDInvertedRange && nfdReadsAll(&kept.Rules[rule]) {
			return nil, nil, fmt.Sprintf("refused, but NFD can read all of it: %v", finding)
		}
		sum.listed[refused+string(finding.ID)]++
		kept.Rules = slices.Delete(kept.Rules, rule, rule+1)
	}
	return nil, kept, ""
}

// nfdReadsAll tells whether NFD can evaluate every expression of a rule on a value that is a number and a version.
func nfdReadsAll(rule *nfdv1alpha1.GroupRule) bool {
	for term := range terms(rule) {
		expressions := []*nfdv1alpha1.MatchExpression{}
		if term.MatchExpressions != nil {
			expressions = slices.AppendSeq(expressions, maps.Values(*term.MatchExpressions))
		}
		if term.MatchName != nil {
			expressions = append(expressions, term.MatchName)
		}
		if slices.ContainsFunc(expressions, func(e *nfdv1alpha1.MatchExpression) bool {
			_, err := nfdExpression(e, "5")
			return err != nil
		}) {
			return false
		}
	}
	return true
}

// witness counts the corrections that change an answer.
func witness(tr *trial, corrected []answer, sum *tally) {
	for c := range corrections {
		without := nfdSet(tr, func(other correction) bool { return other != c })
		if !slices.EqualFunc(without, corrected, func(a, b answer) bool { return a.match == b.match && (a.err == nil) == (b.err == nil) }) {
			sum.listed[c.String()]++
		}
	}
}

// set returns the trial's features as those of a host.
func (tr *trial) set() *features.Set {
	s := &features.Set{Features: tr.Features, Statuses: map[string]features.Status{}}
	for _, name := range tr.Absent {
		s.Statuses[name] = features.Status{State: features.Absent}
	}
	return s
}

// kleene makes the outcome of a rule of NFD's answers to each of its terms alone. Unknown are those on a missing feature,
// and those with an error: NFD does not evaluate the matchName of a term after a failed one, so it may have an answer to
// the rule all the same.
func kleene(rule *nfdv1alpha1.GroupRule, known *nfdv1alpha1.Features) validate.Outcome {
	all := func(m nfdv1alpha1.FeatureMatcher) validate.Outcome {
		outcome := validate.Match
		for _, term := range m {
			outcome = validate.And(outcome, nfdTerm(term, known))
		}
		return outcome
	}
	outcome := all(rule.MatchFeatures)
	if len(rule.MatchAny) == 0 {
		return outcome
	}
	anyOf := validate.Mismatch
	for _, alternative := range rule.MatchAny {
		anyOf = validate.Or(anyOf, all(alternative.MatchFeatures))
	}
	return validate.And(outcome, anyOf)
}

func nfdTerm(term nfdv1alpha1.FeatureMatcherTerm, known *nfdv1alpha1.Features) validate.Outcome {
	name := strings.ToLower(term.Feature)
	_, flags := known.Flags[name]
	_, attributes := known.Attributes[name]
	_, instances := known.Instances[name]
	if _, inCatalogue := features.Lookup(name); inCatalogue && !flags && !attributes && !instances {
		return validate.Unknown
	}
	out, err := nfdRule(&nfdv1alpha1.GroupRule{MatchFeatures: nfdv1alpha1.FeatureMatcher{term}}, known)
	switch {
	case err != nil:
		return validate.Unknown
	case out.MatchStatus.IsMatch:
		return validate.Match
	default:
		return validate.Mismatch
	}
}

// A doubt is what makes rule.matched uncertain for the rules that follow.
type doubt struct{ unknownVars bool }

// after takes note of a rule that was judged. Of a rule that matches there may be an alternative that is unknown, whose
// template would have been executed too.
func (d *doubt) after(rule *nfdv1alpha1.GroupRule, got validate.Outcome, known *nfdv1alpha1.Features) {
	publishes := len(rule.Vars) > 0 || rule.VarsTemplate != ""
	d.unknownVars = d.unknownVars || got == validate.Unknown && publishes
	if got != validate.Match || rule.VarsTemplate == "" {
		return
	}
	for _, alternative := range rule.MatchAny {
		one := nfdv1alpha1.GroupRule{MatchAny: []nfdv1alpha1.MatchAnyElem{alternative}}
		d.unknownVars = d.unknownVars || kleene(&one, known) == validate.Unknown
	}
}

// excuse returns the reason for which ours may be unknown, or "".
func (d *doubt) excuse(rule *nfdv1alpha1.GroupRule, got validate.Outcome) string {
	readsVars := false
	for term := range terms(rule) {
		readsVars = readsVars || strings.EqualFold(term.Feature, "rule.matched")
	}
	switch {
	case got != validate.Unknown || !readsVars:
		return ""
	case d.unknownVars:
		return unknownVars
	default:
		return ""
	}
}

func yamlOf(t *testing.T, v any) string {
	t.Helper()
	text, err := yaml.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
