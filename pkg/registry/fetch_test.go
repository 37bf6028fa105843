package registry_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/nfd-compat/nfd-compat/internal/hosttest"
	"github.com/nfd-compat/nfd-compat/pkg/registry"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
)

const payload = "version: v1alpha1\n"

func linux(architecture, variant string) ocispec.Platform {
	return ocispec.Platform{OS: "linux", Architecture: architecture, Variant: variant}
}

// compat is an artifact that is as it should be, and differs from others by its date and note.
func compat(created, note string) hosttest.Artifact {
	return hosttest.Artifact{
		Type:    spec.ArtifactType,
		Created: created,
		Layers:  []hosttest.Layer{{MediaType: spec.MediaTypeYAML, Data: []byte(payload + "# " + note + "\n")}},
	}
}

// fetch asks the registry for app:v1, or for another reference in it.
func fetch(t *testing.T, r *hosttest.Registry, object string, platform *ocispec.Platform) (*registry.Image, error) {
	t.Helper()
	client := registry.Client{PlainHTTP: true}
	return client.Fetch(t.Context(), registry.Request{Reference: r.Host + "/app" + object, Platform: platform})
}

func mustFetch(t *testing.T, r *hosttest.Registry, object string, platform *ocispec.Platform) *registry.Image {
	t.Helper()
	image, err := fetch(t, r, object, platform)
	if err != nil {
		t.Fatal(err)
	}
	return image
}

// outcome is what a table of this file compares.
type outcome struct {
	Manifest, Subject, Note, Via, Wrong string
	Platform                            string
}

// TestFetchFindsArtifact crosses what the image is, where the artifact is attached, and for which platform is asked.
func TestFetchFindsArtifact(t *testing.T) {
	t.Parallel()
	type image struct {
		index              bool
		onAMD, onARM, onIx bool
	}
	amd64, arm64, s390x := linux("amd64", ""), linux("arm64", ""), linux("s390x", "")
	armV8 := linux("arm64", "v8")
	tests := []struct {
		name  string
		image image
		host  *ocispec.Platform
		want  outcome
	}{
		{"single", image{onAMD: true}, &amd64, outcome{Manifest: "amd", Subject: "amd", Note: "amd", Platform: "amd64"}},
		{"single, platform not known", image{onAMD: true}, nil, outcome{Manifest: "amd", Subject: "amd", Note: "amd", Platform: "amd64"}},
		{"single, none", image{}, &amd64, outcome{Manifest: "amd", Platform: "amd64"}},
		{"single, other platform", image{onAMD: true}, &arm64, outcome{Manifest: "amd", Platform: "amd64", Wrong: "the image is for linux/amd64, not linux/arm64"}},
		{"index, on the child", image{index: true, onAMD: true}, &amd64, outcome{Manifest: "amd", Subject: "amd", Note: "amd", Platform: "amd64"}},
		{"index, on the other child", image{index: true, onARM: true}, &amd64, outcome{Manifest: "amd", Platform: "amd64"}},
		{"index, on the index", image{index: true, onIx: true}, &amd64, outcome{Manifest: "amd", Subject: "index", Note: "index", Platform: "amd64"}},
		{"index, on both", image{index: true, onAMD: true, onIx: true}, &amd64, outcome{Manifest: "amd", Subject: "amd", Note: "amd", Platform: "amd64"}},
		{"index, arm64 is arm64/v8", image{index: true, onARM: true}, &arm64, outcome{Manifest: "arm", Subject: "arm", Note: "arm", Platform: "arm64"}},
		{"index, arm64/v8 is arm64", image{index: true, onARM: true}, &armV8, outcome{Manifest: "arm", Subject: "arm", Note: "arm", Platform: "arm64"}},
		{"index, platform not known, on the index", image{index: true, onIx: true}, nil, outcome{Subject: "index", Note: "index"}},
		{"index, platform not offered", image{index: true, onIx: true}, &s390x, outcome{Wrong: "the index offers linux/amd64 and linux/arm64, not linux/s390x"}},
	}
	for _, registryHas := range []string{registry.ViaReferrersAPI, registry.ViaReferrersTag} {
		for _, test := range tests {
			t.Run(registryHas+"/"+test.name, func(t *testing.T) {
				t.Parallel()
				r := hosttest.NewRegistry(t, hosttest.RegistryOptions{NoReferrersAPI: registryHas == registry.ViaReferrersTag})
				repo := r.Repository("app")
				names := map[string]string{}
				amd := hosttest.PushImage(t, repo, "v1", amd64)
				names[amd.Digest.String()] = "amd"
				if test.image.index {
					arm := hosttest.PushImage(t, repo, "", arm64)
					index := hosttest.PushIndex(t, repo, "v1", hosttest.For(amd, amd64), hosttest.For(arm, armV8))
					names[arm.Digest.String()], names[index.Digest.String()] = "arm", "index"
					if test.image.onARM {
						hosttest.Attach(t, repo, arm, compat("", "arm"))
					}
					if test.image.onIx {
						hosttest.Attach(t, repo, index, compat("", "index"))
					}
				}
				if test.image.onAMD {
					hosttest.Attach(t, repo, amd, compat("", "amd"))
				}

				image := mustFetch(t, r, ":v1", test.host)
				got := outcome{Wrong: image.WrongPlatform}
				if image.Manifest != nil {
					got.Manifest = names[image.Manifest.Digest.String()]
				}
				if image.Platform != nil {
					got.Platform = image.Platform.Architecture + image.Platform.Variant
				}
				if a := image.Artifact; a != nil {
					got.Subject, got.Via = names[a.Subject.Digest.String()], a.Via
					got.Note = string(a.Payload[len(payload)+2 : len(a.Payload)-1])
					test.want.Via = registryHas
				}
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("Fetch (-want +got):\n%s", diff)
				}
			})
		}
	}
}

