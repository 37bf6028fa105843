package registry_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/nfd-compat/nfd-compat/internal/hosttest"
	"github.com/nfd-compat/nfd-compat/pkg/registry"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
)

func sentinels() []error {
	return []error{
		registry.ErrReference, registry.ErrNotFound, registry.ErrUnauthorized, registry.ErrUnreachable,
		registry.ErrBrokenAnswer, registry.ErrCredentials, registry.ErrNotCached, registry.ErrPayload, registry.ErrPlatformRequired,
	}
}

// wantError holds that an error is of one kind alone, that it is one line, and that it has the given texts.
func wantError(t *testing.T, err, kind error, texts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want %v", kind)
	}
	for _, s := range sentinels() {
		if is := errors.Is(err, s); is != (s == kind) { //nolint:errorlint // identity of two sentinels
			t.Errorf("errors.Is(%q, %q) = %t", err, s, is)
		}
	}
	if _, ok := errors.AsType[*registry.Error](err); ok == (kind == registry.ErrReference) { //nolint:errorlint // as above
		t.Errorf("%q: is an *Error: %t", err, ok)
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("%q does not say %q", err, text)
		}
	}
	if strings.ContainsAny(err.Error(), "\n\r\t\x1b") {
		t.Errorf("%q has control characters", err)
	}
}

// newBroken is a registry with an image, child of an index, and an artifact attached to the child.
func newBroken(t *testing.T, opts hosttest.RegistryOptions) (*hosttest.Registry, map[string]string) {
	t.Helper()
	r := hosttest.NewRegistry(t, opts)
	repo, amd64 := r.Repository("app"), linux("amd64", "")
	child := hosttest.PushImage(t, repo, "single", amd64)
	index := hosttest.PushIndex(t, repo, "v1", hosttest.For(child, amd64))
	a := compat("2025-01-01T00:00:00Z", "x")
	artifact := hosttest.Attach(t, repo, child, a)
	return r, map[string]string{
		"manifest":  "/manifests/v1",
		"referrers": "/referrers/" + child.Digest.String(),
		"tag":       "/manifests/" + strings.Replace(child.Digest.String(), ":", "-", 1),
		"artifact":  "/manifests/" + artifact.Digest.String(),
		"payload":   "/blobs/" + digest.FromBytes(a.Layers[0].Data).String(),
		"config":    "/blobs/",
		"index":     "/referrers/" + index.Digest.String(),
	}
}

// TestFaults puts each fault on each step. NFD's client crashes on most of them, or takes them for "no artifact".
func TestFaults(t *testing.T) {
	t.Parallel()
	html := "<!DOCTYPE html><html><body>Please\x1b[31m log in</body></html>"
	faults := []struct {
		name  string
		fault hosttest.Fault
		kind  error
		text  string
	}{
		{"401", hosttest.Fault{Status: 401, ContentType: "application/json", Body: `{"errors":[{"code":"UNAUTHORIZED","message":"who\u001b[31m are you?\n"}]}`}, registry.ErrUnauthorized, "401 Unauthorized: who [31m are you?"},
		{"401 basic", hosttest.Fault{Status: 401, Header: http.Header{"Www-Authenticate": {`Basic realm="x"`}}}, registry.ErrUnauthorized, "user name and a password"},
		{"403", hosttest.Fault{Status: 403, ContentType: "text/html", Body: html}, registry.ErrUnauthorized, "403 Forbidden: an HTML page"},
		{"500", hosttest.Fault{Status: 500, ContentType: "text/plain", Body: "ouch\r\n\x07"}, registry.ErrBrokenAnswer, "500 Internal Server Error: ouch"},
		{"418", hosttest.Fault{Status: 418}, registry.ErrBrokenAnswer, "418 I'm a teapot"},
		{"HTML", hosttest.Fault{ContentType: "text/html; charset=utf-8", Body: html}, registry.ErrBrokenAnswer, "HTML page"},
		{"other bytes", hosttest.Fault{Rewrite: func(s int, _ http.Header, b []byte) (int, []byte) { b[0] ^= 1; return s, b }}, registry.ErrBrokenAnswer, ""},
		{"longer", hosttest.Fault{Rewrite: func(s int, _ http.Header, b []byte) (int, []byte) {
			return s, append(b, "                                                                                          }"...)
		}}, registry.ErrBrokenAnswer, ""},
		{"huge", hosttest.Fault{Rewrite: func(s int, _ http.Header, _ []byte) (int, []byte) { return s, make([]byte, 9<<20) }}, registry.ErrBrokenAnswer, "9437184 bytes"},
		{"truncated", hosttest.Fault{Truncate: 10}, registry.ErrBrokenAnswer, "breaks off"},
		{"redirects", hosttest.Fault{Status: 307, Header: http.Header{"Location": {"?again"}}}, registry.ErrBrokenAnswer, "redirects more than 5 times"},
	}
	for _, step := range []string{"manifest", "referrers", "tag", "artifact", "payload"} {
		for _, f := range faults {
			t.Run(step+"/"+f.name, func(t *testing.T) {
				t.Parallel()
				r, paths := newBroken(t, hosttest.RegistryOptions{NoReferrersAPI: step == "tag"})
				f.fault.Match = hosttest.On("GET", paths[step])
				r.Break(f.fault)
				amd64 := linux("amd64", "")
				image, err := fetch(t, r, ":v1", &amd64)
				if image != nil {
					t.Errorf("an image with an error: %v", image)
				}
				wantError(t, err, f.kind, f.text, "registry "+r.Host)
				if step != "manifest" {
					wantError(t, err, f.kind, "sha256:")
				}
				if n := strings.Count(err.Error(), "registry "+r.Host); n != 1 {
					t.Errorf("%q names the registry %d times", err, n)
				}
			})
		}
	}
}

