package registry

import (
	"context"
	"errors"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2/errdef"
)

// maxRelists is how often a list of referrers is asked for again, if one on it is not there.
const maxRelists = 2

// relist lists the referrers of a subject again, as partition sorts them. A list is a moment old when what is on it is fetched,
// and somebody may have removed that in the meantime. The first time this is seen at once, and the second after a pause.
func (f *fetch) relist(ctx context.Context, subject ocispec.Descriptor, try int) (ours, others []ocispec.Descriptor, err error) {
	if try > 0 {
		err = sleep(ctx, firstBackoff)
	}
	var listed []ocispec.Descriptor
	if err == nil {
		listed, err = f.from.Predecessors(ctx, subject)
	}
	if err != nil {
		return nil, nil, f.fail(ctx, "list referrers of", subject.Digest, err)
	}
	ours, others = partition(listed)
	return ours, others, nil
}

// isGone tells whether an error says that what is listed is not there.
func isGone(err error) bool { return errors.Is(err, errdef.ErrNotFound) }

// withRemedy adds to an error that something is not there what can be done.
func withRemedy(err error) error {
	if !isGone(err) {
		return err
	}
	return brokenBy(err, "%v: remove-spec --artifact with its digest takes it off the list", err)
}
