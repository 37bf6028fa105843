package registry

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2/registry/remote/errcode"
)

// errNoAPI says that the registry has no referrers API.
var errNoAPI = errors.New("no referrers API")

// Predecessors lists the referrers of a manifest: by the referrers API, or, if the registry says that it has none, by the
// referrers tag schema. A registry says so with status 404, or with the error code UNSUPPORTED; everything else that is
// no list is an error.
//
// Source: https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-referrers
func (r *remoteStore) Predecessors(ctx context.Context, subject ocispec.Descriptor) ([]ocispec.Descriptor, error) {
	if !r.noAPI {
		list, err := r.listByAPI(ctx, subject.Digest)
		if !errors.Is(err, errNoAPI) {
			r.found = ViaReferrersAPI
			return list, err
		}
		r.noAPI = true
	}
	r.found = ViaReferrersTag
	return r.listByTag(ctx, subject)
}

func (r *remoteStore) listByAPI(ctx context.Context, subject digest.Digest) ([]ocispec.Descriptor, error) {
	var all []ocispec.Descriptor
	total, page := 0, r.base+"/referrers/"+subject.String()
	var asked []string
	for page != "" {
		if slices.Contains(asked, page) {
			return nil, broken("the list of referrers does not end: after page %d comes one that was there before", len(asked))
		}
		if len(asked) == maxListingPages {
			return nil, broken("the list of referrers has more than %d pages", maxListingPages)
		}
		asked = append(asked, page)
		answer, err := r.listPage(ctx, page)
		switch {
		case errors.Is(err, errNoAPI) && len(asked) > 1:
			return nil, broken("page %d of the list of referrers is not there", len(asked))
		case err != nil:
			return nil, err
		}
		if total += answer.bytes; total > maxListingBytes {
			return nil, broken("the list of referrers is longer than %d bytes", maxListingBytes)
		}
		if all = append(all, answer.entries...); len(all) > maxListed {
			return nil, broken("more than %d referrers are listed", maxListed)
		}
		page = answer.next
	}
	return all, nil
}

// listed is one page of a list of referrers.
type listed struct {
	entries []ocispec.Descriptor
	bytes   int
	next    string // URL of the next page
}

func (r *remoteStore) listPage(ctx context.Context, page string) (listed, error) {
	resp, err := r.get(ctx, page, ocispec.MediaTypeImageIndex)
	if err != nil {
		return listed{}, err
	}
	defer resp.Body.Close() //nolint:errcheck // it was read, or an error is returned
	if resp.StatusCode != http.StatusOK {
		err := statusError(resp)
		if resp.StatusCode == http.StatusNotFound || saysUnsupported(resp.StatusCode, err) {
			return listed{}, errNoAPI
		}
		return listed{}, err
	}
	if mediaTypeOf(resp.Header.Get("Content-Type")) != ocispec.MediaTypeImageIndex {
		return listed{}, wrongType(resp, "an OCI index")
	}
	data, err := readBody(resp, maxPageBytes)
	if err != nil {
		return listed{}, err
	}
	doc, err := decodeDocument(ocispec.MediaTypeImageIndex, data)
	if err != nil {
		return listed{}, err
	}
	next, err := nextPage(resp)
	if err != nil {
		return listed{}, err
	}
	return listed{entries: doc.Manifests.list, bytes: len(data), next: next}, nil
}

// saysUnsupported says whether an error bears the distribution specification's code for an operation that the registry
// does not have.
func saysUnsupported(status int, err error) bool {
	var answer *errcode.ErrorResponse
	if status == http.StatusUnauthorized || status == http.StatusForbidden || !errors.As(err, &answer) {
		return false
	}
	return slices.ContainsFunc(answer.Errors, func(e errcode.Error) bool { return e.Code == errcode.ErrorCodeUnsupported })
}

// nextPage returns the URL in the header Link with rel="next" (RFC 8288), empty if there is none. It must have the origin
// of the page it stands in: a registry must not send us elsewhere with this.
func nextPage(resp *http.Response) (string, error) {
	rest := strings.Join(resp.Header.Values("Link"), ",")
	for links := 0; ; links++ {
		_, link, ok := strings.Cut(rest, "<")
		if !ok && (links > 0 || strings.TrimSpace(rest) == "") {
			return "", nil
		}
		target, params, closed := strings.Cut(link, ">")
		if !closed { // there may be a page that nobody would see
			return "", broken("the header Link cannot be read: %s", plain(rest, maxExcerpt))
		}
		rest = params
		params, _, _ = strings.Cut(params, "<")
		if !isNext(params) {
			continue
		}
		next, err := resp.Request.URL.Parse(target)
		if err != nil {
			return "", brokenBy(err, "the link to the next page cannot be read")
		}
		if next.Scheme != resp.Request.URL.Scheme || next.Host != resp.Request.URL.Host {
			return "", broken("the link to the next page leads to another host, %s", plain(next.Host, maxExcerpt))
		}
		return (&url.URL{Scheme: next.Scheme, Host: next.Host, Path: next.Path, RawPath: next.RawPath, RawQuery: next.RawQuery}).String(), nil
	}
}

// isNext says whether the parameters of a link make it the next page: `; rel="next"`.
func isNext(params string) bool {
	for param := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(param), "=")
		if strings.EqualFold(name, "rel") && slices.Contains(strings.Fields(strings.Trim(value, `", `)), "next") {
			return true
		}
	}
	return false
}

// listByTag reads the index that stands under the referrers tag. No such tag is no referrer. A registry that resolves the
// tag to the subject itself has no such tag either.
func (r *remoteStore) listByTag(ctx context.Context, subject ocispec.Descriptor) ([]ocispec.Descriptor, error) {
	desc, data, err := r.manifest(ctx, referrersTag(subject.Digest))
	switch {
	case errors.Is(err, ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, err
	case desc.Digest == subject.Digest:
		return nil, nil
	case !isIndexType(desc.MediaType):
		return nil, broken("under the referrers tag stands an image manifest, not an index")
	}
	doc, err := decodeDocument(desc.MediaType, data)
	if err != nil {
		return nil, err
	}
	return doc.Manifests.list, nil
}

// referrersTag returns the tag of the referrers tag schema.
//
// Source: https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#referrers-tag-schema
func referrersTag(d digest.Digest) string {
	algorithm, encoded := d.Algorithm().String(), d.Encoded()
	return algorithm[:min(len(algorithm), 32)] + "-" + encoded[:min(len(encoded), 64)]
}
