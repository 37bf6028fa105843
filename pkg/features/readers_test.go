package features

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestReaders: every feature of the catalogue has a reader, and every reader has a feature.
func TestReaders(t *testing.T) {
	t.Parallel()
	var want []string
	for _, entry := range Catalogue() {
		want = append(want, entry.Name)
	}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(readers()))); diff != "" {
		t.Errorf("readers (-catalogue +table):\n%s", diff)
	}
}
