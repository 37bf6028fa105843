package cli

import (
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
	plainSwitches(root)
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
