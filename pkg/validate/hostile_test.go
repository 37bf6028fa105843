package validate_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"sync"
	"testing"
	"time"

	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"

	"github.com/nfd-compat/nfd-compat/pkg/features"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// Time and memory are asked of a run on a quiet machine only:
//
//	go test ./pkg/validate -run TestHostile -bounds
//	go test ./pkg/validate -run '^$' -fuzz FuzzEvaluate -fuzztime 10m -parallel 1 -bounds -bounds-log worst.txt
//
// The log gets a line for each figure that is worse than all before: the fuzzing engine hides what its workers print.
var (
	boundsFlag = flag.Bool("bounds", false, "demand the bounds of time and memory of hostile input")
	boundsLog  = flag.String("bounds-log", "", "append the worst figures to this file")
)

const (
	mostPast    = 100 * time.Millisecond // that an evaluation goes on after its context is done
	mostHeap    = 64 << 20               // bytes beyond what the input takes
	mostCompile = 5 * time.Second        // Compile has no context
	mostReport  = 64 << 20               // bytes of JSON
	mostReason  = 2<<10 + 3              // bytes of a sentence
	mostShown   = 4 << 10                // bytes of what was observed
)

// figures are the worst of a test.
type figures struct {
	sync.Mutex

	// collect says to collect garbage before each measurement, and to log it.
	collect       bool
	past, compile time.Duration
	heap          uint64
	runs          int
}

// note takes figures of a run, and logs those that are worse than all before.
func (f *figures) note(t testing.TB, past, compile time.Duration, heap uint64) {
	t.Helper()
	f.Lock()
	defer f.Unlock()
	f.runs++
	if past <= f.past && compile <= f.compile && heap <= f.heap {
		return
	}
	f.past, f.compile, f.heap = max(f.past, past), max(f.compile, compile), max(f.heap, heap)
	line := fmt.Sprintf("%s: %d runs: %v past the context, %v to compile, %d KiB of heap\n", t.Name(), f.runs, f.past, f.compile, f.heap>>10)
	if *boundsLog == "" {
		t.Log(line)
		return
	}
	log, err := os.OpenFile(*boundsLog, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	_, err = log.WriteString(line)
	if err := errors.Join(err, log.Close()); err != nil {
		t.Fatal(err)
	}
}

// heapObjects returns the bytes of the heap's objects, those that are garbage but not yet collected among them.
func heapObjects() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// peakOf returns by how much the heap grew, at most, while f ran, which is looked at every fraction of a millisecond.
func peakOf(collect bool, f func()) uint64 {
	if collect {
		runtime.GC()
	}
	before, most := heapObjects(), uint64(0)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		ticker := time.NewTicker(200 * time.Microsecond)
		defer ticker.Stop()
		for {
			most = max(most, heapObjects())
			select {
			case <-stop:
				return
			case <-ticker.C:
			}
		}
	}()
	f()
	close(stop)
	<-stopped
	return max(most, before, heapObjects()) - before
}

// compiled compiles a spec within the bounds.
func (f *figures) compiled(t testing.TB, s *spec.Spec, opts validate.Options) (program *validate.Program, findings []spec.Finding) {
	t.Helper()
	var took time.Duration
	heap := peakOf(f.collect, func() {
		begin := time.Now()
		program, findings = validate.Compile(s, opts)
		took = time.Since(begin)
	})
	if !*boundsFlag {
		return program, findings
	}
	f.note(t, 0, took, heap)
	if f.collect {
		t.Logf("Compile: %v, %d KiB", took, heap>>10)
	}
	if took > mostCompile || heap > mostHeap {
		t.Errorf("Compile took %v and %d MiB", took, heap>>20)
	}
	return program, findings
}

