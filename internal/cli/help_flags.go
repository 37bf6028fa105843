package cli

import (
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
)

const (
	switchValues = "[=true|false]"
	flagGap      = "   " // at least, between a flag and what it is for
	// narrowest is the least room for what a flag is for. Where there is less, the terminal breaks its lines.
	narrowest = 20
)

// plainSwitches has the help show a switch by its name alone. pflag writes [=true|false] behind each, which moves what every
// flag is for to the right, where a terminal ends. The width is where to break the lines.
func plainSwitches(root *cobra.Command, width func() int) {
	usual := root.UsageFunc()
	root.SetUsageFunc(func(cmd *cobra.Command) error {
		out := cmd.OutOrStderr()
		var text strings.Builder
		cmd.SetOut(&text)
		err := usual(cmd)
		cmd.SetOut(out)
		if err == nil {
			_, err = io.WriteString(out, withPlainSwitches(text.String(), width()))
		}
		return err
	})
}

// helpWidth is the width of the terminal that a help goes to. COLUMNS says another, and one elsewhere; 0 is none.
func helpWidth(out io.Writer, env func(string) string) int {
	if columns, err := strconv.Atoi(env("COLUMNS")); err == nil && columns > 0 {
		return columns
	}
	return textOptions(out).Width
}

// withPlainSwitches takes the values of switches out of a help, and puts what each flag is for in one column again, in as many
// lines as it takes within a width.
func withPlainSwitches(text string, within int) string {
	var all strings.Builder
	var flags [][2]string // of the list at hand
	end := func() {
		width := 0
		for _, flag := range flags {
			width = max(width, len(flag[0]))
		}
		for _, flag := range flags {
			column := width + len(flagGap)
			usage := wrapped(flag[1], within-column)
			all.WriteString(flag[0] + strings.Repeat(" ", column-len(flag[0])))
			all.WriteString(strings.Join(usage, "\n"+strings.Repeat(" ", column)) + "\n")
		}
		flags = nil
	}
	for line := range strings.Lines(text) {
		indent := line[:len(line)-len(strings.TrimLeft(line, " "))]
		flag, usage, ok := strings.Cut(line[len(indent):], flagGap)
		if !ok || !strings.HasPrefix(flag, "-") {
			end()
			all.WriteString(line)
			continue
		}
		flags = append(flags, [2]string{indent + strings.TrimSuffix(flag, switchValues), strings.TrimSpace(usage)})
	}
	end()
	return all.String()
}

// wrapped breaks a text at its blanks into lines of a width, if there is room for any. A word that is longer stands alone.
func wrapped(text string, width int) []string {
	if width < narrowest {
		return []string{text}
	}
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width:
			lines = append(lines, line)
			line = word
		default:
			line += " " + word
		}
	}
	return append(lines, line)
}
