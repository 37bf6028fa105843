package cli

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/nfd-compat/nfd-compat/internal/render"
)

// A volume is how much is said: the flags -q and -v, which every command has.
type volume struct{ quiet, verbose bool }

// add adds the flags to the command and all below it.
func (v *volume) add(root *cobra.Command) {
	flags := root.PersistentFlags()
	flags.BoolVarP(&v.quiet, "quiet", "q", false, "of a report, print only the last line of its text; no notes or warnings")
	flags.BoolVarP(&v.verbose, "verbose", "v", false, "of a report, print every detail of its text")
	root.PersistentPreRunE = func(cmd *cobra.Command, args []string) error {
		if err := noEmpty(cmd, args); err != nil {
			return usageErrorOf(cmd, err)
		}
		if v.quiet && v.verbose {
			return usageErrorOf(cmd, errors.New("--quiet and --verbose exclude each other"))
		}
		return nil
	}
}

// detail is how much a text tells.
func (s Streams) detail() render.Detail {
	switch {
	case s.volume == nil:
		return render.Normal
	case s.volume.quiet:
		return render.Brief
	case s.volume.verbose:
		return render.Full
	}
	return render.Normal
}
