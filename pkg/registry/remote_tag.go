package registry

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// Patience with others who change the same list under a referrers tag.
const (
	maxTagChanges = 8
	minSettling   = 100 * time.Millisecond
	maxSettling   = 2 * time.Second
)

// changeTag changes the list under the referrers tag of a subject, which stands for the referrers API in a registry that has
// none, and sees to it that the entry of a digest is then there, or is not.
//
// The list is read, changed and written, and no registry offers to do that at once. Who reads before another has written, and
// writes after, undoes what the other did. So the list is read again: at once, and, if all is well, after a time that is some
// times longer than reading and writing took, when such a one must have written. Those that were undone do it again.
//
// The index that stood under the tag before is not deleted: another client might just have given it back its tag.
//
// Source: https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#referrers-tag-schema
func (r *remoteStore) changeTag(ctx context.Context, subject ocispec.Descriptor, about digest.Digest, want bool, change func([]json.RawMessage) ([]json.RawMessage, error)) error {
	tag := referrersTag(subject.Digest)
	for range maxTagChanges {
		start := time.Now()
		index, err := r.tagged(ctx, subject)
		if err != nil {
			return err
		}
		if index, err = editIndex(index, change); err != nil {
			return err
		}
		if _, err := r.putManifest(ctx, tag, ocispec.MediaTypeImageIndex, index); err != nil {
			return err
		}
		for _, pause := range []time.Duration{0, settling(start)} {
			if err := sleep(ctx, pause); err != nil {
				return err
			}
			entries, err := r.listByTag(ctx, subject)
			if err != nil {
				return err
			}
			if lists(entries, about) != want {
				break
			}
			if pause > 0 {
				return nil
			}
		}
	}
	return &cause{kind: ErrConflict, words: "others keep changing the list of referrers under the tag " + tag + " at the same time; try again"}
}

// settling is the time after which one who had read the list before we wrote it has written, if reading and writing takes as long as it
// took since a time.
func settling(since time.Time) time.Duration {
	return min(max(4*time.Since(since), minSettling), maxSettling)
}

// tagged returns the index under the referrers tag of a subject. It has no entries if there is none, or if the registry resolves
// the tag to the subject itself. What is no index is not overwritten.
func (r *remoteStore) tagged(ctx context.Context, subject ocispec.Descriptor) ([]byte, error) {
	desc, err := r.Resolve(ctx, referrersTag(subject.Digest))
	switch {
	case errors.Is(err, ErrNotFound):
		return []byte(noEntries), nil
	case err != nil:
		return nil, err
	case desc.Digest == subject.Digest:
		return []byte(noEntries), nil
	case !isIndexType(desc.MediaType):
		return nil, broken("under the referrers tag stands an image manifest, not an index")
	}
	return r.memo[desc.Digest], nil
}
