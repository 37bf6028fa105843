package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/opencontainers/go-digest"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/nfd-compat/nfd-compat/internal/render"
	"github.com/nfd-compat/nfd-compat/pkg/registry"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// artifactFlags are the flags of the commands about what is attached to an image.
type artifactFlags struct {
	image    string
	platform string
	output   string
	registryFlags

	asked *registry.Client // which has read standard input, if the flags say so
}

// add declares the flags. Beside them stand those of a command's own, which it declares before.
func (o *artifactFlags) add(flags *pflag.FlagSet, platform, output string) {
	flags.StringVar(&o.platform, "platform", "", platform)
	flags.StringVarP(&o.output, "output", "o", outputText, output)
	o.registryFlags.add(flags)
}

// addImage declares --image of a command that changes what is attached, which in an archive cannot be done.
func (o *artifactFlags) addImage(flags *pflag.FlagSet) {
	o.imageVar(flags, "the `IMAGE`: a reference in a registry, or oci:DIR[:TAG|@DIGEST]")
}

// addImageToRead declares --image of a command that only reads.
func (o *artifactFlags) addImageToRead(flags *pflag.FlagSet) {
	o.imageVar(flags, "the `IMAGE`: a reference in a registry, oci:DIR[:TAG|@DIGEST] or oci-archive:FILE[:TAG|@DIGEST]")
}

func (o *artifactFlags) imageVar(flags *pflag.FlagSet, usage string) {
	flags.SortFlags = false
	flags.StringVar(&o.image, "image", "", usage)
}

// check finds what is wrong with the flags. The last argument says what else reads standard input; it is empty if nothing
// does.
func (o *artifactFlags) check(stdinFor string) error {
	if o.image == "" {
		return errors.New("name an image with --image")
	}
	if err := o.registryFlags.check(stdinFor); err != nil {
		return err
	}
	if o.platform != "" {
		if _, err := registry.ParsePlatform(o.platform); err != nil {
			return err
		}
	}
	return oneOf("output", o.output, outputText, outputJSON)
}

// request is for the image, and for the platform if one is named.
func (o *artifactFlags) request() (registry.Request, error) {
	request := registry.Request{Reference: o.image}
	if o.platform == "" {
		return request, nil
	}
	platform, err := registry.ParsePlatform(o.platform)
	request.Platform = &platform
	return request, err
}

// ask calls do with a client, within the time that there is for the registry.
func (o *artifactFlags) ask(ctx context.Context, streams Streams, do func(context.Context, *registry.Client) error) error {
	if o.asked == nil {
		client, err := o.client(streams)
		if err != nil {
			return err
		}
		o.asked = client
	}
	ctx, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	return o.namingFlag(do(ctx, o.asked))
}

// writes says that a command changes what is in the registry, for which that has to be asked.
func (o *artifactFlags) writes() error {
	if o.cache.offline {
		return errors.New("--offline asks no registry, and so nothing can be changed in one")
	}
	return nil
}

// runE makes the function that cobra calls, of one that checks the flags and one that runs.
func runE(check func() error, run func(context.Context) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, _ []string) error {
		if err := check(); err != nil {
			return usageErrorOf(cmd, err)
		}
		return run(cmd.Context())
	}
}

// checkDigest tells whether the value of --artifact is a digest.
func checkDigest(text string) error {
	if _, err := digest.Parse(text); text != "" && err != nil {
		return fmt.Errorf("--artifact is %q: want the digest of an artifact, such as list-specs tells (sha256:…)", text)
	}
	return nil
}

func tool() validate.Tool { return validate.Tool{Name: name, Version: version()} }

// rowsOf is what is told of artifacts.
func rowsOf(artifacts []registry.Listed) []render.ArtifactRow {
	rows := []render.ArtifactRow{}
	for _, a := range artifacts {
		row := render.ArtifactRow{
			Digest: a.Descriptor.Digest.String(), Subject: a.Subject.Digest.String(), Created: timeText(a.Created),
			Size: a.Size, MediaType: a.MediaType, Via: a.Via, Selected: a.Selected, Problem: a.Problem,
		}
		if a.Subject.Platform != nil {
			row.Platform = registry.FormatPlatform(*a.Subject.Platform)
		}
		rows = append(rows, row)
	}
	return rows
}

// timeText is the text of a time, empty for none.
func timeText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339)
}

func digestTexts(digests []digest.Digest) []string {
	texts := []string{}
	for _, d := range digests {
		texts = append(texts, d.String())
	}
	return texts
}

// leftOf is what is told of artifacts that could not be removed, and the error that says so: one message, with the first of them
// and how many there are. Those that no list names any more are noted, for nobody could name them later.
func (o *artifactFlags) leftOf(streams Streams, left []registry.Left) ([]render.NotRemoved, error) {
	var (
		told  []render.NotRemoved
		first error
	)
	for _, l := range left {
		err := o.namingFlag(l.Err)
		if first == nil {
			first = err
		}
		told = append(told, render.NotRemoved{Digest: l.Artifact.String(), Unlisted: l.Unlisted, Error: resultError(err)})
		if l.Unlisted {
			streams.note("no longer listed, and not deleted: %s", l.Artifact)
		}
	}
	if len(left) > 1 {
		first = fmt.Errorf("%w (and %d more; -o json names all)", first, len(left)-1)
	}
	return told, first
}
