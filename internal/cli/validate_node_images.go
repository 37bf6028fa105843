package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/nfd-compat/nfd-compat/internal/manifest"
	"github.com/nfd-compat/nfd-compat/pkg/registry"
)

// A subject is what is judged: an image, or what --spec names.
type subject struct {
	reference string   // normalised; empty for --spec
	usedBy    []string // the containers of manifests that run the image
	err       error    // why it cannot be asked for
}

// subjects returns what is to be judged, each image once, in the order in which they are named. There is at least one.
func (o *validateNode) subjects() ([]subject, error) {
	if o.spec != "" {
		return []subject{{}}, nil
	}
	var (
		all []subject
		at  = map[string]int{}
	)
	add := func(s subject) {
		i, ok := at[s.reference]
		if !ok {
			i = len(all)
			at[s.reference] = i
			all = append(all, subject{reference: s.reference, err: s.err})
		}
		all[i].usedBy = append(all[i].usedBy, s.usedBy...)
	}
	for _, image := range o.images {
		reference, err := registry.NormalizeReference(image)
		if err != nil {
			return nil, err
		}
		add(subject{reference: reference})
	}
	for _, file := range o.manifests {
		uses, err := o.readManifests(file)
		if err != nil {
			return nil, err
		}
		for _, use := range uses {
			add(subjectOf(inputName(file), use))
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s: no container is in it: there is nothing to judge", strings.Join(inputNames(o.manifests), ", "))
	}
	return all, nil
}

// readManifests returns the containers of a file of manifests.
func (o *validateNode) readManifests(file string) ([]manifest.Use, error) {
	from, err := o.streams.open(file)
	if err != nil {
		return nil, err
	}
	defer from.Close() //nolint:errcheck // it was only read
	uses, err := manifest.Read(from)
	if err != nil {
		return nil, fmt.Errorf("%s: read manifests: %w", inputName(file), err)
	}
	return uses, nil
}

// noImage stands for the reference of containers that have none. No reference has a blank or a bracket in it.
const noImage = "(no image)"

// subjectOf is the image of a container. That its reference is wrong is no wrong usage: the manifest says so. A container
// without an image, which is for its admission to fill in, is not passed over: nobody knows whether the host can run it.
func subjectOf(file string, use manifest.Use) subject {
	if use.Image == "" {
		return subject{reference: noImage, usedBy: []string{use.String()}, err: fmt.Errorf("%s: %s names no image, so it is not known what it runs", file, use)}
	}
	reference, err := registry.NormalizeReference(use.Image)
	if err != nil {
		return subject{reference: registry.WithoutUserinfo(use.Image), usedBy: []string{use.String()}, err: errors.New(err.Error())}
	}
	return subject{reference: reference, usedBy: []string{use.String()}}
}

// An answer is what a registry told of an image.
type answer struct {
	image  *registry.Image
	config *registry.Config // of an image without an artifact, under --infer
	err    error
}

// ask asks for all images, some at a time.
func (o *validateNode) ask(ctx context.Context, subjects []subject, request registry.Request) []answer {
	answers := make([]answer, len(subjects))
	progress := o.streams.progress(ctx, "images", len(subjects))
	defer progress.end()
	inParallel(o.parallel, len(subjects), func(i int) {
		answers[i] = o.askFor(ctx, subjects[i], request)
		progress.step()
	})
	return answers
}

// askFor asks for one image, and, if it surely has no artifact and that may do, for its config.
func (o *validateNode) askFor(ctx context.Context, s subject, request registry.Request) answer {
	if s.err != nil {
		return answer{err: s.err}
	}
	ctx, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	request.Reference = s.reference
	image, err := o.registry.Fetch(ctx, request)
	if err != nil {
		return answer{err: o.namingFlag(err)}
	}
	if !o.infer || image.Artifact != nil || image.Unexamined > 0 || image.WrongPlatform != "" || image.Uncertain != "" {
		return answer{image: image}
	}
	request.Reference = pinned(image)
	found, err := o.registry.Config(ctx, request)
	if err != nil {
		return answer{image: image, err: o.namingFlag(err)}
	}
	return answer{image: image, config: found.Config}
}
