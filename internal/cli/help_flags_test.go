package cli

import (
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
)

// TestPlainSwitches: a switch is told by its name, what a flag is for begins in one column, and nothing else of a help changes.
func TestPlainSwitches(t *testing.T) {
	t.Parallel()
	root := &cobra.Command{Use: "tool", Long: "Says - or\n  --so   not   this.", Run: func(*cobra.Command, []string) {}}
	root.PersistentFlags().BoolP("quiet", "q", false, "say nothing")
	child := &cobra.Command{Use: "child", Short: "a child", Example: "  tool child -q", Run: func(*cobra.Command, []string) {}}
	child.Flags().Bool("switch-on", true, "a switch that is on")
	child.Flags().String("file", "", "the `FILE` to read")
	root.AddCommand(child)
	plainSwitches(root, func() int { return 0 })
	want := `Usage:
  tool child [flags]

Examples:
  tool child -q

Flags:
      --file FILE   the FILE to read
  -h, --help        help for child
      --switch-on   a switch that is on (default true)

Global Flags:
  -q, --quiet   say nothing
`
	child.InitDefaultHelpFlag()
	for range 2 {
		if diff := cmp.Diff(want, child.UsageString()); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
	}
}

// TestHelpWidth: what a flag is for is broken at blanks, within the width, and stands in its column. Without a width, and without
// room for it, it is one line.
func TestHelpWidth(t *testing.T) {
	t.Parallel()
	text := `Flags:
      --file FILE              the FILE to read, which is no directory and no pipe
  -q, --quiet[=true|false]     say nothing, at averyverylongwordthatfits nowhere
`
	const wide = `Flags:
      --file FILE   the FILE to read, which is no directory and no pipe
  -q, --quiet       say nothing, at averyverylongwordthatfits nowhere
`
	const narrow = `Flags:
      --file FILE   the FILE to read,
                    which is no
                    directory and no
                    pipe
  -q, --quiet       say nothing, at
                    averyverylongwordthatfits
                    nowhere
`
	for width, want := range map[int]string{0: wide, 30: wide, 40: narrow, 200: wide} {
		if diff := cmp.Diff(want, withPlainSwitches(text, width)); diff != "" {
			t.Errorf("%d (-want +got):\n%s", width, diff)
		}
	}
	for columns, want := range map[string]int{"": 0, "0": 0, "-3": 0, "wide": 0, "72": 72} {
		if got := helpWidth(io.Discard, func(string) string { return columns }); got != want {
			t.Errorf("COLUMNS=%q: %d, want %d", columns, got, want)
		}
	}
}
