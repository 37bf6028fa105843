package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/nfd-compat/nfd-compat/internal/render"
	"github.com/nfd-compat/nfd-compat/pkg/registry"
)

// name is what the program calls itself.
const name = "nfd-compat"

// Streams are the program's standard input, output and error.
type Streams struct {
	In  io.Reader
	Out io.Writer
	Err io.Writer

	volume *volume // shared by the commands of a run; nil tells all

	// as is the name that the program was called by, and typed what came behind it.
	as    caller
	typed []string
}

// grace is how long a command may take to end by itself once the context has. What waits for a terminal, a pipe or a slow
// computation does not look at the context. The program is to be gone 100 ms after an interrupt.
const grace = 75 * time.Millisecond

// Main runs the program with its arguments, of which the first is its own name, and returns the exit code. An error is
// printed once, to standard error. If the context ends, Main returns soon after, whatever the command is waiting for.
func Main(ctx context.Context, args []string, streams Streams) int {
	streams.as = calledAs(args)
	arguments := streams.as.arguments(args)
	streams.typed = arguments
	root := newRoot(streams)
	streams.as.arrange(root)
	arrangeHelp(root)
	streams.as.arrangeCompletion(root)
	if completing(arguments) {
		completeWords(root)
	}
	root.SetArgs(arguments)
	return execute(ctx, root, streams)
}

// execute runs the command tree, and returns the exit code.
func execute(ctx context.Context, root *cobra.Command, streams Streams) int {
	ended := make(chan error, 1)
	go func() {
		defer func() {
			if fault := recover(); fault != nil { // never a verdict, and Go's own exit code 2 would be wrong usage
				ended <- fmt.Errorf("internal error, please report it: %v\n%s", fault, debug.Stack())
			}
		}()
		ran, err := root.ExecuteContextC(ctx)
		if out, ok := root.OutOrStdout().(*told); ok && err == nil {
			err = out.err
		}
		if errors.Is(err, registry.ErrReference) { // of a flag, whose help tells what it takes
			err = usageErrorOf(ran, err)
		}
		ended <- err
	}()
	var err error
	select {
	case err = <-ended:
	case <-ctx.Done():
		select {
		case err = <-ended:
		case <-time.After(grace):
			err = ctx.Err()
		}
	}
	streams.tell(err)
	return exitCode(err)
}

// tell prints an error, unless the report has told it.
func (s Streams) tell(err error) {
	var (
		reported reportedError
		found    findingsError
		usage    usageError
		differs  differenceError
	)
	switch {
	case err == nil || errors.As(err, &reported) || errors.As(err, &found) || errors.As(err, &differs):
	case errors.Is(err, context.Canceled) && !errors.Is(err, registry.ErrHalfway): // which has to be known
		s.say("interrupted")
	case errors.As(err, &usage):
		s.say("%v\nRun '%s --help' for usage.", err, usage.command)
	default:
		s.say("%v", err)
	}
}

// note prints what is worth knowing, unless that is not wanted.
func (s Streams) note(format string, args ...any) {
	if s.volume == nil || !s.volume.quiet {
		s.say(format, args...)
	}
}

// say prints a message for people to standard error. There is nowhere to tell that it could not be printed.
func (s Streams) say(format string, args ...any) {
	_, _ = fmt.Fprintf(s.Err, "%s: %s\n", s.as.program(), noCommands(render.CleanLines(s.as.shown(fmt.Sprintf(format, args...)))))
}

// noCommands has no line that GitHub Actions takes for a command: it reads both streams, and names and values of strangers may
// have line breaks. The first line stands behind our name.
func noCommands(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines[1:] {
		if content := strings.TrimLeftFunc(line, unicode.IsSpace); strings.HasPrefix(content, "::") {
			lines[1+i] = strings.TrimSuffix(line, content) + ": " + content[1:]
		}
	}
	return strings.Join(lines, "\n")
}

// Command returns the command tree, for those who make documents and completions of it. Nobody but [Main] runs it.
func Command() *cobra.Command {
	root := newRoot(Streams{In: strings.NewReader(""), Out: io.Discard, Err: io.Discard})
	arrangeHelp(root)
	return root
}

// newRoot returns the command tree.
func newRoot(streams Streams) *cobra.Command {
	root := &cobra.Command{
		Use:   name,
		Short: "Will this image run on that host?",
		Long: `Tell whether a host can run a container image, and why not.

The author of an image attaches a compatibility spec to it in its registry: what
it needs of a host's kernel, processor and devices, as rules in the language of
Kubernetes' Node Feature Discovery. This finds that spec, reads what the host
offers, judges one by the other, and exits with the verdict.`,
		Example: `  # Can this host run the image?
  nfd-compat validate-node --image registry.example.com/team/app:v1

  # Write a spec of what the image declares already
  nfd-compat create-spec --from-image registry.example.com/team/cuda:v1

  # What is a feature, and which value does it have here?
  nfd-compat explain memory.hugepages

  # Which features does this host offer?
  nfd-compat export features`,
		Args:          noArguments,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		Version:       thisBuild().String(),
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	streams.volume = &volume{}
	streams.volume.add(root)
	root.Flags().Bool("version", false, "print the version")
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetIn(streams.In)
	root.SetOut(&told{to: streams.Out})
	root.SetErr(streams.Err)
	root.SetFlagErrorFunc(flagError(streams.typed))
	plainSwitches(root, func() int { return helpWidth(streams.Out, os.Getenv) })
	root.AddCommand(
		newValidateNode(streams), newValidateSpec(streams), newCreateSpec(streams),
		newAttachSpec(streams), newListSpecs(streams), newShowSpec(streams), newRemoveSpec(streams),
		newExport(streams), newExplain(streams), newDiff(streams), newVersion(streams),
	)
	return root
}
