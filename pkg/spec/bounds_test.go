package spec_test

import (
	"fmt"
	"runtime"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	"github.com/nfd-compat/nfd-compat/pkg/spec"
)

const (
	// mebibyte is the size of the hostile texts.
	mebibyte = 1 << 20
	// mostHeap is what decoding and checking such a text may add to the heap, garbage included.
	mostHeap = 128 << 20
)

// heap returns the bytes of the heap's objects, those that are garbage but not yet collected among them.
func heap() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// peak returns by how much the heap grew, at most, while f ran. It looks every fraction of a millisecond, which misses
// no growth that matters: a mebibyte takes longer to allocate.
func peak(f func()) uint64 {
	runtime.GC()
	before, most := heap(), uint64(0)
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	ticker := time.NewTicker(200 * time.Microsecond)
	defer ticker.Stop()
	for {
		select {
		case <-done:
			most = max(most, heap())
			return max(most, before) - before
		case <-ticker.C:
			most = max(most, heap())
		}
	}
}

// fill repeats a text up to a size, and ends it.
func fill(begin, item, end string) string {
	return begin + strings.Repeat(item, (mebibyte-len(begin)-len(end))/len(item)) + end
}

const hostileHead = "version: v1alpha1\ncompatibilities:\n"

// hostile are texts of a mebibyte that are mostly one thing, and smaller ones of which aliases make much.
func hostile() map[string]string {
	numbered := func(begin string, item func(i int) string) string {
		var b strings.Builder
		b.WriteString(begin)
		for i := 0; b.Len() < mebibyte; i++ {
			b.WriteString(item(i))
		}
		return b.String()
	}
	const rules, terms = hostileHead + "- rules:\n", hostileHead + "- rules:\n  - matchFeatures:\n"
	return map[string]string{
		"flow lists within each other":    fill("", "[", ""),
		"flow mappings within each other": fill("", "{", ""),
		"block lists within each other":   fill("", "- ", ""),
		"items of a flow list":            fill("[", "a,", "a]"),
		"items of a flow list in a spec":  fill(hostileHead+"- rules: [", "{},", "{}]"),
		"empty items":                     fill("", "-\n", ""),
		"empty items of a flow list":      fill("[", "[],", "[]]"),
		"empty sets":                      fill(hostileHead, "-\n", ""),
		"empty mappings as sets":          fill(hostileHead, "- {}\n", ""),
		"empty rules":                     fill(hostileHead+"- rules:\n", "  - {}\n", ""),
		"values":                          fill(hostileHead+"- rules:\n  - matchFeatures: [{feature: a.b, matchName: {op: In, value: [", "1,", "1]}}]\n"),
		"keys without values":             fill("", "? ", ""),
		"keys on lines":                   fill("", "?\n", ""),
		"anchors and aliases":             fill("", "- &a *a\n", ""),
		"anchors":                         fill("", "- &a\n", ""),
		"anchors on one line":             fill("", "&a ", ""),
		"unknown anchors":                 fill("", "- *a\n", ""),
		"aliases of one":                  fill("- &a x\n", "- *a\n", ""),
		"tags":                            fill("", "- !!str\n", ""),
		"many small keys":                 fill("", "a:\n", ""),
		"many documents":                  fill("", "---\n", ""),
		"many documents of a letter":      fill("", "--- a\n", ""),
		"many directives":                 fill("", "%YAML 1.1\n", ""),
		"a long scalar":                   fill("a: ", "x", ""),
		"a long quoted scalar":            fill(`a: "`, `\u0041`, `"`),
		"a long quoted scalar of lines":   fill(`a: "`, "\n", `"`),
		"a long block scalar":             fill("a: |\n", " x\n", ""),
		"a long folded scalar":            fill("a: >\n", " x\n", ""),
		"a long key":                      fill("", "x", ": a\n"),
		"comments":                        fill("", "#\n", ""),
		"comments within a list":          fill("", "- #\n", ""),
		"comments between items":          fill("", "- a\n#\n", ""),
		"a long comment":                  fill("#", "x", ""),
		"blank lines":                     fill("", "\n", ""),
		"blanks":                          fill("", " ", ""),
		"tabs":                            fill("", "\t", ""),
		"zero bytes":                      fill("", "\x00", ""),
		"bytes that are no UTF-8":         fill("", "\xff", ""),
		"colons":                          fill("", ":", ""),
		"colons and blanks":               fill("", ": ", ""),
		"commas":                          fill("[", ",", ""),
		"quotes":                          fill("", `""`, ""),
		"merges":                          fill("a: &a {}\nb:\n", "  <<: *a\n", ""),
		"wide characters":                 fill("", "😀", ""),
		// As dense as is let through.
		"keys of a flow mapping":           fill("{", "abcd,", "a}"),
		"keys of a flow mapping in a spec": fill(terms+"    - feature: a.b\n      matchExpressions: {", "abcd,", "a}\n"),
		"pairs of a flow list":             fill("[", "abcd: b, ", "a]"),
		"pairs of a flow list in a spec":   fill(hostileHead+"- rules: [", "name: ab, ", "{}]\n"),
		"keys and nothing":                 fill("{", "? abcde,", "a}"),
		"values of four letters":           fill(terms+"    - feature: a.b\n      matchName: {op: In, value: [", "abcd,", "a]}\n"),
		"values of four digits":            fill(terms+"    - feature: a.b\n      matchName: {op: In, value: [", "1234,", "1]}\n"),
		"empty rules with blanks":          fill(hostileHead+"- rules: [", "{}      ,", "{}]\n"),
		"expressions that are nil":         numbered(terms+"    - feature: a.b\n      matchExpressions: {", func(i int) string { return fmt.Sprintf("? a%05d,\n", i) }),
		"items of seven letters":           fill("", "- abcdefg\n", ""),
		"items with comments":              fill("", "- a             #\n", ""),
		"anchors of a letter":              fill("", "- &a         x\n", ""),
		"expressions of short names":       numbered(terms+"    - feature: a.b\n      matchExpressions:\n", func(i int) string { return fmt.Sprintf("       a%05d: {op: In}  \n", i) }),
		"documents of a NodeFeatureRule":   fill("", "---\napiVersion: nfd.k8s-sigs.io/v1alpha1\nkind: NodeFeatureRule\nmetadata: {name: some-name-of-a-rule}\nspec:\n  rules: []\n"+strings.Repeat("# filler\n", 110), ""),
		"keys that differ":                 numbered("", func(i int) string { return fmt.Sprintf("a%d:\n", i) }),
		"variables":                        numbered(rules+"  - vars:\n", func(i int) string { return fmt.Sprintf("     a%d: b\n", i) }),
		"expressions":                      numbered(terms+"    - feature: a.b\n      matchExpressions:\n", func(i int) string { return fmt.Sprintf("       a%d: {op: In}\n", i) }),
		"rules of one name":                fill(rules, "  - name: a\n", ""),
		"terms":                            fill(terms, "    - {feature: a.b, matchName: {op: Exists}}\n", ""),
		"unknown features":                 numbered(terms, func(i int) string { return fmt.Sprintf("    - {feature: a.b%d, matchName: {op: Exists}}\n", i) }),
		"words that are read as others":    fill(terms+"    - feature: a.b\n      matchName: {op: In, value: [", "y,   ", "y]}\n"),
		"anchors with names":               numbered("", func(i int) string { return fmt.Sprintf("- &a%d x\n", i) }),
		"rules by alias":                   hostileHead + "- rules: &r [" + strings.Repeat("{}, ", 2000) + "{}]\n" + strings.Repeat("- rules: *r\n", 1900),
		"alternatives by alias":            rules + "  - matchAny: &a [" + strings.Repeat("{}, ", 2000) + "{}]\n" + strings.Repeat("  - matchAny: *a\n", 1900),
		"terms by alias":                   terms + "    - &t {feature: a.b, matchName: {op: Exists}}\n" + strings.Repeat("    - *t\n", 100_000),
		"expressions by alias":             terms + "    - &t {feature: a.b, matchExpressions: {a: {op: Exists}}}\n" + strings.Repeat("    - *t\n", 60_000),
		"values by alias":                  terms + "    - {feature: a.b, matchName: &m {op: In, value: [" + strings.Repeat("a, ", 2000) + "a]}}\n" + strings.Repeat("    - {feature: a.b, matchName: *m}\n", 900),
		"merges of merges":                 numbered("a0: &a0 {x: y}\n", func(i int) string { return fmt.Sprintf("a%d: &a%d {<<: *a%d}\n", i+1, i+1, i) }),
	}
}

