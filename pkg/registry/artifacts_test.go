package registry_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/specs-go"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/nfd-compat/nfd-compat/internal/hosttest"
	"github.com/nfd-compat/nfd-compat/pkg/registry"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
)

// TestNewestWins holds the order of several artifacts.
func TestNewestWins(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		created []string // in the order of attaching
		want    []int    // the winner, and those passed over; nil: by digest
	}{
		{"two dated", []string{"2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z"}, []int{1, 0}},
		{"by instant, not by text", []string{"2025-01-01T00:30:00+02:00", "2025-01-01T00:00:00Z"}, []int{1, 0}},
		{"dated over undated", []string{"", "2020-01-01T00:00:00Z"}, []int{1, 0}},
		{"no date is undated", []string{"yesterday", "1980-01-01T00:00:00Z", "2025-13-01T00:00:00Z"}, nil},
		{"undated", []string{"", "", ""}, nil},
		{"same instant", []string{"2025-01-01T00:00:00Z", "2025-01-01T01:00:00+01:00"}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
			repo, amd64 := r.Repository("app"), linux("amd64", "")
			image := hosttest.PushImage(t, repo, "v1", amd64)
			var attached []string
			for i, c := range test.created {
				attached = append(attached, hosttest.Attach(t, repo, image, compat(c, fmt.Sprint(i))).Digest.String())
			}
			got := []string{}
			found := mustFetch(t, r, ":v1", &amd64).Artifact
			got = append(got, found.Descriptor.Digest.String())
			for _, d := range found.PassedOver {
				got = append(got, d.Digest.String())
			}
			if len(got) != len(attached) {
				t.Fatalf("%d artifacts, not %d", len(got), len(attached))
			}
			if test.want == nil { // whatever comes first by date, the rest is by digest
				rest := got
				if strings.HasPrefix(test.name, "no date") {
					rest = got[1:]
				}
				for i := 1; i < len(rest); i++ {
					if rest[i-1] >= rest[i] {
						t.Errorf("not by digest: %q", rest)
					}
				}
				return
			}
			var want []string
			for _, i := range test.want {
				want = append(want, attached[i])
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("order (-want +got):\n%s", diff)
			}
		})
	}
}

// TestPayload finds the payload wherever it stands, and takes nothing else for it.
func TestPayload(t *testing.T) {
	t.Parallel()
	other := hosttest.Layer{MediaType: ocispec.MediaTypeImageLayerGzip, Data: []byte("not a spec")}
	yaml := hosttest.Layer{MediaType: spec.MediaTypeYAML, Data: []byte(payload)}
	json := hosttest.Layer{MediaType: spec.MediaTypeJSON, Data: []byte(`{"version":"v1alpha1"}`)}
	kep := hosttest.Layer{MediaType: spec.MediaTypeKEPYAML, Data: []byte(payload)}
	tests := []struct {
		name   string
		layers []hosttest.Layer
		want   *hosttest.Layer
		text   string
	}{
		{"YAML", []hosttest.Layer{yaml}, &yaml, ""},
		{"JSON", []hosttest.Layer{json}, &json, ""},
		{"the proposal's", []hosttest.Layer{kep}, &kep, ""},
		{"after others", []hosttest.Layer{other, other, yaml}, &yaml, ""},
		{"before others", []hosttest.Layer{yaml, other}, &yaml, ""},
		{"empty", []hosttest.Layer{{MediaType: spec.MediaTypeYAML}}, &hosttest.Layer{MediaType: spec.MediaTypeYAML}, ""},
		{"no layers", nil, nil, "no layer of the media type"},
		{"other layers", []hosttest.Layer{other}, nil, "no layer of the media type"},
		{"two", []hosttest.Layer{yaml, json}, nil, "more than one layer"},
		{"the same twice", []hosttest.Layer{yaml, yaml}, nil, "more than one layer"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
			repo := r.Repository("app")
			image := hosttest.PushImage(t, repo, "v1", linux("amd64", ""))
			artifact := hosttest.Attach(t, repo, image, hosttest.Artifact{Type: spec.ArtifactType, Layers: test.layers})
			got, err := fetch(t, r, ":v1", nil)
			if test.want == nil {
				wantError(t, err, registry.ErrPayload, test.text, artifact.Digest.String())
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got.Artifact.MediaType != test.want.MediaType || !bytes.Equal(got.Artifact.Payload, test.want.Data) {
				t.Errorf("payload %s %q", got.Artifact.MediaType, got.Artifact.Payload)
			}
		})
	}
}

