package registry

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/nfd-compat/nfd-compat/pkg/spec"
)

// Limits on the artifact manifests that are fetched of those that a listing gives our type, which must all be seen to know
// the newest, and of those that it gives a type that says nothing.
const (
	maxOurs        = 256
	maxOthers      = 32
	maxListedBytes = 5 << 20 // of the manifests in all, by the sizes that are listed: one that has another is refused
)

// candidate is a referrer that is a compatibility artifact, as its own manifest says.
type candidate struct {
	desc    ocispec.Descriptor
	doc     *document
	created time.Time
}

// artifact finds the compatibility artifact of a subject. Without one, it is nil.
func (f *fetch) artifact(ctx context.Context, subject ocispec.Descriptor) (*Artifact, error) {
	listed, err := f.from.Predecessors(ctx, subject)
	if err != nil {
		return nil, f.fail(ctx, "list referrers of", subject.Digest, err)
	}
	return f.newest(ctx, subject, listed)
}

// newest finds the compatibility artifact among the listed referrers and fetches its payload. Without one, it is nil.
func (f *fetch) newest(ctx context.Context, subject ocispec.Descriptor, listed []ocispec.Descriptor) (*Artifact, error) {
	found, err := f.sift(ctx, subject, listed)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	artifact, err := f.load(ctx, subject, found[0])
	if err != nil {
		return nil, err
	}
	artifact.Via = f.from.via()
	for _, other := range found[1:] {
		artifact.PassedOver = append(artifact.PassedOver, other.desc)
	}
	return artifact, nil
}

// load fetches the payload of an artifact.
func (f *fetch) load(ctx context.Context, subject ocispec.Descriptor, c candidate) (*Artifact, error) {
	layer, err := payloadLayer(c.doc)
	if err != nil {
		return nil, f.fail(ctx, "read artifact", c.desc.Digest, err)
	}
	payload, err := fetchAll(ctx, f.from, layer)
	if err != nil {
		return nil, f.fail(ctx, "fetch payload", layer.Digest, err)
	}
	return &Artifact{Descriptor: c.desc, Subject: subject, Created: c.created, MediaType: layer.MediaType, Payload: payload}, nil
}

// candidates lists the compatibility artifacts of a subject, newest first.
func (f *fetch) candidates(ctx context.Context, subject ocispec.Descriptor) ([]candidate, error) {
	listed, err := f.from.Predecessors(ctx, subject)
	if err != nil {
		return nil, f.fail(ctx, "list referrers of", subject.Digest, err)
	}
	return f.sift(ctx, subject, listed)
}

// sift returns those of the listed referrers that are compatibility artifacts of the subject, newest first.
func (f *fetch) sift(ctx context.Context, subject ocispec.Descriptor, listed []ocispec.Descriptor) ([]candidate, error) {
	ours, others := partition(listed)
	found, err := f.examine(ctx, subject, ours, true)
	for try := 0; isGone(err) && try < maxRelists; try++ {
		if ours, others, err = f.relist(ctx, subject, try); err != nil {
			return nil, err
		}
		found, err = f.examine(ctx, subject, ours, true)
	}
	if err == nil && len(found) == 0 {
		f.image.Unexamined += f.from.unlisted()
		found, err = f.examine(ctx, subject, others, false)
	}
	if err != nil {
		return nil, err
	}
	slices.SortFunc(found, func(a, b candidate) int {
		return cmp.Or(b.created.Compare(a.created), cmp.Compare(a.desc.Digest, b.desc.Digest))
	})
	return found, nil
}

// partition sorts a listing into the referrers that it gives our type and those whose type says nothing (some registries
// list the media type of the config, or none), each newest first, and leaves out those that another tool's type claims.
func partition(listed []ocispec.Descriptor) (ours, others []ocispec.Descriptor) {
	seen := map[digest.Digest]bool{}
	take := func(into *[]ocispec.Descriptor, wanted func(ocispec.Descriptor) bool) {
		for _, d := range listed {
			if !seen[d.Digest] && wanted(d) {
				seen[d.Digest] = true
				*into = append(*into, d)
			}
		}
		slices.SortFunc(*into, func(a, b ocispec.Descriptor) int {
			return cmp.Or(created(b.Annotations).Compare(created(a.Annotations)), cmp.Compare(a.Digest, b.Digest))
		})
	}
	take(&ours, func(d ocispec.Descriptor) bool { return isOurs(d.ArtifactType) })
	take(&others, func(d ocispec.Descriptor) bool {
		return d.MediaType == ocispec.MediaTypeImageManifest && !isForeign(d.ArtifactType)
	})
	return ours, others
}