// TestMemory: a text of a mebibyte takes at most 128, whatever is in it.
//
//nolint:paralleltest // it measures the process
func TestMemory(t *testing.T) {
	for name, text := range hostile() {
		t.Run(name, func(t *testing.T) {
			for how, decode := range map[string]func(text []byte) ([]*spec.Spec, error){
				"Decode": func(text []byte) ([]*spec.Spec, error) {
					s, err := spec.Decode(text)
					return []*spec.Spec{s}, err
				},
				"DecodeDocuments": spec.DecodeDocuments,
			} {
				input := []byte(text)
				grown := peak(func() {
					docs, err := decode(input)
					if err != nil {
						_ = err.Error()
						return
					}
					for _, doc := range docs {
						_ = spec.Check(doc, spec.Vocabulary{})
					}
				})
				if grown > mostHeap {
					t.Errorf("%s takes %d MiB", how, grown>>20)
				}
				t.Logf("%s: %d MiB", how, grown>>20)
			}
		})
	}
}

// TestWorkOfManyDocuments: four times as many documents are four times as much work, and not sixteen times, even where each
// has a finding whose place must be looked up.
//
//nolint:paralleltest // it measures the process
func TestWorkOfManyDocuments(t *testing.T) {
	work := func(documents int) uint64 {
		text := []byte(strings.Repeat("---\napiVersion: nfd.k8s-sigs.io/v1alpha1\nkind: NodeFeatureRule\nspec:\n  rules:\n"+
			strings.Repeat("  - {name: r, matchFeatures: [{feature: a.b, matchName: {op: Exists}}]}\n", 10), documents))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		docs, err := spec.DecodeDocuments(text)
		if err != nil || len(docs) != documents {
			t.Fatalf("%d documents, %v", len(docs), err)
		}
		for _, doc := range docs {
			if len(spec.Check(doc, few())) == 0 {
				t.Fatal("nothing is found")
			}
		}
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	once, fourTimes := work(60), work(240)
	if fourTimes > 6*once {
		t.Errorf("60 documents take %d KiB, and 240 take %d KiB", once>>10, fourTimes>>10)
	}
}
