package main

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"github.com/nfd-compat/nfd-compat/internal/cli"
)

// files returns the files of a directory.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, e := range entries {
		content, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all[e.Name()] = string(content)
	}
	return all
}

// made runs the program and returns the files that it writes.
func made(t *testing.T, what string) map[string]string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "made")
	if err := run([]string{what, dir}); err != nil {
		t.Fatal(err)
	}
	return files(t, dir)
}

// TestPagesAreUpToDate: docs/commands is what the commands say of themselves.
func TestPagesAreUpToDate(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff(files(t, "../../docs/commands"), made(t, "pages")); diff != "" {
		t.Errorf("docs/commands is not what the code says; run make docs (-repository +code):\n%s", diff)
	}
}

// TestEveryCommand: each command that people see has a page and a man page with what it does and every flag.
func TestEveryCommand(t *testing.T) {
	t.Parallel()
	written, man := made(t, "pages"), made(t, "man")
	n := 0
	each(cli.Command(), func(cmd *cobra.Command) {
		n++
		text := written[pageName(cmd)]
		manual := strings.ReplaceAll(man[strings.ReplaceAll(cmd.CommandPath(), " ", "-")+".1"], `\-`, "-")
		if text == "" || manual == "" {
			t.Errorf("%s has no page or no man page", cmd.CommandPath())
		}
		if cmd.Runnable() && cmd.Example == "" && cmd.Parent() != nil {
			t.Errorf("%s has no example", cmd.CommandPath())
		}
		for _, word := range regexp.MustCompile(`\w+_\w+`).FindAllString(cmd.Long, -1) {
			if !strings.Contains(manual, word) {
				t.Errorf("%s: its man page has lost %s", cmd.CommandPath(), word)
			}
		}
		for line := range strings.SplitSeq(cmd.LocalFlags().FlagUsages(), "\n") {
			_, flag, ok := strings.Cut(line, "--")
			if !ok {
				continue
			}
			for _, word := range regexp.MustCompile(`\w+_\w+`).FindAllString(line, -1) {
				if !strings.Contains(manual, word) {
					t.Errorf("%s: its man page has lost %s", cmd.CommandPath(), word)
				}
			}
			flag, _, _ = strings.Cut("--"+strings.Fields(flag)[0], "[=") // the values of a switch, which a page leaves out
			if flag != "--help" && (!strings.Contains(text, flag) || !strings.Contains(manual, flag)) {
				t.Errorf("%s: %s is missing in a page", cmd.CommandPath(), flag)
			}
		}
	})
	if n != len(written) || n != len(man) || n < 10 {
		t.Errorf("%d commands, %d pages, %d man pages", n, len(written), len(man))
	}
	if got := man["nfd-compat.1"]; !strings.Contains(got, `.TH "NFD-COMPAT" "1"`) || strings.Contains(got, "Auto generated") {
		t.Errorf("this is no man page of ours:\n%s", got)
	}
}

// TestCompletions: one script a shell, under the name by which that shell finds it.
func TestCompletions(t *testing.T) {
	t.Parallel()
	got := made(t, "completions")
	want := []string{"_nfd-compat", "nfd-compat.bash", "nfd-compat.fish", "nfd-compat.ps1"}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(got))); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for name, content := range got {
		if !strings.Contains(content, "nfd-compat") {
			t.Errorf("%s does not complete nfd-compat", name)
		}
	}
}

// TestMarkdown: what is laid out in a help text stays so, and what Markdown would take for marks is text.
func TestMarkdown(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ text, want string }{
		"prose":           {"One.\n\nTwo.\n", "One.\n\nTwo.\n"},
		"marks":           {`NVIDIA_REQUIRE_* <x> [y] \ ` + "`z`", `NVIDIA\_REQUIRE\_\* \<x> \[y] \\ ` + "\\`z\\`\n"},
		"a flag":          {"--fix mends; (--image) does not; a--b", "`--fix` mends; (`--image`) does not; a--b\n"},
		"laid out":        {"Codes:\n\n  0  yes\n  1  no\n\nMore.", "Codes:\n\n```\n0  yes\n1  no\n```\n\nMore.\n"},
		"laid out at end": {"Codes:\n\n  0  * --yes", "Codes:\n\n```\n0  * --yes\n```\n"},
		"with a blank":    {"  a\n\n  b\nend", "```\na\n\nb\n```\nend\n"},
		"with a tab":      {"\tsource x", "```\nsource x\n```\n"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, markdown(test.text)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestFlags: a flag's row has its short form, its argument and its default, none of which ends its cell; a hidden one has none.
func TestFlags(t *testing.T) {
	t.Parallel()
	cmd := &cobra.Command{Use: "x", Short: "Do x", Run: func(*cobra.Command, []string) {}}
	cmd.Flags().StringP("out", "o", "a|b", "write to `FILE`, or a|b")
	cmd.Flags().String("when", "", "do it `always|never`")
	cmd.Flags().Bool("quiet", false, "say nothing")
	cmd.Flags().Bool("secret", false, "hide")
	if err := cmd.Flags().MarkHidden("secret"); err != nil {
		t.Fatal(err)
	}
	const want = `<!-- Made from the code by ` + "`make docs`" + `: do not edit. -->

# x

Do x.

` + "```\nx [flags]\n```" + `

## Flags

| flag | meaning | default |
|---|---|---|
| ` + "`-o, --out FILE`" + ` | write to FILE, or a\|b | ` + "`a\\|b`" + ` |
| ` + "`--quiet`" + ` | say nothing |  |
| ` + "`--when always\\|never`" + ` | do it always\|never |  |

See also: [exit codes](../exit-codes.md).
`
	if diff := cmp.Diff(want, string(page(cmd))); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestManFlags: a man page shows what a flag takes, as the help does, and its default; behind a switch there is nothing.
func TestManFlags(t *testing.T) {
	t.Parallel()
	page := made(t, "man")["nfd-compat-validate-node.1"]
	for _, want := range []string{
		"\n\\fB--image\\fP IMAGE\n\tthe", "\n\\fB-o\\fP, \\fB--output\\fP FORMAT[=FILE]\n", "\n\\fB--infer\\fP\n\tjudge",
		"\n\\fB-q\\fP, \\fB--quiet\\fP\n", "\n\\fB--require\\fP any|all\n", " must match (default any)\n",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("there is no %q in the man page", want)
		}
	}
	if strings.Contains(page, `\fP=`) || strings.Contains(page, `\fP[=`) {
		t.Error("the man page shows a default for what a flag takes")
	}
}

// TestPrune: the page of a command that is gone goes; other files stand.
func TestPrune(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"gone.md", "kept.txt"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := run([]string{"pages", dir}); err != nil {
		t.Fatal(err)
	}
	got := files(t, dir)
	if _, ok := got["gone.md"]; ok {
		t.Error("the page of a command that is gone is still there")
	}
	if _, ok := got["kept.txt"]; !ok {
		t.Error("a file that is no page is gone")
	}
}

func TestUsage(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{nil, {"pages"}, {"other", "dir"}, {"pages", "a", "b"}} {
		if err := run(args); !errors.Is(err, errUsage) {
			t.Errorf("run(%q) = %v", args, err)
		}
	}
}
