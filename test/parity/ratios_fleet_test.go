package parity

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"time"

	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"

	"github.com/nfd-compat/nfd-compat/pkg/features"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// timeFleet has ours judge 10,000 nodes by 100 rules, on two processors, without explanation, and NFD's matcher every tenth
// of them.
func timeFleet(t *testing.T, host *nfdv1alpha1.Features) {
	t.Helper()
	const nodes, rules, processors, every = 10_000, 100, 2, 10
	fleet := fleetOf(host, nodes)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))

	var table table
	table.add(fmt.Sprintf("%d nodes by %d rules, verdict only, on %d processors", nodes, rules, processors), "compatible", "ours", "", "NFD", "")
	for _, kind := range []ruleKind{
		{"two flags and a version", "", simpleRule},
		{"one of two PCI devices", "", pciRule},
		{"half and half", "", func(i int) nfdv1alpha1.GroupRule {
			if i%2 == 0 {
				return simpleRule(i)
			}
			return pciRule(i)
		}},
	} {
		asked := kind.rules(rules)
		program := compiled(t, asked)
		verdicts := make([]validate.Verdict, nodes)
		nfd := make([]bool, nodes)
		var times, timesOfNFD []float64
		for range rounds {
			times = append(times, inParallel(processors, nodes, 1, func(i int) {
				var err error
				if verdicts[i], err = program.Verdict(t.Context(), fleet[i]); err != nil {
					t.Error(err)
				}
			}))
			timesOfNFD = append(timesOfNFD, inParallel(processors, nodes, every, func(i int) {
				nfd[i] = satisfiesNFD(t, asked, &fleet[i].Features)
			})*every)
		}
		compatible := 0
		for i, verdict := range verdicts {
			if verdict == validate.Compatible {
				compatible++
			}
			if i%every == 0 && nfd[i] != (verdict == validate.Compatible) {
				t.Fatalf("node %d: NFD says %t, ours says %v", i, nfd[i], verdict)
			}
		}
		ours, theirs := median(times), median(timesOfNFD)
		table.add(kind.name, fmt.Sprintf("%d %%", 100*compatible/nodes), duration(ours), fmt.Sprintf("%.3g million rules/s", nodes*rules/ours*1e3),
			duration(theirs), fmt.Sprintf("NFD / ours = %.1f times", theirs/ours))
	}
	table.print(t)
	t.Logf("NFD's time is that of %d nodes, times %d; a set that does not match is left at its first such rule, by both", nodes/every, every)
}

// satisfiesNFD tells whether all rules match, and leaves off at the first that does not.
func satisfiesNFD(t *testing.T, rules []nfdv1alpha1.GroupRule, on *nfdv1alpha1.Features) bool {
	t.Helper()
	for i := range rules {
		out, err := nfdRule(&rules[i], on)
		if err != nil {
			t.Error(err)
		}
		if err != nil || !out.MatchStatus.IsMatch {
			return false
		}
	}
	return true
}

// inParallel calls f for every so many of n numbers, in equal shares, and returns the nanoseconds that it took.
func inParallel(processors, n, every int, f func(i int)) float64 {
	runtime.GC()
	start := time.Now()
	var wait sync.WaitGroup
	for p := range processors {
		wait.Go(func() {
			for i := n * p / processors; i < n*(p+1)/processors; i++ {
				if i%every == 0 {
					f(i)
				}
			}
		})
	}
	wait.Wait()
	return float64(time.Since(start).Nanoseconds())
}

// fleetOf are nodes that differ from a host, and from each other, in their kernel, their processor's flags and their
// devices. Most satisfy the rules that are asked of them, so that all rules are.
func fleetOf(host *nfdv1alpha1.Features, n int) []*features.Set {
	g := rand.New(rand.NewPCG(1, 2))
	nodes := make([]*features.Set, n)
	for i := range nodes {
		f := nfdv1alpha1.Features{Flags: maps.Clone(host.Flags), Attributes: maps.Clone(host.Attributes), Instances: maps.Clone(host.Instances)}
		flags := maps.Clone(host.Flags["cpu.cpuid"].Elements)
		flags["AVX"], flags["SSE2"] = nfdv1alpha1.Nil{}, nfdv1alpha1.Nil{}
		if i%16 == 15 {
			delete(flags, "AVX")
		}
		f.Flags["cpu.cpuid"] = nfdv1alpha1.FlagFeatureSet{Elements: flags}

		version := maps.Clone(host.Attributes["kernel.version"].Elements)
		version["full"] = fmt.Sprintf("6.%d.%d-%d-generic", g.IntN(18), g.IntN(100), g.IntN(200))
		f.Attributes["kernel.version"] = nfdv1alpha1.NewAttributeFeatures(version)

		devices := devices(4 + g.IntN(40))
		if i%16 == 7 { // no graphics card
			devices = devices[:3]
		}
		g.Shuffle(len(devices), func(a, b int) { devices[a], devices[b] = devices[b], devices[a] })
		f.Instances["pci.device"] = nfdv1alpha1.NewInstanceFeatures(devices...)
		nodes[i] = &features.Set{Features: f}
	}
	return nodes
}
