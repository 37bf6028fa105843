package main

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// generated stands at the head of each page.
const generated = "<!-- Made from the code by `make docs`: do not edit. -->\n\n"

// pages returns the page of each command, by the name of its file.
func pages(root *cobra.Command) map[string][]byte {
	files := map[string][]byte{}
	each(root, func(cmd *cobra.Command) { files[pageName(cmd)] = page(cmd) })
	return files
}

// pageName returns the name of a command's page. That of the program is what a browser shows of the directory.
func pageName(cmd *cobra.Command) string {
	if !cmd.HasParent() {
		return "README.md"
	}
	_, path, _ := strings.Cut(cmd.CommandPath(), " ")
	return strings.ReplaceAll(path, " ", "-") + ".md"
}

func page(cmd *cobra.Command) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s# %s\n\n", generated, cmd.CommandPath())
	if !strings.HasPrefix(cmd.Long, cmd.Short) {
		b.WriteString(sentence(prose(cmd.Short)) + "\n\n")
	}
	if cmd.Runnable() && !cmd.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "```\n%s\n```\n\n", cmd.UseLine())
	}
	if cmd.Long != "" {
		b.WriteString(markdown(cmd.Long) + "\n")
	}
	if cmd.HasAvailableSubCommands() {
		b.WriteString("## Commands\n\n| command | does |\n|---|---|\n")
		for _, child := range cmd.Commands() {
			if child.IsAvailableCommand() {
				fmt.Fprintf(&b, "| [`%s`](%s) | %s |\n", child.Name(), pageName(child), cell(child.Short))
			}
		}
		b.WriteString("\n")
	}
	writeFlags(&b, "Flags", cmd.NonInheritedFlags())
	writeFlags(&b, "Flags of every command", cmd.InheritedFlags())
	if cmd.Example != "" {
		fmt.Fprintf(&b, "## Examples\n\n```sh\n%s\n```\n\n", unindent(cmd.Example))
	}
	b.WriteString("See also: ")
	if cmd.HasParent() {
		fmt.Fprintf(&b, "[`%s`](%s), ", cmd.Parent().CommandPath(), pageName(cmd.Parent()))
	}
	b.WriteString("[exit codes](../exit-codes.md).\n")
	return b.Bytes()
}

// writeFlags writes a table of flags, if there are any that people see.
func writeFlags(b *bytes.Buffer, title string, flags *pflag.FlagSet) {
	var rows strings.Builder
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" {
			return
		}
		argument, usage := pflag.UnquoteUsage(f)
		long := strings.TrimSpace("--" + f.Name + " " + argument)
		if f.Shorthand != "" {
			long = "-" + f.Shorthand + ", " + long
		}
		fmt.Fprintf(&rows, "| %s | %s | %s |\n", codeCell(long), cell(usage), defaultOf(f))
	})
	if rows.Len() > 0 {
		fmt.Fprintf(b, "## %s\n\n| flag | meaning | default |\n|---|---|---|\n%s\n", title, rows.String())
	}
}

// defaultOf returns the cell with a flag's default, which is empty where nothing is the default.
func defaultOf(f *pflag.Flag) string {
	if slices.Contains([]string{"", "false", "[]", "0", "0s"}, f.DefValue) {
		return ""
	}
	return codeCell(f.DefValue)
}

// markdown makes Markdown of a help text: what is indented there is laid out as it stands, and the rest is prose.
func markdown(text string) string {
	var b strings.Builder
	laidOut := false
	lines := strings.Split(strings.TrimRight(strings.Trim(text, "\n"), "\n\t "), "\n")
	for i, line := range lines {
		indented := strings.HasPrefix(line, "  ") || strings.HasPrefix(line, "\t")
		goesOn := line == "" && i+1 < len(lines) && strings.HasPrefix(lines[i+1], "  ")
		switch {
		case indented && !laidOut:
			b.WriteString("```\n")
			laidOut = true
		case laidOut && !indented && !goesOn:
			b.WriteString("```\n")
			laidOut = false
		}
		switch {
		case laidOut:
			b.WriteString(strings.TrimPrefix(strings.TrimPrefix(line, "\t"), "  ") + "\n")
		default:
			b.WriteString(prose(strings.TrimSpace(line)) + "\n")
		}
	}
	if laidOut {
		b.WriteString("```\n")
	}
	return b.String()
}

// prose makes Markdown of a line of prose: a flag is code, and what Markdown would take for marks is text.
func prose(line string) string {
	line = regexp.MustCompile("[\\\\*_<`\\[]").ReplaceAllString(line, `\$0`)
	return regexp.MustCompile(`(^|[\s("])(--[a-z][a-z-]*)`).ReplaceAllString(line, "$1`$2`")
}

// sentence ends a line of prose as a sentence.
func sentence(line string) string {
	if strings.HasSuffix(line, "?") {
		return line
	}
	return line + "."
}

// cell makes prose fit for a cell of a table.
func cell(text string) string { return oneCell(prose(text)) }

// codeCell makes code fit for a cell of a table.
func codeCell(text string) string { return oneCell("`" + text + "`") }

// oneCell keeps a text in its cell: a bar ends one within code, too, unless it is escaped there (GitHub Flavored Markdown, 4.10).
func oneCell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

// unindent takes from each line the blanks that an example has in a help text.
func unindent(text string) string {
	lines := strings.Split(strings.Trim(text, "\n"), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimPrefix(line, "  ")
	}
	return strings.Join(lines, "\n")
}