// TestFetchReference resolves the forms of references that NFD's client does and does not take.
func TestFetchReference(t *testing.T) {
	t.Parallel()
	r := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
	amd64 := linux("amd64", "")
	desc := hosttest.PushImage(t, r.Repository("app"), "latest", amd64)
	hosttest.Attach(t, r.Repository("app"), desc, compat("2025-01-01T00:00:00Z", "x"))
	at := "@" + desc.Digest.String()
	for object, want := range map[string]string{
		"":           ":latest",
		":latest":    ":latest",
		at:           at,
		":v1" + at:   at,
		":gone" + at: at,
	} {
		image := mustFetch(t, r, object, &amd64)
		if diff := cmp.Diff(r.Host+"/app"+want, image.Reference); diff != "" {
			t.Errorf("%q: reference (-want +got):\n%s", object, diff)
		}
		if diff := cmp.Diff(desc, image.Descriptor); diff != "" {
			t.Errorf("%q: descriptor (-want +got):\n%s", object, diff)
		}
		if image.Artifact == nil {
			t.Errorf("%q: no artifact", object)
		}
	}
}

// TestReferrersAPIIsAskedOnce: a registry that said that it has none is not asked again for the index.
func TestReferrersAPIIsAskedOnce(t *testing.T) {
	t.Parallel()
	r := hosttest.NewRegistry(t, hosttest.RegistryOptions{NoReferrersAPI: true})
	repo, amd64 := r.Repository("app"), linux("amd64", "")
	index := hosttest.PushIndex(t, repo, "v1", hosttest.For(hosttest.PushImage(t, repo, "", amd64), amd64))
	hosttest.Attach(t, repo, index, compat("", "index"))
	r.Requests()
	if image := mustFetch(t, r, ":v1", &amd64); image.Artifact == nil {
		t.Error("no artifact")
	}
	if n := r.Count("GET", "/referrers/"); n != 1 {
		t.Errorf("it was asked %d times", n)
	}
}

// TestWrongPlatformComesFirst: what is wrong with the artifacts of an image that does not run here is of no interest, and
// nobody waits for it.
func TestWrongPlatformComesFirst(t *testing.T) {
	t.Parallel()
	r := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
	amd64, arm64 := linux("amd64", ""), linux("arm64", "")
	hosttest.PushImage(t, r.Repository("app"), "v1", arm64)
	for _, fault := range []hosttest.Fault{{Status: 500}, {Status: 401}, {Hang: true}} {
		fault.Match = hosttest.On("", "/referrers/")
		r.Break(fault)
		image := mustFetch(t, r, ":v1", &amd64)
		if want := "the image is for linux/arm64, not linux/amd64"; image.WrongPlatform != want {
			t.Errorf("WrongPlatform = %q, not %q", image.WrongPlatform, want)
		}
	}
}

