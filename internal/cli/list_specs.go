package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/nfd-compat/nfd-compat/internal/render"
	"github.com/nfd-compat/nfd-compat/pkg/registry"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// listSpecs are the options of list-specs.
type listSpecs struct {
	streams Streams
	artifactFlags
}

func newListSpecs(streams Streams) *cobra.Command {
	o := &listSpecs{streams: streams}
	cmd := &cobra.Command{
		Use:   "list-specs --image IMAGE",
		Short: "List the compatibility specs that are attached to an image",
		Long: `List the compatibility specs that are attached to an image, newest first; of an
index, those of the index and of its images. An asterisk marks what hosts are
judged by: the newest spec of the image for their platform, or, if that has
none, of the index.

The list is on standard output. The exit codes are:

  0  there are specs       5  the registry did not answer
  2  wrong usage           7  none was found, and there are referrers that were
  4  none is attached         not looked at`,
		Example: `  # All of them
  nfd-compat list-specs --image registry.example.com/team/app:v1

  # Those that matter for one platform, as JSON
  nfd-compat list-specs --image registry.example.com/team/app:v1 \
    --platform linux/arm64 -o json`,
		Args: noArguments,
		RunE: runE(o.check, o.run),
	}
	flags := cmd.Flags()
	o.addImageToRead(flags)
	o.add(flags, "list only what matters for this `PLATFORM`, such as linux/arm64", "the `FORMAT` to print: text or json")
	return cmd
}

func (o *listSpecs) check() error { return o.artifactFlags.check("") }

func (o *listSpecs) run(ctx context.Context) error {
	request, err := o.request()
	if err != nil {
		return err
	}
	return o.ask(ctx, o.streams, func(ctx context.Context, client *registry.Client) error {
		listing, err := client.List(ctx, request)
		if err != nil {
			return err
		}
		return o.print(listing)
	})
}

func (o *listSpecs) print(listing *registry.Listing) error {
	list := render.ArtifactList{
		APIVersion: validate.APIVersion, Kind: render.KindArtifactList, Tool: tool(),
		Image:     &validate.Image{Reference: listing.Reference, Digest: listing.Image.Digest.String()},
		Artifacts: rowsOf(listing.Artifacts), Unexamined: listing.Unexamined,
	}
	var err error
	switch {
	case o.output == outputJSON:
		err = render.ArtifactsJSON(o.streams.Out, &list)
	case len(list.Artifacts) > 0:
		err = render.ArtifactsText(o.streams.Out, &list, textOptions(o.streams.Out))
	}
	if err != nil {
		return err
	}
	if len(list.Artifacts) == 0 {
		return o.streams.undeclared(listing.Reference, listing.Unexamined)
	}
	if listing.Unexamined > 0 {
		o.streams.note("warning: %d referrers of the image were not looked at", listing.Unexamined)
	}
	return nil
}

// undeclared tells that no spec is attached to an image, and returns what makes it the exit code. That is an error where some
// of its referrers were not looked at.
func (s Streams) undeclared(reference string, unexamined int) error {
	if unexamined > 0 {
		return fmt.Errorf("%s: %w", reference, unsureError{unexamined})
	}
	s.note("%s", fmt.Sprintf("no compatibility spec is attached to %s", reference))
	return reportedError{ExitUndeclared}
}
