package parity

import (
	"context"
	"flag"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"

	"github.com/nfd-compat/nfd-compat/pkg/features"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
	"github.com/nfd-compat/nfd-compat/test/parity/discovery"
	"github.com/nfd-compat/nfd-compat/test/parity/sources"
)

var ratios = flag.Bool("ratios", false, "run TestRatios, which times both sides in turn")

// TestRatios times both sides and prints the tables. It demands nothing of the times, for they depend on what else the
// machine does; both sides take turns, which evens that out. That both say the same, it does demand.
func TestRatios(t *testing.T) { //nolint:paralleltest // it measures time
	if !*ratios {
		t.Skip("it measures time: ask for it with -ratios, as make bench does")
	}
	host := benchHost(t)
	for _, part := range []struct {
		name string
		time func(*testing.T, *nfdv1alpha1.Features)
	}{
		{"discovery", timeDiscovery},
		{"evaluation", timeEvaluation},
		{"compiling", timeCompiling},
		{"fleet", timeFleet},
		{"processes", timeProcesses},
	} {
		t.Run(part.name, func(t *testing.T) { part.time(t, host) })
	}
}

// timeEvaluation has both sides judge by the same rules.
func timeEvaluation(t *testing.T, host *nfdv1alpha1.Features) {
	t.Helper()
	for _, size := range []int{1, 100, 10_000} {
		var table table
		table.add("evaluation, with explanation", "rules", "ours per rule", "NFD per rule", "")
		for _, kind := range ruleKinds(host) {
			table.contest(evaluation(t, kind.rules(size), host), kind.name, fmt.Sprint(size))
		}
		table.print(t)
	}
}

// A table is lines of cells, of which the first is the head.
type table [][]string

// A contest is one thing that both sides can do.
type contest struct {
	ours, nfd func()
	// per divides the time, for rules.
	per int
}

// rounds is how often each side has its turn.
const rounds = 5

// contest adds the line of a contest, of medians.
func (table *table) contest(c contest, cells ...string) {
	var ours, nfd []float64
	for range rounds {
		ours = append(ours, measure(c.ours)/float64(c.per))
		nfd = append(nfd, measure(c.nfd)/float64(c.per))
	}
	o, n := median(ours), median(nfd)
	table.add(append(cells, duration(o), duration(n), fmt.Sprintf("NFD / ours = %.1f times", n/o))...)
}

// measure returns the nanoseconds of one call, of as many as it takes to tell.
func measure(f func()) float64 {
	const atLeast = 60 * time.Millisecond
	runtime.GC()
	start, n := time.Now(), 0
	for n == 0 || time.Since(start) < atLeast {
		f()
		n++
	}
	return float64(time.Since(start).Nanoseconds()) / float64(n)
}

func median(of []float64) float64 {
	slices.Sort(of)
	return of[len(of)/2]
}

// duration writes nanoseconds, with three digits.
func duration(ns float64) string {
	switch {
	case ns < 1e3:
		return fmt.Sprintf("%.3g ns", ns)
	case ns < 1e6:
		return fmt.Sprintf("%.3g µs", ns/1e3)
	case ns < 1e9:
		return fmt.Sprintf("%.3g ms", ns/1e6)
	default:
		return fmt.Sprintf("%.3g s", ns/1e9)
	}
}

func (table *table) add(cells ...string) { *table = append(*table, cells) }

// print prints the table, and empties it.
func (table *table) print(t *testing.T) {
	t.Helper()
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 3, ' ', 0)
	for _, cells := range *table {
		fmt.Fprintln(w, strings.Join(cells, "\t")) //nolint:errcheck // into memory
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	t.Log("\n" + b.String())
	*table = nil
}

