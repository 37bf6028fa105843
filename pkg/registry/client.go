package registry

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2/content"
)

// Client fetches compatibility artifacts. The zero value speaks HTTPS and has no credentials. A Client is safe for
// concurrent use and keeps connections and tokens for later calls; it must not be copied after its first use.
type Client struct {
	// PlainHTTP speaks HTTP instead of HTTPS.
	PlainHTTP bool
	// Credentials are what to log in with. The zero value is none.
	Credentials Credentials
	// TLS is whom to trust, and who we are. Nil trusts the system's certificate authorities. It is of no use with an
	// HTTPClient.
	TLS *TLS
	// HTTPClient sends the requests. If nil, one of our own does: through the proxy that the environment names, with bounds
	// on the time for connecting, for the TLS handshake and from one byte of an answer to the next, and with two retries
	// when the connection is refused or breaks, or a registry answers 408, 429, 500, 502, 503 or 504. The time for all of a
	// Fetch is bounded by its context alone.
	HTTPClient *http.Client
	// UserAgent is the User-Agent header; "nfd-compat" if empty.
	UserAgent string
	// CacheDir is the directory of a cache, which processes may share: it is made if it is not there, it bounds itself, and
	// only the user can read it. Manifests, configs and payloads are then asked for once. Nothing is kept if it is empty.
	CacheDir string
	// Offline asks no registry, and answers from the cache as the registry did when it was asked last: see
	// [Image].CachedAt. What is not there is an [ErrNotCached].
	Offline bool

	once     sync.Once
	http     *http.Client
	mu       sync.Mutex
	sessions map[string]*session // by repository
}

// Request says which image, and for which platform.
type Request struct {
	// Reference is the image reference as the user wrote it: docker://NAME or NAME for a registry, with Docker's short
	// names (nginx is docker.io/library/nginx:latest), oci:DIR[:TAG|@DIGEST] for an OCI layout directory, or
	// oci-archive:FILE[:TAG|@DIGEST] for a tar archive of one, which may be compressed with gzip.
	Reference string
	// Platform is the platform to judge for. If nil, the platform is not known: an image is taken as it is, and of an
	// index its own artifact, unless an image of the index has another.
	Platform *ocispec.Platform
	// Own asks, without a Platform, for the artifact of the very manifest or index that the reference names, whatever the
	// images of an index have.
	Own bool
	// Artifact is the digest of a certain artifact to take, instead of the newest: one whose subject is the image, the index
	// that the image is in, or, if the platform is not known, an image of the index. Everything else that the digest may
	// stand for is an [ErrNotFound]. The newest if it is empty.
	Artifact string
	// VariantUnknown says that the variant of Platform is not known, where it has none: whether an image for another
	// variant runs is then uncertain; see [Image].Uncertain.
	VariantUnknown bool
}

// Image is what an image reference stands for.
type Image struct {
	// Reference is the normalised reference.
	Reference string
	// Descriptor is what the reference resolved to: a manifest or an index.
	Descriptor ocispec.Descriptor
	// Manifest is the manifest for the platform. Nil if an index has none for it, or no platform was asked for.
	Manifest *ocispec.Descriptor
	// Platform is that of Manifest, from the index or from the image's config. Nil where it is not known: for an artifact
	// that is no runnable image.
	Platform *ocispec.Platform
	// Offered are the platforms that an index offers, in its order.
	Offered []ocispec.Platform
	// WrongPlatform is empty if the image runs on the platform that was asked for, and otherwise says in one sentence why
	// not. Then Artifact is nil, as none was looked for.
	WrongPlatform string
	// Uncertain is empty, or says in one sentence why it is not known whether the image runs on the platform. Then
	// Artifact is nil, as none was looked for.
	Uncertain string
	// Artifact is the compatibility artifact. Nil if the registry listed the image's referrers and there is none.
	Artifact *Artifact
	// Config is the image's own, which [Client.Config] reads; nil from Fetch, and for an artifact that is no runnable image.
	Config *Config
	// Unexamined is the number of listed referrers that might be compatibility artifacts and were not looked at, since
	// there are more than 32 or they could not be had. With a nil Artifact it says that "there is none" is not certain.
	Unexamined int
	// CachedAt is, with [Client].Offline, when the registry gave the oldest of the answers that were taken from the cache.
	// Zero if the registry was asked now, and for a layout.
	CachedAt time.Time
	// CacheFault says why something could not be kept in the cache. It has no part in the answer.
	CacheFault error
}