// TestPayloadTooLarge: what is too large is not downloaded, not even a byte of it.
func TestPayloadTooLarge(t *testing.T) {
	t.Parallel()
	r := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
	repo := r.Repository("app")
	image := hosttest.PushImage(t, repo, "v1", linux("amd64", ""))
	limit := hosttest.Artifact{Type: spec.ArtifactType, Layers: []hosttest.Layer{{MediaType: spec.MediaTypeYAML, Data: make([]byte, 4<<20)}}}
	hosttest.Attach(t, repo, image, limit)
	if got := mustFetch(t, r, ":v1", nil).Artifact; len(got.Payload) != 4<<20 {
		t.Errorf("%d bytes", len(got.Payload))
	}
	limit.Created, limit.Layers[0].Data = "2025-01-01T00:00:00Z", make([]byte, 4<<20+1)
	hosttest.Attach(t, repo, image, limit)
	r.Requests()
	_, err := fetch(t, r, ":v1", nil)
	wantError(t, err, registry.ErrBrokenAnswer, "4194305 bytes", "at most 4194304", "fetch payload")
	if n := r.Count("GET", "/blobs/"); n != 1 { // the config
		t.Errorf("%d blobs were asked for", n)
	}
}

// list makes the registry answer with a list of its own making.
func list(t *testing.T, r *hosttest.Registry, subject ocispec.Descriptor, entries ...ocispec.Descriptor) {
	t.Helper()
	index := hosttest.Encode(t, ocispec.Index{Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: ocispec.MediaTypeImageIndex, Manifests: entries})
	r.Break(hosttest.Fault{
		Match:       hosttest.On("GET", "/referrers/"+subject.Digest.String()),
		ContentType: ocispec.MediaTypeImageIndex,
		Body:        string(index),
	})
}

// TestListedType: the word of a listing decides what is fetched first, and never what counts.
func TestListedType(t *testing.T) {
	t.Parallel()
	const signature = "application/vnd.dev.cosign.artifact.sig.v1+json"
	as := func(d ocispec.Descriptor, artifactType string) ocispec.Descriptor {
		d.ArtifactType = artifactType
		return d
	}
	type set struct{ image, otherImage, index, lone, ours, kep, signed, elsewhere ocispec.Descriptor }
	tests := []struct {
		name string
		list func(s set) []ocispec.Descriptor
		want func(s set) ocispec.Descriptor // nil: none
		asks int                            // artifact manifests fetched
	}{
		{"right", func(s set) []ocispec.Descriptor {
			return []ocispec.Descriptor{as(s.signed, signature), as(s.ours, spec.ArtifactType)}
		}, func(s set) ocispec.Descriptor { return s.ours }, 1},
		{"the proposal's", func(s set) []ocispec.Descriptor {
			return []ocispec.Descriptor{as(s.kep, spec.ArtifactTypeKEP)}
		}, func(s set) ocispec.Descriptor { return s.kep }, 1},
		{"the config's media type", func(s set) []ocispec.Descriptor {
			return []ocispec.Descriptor{as(s.ours, ocispec.MediaTypeEmptyJSON)}
		}, func(s set) ocispec.Descriptor { return s.ours }, 1},
		{"none", func(s set) []ocispec.Descriptor {
			return []ocispec.Descriptor{as(s.ours, "")}
		}, func(s set) ocispec.Descriptor { return s.ours }, 1},
		{"ours is another's", func(s set) []ocispec.Descriptor {
			return []ocispec.Descriptor{as(s.signed, spec.ArtifactType)}
		}, nil, 1},
		{"ours is another's, and none is ours", func(s set) []ocispec.Descriptor {
			return []ocispec.Descriptor{as(s.signed, spec.ArtifactType), as(s.ours, "")}
		}, func(s set) ocispec.Descriptor { return s.ours }, 2},
		{"others are not asked if ours is there", func(s set) []ocispec.Descriptor {
			return []ocispec.Descriptor{as(s.kep, ""), as(s.ours, spec.ArtifactType)}
		}, func(s set) ocispec.Descriptor { return s.ours }, 1},
		{"another's type is not asked", func(s set) []ocispec.Descriptor {
			return []ocispec.Descriptor{as(s.signed, signature), as(s.signed, "application/vnd.dev.sigstore.bundle.v0.3+json")}
		}, nil, 0},
		{"another image's", func(s set) []ocispec.Descriptor {
			return []ocispec.Descriptor{as(s.elsewhere, spec.ArtifactType)}
		}, nil, 1},
		{"children and the image itself", func(s set) []ocispec.Descriptor {
			return []ocispec.Descriptor{s.image, s.otherImage}
		}, nil, 1},
		{"without a subject", func(s set) []ocispec.Descriptor {
			return []ocispec.Descriptor{as(s.lone, spec.ArtifactType)}
		}, nil, 1},
		{"an index", func(s set) []ocispec.Descriptor {
			return []ocispec.Descriptor{s.index}
		}, nil, 0},
		{"twice", func(s set) []ocispec.Descriptor {
			return []ocispec.Descriptor{as(s.ours, ""), as(s.ours, spec.ArtifactType), as(s.ours, spec.ArtifactType)}
		}, func(s set) ocispec.Descriptor { return s.ours }, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
			repo, amd64 := r.Repository("app"), linux("amd64", "")
			s := set{image: hosttest.PushImage(t, repo, "v1", amd64), otherImage: hosttest.PushImage(t, repo, "v2", amd64)}
			s.ours = hosttest.Attach(t, repo, s.image, compat("2025-01-01T00:00:00Z", "ours"))
			s.elsewhere = hosttest.Attach(t, repo, s.otherImage, compat("2025-01-02T00:00:00Z", "elsewhere"))
			kep, signed := compat("2025-01-03T00:00:00Z", "kep"), compat("2025-01-04T00:00:00Z", "signed")
			kep.Type, signed.Type = spec.ArtifactTypeKEP, signature
			s.kep, s.signed = hosttest.Attach(t, repo, s.image, kep), hosttest.Attach(t, repo, s.image, signed)
			s.index = hosttest.PushIndex(t, repo, "index", s.image)
			s.lone = hosttest.PushManifest(t, repo, "lone", ocispec.MediaTypeImageManifest, ocispec.Manifest{
				MediaType: ocispec.MediaTypeImageManifest, ArtifactType: spec.ArtifactType, Config: ocispec.DescriptorEmptyJSON,
			})
			list(t, r, s.image, test.list(s)...)
			r.Requests()

			image := mustFetch(t, r, ":v1", &amd64)
			switch {
			case test.want == nil && image.Artifact != nil:
				t.Errorf("artifact %v", image.Artifact.Descriptor)
			case test.want != nil && image.Artifact == nil:
				t.Error("no artifact")
			case test.want != nil && image.Artifact.Descriptor.Digest != test.want(s).Digest:
				t.Errorf("artifact %v", image.Artifact.Descriptor)
			}
			if image.Unexamined != 0 {
				t.Errorf("%d unexamined", image.Unexamined)
			}
			if n := r.Count("GET", "/manifests/sha256:"); n != test.asks {
				t.Errorf("%d manifests were asked for, not %d", n, test.asks)
			}
		})
	}
}