// examine fetches the listed manifests and returns those that are compatibility artifacts of the subject. What cannot be
// had of those listed as ours is an error: it could be the newest. Of the others, which need not be ours at all, one that
// is not there or that is no manifest of ours to read is counted as unexamined.
func (f *fetch) examine(ctx context.Context, subject ocispec.Descriptor, listed []ocispec.Descriptor, ours bool) ([]candidate, error) {
	if ours && len(listed) > maxOurs {
		return nil, f.fail(ctx, "list referrers of", subject.Digest, broken("%d compatibility artifacts are listed, and at most %d are looked at to find the newest", len(listed), maxOurs))
	}
	if err := bounded(listed); ours && err != nil {
		return nil, f.fail(ctx, "list referrers of", subject.Digest, err)
	}
	if most := min(maxOthers, withinBytes(listed)); !ours && len(listed) > most {
		f.image.Unexamined += len(listed) - most
		listed = listed[:most]
	}
	var found []candidate
	for _, d := range listed {
		c, ok, err := f.candidate(ctx, subject, d)
		switch {
		case ok:
			found = append(found, c)
		case err == nil:
		case !ours && (isGone(err) || errors.Is(err, errUnfit)):
			f.image.Unexamined++
		case ours && f.mends && isGone(err):
			f.gone = append(f.gone, d)
		default:
			return nil, f.fail(ctx, "fetch artifact manifest", d.Digest, withRemedy(err))
		}
	}
	return found, nil
}

// withinBytes is how many of the listed manifests, from the first on, have no more bytes in all than are read.
func withinBytes(listed []ocispec.Descriptor) int {
	left := int64(maxListedBytes)
	for i, d := range listed {
		if d.Size < 0 || d.Size > maxBytes {
			continue // which is refused
		}
		if left -= d.Size; left < 0 {
			return i
		}
	}
	return len(listed)
}

// bounded refuses artifacts that have more bytes in all than are read.
func bounded(ours []ocispec.Descriptor) error {
	if withinBytes(ours) == len(ours) {
		return nil
	}
	return broken("the manifests of the %d compatibility artifacts that are listed are longer than %d bytes in all", len(ours), maxListedBytes)
}

// errUnfit says that a listed manifest cannot be looked at for what it is, and not for want of an answer.
var errUnfit = errors.New("unfit")

// candidate fetches a listed manifest, and says whether it is a compatibility artifact of the subject.
func (f *fetch) candidate(ctx context.Context, subject, d ocispec.Descriptor) (candidate, bool, error) {
	if err := checkDescriptor(d); err != nil {
		return candidate{}, false, brokenBy(errors.Join(errUnfit, err), "%v", err)
	}
	data, err := fetchAll(ctx, f.from, d)
	if err != nil {
		return candidate{}, false, err
	}
	doc, err := decodeDocument(d.MediaType, data)
	if err != nil {
		return candidate{}, false, brokenBy(errors.Join(errUnfit, err), "%v", err)
	}
	if !isOurs(doc.artifactType()) || doc.Subject == nil || doc.Subject.Digest != subject.Digest {
		return candidate{}, false, nil
	}
	return newCandidate(d, doc), true, nil
}

// newCandidate is the candidate with a manifest that was verified: the word of a listing on type and annotations is worth
// nothing. No more of the manifest is kept than is looked at: it may have many layers.
func newCandidate(d ocispec.Descriptor, doc *document) candidate {
	doc = &document{
		ArtifactType: doc.artifactType(), Layers: descriptors{list: payloadLayers(doc), there: true}, Subject: doc.Subject, Annotations: doc.Annotations,
	}
	return candidate{
		desc: ocispec.Descriptor{
			MediaType: d.MediaType, Digest: d.Digest, Size: d.Size,
			ArtifactType: doc.artifactType(), Annotations: doc.Annotations,
		},
		doc:     doc,
		created: created(doc.Annotations),
	}
}

// isOurs says whether an artifact type is one of a compatibility artifact.
func isOurs(artifactType string) bool {
	return artifactType == spec.ArtifactType || artifactType == spec.ArtifactTypeKEP
}