// Artifact is a compatibility artifact.
type Artifact struct {
	// Descriptor is that of the artifact's manifest.
	Descriptor ocispec.Descriptor
	// Subject is the image manifest or index that the artifact refers to.
	Subject ocispec.Descriptor
	// Created is the time in the annotation org.opencontainers.image.created, in UTC. Zero if undated.
	Created time.Time
	// Via says how the artifact was found: ViaReferrersAPI, ViaReferrersTag, ViaLayout, ViaArchive or ViaDigest.
	Via string
	// PassedOver are the other compatibility artifacts of the subject, newest first. Nobody looks for them with ViaDigest.
	PassedOver []ocispec.Descriptor
	// MediaType is that of the payload.
	MediaType string
	// Payload is the spec's text, at most 4 MiB. Its digest has been verified.
	Payload []byte
}

// How an artifact was found.
const (
	// ViaReferrersAPI is the registry's list of referrers.
	ViaReferrersAPI = "referrers-api"
	// ViaReferrersTag is the referrers tag schema, which stands in for the API in registries without it.
	ViaReferrersTag = "referrers-tag"
	// ViaLayout is an OCI layout directory.
	ViaLayout = "oci-layout"
	// ViaArchive is an archive of an OCI layout.
	ViaArchive = "oci-archive"
	// ViaDigest is the digest of [Request].Artifact.
	ViaDigest = "digest"
)

// store is a registry's repository or an OCI layout.
type store interface {
	// What oras-go calls a read-only graph target, by its parts: the package that has the name for it compiles its regular
	// expressions whenever the program starts.
	content.ReadOnlyGraphStorage
	content.Resolver
	// ask resolves as Resolve does, and takes nothing for the answer that is not one of now.
	ask(ctx context.Context, ref string) (ocispec.Descriptor, error)
	// via says how the last call of Predecessors found its answer.
	via() string
	// unlisted is how many of the referrers that would not be looked at its answer left out.
	unlisted() int
}

// Fetch resolves an image reference and fetches the image's compatibility artifact.
//
// An image that does not run on the platform, and one that has no artifact, are results and not errors: see
// [Image].WrongPlatform and [Image].Artifact. An error is one of the package's sentinels, in an *[Error] but for
// [ErrReference], or matches context.Canceled. On an error the result is nil.
func (c *Client) Fetch(ctx context.Context, req Request) (*Image, error) {
	return c.open(ctx, req, (*fetch).run)
}

// open opens the registry or layout and does something there, which fills the image.
func (c *Client) open(ctx context.Context, req Request, do func(*fetch, context.Context, *ocispec.Platform) error) (*Image, error) {
	where, err := parseReference(req.Reference)
	if err != nil {
		return nil, err
	}
	wanted, err := parseArtifact(req.Artifact)
	if err != nil {
		return nil, err
	}
	f := &fetch{where: where, wanted: wanted, variantUnknown: req.VariantUnknown, own: req.Own}
	if where.registry != "" {
		f.session = c.session(where)
		f.from = c.source(where)
	} else {
		layout, err := openLayout(ctx, where)
		if err != nil {
			return nil, f.fail(ctx, "open", "", err)
		}
		defer layout.close()
		f.from = layout
	}
	if err := do(f, ctx, req.Platform); err != nil {
		return nil, err
	}
	if cached, ok := f.from.(*cachedStore); ok {
		cached.settle(ctx, &f.image)
	}
	return &f.image, nil
}

// fetch is one call of Fetch.
type fetch struct {
	where location
	from  store
	image Image
	// session is that of the registry; nil for a layout.
	session *session
	// wanted is the digest of the artifact that the request names.
	wanted digest.Digest
	// leaves are the runnable images of an index, with their platforms; entries are all its images and indexes.
	leaves  []ocispec.Descriptor
	entries map[digest.Digest]bool
	// variantUnknown and own are those of the request.
	variantUnknown, own bool
	// mends says that what is listed as ours and is not there is to be removed: it is kept in gone, and is no error.
	mends bool
	gone  []ocispec.Descriptor
	// others are, of subjects that have artifacts, the referrers whose type says nothing.
	others map[digest.Digest][]ocispec.Descriptor
}

// resolve finds out what the reference stands for.
func (f *fetch) resolve(ctx context.Context) error {
	f.image.Reference = f.where.String()
	desc, err := f.from.Resolve(ctx, f.where.object())
	if err != nil {
		return f.fail(ctx, "resolve", "", err)
	}
	f.image.Descriptor = desc
	return nil
}