// TestReferrersTagWithForeignChildren: some registries answer the fallback tag with unrelated manifests, which may not
// even be there.
func TestReferrersTagWithForeignChildren(t *testing.T) {
	t.Parallel()
	r := hosttest.NewRegistry(t, hosttest.RegistryOptions{NoReferrersAPI: true})
	repo, amd64 := r.Repository("app"), linux("amd64", "")
	image := hosttest.PushImage(t, repo, "v1", amd64)
	other := hosttest.PushImage(t, repo, "v2", amd64)
	gone := ocispec.Descriptor{MediaType: ocispec.MediaTypeImageManifest, Digest: "sha256:" + ocispec.DescriptorEmptyJSON.Digest[7:], Size: 7}
	large := gone
	large.Digest, large.Size = "sha256:"+other.Digest[7:71], 5<<20
	hosttest.PushIndex(t, repo, strings.Replace(image.Digest.String(), ":", "-", 1), hosttest.For(other, amd64), gone)
	got := mustFetch(t, r, ":v1", &amd64)
	if got.Artifact != nil || got.Unexamined != 1 {
		t.Errorf("artifact %v, unexamined %d", got.Artifact, got.Unexamined)
	}
	list(t, r, image, large)
	if got = mustFetch(t, r, ":v1", &amd64); got.Artifact != nil || got.Unexamined != 1 {
		t.Errorf("artifact %v, unexamined %d", got.Artifact, got.Unexamined)
	}
}

