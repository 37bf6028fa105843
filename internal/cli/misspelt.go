package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/nfd-compat/nfd-compat/pkg/registry"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
)

// noArguments refuses arguments, which are most often the misspelt name of a command.
func noArguments(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return nil
	case !cmd.HasSubCommands():
		return usageErrorOf(cmd, fmt.Errorf("unexpected argument %q", registry.WithoutUserinfo(args[0])))
	}
	err := fmt.Errorf("unknown command %q", registry.WithoutUserinfo(args[0]))
	cmd.SuggestionsMinimumDistance = 2
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		err = fmt.Errorf("%w; did you mean %s?", err, strings.Join(near, ", "))
	}
	return usageErrorOf(cmd, err)
}

// flagError makes what is told of a flag that is wrong. That of a command with others below it is most often one of theirs, and
// the name before it is misspelt: cobra reads the flags before it looks at the name.
func flagError(typed []string) func(*cobra.Command, error) error {
	return func(cmd *cobra.Command, err error) error {
		unknown := (*pflag.NotExistError)(nil)
		if !errors.As(err, &unknown) {
			return usageErrorOf(cmd, err)
		}
		if word := wordAfter(cmd, typed); word != "" && cmd.HasSubCommands() {
			return noArguments(cmd, []string{word})
		}
		if meant := meantFlag(cmd, unknown.GetSpecifiedName()); meant != "" && unknown.GetSpecifiedShortnames() == "" {
			err = fmt.Errorf("%w; did you mean %s?", err, meant)
		}
		return usageErrorOf(cmd, err)
	}
}

// wordAfter is the first word that is typed after the name of a command, unless a flag stands before it that is no switch of every
// command: the word may be its value.
func wordAfter(cmd *cobra.Command, typed []string) string {
	names := 0
	for up := cmd; up.HasParent(); up = up.Parent() {
		names++
	}
	for _, argument := range typed {
		switch {
		case slices.Contains([]string{"-q", "-v", "--quiet", "--verbose"}, argument):
		case strings.HasPrefix(argument, "-"):
			return ""
		case names > 0:
			names--
		default:
			return argument
		}
	}
	return ""
}

// meantFlag is what is meant by a flag that a command does not have, as it is typed; empty if nobody can tell.
func meantFlag(cmd *cobra.Command, name string) string {
	if output := cmd.Flags().Lookup("output"); output != nil && strings.Contains(output.Usage, outputJSON) { // and no file
		switch { // as other programs have it
		case name == "format":
			return "-o"
		case slices.Contains([]string{outputJSON, outputYAML, outputText}, name) && strings.Contains(output.Usage, name):
			return "-o " + name
		}
	}
	var known []string
	cmd.Flags().VisitAll(func(flag *pflag.Flag) {
		if !flag.Hidden {
			known = append(known, flag.Name)
		}
	})
	if near := spec.Nearest(name, known); near != "" {
		return "--" + near
	}
	return ""
}
