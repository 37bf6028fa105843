package registry

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// ErrNoArtifact says that the image has no such compatibility artifact: there is none of the digest, or it is something
// else, or another image's.
var ErrNoArtifact = errors.New("no compatibility artifact of the image")

// RemoveRequest says which compatibility artifacts of which image are to be removed.
type RemoveRequest struct {
	// Reference is that of the image, as in [Request].
	Reference string
	// Artifacts are the digests of their manifests, such as [Client.List] tells. They may be attached to the image or, if it
	// is an index, to any of its manifests.
	Artifacts []digest.Digest
}

// Removed is what Remove has done.
type Removed struct {
	// Reference is the normalised reference.
	Reference string
	// Image is what the reference names.
	Image ocispec.Descriptor
	// Artifacts are those that are removed, newest first.
	Artifacts []digest.Digest
	// Left are those that could not be removed, and why.
	Left []Left
	// Remaining are the artifacts that the image still has, in the order and with the marks of [Client.List].
	Remaining []Listed
	// Unexamined is that of [Image]: so many referrers might be compatibility artifacts that count now.
	Unexamined int
}

// Remove removes compatibility artifacts of an image: their manifests, and their entries in the list under the referrers
// tag or in a layout's index. Nothing else is ever removed, and nothing at all if one of them is not an artifact of the
// image: that is an [ErrNoArtifact].
//
// The other errors are those of [Client.Fetch] and [ErrConflict]. That artifacts could not be removed is no error: see
// [Removed].Left. On an error the result is nil.
func (c *Client) Remove(ctx context.Context, req RemoveRequest) (*Removed, error) {
	var removed *Removed
	_, err := c.open(ctx, Request{Reference: req.Reference}, func(f *fetch, ctx context.Context, _ *ocispec.Platform) error {
		return f.writing(ctx, func(to target) error {
			var err error
			removed, err = f.remove(ctx, to, req)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	return removed, nil
}

func (f *fetch) remove(ctx context.Context, to target, req RemoveRequest) (*Removed, error) {
	listing, subjects, err := f.list(ctx, nil)
	if err != nil {
		return nil, err
	}
	for _, d := range req.Artifacts {
		if !slices.ContainsFunc(listing.Artifacts, func(a Listed) bool { return a.Descriptor.Digest == d }) {
			return nil, f.fail(ctx, "remove", d, &cause{kind: ErrNoArtifact, words: fmt.Sprintf("it is not a compatibility artifact of %s", f.where)})
		}
	}
	removed := &Removed{Reference: listing.Reference, Image: listing.Image}
	var wanted []attachment
	for _, a := range listing.Artifacts {
		if slices.Contains(req.Artifacts, a.Descriptor.Digest) {
			wanted = append(wanted, attachment{a.Subject, a.Descriptor})
		}
	}
	errs := to.detach(ctx, wanted)
	for _, a := range listing.Artifacts {
		if !slices.Contains(req.Artifacts, a.Descriptor.Digest) {
			removed.Remaining = append(removed.Remaining, a)
			continue
		}
		err := errs[0] // of the next one that was wanted
		if errs = errs[1:]; err == nil {
			removed.Artifacts = append(removed.Artifacts, a.Descriptor.Digest)
			continue
		}
		left := leftBy(a.Descriptor.Digest, f.fail(ctx, "remove", a.Descriptor.Digest, err))
		removed.Left = append(removed.Left, left)
		if !left.Unlisted {
			removed.Remaining = append(removed.Remaining, a)
		}
	}
	f.emerge(ctx, subjects, removed)
	removed.Unexamined = f.image.Unexamined
	for i := range removed.Remaining {
		removed.Remaining[i].Selected = false
	}
	markSelected(removed.Remaining, subjects, listing.Image.Digest, false)
	return removed, nil
}

// emerge looks at the referrers whose type says nothing of subjects that had artifacts and have none now: they count now. What cannot
// be looked at is no error any more, for something is removed.
func (f *fetch) emerge(ctx context.Context, subjects []ocispec.Descriptor, removed *Removed) {
	for _, subject := range subjects {
		others := f.others[subject.Digest]
		if len(others) == 0 || slices.ContainsFunc(removed.Remaining, func(a Listed) bool { return a.Subject.Digest == subject.Digest }) {
			continue
		}
		before := f.image.Unexamined
		found, err := f.surveyOthers(ctx, subject, others)
		if err != nil {
			f.image.Unexamined = before + len(others)
			continue
		}
		removed.Remaining = append(removed.Remaining, found...)
	}
	slices.SortFunc(removed.Remaining, inOrder)
}

func leftBy(d digest.Digest, err error) Left {
	return Left{Artifact: d, Err: err, Unlisted: errors.Is(err, ErrHalfway)}
}
