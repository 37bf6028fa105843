//go:build linux

package docs

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/opencontainers/image-spec/specs-go"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/nfd-compat/nfd-compat/internal/hosttest"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
)

// image is the one that a page means where it leaves the image out.
const image = registryHost + "/team/app:v1"

// A world is what a page presumes of its reader: the files in the current directory, the commands on the PATH, and a registry
// with images.
type world struct {
	dir string
	env []string
	// artifact is the digest of one that is attached to the image, and not the newest.
	artifact string
}

// newWorld makes a world. In it:
//
//   - the files of testdata/world, testdata and examples of the repository, and in the folder host a host that is mounted,
//   - features.json and the like, with the features of a host that has most things,
//   - registry.example.com/team/app:v1, an image with specs, team/cuda:v1, which declares what it needs of a GPU, and
//     team/app-sif:v1, an image of Apptainer's own form; as a pipeline has them, $REGISTRY/app@$IMAGE_DIGEST too,
//   - nfd-compat, and stand-ins for the tools that this machine lacks.
func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{dir: t.TempDir()}
	if err := os.CopyFS(w.dir, os.DirFS("testdata/world")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"testdata", "examples"} {
		w.link(t, filepath.Join(root, name), name)
	}
	w.link(t, host(t), "host")

	reg := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
	subject, artifact := fill(t, reg, w.read(t, "spec.yaml"))
	w.artifact = artifact
	home := t.TempDir()
	w.env = append([]string{
		"HOME=" + home, "TMPDIR=" + t.TempDir(), "LANG=C.UTF-8", "USER=reader",
		"REGISTRY=" + registryHost + "/team", "IMAGE_DIGEST=" + subject,
		"PATH=" + w.commands(t) + ":" + os.Getenv("PATH"),
	}, reach(t, reg)...)
	w.env = append(w.env, goEnvironment(t)...)
	w.export(t)
	return w
}

// host makes the root of a host that has most things: two sockets, GPUs, fast networks.
func host(t *testing.T) string {
	t.Helper()
	tree := hosttest.Parse("")
	for _, name := range []string{"xeon", "gpu/h100x8-open", "rdma/mlx5"} {
		archive, err := os.ReadFile(root + "/pkg/features/testdata/" + name + ".txtar")
		if err != nil {
			t.Fatal(err)
		}
		tree = tree.With(string(archive))
	}
	return tree.Dir(t)
}

// export writes the features of that host to features.json and the like, as its administrator would.
func (w *world) export(t *testing.T) {
	t.Helper()
	export := exec.CommandContext(t.Context(), "bash", "-c", "nfd-compat export features --host-root host")
	export.Dir, export.Env = w.dir, w.env
	exported, err := export.Output()
	if err != nil {
		t.Fatalf("export the features of the host: %v", err)
	}
	w.writeFeatures(t, exported)
}

// link makes a link in the world.
func (w *world) link(t *testing.T, to, name string) {
	t.Helper()
	to, err := filepath.Abs(to)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(to, filepath.Join(w.dir, name)); err != nil {
		t.Fatal(err)
	}
}

