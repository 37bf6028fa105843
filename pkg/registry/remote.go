package registry

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2/errdef"
	"oras.land/oras-go/v2/registry"
	"oras.land/oras-go/v2/registry/remote"
	"oras.land/oras-go/v2/registry/remote/auth"
	"oras.land/oras-go/v2/registry/remote/errcode"
)

// maxErrorBody bounds what is read of the body of an answer that is an error.
const maxErrorBody = 8 << 10

// remoteStore is a repository of a registry. It reads on its own: oras-go takes some answers that are no list of
// referrers for the word that the registry has none, and asks for headers that it need not have.
type remoteStore struct {
	*remote.Repository
	base  string // URL of the repository, without a slash at the end
	found string // see via
	noAPI bool   // the registry said that it has no referrers API

	mu   sync.Mutex               // guards memo
	memo map[digest.Digest][]byte // what Resolve has read already
}

func (c *Client) remote(where location) *remoteStore {
	ref := registry.Reference{Registry: where.registry, Repository: where.repository}
	scheme := "https"
	if c.PlainHTTP {
		scheme = "http"
	}
	return &remoteStore{
		Repository: &remote.Repository{Client: c.session(where), Reference: ref, PlainHTTP: c.PlainHTTP},
		base:       fmt.Sprintf("%s://%s/v2/%s", scheme, ref.Host(), ref.Repository),
		memo:       map[digest.Digest][]byte{},
	}
}

func (r *remoteStore) via() string { return r.found }

func (*remoteStore) unlisted() int { return 0 }

// get asks for a URL. The caller closes the body.
func (r *remoteStore) get(ctx context.Context, url, accept string) (*http.Response, error) {
	ctx = auth.AppendRepositoryScope(ctx, r.Reference, auth.ActionPull)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return nil, err
	}
	if accept != "" {
		req.Header.Set("Accept", accept)
	}
	return r.Client.Do(req)
}

