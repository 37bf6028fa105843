package registry_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/nfd-compat/nfd-compat/internal/hosttest"
	"github.com/nfd-compat/nfd-compat/pkg/registry"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
)

// TestNamedArtifact: a certain artifact is taken if it is one, and of this image.
func TestNamedArtifact(t *testing.T) {
	t.Parallel()
	r := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
	repo, amd64, arm64 := r.Repository("app"), linux("amd64", ""), linux("arm64", "")
	amd, arm := hosttest.PushImage(t, repo, "single", amd64), hosttest.PushImage(t, repo, "", arm64)
	inner := hosttest.PushIndex(t, repo, "", hosttest.For(arm, arm64))
	index := hosttest.PushIndex(t, repo, "index", hosttest.For(amd, amd64), inner)
	other := hosttest.PushImage(t, repo, "other", linux("amd64", "v1"))
	names := map[string]string{}
	attach := func(name string, to ocispec.Descriptor, created string, change func(*hosttest.Artifact)) {
		t.Helper()
		a := compat(created, name)
		if change != nil {
			change(&a)
		}
		names[name] = hosttest.Attach(t, repo, to, a).Digest.String()
	}
	attach("old", amd, "2020-01-01T00:00:00Z", nil)
	attach("new", amd, "2026-01-01T00:00:00Z", nil)
	attach("arm", arm, "", nil)
	attach("inner", inner, "", nil)
	attach("index", index, "", nil)
	attach("other", other, "", nil)
	attach("signature", amd, "", func(a *hosttest.Artifact) { a.Type = "application/vnd.dev.cosign.artifact.sig.v1+json" })
	attach("kep", amd, "", func(a *hosttest.Artifact) { a.Type = spec.ArtifactTypeKEP })
	attach("two layers", amd, "", func(a *hosttest.Artifact) { a.Layers = append(a.Layers, a.Layers[0]) })
	names["lone"] = hosttest.PushManifest(t, repo, "lone", ocispec.MediaTypeImageManifest, ocispec.Manifest{
		MediaType: ocispec.MediaTypeImageManifest, ArtifactType: spec.ArtifactType, Config: ocispec.DescriptorEmptyJSON,
	}).Digest.String()
	names["gone"], names["an index"], names["an image"] = "sha256:"+strings.Repeat("0", 64), inner.Digest.String(), other.Digest.String()

	tests := []struct {
		image    string
		artifact string
		host     *ocispec.Platform
		subject  ocispec.Descriptor // of what is found
		platform string
		kind     error
		text     string
	}{
		{":single", "old", &amd64, amd, "amd64", nil, ""},
		{":single", "new", nil, amd, "amd64", nil, ""},
		{":single", "kep", &amd64, amd, "amd64", nil, ""},
		{":index", "old", &amd64, amd, "amd64", nil, ""},
		{":index", "index", &amd64, index, "amd64", nil, ""},
		{":index", "index", nil, index, "", nil, ""},
		{":index", "old", nil, amd, "amd64", nil, ""},
		{":index", "arm", nil, arm, "arm64", nil, ""},
		{":index", "inner", &arm64, inner, "arm64", nil, ""},
		{"@" + amd.Digest.String(), "index", &amd64, index, "amd64", nil, ""},
		{"@" + arm.Digest.String(), "inner", &arm64, inner, "arm64", nil, ""},
		{":index", "arm", &amd64, arm, "", registry.ErrNotFound, "it is attached to the image for linux/arm64, not to that for linux/amd64"},
		{":single", "arm", &amd64, arm, "", registry.ErrNotFound, "it is attached to " + arm.Digest.String() + ", which is neither this image nor an index of it"},
		{":single", "inner", &amd64, inner, "", registry.ErrNotFound, "neither this image nor an index of it"},
		{":single", "other", &amd64, other, "", registry.ErrNotFound, "neither this image nor an index of it"},
		{":index", "other", &amd64, other, "", registry.ErrNotFound, "neither this image nor an index of it"},
		{":single", "signature", &amd64, amd, "", registry.ErrNotFound, `it is of the type "application/vnd.dev.cosign`},
		{":single", "an image", &amd64, amd, "", registry.ErrNotFound, "it is of the type"},
		{":single", "an index", &amd64, amd, "", registry.ErrNotFound, "not a compatibility artifact"},
		{":single", "lone", &amd64, amd, "", registry.ErrNotFound, "no image as its subject"},
		{":single", "gone", &amd64, amd, "", registry.ErrNotFound, "does not have it"},
		{":single", "two layers", &amd64, amd, "", registry.ErrPayload, "more than one layer"},
	}
	for _, test := range tests {
		t.Run(test.image+"/"+test.artifact, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for _, client := range []*registry.Client{
				{PlainHTTP: true}, {PlainHTTP: true, CacheDir: dir}, {PlainHTTP: true, CacheDir: dir}, {PlainHTTP: true, CacheDir: dir, Offline: true},
			} {
				if client.Offline && test.artifact == "gone" {
					continue
				}
				image, err := client.Fetch(t.Context(), registry.Request{Reference: r.Host + "/app" + test.image, Artifact: names[test.artifact], Platform: test.host})
				if test.kind != nil {
					if image != nil {
						t.Error("an image with an error")
					}
					wantError(t, err, test.kind, test.text, names[test.artifact], "registry "+r.Host)
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				a, platform := image.Artifact, ""
				if image.Platform != nil {
					platform = image.Platform.Architecture
				}
				if a == nil || a.Descriptor.Digest.String() != names[test.artifact] || a.Via != registry.ViaDigest || len(a.PassedOver) > 0 ||
					a.Subject.Digest != test.subject.Digest || string(a.Payload) != payload+"# "+test.artifact+"\n" || platform != test.platform {
					t.Errorf("artifact %v, platform %s", a, platform)
				}
			}
		})
	}
}