func (w *world) read(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(w.dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func (w *world) write(t *testing.T, name string, text []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(w.dir, name), text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// writeFeatures writes exported features, under every name that pages have for them.
func (w *world) writeFeatures(t *testing.T, text []byte) {
	t.Helper()
	for _, name := range []string{"features.json", "host.json", "unread.json"} {
		w.write(t, name, text)
	}
}

// keep keeps a document that a page shows, for the commands that follow.
func (w *world) keep(t *testing.T, b block) {
	t.Helper()
	text := []byte(b.text)
	switch {
	case b.language == "yaml" && regexp.MustCompile(`(?m)^version: v1alpha1$`).Match(text):
		w.write(t, "spec.yaml", text)
	case b.language == "yaml" && regexp.MustCompile(`(?m)^kind: NodeFeatureRule$`).Match(text):
		w.write(t, "rule.yaml", text)
	case b.language == "json":
		var shown map[string]json.RawMessage
		if json.Unmarshal(text, &shown) == nil && (shown["flags"] != nil || shown["attributes"] != nil || shown["instances"] != nil) {
			w.writeFeatures(t, text)
		}
	}
}

// makeRoom removes the files that a block is about to make anew, and which are not there for a reader.
func (w *world) makeRoom(t *testing.T, b block) {
	t.Helper()
	for _, m := range regexp.MustCompile(`--path[ =]([\w./-]+)`).FindAllStringSubmatch(b.text, -1) {
		if !filepath.IsLocal(m[1]) {
			continue
		}
		if err := os.Remove(filepath.Join(w.dir, m[1])); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
}

// commands returns a folder with nfd-compat and the stand-ins of tools.
func (w *world) commands(t *testing.T) string {
	t.Helper()
	bin := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	names := []string{program}
	for name, tool := range standIns() {
		if _, err := exec.LookPath(name); err != nil || tool.instead {
			names = append(names, name)
		}
	}
	for _, name := range names {
		if err := os.Symlink(self, filepath.Join(bin, name)); err != nil {
			t.Fatal(err)
		}
	}
	return bin
}

// goEnvironment lets the go command find what is built already, whatever HOME is.
func goEnvironment(t *testing.T) []string {
	t.Helper()
	names := []string{"GOCACHE", "GOMODCACHE", "GOFLAGS", "GOTOOLCHAIN", "GOPROXY"}
	out, err := exec.CommandContext(t.Context(), "go", append([]string{"env"}, names...)...).Output()
	if err != nil {
		t.Fatal(err)
	}
	values := bytes.Split(bytes.TrimSuffix(out, []byte("\n")), []byte("\n"))
	env := make([]string, 0, len(names))
	for i, name := range names {
		env = append(env, name+"="+string(values[i]))
	}
	return env
}

// fill pushes the images that pages speak of. It returns the digests of the image with specs, and of one of these.
func fill(t *testing.T, r *hosttest.Registry, document []byte) (subject, artifact string) {
	t.Helper()
	platforms := []ocispec.Platform{{OS: "linux", Architecture: "amd64"}, {OS: "linux", Architecture: "arm64"}}
	app, cuda := r.Repository("team/app"), r.Repository("team/cuda")
	var apps, cudas []ocispec.Descriptor
	for _, p := range platforms {
		apps = append(apps, hosttest.For(hosttest.PushImage(t, app, "", p), p))
		image := hosttest.PushManifest(t, cuda, "", ocispec.MediaTypeImageManifest, ocispec.Manifest{
			Versioned: specs.Versioned{SchemaVersion: 2},
			MediaType: ocispec.MediaTypeImageManifest,
			Config: hosttest.PushBlob(t, cuda, ocispec.MediaTypeImageConfig, hosttest.Encode(t, ocispec.Image{
				Platform: p, Config: ocispec.ImageConfig{Env: []string{"NVIDIA_REQUIRE_CUDA=cuda>=12.4"}},
			})),
			Layers: []ocispec.Descriptor{hosttest.PushBlob(t, cuda, ocispec.MediaTypeImageLayer, []byte("a layer for "+p.Architecture))},
		})
		cudas = append(cudas, hosttest.For(image, p))
	}
	hosttest.PushIndex(t, cuda, "v1", cudas...)
	sif := r.Repository("team/app-sif")
	hosttest.PushManifest(t, sif, "v1", ocispec.MediaTypeImageManifest, ocispec.Manifest{
		Versioned: specs.Versioned{SchemaVersion: 2},
		MediaType: ocispec.MediaTypeImageManifest,
		Config:    hosttest.PushBlob(t, sif, "application/vnd.sylabs.sif.config.v1+json", []byte("{}")),
		Layers:    []ocispec.Descriptor{hosttest.PushBlob(t, sif, "application/vnd.sylabs.sif.layer.v1.sif", []byte("SIF"))},
	})
	index := hosttest.PushIndex(t, app, "v1", apps...)
	for _, created := range []string{"2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z"} {
		attached := hosttest.Attach(t, app, index, hosttest.Artifact{
			Type: spec.ArtifactType, Created: created, Layers: []hosttest.Layer{{MediaType: spec.MediaTypeYAML, Data: document}},
		})
		if artifact == "" {
			artifact = attached.Digest.String()
		}
	}
	return index.Digest.String(), artifact
}