// timeDiscovery has the sources of both sides look at this host, and ours alone for a spec that asks for the kernel's version and
// for the features that NFD does not have.
func timeDiscovery(t *testing.T, _ *nfdv1alpha1.Features) {
	t.Helper()
	discover := func(names []string) func() {
		return func() {
			if _, err := features.Live().Discover(t.Context(), names); err != nil {
				t.Fatal(err)
			}
		}
	}
	var own []string
	for _, entry := range features.Catalogue() {
		if entry.IsExtension() {
			own = append(own, entry.Name)
		}
	}
	var table table
	table.add("discovery", "ours", "NFD", "")
	table.contest(contest{per: 1, ours: discover(discovery.Features()), nfd: func() { sources.Discover() }}, "all features of NFD")
	table.add("kernel.version alone", duration(medianOf(discover([]string{"kernel.version"}))), "", "")
	table.add("our own features", duration(medianOf(discover(own))), "", "")
	table.print(t)
}

// medianOf returns the median of the nanoseconds that something takes.
func medianOf(f func()) float64 {
	var took []float64
	for range rounds {
		took = append(took, measure(f))
	}
	return median(took)
}

// evaluation is the contest of evaluating rules, ours compiled and NFD's with its cache of regular expressions filled.
func evaluation(tb testing.TB, rules []nfdv1alpha1.GroupRule, host *nfdv1alpha1.Features) contest {
	tb.Helper()
	program := compiled(tb, rules)
	set := &features.Set{Features: *host}
	sameAnswers(tb, program, rules, set)
	return contest{
		per: len(rules),
		ours: func() {
			if _, err := program.Evaluate(tb.Context(), set); err != nil {
				tb.Fatal(err)
			}
		},
		nfd: func() {
			for i := range rules {
				if _, err := nfdRule(&rules[i], host); err != nil {
					tb.Fatal(err)
				}
			}
		},
	}
}

// compiled compiles rules as those of one set.
func compiled(tb testing.TB, rules []nfdv1alpha1.GroupRule) *validate.Program {
	tb.Helper()
	program, findings := validate.Compile(&spec.Spec{Version: spec.Version, Compatibilities: []spec.Compatibility{{Rules: rules}}}, validate.Options{})
	if program == nil {
		tb.Fatal(spec.Errors(findings))
	}
	return program
}

// sameAnswers demands that both sides say the same of each rule, and that ours says the same in short.
func sameAnswers(tb testing.TB, program *validate.Program, rules []nfdv1alpha1.GroupRule, set *features.Set) {
	tb.Helper()
	report, err := program.Evaluate(tb.Context(), set)
	if err != nil {
		tb.Fatal(err)
	}
	if verdict, err := program.Verdict(tb.Context(), set); err != nil || verdict != report.Verdict {
		tb.Fatalf("the verdict with explanation is %v, and without %v, %v", report.Verdict, verdict, err)
	}
	for i := range rules {
		out, err := nfdRule(&rules[i], &set.Features)
		if err != nil {
			tb.Fatal(err)
		}
		if got := report.Results[0].Sets[0].Rules[i].Outcome; (got == validate.Match) != out.MatchStatus.IsMatch {
			tb.Fatalf("%s: NFD says %t, ours says %v", rules[i].Name, out.MatchStatus.IsMatch, got)
		}
	}
}

// BenchmarkRules is our side of the evaluation, for a profile: go test -run '^$' -bench 'Rules/templates/100$' -cpuprofile F.
func BenchmarkRules(b *testing.B) {
	host := benchHost(b)
	set := &features.Set{Features: *host}
	for _, kind := range ruleKinds(host) {
		for _, size := range []int{1, 100, 10_000} {
			program := compiled(b, kind.rules(size))
			for name, judge := range map[string]func(context.Context) error{
				"explained": func(ctx context.Context) error { _, err := program.Evaluate(ctx, set); return err },
				"verdict":   func(ctx context.Context) error { _, err := program.Verdict(ctx, set); return err },
			} {
				b.Run(fmt.Sprintf("%s/%d/%s", kind.short, size, name), func(b *testing.B) {
					for b.Loop() {
						if err := judge(b.Context()); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
		}
	}
}
