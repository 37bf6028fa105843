package registry

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2/registry/remote/auth"
	"oras.land/oras-go/v2/registry/remote/errcode"
)

// ErrDeleteUnsupported says that the registry deletes nothing, by its nature or its configuration.
var ErrDeleteUnsupported = errors.New("the registry does not delete")

// headerSubject is the header by which a registry says that it has put a manifest on the list of its subject's referrers.
//
// Source: https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-manifests-with-subject
const headerSubject = "OCI-Subject"

// lock does nothing: a registry has no lock. See changeTags.
func (*remoteStore) lock(context.Context) (func(), error) { return func() {}, nil }

// pushBlob pushes a blob, unless the registry says that it has it. The upload goes where the registry says, as long as that
// is the registry itself: oras-go refuses another host.
func (r *remoteStore) pushBlob(ctx context.Context, desc ocispec.Descriptor, data []byte) error {
	// An odd answer to this question is no reason not to push: if there is one, the push meets it too.
	if there, err := r.Blobs().Exists(ctx, desc); err == nil && there {
		return nil
	}
	return r.pushFault(r.Blobs().Push(ctx, desc, bytes.NewReader(data)))
}

// pushFault tells an answer of the registry, among the errors of oras-go, from one of a token service.
func (r *remoteStore) pushFault(err error) error {
	var answer *errcode.ErrorResponse
	if !errors.As(err, &answer) || answer.URL == nil || !strings.HasPrefix(answer.URL.String(), r.base+"/") {
		return err
	}
	return statusCause(answer.StatusCode, "", firstMessage(answer.Errors), err)
}

// attach pushes the manifest, and lists it under the referrers tag unless the registry has both listed it by itself and an
// API to read that list with. Where there is an API, that is what readers ask, whatever stands under the tag: it must list it.
func (r *remoteStore) attach(ctx context.Context, subject, desc ocispec.Descriptor, manifest []byte) error {
	push := func(ctx context.Context) (http.Header, error) {
		return r.putManifest(ctx, desc.Digest.String(), desc.MediaType, manifest)
	}
	start := time.Now()
	header, err := push(ctx)
	if err != nil {
		return err
	}
	silent := header.Get(headerSubject) == ""
	if silent || r.noAPI {
		listed := func(entries []ocispec.Descriptor) bool { return lists(entries, desc.Digest) }
		// Who took it off the list may have deleted it: what is not there must not be listed again.
		change := &tagChange{subject: subject, change: listing(desc), done: listed, push: push}
		err := r.changeTags(ctx, change)[0]
		if err != nil && change.stands && r.noAPI {
			err = halfway(ctx, listedOnly, err)
		}
		if err != nil || r.noAPI {
			return err
		}
	}
	// There are registries that keep the list of referrers as clients keep that under the tag, and lose an entry where two come
	// at once. Then what is there already, pushed again, is listed again.
	for try := range maxTagChanges {
		seen := false
		listed, err := stays(ctx, settling(start, apiSettling), func() (bool, error) {
			entries, err := r.Predecessors(ctx, subject)
			seen = seen || lists(entries, desc.Digest)
			return lists(entries, desc.Digest), err
		})
		if err != nil && seen {
			err = halfway(ctx, listedOnly, err)
		}
		if listed || err != nil {
			return err
		}
		if err := sleep(ctx, undonePause(try)); err != nil {
			return err
		}
		start = time.Now()
		if _, err := push(ctx); err != nil {
			return err
		}
	}
	if silent {
		return broken("the registry has it, and its referrers API does not list it, so that no host would find it: it does not take note of subjects")
	}
	return &cause{kind: ErrConflict, words: "the registry has it, and does not list it among the referrers of its subject; look with list-specs, and try again"}
}

// putManifest pushes a manifest under a tag or its digest, and returns the header of the answer.
func (r *remoteStore) putManifest(ctx context.Context, ref, mediaType string, manifest []byte) (http.Header, error) {
	ctx = auth.AppendRepositoryScope(ctx, r.Reference, auth.ActionPull, auth.ActionPush)
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, r.base+"/manifests/"+ref, bytes.NewReader(manifest))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", mediaType)
	resp, err := r.Client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close() //nolint:errcheck // its status says it all
	if resp.StatusCode != http.StatusCreated {
		err := statusError(resp)
		if known, ok := errors.AsType[*cause](err); ok && resp.StatusCode < http.StatusMultipleChoices { // perhaps it is stored
			err = brokenBy(known, "%s, where 201 Created is what says that it is stored", known.words)
		}
		if passing(resp.StatusCode, false) {
			after, _ := retryAfter(resp.Header, time.Now()) // none is none
			err = &busyError{after, err}
		}
		return nil, err
	}
	want := digest.FromBytes(manifest)
	if got := resp.Header.Get("Docker-Content-Digest"); got != "" && got != want.String() {
		return nil, broken("the registry has stored it as %s", plain(got, maxExcerpt))
	}
	return resp.Header, nil
}

