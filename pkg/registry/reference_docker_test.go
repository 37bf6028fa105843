package registry

import (
	"strings"
	"testing"

	"github.com/distribution/reference"
)

// someReferences are references, good and bad, from which others are made.
func someReferences() []string {
	return []string{
		"", "/", ":", "@", "a/", "/a", "a:", "a@", "a:@", "a::b", "a@@b", "a:b:c",
		"nginx", "nginx:1", "library/nginx", "docker.io/nginx", "docker.io/library/nginx", "index.docker.io/nginx", "index.docker.io/a/b",
		"docker.io", "r.example", "localhost", "localhost/a", "localhost:5000", "localhost:5000/a", "Localhost/a", "Team/app", "team/App", "r.example/App",
		"R.EXAMPLE/app", "a_b/c", "a_b.c/d", "a-/b", "-a.b/c", "a-.b/c", "a..b/c", ".a/c", "a./c", "a.b:/c", "a.b:1:2/c", "a.b:port/c", "a.b:00080/c", "é.b/c", "a.b/é",
		"127.0.0.1/a", "127.0.0.1:5000/a", "[::1]/a", "[::1]:5000/a", "[::1/a", "::1/a", "[]/a", "[1]:2]/a", "[fe80::1%25eth0]/a",
		"a.b/c//d", "a.b/c/", "a.b/c__d", "a.b/c___d", "a.b/c..d", "a.b/c._d", "a.b/c--d", "a.b/c-", "a.b/_c", "a.b/c.d_e-f/g",
		"a.b/c:v1", "a.b/c:.v", "a.b/c:V_1.2-3", "a.b/c:" + strings.Repeat("v", 128), "a.b/c:" + strings.Repeat("v", 129), "a.b/c:v@x:y",
		"a.b/c@" + someDigest, "a.b/c:v@" + someDigest, "a.b/c:v v@" + someDigest, "a.b/c@" + someDigest + "0", "a.b/c@sha1:" + strings.Repeat("a", 40),
		"a.b/c@sha256:" + strings.Repeat("A", 64), "a.b/c@sha512:" + strings.Repeat("a", 128), "a.b/c@sha384:" + strings.Repeat("a", 96), "a.b/c@" + someDigest + "@" + someDigest,
		"a.b/" + strings.Repeat("c", 255), "a.b/" + strings.Repeat("c", 256), strings.Repeat("c", 247), strings.Repeat("c", 248), strings.Repeat("a", 63), strings.Repeat("a", 64), strings.Repeat("A", 64),
	}
}

// compareWithDistribution holds a reference to what github.com/distribution/reference makes of it.
func compareWithDistribution(t *testing.T, s string) {
	t.Helper()
	if strings.Contains(s, "://") || len(s) > maxReference {
		return // which is told before
	}
	got, err := parseRegistryReference(s, s)
	named, wrong := reference.ParseDockerRef(s)
	if wrong != nil {
		if err == nil {
			t.Errorf("%q: %v, where distribution says: %v", s, got, wrong)
		}
		return
	}
	want := location{registry: reference.Domain(named), repository: reference.Path(named)}
	switch r := named.(type) {
	case reference.Digested:
		want.digest = r.Digest()
	case reference.Tagged:
		want.tag = r.Tag()
	}
	if err != nil {
		if isRegistryHost(want.registry) { // we know better what an address and a port are
			t.Errorf("%q: %v, where distribution reads %v", s, err, want)
		}
		return
	}
	if got != want {
		t.Errorf("%q: %v, where distribution reads %v", s, got, want)
	}
}

// TestParseRegistryReferenceAsDistribution: a reference means what it means to Docker, containerd and podman, which parse it
// with github.com/distribution/reference or by its rules.
func TestParseRegistryReferenceAsDistribution(t *testing.T) {
	t.Parallel()
	all := someReferences()
	for _, s := range all {
		compareWithDistribution(t, s)
		for _, other := range all {
			for _, between := range []string{"", "/", ":", "@"} {
				compareWithDistribution(t, s+between+other)
			}
		}
	}
	for _, s := range []string{"r.example:70000/a", "r.example:99999999999999999999/a", "[1:2]/a", "[::1%25eth0]/a"} {
		if got, err := parseRegistryReference(s, s); err == nil {
			t.Errorf("%q: %v, where there is no such port or address", s, got)
		}
	}
}

// FuzzParseRegistryReference looks for references that mean something else than to github.com/distribution/reference.
func FuzzParseRegistryReference(f *testing.F) {
	for _, s := range someReferences() {
		f.Add(s)
	}
	f.Fuzz(compareWithDistribution)
}
