package cli

import (
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// noEmpty refuses flags and arguments that are given and are empty, as of a variable that is not set in a script. They would be
// taken for flags that are not given: another platform, all sets, the host here.
func noEmpty(cmd *cobra.Command, args []string) error {
	if slices.Contains([]string{cobra.ShellCompRequestCmd, cobra.ShellCompNoDescRequestCmd}, cmd.Name()) {
		return nil // whose last argument is what is to be completed
	}
	if slices.Contains(args, "") {
		return errors.New("an argument is empty: leave it out, or give it a value")
	}
	var err error
	cmd.Flags().Visit(func(flag *pflag.Flag) {
		empty := flag.Value.String() == ""
		if list, ok := flag.Value.(pflag.SliceValue); ok {
			values := list.GetSlice()
			empty = len(values) == 0 || slices.Contains(values, "")
		}
		if empty && err == nil {
			err = fmt.Errorf("--%s is empty: leave it out, or give it a value", flag.Name)
		}
	})
	return err
}
