package cli

import (
	"errors"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// The names that the program can be called by, beside its own.
const (
	// nfdName is that of NFD's own client, whose commands stand elsewhere.
	nfdName = "nfd"
	// pluginName is that of a plugin of kubectl, which calls it for "kubectl nfd-compat", and pluginCompleteName what kubectl calls to
	// complete its arguments.
	pluginName         = "kubectl-nfd_compat"
	pluginCompleteName = "kubectl_complete-nfd_compat"
	pluginShown        = "kubectl nfd-compat"
)

// A caller is the name that the program was called by.
type caller struct{ name string }

// calledAs returns the name of the program's file. Any other name than those above is taken for its own.
func calledAs(args []string) caller {
	if len(args) == 0 {
		return caller{name}
	}
	base := strings.TrimSuffix(filepath.Base(args[0]), ".exe")
	if !slices.Contains([]string{nfdName, pluginName, pluginCompleteName}, base) {
		return caller{name}
	}
	return caller{base}
}

// program is what messages begin with.
func (c caller) program() string {
	switch c.name {
	case nfdName:
		return nfdName
	case pluginName:
		return pluginShown
	}
	return name
}

// arguments are those for the command tree.
func (c caller) arguments(args []string) []string {
	args = args[min(1, len(args)):]
	if c.name == pluginCompleteName {
		return append([]string{cobra.ShellCompRequestCmd}, args...)
	}
	return args
}

// inNFD are the commands that stand under "nfd" itself.
func inNFD() []string { return []string{"export", "version", "completion", "help"} }

// arrange gives the command tree the form that belongs to the name, and has its texts show the commands as they are called.
func (c caller) arrange(root *cobra.Command) {
	switch c.name {
	case nfdName:
		root.Use = nfdName
		compat := &cobra.Command{
			Use:     "compat",
			Short:   "Commands about the compatibility of images",
			Long:    root.Long,
			Example: root.Example,
			Args:    noArguments,
			RunE:    root.RunE,
		}
		for _, command := range root.Commands() {
			if !slices.Contains(inNFD(), command.Name()) {
				root.RemoveCommand(command)
				compat.AddCommand(command)
			}
		}
		root.AddCommand(compat)
	case pluginName, pluginCompleteName:
		root.Annotations = map[string]string{cobra.CommandDisplayNameAnnotation: pluginShown}
	default:
		return
	}
	c.rewrite(root)
}

// arrangeCompletion hides the scripts from a plugin of kubectl: they would complete a command of that name, and kubectl asks a program
// beside the plugin.
func (c caller) arrangeCompletion(root *cobra.Command) {
	if c.name != pluginName {
		return
	}
	for _, cmd := range root.Commands() {
		if cmd.Name() != "completion" {
			continue
		}
		cmd.Hidden = true
		refuse := func(cmd *cobra.Command, _ []string) error {
			return usageErrorOf(cmd.Root(), errors.New("kubectl completes by "+pluginCompleteName+": link the program to that name, on the PATH"))
		}
		cmd.RunE = refuse
		for _, shell := range cmd.Commands() {
			shell.RunE = refuse
		}
	}
}

// rewrite rewrites the texts of a command and of those below it.
func (c caller) rewrite(cmd *cobra.Command) {
	cmd.Long, cmd.Example = c.shown(cmd.Long), c.shown(cmd.Example)
	cmd.Flags().VisitAll(func(flag *pflag.Flag) { flag.Usage = c.shown(flag.Usage) })
	for _, below := range cmd.Commands() {
		c.rewrite(below)
	}
}

// shown is a text of ours with its commands as they are called by the name.
func (c caller) shown(text string) string {
	if c.name == "" || c.name == name || !strings.Contains(text, name+" ") {
		return text
	}
	return regexp.MustCompile(`\b(kubectl )?nfd-compat ([a-z]+(?:-[a-z]+)*)`).ReplaceAllStringFunc(text, func(call string) string {
		_, command, _ := strings.Cut(call, name+" ")
		switch {
		case strings.HasPrefix(call, "kubectl "), !slices.Contains(commandNames(), command):
			return call
		case c.name != nfdName:
			return pluginShown + " " + command
		case slices.Contains(inNFD(), command):
			return nfdName + " " + command
		}
		return nfdName + " compat " + command
	})
}

// commandNames are the commands that texts speak of.
func commandNames() []string {
	return []string{
		"validate-node", "validate-spec", "attach-spec", "list-specs", "show-spec", "remove-spec", "create-spec", "export", "explain", "diff",
		"completion", "version", "help",
	}
}
