package registry

import (
	"context"
	"errors"
	"fmt"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// Limits on the search for referrers in a layout, which reads all of its manifests.
const (
	maxLayoutManifests = 10000
	maxLayoutBytes     = 64 << 20
)

// Predecessors returns the manifests of the layout whose subject is the given one. A layout has no list of referrers: they
// stand in index.json, or in an index that does (under the referrers tag, as some tools write them).
func (l *layoutStore) Predecessors(ctx context.Context, subject ocispec.Descriptor) ([]ocispec.Descriptor, error) {
	if l.referrers == nil {
		found, err := l.search(ctx)
		if err != nil {
			return nil, err
		}
		l.referrers = found
	}
	return l.referrers[subject.Digest], nil
}

// search reads every manifest that index.json leads to.
func (l *layoutStore) search(ctx context.Context) (map[digest.Digest][]ocispec.Descriptor, error) {
	found := map[digest.Digest][]ocispec.Descriptor{}
	seen := map[digest.Digest]bool{}
	total := 0
	var queue []ocispec.Descriptor
	add := func(entries []ocispec.Descriptor) {
		for _, d := range entries {
			if !seen[d.Digest] && (isIndexType(d.MediaType) || isImageType(d.MediaType)) {
				seen[d.Digest] = true
				queue = append(queue, d)
			}
		}
	}
	add(l.entries)
	direct := len(queue)
	l.left = 0
	for read := 0; len(queue) > 0; read++ {
		d := queue[0]
		queue = queue[1:]
		if len(seen) > maxLayoutManifests || total > maxLayoutBytes {
			return nil, broken("the layout has more than %d manifests or more than %d bytes of them", maxLayoutManifests, maxLayoutBytes)
		}
		data, err := fetchAll(ctx, l, d)
		if isGone(err) && dispensable(d, read < direct) {
			if read < direct && !isForeign(d.ArtifactType) { // it might have been one of ours, with a tag
				l.left++
			}
			continue
		}
		if err != nil {
			return nil, within(d, err)
		}
		total += len(data)
		doc, err := decodeDocument(d.MediaType, data)
		if err != nil {
			return nil, within(d, err)
		}
		if doc.Subject != nil {
			d.ArtifactType, d.Annotations = doc.artifactType(), doc.Annotations
			found[doc.Subject.Digest] = append(found[doc.Subject.Digest], d)
		}
		add(doc.Manifests.list)
	}
	return found, nil
}

// dispensable tells whether what is to be found does not depend on a manifest that is not there. An index may be there without
// all of its images, and index.json may still name another image, by its tag, or another tool's artifact.
func dispensable(d ocispec.Descriptor, direct bool) bool {
	if !direct {
		return !isOurs(d.ArtifactType)
	}
	return isForeign(d.ArtifactType) || d.ArtifactType == "" && isImageType(d.MediaType) && d.Annotations[ocispec.AnnotationRefName] != ""
}

// within says of which manifest an error is.
func within(d ocispec.Descriptor, err error) error {
	known, ok := errors.AsType[*cause](err)
	if !ok {
		return err // the context's
	}
	return &cause{kind: known.kind, words: fmt.Sprintf("manifest %s: %s", plain(d.Digest.String(), maxExcerpt), known.words), from: known.from}
}
