package registry

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/nfd-compat/nfd-compat/pkg/spec"
)

// parseArtifact reads the digest of [Request].Artifact. The error is an [ErrReference].
func parseArtifact(s string) (digest.Digest, error) {
	if s == "" {
		return "", nil
	}
	d, err := digest.Parse(s)
	if err != nil {
		return "", &cause{kind: ErrReference, words: fmt.Sprintf("%q is no digest of an artifact (want sha256:…): %v", plain(s, maxExcerpt), err), from: err}
	}
	return d, nil
}

// opNamed is what is done where an artifact is named.
const opNamed = "take artifact"

// named fetches the manifest of the artifact that the request names, and holds that it is one.
func (f *fetch) named(ctx context.Context) (candidate, error) {
	c, err := f.manifestNamed(ctx)
	if err != nil {
		return candidate{}, f.fail(ctx, opNamed, f.wanted, err)
	}
	return c, nil
}

func (f *fetch) manifestNamed(ctx context.Context) (candidate, error) {
	desc, err := f.from.ask(ctx, f.wanted.String())
	if err != nil {
		return candidate{}, err
	}
	if !isImageType(desc.MediaType) {
		return candidate{}, notThis("it is %s, not a compatibility artifact", plain(desc.MediaType, maxExcerpt))
	}
	data, err := fetchAll(ctx, f.from, desc)
	if err != nil {
		return candidate{}, err
	}
	doc, err := decodeDocument(desc.MediaType, data)
	switch {
	case err != nil:
		return candidate{}, err
	case !isOurs(doc.artifactType()):
		return candidate{}, notThis("it is of the type %q, and a compatibility artifact of %s", plain(doc.artifactType(), maxExcerpt), spec.ArtifactType)
	case doc.Subject == nil:
		return candidate{}, notThis("it names no image as its subject")
	}
	return newCandidate(desc, doc), nil
}

// notThis says that what is there is not the artifact of this image.
func notThis(format string, args ...any) error {
	return &cause{kind: ErrNotFound, words: fmt.Sprintf(format, args...)}
}

// take takes an artifact for that of the image, if the image, or an index that it is in, is its subject.
func (f *fetch) take(ctx context.Context, want *ocispec.Platform, c candidate) error {
	subject, err := f.subjectOf(ctx, want, *c.doc.Subject)
	if err != nil {
		return f.fail(ctx, opNamed, c.desc.Digest, err)
	}
	artifact, err := f.load(ctx, subject, c)
	if err != nil {
		return err
	}
	artifact.Via = ViaDigest
	f.image.Artifact = artifact
	return nil
}

// subjectOf finds out what the subject of an artifact is to the image: the image itself, the index that the reference
// names or one in it, a manifest in that index, or an index that has the image in it.
func (f *fetch) subjectOf(ctx context.Context, want *ocispec.Platform, subject ocispec.Descriptor) (ocispec.Descriptor, error) {
	image := &f.image
	switch {
	case subject.Digest == image.Descriptor.Digest:
		return image.Descriptor, nil
	case image.Manifest != nil && subject.Digest == image.Manifest.Digest:
		return *image.Manifest, nil
	}
	if i := slices.IndexFunc(f.leaves, func(d ocispec.Descriptor) bool { return d.Digest == subject.Digest }); i >= 0 {
		leaf := f.leaves[i]
		if want != nil {
			return leaf, notThis("it is attached to the image for %s, not to that for %s", platformName(*leaf.Platform), platformName(*want))
		}
		image.Manifest, image.Platform = &leaf, leaf.Platform
		return leaf, nil
	}
	if f.entries[subject.Digest] {
		return subject, nil
	}
	if !isIndexType(image.Descriptor.MediaType) && isIndexType(subject.MediaType) {
		switch has, err := f.has(ctx, subject, image.Descriptor.Digest); {
		case err != nil:
			return subject, err
		case has:
			return subject, nil
		}
	}
	return subject, notThis("it is attached to %s, which is neither this image nor an index of it", plain(subject.Digest.String(), maxExcerpt))
}

// has tells whether an index has an entry with a digest. One that is not there has none.
func (f *fetch) has(ctx context.Context, index ocispec.Descriptor, entry digest.Digest) (bool, error) {
	desc, err := f.from.Resolve(ctx, index.Digest.String())
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	data, err := fetchAll(ctx, f.from, desc)
	if err != nil {
		return false, err
	}
	doc, err := decodeDocument(desc.MediaType, data)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(doc.Manifests.list, func(d ocispec.Descriptor) bool { return d.Digest == entry }), nil
}
