package cli

import (
	"io"
	"strings"

	"github.com/spf13/cobra"
)

const (
	switchValues = "[=true|false]"
	flagGap      = "   " // at least, between a flag and what it is for
)

// plainSwitches has the help show a switch by its name alone. pflag writes [=true|false] behind each, which moves what every
// flag is for to the right, where a terminal ends.
func plainSwitches(root *cobra.Command) {
	usual := root.UsageFunc()
	root.SetUsageFunc(func(cmd *cobra.Command) error {
		out := cmd.OutOrStderr()
		var text strings.Builder
		cmd.SetOut(&text)
		err := usual(cmd)
		cmd.SetOut(out)
		if err == nil {
			_, err = io.WriteString(out, withPlainSwitches(text.String()))
		}
		return err
	})
}

// withPlainSwitches takes the values of switches out of a help, and puts what each flag is for in one column again.
func withPlainSwitches(text string) string {
	var all strings.Builder
	var flags [][2]string // of the list at hand
	end := func() {
		width := 0
		for _, flag := range flags {
			width = max(width, len(flag[0]))
		}
		for _, flag := range flags {
			all.WriteString(flag[0] + strings.Repeat(" ", width-len(flag[0])) + flagGap + flag[1])
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
		flags = append(flags, [2]string{indent + strings.TrimSuffix(flag, switchValues), strings.TrimLeft(usage, " ")})
	}
	end()
	return all.String()
}
