package validate_test

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/nfd-compat/nfd-compat/pkg/spec"
)

// yamlBlocks returns the YAML blocks of a page, by the number of their first line.
func yamlBlocks(t *testing.T, name string) map[int]string {
	t.Helper()
	page, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	blocks := map[int]string{}
	first, block := 0, ""
	for i, line := range strings.SplitAfter(string(page), "\n") {
		switch {
		case line == "```yaml\n":
			first, block = i+2, ""
		case line == "```\n" && first > 0:
			blocks[first] = block
			first = 0
		default:
			block += line
		}
	}
	return blocks
}

// TestSpecPage: each example of docs/spec.md is right, for decoding, the check and the schema, or has the very findings that
// its first line names.
func TestSpecPage(t *testing.T) {
	t.Parallel()
	schema := specSchema(t)
	blocks := yamlBlocks(t, "../../docs/spec.md")
	wrong := 0
	for line, block := range blocks {
		findings := findingsOf(t, []byte(block))
		var found []string
		for _, f := range findings {
			if !slices.Contains(found, string(f.ID)) {
				found = append(found, string(f.ID))
			}
		}
		slices.Sort(found)
		var want []string
		if marked, ok := strings.CutPrefix(block, "# wrong: "); ok {
			ids, _, _ := strings.Cut(marked, "\n")
			want = strings.Split(ids, ", ")
			slices.Sort(want)
			wrong++
		}
		if !slices.Equal(want, found) {
			t.Errorf("docs/spec.md:%d: want findings %q, have %v", line, want, findings)
		}
		if len(want) == 0 {
			if err := validateText(schema, []byte(block)); err != nil {
				t.Errorf("docs/spec.md:%d: the schema refuses it: %v", line, err)
			}
		}
	}
	if len(blocks) < 18 || wrong < 8 {
		t.Errorf("%d examples, %d of them wrong", len(blocks), wrong)
	}
}

// TestSpecPageReadings: what the page says of values without quotes is so.
func TestSpecPageReadings(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/spec.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "| written | read as |\n|---|---|\n")
	table, _, _ = strings.Cut(table, "\n\n")
	words := regexp.MustCompile("`([^`]*)`")
	rows := 0
	for line := range strings.Lines(table) {
		found := words.FindAllStringSubmatch(line, -1)
		for _, written := range found[:len(found)-1] {
			rows++
			read := found[len(found)-1][1]
			document, err := spec.Decode([]byte("version: v1alpha1\ncompatibilities:\n- tag: " + written[1] + "\n"))
			if err != nil {
				t.Fatal(err)
			}
			if got := document.Compatibilities[0].Tag; got != read {
				t.Errorf("%s is read as %s, and the page says %s", written[1], got, read)
			}
		}
	}
	if rows < 10 {
		t.Errorf("%d rows", rows)
	}
}

// TestSpecPageNames: the page has every operator, and every field of the schema.
func TestSpecPageNames(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile("../../docs/spec.md")
	if err != nil {
		t.Fatal(err)
	}
	names := spec.Operators()
	for _, words := range about() {
		names = append(names, slices.Collect(maps.Keys(words.fields))...)
	}
	for _, name := range append(names, spec.ArtifactType, spec.MediaTypeYAML, spec.ArtifactTypeKEP, spec.MediaTypeKEPYAML, fmt.Sprintf("%d MiB", spec.MaxSize>>20)) {
		if !strings.Contains(string(content), "`"+name+"`") && !strings.Contains(string(content), "than "+name) {
			t.Errorf("docs/spec.md says nothing of %s", name)
		}
	}
}

// TestChecksPage: docs/checks.md is made from the table of checks.
func TestChecksPage(t *testing.T) {
	t.Parallel()
	checks := spec.Checks()
	slices.SortFunc(checks, func(a, b spec.CheckInfo) int { return cmp.Compare(a.ID, b.ID) })
	var page strings.Builder
	page.WriteString("# Checks\n\n" +
		"What `nfd-compat validate-spec` finds. The ids do not change their meaning.\n\n" +
		"- An **error** can never be meant, or would pass silently. It makes the exit code 6, and stops `validate-node` too.\n" +
		"- A **warning** is on what will hardly ever match.\n" +
		"- A **note** is worth knowing.\n\n" +
		"`--severity warning` and `--severity note` let those fail as well, and `--disable ID` leaves a check out, unless the fault\n" +
		"keeps the text from being decoded (*decoding*), since nothing else of it is checked then. `--fix` mends what is *fixable*,\n" +
		"where it is clear what was meant; comments and layout stand.\n\n" +
		"| id | severity | | what is found |\n|---|---|---|---|\n")
	for _, c := range checks {
		fmt.Fprintf(&page, "| [%s](#%s) | %s | %s | %s |\n", c.ID, c.ID, c.Severity, notes(c), strings.TrimSuffix(c.Title, "."))
	}
	for _, c := range checks {
		fmt.Fprintf(&page, "\n## %s\n\n%s: %s\n\n%s\n\nWrong:\n\n```yaml\n%s```\n\nRight:\n\n```yaml\n%s```\n", c.ID,
			strings.TrimSuffix(string(c.Severity)+", "+notes(c), ", "), strings.ToLower(c.Title[:1])+c.Title[1:], c.Why, c.Wrong, c.Right)
	}
	generated(t, "../../docs/checks.md", page.String())
}

// notes says what else is to be known of a check.
func notes(c spec.CheckInfo) string {
	var notes []string
	if c.Decoding {
		notes = append(notes, "decoding")
	}
	if c.Fixable {
		notes = append(notes, "fixable")
	}
	return strings.Join(notes, ", ")
}