// detach takes artifacts off the lists under the referrers tags, where there are such, and then deletes their manifests. In this
// order, no reader ever finds an artifact listed that is not there. Each list is written once for all of its artifacts.
func (r *remoteStore) detach(ctx context.Context, artifacts []attachment) []error {
	errs, unlisted := r.unlist(ctx, artifacts)
	for i, a := range artifacts {
		if errs[i] == nil {
			errs[i] = r.deleteManifest(ctx, a.artifact.Digest)
		}
		if errs[i] != nil && unlisted[i] && r.noAPI {
			errs[i] = halfway(ctx, unlistedOnly, errs[i])
		}
	}
	return errs
}

// How far a change has come that did not come to its end.
const (
	listedOnly   = "it is listed; whether it stays was not awaited"
	unlistedOnly = "it is no longer listed, so that nobody finds it, and not deleted"
)

// halfway makes an [ErrHalfway] of why no more was done.
func halfway(ctx context.Context, done string, err error) error {
	err = classify(ctx, err)
	return &cause{kind: ErrHalfway, words: fmt.Sprintf("%s: %v", done, err), from: err}
}

// unlist takes artifacts off the lists under the referrers tags of their subjects. It tells why one could not be, or is not known to
// stay off, and which are off the lists that they were on.
func (r *remoteStore) unlist(ctx context.Context, artifacts []attachment) (errs []error, unlisted []bool) {
	errs, unlisted = make([]error, len(artifacts)), make([]bool, len(artifacts))
	of := map[digest.Digest][]int{} // the artifacts of a subject
	for i, a := range artifacts {
		of[a.subject.Digest] = append(of[a.subject.Digest], i)
	}
	var changes []*tagChange
	for i, a := range artifacts {
		if of[a.subject.Digest][0] != i {
			continue
		}
		entries, err := r.listByTag(ctx, a.subject)
		var listed []digest.Digest
		for _, j := range of[a.subject.Digest] {
			errs[j] = err
			if d := artifacts[j].artifact.Digest; lists(entries, d) {
				listed, unlisted[j] = append(listed, d), true
			}
		}
		if len(listed) > 0 {
			gone := func(entries []ocispec.Descriptor) bool { return !lists(entries, listed...) }
			changes = append(changes, &tagChange{subject: a.subject, change: unlisting(listed...), done: gone})
		}
	}
	for i, err := range r.changeTags(ctx, changes...) {
		for _, j := range of[changes[i].subject.Digest] {
			if unlisted[j] {
				errs[j], unlisted[j] = err, changes[i].stands
			}
		}
	}
	return errs, unlisted
}

// deleteManifest deletes a manifest by its digest. That it is not there is no error.
func (r *remoteStore) deleteManifest(ctx context.Context, d digest.Digest) error {
	ctx = auth.AppendRepositoryScope(ctx, r.Reference, auth.ActionPull, auth.ActionDelete)
	req, err := http.NewRequestWithContext(ctx, http.MethodDelete, r.base+"/manifests/"+d.String(), http.NoBody)
	if err != nil {
		return err
	}
	resp, err := r.Client.Do(req)
	if err != nil {
		return classify(ctx, err)
	}
	defer resp.Body.Close() //nolint:errcheck // its status says it all
	switch resp.StatusCode {
	case http.StatusAccepted, http.StatusOK, http.StatusNoContent, http.StatusNotFound:
		return nil
	}
	err = statusError(resp)
	if resp.StatusCode == http.StatusMethodNotAllowed || resp.StatusCode == http.StatusNotImplemented || saysUnsupported(resp.StatusCode, err) {
		return &cause{kind: ErrDeleteUnsupported, words: fmt.Sprintf("the registry does not delete artifacts, or is not configured to: %v", err), from: err}
	}
	return err
}
