package registry

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2/content"
)

// cachedStore is a repository of a registry, with a cache before it. What has a digest is asked for once. What a tag
// stands for, and what refers to a manifest, is asked for each time, and kept for those who are offline.
type cachedStore struct {
	*remoteStore
	cache   *cache
	place   string // the repository of its answers
	offline bool

	mu      sync.Mutex
	asOf    time.Time // of the oldest answer that was given offline
	listed  string    // how the referrers were listed, offline
	left    int       // see unlisted
	assumed string    // a digest that was not asked for, as the registry had it once
}

// source returns where an image in a registry is read from.
func (c *Client) source(where location) store {
	remote := c.remote(where)
	if c.CacheDir == "" && !c.Offline {
		return remote
	}
	s := &cachedStore{remoteStore: remote, place: remote.base, offline: c.Offline}
	if c.HTTPClient == nil && !c.PlainHTTP && c.TLS != nil && c.TLS.Insecure {
		s.place = "insecure+" + remote.base
	}
	if c.CacheDir != "" {
		s.cache = &cache{dir: filepath.Join(c.CacheDir, cacheVersion)}
	}
	return s
}

func (s *cachedStore) via() string {
	if s.offline {
		return s.listed
	}
	return s.remoteStore.via()
}

// maxAhead is how far an answer may be dated in the future: clocks of machines that share a cache differ.
const maxAhead = time.Minute

