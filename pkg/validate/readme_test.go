package validate_test

import (
	"os"
	"strings"
	"testing"
)

// TestReadmeLines: the lines that the README shows to users of the library are those of the example, which is compiled
// and run.
func TestReadmeLines(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	example, err := os.ReadFile("example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	_, after, ok := strings.Cut(string(readme), "```go\n")
	if !ok {
		t.Fatal("the README has no Go block")
	}
	block, _, _ := strings.Cut(after, "```")
	rest := string(example)
	lines := 0
	for line := range strings.Lines(block) {
		_, below, ok := strings.Cut(rest, "\t"+line)
		if !ok {
			t.Errorf("the example lacks, or has in another order: %s", line)
			continue
		}
		rest = below
		lines++
	}
	if lines != 5 {
		t.Errorf("%d lines, want 5", lines)
	}
}