// TestListingIsNoList: an answer of status 200 that is no list of referrers never means that there are none.
func TestListingIsNoList(t *testing.T) {
	t.Parallel()
	const index = "application/vnd.oci.image.index.v1+json"
	tests := []struct{ name, contentType, body, text string }{
		{"junk", index, "}{", "not valid JSON"},
		{"empty", index, "", "not valid JSON"},
		{"two documents", index, `{"manifests":[]}{"manifests":[]}`, "not valid JSON"},
		{"no list", index, `{}`, "without a list of manifests"},
		{"error with status 200", index, `{"errors":[{"code":"UNKNOWN"}]}`, "without a list of manifests"},
		{"list is no array", index, `{"manifests":{}}`, "not valid JSON"},
		{"says that it is a manifest", index, `{"mediaType":"application/vnd.oci.image.manifest.v1+json","manifests":[]}`, "says that it is"},
		{"both", index, `{"manifests":[],"layers":[]}`, "both"},
		{"plain JSON", "application/json", `{"manifests":[]}`, "not an OCI index"},
		{"no media type", "", `{"manifests":[]}`, "an OCI index was asked for"},
		{"too many", index, `{"manifests":[` + strings.Repeat("{},", 20000) + `{}]}`, "more than 16384"},
		{"digest that is none", index, `{"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","artifactType":"` + spec.ArtifactType + `","digest":"../../x","size":3}]}`, "cannot be verified"},
		{"size below zero", index, `{"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","artifactType":"` + spec.ArtifactType + `","digest":"sha256:` + strings.Repeat("0", 64) + `","size":-3}]}`, "-3 bytes"},
		{"listed and not there", index, `{"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","artifactType":"` + spec.ArtifactType + `","digest":"sha256:` + strings.Repeat("0", 64) + `","size":3}]}`, "it is not there"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r, paths := newBroken(t, hosttest.RegistryOptions{})
			r.Break(hosttest.Fault{Match: hosttest.On("GET", paths["referrers"]), ContentType: test.contentType, Header: http.Header{"Content-Type": {test.contentType}}, Body: test.body})
			amd64 := linux("amd64", "")
			_, err := fetch(t, r, ":v1", &amd64)
			wantError(t, err, registry.ErrBrokenAnswer, test.text)
			if n := r.Count("GET", "/manifests/sha256-"); n != 0 {
				t.Errorf("it went on to the referrers tag")
			}
		})
	}
}

