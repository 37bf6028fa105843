//go:build linux

package docs

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTables: a row stands in a table. A blank line ends one, and what follows is shown as it is written.
func TestTables(t *testing.T) {
	t.Parallel()
	rows := 0
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/commands/*.md"} {
		pages, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, page := range pages {
			text, err := os.ReadFile(page)
			if err != nil {
				t.Fatal(err)
			}
			lines, inside := strings.Split(string(text)+"\n", "\n"), false
			for i, line := range lines {
				if strings.HasPrefix(line, "```") {
					inside = !inside
				}
				if inside || !strings.HasPrefix(line, "|") {
					continue
				}
				rows++
				if begins := i == 0 || !strings.HasPrefix(lines[i-1], "|"); begins && !strings.HasPrefix(lines[i+1], "|---") {
					t.Errorf("%s:%d: a row outside a table: %s", page, i+1, line)
				}
			}
		}
	}
	if rows == 0 {
		t.Error("there are no tables")
	}
}
