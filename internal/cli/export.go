package cli

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/nfd-compat/nfd-compat/internal/render"
	"github.com/nfd-compat/nfd-compat/pkg/features"
)

func newExport(streams Streams) *cobra.Command {
	export := &cobra.Command{
		Use:     "export",
		Short:   "Write the features of this host, to judge it elsewhere",
		Example: "  nfd-compat export features",
		Args:    noArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	export.AddCommand(newExportFeatures(streams))
	return export
}

// exportFeatures are the options of export features.
type exportFeatures struct {
	streams  Streams
	hostRoot string
	path     string
	status   bool
}

func newExportFeatures(streams Streams) *cobra.Command {
	o := &exportFeatures{streams: streams}
	cmd := &cobra.Command{
		Use:   "features",
		Short: "Write the features of this host as JSON",
		Long: `Write the features of this host as JSON, in the shape of NFD's "nfd export
features". A feature that could not be read, or not whole, is told in a further
object, "status", with the reason.

With --status it writes a table instead: what is known of each feature, and why
it is not more.

What it writes as JSON, "nfd-compat validate-node --features" reads: so a host
can be judged elsewhere, and later.`,
		Example: `  # The features of this host
  nfd-compat export features

  # How much is known of each of them
  nfd-compat export features --status

  # Those of a host whose root is mounted at /host, to a file
  nfd-compat export features --host-root /host --path features.json`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context()) },
	}
	flags := cmd.Flags()
	addHostRoot(flags, &o.hostRoot)
	flags.StringVarP(&o.path, "path", "p", "", "the `FILE` to write, instead of standard output")
	flags.BoolVar(&o.status, "status", false, "write a table of what is known of each feature, for people")
	return cmd
}

func (o *exportFeatures) run(ctx context.Context) error {
	set, err := discover(ctx, o.hostRoot, nil)
	if err != nil {
		return err
	}
	if o.path == "" {
		return o.write(o.streams.Out, set)
	}
	return o.streams.writeFile(o.path, func(to io.Writer) error { return o.write(to, set) })
}

func (o *exportFeatures) write(to io.Writer, set *features.Set) error {
	if o.status {
		return render.StatusText(to, render.StatusRows(set), textOptions(to))
	}
	return features.Write(to, set)
}
