package registry

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path"
	"slices"
	"time"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// layoutTarget is a layout in a directory, which can be written to.
type layoutTarget struct {
	*layoutStore
	root *os.Root
}

// lockPause is the time between two tries to lock a layout.
const lockPause = 10 * time.Millisecond

// lock keeps other writers of this package out of the layout, and reads its index.json anew. The lock is on the file
// oci-layout, which nobody replaces. Other programs do not know of it: see replaceIndex.
func (l layoutTarget) lock(ctx context.Context) (func(), error) {
	file, err := l.root.Open(ocispec.ImageLayoutFile)
	if err != nil {
		return nil, fileError(err)
	}
	unlock := func() { _ = file.Close() } // which gives the lock up
	for {
		held, err := lockFile(file)
		if held {
			l.sweep()
		}
		if held || err != nil { // some file systems have no locks
			break
		}
		if err := sleep(ctx, lockPause); err != nil {
			unlock()
			return nil, err
		}
	}
	l.referrers = nil
	if err := l.load(ctx); err != nil {
		unlock()
		return nil, err
	}
	return unlock, nil
}

// pushBlob writes a blob, unless it is there and whole.
func (l layoutTarget) pushBlob(ctx context.Context, desc ocispec.Descriptor, data []byte) error {
	if _, err := fetchAll(ctx, l, desc); err == nil {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	name := blobPath(desc.Digest)
	if err := l.root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return fileError(err)
	}
	return l.writeFile(name, data)
}

// attach writes the manifest of an artifact, and its entry in index.json: a layout has no other list of referrers.
func (l layoutTarget) attach(ctx context.Context, _, desc ocispec.Descriptor, manifest []byte) error {
	if err := l.pushBlob(ctx, desc, manifest); err != nil {
		return err
	}
	return l.changeIndex(ctx, listing(desc))
}

// detach removes artifacts one by one: a layout is locked.
func (l layoutTarget) detach(ctx context.Context, artifacts []attachment) []error {
	errs := make([]error, len(artifacts))
	for i, a := range artifacts {
		errs[i] = l.detachOne(ctx, a.subject, a.artifact)
	}
	return errs
}

// detachOne removes an artifact from index.json, or from an index there that lists it among the referrers of its subject, and
// then its manifest. Its payload stays, which other manifests may have too.
func (l layoutTarget) detachOne(ctx context.Context, subject, desc ocispec.Descriptor) error {
	tag := referrersTag(subject.Digest)
	for _, entry := range l.entries {
		if entry.Annotations[ocispec.AnnotationRefName] != tag || !isIndexType(entry.MediaType) {
			continue
		}
		if err := l.unlistBelow(ctx, entry, desc.Digest); err != nil {
			return err
		}
	}
	if err := l.changeIndex(ctx, unlisting(desc.Digest)); err != nil {
		return err
	}
	listed, err := l.Predecessors(ctx, subject)
	if err != nil {
		return err
	}
	if lists(listed, desc.Digest) {
		return broken("an index of the layout lists it that is not the list of its subject's referrers")
	}
	if err := l.root.Remove(blobPath(desc.Digest)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fileError(err)
	}
	return nil
}

// unlistBelow replaces an index that stands in index.json by one without an entry.
func (l layoutTarget) unlistBelow(ctx context.Context, index ocispec.Descriptor, d digest.Digest) error {
	data, err := fetchAll(ctx, l, index)
	if err != nil {
		return err
	}
	changed, err := editIndex(data, unlisting(d))
	if err != nil || bytes.Equal(changed, data) {
		return err
	}
	next := index
	next.MediaType, next.Digest, next.Size = ocispec.MediaTypeImageIndex, digest.FromBytes(changed), int64(len(changed))
	if err := l.pushBlob(ctx, next, changed); err != nil {
		return err
	}
	return l.changeIndex(ctx, func(entries []json.RawMessage) ([]json.RawMessage, error) {
		entry, err := encode(next)
		if at := slices.IndexFunc(entries, entryOf(index.Digest)); at >= 0 {
			entries[at] = entry
		}
		return entries, err
	})
}

// changeIndex changes index.json, and starts again if it has been changed by another program in the meantime.
func (l layoutTarget) changeIndex(ctx context.Context, change func([]json.RawMessage) ([]json.RawMessage, error)) error {
	for range maxTagChanges {
		before, err := l.readIndex(ctx)
		if err != nil {
			return err
		}
		if endsEarly(before) {
			return &cause{kind: ErrConflict, words: "its file " + ocispec.ImageIndexFile + " ends too early: another program is writing it, or has not written all of it"}
		}
		after, err := editIndex(before, change)
		if err != nil {
			return err
		}
		if _, err := decodeDocument(ocispec.MediaTypeImageIndex, after); err != nil {
			return brokenBy(err, "its file %s would not be one: %v", ocispec.ImageIndexFile, err)
		}
		replaced, err := l.replaceIndex(before, after)
		if err != nil {
			return err
		}
		if replaced {
			l.referrers = nil
			return l.load(ctx)
		}
		if err := sleep(ctx, lockPause); err != nil {
			return err
		}
	}
	return &cause{kind: ErrConflict, words: "another program keeps changing its file " + ocispec.ImageIndexFile + "; try again"}
}

// replaceIndex replaces index.json, and tells whether it did, which it does not if the file is no longer what it was.
func (l layoutTarget) replaceIndex(before, after []byte) (bool, error) {
	now, err := l.read(ocispec.ImageIndexFile)
	if err != nil || !bytes.Equal(now, before) {
		return false, err
	}
	name, err := l.follow(ocispec.ImageIndexFile)
	if err != nil {
		return false, fileError(err)
	}
	return true, l.writeFile(name, after)
}
