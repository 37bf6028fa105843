package registry

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"time"

	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/specs-go"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2/content"
	"oras.land/oras-go/v2/errdef"

	"github.com/nfd-compat/nfd-compat/pkg/spec"
)

// AnnotationTool is the annotation of an artifact that says which program attached it: the Client's UserAgent.
const AnnotationTool = "io.github.nfd-compat.tool"

// maxInline is the size, in bytes, of the largest payload that rides along in its layer's descriptor as well, so that who
// reads the manifest has it. In base64 it is 11 KiB: no registry takes so little.
const maxInline = 8 << 10

// ErrConflict says that others changed the same list of referrers over and over, so that ours would have been lost or would
// have undone theirs. To try again later is safe.
var ErrConflict = errors.New("changed by others at the same time")

// ErrHalfway says that a change was made in part, and why no more of it: what is attached is listed, and whether it stays so was not
// awaited; or, in a registry without the referrers API, what was to be removed is no longer listed, and not deleted.
var ErrHalfway = errors.New("done in part")

// ErrWrongPlatform says that the image does not run on the platform that was asked for.
var ErrWrongPlatform = errors.New("not for the platform")

// ErrUnexamined says that other artifacts were to be replaced, and that not all referrers that might be such were looked at, as
// [Attached].Unexamined counts them: nobody knows what to replace. Nothing was changed.
var ErrUnexamined = errors.New("not all referrers were looked at")

// AttachRequest says what is to be attached to which image.
type AttachRequest struct {
	// Reference is that of the image, as in [Request]. What is attached to must be there already.
	Reference string
	// Platform attaches to the manifest for that platform. If nil, what the reference names is attached to: the index
	// itself, if it is one, which speaks for all of its images.
	Platform *ocispec.Platform
	// Payload is the spec's text, at most 4 MiB. It is written as it is: whether it is a spec is for the caller to know.
	Payload []byte
	// Title is a file name for the payload, for tools that unpack the artifact; "spec.yaml" if empty.
	Title string
	// Created is the time of the artifact; now, if zero. If it is not later than that of the artifact that would be selected
	// now, the time written is one second after that instead, so that what is attached is what is selected.
	Created time.Time
	// Replace removes the other compatibility artifacts of the subject, once the new one is there, and entries of its list of
	// referrers that say they are such and are not there.
	Replace bool
}

// Attached is what Attach has done.
type Attached struct {
	// Reference is the normalised reference.
	Reference string
	// Image is what the reference names.
	Image ocispec.Descriptor
	// Subject is the manifest or index that the artifact is attached to.
	Subject ocispec.Descriptor
	// Artifact is the manifest of the artifact that is selected from now on.
	Artifact ocispec.Descriptor
	// Created is its time, in UTC. Zero if it was there and is undated.
	Created time.Time
	// Unchanged says that the very same payload was the one that would have been selected, so that nothing was attached.
	Unchanged bool
	// Removed are the artifacts that Replace has removed, newest first.
	Removed []digest.Digest
	// Left are those that Replace could not remove, and why.
	Left []Left
	// Unexamined is that of [Image]: so many referrers might be compatibility artifacts that are newer than this one, or have its
	// very payload.
	Unexamined int
}

// Left is an artifact that could not be removed.
type Left struct {
	// Artifact is the digest of its manifest.
	Artifact digest.Digest
	// Err is an *[Error], and matches [ErrDeleteUnsupported] if the registry or its configuration has no deletion.
	Err error
	// Unlisted says that it is off the list under the referrers tag, so that nobody finds it, and that only its manifest is
	// still there.
	Unlisted bool
}

