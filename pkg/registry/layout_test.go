package registry_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2/content/oci"

	"github.com/nfd-compat/nfd-compat/internal/hosttest"
	"github.com/nfd-compat/nfd-compat/pkg/registry"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
)

// layout is an OCI layout directory that oras-go writes.
type layout struct {
	*oci.Store
	dir                    string
	child, index, artifact ocispec.Descriptor
}

func newLayout(t *testing.T) *layout {
	t.Helper()
	dir := t.TempDir()
	store, err := oci.NewWithContext(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	l, amd64 := &layout{Store: store, dir: dir}, linux("amd64", "")
	l.child = hosttest.PushImage(t, store, "", amd64)
	l.index = hosttest.PushIndex(t, store, "v1", hosttest.For(l.child, amd64))
	l.artifact = hosttest.Attach(t, store, l.child, compat("2025-01-01T00:00:00Z", "child"))
	return l
}

func (l *layout) blob(d ocispec.Descriptor) string {
	return filepath.Join(l.dir, "blobs", "sha256", d.Digest.Encoded())
}

func fetchLayout(t *testing.T, reference string, platform *ocispec.Platform) (*registry.Image, error) {
	t.Helper()
	var client registry.Client
	return client.Fetch(t.Context(), registry.Request{Reference: reference, Platform: platform})
}

// TestLayout fetches from a layout by tag, by digest, by neither.
func TestLayout(t *testing.T) {
	t.Parallel()
	l, amd64 := newLayout(t), linux("amd64", "")
	for _, object := range []string{"", ":v1", "@" + l.index.Digest.String(), ":v1@" + l.index.Digest.String(), "@" + l.child.Digest.String()} {
		image, err := fetchLayout(t, "oci:"+l.dir+object, &amd64)
		if err != nil {
			t.Errorf("%q: %v", object, err)
			continue
		}
		a := image.Artifact
		if a == nil || a.Descriptor.Digest != l.artifact.Digest || a.Via != registry.ViaLayout || a.Subject.Digest != l.child.Digest ||
			string(a.Payload) != payload+"# child\n" {
			t.Errorf("%q: artifact %v", object, a)
		}
		if want := "oci:" + l.dir + object; image.Reference != want {
			t.Errorf("reference %q, not %q", image.Reference, want)
		}
	}
	s390x := linux("s390x", "")
	image, err := fetchLayout(t, "oci:"+l.dir, &s390x)
	if err != nil || image.WrongPlatform == "" || image.Artifact != nil {
		t.Errorf("s390x: %v, %v", image, err)
	}
}

// writeIndex replaces a layout's index.json.
func (l *layout) writeIndex(t *testing.T, entries ...ocispec.Descriptor) {
	t.Helper()
	index := hosttest.Encode(t, ocispec.Index{Manifests: entries})
	if err := os.WriteFile(filepath.Join(l.dir, "index.json"), index, 0o644); err != nil {
		t.Fatal(err)
	}
}

func tagged(d ocispec.Descriptor, tag string) ocispec.Descriptor {
	d.Annotations = map[string]string{ocispec.AnnotationRefName: tag}
	return d
}

// TestLayoutUnderReferrersTag: some tools keep the list of referrers in an index under the referrers tag, in layouts too.
func TestLayoutUnderReferrersTag(t *testing.T) {
	t.Parallel()
	l, amd64 := newLayout(t), linux("amd64", "")
	artifact := l.artifact
	artifact.ArtifactType = spec.ArtifactType
	tag := strings.Replace(l.child.Digest.String(), ":", "-", 1)
	list := hosttest.PushIndex(t, l, "", artifact)
	l.writeIndex(t, tagged(l.index, "v1"), tagged(list, tag))
	image, err := fetchLayout(t, "oci:"+l.dir+":v1", &amd64)
	if err != nil || image.Artifact == nil {
		t.Errorf("%v, %v", image, err)
	}

	artifact.Digest = "sha256:" + ocispec.DescriptorEmptyJSON.Digest[7:70] + "0"
	list = hosttest.PushIndex(t, l, "", artifact)
	l.writeIndex(t, tagged(l.index, "v1"), tagged(list, tag))
	_, err = fetchLayout(t, "oci:"+l.dir+":v1", &amd64)
	wantError(t, err, registry.ErrBrokenAnswer, "it is not there")
}

// TestLayoutTags: which manifest of index.json is meant.
func TestLayoutTags(t *testing.T) {
	t.Parallel()
	l := newLayout(t)
	tests := []struct {
		name    string
		entries []ocispec.Descriptor
		object  string
		kind    error // nil: the child
		text    string
	}{
		{"one, without a tag", []ocispec.Descriptor{l.child}, "", nil, ""},
		{"the only one with a tag", []ocispec.Descriptor{l.artifact, tagged(l.child, "v1")}, "", nil, ""},
		{"the same twice", []ocispec.Descriptor{tagged(l.child, "v1"), tagged(l.child, "v2")}, "", nil, ""},
		{"several without a tag", []ocispec.Descriptor{l.child, l.artifact}, "", registry.ErrNotFound, "no tags"},
		{"a tag of two", []ocispec.Descriptor{tagged(l.child, "v1"), tagged(l.index, "v1")}, ":v1", registry.ErrBrokenAnswer, "more than once"},
		{"no manifest", []ocispec.Descriptor{tagged(ocispec.DescriptorEmptyJSON, "v1")}, ":v1", registry.ErrBrokenAnswer, "not an image manifest"},
	}
	for _, test := range tests {
		l.writeIndex(t, test.entries...)
		image, err := fetchLayout(t, "oci:"+l.dir+test.object, nil)
		switch {
		case test.kind != nil:
			wantError(t, err, test.kind, test.text)
		case err != nil || image.Descriptor.Digest != l.child.Digest:
			t.Errorf("%s: %v, %v", test.name, image, err)
		}
	}
}

// TestLayoutTooLarge: the search for referrers, which reads all manifests, is bounded.
func TestLayoutTooLarge(t *testing.T) {
	t.Parallel()
	l, amd64 := newLayout(t), linux("amd64", "")
	many := make([]ocispec.Descriptor, 0, 10001)
	for i := range cap(many) {
		many = append(many, ocispec.Descriptor{MediaType: ocispec.MediaTypeImageManifest, Digest: digest.FromString(fmt.Sprint(i)), Size: 2})
	}
	list := hosttest.PushIndex(t, l, "", many...)
	l.writeIndex(t, tagged(l.index, "v1"), tagged(list, "many"))
	_, err := fetchLayout(t, "oci:"+l.dir+":v1", &amd64)
	wantError(t, err, registry.ErrBrokenAnswer, "more than 10000 manifests")

	entries := []ocispec.Descriptor{tagged(l.index, "v1")}
	for i := range 17 {
		large := bytes.Repeat([]byte(" "), 4<<20)
		copy(large, fmt.Sprintf(`{"config":{},"annotations":{"n":"%d"}}`, i))
		entries = append(entries, hosttest.PushBlob(t, l, ocispec.MediaTypeImageManifest, large))
	}
	l.writeIndex(t, entries...)
	_, err = fetchLayout(t, "oci:"+l.dir+":v1", &amd64)
	wantError(t, err, registry.ErrBrokenAnswer, "more than 67108864 bytes")
}

// TestLayoutFaults: a layout is written by a stranger, like everything else.
func TestLayoutFaults(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("makes links")
	}
	remove := func(name func(l *layout) string) func(*testing.T, *layout) {
		return func(t *testing.T, l *layout) {
			t.Helper()
			if err := os.Remove(name(l)); err != nil {
				t.Fatal(err)
			}
		}
	}
	put := func(data string, name func(l *layout) string) func(*testing.T, *layout) {
		return func(t *testing.T, l *layout) {
			t.Helper()
			remove(name)(t, l)
			if err := os.WriteFile(name(l), []byte(data), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	link := func(target func(t *testing.T, l *layout) string, name func(l *layout) string) func(*testing.T, *layout) {
		return func(t *testing.T, l *layout) {
			t.Helper()
			to := target(t, l)
			remove(name)(t, l)
			if err := os.Symlink(to, name(l)); err != nil {
				t.Fatal(err)
			}
		}
	}
	file := func(name string) func(*layout) string {
		return func(l *layout) string { return filepath.Join(l.dir, name) }
	}
	artifact := func(l *layout) string { return l.blob(l.artifact) }
	index := func(l *layout) string { return l.blob(l.index) }
	outside := func(t *testing.T, l *layout) string {
		t.Helper()
		data, err := os.ReadFile(l.blob(l.artifact))
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(t.TempDir(), "outside")
		if err := os.WriteFile(name, data, 0o644); err != nil {
			t.Fatal(err)
		}
		return name
	}
	nothing := func(*testing.T, *layout) {}
	many := func(t *testing.T, l *layout) {
		t.Helper()
		hosttest.PushImage(t, l, "v2", linux("arm64", ""))
	}
	tests := []struct {
		name   string
		harm   func(*testing.T, *layout)
		object string
		kind   error
		texts  []string
	}{
		{"unknown tag", nothing, ":v9", registry.ErrNotFound, []string{`no tag "v9"`, "it has v1"}},
		{"unknown digest", nothing, "@sha256:" + strings.Repeat("0", 64), registry.ErrNotFound, nil},
		{"digest of a blob", nothing, "@" + ocispec.DescriptorEmptyJSON.Digest.String(), registry.ErrBrokenAnswer, []string{"not an image manifest"}},
		{"several, none named", many, "", registry.ErrNotFound, []string{"it has v1, v2"}},
		{"no directory", nothing, "/nosuch:v1", registry.ErrNotFound, []string{"no such directory"}},
		{"no oci-layout", remove(file("oci-layout")), "", registry.ErrBrokenAnswer, []string{"no OCI layout"}},
		{"other version", put(`{"imageLayoutVersion":"2.0"}`, file("oci-layout")), "", registry.ErrBrokenAnswer, []string{`version "2.0"`}},
		{"junk version", put("}", file("oci-layout")), "", registry.ErrBrokenAnswer, []string{"not valid JSON"}},
		{"no index.json", remove(file("index.json")), "", registry.ErrBrokenAnswer, []string{"index.json"}},
		{"junk index.json", put("[]", file("index.json")), "", registry.ErrBrokenAnswer, []string{"index.json", "not valid JSON"}},
		{"empty index.json", put(`{"manifests":[]}`, file("index.json")), "", registry.ErrNotFound, []string{"empty"}},
		{"large index.json", put(strings.Repeat(" ", 5<<20), file("index.json")), "", registry.ErrBrokenAnswer, []string{"longer than"}},
		{"no index", remove(index), "", registry.ErrBrokenAnswer, []string{"it is not there"}},
		{"no artifact", remove(artifact), "", registry.ErrBrokenAnswer, []string{"manifest sha256:ARTIFACT: it is listed, but it is not there"}},
		{"corrupt artifact", func(t *testing.T, l *layout) {
			t.Helper()
			put(strings.Repeat(" ", int(l.artifact.Size)), artifact)(t, l)
		}, "", registry.ErrBrokenAnswer, []string{"do not have this digest"}},
		{"artifact of other length", put("{}", artifact), "", registry.ErrBrokenAnswer, []string{"2 bytes long"}},
		{"artifact outside", link(outside, artifact), "", registry.ErrBrokenAnswer, []string{"escapes"}},
		{"oci-layout outside", link(func(*testing.T, *layout) string { return "/etc/passwd" }, file("oci-layout")), "", registry.ErrBrokenAnswer, []string{"escapes"}},
		{"device", link(func(*testing.T, *layout) string { return "/dev/zero" }, artifact), "", registry.ErrBrokenAnswer, []string{"escapes"}},
		{"directory", func(t *testing.T, l *layout) {
			t.Helper()
			remove(artifact)(t, l)
			if err := os.Mkdir(artifact(l), 0o755); err != nil {
				t.Fatal(err)
			}
		}, "", registry.ErrBrokenAnswer, []string{"not a regular file"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			l, amd64 := newLayout(t), linux("amd64", "")
			test.harm(t, l)
			image, err := fetchLayout(t, "oci:"+l.dir+test.object, &amd64)
			if image != nil {
				t.Errorf("an image with an error: %v", image)
			}
			for i, text := range test.texts {
				test.texts[i] = strings.ReplaceAll(text, "sha256:ARTIFACT", l.artifact.Digest.String())
			}
			wantError(t, err, test.kind, append(test.texts, "oci:"+l.dir)...)
			if want, ok := errors.AsType[*registry.Error](err); ok && want.Registry != "" {
				t.Errorf("registry %q", want.Registry)
			}
		})
	}
}

// TestLayoutLinkInside: a link that stays in the layout is followed.
func TestLayoutLinkInside(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("makes links")
	}
	l, amd64 := newLayout(t), linux("amd64", "")
	blob := l.blob(l.artifact)
	if err := errors.Join(os.Rename(blob, filepath.Join(l.dir, "moved")), os.Symlink("../../moved", blob)); err != nil {
		t.Fatal(err)
	}
	if image, err := fetchLayout(t, "oci:"+l.dir, &amd64); err != nil || image.Artifact == nil {
		t.Errorf("%v, %v", image, err)
	}
}

// TestLayoutSparse: an index may be there without the images of other platforms.
func TestLayoutSparse(t *testing.T) {
	t.Parallel()
	l, amd64 := newLayout(t), linux("amd64", "")
	gone := l.child
	gone.Digest = "sha256:" + ocispec.DescriptorEmptyJSON.Digest[7:]
	gone.Digest = gone.Digest[:70] + "0"
	hosttest.PushIndex(t, l, "sparse", hosttest.For(gone, linux("s390x", "")), hosttest.For(l.child, amd64))
	image, err := fetchLayout(t, "oci:"+l.dir+":sparse", &amd64)
	if err != nil || image.Artifact == nil {
		t.Errorf("%v, %v", image, err)
	}
}

// TestDemo: the layout in the repository has an artifact for both of its platforms, attached to the index.
func TestDemo(t *testing.T) {
	t.Parallel()
	dir := filepath.Join("..", "..", "testdata", "demo")
	before := files(t, dir)
	for _, architecture := range []string{"amd64", "arm64"} {
		host := linux(architecture, "")
		image, err := fetchLayout(t, "oci:"+filepath.ToSlash(dir)+":v1", &host)
		if err != nil {
			t.Fatal(err)
		}
		if image.Artifact == nil || image.Artifact.Subject.Digest != image.Descriptor.Digest || image.Platform.Architecture != architecture {
			t.Errorf("%s: %v", architecture, image)
		}
	}
	if diff := cmp.Diff(before, files(t, dir)); diff != "" {
		t.Errorf("a layout is only read (-before +after):\n%s", diff)
	}
}

func files(t *testing.T, dir string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		names = append(names, path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// TestLayoutDangling: an entry of another image or of another tool's artifact that is not there does not stop those that are.
func TestLayoutDangling(t *testing.T) {
	t.Parallel()
	gone := ocispec.Descriptor{MediaType: ocispec.MediaTypeImageManifest, Digest: digest.FromString("gone"), Size: 4}
	signature := gone
	signature.ArtifactType = "application/vnd.cncf.notary.signature"
	for name, test := range map[string]struct {
		entry      ocispec.Descriptor
		unexamined int
	}{"another image": {tagged(gone, "v2"), 1}, "a signature": {signature, 0}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, amd64 := newLayout(t), linux("amd64", "")
			reference := "oci:" + l.dir + ":v1"
			l.writeIndex(t, tagged(l.index, "v1"), test.entry)
			image, err := fetchLayout(t, reference, &amd64)
			if err != nil || image.Artifact != nil || image.Unexamined != test.unexamined {
				t.Errorf("%+v, %v", image, err)
			}
			mustAttach(t, registry.AttachRequest{Reference: reference, Payload: []byte(payload)})
			if image, err = fetchLayout(t, reference, &amd64); err != nil || image.Artifact == nil {
				t.Errorf("%+v, %v", image, err)
			}
		})
	}
}