// locate resolves the reference and finds the manifest for the platform.
func (f *fetch) locate(ctx context.Context, want *ocispec.Platform) error {
	if err := f.resolve(ctx); err != nil {
		return err
	}
	if isIndexType(f.image.Descriptor.MediaType) {
		return f.choose(ctx, want)
	}
	return f.inspect(ctx, want)
}

// run fills f.image, the artifact included.
func (f *fetch) run(ctx context.Context, want *ocispec.Platform) error {
	if err := f.resolve(ctx); err != nil {
		return err
	}
	find := f.ofImage
	if isIndexType(f.image.Descriptor.MediaType) {
		find = f.ofIndex
	}
	if err := find(ctx, want); err != nil || f.misfit() || f.image.Artifact != nil {
		return err
	}
	if cached, ok := f.from.(*cachedStore); ok {
		if err := cached.confirm(ctx); err != nil {
			return f.fail(ctx, "resolve", f.image.Descriptor.Digest, err)
		}
	}
	return nil
}

// misfit says that the platform decides, so that nothing else is of interest.
func (f *fetch) misfit() bool { return f.image.WrongPlatform != "" || f.image.Uncertain != "" }

// ofImage reads the platform of an image that stands alone and, beside it, the list of its referrers, or the artifact that
// is named. The platform comes first all the same: it decides over whatever the other is, and an error of the config over
// one of the other.
func (f *fetch) ofImage(ctx context.Context, want *ocispec.Platform) error {
	if f.wanted != "" {
		named := beside(ctx, f.named)
		if err := f.inspect(ctx, want); err != nil || f.misfit() {
			named.cancel()
			return err
		}
		c, err := named.wait()
		if err != nil {
			return err
		}
		return f.take(ctx, want, c)
	}
	subject := f.image.Descriptor
	list := beside(ctx, func(ctx context.Context) ([]ocispec.Descriptor, error) { return f.from.Predecessors(ctx, subject) })
	if err := f.inspect(ctx, want); err != nil || f.misfit() {
		list.cancel()
		return err
	}
	listed, err := list.wait()
	if err != nil {
		return f.fail(ctx, "list referrers of", subject.Digest, err)
	}
	f.image.Artifact, err = f.newest(ctx, subject, listed)
	return err
}

// ofIndex finds the artifact of the manifest for the platform, or else that of the index.
func (f *fetch) ofIndex(ctx context.Context, want *ocispec.Platform) error {
	if err := f.choose(ctx, want); err != nil || f.misfit() {
		return err
	}
	if f.wanted != "" {
		c, err := f.named(ctx)
		if err != nil {
			return err
		}
		return f.take(ctx, want, c)
	}
	subjects := []ocispec.Descriptor{f.image.Descriptor}
	if m := f.image.Manifest; m != nil {
		subjects = []ocispec.Descriptor{*m, f.image.Descriptor}
	}
	for _, subject := range subjects {
		artifact, err := f.artifact(ctx, subject)
		if err != nil {
			return err
		}
		if f.image.Artifact = artifact; artifact != nil {
			break
		}
	}
	if want != nil || f.own || len(f.leaves) == 0 {
		return nil
	}
	if f.image.Artifact == nil {
		return f.platformRequired(ctx, "the index has no artifact of its own")
	}
	return f.undivided(ctx)
}

// undivided holds that no manifest of the index has an artifact, which would count there and not that of the index.
func (f *fetch) undivided(ctx context.Context) error {
	if len(f.leaves) > maxLeavesAsked {
		return f.platformRequired(ctx, "the index has more images than are asked for an artifact of their own")
	}
	for _, leaf := range f.leaves {
		found, err := f.candidates(ctx, leaf)
		if err != nil {
			return err
		}
		if len(found) > 0 {
			return f.platformRequired(ctx, "an image of the index has an artifact of its own")
		}
	}
	return nil
}

// platformRequired says that the answer depends on the platform, which is not known.
func (f *fetch) platformRequired(ctx context.Context, why string) error {
	return f.fail(ctx, "choose a manifest of", f.image.Descriptor.Digest, &cause{
		kind:  ErrPlatformRequired,
		words: why + "; name a platform (--platform) to ask one of its manifests: " + platformList(f.image.Offered, ", "),
	})
}

// fail wraps an error in an *Error, once.
func (f *fetch) fail(ctx context.Context, op string, about digest.Digest, err error) error {
	if _, ok := errors.AsType[*Error](err); ok {
		return err
	}
	return &Error{
		Registry:  f.where.registry,
		Reference: f.where.String(),
		Digest:    about,
		Op:        op,
		Err:       f.session.redact(classify(ctx, err)),
	}
}