// isBounded demands all that holds of every evaluation, and of its bounds if asked to: that it ends with its context, that
// two and the verdict alone agree, and that what it says is not too much.
func (f *figures) isBounded(t testing.TB, program *validate.Program, host *features.Set) {
	t.Helper()
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for _, timeout := range []time.Duration{0, time.Millisecond, 20 * time.Millisecond} {
		parent, want := t.Context(), context.DeadlineExceeded
		if timeout == 0 {
			parent, want, timeout = cancelled, context.Canceled, time.Hour
		}
		for name, judge := range judges() {
			var past time.Duration
			var err error
			var verdict validate.Verdict
			heap := peakOf(f.collect, func() {
				ctx, cancel := context.WithTimeout(parent, timeout)
				defer cancel()
				verdict, _, err = judge(ctx, program, host)
				past = time.Since(ended(ctx))
			})
			switch {
			case err != nil && (!errors.Is(err, want) || verdict != ""):
				t.Errorf("%s: %q, %v, want %v", name, verdict, err, want)
			case err == nil && errors.Is(want, context.Canceled):
				t.Errorf("%s judged without a context", name)
			}
			if *boundsFlag {
				f.note(t, past, 0, heap)
				if f.collect {
					t.Logf("%s within %v: %v past it, %d KiB", name, timeout, past, heap>>10)
				}
				if past > mostPast || heap > mostHeap {
					t.Errorf("%s within %v went on for %v, and took %d MiB", name, timeout, past, heap>>20)
				}
			}
		}
	}
	f.agrees(t, program, host)
}

// ended tells when a context was done, or now if it is not.
func ended(ctx context.Context) time.Time {
	if at, ok := ctx.Deadline(); ok && ctx.Err() != nil && at.Before(time.Now()) {
		return at
	}
	return time.Now()
}

type judgeFunc func(context.Context, *validate.Program, *features.Set) (validate.Verdict, *validate.Report, error)

func judges() map[string]judgeFunc {
	return map[string]judgeFunc{
		"Evaluate": func(ctx context.Context, p *validate.Program, host *features.Set) (validate.Verdict, *validate.Report, error) {
			report, err := p.Evaluate(ctx, host)
			if err != nil {
				if report != nil {
					err = errors.New("there is a report, and an error")
				}
				return "", nil, err
			}
			return report.Verdict, report, nil
		},
		"Verdict": func(ctx context.Context, p *validate.Program, host *features.Set) (validate.Verdict, *validate.Report, error) {
			verdict, err := p.Verdict(ctx, host)
			return verdict, nil, err
		},
	}
}

