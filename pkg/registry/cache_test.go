package registry_test

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/nfd-compat/nfd-compat/internal/hosttest"
	"github.com/nfd-compat/nfd-compat/pkg/registry"
)

// cached fetches with a client of its own, as a new process does.
func cached(ctx context.Context, r *hosttest.Registry, dir, object string, offline bool) (*registry.Image, error) {
	client, amd64 := registry.Client{PlainHTTP: true, CacheDir: dir, Offline: offline}, linux("amd64", "")
	return client.Fetch(ctx, registry.Request{Reference: r.Host + "/app" + object, Platform: &amd64})
}

func mustCached(t *testing.T, r *hosttest.Registry, dir, object string, offline bool) *registry.Image {
	t.Helper()
	image, err := cached(t.Context(), r, dir, object, offline)
	if err != nil {
		t.Fatal(err)
	}
	if image.CacheFault != nil {
		t.Error(image.CacheFault)
	}
	return image
}

// sameImage compares images but for the time of the answer.
func sameImage(want, got *registry.Image) string {
	return cmp.Diff(want, got, cmpopts.IgnoreFields(registry.Image{}, "CachedAt"))
}

// withoutTags leaves out what is asked for each time.
func withoutTags(asked []string) []string {
	return slices.DeleteFunc(slices.Clone(asked), func(kind string) bool { return kind == "blob" || kind == "manifest by digest" })
}

// TestCache: what has a digest is asked for once, and the answer is the same as without a cache, online and offline.
func TestCache(t *testing.T) {
	t.Parallel()
	for _, ask := range askings() {
		t.Run(ask.name, func(t *testing.T) {
			t.Parallel()
			r := hosttest.NewRegistry(t, ask.options)
			ask.push(t, r.Repository("app"))
			amd64, dir := linux("amd64", ""), filepath.Join(t.TempDir(), "not", "there")
			plain := mustFetch(t, r, ":v1", &amd64)
			for _, tt := range []struct {
				name, object string
				offline      bool
				want         []string
			}{
				{"cold", ":v1", false, ask.cold},
				{"warm", ":v1", false, withoutTags(ask.cold)},
				{"by digest", "@" + plain.Descriptor.Digest.String(), false, nil},
				{"offline", ":v1", true, nil},
				{"offline by digest", "@" + plain.Descriptor.Digest.String(), true, nil},
			} {
				want := tt.want
				if tt.name == "by digest" { // one fewer, unless the registry is to say that the image is there
					want = slices.DeleteFunc(withoutTags(ask.cold), func(kind string) bool { return kind == "tag" })
					if plain.Artifact == nil {
						want = slices.Sorted(slices.Values(append(want, "manifest by digest")))
					}
				}
				r.Requests()
				got := mustCached(t, r, dir, tt.object, tt.offline)
				asked := kinds(r.Requests())
				if diff := cmp.Diff(want, asked, cmpopts.EquateEmpty()); diff != "" {
					t.Errorf("%s: requests (-want +got):\n%s", tt.name, diff)
				}
				if got.CachedAt.IsZero() == tt.offline {
					t.Errorf("%s: as of %v", tt.name, got.CachedAt)
				}
				expected := *plain
				expected.Reference = got.Reference
				if diff := sameImage(&expected, got); diff != "" {
					t.Errorf("%s: (-without a cache +with it):\n%s", tt.name, diff)
				}
			}
			if at := mustCached(t, r, dir, ":v1", true).CachedAt; time.Since(at).Abs() > time.Hour {
				t.Errorf("it was asked at %v", at)
			}
		})
	}
}