// TestManyReferrers: the search among referrers of unknown type is bounded, and says so.
func TestManyReferrers(t *testing.T) {
	t.Parallel()
	r := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
	repo, amd64 := r.Repository("app"), linux("amd64", "")
	image := hosttest.PushImage(t, repo, "v1", amd64)
	var entries []ocispec.Descriptor
	for i := range 40 {
		a := compat("", fmt.Sprint(i))
		a.Type = "application/vnd.example.unknown"
		entries = append(entries, hosttest.Attach(t, repo, image, a))
	}
	list(t, r, image, entries...)
	r.Requests()
	got := mustFetch(t, r, ":v1", &amd64)
	if n := r.Count("GET", "/manifests/sha256:"); got.Artifact != nil || got.Unexamined != 8 || n != 32 {
		t.Errorf("artifact %v, unexamined %d, fetched %d", got.Artifact, got.Unexamined, n)
	}
	dir := t.TempDir()
	for _, offline := range []bool{false, true} {
		if got := mustCached(t, r, dir, ":v1", offline); got.Artifact != nil || got.Unexamined != 8 {
			t.Errorf("offline %t: artifact %v, unexamined %d", offline, got.Artifact, got.Unexamined)
		}
	}
}

// TestManyArtifacts: where a listing does not date them, every artifact is looked at to find the newest, and beyond a bound
// nobody says which that is.
func TestManyArtifacts(t *testing.T) {
	t.Parallel()
	r := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
	repo, amd64 := r.Repository("app"), linux("amd64", "")
	image := hosttest.PushImage(t, repo, "v1", amd64)
	var entries []ocispec.Descriptor
	for i := range 41 {
		created := "2020-01-01T00:00:00Z"
		if i == 20 {
			created = "2026-01-01T00:00:00Z"
		}
		entry := hosttest.Attach(t, repo, image, compat(created, fmt.Sprint(i)))
		entry.Annotations, entry.ArtifactType = nil, spec.ArtifactType
		entries = append(entries, entry)
	}
	list(t, r, image, entries...)
	got := mustFetch(t, r, ":v1", &amd64)
	if got.Artifact == nil || !strings.HasSuffix(string(got.Artifact.Payload), "# 20\n") || len(got.Artifact.PassedOver) != 40 {
		t.Errorf("artifact %s, %d passed over", got.Artifact.Payload, len(got.Artifact.PassedOver))
	}
	for i := range 300 {
		entries = append(entries, ocispec.Descriptor{
			MediaType: ocispec.MediaTypeImageManifest, ArtifactType: spec.ArtifactType, Digest: digest.FromString(fmt.Sprint(i)), Size: 2,
		})
	}
	list(t, r, image, entries...)
	_, err := fetch(t, r, ":v1", &amd64)
	wantError(t, err, registry.ErrBrokenAnswer, "341 compatibility artifacts are listed")
}

// TestManifestThatIsNone: what is served as an image and is none does not pass for an image without artifacts.
func TestManifestThatIsNone(t *testing.T) {
	t.Parallel()
	for _, manifest := range []string{"null", "{}", `{"schemaVersion": 2, "mediaType": "` + ocispec.MediaTypeImageManifest + `"}`} {
		r := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
		r.Break(hosttest.Fault{Match: hosttest.On("GET", "/manifests/"), ContentType: ocispec.MediaTypeImageManifest, Body: manifest})
		_, err := fetch(t, r, ":v1", nil)
		wantError(t, err, registry.ErrBrokenAnswer, "an image manifest without a config")
	}
}

// TestUnknownVariant: an image for a variant of the host's architecture may run there, where the host's is not known.
func TestUnknownVariant(t *testing.T) {
	t.Parallel()
	r := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
	repo := r.Repository("app")
	v3 := linux("amd64", "v3")
	hosttest.PushIndex(t, repo, "index", hosttest.For(hosttest.PushImage(t, repo, "single", v3), v3))
	client := &registry.Client{PlainHTTP: true}
	for _, tag := range []string{":single", ":index"} {
		for _, tt := range []struct {
			host             ocispec.Platform
			unknown          bool
			wrong, uncertain bool
		}{
			{linux("amd64", ""), false, true, false},
			{linux("amd64", ""), true, false, true},
			{linux("amd64", "v2"), true, true, false},
			{linux("arm64", ""), true, true, false},
			{linux("amd64", "v3"), true, false, false},
		} {
			image, err := client.Fetch(t.Context(), registry.Request{Reference: r.Host + "/app" + tag, Platform: &tt.host, VariantUnknown: tt.unknown})
			if err != nil {
				t.Fatal(err)
			}
			if (image.WrongPlatform != "") != tt.wrong || (image.Uncertain != "") != tt.uncertain {
				t.Errorf("%s on %v: wrong %q, uncertain %q", tag, tt.host, image.WrongPlatform, image.Uncertain)
			}
		}
	}
}

