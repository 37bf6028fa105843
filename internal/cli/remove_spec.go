package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/opencontainers/go-digest"
	"github.com/spf13/cobra"

	"github.com/nfd-compat/nfd-compat/internal/render"
	"github.com/nfd-compat/nfd-compat/pkg/registry"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// errDeclined says that the user did not want it.
var errDeclined = errors.New("nothing was removed")

// removeSpec are the options of remove-spec.
type removeSpec struct {
	streams Streams

	artifact string
	all      bool
	yes      bool
	artifactFlags
}

func newRemoveSpec(streams Streams) *cobra.Command {
	o := &removeSpec{streams: streams}
	cmd := &cobra.Command{
		Use:   "remove-spec --image IMAGE",
		Short: "Remove compatibility specs that are attached to an image",
		Long: `Remove compatibility specs that are attached to an image: the one that is
selected (that of the image or, of an index, that of the index or, with
--platform, that of the image for it), a certain one, or all of them. Nothing
else is ever removed.

It asks first; where nobody can be asked, --yes is required. The registry has to
allow deletion. One that has no referrers API can at least be made to list a
spec no longer: that is tried first, and said.

The digests of what was removed are on standard output, and what is selected
from then on is told on standard error. The exit codes are:

  0  it is removed     5  the registry did not do it, or has no such artifact
  4  none is attached  1  it was not wanted
  2  wrong usage       7  none was found, and not all referrers were looked at`,
		Example: `  # The one that is selected; the one before it counts again
  nfd-compat remove-spec --image registry.example.com/team/app:v1

  # A certain one of those that list-specs lists
  nfd-compat remove-spec --image registry.example.com/team/app:v1 --artifact sha256:2c26b46b…

  # All of them, in a script
  nfd-compat remove-spec --image registry.example.com/team/app:v1 --all --yes`,
		Args: noArguments,
		RunE: runE(o.check, o.run),
	}
	flags := cmd.Flags()
	o.addImage(flags)
	flags.StringVar(&o.artifact, "artifact", "", "remove the artifact with this `DIGEST`")
	flags.BoolVar(&o.all, "all", false, "remove all: of an index those of its images too, or with --platform those of that image alone")
	flags.BoolVarP(&o.yes, "yes", "y", false, "do not ask")
	o.add(flags, "remove the spec of the image for this `PLATFORM`, such as linux/arm64, and not of the index", "the `FORMAT` to print: text or json")
	return cmd
}

func (o *removeSpec) check() error {
	switch {
	case o.artifact != "" && o.all:
		return errors.New("--artifact and --all exclude each other")
	case o.artifact != "" && o.platform != "":
		return errors.New("--artifact and --platform exclude each other")
	case !o.yes && !isTerminal(o.streams.In):
		return errors.New("standard input is no terminal, so that nobody can be asked: say --yes to remove")
	}
	stdinFor := ""
	if !o.yes {
		stdinFor = "the answer (without --yes)"
	}
	return errors.Join(checkDigest(o.artifact), o.artifactFlags.check(stdinFor), o.writes())
}

func (o *removeSpec) run(ctx context.Context) error {
	request, err := o.request()
	if err != nil {
		return err
	}
	var chosen []registry.Listed
	err = o.ask(ctx, o.streams, func(ctx context.Context, client *registry.Client) error {
		listing, err := client.List(ctx, request)
		if err != nil {
			return err
		}
		chosen, err = o.choose(listing)
		return err
	})
	if err != nil {
		return err
	}
	if !o.yes { // for which there is no time limit
		if err := o.confirm(chosen); err != nil {
			return err
		}
	}
	remove := registry.RemoveRequest{Reference: o.image}
	for _, a := range chosen {
		remove.Artifacts = append(remove.Artifacts, a.Descriptor.Digest)
	}
	return o.ask(ctx, o.streams, func(ctx context.Context, client *registry.Client) error {
		removed, err := client.Remove(ctx, remove)
		if err != nil {
			return err
		}
		return o.report(removed)
	})
}

