//go:build linux

package docs

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// root is where the module lies, seen from this package's folder.
const root = "../.."

// A block is a fenced block of a page.
type block struct {
	line     int // of its first line in the page, from 1
	language string
	text     string
}

// name is how a block is called in the list of those that cannot run: by its page and its first command.
func (b block) name(page string) string {
	for line := range strings.Lines(b.text) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			return page + ": " + line
		}
	}
	return page + ": "
}

// pages returns the pages that are run, by their paths in the repository.
func pages(t *testing.T) []string {
	t.Helper()
	pages := []string{"README.md", "CONTRIBUTING.md", "SECURITY.md", "examples/README.md"}
	for _, pattern := range []string{"docs/*.md", "docs/*/*.md"} {
		found, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(pattern)))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range found {
			page, err := filepath.Rel(root, file)
			if err != nil {
				t.Fatal(err)
			}
			pages = append(pages, filepath.ToSlash(page))
		}
	}
	return pages
}

// blocksOf returns the fenced blocks of a page.
func blocksOf(t *testing.T, page string) []block {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(page)))
	if err != nil {
		t.Fatal(err)
	}
	blocks, err := parseBlocks(string(text))
	if err != nil {
		t.Fatalf("%s: %v", page, err)
	}
	return blocks
}

// parseBlocks finds the fenced blocks of a text. A fence may be indented, as in a list; its content then is, too.
func parseBlocks(text string) ([]block, error) {
	var (
		blocks []block
		indent string
		open   bool
	)
	fence := regexp.MustCompile("^( *)```(.*)$")
	n := 0
	for line := range strings.Lines(text) {
		n++
		mark := fence.FindStringSubmatch(strings.TrimRight(line, "\r\n"))
		switch {
		case mark != nil && open:
			open = false
		case mark != nil:
			open, indent = true, mark[1]
			blocks = append(blocks, block{line: n + 1, language: strings.TrimSpace(mark[2])})
		case open:
			blocks[len(blocks)-1].text += strings.TrimPrefix(line, indent)
		}
	}
	if open {
		return nil, fmt.Errorf("line %d: the block does not end", blocks[len(blocks)-1].line)
	}
	return blocks, nil
}

// isShell tells whether a block is one that the reader is to type.
func (b block) isShell() bool { return b.language == "sh" }

// looksLikeShell tells whether a block is typed by the reader but is not marked so that it would be run.
func (b block) looksLikeShell() bool {
	word, _, _ := strings.Cut(b.language, " ")
	return !b.isShell() && slices.Contains([]string{"sh", "bash", "shell", "zsh", "console", "terminal"}, word)
}

// A command is a line of a block, with those that go on from it.
type command struct {
	first, last int // lines of the page
	text        string
	// exit is the exit code that a comment tells, or -1.
	exit int
}

// commands returns the commands of a block.
func (b block) commands() []command {
	var all []command
	said := regexp.MustCompile(`# exits with (\d+)`)
	open := false
	for i, line := range strings.Split(strings.TrimSuffix(b.text, "\n"), "\n") {
		if !open {
			all = append(all, command{first: b.line + i, exit: -1})
		}
		c := &all[len(all)-1]
		c.last = b.line + i
		c.text += line + "\n"
		if m := said.FindStringSubmatch(line); m != nil {
			c.exit, _ = strconv.Atoi(m[1]) // of digits
		}
		open = strings.HasSuffix(line, `\`)
	}
	return all
}

// TestParseBlocks: what a page has in fences, and where.
func TestParseBlocks(t *testing.T) {
	t.Parallel()
	blocks, err := parseBlocks("a\n```sh\nx \\\n  y # exits with 3\nz\n```\n- b\n\n  ```yaml norun\n  k: v\n  ```\n")
	if err != nil || len(blocks) != 2 {
		t.Fatalf("%+v, %v", blocks, err)
	}
	if got := fmt.Sprintf("%+v", blocks[0].commands()); got != "[{first:3 last:4 text:x \\\n  y # exits with 3\n exit:3} {first:5 last:5 text:z\n exit:-1}]" {
		t.Error(got)
	}
	if want := (block{line: 10, language: "yaml norun", text: "k: v\n"}); blocks[1] != want {
		t.Errorf("%+v", blocks[1])
	}
	if _, err := parseBlocks("```sh\nx\n"); err == nil {
		t.Error("a block that does not end is no error")
	}
}
