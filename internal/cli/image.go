package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/nfd-compat/nfd-compat/pkg/features"
	"github.com/nfd-compat/nfd-compat/pkg/registry"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// request says which image is judged, and for which platform: that of --platform, or else the host's. Of features that
// were given it is known only if they say it.
func (o *validateNode) request(ctx context.Context, given *features.Set) (registry.Request, error) {
	request := registry.Request{Reference: o.image}
	text := o.platform
	if text == "" {
		host, err := o.host(ctx, given, []string{})
		if err != nil {
			return request, err
		}
		if n := host.Node; n.OS != "" && n.Architecture != "" {
			text = strings.TrimSuffix(n.OS+"/"+n.Architecture+"/"+n.Variant, "/")
		}
	}
	switch {
	case text != "":
		platform, err := registry.ParsePlatform(text)
		if err != nil {
			return request, usageError{err: err, command: name + " validate-node"}
		}
		request.Platform = &platform
	case given == nil: // a mounted root that does not tell; most often it is that of the machine we run on
		platform := registry.HostPlatform()
		request.Platform = &platform
	}
	return request, nil
}

// imageOf is what a report says of an image.
func imageOf(image *registry.Image) *validate.Image {
	described := &validate.Image{Reference: image.Reference, Digest: image.Descriptor.Digest.String()}
	if image.Platform != nil {
		described.Platform = registry.FormatPlatform(*image.Platform)
	}
	return described
}

// artifactOf is what a report says of an artifact.
func artifactOf(artifact *registry.Artifact) *validate.Artifact {
	described := &validate.Artifact{
		Digest: artifact.Descriptor.Digest.String(), Subject: artifact.Subject.Digest.String(),
		Via: artifact.Via, PassedOver: []string{},
	}
	if !artifact.Created.IsZero() {
		described.Created = artifact.Created.Format(time.RFC3339)
	}
	for _, other := range artifact.PassedOver {
		described.PassedOver = append(described.PassedOver, other.Digest.String())
	}
	return described
}

// undeclared says that an image has no artifact, and how sure that is.
func undeclared(image *registry.Image) string {
	reason := "no compatibility artifact is attached to the image"
	if image.Unexamined > 0 {
		reason += fmt.Sprintf("; %d of its referrers were not looked at", image.Unexamined)
	}
	return reason
}

// vocabulary is what the words of a spec are checked against.
func vocabulary() spec.Vocabulary {
	var words spec.Vocabulary
	for _, entry := range features.Catalogue() {
		words.Features = append(words.Features, entry.Name)
	}
	return words
}