// recall returns an answer of the registry from the cache, and notes how old it is.
func (s *cachedStore) recall(question answer) (*answer, error) {
	if s.cache == nil {
		return nil, &cause{kind: ErrNotCached, words: "there is no cache to answer from, and no registry is asked (--offline)"}
	}
	question.Repository = s.place
	a, ok := s.cache.answered(question)
	if !ok {
		return nil, s.notCached()
	}
	if time.Until(a.At) > maxAhead { // nobody can tell how old it is
		return nil, &cause{kind: ErrNotCached, words: fmt.Sprintf("what is in the cache %s is dated in the future, %s, and no registry is asked (--offline)",
			plain(filepath.Dir(s.cache.dir), maxExcerpt), a.At.UTC().Format(time.RFC3339))}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.asOf.IsZero() || a.At.Before(s.asOf) {
		s.asOf = a.At
	}
	return a, nil
}

func (s *cachedStore) notCached() error {
	return &cause{kind: ErrNotCached, words: "not in the cache " + plain(filepath.Dir(s.cache.dir), maxExcerpt) + ", and no registry is asked (--offline)"}
}

// Resolve resolves a tag by asking the registry. A digest that this registry has had once is what it is.
func (s *cachedStore) Resolve(ctx context.Context, ref string) (ocispec.Descriptor, error) {
	if s.offline {
		a, err := s.recall(answer{Reference: ref})
		if err != nil {
			return ocispec.Descriptor{}, err
		}
		return *a.Descriptor, nil
	}
	if digest.Digest(ref).Validate() == nil {
		a, ok := s.cache.answered(answer{Repository: s.place, Reference: ref})
		if ok && a.Descriptor.Digest.String() == ref {
			if _, ok := s.cache.blob(*a.Descriptor); ok {
				s.assumed = ref
				return *a.Descriptor, nil
			}
		}
	}
	return s.ask(ctx, ref)
}

// ask resolves a reference by asking the registry, whatever is in the cache.
func (s *cachedStore) ask(ctx context.Context, ref string) (ocispec.Descriptor, error) {
	if s.offline {
		return s.Resolve(ctx, ref)
	}
	desc, err := s.remoteStore.Resolve(ctx, ref)
	if err != nil {
		return ocispec.Descriptor{}, err
	}
	if data, ok := s.kept(desc.Digest); ok {
		if _, there := s.cache.blob(desc); !there {
			s.cache.keepBlob(desc, data)
		}
	}
	s.keepResolved(desc, slices.Compact([]string{ref, desc.Digest.String()})...)
	return desc, nil
}

// keepResolved keeps what references resolved to.
func (s *cachedStore) keepResolved(desc ocispec.Descriptor, refs ...string) {
	resolved := ocispec.Descriptor{MediaType: desc.MediaType, Digest: desc.Digest, Size: desc.Size}
	for _, ref := range refs {
		s.cache.keepAnswer(answer{Repository: s.place, Reference: ref, At: now(), Descriptor: &resolved})
	}
}

// now is the time of an answer.
func now() time.Time { return time.Now().UTC().Truncate(time.Second) }

// confirm asks the registry for what it was assumed to have: of an image that it no longer has, it says truly that
// nothing refers to it, and that is no answer.
func (s *cachedStore) confirm(ctx context.Context) error {
	if s.assumed == "" {
		return nil
	}
	_, err := s.ask(ctx, s.assumed)
	return err
}

// Fetch takes from the cache what is there, and keeps what is not.
func (s *cachedStore) Fetch(ctx context.Context, desc ocispec.Descriptor) (io.ReadCloser, error) {
	if s.cache == nil {
		_, err := s.recall(answer{})
		return nil, err
	}
	if data, ok := s.cache.blob(desc); ok {
		return io.NopCloser(bytes.NewReader(data)), nil
	}
	if s.offline {
		return nil, s.notCached()
	}
	data, err := s.download(ctx, desc)
	if err != nil {
		return nil, err
	}
	s.cache.keepBlob(desc, data)
	if isImageType(desc.MediaType) || isIndexType(desc.MediaType) { // it may be asked for by its digest, offline
		s.keepResolved(desc, desc.Digest.String())
	}
	return io.NopCloser(bytes.NewReader(data)), nil
}

// download fetches from the registry, and verifies.
func (s *cachedStore) download(ctx context.Context, desc ocispec.Descriptor) ([]byte, error) {
	if err := checkDescriptor(desc); err != nil {
		return nil, err
	}
	rc, err := s.remoteStore.Fetch(ctx, desc)
	if err != nil {
		return nil, err
	}
	defer rc.Close() //nolint:errcheck // it was read, or an error is returned
	return content.ReadAll(rc, desc)
}

// Exists tells whether something is in the cache, or else in the registry.
func (s *cachedStore) Exists(ctx context.Context, desc ocispec.Descriptor) (bool, error) {
	if s.cache != nil {
		if _, ok := s.cache.blob(desc); ok {
			return true, nil
		}
	}
	if s.offline {
		return false, nil
	}
	return s.remoteStore.Exists(ctx, desc)
}

// Predecessors lists the referrers of a manifest by asking the registry. Of the answer only what may be a compatibility
// artifact is kept, and no more of it than is used.
func (s *cachedStore) Predecessors(ctx context.Context, subject ocispec.Descriptor) ([]ocispec.Descriptor, error) {
	if s.offline {
		a, err := s.recall(answer{Subject: subject.Digest.String()})
		if err != nil {
			return nil, err
		}
		s.listed, s.left = a.Via, a.Left
		return a.Referrers.list, nil
	}
	all, err := s.remoteStore.Predecessors(ctx, subject)
	if err != nil {
		return nil, err
	}
	if ours, others := partition(all); len(ours) <= maxOurs { // else it is no answer
		looked := min(len(others), maxOthers)
		s.cache.keepAnswer(answer{
			Repository: s.place, Subject: subject.Digest.String(), At: now(), Via: s.remoteStore.via(),
			Referrers: descriptors{list: slim(slices.Concat(ours, others[:looked])), there: true}, Left: len(others) - looked,
		})
	}
	return all, nil
}

// unlisted is how many referrers that would not be looked at are left out of the last list.
func (s *cachedStore) unlisted() int { return s.left }

// slim leaves of each descriptor what the search for an artifact goes by.
func slim(all []ocispec.Descriptor) []ocispec.Descriptor {
	for i, d := range all {
		all[i] = ocispec.Descriptor{MediaType: d.MediaType, ArtifactType: d.ArtifactType, Digest: d.Digest, Size: d.Size}
		if created := d.Annotations[ocispec.AnnotationCreated]; created != "" {
			all[i].Annotations = map[string]string{ocispec.AnnotationCreated: created}
		}
	}
	return all
}

// settle tells what there is to tell of the cache.
func (s *cachedStore) settle(ctx context.Context, image *Image) {
	image.CachedAt = s.asOf
	if s.cache != nil {
		image.CacheFault = s.cache.settle(ctx)
	}
}
