package parity

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"testing"

	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"

	"github.com/nfd-compat/nfd-compat/pkg/features"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

var ratios = flag.Bool("ratios", false, "run TestRatios, which times both sides in turn")

// rulesPerSet is how many rules the specs have that are timed.
const rulesPerSet = 100

// A contest is one thing that both sides can do. The functions do it b.N times.
type contest struct {
	name string
	ours func(*testing.B)
	// once is ours with what is done once for a spec, or nil.
	once func(*testing.B)
	nfd  func(*testing.B)
	// per divides the time of one run, for rules.
	per int
}

func contests(tb testing.TB) []contest {
	tb.Helper()
	all := []contest{{
		name: "discovery of kernel, cpu, pci and system",
		per:  1,
		ours: func(b *testing.B) {
			for b.Loop() {
				if _, err := features.Live().Discover(b.Context(), comparedFeatures()); err != nil {
					b.Fatal(err)
				}
			}
		},
		nfd: func(b *testing.B) {
			for b.Loop() {
				nfdDiscover()
			}
		},
	}}
	host, _ := nfdDiscover()
	host.Instances["pci.device"] = nfdv1alpha1.NewInstanceFeatures(devices()...)
	for _, kind := range ruleKinds() {
		rules := make([]nfdv1alpha1.GroupRule, rulesPerSet)
		for i := range rules {
			rules[i] = kind.rule(i)
		}
		all = append(all, evaluation(tb, kind.name, rules, host))
	}
	return all
}

// evaluation is the contest of evaluating rules, NFD's with its cache of regular expressions filled.
func evaluation(tb testing.TB, name string, rules []nfdv1alpha1.GroupRule, host *nfdv1alpha1.Features) contest {
	tb.Helper()
	document := &spec.Spec{Version: spec.Version, Compatibilities: []spec.Compatibility{{Rules: rules}}}
	set := &features.Set{Features: *host}
	compile := func() *validate.Program {
		program, findings := validate.Compile(document, validate.Options{})
		if program == nil {
			tb.Fatal(findings)
		}
		return program
	}
	evaluate := func(ctx context.Context, program *validate.Program) {
		if _, err := program.Evaluate(ctx, set); err != nil {
			tb.Fatal(err)
		}
	}
	return contest{
		name: name,
		per:  len(rules),
		ours: func(b *testing.B) {
			program := compile()
			for b.Loop() {
				evaluate(b.Context(), program)
			}
		},
		once: func(b *testing.B) {
			for b.Loop() {
				evaluate(b.Context(), compile())
			}
		},
		nfd: func(b *testing.B) {
			for b.Loop() {
				for i := range rules {
					if _, err := nfdRule(&rules[i], host); err != nil {
						b.Fatal(err)
					}
				}
			}
		},
	}
}

// A ruleKind makes rules that ask for the same kind of thing.
type ruleKind struct {
	name string
	rule func(i int) nfdv1alpha1.GroupRule
}

func ruleKinds() []ruleKind {
	exists := &nfdv1alpha1.MatchExpression{Op: nfdv1alpha1.MatchExists}
	in := func(value string) *nfdv1alpha1.MatchExpression {
		return &nfdv1alpha1.MatchExpression{Op: nfdv1alpha1.MatchIn, Value: []string{value}}
	}
	matching := func(feature string) func(int) nfdv1alpha1.GroupRule {
		return func(i int) nfdv1alpha1.GroupRule {
			return nfdv1alpha1.GroupRule{Name: fmt.Sprint("rule ", i), MatchFeatures: nfdv1alpha1.FeatureMatcher{{
				Feature:   feature,
				MatchName: &nfdv1alpha1.MatchExpression{Op: nfdv1alpha1.MatchInRegexp, Value: []string{fmt.Sprintf("^(AVX|NET_%d)", i)}},
			}}}
		}
	}
	return []ruleKind{
		{"two flags and a version", func(i int) nfdv1alpha1.GroupRule {
			return nfdv1alpha1.GroupRule{Name: fmt.Sprint("rule ", i), MatchFeatures: nfdv1alpha1.FeatureMatcher{
				{Feature: "cpu.cpuid", MatchExpressions: &nfdv1alpha1.MatchExpressionSet{"AVX": exists, "SSE2": exists}},
				{Feature: "kernel.version", MatchExpressions: &nfdv1alpha1.MatchExpressionSet{
					"full": {Op: nfdv1alpha1.MatchGe, Type: nfdv1alpha1.TypeVersion, Value: []string{fmt.Sprintf("5.%d", i)}},
				}},
			}}
		}},
		{"one of two devices", func(i int) nfdv1alpha1.GroupRule {
			device := func(vendor, class string) nfdv1alpha1.MatchAnyElem {
				return nfdv1alpha1.MatchAnyElem{MatchFeatures: nfdv1alpha1.FeatureMatcher{{
					Feature:          "pci.device",
					MatchExpressions: &nfdv1alpha1.MatchExpressionSet{"vendor": in(vendor), "class": in(class)},
				}}}
			}
			return nfdv1alpha1.GroupRule{Name: fmt.Sprint("rule ", i), MatchAny: []nfdv1alpha1.MatchAnyElem{
				device("10de", "0302"), device("15b3", "0207"),
			}}
		}},
		{"a pattern over the names of cpu.cpuid", matching("cpu.cpuid")},
		{"a pattern over the names of kernel.config", matching("kernel.config")},
	}
}

// devices are the PCI devices of a machine of some size.
func devices() []nfdv1alpha1.InstanceFeature {
	all := make([]nfdv1alpha1.InstanceFeature, 0, 24)
	for i := range cap(all) {
		attributes := map[string]string{"class": "0604", "vendor": "8086", "device": fmt.Sprintf("%04x", i)}
		if i%4 == 0 {
			attributes["class"], attributes["vendor"] = "0302", "10de"
		}
		all = append(all, *nfdv1alpha1.NewInstanceFeature(attributes))
	}
	return all
}

// BenchmarkParity is each contest by itself: go test -bench . -run '^$'.
func BenchmarkParity(b *testing.B) {
	for _, c := range contests(b) {
		b.Run(c.name+"/ours", c.ours)
		if c.once != nil {
			b.Run(c.name+"/ours, compiling", c.once)
		}
		b.Run(c.name+"/nfd", c.nfd)
	}
}

// TestRatios has both sides take turns, which evens out what else the machine does, and prints the medians.
func TestRatios(t *testing.T) { //nolint:paralleltest // it measures time
	if !*ratios {
		t.Skip("it measures time: ask for it with -ratios, as make bench does")
	}
	const rounds = 5
	for _, c := range contests(t) {
		var ours, once, nfd []float64
		for range rounds {
			ours = append(ours, measure(c.ours, c.per))
			nfd = append(nfd, measure(c.nfd, c.per))
			if c.once != nil {
				once = append(once, measure(c.once, c.per))
			}
		}
		o, n := median(ours), median(nfd)
		line := fmt.Sprintf("%-42s ours %10.0f ns, NFD %10.0f ns: %.2f of NFD's time", c.name, o, n, o/n)
		if c.once != nil {
			line += fmt.Sprintf("; with compiling the spec each time %.2f", median(once)/n)
		}
		t.Log(line)
	}
}

// measure returns the nanoseconds of one run, or of one of its parts.
func measure(f func(*testing.B), per int) float64 {
	r := testing.Benchmark(f)
	return float64(r.T.Nanoseconds()) / float64(r.N) / float64(per)
}

func median(of []float64) float64 {
	slices.Sort(of)
	return of[len(of)/2]
}
