//go:build linux

package docs

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
)

// A link is one of a page, and where it stands.
type link struct {
	line   int
	target string
}

// prose returns the lines of a page without those in fences.
func prose(text string) []string {
	lines := strings.Split(text, "\n")
	fenced := false
	for i, line := range lines {
		fence := strings.HasPrefix(strings.TrimLeft(line, " "), "```")
		if fence || fenced {
			lines[i] = ""
		}
		fenced = fenced != fence
	}
	return lines
}

// linksOf returns the links of a page. A link may be broken over two lines, but its target is not.
func linksOf(text string) []link {
	var links []link
	target := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	code := regexp.MustCompile("`[^`]*`")
	for i, line := range prose(text) {
		for _, m := range target.FindAllStringSubmatch(code.ReplaceAllString(line, ""), -1) {
			links = append(links, link{line: i + 1, target: m[1]})
		}
	}
	return links
}

// anchorsOf returns the anchors of a page's headings, as GitHub makes them.
func anchorsOf(text string) []string {
	var anchors []string
	heading := regexp.MustCompile(`^#+ +(.*?) *$`)
	linked := regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)
	for _, line := range prose(text) {
		m := heading.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		anchor := strings.Map(func(r rune) rune {
			switch {
			case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
				return unicode.ToLower(r)
			case r == ' ':
				return '-'
			}
			return -1
		}, linked.ReplaceAllString(m[1], "$1"))
		plain := anchor
		for n := 1; slices.Contains(anchors, anchor); n++ {
			anchor = fmt.Sprintf("%s-%d", plain, n)
		}
		anchors = append(anchors, anchor)
	}
	return anchors
}

// TestLinks: every link of the documents leads to a file of the repository, and to a heading of it, or to the web.
func TestLinks(t *testing.T) {
	t.Parallel()
	count, fromReadme := 0, map[string]bool{}
	for _, page := range append(pages(t), "CHANGELOG.md") {
		text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(page)))
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range linksOf(string(text)) {
			count++
			if strings.HasPrefix(l.target, "https://") {
				continue
			}
			file, anchor, anchored := strings.Cut(l.target, "#")
			to := page
			if file != "" {
				to = path.Join(path.Dir(page), file)
			}
			if page == "README.md" {
				fromReadme[to] = true
			}
			if !filepath.IsLocal(to) {
				t.Errorf("%s:%d: %s leads out of the repository", page, l.line, l.target)
				continue
			}
			if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(to))); err != nil {
				t.Errorf("%s:%d: %s: there is no %s", page, l.line, l.target, to)
				continue
			}
			if !anchored {
				continue
			}
			other, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(to)))
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Contains(anchorsOf(string(other)), anchor) {
				t.Errorf("%s:%d: %s: %s has no such heading", page, l.line, l.target, to)
			}
		}
	}
	if count < 100 {
		t.Errorf("%d links: these are not all", count)
	}
	for _, page := range pages(t) {
		if path.Dir(page) == "docs" && !fromReadme[page] {
			t.Errorf("README.md does not name %s", page)
		}
	}
}

// TestLinksOf: what is a link, and what is an anchor.
func TestLinksOf(t *testing.T) {
	t.Parallel()
	const text = "# A `b`: c, d?\n[x](y.md#z) and `[no](link)`\n```\n# not one\n[no](link)\n```\n## [Two](e.md)\n## Two\n- [a\n  b](https://c)\n"
	if diff := cmp.Diff([]link{{2, "y.md#z"}, {7, "e.md"}, {10, "https://c"}}, linksOf(text), cmp.AllowUnexported(link{})); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"a-b-c-d", "two", "two-1"}, anchorsOf(text)); diff != "" {
		t.Error(diff)
	}
}