// TestNoReferrersAPI: when the tag schema is used, and when not.
func TestNoReferrersAPI(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		fault hosttest.Fault
		kind  error // nil: the artifact is found by the tag
	}{
		{"404", hosttest.Fault{Status: 404}, nil},
		{"404 with a code", hosttest.Fault{Status: 404, Body: `{"errors":[{"code":"NAME_UNKNOWN"}]}`}, nil},
		{"405 UNSUPPORTED", hosttest.Fault{Status: 405, Body: `{"errors":[{"code":"UNSUPPORTED"}]}`}, nil},
		{"405", hosttest.Fault{Status: 405}, registry.ErrBrokenAnswer},
		{"400", hosttest.Fault{Status: 400}, registry.ErrBrokenAnswer},
		{"403 UNSUPPORTED", hosttest.Fault{Status: 403, Body: `{"errors":[{"code":"UNSUPPORTED"}]}`}, registry.ErrUnauthorized},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r, _ := newBroken(t, hosttest.RegistryOptions{NoReferrersAPI: true})
			test.fault.Match = hosttest.On("GET", "/referrers/")
			r.Break(test.fault)
			amd64 := linux("amd64", "")
			image, err := fetch(t, r, ":v1", &amd64)
			if test.kind != nil {
				wantError(t, err, test.kind)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if image.Artifact == nil || image.Artifact.Via != registry.ViaReferrersTag {
				t.Errorf("artifact %v", image.Artifact)
			}
		})
	}
}

// TestReferrersTagIsSubject: some registries resolve the referrers tag to the subject, whose children are no referrers.
func TestReferrersTagIsSubject(t *testing.T) {
	t.Parallel()
	r := hosttest.NewRegistry(t, hosttest.RegistryOptions{NoReferrersAPI: true})
	repo, amd64 := r.Repository("app"), linux("amd64", "")
	child := hosttest.PushImage(t, repo, "", amd64)
	index := hosttest.PushIndex(t, repo, "v1", hosttest.For(child, amd64))
	for _, d := range []ocispec.Descriptor{child, index} {
		if err := repo.Tag(t.Context(), d, strings.Replace(d.Digest.String(), ":", "-", 1)); err != nil {
			t.Fatal(err)
		}
	}
	if image := mustFetch(t, r, ":v1", &amd64); image.Artifact != nil {
		t.Errorf("artifact %v", image.Artifact)
	}
	if err := repo.Tag(t.Context(), child, strings.Replace(index.Digest.String(), ":", "-", 1)); err != nil {
		t.Fatal(err)
	}
	_, err := fetch(t, r, ":v1", &amd64)
	wantError(t, err, registry.ErrBrokenAnswer, "not an index")
}

// TestConfigFaults: the platform of a single image is in its config.
func TestConfigFaults(t *testing.T) {
	t.Parallel()
	amd64 := linux("amd64", "")
	for name, fault := range map[string]hosttest.Fault{
		"404":  {Status: 404},
		"500":  {Status: 500},
		"HTML": {ContentType: "text/html", Body: "<html>"},
	} {
		r, paths := newBroken(t, hosttest.RegistryOptions{})
		fault.Match = hosttest.On("GET", paths["config"])
		r.Break(fault)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := fetch(t, r, ":single", &amd64)
			wantError(t, err, registry.ErrBrokenAnswer, "read image config sha256:")
		})
	}
}

// TestNotFound tells an image that is not there from everything else.
func TestNotFound(t *testing.T) {
	t.Parallel()
	r, _ := newBroken(t, hosttest.RegistryOptions{})
	_, err := fetch(t, r, ":v2", nil)
	wantError(t, err, registry.ErrNotFound, "registry "+r.Host+": resolve "+r.Host+"/app:v2: ")
	_, err = fetch(t, r, "/nosuch:v1", nil)
	wantError(t, err, registry.ErrNotFound)
	_, err = fetch(t, r, "@sha256:"+strings.Repeat("0", 64), nil)
	wantError(t, err, registry.ErrNotFound)
}

// TestHang: the context's deadline ends a wait, on every step.
func TestHang(t *testing.T) {
	t.Parallel()
	for _, step := range []string{"manifest", "referrers", "artifact", "payload"} {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			r, paths := newBroken(t, hosttest.RegistryOptions{})
			r.Break(hosttest.Fault{Match: hosttest.On("GET", paths[step]), Hang: true})
			ctx, cancel := context.WithTimeoutCause(t.Context(), 100*time.Millisecond, errors.New("a cause of the caller's"))
			defer cancel()
			client, amd64 := registry.Client{PlainHTTP: true}, linux("amd64", "")
			_, err := client.Fetch(ctx, registry.Request{Reference: r.Host + "/app:v1", Platform: &amd64})
			wantError(t, err, registry.ErrUnreachable, "time limit")
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%v is no context.DeadlineExceeded", err)
			}
		})
	}
}

