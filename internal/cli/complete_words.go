package cli

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/nfd-compat/nfd-compat/pkg/spec"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// completing tells whether the arguments ask for completions.
func completing(args []string) bool {
	return len(args) > 0 && (args[0] == cobra.ShellCompRequestCmd || args[0] == cobra.ShellCompNoDescRequestCmd)
}

// completeWords has the flags of a command, and of those below it, complete the words that they take, and names of files only
// where files are meant. So do the arguments.
func completeWords(cmd *cobra.Command) {
	if cmd.ValidArgsFunction == nil && cmd.Args != nil && cmd.Args(cmd, []string{"a"}) != nil {
		cmd.ValidArgsFunction = cobra.NoFileCompletions
	}
	cmd.Flags().VisitAll(func(flag *pflag.Flag) {
		if complete := completionOf(cmd.Name(), flag.Name); complete != nil {
			_ = cmd.RegisterFlagCompletionFunc(flag.Name, complete) // none has another
		}
		flag.Usage = strings.ReplaceAll(flag.Usage, "`", "") // which mark the name of the value for the help
	})
	for _, below := range cmd.Commands() {
		completeWords(below)
	}
}

// completionOf completes a flag of a command; nil, if it names a file, an image, or what has a completion of its own.
func completionOf(command, flag string) cobra.CompletionFunc {
	fixed := func(words ...string) cobra.CompletionFunc {
		return cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)
	}
	switch flag {
	case "output":
		switch command {
		case "create-spec": // where it is a file
			return nil
		case "validate-node":
			return completeReport(nodeFormats())
		case "validate-spec":
			return completeReport(specFormats())
		}
		return fixed(outputText, outputJSON)
	case "require":
		return fixed(string(validate.RequireAny), string(validate.RequireAll))
	case "on-missing":
		return fixed(onMissingFail, onMissingWarn, onMissingIgnore)
	case "severity":
		return fixed(severityWords()...)
	case "disable":
		return completeChecks
	case "platform":
		return fixed("linux/amd64", "linux/arm64", "linux/arm/v7", "linux/ppc64le", "linux/riscv64", "linux/s390x")
	case "tags", "parallel", "timeout", "artifact", "registry-username":
		return cobra.NoFileCompletions
	}
	return nil
}

// completeReport completes what -o takes: a format, and behind "=" a file.
func completeReport(formats []string) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
		if strings.Contains(begun, "=") {
			return nil, cobra.ShellCompDirectiveDefault
		}
		return formats, cobra.ShellCompDirectiveNoFileComp
	}
}

// completeChecks completes the last of some ids of checks that stand between commas.
func completeChecks(_ *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
	given := begun[:strings.LastIndex(begun, ",")+1]
	var words []string
	for _, check := range spec.Checks() {
		if !check.Decoding && !slices.Contains(strings.Split(given, ","), string(check.ID)) {
			words = append(words, given+string(check.ID)+"\t"+check.Title)
		}
	}
	return words, cobra.ShellCompDirectiveNoFileComp
}

// severityWords are what --severity takes.
func severityWords() []string {
	var words []string
	for _, s := range spec.Severities() {
		words = append(words, string(s))
	}
	return words
}
