package registry

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// maxSubjects bounds the manifests of an index whose referrers are listed one by one.
const maxSubjects = 256

// Listing is what is attached to an image.
type Listing struct {
	// Reference is the normalised reference.
	Reference string
	// Image is what the reference names.
	Image ocispec.Descriptor
	// Index says that it is an index.
	Index bool
	// Artifacts are the compatibility artifacts of the image, newest first, in the order in which they are selected: of an
	// index those of the index and of its manifests.
	Artifacts []Listed
	// Unexamined is that of [Image].
	Unexamined int
}

// Listed is a compatibility artifact in a listing.
type Listed struct {
	// Descriptor is that of the artifact's manifest.
	Descriptor ocispec.Descriptor
	// Subject is the image manifest or index that the artifact refers to. Of a manifest in an index it has the platform.
	Subject ocispec.Descriptor
	// Created is the time in the annotation org.opencontainers.image.created, in UTC. Zero if undated.
	Created time.Time
	// Via says how it was found: ViaReferrersAPI, ViaReferrersTag or ViaLayout.
	Via string
	// Size is that of the payload in bytes, and MediaType its media type. Zero and empty if there is a Problem.
	Size      int64
	MediaType string
	// Selected says that it is the one that is selected: with a platform, for that platform; without, of an index, for the
	// platform of its subject, or, on the index itself, for those whose manifests have none, and where no platform is known.
	Selected bool
	// Problem is empty, or says why the artifact cannot be used: it is listed and not there, or has no payload, or several.
	// Who would select it, or has to know whether to, gets an error.
	Problem string
}

// List lists the compatibility artifacts of an image: all of them, or, with a platform, those among which one is selected
// for it. That there are none is no error. The errors are those of [Client.Fetch], and [ErrWrongPlatform]. On an error the
// result is nil.
func (c *Client) List(ctx context.Context, req Request) (*Listing, error) {
	var listing *Listing
	_, err := c.open(ctx, req, func(f *fetch, ctx context.Context, platform *ocispec.Platform) error {
		var err error
		listing, _, err = f.list(ctx, platform)
		return err
	})
	if err != nil {
		return nil, err
	}
	return listing, nil
}

// list also returns what artifacts of the image are attached to.
func (f *fetch) list(ctx context.Context, platform *ocispec.Platform) (*Listing, []ocispec.Descriptor, error) {
	subjects, err := f.subjects(ctx, platform)
	if err != nil {
		return nil, nil, err
	}
	listing := &Listing{Reference: f.image.Reference, Image: f.image.Descriptor, Index: isIndexType(f.image.Descriptor.MediaType)}
	for _, subject := range subjects {
		found, err := f.survey(ctx, subject)
		if err != nil {
			return nil, nil, err
		}
		listing.Artifacts = append(listing.Artifacts, found...)
	}
	listing.Unexamined = f.image.Unexamined
	slices.SortFunc(listing.Artifacts, inOrder)
	markSelected(listing.Artifacts, subjects, f.image.Descriptor.Digest, platform != nil)
	return listing, subjects, nil
}

func inOrder(a, b Listed) int {
	return cmp.Or(b.Created.Compare(a.Created), cmp.Compare(a.Descriptor.Digest, b.Descriptor.Digest))
}

// markSelected marks, in sorted artifacts, those that are selected: the newest of each subject, but that of the index only if
// a manifest has none.
func markSelected(artifacts []Listed, subjects []ocispec.Descriptor, index digest.Digest, onePlatform bool) {
	newest := map[digest.Digest]*Listed{}
	for i := range artifacts {
		if a := &artifacts[i]; newest[a.Subject.Digest] == nil {
			newest[a.Subject.Digest] = a
		}
	}
	falls := !onePlatform // nobody but the index answers where no platform is known
	for _, s := range subjects {
		if a := newest[s.Digest]; a != nil && s.Digest != index {
			a.Selected = true
		}
		falls = falls || newest[s.Digest] == nil && s.Digest != index
	}
	if a := newest[index]; a != nil && (falls || len(subjects) == 1) {
		a.Selected = true
	}
}

