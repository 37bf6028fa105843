//go:build e2e

package e2e

import (
	"encoding/json"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// A kind is a kind of registry: see docs/registry.md, whose table is made of what is held here.
type kind struct {
	name  string
	serve func(*testing.T) registry
	// discover are further arguments for oras discover; mistyped says that the registry lists a wrong artifactType.
	discover []string
	mistyped bool
	// via is how our reports say that artifacts are found.
	via string
	// keeps says that it does not delete.
	keeps bool
}

const (
	viaAPI = "referrers-api"
	viaTag = "referrers-tag"
)

// TestMatrix: the life of a spec in each registry that is light enough for every run. [TestRegistries] has the others.
func TestMatrix(t *testing.T) {
	t.Parallel()
	olareg := func(flags ...string) func(*testing.T) registry {
		return func(t *testing.T) registry {
			t.Helper()
			return serve(t, flags...)
		}
	}
	matrix(t, []kind{
		{name: "olareg", serve: olareg("--api-delete"), via: viaAPI},
		{
			name: "olareg without the referrers API", serve: olareg("--api-delete", "--api-referrer=false"), via: viaTag,
			// oras does not take olareg's word (status 405, UNSUPPORTED) for having no API.
			discover: []string{"--distribution-spec", "v1.1-referrers-tag"},
		},
		{name: "olareg without deletion", serve: olareg("--api-delete=false"), via: viaAPI, keeps: true},
	})
}

// matrix runs each kind of registry with an image and an index, and specs that are attached by our attach-spec and by oras.
func matrix(t *testing.T, kinds []kind) {
	t.Helper()
	oras, nfdCompat := tool(t, "oras"), program(t)
	for i := range kinds {
		t.Run(kinds[i].name, func(t *testing.T) {
			t.Parallel()
			served := kinds[i].serve(t)
			for _, image := range []string{"single", "index"} {
				for _, by := range []string{"attach-spec", "oras"} {
					t.Run(image+"/by "+by, func(t *testing.T) {
						t.Parallel()
						c := cell{
							kind: &kinds[i], login: served.login, oras: oras, nfdCompat: nfdCompat,
							dir: write(t, files()), image: served.host + "/" + image + "/by-" + by + ":v1",
						}
						c.push(t, image == "index")
						c.live(t, by == "oras")
						if image == "index" && !c.keeps {
							c.platform(t)
						}
					})
				}
			}
		})
	}
}

// A cell of the matrix is an image in a registry.
type cell struct {
	*kind
	login, oras, nfdCompat string
	dir, image             string
}

// access are the flags to reach the registry with, which oras and we have the same.
func (c *cell) access() []string {
	flags := []string{"--plain-http"}
	if c.login != "" {
		flags = append(flags, "--registry-config", c.login)
	}
	return flags
}

func (c *cell) runOras(t *testing.T, command string, args ...string) string {
	t.Helper()
	return run(t, c.dir, c.oras, slices.Concat(strings.Fields(command), c.access(), args)...)
}

// ours runs a command of ours for the image, which has to succeed.
func (c *cell) ours(t *testing.T, command string, args ...string) string {
	t.Helper()
	return run(t, c.dir, c.nfdCompat, slices.Concat([]string{command}, c.access(), []string{"--image", c.image}, args)...)
}

// judge demands what validate-node says of the image.
func (c *cell) judge(t *testing.T, code int, verdict string) {
	t.Helper()
	judge(t, c.nfdCompat, code, verdict, append(c.access(), "--image", c.image)...)
}

// push pushes the image, for this host, or an index of it and of one for another.
func (c *cell) push(t *testing.T, index bool) {
	t.Helper()
	push := func(image, config string) {
		c.runOras(t, "push", image, "--config", config+":application/vnd.oci.image.config.v1+json", "layer.tar:application/vnd.oci.image.layer.v1.tar")
	}
	if !index {
		push(c.image, "config.json")
		return
	}
	repository := strings.TrimSuffix(c.image, ":v1")
	push(repository+":here", "config.json")
	push(repository+":there", "foreign.json")
	c.runOras(t, "manifest index create", c.image, "here", "there")
}

// attach attaches a spec, and returns the digest of the artifact.
func (c *cell) attach(t *testing.T, byOras bool, file, created string) string {
	t.Helper()
	if !byOras {
		return strings.TrimSpace(c.ours(t, "attach-spec", file))
	}
	out := c.runOras(t, "attach", "--format", "json", "--artifact-type", artifactType,
		"--annotation", "org.opencontainers.image.created="+created, c.image, file+":"+specType)
	var attached struct {
		Digest string `json:"digest"`
	}
	if err := json.Unmarshal([]byte(out), &attached); err != nil || attached.Digest == "" {
		t.Fatalf("%v\n%s", err, out)
	}
	return attached.Digest
}

// live has a spec attached, a newer one, the older one again, and all removed.
func (c *cell) live(t *testing.T, byOras bool) {
	t.Helper()
	c.judge(t, 4, "undeclared")
	first := c.attach(t, byOras, "satisfied.yaml", "2024-01-01T00:00:00Z")
	c.wantArtifacts(t, "satisfied.yaml", first)
	c.judge(t, 0, "compatible")
	second := c.attach(t, byOras, "refused.yaml", "2025-01-01T00:00:00Z")
	c.wantArtifacts(t, "refused.yaml", second, first)
	c.judge(t, 3, "incompatible")
	if got := c.ours(t, "show-spec", "--artifact", first); got != files()["satisfied.yaml"] {
		t.Errorf("of the first one, %q is shown", got)
	}
	again := c.attach(t, false, "satisfied.yaml", "")
	c.wantArtifacts(t, "satisfied.yaml", again, second, first)
	c.judge(t, 0, "compatible")
	if got := c.attach(t, false, "satisfied.yaml", ""); got != again {
		t.Errorf("the same once more is %s, and not %s", got, again)
	}
	if c.keeps {
		c.wantKept(t, again, second, first)
		return
	}
	if got := strings.TrimSpace(c.ours(t, "remove-spec", "--yes")); got != again {
		t.Errorf("removed %s, not %s", got, again)
	}
	c.wantArtifacts(t, "refused.yaml", second, first)
	c.judge(t, 3, "incompatible")
	if got := strings.Fields(c.ours(t, "remove-spec", "--yes", "--all")); !sameDigests(got, second, first) {
		t.Errorf("removed %q, not %s and %s", got, second, first)
	}
	c.wantDiscovered(t)
	c.judge(t, 4, "undeclared")
}

// platform has a spec attached to the index's image for this host, and removed.
func (c *cell) platform(t *testing.T) {
	t.Helper()
	here := []string{"--platform", runtime.GOOS + "/" + runtime.GOARCH}
	c.attach(t, false, "satisfied.yaml", "")
	c.ours(t, "attach-spec", append(here, "refused.yaml")...)
	c.judge(t, 3, "incompatible")
	c.ours(t, "remove-spec", append(here, "--yes")...)
	c.judge(t, 0, "compatible")
}

// wantArtifacts demands which artifacts the image has, newest first, and that the first one has a file's very bytes.
func (c *cell) wantArtifacts(t *testing.T, file string, digests ...string) {
	t.Helper()
	c.wantDiscovered(t, digests...)
	if got := c.ours(t, "show-spec"); got != files()[file] {
		t.Errorf("shown %q, not %s", got, file)
	}
	rows := strings.Split(strings.TrimSpace(c.ours(t, "list-specs")), "\n")[1:]
	for i, digest := range digests {
		if i >= len(rows) || !strings.HasSuffix(rows[i], digest) || !strings.Contains(rows[i], c.via) || strings.HasPrefix(rows[i], "*") != (i == 0) {
			t.Errorf("row %d of the list is not %s, found by %s:\n%s", i, digest, c.via, strings.Join(rows, "\n"))
		}
	}
	if n := strings.Count(strings.Join(rows, "\n"), "sha256:"); n != len(digests) {
		t.Errorf("%d artifacts are listed, not %d", n, len(digests))
	}
}

// wantDiscovered demands which artifacts oras finds.
func (c *cell) wantDiscovered(t *testing.T, digests ...string) {
	t.Helper()
	args := slices.Concat(c.access(), c.discover)
	if !c.mistyped {
		args = append(args, "--artifact-type", artifactType)
	}
	var got []string
	for _, r := range referrers(t, c.oras, c.dir, append(args, c.image)...) {
		if (r.ArtifactType == artifactType) == c.mistyped {
			t.Errorf("oras discovers the type %q", r.ArtifactType)
		}
		got = append(got, r.Digest)
	}
	if !sameDigests(got, digests...) {
		t.Errorf("oras discovers %q, not %q", got, digests)
	}
}

// wantKept demands that a registry that does not delete is said to be so, and what counts from then on. Where the list of
// referrers is the client's to write, the artifact is taken off it.
func (c *cell) wantKept(t *testing.T, artifacts ...string) {
	t.Helper()
	args := slices.Concat([]string{"remove-spec", "--yes"}, c.access(), []string{"--image", c.image})
	stdout, stderr, code := try(t, c.dir, c.nfdCompat, args...)
	if code != 5 || stdout != "" || !strings.Contains(stderr, "the registry does not delete artifacts") || !strings.Contains(stderr, artifacts[0]) {
		t.Errorf("exit code %d\n%s%s", code, stdout, stderr)
	}
	if unlisted := strings.Contains(stderr, "no longer listed"); unlisted != (c.via == viaTag) {
		t.Errorf("it says that it is no longer listed: %t\n%s", unlisted, stderr)
	}
	if c.via == viaTag {
		c.wantArtifacts(t, "refused.yaml", artifacts[1:]...)
		c.judge(t, 3, "incompatible")
	} else {
		c.wantArtifacts(t, "satisfied.yaml", artifacts...)
		c.judge(t, 0, "compatible")
	}
}

func sameDigests(got []string, want ...string) bool {
	return slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want)))
}