// TestInterrupt: a cancelled context stays visible, and is no fault of the registry.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	r, paths := newBroken(t, hosttest.RegistryOptions{})
	ctx, cancel := context.WithCancelCause(t.Context())
	r.Break(hosttest.Fault{Hang: true, Match: func(req *http.Request) bool {
		hit := strings.Contains(req.URL.Path, paths["referrers"])
		if hit {
			cancel(errors.New("interrupt signal received"))
		}
		return hit
	}})
	client, amd64 := registry.Client{PlainHTTP: true}, linux("amd64", "")
	_, err := client.Fetch(ctx, registry.Request{Reference: r.Host + "/app:v1", Platform: &amd64})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("%v is no context.Canceled", err)
	}
	for _, s := range sentinels() {
		if errors.Is(err, s) {
			t.Errorf("%v is %v", err, s)
		}
	}
}

// TestUnreachable: nobody listens, the name is not known, TLS does not work.
func TestUnreachable(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // a port to close at once
	if err != nil {
		t.Fatal(err)
	}
	closed := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	plain, secure := hosttest.NewRegistry(t, hosttest.RegistryOptions{}), hosttest.NewRegistry(t, hosttest.RegistryOptions{TLS: true})
	tests := []struct {
		name, host string
		client     registry.Client
		kind       error
		text       string
	}{
		{"refused", closed, registry.Client{PlainHTTP: true}, registry.ErrUnreachable, "connection refused"},
		{"HTTPS to HTTP", plain.Host, registry.Client{}, registry.ErrUnreachable, "it speaks plain HTTP, not HTTPS"},
		{"HTTP to HTTPS", secure.Host, registry.Client{PlainHTTP: true}, registry.ErrBrokenAnswer, "400 Bad Request"},
		{"unknown authority", secure.Host, registry.Client{}, registry.ErrUnreachable, "its certificate cannot be verified: x509: "},
		{"trusted", secure.Host, registry.Client{HTTPClient: secure.Client()}, registry.ErrNotFound, ""},
	}
	for i := range tests {
		test := &tests[i]
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := test.client.Fetch(t.Context(), registry.Request{Reference: test.host + "/app:v1"})
			wantError(t, err, test.kind, test.text, "registry "+test.host)
			if strings.Contains(err.Error(), "http://") || strings.Contains(err.Error(), "https://") {
				t.Errorf("%q has a URL", err)
			}
		})
	}
}

// TestManifestFaults: what a registry may serve as an image, and what not.
func TestManifestFaults(t *testing.T) {
	t.Parallel()
	const manifest = "application/vnd.oci.image.manifest.v1+json"
	tests := []struct {
		name, contentType, body, digest, text string
	}{
		{"Docker's schema 1", "application/vnd.docker.distribution.manifest.v1+prettyjws", "{}", "", "prettyjws"},
		{"both manifest and index", manifest, `{"layers":[],"manifests":[]}`, "", "both"},
		{"says that it is an index", manifest, `{"mediaType":"application/vnd.oci.image.index.v1+json"}`, "", "says that it is"},
		{"junk", manifest, `{"layers":[`, "", "not valid JSON"},
		{"digest of other bytes", manifest, `{}`, "sha256:" + strings.Repeat("1", 64), "have the digest"},
		{"digest that is none", manifest, `{}`, "sha256:1", "no digest"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r, _ := newBroken(t, hosttest.RegistryOptions{})
			header := http.Header{}
			if test.digest != "" {
				header.Set("Docker-Content-Digest", test.digest)
			}
			r.Break(hosttest.Fault{Match: hosttest.On("GET", "/manifests/v1"), ContentType: test.contentType, Header: header, Body: test.body})
			_, err := fetch(t, r, ":v1", nil)
			wantError(t, err, registry.ErrBrokenAnswer, test.text)
		})
	}
}
