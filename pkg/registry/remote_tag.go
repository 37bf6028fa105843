package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

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

// A tagChange is what is to become of the list under the referrers tag of a subject.
type tagChange struct {
	subject ocispec.Descriptor
	change  func([]json.RawMessage) ([]json.RawMessage, error)
	// done tells whether a list is as it is to be.
	done func([]ocispec.Descriptor) bool
	// push, if there is one, pushes what is to be listed once more, before the list is written anew.
	push func(context.Context) (http.Header, error)

	written bool // once
	stands  bool // the list was written, and was as it is to be when it was last looked at, whatever the error
	busy    int  // how often the registry was too busy
	last    int  // how many entries the list had when it was last looked at; -1 before
	changes bool // others were seen to change it
	err     error
}

// changeTags changes the lists under the referrers tags of subjects, which stand for the referrers API in a registry that has
// none, and sees to it that each is then as it is to be. The errors are those of the changes, nil for each that is made.
//
// A list is read, changed and written, and no registry offers to do that at once. Who reads before another has written, and
// writes after, undoes what the other did. So what was read is written soon or not at all: a registry that is busy is asked
// again for the list before it is given another, and an answer to the writing is not waited for long. And the list is read
// again: at once, and several times until a time has passed that is some times longer than reading and writing took, when such a
// one should have written. Those that were undone do it again. A registry that sits on what another has sent for longer than
// that can still undo it. The time passes for all lists at once: to remove what is attached to each image of a large index would
// take minutes otherwise.
//
// The index that stood under a tag before is not deleted: another client might just have given it back its tag.
//
// Source: https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#referrers-tag-schema
func (r *remoteStore) changeTags(ctx context.Context, changes ...*tagChange) []error {
	pending := changes
	for try := 0; len(pending) > 0 && try < maxTagChanges; try++ {
		var written, again []*tagChange
		var wait, until time.Duration
		for _, c := range pending {
			start := time.Now()
			err := r.writeAgain(ctx, c)
			busy, passes := passesSoon(ctx, err, c.busy)
			switch {
			case passes:
				c.busy++
				wait, again = max(wait, busy), append(again, c)
			case err != nil:
				c.err = err
			default:
				c.stands, c.last, c.changes = true, -1, false
				until, written = max(until, settling(start, tagSettling)), append(written, c)
			}
		}
		if undone := r.settle(ctx, written, until); len(undone) > 0 {
			wait, again = max(wait, undonePause(try)), append(again, undone...)
		}
		if pending = again; len(pending) > 0 {
			if err := sleep(ctx, wait); err != nil {
				fail(pending, err)
				pending = nil
			}
		}
	}
	for _, c := range pending {
		c.err = &cause{kind: ErrConflict, words: "others keep changing the list of referrers under the tag " + referrersTag(c.subject.Digest) + " at the same time; try again"}
	}
	errs := make([]error, len(changes))
	for i, c := range changes {
		errs[i] = c.err
	}
	return errs
}

func fail(changes []*tagChange, err error) {
	for _, c := range changes {
		c.err = err
	}
}

// settle looks whether lists stay as they are to be, until a time has passed, and for longer if others are seen to change them
// in that time. It returns those that do not.
func (r *remoteStore) settle(ctx context.Context, written []*tagChange, until time.Duration) (undone []*tagChange) {
	written, undone = r.watch(ctx, written, until)
	busy := slices.DeleteFunc(slices.Clone(written), func(c *tagChange) bool { return !c.changes })
	_, late := r.watch(ctx, busy, busySettling)
	return append(undone, late...)
}

// watch looks at lists, at once and several times until a time has passed, and tells which stay as they are to be and which do
// not. One that cannot be read has failed, and is neither.
func (r *remoteStore) watch(ctx context.Context, written []*tagChange, until time.Duration) (stay, undone []*tagChange) {
	stay = written
	_, err := stays(ctx, until, func() (bool, error) {
		var still []*tagChange
		for _, c := range stay {
			entries, err := r.listByTag(ctx, c.subject)
			c.changes = c.changes || c.last >= 0 && len(entries) != c.last
			c.last = len(entries)
			switch {
			case err != nil:
				c.err = err
			case c.done(entries):
				still = append(still, c)
			default:
				c.stands, undone = false, append(undone, c)
			}
		}
		stay = still
		return len(stay) > 0, nil
	})
	if err != nil { // the time ended
		fail(stay, err)
		return nil, undone
	}
	return stay, undone
}

// writeAgain writes a list, the first time or anew.
func (r *remoteStore) writeAgain(ctx context.Context, c *tagChange) error {
	if c.written && c.push != nil {
		if _, err := c.push(ctx); err != nil {
			return err
		}
	}
	err := r.writeTag(ctx, c.subject, c.change)
	c.written = c.written || err == nil
	return err
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
