package parity

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/nfd-compat/nfd-compat/test/parity/discovery"
)

// page is docs/conformance.md.
const page = "../../docs/conformance.md"

// TestConformance holds the tables of docs/conformance.md and the tests to each other: every line of a table is the name of
// a test that shows it, and every difference that is shown, or met by generated rules, is a line.
func TestConformance(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var inTests []string
	for _, test := range slices.Concat(matcherDifferences(), kept()) {
		inTests = append(inTests, string(test.name))
	}
	for _, test := range reportDifferences() {
		inTests = append(inTests, string(test.name))
	}
	for _, test := range specDifferences() {
		inTests = append(inTests, string(test.name))
	}
	for _, test := range templateDifferences() {
		inTests = append(inTests, string(test.name))
	}
	for _, name := range discovery.Differences() { // each of them is shown by a test of that package
		inTests = append(inTests, string(name))
	}
	inPage := firstColumns(string(text))
	for _, name := range inPage {
		if !slices.Contains(inTests, name) {
			t.Errorf("the page lists what no test shows: %s", name)
		}
	}
	for _, name := range inTests {
		if !slices.Contains(inPage, name) {
			t.Errorf("a test shows what the page does not list: %s", name)
		}
	}
	for _, d := range append(met(), tooLongForRegexp) {
		if !slices.Contains(inPage, string(d)) {
			t.Errorf("generated rules are excused by what the page does not list: %s", d)
		}
	}
	slices.Sort(inPage)
	if once := slices.Compact(slices.Clone(inPage)); len(once) != len(inPage) || len(once) < 60 {
		t.Errorf("the page lists %d differences, %d of them once", len(inPage), len(once))
	}
}

// firstColumns returns the first cells of the lines of all tables, without the heads.
func firstColumns(text string) []string {
	var cells []string
	line := regexp.MustCompile(`^\| *(.*?) *\|`)
	inTable := false
	for row := range strings.SplitSeq(text, "\n") {
		cell := line.FindStringSubmatch(row)
		switch {
		case cell == nil:
			inTable = false
		case strings.HasPrefix(row, "|---"):
			inTable = true
		case inTable:
			cells = append(cells, strings.ReplaceAll(cell[1], "`", ""))
		}
	}
	return cells
}