// Resolve fetches the manifest of a tag or digest, and keeps it for Fetch. What is not there is an [ErrNotFound].
func (r *remoteStore) Resolve(ctx context.Context, ref string) (ocispec.Descriptor, error) {
	desc, data, err := r.manifest(ctx, ref)
	if err != nil {
		return ocispec.Descriptor{}, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.memo[desc.Digest] = data
	return desc, nil
}

func (r *remoteStore) ask(ctx context.Context, ref string) (ocispec.Descriptor, error) {
	return r.Resolve(ctx, ref)
}

// kept returns what Resolve has read of a digest.
func (r *remoteStore) kept(d digest.Digest) ([]byte, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	data, ok := r.memo[d]
	return data, ok
}

// manifest fetches the manifest of a tag or digest.
func (r *remoteStore) manifest(ctx context.Context, ref string) (ocispec.Descriptor, []byte, error) {
	accept := strings.Join([]string{
		ocispec.MediaTypeImageIndex, ocispec.MediaTypeImageManifest, mediaTypeDockerList, mediaTypeDockerManifest,
	}, ", ")
	resp, err := r.get(ctx, r.base+"/manifests/"+ref, accept)
	if err != nil {
		return ocispec.Descriptor{}, nil, err
	}
	defer resp.Body.Close() //nolint:errcheck // it was read, or an error is returned
	switch resp.StatusCode {
	case http.StatusOK:
	case http.StatusNotFound:
		return ocispec.Descriptor{}, nil, &cause{kind: ErrNotFound, words: "the registry does not have it", from: errdef.ErrNotFound}
	default:
		return ocispec.Descriptor{}, nil, statusError(resp)
	}
	mediaType := mediaTypeOf(resp.Header.Get("Content-Type"))
	if !isIndexType(mediaType) && !isImageType(mediaType) {
		return ocispec.Descriptor{}, nil, wrongType(resp, "an image manifest or index")
	}
	data, err := readBody(resp, maxBytes)
	if err != nil {
		return ocispec.Descriptor{}, nil, err
	}
	// A digest is the caller's word, or else the registry's, if it gives one; what came must agree with either.
	want := digest.Digest(ref)
	if want.Validate() != nil {
		want = digest.Digest(resp.Header.Get("Docker-Content-Digest"))
	}
	if want == "" {
		want = digest.FromBytes(data)
	}
	if err := want.Validate(); err != nil {
		return ocispec.Descriptor{}, nil, brokenBy(err, "its Docker-Content-Digest %q is no digest", plain(want.String(), maxExcerpt))
	}
	if got := want.Algorithm().FromBytes(data); got != want {
		return ocispec.Descriptor{}, nil, broken("the bytes received have the digest %s, not %s", got, want)
	}
	return ocispec.Descriptor{MediaType: mediaType, Digest: want, Size: int64(len(data))}, data, nil
}

// Fetch fetches a manifest or a blob, by its media type. The caller verifies size and digest.
func (r *remoteStore) Fetch(ctx context.Context, desc ocispec.Descriptor) (io.ReadCloser, error) {
	if data, ok := r.kept(desc.Digest); ok {
		return io.NopCloser(bytes.NewReader(data)), nil
	}
	kind, accept := "/blobs/", ""
	if isIndexType(desc.MediaType) || isImageType(desc.MediaType) {
		kind, accept = "/manifests/", desc.MediaType
	}
	resp, err := r.get(ctx, r.base+kind+desc.Digest.String(), accept)
	if err != nil {
		return nil, err
	}
	switch {
	case resp.StatusCode == http.StatusNotFound:
		err = missing()
	case resp.StatusCode != http.StatusOK:
		err = statusError(resp)
	case mediaTypeOf(resp.Header.Get("Content-Type")) == "text/html":
		err = wrongType(resp, desc.MediaType)
	case resp.ContentLength >= 0 && resp.ContentLength != desc.Size:
		err = broken("the answer is %d bytes long, and not %d as was announced", resp.ContentLength, desc.Size)
	default:
		return resp.Body, nil
	}
	_ = resp.Body.Close() // there is an error already
	return nil, err
}

// readBody reads the body of an answer, bounded.
func readBody(resp *http.Response, limit int64) ([]byte, error) {
	if resp.ContentLength > limit {
		return nil, broken("the answer is %d bytes long, and at most %d are read", resp.ContentLength, limit)
	}
	return readBounded(resp.Body, limit)
}

// statusError puts an answer that is an error into words, with what the registry says about it, if that is for people.
func statusError(resp *http.Response) error {
	data, err := readBounded(resp.Body, maxErrorBody)
	if err != nil {
		data = nil // the status says enough
	}
	known := statusCause(resp.StatusCode, "", errorText(resp, data), &errcode.ErrorResponse{
		Method: resp.Request.Method, URL: resp.Request.URL, StatusCode: resp.StatusCode, Errors: errorsOf(data),
	})
	known.words += notes(resp)
	return known
}

// errorsOf decodes the error body of the distribution specification.
func errorsOf(body []byte) errcode.Errors {
	var answer struct {
		Errors errcode.Errors `json:"errors"`
	}
	if err := json.Unmarshal(body, &answer); err == nil {
		return answer.Errors
	}
	return nil // the body of an error need not be this one
}

func errorText(resp *http.Response, body []byte) string {
	if text := firstMessage(errorsOf(body)); text != "" {
		return text
	}
	switch mediaTypeOf(resp.Header.Get("Content-Type")) {
	case "text/html":
		return "an HTML page"
	case "text/plain":
		return plain(string(body), 80)
	}
	return ""
}

// wrongType is the error of an answer with status 200 that is something else.
func wrongType(resp *http.Response, want string) error {
	header := plain(resp.Header.Get("Content-Type"), maxExcerpt)
	switch mediaTypeOf(resp.Header.Get("Content-Type")) {
	case "text/html":
		return broken("the answer%s is an HTML page (Content-Type %s), not %s: is a proxy or login page in between?", afterRedirect(resp), header, want)
	case "":
		return broken("the answer does not say what it is (Content-Type %q), but %s was asked for", header, want)
	default:
		return broken("the answer is %s, not %s", header, want)
	}
}
