package registry_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/nfd-compat/nfd-compat/internal/hosttest"
)

// TestFindingPageRequests holds the table of docs/finding.md to what is asked.
func TestFindingPageRequests(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/finding.md")
	if err != nil {
		t.Fatal(err)
	}
	amd64 := linux("amd64", "")
	for _, ask := range askings() {
		r, dir := hosttest.NewRegistry(t, ask.options), t.TempDir()
		ask.push(t, r.Repository("app"))
		at := "@" + mustFetch(t, r, ":v1", &amd64).Descriptor.Digest.String()
		var counts []int
		for _, object := range []string{":v1", ":v1", at} {
			r.Requests()
			mustCached(t, r, dir, object, false)
			counts = append(counts, len(r.Requests()))
		}
		row := fmt.Sprintf("| %s | %d | %d | %d |", ask.name, counts[0], counts[1], counts[2])
		if !slices.Contains(strings.Split(string(page), "\n"), row) {
			t.Errorf("the page does not say %q", row)
		}
	}
}