// TestConfigBeforeReferrers: of two requests side by side that both fail, the error is always that of the config.
func TestConfigBeforeReferrers(t *testing.T) {
	t.Parallel()
	r, paths := newBroken(t, hosttest.RegistryOptions{})
	amd64 := linux("amd64", "")
	r.Break(hosttest.Fault{Match: hosttest.On("", "/referrers/"), Status: 500})
	asked := make(chan struct{}, 16)
	r.Break(hosttest.Fault{Match: hosttest.On("GET", paths["config"]), Rewrite: func(int, http.Header, []byte) (int, []byte) {
		for r.Count("GET", "/referrers/") == 0 { // it is answered last
			time.Sleep(time.Millisecond)
		}
		asked <- struct{}{}
		return 418, nil
	}})
	for range 5 {
		r.Requests()
		_, err := fetch(t, r, ":single", &amd64)
		wantError(t, err, registry.ErrBrokenAnswer, "read image config sha256:", "418")
	}
	if len(asked) != 5 {
		t.Errorf("the config was asked for %d times", len(asked))
	}
}

// TestFeaturesOfTheSystem: what features an image wants of Linux, nothing defines, so that no host is known not to have them.
func TestFeaturesOfTheSystem(t *testing.T) {
	t.Parallel()
	r := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
	amd64, windows := linux("amd64", ""), ocispec.Platform{OS: "windows", Architecture: "amd64", OSFeatures: []string{"other"}}
	wanting := amd64
	wanting.OSFeatures = []string{"a"}
	hosttest.PushImage(t, r.Repository("app"), "v1", wanting)
	if image := mustFetch(t, r, ":v1", &amd64); image.WrongPlatform != "" || image.Uncertain != "" {
		t.Errorf("wrong %q, uncertain %q", image.WrongPlatform, image.Uncertain)
	}
	hosttest.PushImage(t, r.Repository("app"), "v2", windows)
	if image := mustFetch(t, r, ":v2", &ocispec.Platform{OS: "windows", Architecture: "amd64"}); image.WrongPlatform == "" {
		t.Error("a feature of Windows is passed over")
	}
}

// TestIndexWithoutArtifactNeedsPlatform: without a platform there is no telling which child counts.
func TestIndexWithoutArtifactNeedsPlatform(t *testing.T) {
	t.Parallel()
	r := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
	repo, amd64 := r.Repository("app"), linux("amd64", "")
	child := hosttest.PushImage(t, repo, "", amd64)
	hosttest.PushIndex(t, repo, "v1", hosttest.For(child, amd64))
	hosttest.Attach(t, repo, child, compat("", "child"))
	_, err := fetch(t, r, ":v1", nil)
	wantError(t, err, registry.ErrPlatformRequired, "linux/amd64", "--platform")
}

// TestPlatformUnknown: artifacts that are no runnable image have no platform that could be wrong.
func TestPlatformUnknown(t *testing.T) {
	t.Parallel()
	r := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
	repo, amd64 := r.Repository("app"), linux("amd64", "")
	model := hosttest.PushImage(t, repo, "v1", ocispec.Platform{})
	hosttest.Attach(t, repo, model, compat("", "model"))
	image := mustFetch(t, r, ":v1", &amd64)
	if image.Platform != nil || image.WrongPlatform != "" || image.Artifact == nil {
		t.Errorf("model: platform %v, wrong %q, artifact %v", image.Platform, image.WrongPlatform, image.Artifact)
	}

	index := hosttest.PushIndex(t, repo, "models", model)
	hosttest.Attach(t, repo, index, compat("", "models"))
	for _, host := range []*ocispec.Platform{&amd64, nil} {
		image = mustFetch(t, r, ":models", host)
		if image.Manifest != nil || image.WrongPlatform != "" || image.Artifact == nil {
			t.Errorf("models: manifest %v, wrong %q, artifact %v", image.Manifest, image.WrongPlatform, image.Artifact)
		}
	}
}