// agrees demands that evaluations side by side agree with each other and with the verdict alone, and looks at the report.
// What takes very long is left out.
func (f *figures) agrees(t testing.TB, program *validate.Program, host *features.Set) {
	t.Helper()
	patience := 200 * time.Millisecond
	if *boundsFlag {
		patience = 2 * time.Second
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var first *validate.Report
	var err error
	heap := peakOf(f.collect, func() { first, err = program.Evaluate(ctx, host) })
	if *boundsFlag {
		f.note(t, 0, 0, heap)
		if f.collect {
			t.Logf("Evaluate to its end: %d KiB, %v", heap>>10, err)
		}
		if heap > mostHeap {
			t.Errorf("Evaluate took %d MiB", heap>>20)
		}
	}
	if err != nil {
		return
	}
	isTerse(t, first)
	var both sync.WaitGroup
	for name, judge := range judges() {
		both.Go(func() {
			verdict, report, err := judge(ctx, program, host)
			switch {
			case err != nil:
			case verdict != first.Verdict:
				t.Errorf("%s says %s, and Evaluate said %s", name, verdict, first.Verdict)
			case report != nil && !reflect.DeepEqual(report, first):
				t.Errorf("two reports differ:\n%s\n%s", inJSON(t, first), inJSON(t, report))
			}
		})
	}
	both.Wait()
}

func inJSON(t testing.TB, report *validate.Report) []byte {
	t.Helper()
	text, err := json.Marshal(report)
	if err != nil {
		t.Errorf("the report is no JSON: %v", err)
	}
	return text
}

// isTerse demands that a report says no more than one can read, and keep.
func isTerse(t testing.TB, report *validate.Report) {
	t.Helper()
	if n := len(inJSON(t, report)); n > mostReport {
		t.Errorf("the report has %d MiB", n>>20)
	}
	terse := func(results []validate.ExpressionResult) {
		for _, r := range results {
			if len(r.Reason) > mostReason || (r.Reason == "") != (r.Outcome == validate.Match) {
				t.Errorf("%s because of %d bytes", r.Outcome, len(r.Reason))
			}
			shown := 0
			if r.Observed != nil {
				shown = len(*r.Observed)
			}
			for name, value := range r.Instance {
				shown += len(name) + len(value)
			}
			if shown > mostShown {
				t.Errorf("%d bytes are shown", shown)
			}
		}
	}
	for _, set := range report.Results[0].Sets {
		for _, rule := range set.Rules {
			terse(rule.MatchFeatures)
			for _, alternative := range rule.MatchAny {
				terse(alternative)
			}
		}
		for _, rule := range set.CELRules {
			if rule.Outcome == validate.Unknown && len(rule.Reason) > mostReason {
				t.Errorf("CEL rule: %s because of %d bytes", rule.Outcome, len(rule.Reason))
			}
		}
	}
	for _, f := range report.Results[0].Features {
		shown := 0
		for _, reason := range f.Reasons {
			shown += len(reason)
		}
		if shown > mostShown {
			t.Errorf("%d bytes of reasons of %s", shown, f.Feature)
		}
	}
}

// A hostileCase is a spec and a host, each as bad as it may be.
type hostileCase struct {
	spec string
	host *features.Set
}

// numbered repeats a format with the numbers from 0.
func numbered(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// much is less of something where no bounds are demanded, so that the tests are soon done.
func much(n int) int {
	if *boundsFlag {
		return n
	}
	return 1 + n/20
}

func instancesHost(n int, of func(i int) map[string]string) *features.Set {
	instances := make([]nfdv1alpha1.InstanceFeature, much(n))
	for i := range instances {
		instances[i] = *nfdv1alpha1.NewInstanceFeature(of(i))
	}
	return &features.Set{Features: nfdv1alpha1.Features{Instances: map[string]nfdv1alpha1.InstanceFeatureSet{"a.b": nfdv1alpha1.NewInstanceFeatures(instances...)}}}
}

func flagsHost(n int) *features.Set {
	flags := make([]string, much(n))
	for i := range flags {
		flags[i] = fmt.Sprintf("FLAG_OF_A_LONG_NAME_%d", i)
	}
	return &features.Set{Features: nfdv1alpha1.Features{Flags: map[string]nfdv1alpha1.FlagFeatureSet{"a.b": nfdv1alpha1.NewFlagFeatures(flags...)}}}
}

func valueHost(of func(i int) string, n int) *features.Set {
	attributes := map[string]string{}
	for i := range n {
		attributes[fmt.Sprintf("a%d", i)] = of(i)
	}
	return &features.Set{Features: nfdv1alpha1.Features{Attributes: map[string]nfdv1alpha1.AttributeFeatureSet{"a.b": nfdv1alpha1.NewAttributeFeatures(attributes)}}}
}

// ofTemplates is a spec whose template sees everything in a.b.
func ofTemplates(template string) string {
	return ofRules("  - {name: t, varsTemplate: '" + template + "', matchFeatures: [{feature: a.b, matchName: {op: Exists}}]}\n" +
		"  - {name: reads, matchFeatures: [{feature: rule.matched, matchExpressions: {v: {op: Exists}}}]}\n")
}

func ofCELs(n int, format string) string {
	return ofRules("  - {name: r, matchFeatures: [{feature: a.b, matchName: {op: Exists}}]}\n") + "  celRules:\n" +
		numbered(n, "  - {name: c%[1]d, expression: '"+strings.ReplaceAll(format, "%d", "%[1]d")+"'}\n")
}

func hostileCases() map[string]func() hostileCase {
	const first = "      - {feature: a.b, matchExpressions: {a0: "
	long := func(n int) func(int) string {
		return func(i int) string { return strings.Repeat("a", much(n)) + fmt.Sprint(i) }
	}
	device := func(attributes int) func(int) map[string]string {
		return func(i int) map[string]string {
			of := map[string]string{}
			for j := range attributes {
				of[fmt.Sprintf("a%d", j)] = fmt.Sprint(i * (j + 1))
			}
			return of
		}
	}
	rule := func(terms string) string { return ofRules("  - name: r\n    matchFeatures:\n" + terms) }
	return map[string]func() hostileCase{
		"expressions on instances": func() hostileCase {
			return hostileCase{rule("      - feature: a.b\n        matchExpressions:\n" + numbered(20_000, "          a%d: {op: InRegexp, value: ['^[1-9]+$']}\n")), instancesHost(100_000, device(3))}
		},
		"terms on instances": func() hostileCase {
			return hostileCase{rule(strings.Repeat(first+"{op: Gt, value: ['5']}, a1: {op: In, value: [a]}, a2: {op: Exists}}}\n", 3000)), instancesHost(100_000, device(3))}
		},
		"many instances": func() hostileCase {
			return hostileCase{rule(first + "{op: Gt, value: ['5']}}}\n"), instancesHost(1_000_000, device(1))}
		},
		"attributes of instances": func() hostileCase {
			return hostileCase{rule(strings.Repeat("      - {feature: a.b, matchName: {op: In, value: [x]}}\n", 1000)), instancesHost(1000, device(1000))}
		},
		"patterns on names": func() hostileCase {
			return hostileCase{rule(numbered(2000, "      - {feature: a.b, matchName: {op: InRegexp, value: ['(x|y|_|[A-Z]+)*%dz\\b', 'LONG.*LONG$']}}\n")), flagsHost(100_000)}
		},
		"many names": func() hostileCase {
			return hostileCase{rule("      - {feature: a.b, matchName: {op: In, value: [x]}}\n"), flagsHost(1_000_000)}
		},
		"long values": func() hostileCase {
			return hostileCase{rule(first + "{op: InRegexp, value: ['(a|aa|[ab]|.a)*$', 'b', '(a+a+)+b\\b']}}}\n"), valueHost(long(16<<20), 3)}
		},
		"long versions": func() hostileCase {
			return hostileCase{rule(strings.Repeat(first+"{op: GeLe, value: ['1', '2'], type: version}}}\n", 5000)), valueHost(func(int) string { return strings.Repeat("0.", 1<<19) }, 1)}
		},
		"slow patterns": func() hostileCase {
			return hostileCase{rule(numbered(2000, first+"{op: InRegexp, value: ['(a*a*a*a*a*a*)*%d\\b']}}}\n")), valueHost(long(150_000), 1)}
		},
		"large pattern": func() hostileCase {
			return hostileCase{rule(numbered(20, first+"{op: InRegexp, value: ['(?:a?b?c?d?%d){400}\\b']}}}\n")), valueHost(long(4000), 1)}
		},
		"folded classes": func() hostileCase {
			return hostileCase{rule(numbered(40, first+"{op: InRegexp, value: ['(?i)["+strings.Repeat("B-\U0001e942", 13_000)+"]%d']}}}\n")), valueHost(long(1), 1)}
		},
		"classes": func() hostileCase {
			return hostileCase{rule(numbered(40, first+"{op: InRegexp, value: ['"+strings.Repeat(`\pL`, 20_000)+"%d']}}}\n")), valueHost(long(1), 1)}
		},
		"many values": func() hostileCase {
			return hostileCase{rule(strings.Repeat("      - {feature: a.b, matchName: {op: NotIn, value: ["+numbered(100, "value%06d,")+"]}}\n", 300)), flagsHost(100_000)}
		},
		"alternatives": func() hostileCase {
			return hostileCase{ofRules("  - name: r\n    matchAny:\n" + numbered(3000, "    - {matchFeatures: [{feature: a.b, matchName: {op: InRegexp, value: ['x%d$']}}]}\n")), flagsHost(10_000)}
		},
		"sets": func() hostileCase {
			return hostileCase{"version: v1alpha1\ncompatibilities:\n" + numbered(2500, "- {rules: [{name: r%d, vars: {a: b}, matchFeatures: [{feature: a.b, matchName: {op: In, value: [x]}}]}]}\n"), flagsHost(100_000)}
		},
		"features": func() hostileCase {
			host := flagsHost(1)
			host.Statuses = map[string]features.Status{}
			for i := range 20_000 {
				host.Statuses[fmt.Sprintf("a.b%d", i)] = features.Status{State: features.Incomplete, Reasons: []string{strings.Repeat("\x01", 5000), strings.Repeat("y", 5000)}}
			}
			return hostileCase{rule(numbered(20_000, "      - {feature: a.b%d, matchName: {op: Exists}}\n")), host}
		},
		"variables": func() hostileCase {
			host := flagsHost(1)
			host.Statuses = map[string]features.Status{"a.c": {State: features.Unreadable}}
			return hostileCase{ofRules("  - {name: u, vars: {" + numbered(20_000, "v%05d: x,") + "}, matchFeatures: [{feature: a.c, matchName: {op: Exists}}]}\n" +
				numbered(500, "  - {name: r, vars: {v%05d: x}, matchFeatures: [{feature: a.b, matchName: {op: Exists}}]}\n  - {name: s, matchFeatures: [{feature: rule.matched, matchName: {op: In, value: [x]}}]}\n")), host}
		},
		"template, comparing": func() hostileCase {
			return hostileCase{ofTemplates("{{ $a := index .a.b 0 }}{{ $b := index .a.b 1 }}{{ if eq $a.Value" + strings.Repeat(" $b.Value", 5000) + " }}{{ end }}"), valueHost(long(16<<20), 2)}
		},
		"template, comparing what is piped": func() hostileCase {
			return hostileCase{ofTemplates("{{ $a := (index .a.b 0).Value }}{{ $b := (index .a.b 1).Value }}" + strings.Repeat("{{ $x := $b | eq $a }}", 2500)), valueHost(long(16<<20), 2)}
		},
		"template, indexing": func() hostileCase {
			return hostileCase{ofTemplates("{{ $a := (index .a.b 0).Value }}{{ $d := dict \"a\" \"b\" }}{{ range .a.b }}{{ $x := index $d" + strings.Repeat(" $a", 1) + " }}{{ end }}"), valueHost(long(16<<20), 3)}
		},
		"template, searching": func() hostileCase {
			return hostileCase{ofTemplates(`{{ range .a.b }}{{ $x := regexFindAll "a[^b]*b|a" .Value -1 }}{{ end }}`), valueHost(long(60_000), 4)}
		},
		"template, splitting": func() hostileCase {
			return hostileCase{ofTemplates(`{{ range .a.b }}{{ $x := regexSplit "a[^b]*b|a" .Value -1 }}{{ $x := regexReplaceAll "a[^b]*b|a" .Value "" }}{{ end }}`), valueHost(long(30_000), 4)}
		},
		"template, repeating": func() hostileCase {
			return hostileCase{ofTemplates(`{{ range .a.b }}{{ $x := regexMatch "(?:` + strings.Repeat("a", 1900) + `){1000}" "a" }}{{ end }}`), valueHost(long(3), 1000)}
		},
		"template, folding": func() hostileCase {
			return hostileCase{ofTemplates(`{{ range .a.b }}{{ $x := regexMatch "(?i)` + strings.Repeat(`[B-\\x{1e942}]`, 140) + `" "a" }}{{ end }}`), valueHost(long(3), 1000)}
		},
		"template, names": func() hostileCase {
			return hostileCase{ofTemplates(`{{ range .a.b }}{{ .Name }}=1{{ end }}`), flagsHost(1_000_000)}
		},
		"template, many": func() hostileCase {
			return hostileCase{ofRules(numbered(5000, "  - {name: t%d, varsTemplate: '{{ range .a.b }}{{ if eq .Name \"x\" }}a{{ end }}{{ end }}', matchFeatures: [{feature: a.b, matchName: {op: Exists}}]}\n")), flagsHost(20_000)}
		},
		"template, instances": func() hostileCase {
			return hostileCase{ofTemplates(`{{ range .a.b }}{{ .a0 }}=1{{ end }}`), instancesHost(300_000, device(2))}
		},
		"CEL, reads": func() hostileCase {
			return hostileCase{ofCELs(20, strings.Repeat(`size(instances["a.b"])>%[1]d||`, 200)+"true"), instancesHost(300_000, device(1))}
		},
		"CEL, large reads": func() hostileCase {
			return hostileCase{ofCELs(20, strings.Repeat(`size(instances["a.b"])>%[1]d||`, 200)+"true"), instancesHost(90_000, device(1))}
		},
		"CEL, flags": func() hostileCase { return hostileCase{ofCELs(20, `"x%d" in flags["a.b"]`), flagsHost(2_200_000)} },
		"CEL, loops": func() hostileCase {
			return hostileCase{ofCELs(20, `flags["a.b"].all(a, flags["a.b"].all(b, a != b || size(a) == %d))`), flagsHost(90_000)}
		},
		"CEL, matches": func() hostileCase {
			return hostileCase{ofCELs(10, "!("+strings.Repeat(`attributes["a.b"].a0.matches("(a?a?){30}b%[1]d$")||`, 140)+"false)"), valueHost(long(4000), 1)}
		},
		"CEL, classes": func() hostileCase {
			return hostileCase{ofCELs(100, strings.Repeat(`"a".matches("(?i)`+strings.Repeat(`[B-\\x{1e942}]`, 20)+`")||`, 25)+"%d==0"), valueHost(long(1), 1)}
		},
		"CEL, classes of the host": func() hostileCase {
			return hostileCase{ofCELs(20, strings.Repeat(`"a".matches(attributes["a.b"].a0)||`, 200)+"%d==0"), valueHost(func(int) string { return "(?i)" + strings.Repeat(`[B-\x{1e942}]`, 250) }, 1)}
		},
		"CEL, long values": func() hostileCase {
			return hostileCase{ofCELs(20, `attributes["a.b"].a0 == attributes["a.b"].a1 && attributes["a.b"].a0 + "x" == "%d" || attributes["a.b"].a0.contains(attributes["a.b"].a1+"b")`), valueHost(long(16<<20), 2)}
		},
		"CEL, attributes": func() hostileCase {
			return hostileCase{ofCELs(20, `attributes["a.b"].all(k, attributes["a.b"].all(l, int(k) != 0 || k == l || %d == 0))`), valueHost(long(1), 90_000)}
		},
		"CEL, order": func() hostileCase {
			return hostileCase{ofCELs(1, `attributes["a.b"].all(k, attributes["a.b"].exists(l, int(k) == %d))`), valueHost(long(1), 50)}
		},
		"no rules": func() hostileCase {
			return hostileCase{"apiVersion: nfd.k8s-sigs.io/v1alpha1\nkind: NodeFeatureRule\nspec: {rules: []}\n", flagsHost(1)}
		},
		"CEL, regexps": func() hostileCase {
			return hostileCase{ofCELs(60, "!("+strings.Repeat(`"a".matches("(a?a?){30}b%[1]d$")||`, 250)+"false)"), flagsHost(1)}
		},
		"CEL, texts": func() hostileCase {
			return hostileCase{ofCELs(100, strings.Repeat(`%d==0||`, 800)+"true"), flagsHost(1)}
		},
		"CEL, doubts": func() hostileCase {
			host := flagsHost(1)
			host.Statuses = map[string]features.Status{}
			for i := range 300 {
				host.Statuses[fmt.Sprintf("a.b%d", i)] = features.Status{State: features.Unreadable, Reasons: []string{strings.Repeat("x", 5000)}}
			}
			return hostileCase{ofCELs(30, numbered(300, `size(flags["a.b%d"])>0||`)+"%d==0"), host}
		},
	}
}

// TestHostile: the worst that a spec and a host can be made of ends in time, and says little.
//
//nolint:paralleltest // it measures the process
func TestHostile(t *testing.T) {
	if *boundsFlag { // of a large host, half as much may else wait to be collected
		defer debug.SetGCPercent(debug.SetGCPercent(25))
	}
	worst := &figures{collect: true}
	for name, build := range hostileCases() {
		t.Run(name, func(t *testing.T) {
			c := build()
			docs, err := spec.DecodeDocuments([]byte(c.spec))
			if err != nil {
				t.Fatalf("%.2000s", err.Error())
			}
			if program, findings := worst.compiled(t, docs[0], validate.Options{}); program != nil {
				worst.isBounded(t, program, c.host)
			} else {
				t.Logf("refused: %.300s", strings.ReplaceAll(spec.Errors(findings).Error(), "\n", " "))
			}
		})
	}
}

// TestHostileReasons: what is too much is refused, or unknown, for the reason that it is, whatever the machine. Each of these
// took seconds or hundreds of MiB before it had a bound.
func TestHostileReasons(t *testing.T) {
	t.Parallel()
	const unknown = `"outcome":"unknown"`
	cases := hostileCases()
	for name, wants := range map[string][]string{
		"folded classes":                    {"invalid-regexp", "too large for this one or for all that the spec has"},
		"classes":                           {"invalid-regexp", "too large for this one or for all that the spec has"},
		"CEL, classes":                      {"invalid-cel", "column 13: the classes of characters in the regular expressions are too many"},
		"CEL, regexps":                      {"invalid-cel", "the regular expressions of the spec are too large together"},
		"CEL, texts":                        {"invalid-cel", "the CEL rules of a spec may have 262144 bytes together"},
		"CEL, classes of the host":          {unknown, "the classes of characters in the regular expression are too many"},
		"CEL, flags":                        {unknown, "a.b has more flags than the 100000 that CEL can look at"},
		"CEL, doubts":                       {unknown, "could not be read: xxx"},
		"template, comparing":               {unknown, "it does more work than a template may"},
		"template, comparing what is piped": {unknown, "it does more work than a template may"},
		"template, searching":               {unknown, "it does more work than a template may"},
		"template, repeating":               {unknown, "regexMatch: the regular expression is too large"},
		"template, folding":                 {unknown, "regexMatch: the regular expression is too large"},
		"template, names":                   {unknown, "more elements match than the 32768 that a template can see"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := cases[name]()
			program, findings := validate.Compile(decoded(t, []byte(c.spec)), validate.Options{})
			var got []byte
			if program == nil {
				for _, f := range findings {
					got = fmt.Appendf(got, "%s %s\n", f.ID, f)
				}
			} else {
				report, err := program.Evaluate(t.Context(), c.host)
				if err != nil {
					t.Fatal(err)
				}
				isTerse(t, report)
				got = inJSON(t, report)
			}
			for _, want := range wants {
				if !bytes.Contains(got, []byte(want)) {
					t.Errorf("it does not say %q:\n%.2000s", want, got)
				}
			}
		})
	}
}
