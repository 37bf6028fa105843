package parity

import (
	"flag"
	"fmt"
	"regexp/syntax"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"

	"github.com/nfd-compat/nfd-compat/pkg/features"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

var patterns = flag.Int("patterns", 3_000, "how many regular expressions TestRegexps compares with each seed")

// TestRegexps has both sides look for generated patterns in texts of which many match, or nearly, as values and as names.
func TestRegexps(t *testing.T) {
	t.Parallel()
	for name, seed := range seeds() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			t.Logf("seed %d, to be had again with -seed=%d", seed, seed)
			comparePatterns(t, seed, *patterns)
		})
	}
}

// textsOfPattern is how many texts each pattern is looked for in.
const textsOfPattern = 10

func comparePatterns(t *testing.T, seed uint64, n int) {
	t.Helper()
	var (
		w     = newWords(seed)
		sum   = newTally()
		next  atomic.Int64
		wait  sync.WaitGroup
		mutex sync.Mutex
	)
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			own := newTally()
			for i := int(next.Add(1)); i <= n && !t.Failed(); i = int(next.Add(1)) {
				g := w.generator(seed, -i)
				pattern := g.pattern()
				re, err := syntax.Parse(pattern, syntax.Perl)
				if err != nil {
					t.Error(err) // the generator has parsed it
					return
				}
				texts := make([]string, textsOfPattern)
				for j := range texts {
					if texts[j] = g.textFor(re); j >= textsOfPattern-2 {
						texts[j] = g.oddText()
					}
				}
				comparePattern(t, pattern, texts, own)
			}
			mutex.Lock()
			defer mutex.Unlock()
			sum.add(own)
		})
	}
	wait.Wait()
	t.Logf("%d patterns: %d answers are the same, of them %d matches; %d texts were too long", n, sum.compared, sum.matches, sum.listed[tooLongForRegexp])
	if n < 10_000 || t.Failed() {
		return
	}
	for _, what := range expectedOfPatterns() {
		if sum.seen[what] == 0 {
			t.Errorf("never seen in %d patterns: %s", n, what)
		}
	}
}

// FuzzRegexp is for patterns and texts that nobody thought of: go test -run '^$' -fuzz FuzzRegexp.
func FuzzRegexp(f *testing.F) {
	for _, pattern := range plainPatterns() {
		for _, text := range oddTexts() {
			f.Add(pattern, text)
		}
	}
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if _, err := syntax.Parse(pattern, syntax.Perl); err == nil && pattern != "" {
			comparePattern(t, pattern, []string{text}, newTally())
		}
	})
}

// comparePattern has both sides look for a pattern in texts: in each as the value of an attribute, as the name of a flag and
// as an attribute of an instance.
func comparePattern(t *testing.T, pattern string, texts []string, sum *tally) {
	t.Helper()
	rule, host := asking(pattern, texts)
	out, err := nfdRule(&rule, host)
	if err != nil {
		t.Errorf("NFD fails on %q: %v", pattern, err)
		return
	}
	program, findings := validate.Compile(&spec.Spec{
		Version: spec.Version, Compatibilities: []spec.Compatibility{{Rules: []nfdv1alpha1.GroupRule{rule}}},
	}, validate.Options{})
	if program == nil {
		if !tooLarge(pattern) {
			t.Errorf("ours refuses %q: %v", pattern, spec.Errors(findings))
		}
		sum.listed[largeRegexp]++
		return
	}
	set := &features.Set{Features: *host}
	report, err := program.Evaluate(t.Context(), set)
	if err != nil {
		t.Error(err)
		return
	}
	if verdict, err := program.Verdict(t.Context(), set); err != nil || verdict != report.Verdict {
		t.Errorf("%q in %q: the verdict with explanation is %v, and without %v, %v", pattern, texts, report.Verdict, verdict, err)
	}
	shapes := shapesOfPattern(pattern)
	for i, alternative := range report.Results[0].Sets[0].Rules[0].MatchAny {
		text, nfd, ours := texts[i/len(places())], len(out.MatchStatus.MatchAny[i].MatchedFeaturesTerms) > 0, alternative[0].Outcome
		switch {
		case ours == validate.Unknown && tooLong(pattern, text):
			sum.listed[tooLongForRegexp]++
			continue
		case ours == validate.Unknown || nfd != (ours == validate.Match):
			t.Errorf("%q in %q, %s: NFD says %t, ours says %v", pattern, text, places()[i%len(places())], nfd, ours)
			return
		}
		sum.compared++
		if nfd {
			sum.matches++
		}
		if i%len(places()) == 0 {
			for _, shape := range shapesOf(text) {
				sum.seen[fmt.Sprintf("a text that is %s: %t", shape, nfd)]++
			}
			for _, shape := range shapes {
				sum.seen[fmt.Sprintf("a pattern with %s: %t", shape, nfd)]++
			}
		}
	}
}

// places are where a text can stand.
func places() []string {
	return []string{"as a value", "as a name", "as an attribute of an instance"}
}

// asking returns a rule that asks each of the texts by itself, at each of the places, and a host that has them.
func asking(pattern string, texts []string) (nfdv1alpha1.GroupRule, *nfdv1alpha1.Features) {
	e := &nfdv1alpha1.MatchExpression{Op: nfdv1alpha1.MatchInRegexp, Value: []string{pattern}}
	rule, host := nfdv1alpha1.GroupRule{Name: "r"}, nfdv1alpha1.NewFeatures()
	ask := func(term nfdv1alpha1.FeatureMatcherTerm) {
		rule.MatchAny = append(rule.MatchAny, nfdv1alpha1.MatchAnyElem{MatchFeatures: nfdv1alpha1.FeatureMatcher{term}})
	}
	for i, text := range texts {
		value, name, instance := fmt.Sprint("value.", i), fmt.Sprint("name.", i), fmt.Sprint("instance.", i)
		host.Attributes[value] = nfdv1alpha1.NewAttributeFeatures(map[string]string{"x": text})
		host.Flags[name] = nfdv1alpha1.NewFlagFeatures(text)
		host.Instances[instance] = nfdv1alpha1.NewInstanceFeatures(*nfdv1alpha1.NewInstanceFeature(map[string]string{"x": text}))
		ask(nfdv1alpha1.FeatureMatcherTerm{Feature: value, MatchExpressions: &nfdv1alpha1.MatchExpressionSet{"x": e}})
		ask(nfdv1alpha1.FeatureMatcherTerm{Feature: name, MatchName: e})
		ask(nfdv1alpha1.FeatureMatcherTerm{Feature: instance, MatchExpressions: &nfdv1alpha1.MatchExpressionSet{"x": e}})
	}
	return rule, host
}
