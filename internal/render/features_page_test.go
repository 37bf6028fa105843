package render_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nfd-compat/nfd-compat/pkg/features"
)

// TestFeaturesPage: docs/features.md is made from the catalogue.
func TestFeaturesPage(t *testing.T) {
	t.Parallel()
	const name = "../../docs/features.md"
	page := featuresPage()
	if *update {
		if err := os.WriteFile(name, []byte(page), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(page, string(kept)); diff != "" {
		t.Errorf("%s is not what the catalogue says; run go test ./internal/render -update (-catalogue +page):\n%s", name, diff)
	}
}

const featuresIntroduction = `# Features

What a spec can ask for. Most names, kinds and values are those of Node Feature Discovery (NFD) v0.19, so a rule gives the same
answer here and in a cluster. *Since* is the version of NFD that brought the feature: an older NFD does not have it. What is *not in
NFD* is told by nfd-compat alone: GPUs and their drivers, RDMA, modules, libraries, and what the kernel is set up to do. In a cluster
a rule on it is a mismatch.

` + "`nfd-compat explain FEATURE`" + ` prints this of one feature, and what the host has of it; ` + "`nfd-compat export features`" + ` prints
all that the host has, and with ` + "`--status`" + ` what is known of each feature.

A **flag** is there or is not. An **attribute** has a value, which is a text for every operator but the comparing ones. An
**instance** is one of several things of a kind, such as a device, and bears attributes. How each operator treats them stands in
[the page on specs](spec.md).

What is read is below the root of the host, with ` + "`V`" + ` for the release of its kernel. CPUID, the auxiliary vector and the
environment tell of the host on which the program runs: for another root these features are *unsupported*.

## How much is known

Every feature of a host has a state, and what is not known is never taken for what is not there.

| state | when | what a rule on it is |
|---|---|---|
| discovered | it was read whole | decided |
| absent | the place to look is there, and the feature is not | decided: ` + "`DoesNotExist`" + ` matches |
| incomplete | a part could not be read | decided by what was found; unknown for what was not |
| incomplete, with elements | these alone are in doubt, such as what only a library of the driver tells | decided, but for these elements |
| unreadable | it is there, or must be, and could not be read | unknown |
| unsupported | it cannot be told from here | unknown |

`

// featuresPage is the text of docs/features.md.
func featuresPage() string {
	var page strings.Builder
	page.WriteString(featuresIntroduction)
	page.WriteString("## The list\n\n| feature | kind | since | what it tells |\n|---|---|---|---|\n")
	for _, entry := range features.Catalogue() {
		fmt.Fprintf(&page, "| [`%s`](#%s) | %s | %s | %s |\n",
			entry.Name, strings.ReplaceAll(entry.Name, ".", ""), kindsOf(&entry), sinceOf(&entry), cell(entry.Description))
	}
	for _, entry := range features.Catalogue() {
		since := sinceOf(&entry)
		if !entry.IsExtension() {
			since = "since " + since
		}
		fmt.Fprintf(&page, "\n## %s\n\n%s, %s: %s.\n\n", entry.Name, kindsOf(&entry), since, entry.Description)
		writeElements(&page, &entry)
		var read []string
		for _, from := range entry.ReadFrom {
			read = append(read, "`"+from+"`")
		}
		fmt.Fprintf(&page, "Read from %s.\n", strings.Join(read, ", "))
	}
	return page.String()
}

func writeElements(page *strings.Builder, entry *features.Entry) {
	if len(entry.Elements) == 0 {
		page.WriteString("Its elements are whatever the host has.\n\n")
		return
	}
	var names []string
	rows := ""
	for _, e := range entry.Elements {
		if e.Meaning == "" {
			names = append(names, "`"+e.Name+"`")
			continue
		}
		values := strings.Join(e.Values, ", ")
		const longest = 200
		if len(values) > longest {
			values = fmt.Sprintf("%s, … (%d in all)", strings.Join(e.Values[:8], ", "), len(e.Values))
		}
		rows += "| `" + e.Name + "` | " + cell(e.Meaning) + " | " + cell(values) + " |\n"
	}
	if rows != "" {
		page.WriteString("| element | meaning | values |\n|---|---|---|\n" + rows + "\n")
	}
	if len(names) > 0 {
		fmt.Fprintf(page, "Flags of all architectures: %s.\n\n", strings.Join(names, ", "))
	}
}

func kindsOf(entry *features.Entry) string {
	var names []string
	for _, kind := range entry.Kinds {
		names = append(names, string(kind))
	}
	return strings.Join(names, " and ")
}

func sinceOf(entry *features.Entry) string {
	if entry.IsExtension() {
		return "not in NFD"
	}
	return entry.Since
}

// cell makes a text fit for a cell of a table.
func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }
