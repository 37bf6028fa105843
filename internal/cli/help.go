package cli

import (
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// arrangeHelp adds the commands that cobra would add as it runs, and has them refuse what they do not know: by themselves they
// print a help and exit with 0.
func arrangeHelp(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	root.InitDefaultHelpCmd()
	for _, cmd := range root.Commands() {
		switch cmd.Name() {
		case "completion":
			cmd.Args = noArguments
			cmd.Example = "  # In this shell, which is bash\n  source <(" + root.CommandPath() + " completion bash)"
			cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
			for _, shell := range cmd.Commands() {
				shell.Args = noArguments
				shell.Example = completionExample(shell.CommandPath())
			}
		case "help":
			cmd.Run = nil
			cmd.RunE = func(_ *cobra.Command, args []string) error {
				about, rest, err := root.Find(args)
				if err == nil && len(rest) > 0 {
					err = noArguments(about, rest)
				}
				if err != nil {
					return usageErrorOf(root, err)
				}
				about.InitDefaultHelpFlag() // which is added as a command runs
				return about.Help()
			}
		}
	}
}

// completionExample shows a script in use, by the command that writes it.
func completionExample(command string) string {
	switch {
	case strings.HasSuffix(command, " fish"):
		return "  # For the directory ~/.config/fish/completions\n  " + command + " > nfd-compat.fish"
	case strings.HasSuffix(command, " powershell"):
		return "  # To be called by the profile\n  " + command + " > nfd-compat.ps1"
	}
	return "  # In this shell\n  source <(" + command + ")\n\n  # Without what each word means\n  source <(" + command + " --no-descriptions)"
}

// told writes what cobra prints, and keeps the first error, which cobra prints and forgets.
type told struct {
	to  io.Writer
	err error
}

func (t *told) Write(text []byte) (int, error) {
	if t.err == nil {
		_, t.err = t.to.Write(text)
	}
	return len(text), nil
}
