package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/nfd-compat/nfd-compat/internal/render"
	"github.com/nfd-compat/nfd-compat/pkg/registry"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
)

// showSpec are the options of show-spec.
type showSpec struct {
	streams Streams

	artifact string
	artifactFlags
}

func newShowSpec(streams Streams) *cobra.Command {
	o := &showSpec{streams: streams}
	cmd := &cobra.Command{
		Use:   "show-spec --image IMAGE",
		Short: "Print the compatibility spec that is attached to an image",
		Long: `Print the compatibility spec that is attached to an image: byte for byte, so that
a file with it can be attached again, or decoded, as JSON.

Of several it is the one by which validate-node judges this host. If the image
is not for this host, it is the one of the image itself, or of the index;
--platform shows that for another platform, and --artifact a certain one.

The spec is on standard output. The exit codes are:

  0  it is shown       5  the registry did not answer, or has no such artifact
  4  none is attached  6  the artifact has no spec, or, as JSON, an invalid one
  2  wrong usage       7  none was found, and not all referrers were looked at`,
		Example: `  # Keep it, change it, attach it again
  nfd-compat show-spec --image registry.example.com/team/app:v1 > spec.yaml

  # The tags of its sets
  nfd-compat show-spec --image registry.example.com/team/app:v1 -o json | jq -r '.compatibilities[].tag'

  # A certain one of those that list-specs lists
  nfd-compat show-spec --image registry.example.com/team/app:v1 --artifact sha256:2c26b46b…`,
		Args: noArguments,
		RunE: runE(o.check, o.run),
	}
	flags := cmd.Flags()
	o.addImageToRead(flags)
	flags.StringVar(&o.artifact, "artifact", "", "show the artifact with this `DIGEST`, whether it is selected or not")
	o.add(flags, "show the spec for this `PLATFORM`, such as linux/arm64, instead of this host's", "the `FORMAT` to print it in: text (as it is) or json")
	return cmd
}

func (o *showSpec) check() error {
	if o.artifact != "" && o.platform != "" {
		return errors.New("--artifact and --platform exclude each other")
	}
	return errors.Join(checkDigest(o.artifact), o.artifactFlags.check(""))
}

func (o *showSpec) run(ctx context.Context) error {
	var artifact *registry.Artifact
	err := o.ask(ctx, o.streams, func(ctx context.Context, client *registry.Client) error {
		var err error
		artifact, err = o.find(ctx, client)
		return err
	})
	if err != nil {
		return err
	}
	if o.output != outputJSON {
		_, err := o.streams.Out.Write(artifact.Payload)
		return err
	}
	document, err := spec.Decode(artifact.Payload)
	if err != nil {
		return fmt.Errorf("artifact %s: %w", artifact.Descriptor.Digest, err)
	}
	return render.SpecJSON(o.streams.Out, document)
}

// find returns the artifact that is to be shown.
func (o *showSpec) find(ctx context.Context, client *registry.Client) (*registry.Artifact, error) {
	request, err := o.request()
	if err != nil {
		return nil, err
	}
	request.Artifact = o.artifact
	if request.Platform == nil && o.artifact == "" {
		here := registry.HostPlatform()
		request.Platform = &here
	}
	image, err := client.Fetch(ctx, request)
	if err == nil && image.WrongPlatform != "" {
		if o.platform != "" {
			return nil, usageError{err: fmt.Errorf("--platform is %s: the image is not for it", o.platform), command: name + " show-spec"}
		}
		request.Platform = nil
		image, err = client.Fetch(ctx, request)
	}
	if err != nil {
		return nil, err
	}
	o.cache.tell(o.streams, image)
	if image.Artifact == nil {
		return nil, o.streams.undeclared(image.Reference, image.Unexamined)
	}
	return image.Artifact, nil
}
