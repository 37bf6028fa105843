package registry

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// FuzzDecodeDocument: whatever a registry serves, there is a document or an ErrBrokenAnswer, and what is made of it is in
// bounds.
func FuzzDecodeDocument(f *testing.F) {
	for _, s := range []string{
		`{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{"mediaType":"a","digest":"` + someDigest + `","size":3,"platform":{"os":"linux","architecture":"amd64"}}]}`,
		`{"schemaVersion":2,"artifactType":"application/vnd.nfd.image-compatibility.v1alpha1","config":{"mediaType":"application/vnd.oci.empty.v1+json"},"layers":[{"mediaType":"application/vnd.nfd.image-compatibility.spec.v1alpha1+yaml"}],"subject":{"digest":"` + someDigest + `"},"annotations":{"org.opencontainers.image.created":"2025-01-01T00:00:00Z"}}`,
		`{"manifests":null}`, `null`, `[]`, `{"layers":[[]]}`,
	} {
		f.Add(ocispec.MediaTypeImageIndex, []byte(s))
		f.Add(ocispec.MediaTypeImageManifest, []byte(s))
	}
	f.Fuzz(func(t *testing.T, mediaType string, data []byte) {
		doc, err := decodeDocument(mediaType, data)
		if (doc == nil) == (err == nil) {
			t.Fatalf("%v, %v", doc, err)
		}
		if err != nil {
			if !errors.Is(err, ErrBrokenAnswer) || strings.ContainsAny(err.Error(), "\n\x1b") {
				t.Fatalf("%q", err)
			}
			return
		}
		_ = doc.artifactType()
		created(doc.Annotations)
		if layer, err := payloadLayer(doc); err == nil && layer.MediaType == "" {
			t.Fatal("a payload of no type")
		}
		ours, others := partition(doc.Manifests.list)
		if len(ours)+len(others) > len(doc.Manifests.list) {
			t.Fatal("more than listed")
		}
		for _, d := range doc.Manifests.list {
			_ = checkDescriptor(d)
			if p := normalise(d.Platform); p != nil {
				_ = platformName(*p)
			}
		}
		if again, err := detectType(data); err == nil && !isIndexType(again) && !isImageType(again) {
			t.Fatalf("detected %q", again)
		}
	})
}

// FuzzPlain: what gets into a message is one line, bounded, and without anything that a terminal acts on.
func FuzzPlain(f *testing.F) {
	f.Add("a\tb\x1b[31m\u202e\xff", 3)
	f.Fuzz(func(t *testing.T, s string, limit int) {
		limit = min(max(limit, 1), 1000)
		got := plain(s, limit)
		if n := len([]rune(got)); n > limit+1 {
			t.Fatalf("%d runes", n)
		}
		if got != plain(got, limit+1) || strings.ContainsAny(got, "\x00\x07\x1b\r\n\t\u202e\u200b") {
			t.Fatalf("%q", got)
		}
	})
}

func TestCreated(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]time.Time{
		"":                          {},
		"2025-01-01":                {},
		"2025-01-01T00:00:00Z":      time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC),
		"2025-01-01T02:00:00+02:00": time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC),
	} {
		if diff := cmp.Diff(want, created(map[string]string{ocispec.AnnotationCreated: s})); diff != "" {
			t.Errorf("%q (-want +got):\n%s", s, diff)
		}
		if zone := created(map[string]string{ocispec.AnnotationCreated: s}).Location(); zone != time.UTC {
			t.Errorf("%q: in %v", s, zone)
		}
	}
}

func TestWithoutQueries(t *testing.T) {
	t.Parallel()
	const in = `Get "https://cdn.example/blob?sig=SECRET&x=1": see http://h/p?token=SECRET too`
	if got := withoutQueries(in); strings.Contains(got, "SECRET") || !strings.Contains(got, `"https://cdn.example/blob": see http://h/p too`) {
		t.Errorf("%s", got)
	}
}

func TestPlatformList(t *testing.T) {
	t.Parallel()
	var many []ocispec.Platform
	for i := range 20 {
		many = append(many, ocispec.Platform{OS: "linux", Architecture: "a" + string(rune('a'+i))})
	}
	tests := map[string][]ocispec.Platform{
		"linux/aa":                        many[:1],
		"linux/aa and linux/ab":           many[:2],
		"linux/aa, linux/ab and linux/ac": many[:3],
		"linux/amd64":                     {{OS: "linux", Architecture: "amd64"}, {OS: "linux", Architecture: "x86_64"}},
		"linux/x [31m":                    {{OS: "linux", Architecture: "x\x1b[31m"}},
	}
	for want, list := range tests {
		if got := platformList(list, " and "); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
	if got := platformList(many, " and "); !strings.HasSuffix(got, "linux/ap and 4 more") {
		t.Errorf("%q", got)
	}
}