// cacheFiles returns the files of a cache by their names in it.
func cacheFiles(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		rel, _ := filepath.Rel(dir, name)
		files[filepath.ToSlash(rel)] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestCacheIsHarmed: whatever becomes of the files, the answer is right, and the files are again.
func TestCacheIsHarmed(t *testing.T) {
	t.Parallel()
	r, _ := newBroken(t, hosttest.RegistryOptions{})
	dir := t.TempDir()
	want := mustCached(t, r, dir, ":single", false)
	whole := cacheFiles(t, dir)
	maps.DeleteFunc(whole, func(rel, _ string) bool {
		return !strings.Contains(rel, "/blobs/") && !strings.Contains(rel, "/answers/")
	})
	if len(whole) < 7 { // manifest, config, artifact, payload; the tag, the digest, the list
		t.Fatalf("%q", slices.Sorted(maps.Keys(whole)))
	}
	harms := map[string]func(name, text string) error{
		"truncated": func(name, text string) error { return os.Truncate(name, int64(len(text)/2)) },
		"empty":     func(name, _ string) error { return os.Truncate(name, 0) },
		"longer":    func(name, text string) error { return os.WriteFile(name, []byte(text+" }"), 0o600) },
		"other bytes": func(name, text string) error {
			return os.WriteFile(name, []byte(strings.Repeat("{", len(text))), 0o600)
		},
		"gone":      func(name, _ string) error { return os.Remove(name) },
		"directory": func(name, _ string) error { return errors.Join(os.Remove(name), os.Mkdir(name, 0o700)) },
	}
	for what, harm := range harms {
		for rel, text := range whole {
			name := filepath.Join(dir, filepath.FromSlash(rel))
			if err := errors.Join(os.WriteFile(name, []byte(text), 0o600), harm(name, text)); err != nil {
				t.Fatal(err)
			}
			// Offline, what is harmed is not there.
			if _, err := cached(t.Context(), r, dir, ":single", true); err != nil && !errors.Is(err, registry.ErrNotCached) {
				t.Errorf("%s %s: %v", rel, what, err)
			}
			for _, object := range []string{":single", "@" + want.Descriptor.Digest.String()} {
				got, err := cached(t.Context(), r, dir, object, false)
				if err != nil {
					t.Fatalf("%s %s: %v", rel, what, err)
				}
				expected := *want
				expected.Reference, got.CacheFault = got.Reference, nil
				if diff := sameImage(&expected, got); diff != "" {
					t.Errorf("%s %s: (-before +after)\n%s", rel, what, diff)
				}
			}
			if what == "directory" {
				if err := os.Remove(name); err != nil {
					t.Fatal(err)
				}
				mustCached(t, r, dir, ":single", false)
			}
			if strings.Contains(rel, "blobs/") {
				if data, err := os.ReadFile(name); err != nil || string(data) != text {
					t.Errorf("%s %s: it was not mended: %q, %v", rel, what, data, err)
				}
			}
		}
	}
}

// TestCacheThatCannotBeWritten: the answer is given, and the fault told.
func TestCacheThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	r, _ := newBroken(t, hosttest.RegistryOptions{})
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{file, filepath.Join(file, "below")} {
		image, err := cached(t.Context(), r, dir, ":v1", false)
		if err != nil {
			t.Fatal(err)
		}
		if image.Artifact == nil || image.CacheFault == nil || !strings.Contains(image.CacheFault.Error(), file) {
			t.Errorf("artifact %v, fault %v", image.Artifact, image.CacheFault)
		}
		_, err = cached(t.Context(), r, dir, ":v1", true)
		wantError(t, err, registry.ErrNotCached, "not in the cache "+dir)
	}
}

