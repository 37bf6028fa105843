package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// Patience with others who change the same list under a referrers tag, or the one that a registry keeps like it.
const (
	maxTagChanges = 8
	tagSettling   = time.Second     // at least
	busySettling  = 3 * time.Second // more, if others are seen to change the list
	apiSettling   = 100 * time.Millisecond
	maxSettling   = 10 * time.Second
	looks         = 4 // in that time
	maxWriting    = 10 * time.Second
	maxUndone     = 500 * time.Millisecond
)

// changeTag changes the list under the referrers tag of a subject, which stands for the referrers API in a registry that has
// none, and sees to it that the entry of a digest is then there, or is not.
//
// The list is read, changed and written, and no registry offers to do that at once. Who reads before another has written, and
// writes after, undoes what the other did. So what was read is written soon or not at all: a registry that is busy is asked
// again for the list before it is given another, and an answer to the writing is not waited for long. And the list is read
// again: at once, and several times until a time has passed that is some times longer than reading and writing took, when such a
// one should have written. Those that were undone do it again. A registry that sits on what another has sent for longer than
// that can still undo it.
//
// The index that stood under the tag before is not deleted: another client might just have given it back its tag.
//
// Source: https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#referrers-tag-schema
func (r *remoteStore) changeTag(ctx context.Context, subject ocispec.Descriptor, about digest.Digest, want bool, change func([]json.RawMessage) ([]json.RawMessage, error)) error {
	tag := referrersTag(subject.Digest)
	busy := 0
	for try := range maxTagChanges {
		start := time.Now()
		err := r.writeTag(ctx, subject, change)
		if wait, passes := passesSoon(ctx, err, busy); passes {
			busy++
			if err := sleep(ctx, wait); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		stays, err := r.staysInTag(ctx, subject, about, want, settling(start, tagSettling))
		if stays || err != nil {
			return err
		}
		if err := sleep(ctx, undonePause(try)); err != nil {
			return err
		}
	}
	return &cause{kind: ErrConflict, words: "others keep changing the list of referrers under the tag " + tag + " at the same time; try again"}
}

// writeTag reads the list under a referrers tag, changes it and writes it, once.
func (r *remoteStore) writeTag(ctx context.Context, subject ocispec.Descriptor, change func([]json.RawMessage) ([]json.RawMessage, error)) error {
	index, err := r.tagged(ctx, subject)
	if err != nil {
		return err
	}
	if index, err = editIndex(index, change); err != nil {
		return err
	}
	soon, cancel := context.WithTimeoutCause(once(ctx), maxWriting, errSlowWriting)
	defer cancel()
	_, err = r.putManifest(soon, referrersTag(subject.Digest), ocispec.MediaTypeImageIndex, index)
	if err != nil && ctx.Err() == nil && errors.Is(context.Cause(soon), errSlowWriting) {
		return &busyError{0, &cause{
			kind: ErrUnreachable, words: fmt.Sprintf("no answer within %s to a list of referrers under their tag", maxWriting), from: errors.Join(errSlowWriting, err),
		}}
	}
	return err
}

// errSlowWriting says that a list was not written soon after it was read.
var errSlowWriting = errors.New("written too slowly")

// busyError is the error of a registry that is too busy to look at what it is sent.
type busyError struct {
	after time.Duration // it asks to come back; zero if it does not
	err   error
}

func (e *busyError) Error() string { return e.err.Error() }
func (e *busyError) Unwrap() error { return e.err }

// passesSoon tells whether an error is that of a registry that is busy, and has not been often, and how long to wait.
func passesSoon(ctx context.Context, err error, before int) (time.Duration, bool) {
	var busy *busyError
	if !errors.As(err, &busy) || before == maxRetries || busy.after > maxRetryAfter {
		return 0, false
	}
	wait := firstBackoff << before
	wait = max(wait/2+jitter(wait/2), busy.after+jitter(busy.after/4))
	return wait, hasTime(ctx, wait)
}

// staysInTag tells whether a list under a referrers tag has an entry, or has it not, as is wanted, until a time has passed,
// and for longer if others are seen to change it in that time.
func (r *remoteStore) staysInTag(ctx context.Context, subject ocispec.Descriptor, about digest.Digest, want bool, until time.Duration) (bool, error) {
	last, changes := -1, false
	is := func() (bool, error) {
		entries, err := r.listByTag(ctx, subject)
		changes = changes || last >= 0 && len(entries) != last
		last = len(entries)
		return lists(entries, about) == want, err
	}
	so, err := stays(ctx, until, is)
	if so && err == nil && changes {
		return stays(ctx, busySettling, is)
	}
	return so, err
}

// stays tells whether something is so: at once, and several times until a time has passed.
func stays(ctx context.Context, until time.Duration, is func() (bool, error)) (bool, error) {
	for look := range looks + 1 {
		if look > 0 {
			if err := sleep(ctx, until/looks); err != nil {
				return false, err
			}
		}
		if so, err := is(); !so || err != nil {
			return false, err
		}
	}
	return true, nil
}

// settling is the time after which one who had read the list before we wrote it should have written, if reading and writing takes
// as long as it took since a time.
func settling(since time.Time, least time.Duration) time.Duration {
	return min(max(4*time.Since(since), least), maxSettling)
}

// undonePause is the time before what was undone is done again, so that those who undo each other's do not come at once again.
func undonePause(try int) time.Duration {
	return jitter(min(maxUndone, (maxUndone/8)<<try))
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