// choose returns the artifacts that are to be removed, at least one.
func (o *removeSpec) choose(listing *registry.Listing) ([]registry.Listed, error) {
	if o.artifact != "" { // whose being there is for the library to see
		for _, a := range listing.Artifacts {
			if a.Descriptor.Digest == digest.Digest(o.artifact) {
				return []registry.Listed{a}, nil
			}
		}
		wanted := registry.Listed{}
		wanted.Descriptor.Digest, wanted.Subject = digest.Digest(o.artifact), listing.Image
		return []registry.Listed{wanted}, nil
	}
	wrong := func(text string) error { return usageError{err: errors.New(text), command: name + " remove-spec"} }
	var chosen []registry.Listed
	for _, a := range listing.Artifacts {
		onImage := a.Subject.Digest == listing.Image.Digest
		switch {
		case o.all && (o.platform == "" || !onImage || !listing.Index): // those of the index are others' as well
			chosen = append(chosen, a)
		case !o.all && a.Selected && o.platform != "" && listing.Index && onImage: // which is others' as well
			return nil, wrong("what counts for " + o.platform + " is the spec of the index, which is that of other platforms too: leave --platform out to remove it")
		case !o.all && a.Selected && (o.platform != "" || onImage):
			chosen = append(chosen, a)
		}
	}
	switch {
	case len(chosen) > 0:
		return chosen, nil
	case len(listing.Artifacts) > 0 && o.platform == "":
		return nil, wrong("the index has no spec of its own, but its images have: name one with --platform, or say --all")
	}
	return nil, o.streams.undeclared(listing.Reference, listing.Unexamined)
}

// confirm asks whether the artifacts are to be removed.
func (o *removeSpec) confirm(chosen []registry.Listed) error {
	for _, a := range chosen {
		created := timeText(a.Created)
		if created == "" {
			created = "undated"
		}
		_, _ = fmt.Fprintf(o.streams.Err, "%s  %s\n", a.Descriptor.Digest, created)
	}
	what := "it"
	if len(chosen) > 1 {
		what = fmt.Sprintf("these %d", len(chosen))
	}
	_, _ = fmt.Fprintf(o.streams.Err, "Remove %s from %s? [y/N] ", what, render.Clean(o.image))
	const longest = 64
	answer, err := bufio.NewReader(io.LimitReader(o.streams.In, longest)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read the answer: %w", err)
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return nil
	}
	return errDeclined
}

// report prints what was removed, and what is selected now.
func (o *removeSpec) report(removed *registry.Removed) error {
	told := render.Removal{
		APIVersion: validate.APIVersion, Kind: render.KindRemoval, Tool: tool(),
		Image: removed.Reference, Removed: digestTexts(removed.Artifacts), Artifacts: rowsOf(removed.Remaining),
		Unexamined: removed.Unexamined,
	}
	var left error
	told.NotRemoved, left = o.leftOf(o.streams, removed.Left)
	if o.output == outputJSON {
		if err := render.ArtifactsJSON(o.streams.Out, &told); err != nil {
			return err
		}
	} else {
		for _, d := range told.Removed {
			if _, err := fmt.Fprintln(o.streams.Out, d); err != nil {
				return err
			}
		}
	}
	selected := 0
	for _, a := range told.Artifacts {
		if !a.Selected {
			continue
		}
		selected++
		where := ""
		if a.Platform != "" {
			where = " for " + a.Platform
		}
		o.streams.note("selected%s from now on: %s", where, strings.TrimSpace(a.Digest+" "+a.Created))
	}
	switch {
	case selected == 0 && removed.Unexamined > 0:
		o.streams.note("no compatibility spec that was found is attached to %s any more, but not all of its referrers were looked at (%d were not)", removed.Reference, removed.Unexamined)
	case selected == 0:
		o.streams.note("no compatibility spec is attached to %s any more", removed.Reference)
	}
	return left
}
