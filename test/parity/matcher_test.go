package parity

import (
	"encoding/json"
	"flag"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"sigs.k8s.io/yaml"
)

var (
	trials = flag.Int("trials", 20_000, "how many specs TestMatcher compares with each seed")
	seed   = flag.Uint64("seed", 0, "the seed of the second run of TestMatcher and TestRegexps; 0 is a fresh one, which is printed")
)

// seeds are a fixed one, and one that nobody has seen.
func seeds() map[string]uint64 {
	fresh := *seed
	for fresh == 0 {
		fresh = rand.Uint64()
	}
	return map[string]uint64{"fixed": 1, "fresh": fresh}
}

// TestMatcher has NFD's matcher and ours judge the same generated specs on the same features: always the same ones, and
// then some that nobody has seen.
func TestMatcher(t *testing.T) {
	t.Parallel()
	for name, seed := range seeds() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			t.Logf("seed %d, to be had again with -seed=%d", seed, seed)
			compareMany(t, seed, *trials)
		})
	}
}

// compareMany compares trials, on all processors.
func compareMany(t *testing.T, seed uint64, n int) {
	t.Helper()
	const share = 500 // what a processor takes at a time
	var (
		w      = newWords(seed)
		both   = newComparer(t)
		sum    = newTally()
		next   atomic.Int64
		wait   sync.WaitGroup
		mutex  sync.Mutex
		failed int
	)
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			own := newTally()
			for {
				from := int(next.Add(share)) - share
				for i := from; i < min(from+share, n); i++ {
					own.covering = i < covered
					tr := w.generator(seed, i).trial()
					wrong := both.trial(&tr, own)
					if wrong == "" {
						continue
					}
					mutex.Lock()
					if failed++; failed <= 5 {
						small := shrink(tr, func(smaller *trial) bool { return both.trial(smaller, newTally()) != "" })
						t.Errorf("trial %d of seed %d: %s\nthe smallest such: %s\n%s", i, seed, wrong, both.trial(&small, newTally()), yamlOf(t, small))
					}
					mutex.Unlock()
				}
				mutex.Lock()
				done := from+share >= n || failed >= 5
				mutex.Unlock()
				if done {
					break
				}
			}
			mutex.Lock()
			defer mutex.Unlock()
			sum.add(own)
		})
	}
	wait.Wait()
	sum.report(t, n)
}

// A tally counts what a run has seen.
type tally struct {
	rules, compared, matches, unanswered, verdicts, contradictory int

	listed map[difference]int
	// covering is set while it is noted what the rules are made of, for that takes time.
	covering bool
	seen     map[string]int
}

// covered is how many trials of a run are looked at for what they are made of.
const covered = 200_000

func newTally() *tally { return &tally{listed: map[difference]int{}, seen: map[string]int{}} }

func (sum *tally) add(other *tally) {
	sum.rules += other.rules
	sum.compared += other.compared
	sum.matches += other.matches
	sum.unanswered += other.unanswered
	sum.verdicts += other.verdicts
	sum.contradictory += other.contradictory
	for d, n := range other.listed {
		sum.listed[d] += n
	}
	for what, n := range other.seen {
		sum.seen[what] += n
	}
}

// report prints the counts, and demands of a long run that it has met everything.
func (sum *tally) report(t *testing.T, n int) {
	t.Helper()
	t.Logf("%d specs of %d rules: %d outcomes compared, of them %d matches, and %d verdicts; to %d rules NFD has no answer",
		n, sum.rules, sum.compared, sum.matches, sum.verdicts, sum.unanswered)
	t.Logf("%d sets contradict themselves, and none of them was satisfied", sum.contradictory)
	for _, d := range slices.Sorted(maps.Keys(sum.listed)) {
		t.Logf("on purpose, %d times: %s", sum.listed[d], d)
	}
	if n < covered || t.Failed() {
		return
	}
	if sum.compared < n || sum.matches < sum.compared/8 || sum.verdicts < n/4 || sum.contradictory < n/2000 {
		t.Errorf("too little was compared: the generator is no good")
	}
	for _, d := range met() {
		if sum.listed[d] == 0 {
			t.Errorf("never met in %d specs, so it should not be listed: %s", n, d)
		}
	}
	for _, what := range expected() {
		if sum.seen[what] == 0 {
			t.Errorf("never seen in %d specs: %s", covered, what)
		}
	}
}

// yamlOf writes a trial for people; one that YAML cannot hold, as JSON.
func yamlOf(t *testing.T, v any) string {
	t.Helper()
	text, err := yaml.Marshal(v)
	if err != nil {
		text, err = json.Marshal(v)
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