// Attach attaches a spec to an image: it pushes the payload, and then an artifact manifest whose subject is the image. If it
// fails in between, nothing of it is to be seen.
//
// It does nothing if the newest artifact of the subject has the very same payload. In a registry without the referrers API,
// the list under the referrers tag is kept, with all that others have in it; that the list still has ours is looked at for
// a moment, since such registries have no way to change it that two clients at once could not get wrong. A client that is slower
// than that moment can still undo it: [Client.List] shows. A layout is locked against other writers of this package.
//
// The errors are those of [Client.Fetch], [ErrWrongPlatform], [ErrConflict], [ErrUnexamined] and [ErrHalfway]. That artifacts could not be removed is no
// error: see [Attached].Left. On an error the result is nil.
func (c *Client) Attach(ctx context.Context, req AttachRequest) (*Attached, error) {
	var attached *Attached
	_, err := c.open(ctx, Request{Reference: req.Reference}, func(f *fetch, ctx context.Context, _ *ocispec.Platform) error {
		return f.writing(ctx, func(to target) error {
			var err error
			attached, err = f.attach(ctx, to, req, c.agent())
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	return attached, nil
}

// agent is what the client calls itself.
func (c *Client) agent() string { return cmp.Or(c.UserAgent, "nfd-compat") }

// target is a store that can be written to.
type target interface {
	store
	// lock keeps other writers away, as far as the store can, until unlock is called, and reads anew what they wrote before.
	lock(ctx context.Context) (unlock func(), err error)
	// pushBlob pushes a blob. That it is there already is no error.
	pushBlob(ctx context.Context, desc ocispec.Descriptor, data []byte) error
	// attach pushes the manifest of an artifact and sees to it that it is listed among the referrers of its subject.
	attach(ctx context.Context, subject, desc ocispec.Descriptor, manifest []byte) error
	// detach takes artifacts off the referrers of their subjects and deletes their manifests. The errors are those of the
	// artifacts, nil for each that is removed. That it was not there is no error.
	detach(ctx context.Context, artifacts []attachment) []error
}

// An attachment is an artifact and what it is attached to.
type attachment struct{ subject, artifact ocispec.Descriptor }

// writing calls do with the store that f reads, locked. A cache does not stand before it: who writes has to know what is there.
func (f *fetch) writing(ctx context.Context, do func(target) error) error {
	to, err := f.target()
	if err != nil {
		return f.fail(ctx, "write to", "", err)
	}
	f.from = to
	unlock, err := to.lock(ctx)
	if err != nil {
		return f.fail(ctx, "lock", "", err)
	}
	defer unlock()
	return do(to)
}

// target returns where to write.
func (f *fetch) target() (target, error) {
	switch from := f.from.(type) {
	case *remoteStore:
		return from, nil
	case *cachedStore:
		if from.offline {
			return nil, &cause{kind: ErrNotCached, words: "nothing can be written where no registry is asked (--offline)"}
		}
		return from.remoteStore, nil
	case *layoutStore:
		if dir, ok := from.files.(directory); ok {
			return layoutTarget{from, dir.Root}, nil
		}
	}
	return nil, &cause{kind: ErrReference, words: "an archive can only be read: unpack it with tar, and use oci:DIR"}
}

// subject resolves the reference, and finds the manifest for the platform if one is asked for.
func (f *fetch) subject(ctx context.Context, platform *ocispec.Platform) (ocispec.Descriptor, error) {
	if platform == nil { // the configs of images say nothing that matters here
		f.image.Reference = f.where.String()
		desc, err := f.from.Resolve(ctx, f.where.object())
		if err != nil {
			return desc, f.fail(ctx, "resolve", "", err)
		}
		f.image.Descriptor = desc
		return desc, nil
	}
	if err := f.locate(ctx, platform); err != nil {
		return ocispec.Descriptor{}, err
	}
	if f.image.WrongPlatform != "" {
		return ocispec.Descriptor{}, f.fail(ctx, "choose a manifest of", f.image.Descriptor.Digest, &cause{kind: ErrWrongPlatform, words: f.image.WrongPlatform})
	}
	if f.image.Manifest == nil {
		return f.image.Descriptor, nil
	}
	return *f.image.Manifest, nil
}

func (f *fetch) attach(ctx context.Context, to target, req AttachRequest, agent string) (*Attached, error) {
	subject, err := f.subject(ctx, req.Platform)
	if err != nil {
		return nil, err
	}
	if len(req.Payload) > maxBytes {
		return nil, f.fail(ctx, "attach to", subject.Digest, &cause{kind: ErrPayload, words: "a spec has at most 4 MiB, and this is larger"})
	}
	f.mends = req.Replace
	found, err := f.candidates(ctx, subject)
	if err != nil {
		return nil, err
	}
	if req.Replace && f.image.Unexamined > 0 {
		return nil, f.fail(ctx, "replace artifacts of", subject.Digest, &cause{kind: ErrUnexamined, words: fmt.Sprintf(
			"not all of its referrers were looked at (%d were not), so which of them are to be replaced is not known; nothing was changed, and attach-spec without --replace attaches all the same",
			f.image.Unexamined)})
	}
	done := &Attached{Reference: f.image.Reference, Image: f.image.Descriptor, Subject: subject, Unexamined: f.image.Unexamined}
	if len(found) > 0 {
		if done.Unchanged, err = f.holds(ctx, found[0], req.Payload); err != nil {
			return nil, err
		}
	}
	older := found
	if done.Unchanged {
		done.Artifact, done.Created, older = found[0].desc, found[0].created, found[1:]
	} else if err := f.push(ctx, to, req, agent, found, done); err != nil {
		return nil, err
	}
	if !req.Replace {
		return done, nil
	}
	for _, d := range f.gone {
		older = append(older, candidate{desc: d})
	}
	var replaced []attachment
	for _, c := range older {
		if c.desc.Digest != done.Artifact.Digest {
			replaced = append(replaced, attachment{subject, c.desc})
		}
	}
	for i, err := range to.detach(ctx, replaced) {
		d := replaced[i].artifact.Digest
		if err != nil {
			done.Left = append(done.Left, leftBy(d, f.fail(ctx, "remove", d, err)))
			continue
		}
		done.Removed = append(done.Removed, d)
	}
	return done, nil
}

// holds tells whether an artifact has a payload, as we write it. One that cannot be read for what it is does not: what is
// attached then mends it.
func (f *fetch) holds(ctx context.Context, c candidate, payload []byte) (bool, error) {
	layer, err := payloadLayer(c.doc)
	if err != nil || c.desc.ArtifactType != spec.ArtifactType || layer.MediaType != spec.MediaTypeYAML || layer.Size != int64(len(payload)) {
		return false, nil //nolint:nilerr // the artifact is another
	}
	data, err := fetchAll(ctx, f.from, layer)
	switch {
	case errors.Is(err, errdef.ErrNotFound):
		return false, nil
	case err != nil:
		return false, f.fail(ctx, "fetch payload", layer.Digest, err)
	}
	return slices.Equal(data, payload), nil
}

// push pushes the artifact, and tells in done what it is.
func (f *fetch) push(ctx context.Context, to target, req AttachRequest, agent string, found []candidate, done *Attached) error {
	var err error
	wanted := req.Created
	if wanted.IsZero() {
		wanted = time.Now()
	}
	if done.Created, err = later(wanted, found); err != nil {
		return f.fail(ctx, "attach to", done.Subject.Digest, err)
	}
	layer := content.NewDescriptorFromBytes(spec.MediaTypeYAML, req.Payload)
	manifest, err := encode(artifactManifest(done.Subject, layer, req, done.Created, agent))
	if err != nil {
		return f.fail(ctx, "attach to", done.Subject.Digest, err)
	}
	for _, blob := range []struct {
		desc ocispec.Descriptor
		data []byte
	}{
		{ocispec.Descriptor{MediaType: ocispec.MediaTypeEmptyJSON, Digest: ocispec.DescriptorEmptyJSON.Digest, Size: ocispec.DescriptorEmptyJSON.Size}, ocispec.DescriptorEmptyJSON.Data},
		{layer, req.Payload},
	} {
		if err := to.pushBlob(ctx, blob.desc, blob.data); err != nil {
			return f.fail(ctx, "push blob", blob.desc.Digest, err)
		}
	}
	done.Artifact = content.NewDescriptorFromBytes(ocispec.MediaTypeImageManifest, manifest)
	done.Artifact.ArtifactType = spec.ArtifactType
	done.Artifact.Annotations = artifactAnnotations(done.Created, agent)
	if err := to.attach(ctx, done.Subject, done.Artifact, manifest); err != nil {
		return f.fail(ctx, "push artifact", done.Artifact.Digest, err)
	}
	return nil
}

// later returns the time to write, in whole seconds: the one that is wanted, or, if that would not make the artifact the
// newest, the first that does.
func later(wanted time.Time, found []candidate) (time.Time, error) {
	wanted = wanted.UTC().Truncate(time.Second)
	if len(found) > 0 && !wanted.After(found[0].created) {
		wanted = found[0].created.Truncate(time.Second).Add(time.Second)
	}
	year := wanted.Year()
	if year >= 0 && year <= 9999 { // which is what RFC 3339 can say
		return wanted, nil
	}
	words := fmt.Sprintf("the artifact would be dated in the year %d, which cannot be written", year)
	if len(found) > 0 && found[0].created.Year() >= 9999 {
		words += fmt.Sprintf(": the newest one, %s, is dated %s, after which nothing can come; remove-spec --artifact with its digest removes it",
			found[0].desc.Digest, found[0].created.Format(time.RFC3339))
	}
	return time.Time{}, broken("%s", words)
}

// artifactManifest is the manifest of an artifact, by the image specification's guidelines for artifacts.
//
// Source: https://github.com/opencontainers/image-spec/blob/v1.1.1/manifest.md#guidelines-for-artifact-usage
func artifactManifest(subject, layer ocispec.Descriptor, req AttachRequest, created time.Time, agent string) ocispec.Manifest {
	layer.Annotations = map[string]string{ocispec.AnnotationTitle: plain(path.Base(cmp.Or(req.Title, "spec.yaml")), maxExcerpt)}
	if len(req.Payload) <= maxInline {
		layer.Data = req.Payload
	}
	return ocispec.Manifest{
		Versioned:    specs.Versioned{SchemaVersion: 2},
		MediaType:    ocispec.MediaTypeImageManifest,
		ArtifactType: spec.ArtifactType,
		Config:       ocispec.DescriptorEmptyJSON,
		Layers:       []ocispec.Descriptor{layer},
		Subject:      &ocispec.Descriptor{MediaType: subject.MediaType, Digest: subject.Digest, Size: subject.Size},
		Annotations:  artifactAnnotations(created, agent),
	}
}

func artifactAnnotations(created time.Time, agent string) map[string]string {
	return map[string]string{ocispec.AnnotationCreated: created.Format(time.RFC3339), AnnotationTool: agent}
}
