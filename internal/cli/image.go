package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"github.com/nfd-compat/nfd-compat/pkg/features"
	"github.com/nfd-compat/nfd-compat/pkg/registry"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// addArtifact adds the flag that names an artifact.
func addArtifact(flags *pflag.FlagSet, artifact *string) {
	flags.StringVar(artifact, "artifact", "", "take the compatibility artifact with this `DIGEST`, and not the newest of the image")
}

// request says for which platform images are judged: that of --platform, or else the host's, as far as it is
// known.
func (o *validateNode) request(ctx context.Context, given *features.Set) (registry.Request, error) {
	request := registry.Request{Artifact: o.artifact}
	if o.platform != "" {
		platform, err := registry.ParsePlatform(o.platform)
		if err != nil {
			return request, usageError{err: err, command: name + " validate-node"}
		}
		request.Platform = &platform
		return request, nil
	}
	host := given
	if given == nil {
		var err error
		if host, err = discover(ctx, o.hostRoot, []string{}); err != nil {
			return request, err
		}
	}
	node := host.Node
	if node.OS == "" || node.Architecture == "" { // an export without a node, or a mounted root that does not tell
		return request, nil
	}
	platform, err := registry.ParsePlatform(strings.TrimSuffix(node.OS+"/"+node.Architecture+"/"+node.Variant, "/"))
	if err != nil {
		return request, fmt.Errorf("the platform of the host: %w", err)
	}
	if here := registry.HostPlatform(); given == nil && node.Variant == "" && here.Architecture == node.Architecture {
		platform = here // whose variant is known on 32-bit ARM
	}
	request.Platform, request.VariantUnknown = &platform, node.Variant == ""
	return request, nil
}

// warnOfPlatform tells people that nobody knows whether the image is for the host's platform.
func (o *validateNode) warnOfPlatform(image *registry.Image, several bool) {
	if image.Platform != nil {
		o.streams.note("warning: %sthe image is for %s, and it is not known which platform the host is: name it with --platform", about(image.Reference, several), registry.FormatPlatform(*image.Platform))
	}
}

// imageOf is what a report says of an image.
func imageOf(image *registry.Image) *validate.Image {
	described := &validate.Image{
		Reference: image.Reference, Digest: image.Descriptor.Digest.String(), CachedAt: timeText(image.CachedAt), Unexamined: image.Unexamined,
	}
	if image.Platform != nil {
		described.Platform = registry.FormatPlatform(*image.Platform)
	}
	return described
}

// artifactOf is what a report says of an artifact.
func artifactOf(artifact *registry.Artifact) *validate.Artifact {
	described := &validate.Artifact{
		Digest: artifact.Descriptor.Digest.String(), Subject: artifact.Subject.Digest.String(),
		Created: timeText(artifact.Created), Via: artifact.Via, PassedOver: []string{},
	}
	for _, other := range artifact.PassedOver {
		described.PassedOver = append(described.PassedOver, other.Digest.String())
	}
	return described
}

// undeclared says that an image has no artifact.
const undeclared = "no compatibility artifact is attached to the image"

// An unsureError says that no artifact was found, and that this does not mean that there is none: so many referrers might be
// one, and were not looked at.
type unsureError struct{ unexamined int }

func (e unsureError) Error() string {
	return fmt.Sprintf("no compatibility artifact was found, but %d of the image's referrers were not looked at: whether one of them is one, is not known (--artifact names one)", e.unexamined)
}
