package cli

import (
	"context"
	"fmt"
	"slices"

	"github.com/nfd-compat/nfd-compat/internal/render"
	"github.com/nfd-compat/nfd-compat/pkg/registry"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// checkImage checks the specs that are attached to an image. Unlike a host, an author wants those of an index and of all
// images in it, unless --platform names one.
func (o *validateSpec) checkImage(ctx context.Context) ([]render.FileFindings, error) {
	ctx, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	images, err := o.images(ctx)
	if err = o.namingFlag(err); err != nil {
		about := render.FileFindings{Image: &validate.Image{Reference: o.image}, Error: resultError(err)}
		return []render.FileFindings{about}, err
	}
	o.cache.tell(o.streams, images[0])
	var (
		files      []render.FileFindings
		seen       []string
		unexamined int
	)
	for _, image := range images {
		unexamined = max(unexamined, image.Unexamined)
		if image.Artifact == nil {
			continue
		}
		artifact := artifactOf(image.Artifact)
		if slices.Contains(seen, artifact.Digest) {
			continue
		}
		seen = append(seen, artifact.Digest)
		files = append(files, render.FileFindings{Image: imageOf(image), Artifact: artifact, Findings: o.checkText(image.Artifact.Payload)})
	}
	switch {
	case len(files) > 0 && unexamined > 0:
		o.streams.note("warning: %d referrers of the image were not looked at", unexamined)
		return files, nil
	case len(files) > 0:
		return files, nil
	case unexamined > 0:
		err := unsureError{unexamined}
		return []render.FileFindings{{Image: imageOf(images[0]), Error: resultError(err)}}, err
	}
	return []render.FileFindings{{Image: imageOf(images[0]), Undeclared: undeclared}}, reportedError{ExitUndeclared}
}

// images fetches the image of the reference, and, if it is an index and no platform is named, each image in it. There is
// at least one.
func (o *validateSpec) images(ctx context.Context) ([]*registry.Image, error) {
	client, err := o.client(o.streams)
	if err != nil {
		return nil, err
	}
	if o.platform != "" {
		image, err := o.imageFor(ctx, client)
		if err != nil {
			return nil, err
		}
		return []*registry.Image{image}, nil
	}
	request := registry.Request{Reference: o.image, Own: true, Artifact: o.artifact}
	image, err := client.Fetch(ctx, request)
	if err != nil {
		return nil, err
	}
	images := []*registry.Image{image}
	if o.artifact != "" {
		return images, nil
	}
	for _, platform := range image.Offered {
		request.Platform, request.Own = &platform, false
		if image, err = client.Fetch(ctx, request); err != nil {
			return nil, err
		}
		images = append(images, image)
	}
	return images, nil
}

// imageFor fetches the image for the platform that is named.
func (o *validateSpec) imageFor(ctx context.Context, client *registry.Client) (*registry.Image, error) {
	wrong := func(err error) error { return usageError{err: err, command: name + " validate-spec"} }
	platform, err := registry.ParsePlatform(o.platform)
	if err != nil {
		return nil, wrong(err)
	}
	image, err := client.Fetch(ctx, registry.Request{Reference: o.image, Platform: &platform, Artifact: o.artifact})
	if err == nil && image.WrongPlatform != "" {
		// Its sentence speaks of a host, which there is none of here.
		return nil, wrong(fmt.Errorf("--platform is %s: the image is not for it", o.platform))
	}
	return image, err
}
