//go:build linux

package docs

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTables: a row stands in a table, and has as many cells as that. A blank line ends a table, and what follows is shown as it is
// written; a cell too many is not shown at all.
func TestTables(t *testing.T) {
	t.Parallel()
	rows, cells := 0, 0
	for _, pattern := range []string{"*.md", "examples/*.md", "docs/*.md", "docs/*/*.md"} {
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
				begins := i == 0 || !strings.HasPrefix(lines[i-1], "|")
				if begins && !strings.HasPrefix(lines[i+1], "|---") {
					t.Errorf("%s:%d: a row outside a table: %s", page, i+1, line)
				}
				switch n := cellsOf(line); {
				case begins:
					cells = n
				case n != cells:
					t.Errorf("%s:%d: %d cells in a table of %d: %s", page, i+1, n, cells, line)
				}
			}
		}
	}
	if rows == 0 {
		t.Error("there are no tables")
	}
}

// cellsOf counts the cells of a row. A bar ends a cell within code, too, unless it is escaped (GitHub Flavored Markdown, 4.10).
func cellsOf(row string) int {
	return strings.Count(strings.ReplaceAll(row, `\|`, ""), "|") - 1
}