// subjects returns what artifacts of an image are attached to: the image, and of an index its manifests, or the one for the
// platform.
func (f *fetch) subjects(ctx context.Context, platform *ocispec.Platform) ([]ocispec.Descriptor, error) {
	subject, err := f.subject(ctx, platform)
	if err != nil {
		return nil, err
	}
	image := f.image.Descriptor
	subjects := []ocispec.Descriptor{image}
	if subject.Digest != image.Digest {
		subject.Platform = f.image.Platform
		return append(subjects, subject), nil
	}
	if platform != nil || !isIndexType(image.MediaType) {
		return subjects, nil
	}
	w := walk{f: f, seen: map[digest.Digest]bool{}}
	if err := w.index(ctx, image, 0); err != nil {
		return nil, err
	}
	if len(w.leaves) > maxSubjects {
		return nil, f.fail(ctx, "list referrers of", image.Digest, &cause{
			kind: ErrPlatformRequired, words: "the index has very many images: name the platform of one (--platform)",
		})
	}
	return append(subjects, w.leaves...), nil
}

// survey lists the compatibility artifacts of a subject, those that cannot be used included.
func (f *fetch) survey(ctx context.Context, subject ocispec.Descriptor) ([]Listed, error) {
	entries, err := f.from.Predecessors(ctx, subject)
	if err != nil {
		return nil, f.fail(ctx, "list referrers of", subject.Digest, err)
	}
	ours, others := partition(entries)
	found, gone, err := f.surveyOurs(ctx, subject, ours)
	for try := 0; gone && err == nil && try < maxRelists; try++ {
		if ours, others, err = f.relist(ctx, subject, try); err != nil {
			return nil, err
		}
		found, gone, err = f.surveyOurs(ctx, subject, ours)
	}
	if err != nil {
		return nil, err
	}
	if len(found) > 0 {
		if f.others == nil {
			f.others = map[digest.Digest][]ocispec.Descriptor{}
		}
		f.others[subject.Digest] = others
		return found, nil
	}
	return f.surveyOthers(ctx, subject, others)
}

// surveyOthers lists those of the referrers whose type says nothing that are compatibility artifacts all the same.
func (f *fetch) surveyOthers(ctx context.Context, subject ocispec.Descriptor, others []ocispec.Descriptor) (found []Listed, err error) {
	candidates, err := f.examine(ctx, subject, others, false)
	for _, c := range candidates {
		found = append(found, listedOf(c, subject, f.from.via()))
	}
	return found, err
}

// surveyOurs lists those of the referrers that are listed as ours, and tells whether one of them is not there.
func (f *fetch) surveyOurs(ctx context.Context, subject ocispec.Descriptor, ours []ocispec.Descriptor) ([]Listed, bool, error) {
	via := f.from.via()
	if len(ours) > maxOurs {
		return nil, false, f.fail(ctx, "list referrers of", subject.Digest, broken("%d compatibility artifacts are listed, and at most %d are looked at", len(ours), maxOurs))
	}
	if err := bounded(ours); err != nil {
		return nil, false, f.fail(ctx, "list referrers of", subject.Digest, err)
	}
	var found []Listed
	gone := false
	for _, d := range ours {
		c, ok, err := f.candidate(ctx, subject, d)
		switch {
		case ok:
			found = append(found, listedOf(c, subject, via))
		case err == nil: // another's
		case isGone(err) || errors.Is(err, errUnfit):
			gone = gone || isGone(err)
			found = append(found, Listed{Descriptor: d, Subject: subject, Created: created(d.Annotations), Via: via, Problem: err.Error()})
		default:
			return nil, false, f.fail(ctx, "fetch artifact manifest", d.Digest, err)
		}
	}
	return found, gone, nil
}

func listedOf(c candidate, subject ocispec.Descriptor, via string) Listed {
	l := Listed{Descriptor: c.desc, Subject: subject, Created: c.created, Via: via}
	layer, err := payloadLayer(c.doc)
	if err != nil {
		l.Problem = err.Error()
		return l
	}
	l.Size, l.MediaType = layer.Size, layer.MediaType
	return l
}