// TestNamedArtifactWrongPlatform: the platform comes first, here as well.
func TestNamedArtifactWrongPlatform(t *testing.T) {
	t.Parallel()
	r, amd64 := hosttest.NewRegistry(t, hosttest.RegistryOptions{}), linux("amd64", "")
	hosttest.PushImage(t, r.Repository("app"), "v1", linux("arm64", ""))
	client := registry.Client{PlainHTTP: true}
	image, err := client.Fetch(t.Context(), registry.Request{Reference: r.Host + "/app:v1", Artifact: "sha256:" + strings.Repeat("0", 64), Platform: &amd64})
	if err != nil || image.WrongPlatform == "" || image.Artifact != nil {
		t.Errorf("%v, %v", image, err)
	}
}

// TestNamedArtifactRequests: the artifact is asked for beside the config, and nobody asks what else refers to the image.
func TestNamedArtifactRequests(t *testing.T) {
	t.Parallel()
	r, amd64 := hosttest.NewRegistry(t, hosttest.RegistryOptions{}), linux("amd64", "")
	repo := r.Repository("app")
	artifact := hosttest.Attach(t, repo, hosttest.PushImage(t, repo, "v1", amd64), compat("", "x"))
	client := registry.Client{PlainHTTP: true, CacheDir: t.TempDir()}
	for _, want := range [][]string{{"blob", "blob", "manifest by digest", "tag"}, {"manifest by digest", "tag"}} {
		r.Requests()
		if _, err := client.Fetch(t.Context(), registry.Request{Reference: r.Host + "/app:v1", Artifact: artifact.Digest.String(), Platform: &amd64}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, kinds(r.Requests())); diff != "" {
			t.Errorf("requests (-want +got):\n%s", diff)
		}
	}
}

// TestNamedArtifactNoDigest: what is no digest is wrong usage, and nothing is asked.
func TestNamedArtifactNoDigest(t *testing.T) {
	t.Parallel()
	var client registry.Client
	for _, text := range []string{"v1", "sha256:12", "md5:d41d8cd98f00b204e9800998ecf8427e", "sha256:\x1b[31m"} {
		_, err := client.Fetch(t.Context(), registry.Request{Reference: "r.example/app", Artifact: text})
		wantError(t, err, registry.ErrReference, "is no digest of an artifact")
	}
}

// TestNamedArtifactInLayout: a layout and an archive have artifacts with digests, too.
func TestNamedArtifactInLayout(t *testing.T) {
	t.Parallel()
	l, amd64 := newLayout(t), linux("amd64", "")
	hosttest.Attach(t, l, l.child, compat("2026-01-01T00:00:00Z", "newer"))
	archive := archiveFile(t, gzipped(t, tarred(t, layoutFiles(t, l.dir), "")))
	for _, reference := range []string{"oci:" + l.dir, "oci-archive:" + archive} {
		var client registry.Client
		for _, named := range []string{"", l.artifact.Digest.String()} {
			image, err := client.Fetch(t.Context(), registry.Request{Reference: reference + ":v1", Artifact: named, Platform: &amd64})
			if err != nil {
				t.Fatal(err)
			}
			if is := image.Artifact.Descriptor.Digest == l.artifact.Digest; is != (named != "") {
				t.Errorf("%s: artifact %v", reference, image.Artifact.Descriptor)
			}
		}
		_, err := client.Fetch(t.Context(), registry.Request{Reference: reference + ":v1", Artifact: "sha256:" + strings.Repeat("0", 64)})
		wantError(t, err, registry.ErrNotFound, "the layout does not have it")
	}
}