// TestChooseFromIndex holds which entry of an index a host gets.
func TestChooseFromIndex(t *testing.T) {
	t.Parallel()
	type entry struct {
		of     ocispec.Platform
		listed *ocispec.Platform // nil: the index does not say
	}
	say := func(p ocispec.Platform) entry { return entry{p, &p} }
	unknown := ocispec.Platform{OS: "unknown", Architecture: "unknown"}
	features := func(p ocispec.Platform, names ...string) ocispec.Platform {
		p.OSFeatures = names
		return p
	}
	windows := ocispec.Platform{OS: "windows", Architecture: "amd64"}
	tests := []struct {
		name    string
		entries []entry
		host    ocispec.Platform
		want    int // index of the entry; -1 for none
	}{
		{"own variant first", []entry{say(linux("amd64", "")), say(linux("amd64", "v3"))}, linux("amd64", "v3"), 1},
		{"lower variant", []entry{say(linux("amd64", "v4")), say(linux("amd64", "v2")), say(linux("amd64", ""))}, linux("amd64", "v3"), 1},
		{"higher variant is not run", []entry{say(linux("amd64", "v3"))}, linux("amd64", ""), -1},
		{"arm64/v8 on v9", []entry{say(linux("arm64", "v8"))}, linux("arm64", "v9"), 0},
		{"32 bit last", []entry{say(linux("386", "")), say(linux("amd64", ""))}, linux("amd64", ""), 1},
		{"other spelling", []entry{say(ocispec.Platform{OS: "Linux", Architecture: "x86_64"})}, linux("amd64", ""), 0},
		{"other operating system", []entry{say(ocispec.Platform{OS: "windows", Architecture: "amd64"})}, linux("amd64", ""), -1},
		{"attestations are no images", []entry{{linux("s390x", ""), &unknown}, say(linux("amd64", ""))}, linux("amd64", ""), 1},
		{"features that nothing defines", []entry{say(linux("arm64", "")), say(features(linux("amd64", ""), "a")), say(features(linux("amd64", "v2"), "a", "b"))}, linux("amd64", "v3"), 2},
		{"without features first", []entry{say(features(linux("amd64", "v3"), "a")), say(linux("amd64", "v2"))}, linux("amd64", "v3"), 1},
		{"features that the host has", []entry{say(linux("amd64", "")), say(features(linux("amd64", ""), "a"))}, features(linux("amd64", ""), "a"), 1},
		{"features of Windows", []entry{say(features(windows, "other"))}, windows, -1},
		{"platform from the config", []entry{{linux("arm64", ""), nil}, {linux("amd64", ""), nil}}, linux("amd64", ""), 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
			repo := r.Repository("app")
			var children []ocispec.Descriptor
			for _, e := range test.entries {
				d := hosttest.PushImage(t, repo, "", e.of)
				d.Platform = e.listed
				children = append(children, d)
			}
			hosttest.PushIndex(t, repo, "v1", children...)
			image := mustFetch(t, r, ":v1", &test.host)
			got := -1
			for i, c := range children {
				if image.Manifest != nil && image.Manifest.Digest == c.Digest {
					got = i
				}
			}
			if got != test.want || (got < 0) != (image.WrongPlatform != "") {
				t.Errorf("entry %d, not %d; wrong platform %q", got, test.want, image.WrongPlatform)
			}
		})
	}
}

// TestOffered: what an index offers are its images, and not what else stands in it.
func TestOffered(t *testing.T) {
	t.Parallel()
	r := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
	repo, amd64 := r.Repository("app"), linux("amd64", "")
	image := func(p ocispec.Platform) ocispec.Descriptor {
		return hosttest.For(hosttest.PushImage(t, repo, "", p), p)
	}
	attestation := image(linux("riscv64", ""))
	attestation.Annotations = map[string]string{"vnd.docker.reference.type": "attestation-manifest"}
	noSystem, noArchitecture := image(linux("ppc64le", "")), image(linux("s390x", ""))
	noSystem.Platform.OS, noArchitecture.Platform.Architecture = "unknown", "unknown"
	hosttest.PushIndex(t, repo, "v1", attestation, noSystem, noArchitecture, image(amd64))
	got := mustFetch(t, r, ":v1", &amd64)
	if diff := cmp.Diff([]ocispec.Platform{amd64}, got.Offered); diff != "" {
		t.Errorf("Offered (-want +got):\n%s", diff)
	}
}

// TestNestedIndex finds an image in an index in an index, and reads no index twice.
func TestNestedIndex(t *testing.T) {
	t.Parallel()
	r := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
	repo, amd64 := r.Repository("app"), linux("amd64", "")
	child := hosttest.PushImage(t, repo, "", amd64)
	inner := hosttest.PushIndex(t, repo, "", hosttest.For(child, amd64))
	hosttest.PushIndex(t, repo, "v1", inner, inner)
	r.Requests()
	image := mustFetch(t, r, ":v1", &amd64)
	if image.Manifest == nil || image.Manifest.Digest != child.Digest || len(image.Offered) != 1 {
		t.Errorf("manifest %v, offered %v", image.Manifest, image.Offered)
	}
	if n := r.Count("GET", inner.Digest.String()); n != 1 {
		t.Errorf("the inner index was read %d times", n)
	}

	for range 6 {
		inner = hosttest.PushIndex(t, repo, "deep", inner)
	}
	_, err := fetch(t, r, ":deep", &amd64)
	wantError(t, err, registry.ErrBrokenAnswer, "deep")
}