// TestPages follows a list of referrers through its pages, as far as it goes.
func TestPages(t *testing.T) {
	t.Parallel()
	r := hosttest.NewRegistry(t, hosttest.RegistryOptions{PageBytes: 700})
	repo, amd64 := r.Repository("app"), linux("amd64", "")
	image := hosttest.PushImage(t, repo, "v1", amd64)
	for i := range 5 {
		hosttest.Attach(t, repo, image, compat(fmt.Sprintf("2025-01-0%dT00:00:00Z", i+1), fmt.Sprint(i)))
	}
	r.Requests()
	got := mustFetch(t, r, ":v1", &amd64)
	if n := r.Count("GET", "/referrers/"); n < 3 {
		t.Fatalf("%d pages: the test tests nothing", n)
	}
	if len(got.Artifact.PassedOver) != 4 || got.Artifact.Created.Day() != 5 {
		t.Errorf("%d passed over, of day %d", len(got.Artifact.PassedOver), got.Artifact.Created.Day())
	}
}

// TestManyPages: 10,000 referrers, 100 on a page, are a list as any other.
func TestManyPages(t *testing.T) {
	t.Parallel()
	r := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
	repo, amd64 := r.Repository("app"), linux("amd64", "")
	image := hosttest.PushImage(t, repo, "v1", amd64)
	ours := hosttest.Attach(t, repo, image, compat("", "ours"))
	ours.ArtifactType = spec.ArtifactType
	all := append(listedOnly(9999, "application/vnd.in-toto+json"), ours)
	r.Break(hosttest.Fault{Match: hosttest.On("GET", "/referrers/"), Serve: func(w http.ResponseWriter, req *http.Request, _ http.Handler) {
		page, _ := strconv.Atoi(req.URL.Query().Get("page")) // the first has none
		w.Header().Set("Content-Type", ocispec.MediaTypeImageIndex)
		if page < 99 {
			w.Header().Set("Link", fmt.Sprintf("<?page=%d>; rel=next", page+1))
		}
		_, _ = w.Write(hosttest.Encode(t, ocispec.Index{MediaType: ocispec.MediaTypeImageIndex, Manifests: all[100*page : 100*page+100]}))
	}})
	if got := mustFetch(t, r, ":v1", &amd64); got.Artifact == nil {
		t.Error("no artifact")
	}
}

// TestPagesThatLeadAstray: a list that does not end, one that leads elsewhere, and one whose next page is not there.
func TestPagesThatLeadAstray(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		link string
		pad  int // spaces after a page
		text string
		asks int
	}{
		{"itself", `</v2/app/referrers/DIGEST>; rel="next"`, 0, "comes one that was there before", 1},
		{"for ever", `<?page=N>; rel=next`, 0, "more than 512 pages", 512},
		{"too long", `<?page=N>; rel=next`, 4_000_000, "longer than 16777216 bytes", 5},
		{"gone", `<?gone>; rel=next`, 0, "page 2", 2},
		{"elsewhere", `<http://169.254.169.254/latest/>; rel="next"`, 0, "another host, 169.254.169.254", 1},
		{"no URL", `<%zz>; rel="next"`, 0, "cannot be read", 1},
		{"not next", `</v2/app/referrers/DIGEST>; rel="prev"`, 0, "", 1},
		{"no link", `next`, 0, "the header Link cannot be read", 1},
		{"an open link", `</v2/app/referrers/DIGEST?p=2; rel="next"`, 0, "the header Link cannot be read", 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
			image := hosttest.PushImage(t, r.Repository("app"), "v1", linux("amd64", ""))
			page := 0
			r.Break(hosttest.Fault{Match: hosttest.On("GET", "/referrers/"), Rewrite: func(_ int, h http.Header, _ []byte) (int, []byte) {
				if page++; page > 1 && test.name == "gone" {
					return 404, nil
				}
				h.Set("Content-Type", ocispec.MediaTypeImageIndex)
				h.Set("Link", strings.NewReplacer("DIGEST", image.Digest.String(), "N", fmt.Sprint(page)).Replace(test.link))
				return 200, []byte(`{"manifests":null}` + strings.Repeat(" ", test.pad))
			}})
			r.Requests()
			got, err := fetch(t, r, ":v1", nil)
			if test.text == "" {
				if err != nil || got.Artifact != nil {
					t.Errorf("%v, %v", got, err)
				}
			} else {
				wantError(t, err, registry.ErrBrokenAnswer, test.text)
			}
			if n := r.Count("GET", "/referrers/"); n != test.asks {
				t.Errorf("%d pages were asked for, not %d", n, test.asks)
			}
		})
	}
}
