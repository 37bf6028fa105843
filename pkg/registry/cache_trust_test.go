package registry_test

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/nfd-compat/nfd-compat/internal/hosttest"
	"github.com/nfd-compat/nfd-compat/pkg/registry"
)

// TestCacheOfUnverified: what was had without verifying who gave it answers nobody who wants it verified, neither a tag nor
// a digest, and the other way round.
func TestCacheOfUnverified(t *testing.T) {
	t.Parallel()
	secure, plain := hosttest.NewRegistry(t, hosttest.RegistryOptions{TLS: true}), hosttest.NewRegistry(t, hosttest.RegistryOptions{})
	amd64 := linux("amd64", "")
	for _, r := range []*hosttest.Registry{secure, plain} {
		hosttest.Attach(t, r.Repository("app"), hosttest.PushImage(t, r.Repository("app"), "v1", amd64), compat("2025-01-01T00:00:00Z", "x"))
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, secure.Certificate(), 0o600); err != nil {
		t.Fatal(err)
	}
	authorities, err := registry.ReadAuthorities(file)
	if err != nil {
		t.Fatal(err)
	}
	ways := map[string]func(dir string, offline bool) *registry.Client{
		"verified": func(dir string, offline bool) *registry.Client {
			return &registry.Client{CacheDir: dir, Offline: offline, TLS: &registry.TLS{Authorities: authorities}}
		},
		"insecure": func(dir string, offline bool) *registry.Client {
			return &registry.Client{CacheDir: dir, Offline: offline, TLS: &registry.TLS{Insecure: true}}
		},
		"plain HTTP": func(dir string, offline bool) *registry.Client {
			return &registry.Client{CacheDir: dir, Offline: offline, PlainHTTP: true}
		},
	}
	for had, filling := range ways {
		r, dir := secure, t.TempDir()
		if had == "plain HTTP" {
			r = plain
		}
		image, err := filling(dir, false).Fetch(t.Context(), registry.Request{Reference: r.Host + "/app:v1", Platform: &amd64})
		if err != nil || image.Artifact == nil || image.CacheFault != nil {
			t.Fatalf("%s: %v, %v", had, image, err)
		}
		for wanted, asking := range ways {
			for _, object := range []string{":v1", "@" + image.Descriptor.Digest.String()} {
				got, err := asking(dir, true).Fetch(t.Context(), registry.Request{Reference: r.Host + "/app" + object, Platform: &amd64})
				switch {
				case had == wanted && (err != nil || got.Artifact == nil):
					t.Errorf("had %s, wanted %s: %v, %v", had, wanted, got, err)
				case had != wanted && !errors.Is(err, registry.ErrNotCached):
					t.Errorf("had %s, it answers %s: %v, %v", had, wanted, got, err)
				}
			}
		}
	}
}

// TestCacheFromTheFuture: an answer that is dated in the future is none: nobody can tell how old it is.
func TestCacheFromTheFuture(t *testing.T) {
	t.Parallel()
	r, dir, amd64 := hosttest.NewRegistry(t, hosttest.RegistryOptions{}), t.TempDir(), linux("amd64", "")
	hosttest.PushImage(t, r.Repository("app"), "v1", amd64)
	request := registry.Request{Reference: r.Host + "/app:v1", Platform: &amd64}
	filling := registry.Client{CacheDir: dir, PlainHTTP: true}
	if _, err := filling.Fetch(t.Context(), request); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "v1", "answers", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%q, %v", files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, regexp.MustCompile(`"at":"[^"]*"`).ReplaceAll(text, []byte(`"at":"2999-01-02T03:04:05Z"`)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	offline := registry.Client{CacheDir: dir, PlainHTTP: true, Offline: true}
	_, err = offline.Fetch(t.Context(), request)
	wantError(t, err, registry.ErrNotCached, "is dated in the future, 2999-01-02T03:04:05Z")
}

// TestCacheOfInsecureIsAskedAgain: a config by its image's digest, which a cache answers without any request, is asked for
// again by who verifies.
func TestCacheOfInsecureIsAskedAgain(t *testing.T) {
	t.Parallel()
	r, dir, amd64 := hosttest.NewRegistry(t, hosttest.RegistryOptions{TLS: true}), t.TempDir(), linux("amd64", "")
	image := hosttest.PushImage(t, r.Repository("app"), "v1", amd64)
	request := registry.Request{Reference: r.Host + "/app@" + image.Digest.String(), Platform: &amd64}
	insecure := registry.Client{CacheDir: dir, TLS: &registry.TLS{Insecure: true}}
	if _, err := insecure.Config(t.Context(), request); err != nil {
		t.Fatal(err)
	}
	verifying := registry.Client{CacheDir: dir} // it does not know the authority
	_, err := verifying.Config(t.Context(), request)
	wantError(t, err, registry.ErrUnreachable, "certificate cannot be verified")
}