// TestCacheIsPrivate: nobody but the user reads what was had with credentials.
func TestCacheIsPrivate(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("has no such modes")
	}
	r, _ := newBroken(t, hosttest.RegistryOptions{})
	dir := filepath.Join(t.TempDir(), "new")
	mustCached(t, r, dir, ":v1", false)
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has the mode %v", name, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestOfflineIsNot: what was not asked for is not answered, and the error says what is missing.
func TestOfflineIsNot(t *testing.T) {
	t.Parallel()
	r := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
	repo, amd64, arm64 := r.Repository("app"), linux("amd64", ""), linux("arm64", "")
	first, second := hosttest.PushImage(t, repo, "single", amd64), hosttest.PushImage(t, repo, "", arm64)
	index := hosttest.PushIndex(t, repo, "v1", hosttest.For(first, amd64), hosttest.For(second, arm64))
	hosttest.Attach(t, repo, second, compat("", "x"))
	dir := t.TempDir()
	mustCached(t, r, dir, ":v1", false)
	r.Requests()
	offline := registry.Client{PlainHTTP: true, CacheDir: dir, Offline: true}
	for _, tt := range []struct {
		name     string
		client   *registry.Client
		object   string
		platform ocispec.Platform
		texts    []string
	}{
		{"another tag", &offline, "/app:v2", amd64, []string{"resolve " + r.Host + "/app:v2: not in the cache " + dir, "no registry is asked"}},
		{"a tag of the same image", &offline, "/app:single", amd64, []string{"resolve"}},
		{"another repository", &offline, "/other:v1", amd64, []string{"resolve"}},
		{"another repository by digest", &offline, "/other@" + index.Digest.String(), amd64, []string{"resolve"}},
		{"a child that was not asked for", &offline, "/app@" + second.Digest.String(), arm64, []string{"resolve"}},
		{"another platform", &offline, "/app:v1", arm64, []string{"list referrers of " + second.Digest.String() + ": not in the cache"}},
		{"over TLS", &registry.Client{CacheDir: dir, Offline: true}, "/app:v1", amd64, []string{"resolve"}},
		{"another cache", &registry.Client{PlainHTTP: true, CacheDir: t.TempDir(), Offline: true}, "/app:v1", amd64, []string{"resolve"}},
		{"no cache", &registry.Client{PlainHTTP: true, Offline: true}, "/app:v1", amd64, []string{"there is no cache"}},
	} {
		image, err := tt.client.Fetch(t.Context(), registry.Request{Reference: r.Host + tt.object, Platform: &tt.platform})
		if image != nil {
			t.Errorf("%s: an image with an error", tt.name)
		}
		wantError(t, err, registry.ErrNotCached, append(tt.texts, "registry "+r.Host)...)
	}
	if asked := r.Requests(); len(asked) > 0 {
		t.Errorf("offline, it was asked %q", asked)
	}
	// Another repository has a place of its own.
	hosttest.PushImage(t, r.Repository("other"), "v1", amd64)
	online := registry.Client{PlainHTTP: true, CacheDir: dir}
	if _, err := online.Fetch(t.Context(), registry.Request{Reference: r.Host + "/other:v1", Platform: &amd64}); err != nil {
		t.Fatal(err)
	}
	if got := mustCached(t, r, dir, ":v1", true); got.Descriptor.Digest != index.Digest {
		t.Errorf("%v is what the other one has", got.Descriptor)
	}
	// The config alone, as create-spec reads it.
	if _, err := offline.Config(t.Context(), registry.Request{Reference: r.Host + "/app:v1", Platform: &amd64}); !errors.Is(err, registry.ErrNotCached) {
		t.Errorf("%v", err)
	}
}

// TestOfflineTellsTheOldest: of several answers the oldest tells how old the whole is.
func TestOfflineTellsTheOldest(t *testing.T) {
	t.Parallel()
	r, _ := newBroken(t, hosttest.RegistryOptions{})
	dir := t.TempDir()
	mustCached(t, r, dir, ":v1", false)
	at := mustCached(t, r, dir, ":v1", true).CachedAt
	older := at.Add(-1000 * time.Hour)
	for rel, text := range cacheFiles(t, dir) {
		if !strings.Contains(rel, "answers/") || !strings.Contains(text, `"subject"`) {
			continue
		}
		changed := strings.Replace(text, at.Format(time.RFC3339), older.Format(time.RFC3339), 1)
		if changed == text {
			t.Fatalf("%s: %s", rel, text)
		}
		if err := os.WriteFile(filepath.Join(dir, rel), []byte(changed), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got := mustCached(t, r, dir, ":v1", true).CachedAt; !got.Equal(older) {
		t.Errorf("as of %v, not %v", got, older)
	}
}

// TestWarmFollowsTheRegistry: a tag that moved, an artifact that was attached, an image that is gone.
func TestWarmFollowsTheRegistry(t *testing.T) {
	t.Parallel()
	r := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
	repo, amd64, dir := r.Repository("app"), linux("amd64", ""), t.TempDir()
	image := hosttest.PushImage(t, repo, "v1", amd64)
	if got := mustCached(t, r, dir, ":v1", false); got.Artifact != nil {
		t.Error("an artifact")
	}
	attached := hosttest.Attach(t, repo, image, compat("2026-01-01T00:00:00Z", "first"))
	for _, offline := range []bool{false, true} {
		if got := mustCached(t, r, dir, ":v1", offline); got.Artifact == nil || got.Artifact.Descriptor.Digest != attached.Digest {
			t.Errorf("artifact %v", got.Artifact)
		}
	}
	moved := hosttest.PushImage(t, repo, "v1", linux("amd64", "v1"))
	if got := mustCached(t, r, dir, ":v1", false); got.Descriptor.Digest != moved.Digest || got.Artifact != nil {
		t.Errorf("%v", got)
	}
	if err := repo.Delete(t.Context(), moved); err != nil {
		t.Fatal(err)
	}
	// Nothing refers to what is gone, but that is not the same as an image without an artifact.
	_, err := cached(t.Context(), r, dir, "@"+moved.Digest.String(), false)
	wantError(t, err, registry.ErrNotFound)
}
