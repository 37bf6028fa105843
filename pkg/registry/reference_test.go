package registry

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"
)

const someDigest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

func TestParseReference(t *testing.T) {
	t.Parallel()
	tests := map[string]location{
		"nginx":                          {registry: "docker.io", repository: "library/nginx", tag: "latest"},
		"alpine:3.20":                    {registry: "docker.io", repository: "library/alpine", tag: "3.20"},
		"library/nginx":                  {registry: "docker.io", repository: "library/nginx", tag: "latest"},
		"docker.io/library/nginx":        {registry: "docker.io", repository: "library/nginx", tag: "latest"},
		"docker.io/nginx":                {registry: "docker.io", repository: "library/nginx", tag: "latest"},
		"index.docker.io/nginx":          {registry: "docker.io", repository: "library/nginx", tag: "latest"},
		"docker://nginx:1":               {registry: "docker.io", repository: "library/nginx", tag: "1"},
		"docker://r.example/a/b/c:v1":    {registry: "r.example", repository: "a/b/c", tag: "v1"},
		"localhost/app":                  {registry: "localhost", repository: "app", tag: "latest"},
		"localhost:5000/app:v1":          {registry: "localhost:5000", repository: "app", tag: "v1"},
		"127.0.0.1:5000/demo/app:v1":     {registry: "127.0.0.1:5000", repository: "demo/app", tag: "v1"},
		"[::1]:5000/app":                 {registry: "[::1]:5000", repository: "app", tag: "latest"},
		"r.example/app@" + someDigest:    {registry: "r.example", repository: "app", digest: someDigest},
		"r.example/app:v1@" + someDigest: {registry: "r.example", repository: "app", digest: someDigest},
		"oci":                            {registry: "docker.io", repository: "library/oci", tag: "latest"},
		"oci:dir":                        {dir: "dir"},
		"oci:/a/dir:v1":                  {dir: "/a/dir", tag: "v1"},
		"oci:./a:b/dir:v1":               {dir: "./a:b/dir", tag: "v1"},
		"oci:/a:b/dir":                   {dir: "/a:b/dir"},
		"oci:/a:b:v1":                    {dir: "/a:b", tag: "v1"},
		"oci:/a@b:v1":                    {dir: "/a@b", tag: "v1"},
		"oci:/a/dir/":                    {dir: "/a/dir/"},
		"oci:dir@" + someDigest:          {dir: "dir", digest: someDigest},
		"oci:dir:v1@" + someDigest:       {dir: "dir", tag: "v1", digest: someDigest},
		"oci:a b/c:v1.0_x":               {dir: "a b/c", tag: "v1.0_x"},

		"oci-archive:image":                          {archive: true, dir: "image"},
		"oci-archive:/a/image.tar":                   {archive: true, dir: "/a/image.tar"},
		"oci-archive:image:v1":                       {archive: true, dir: "image", tag: "v1"},
		"oci-archive:/a:b/image.tar:v1":              {archive: true, dir: "/a:b/image.tar", tag: "v1"},
		"oci-archive:app:v1.tar:v1":                  {archive: true, dir: "app:v1.tar", tag: "v1"},
		"oci-archive:image.tar.gz:v1@" + someDigest:  {archive: true, dir: "image.tar.gz", tag: "v1", digest: someDigest},
		"oci-archive:image.tgz@" + someDigest:        {archive: true, dir: "image.tgz", digest: someDigest},
		"oci-archive:/a/image.tar:r.example/app:v1":  {archive: true, dir: "/a/image.tar", tag: "r.example/app:v1"},
		"oci-archive:i.tar:r.example:5000/app.tar:1": {archive: true, dir: "i.tar", tag: "r.example:5000/app.tar:1"},
	}
	for s, want := range tests {
		got, err := parseReference(s)
		if err != nil {
			t.Errorf("%q: %v", s, err)
			continue
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(location{})); diff != "" {
			t.Errorf("%q (-want +got):\n%s", s, diff)
		}
		if again, err := parseReference(got.String()); err != nil || again != got {
			t.Errorf("%q: %q parses to %v, %v", s, got, again, err)
		}
	}
}

func TestParseReferenceRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"":                                   "empty",
		" nginx":                             `"library/ nginx" is no name of a repository`,
		"nginx\n":                            "control characters",
		"\x1b[31m":                           "control characters",
		"Nginx":                              "lowercase",
		"r.example/App":                      "lowercase",
		"r.example/app:":                     `"" is no tag`,
		"r.example/app:v 1":                  `"v 1" is no tag`,
		"r.example/":                         `"" is no name of a repository`,
		"r.example/app@sha256:12":            "invalid",
		"r.example/app@md5:" + someDigest:    "invalid",
		strings.Repeat("a", 64):              "64 hexadecimal digits",
		strings.Repeat("a", 10000):           "longer than",
		"https://r.example/app:v1":           "https:// is no transport",
		"oci-layout:///dir/x:v1":             "oci-layout:// is no transport",
		"oci-archive:":                       "needs a file",
		"oci-archive::v1":                    "needs a file",
		"oci-archive:image.tar:":             "the tag after the file's name is empty",
		"oci-archive:image:":                 "the tag after the file's name is empty",
		"oci-archive:image.tar@sha256:12":    "invalid",
		"docker://":                          "is no name of a repository",
		"docker://https://r.example/app":     "https:// is no transport",
		"oci:":                               "needs a directory",
		"oci::v1":                            "needs a directory",
		"oci:@" + someDigest:                 "needs a directory",
		"oci:dir:":                           "tag after the last colon is empty",
		"oci:dir@sha256:12":                  "invalid",
		"oci://registry.example/chart:v1":    "takes a directory",
		"r.example/app@" + someDigest + "00": "invalid",
	}
	for s, want := range tests {
		got, err := parseReference(s)
		if !errors.Is(err, ErrReference) || got != (location{}) {
			t.Errorf("%q: %v, %v", s, got, err)
			continue
		}
		if !strings.Contains(err.Error(), want) || len(err.Error()) > 600 {
			t.Errorf("%q: %q does not say %q, or is too long", s, err, want)
		}
	}
}

// TestUserinfoIsNotQuoted: who takes a reference for a URL with a password in it does not find that in the error.
func TestUserinfoIsNotQuoted(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"https://bob:hunter2@r.example/app":        `"https://…@r.example/app"`,
		"https://bob:hun/ter2@r.example":           `"https://…@r.example"`,
		"https://hunter2@r.example/app:v1":         `"https://…@r.example/app:v1"`,
		"docker://bob:hunter2@r.example/app":       `"docker://…@r.example/app"`,
		"bob:hunter2@r.example/app":                `"…@r.example/app"`,
		"bob:hunt@er2@r.example/app@" + someDigest: `"…@r.example/app@` + someDigest,
		"bob:hunter2@r.example/app\n":              `"…@r.example/app"`,
		"r.example/app@sha256:12":                  `"r.example/app@sha256:12"`,
		"docker://r.example:5000/app:v1@sha256:12": `"docker://r.example:5000/app:v1@sha256:12"`,
		"bob:hunter2@r.example":                    `"…@r.example"`,
		"bob:hunter2@r.example:5000":               `"…@r.example:5000"`,
		"bob:hun/ter2@r.example":                   `"…@r.example"`,
		"r.example:5000/app@latest":                `"…@latest"`,
		"App@latest":                               `"…@latest"`,
		"oci://bob:hunter2@r.example/a:1":          `"oci://…@r.example/a:1"`,
		"oci-archive://bob:hunter2@r.example/a:1":  `"oci-archive://…@r.example/a:1"`,
		"bob:5000/hunter2@r.example":               `"…@r.example"`,
		"bob:5000/hunter2@r.example:v1":            `"…@r.example:v1"`,
		"hunter2@r.example":                        `"…@r.example"`,
		"bob:hu://nter2@r.example/a":               `"…@r.example/a"`,
		"hunter2://bob@r.example/a":                `"…@r.example/a"`,
		"docker://http://hunter2@r.example/a":      `"docker://…@r.example/a"`,
		"oci:a@b/c:":                               `"oci:a@b/c:"`,
		"https://r.example/app":                    `"https://r.example/app"`,
	} {
		_, err := parseReference(s)
		if err == nil || !strings.Contains(err.Error(), "invalid image reference "+want) || strings.Contains(err.Error(), "hu") {
			t.Errorf("%q: %v, want %s", s, err, want)
		}
	}
}

// TestReferenceWithoutUserinfo: what is a reference is shown as it is.
func TestReferenceWithoutUserinfo(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"nginx", "r.example:5000/a/b:v1@" + someDigest, "nginx:v1@" + someDigest, "nginx@" + someDigest, "docker://r.example/a:v1", "oci:/a:b@x/c:v1@" + someDigest, "oci-archive:a@b.tar", "oci-archive:///a@b.tar", "https://r.example/a@" + someDigest} {
		if got := WithoutUserinfo(s); got != s {
			t.Errorf("%q is shown as %q", s, got)
		}
	}
}

// FuzzParseReference: no reference makes it panic, an error is an ErrReference, and the normalised form means the same.
func FuzzParseReference(f *testing.F) {
	for _, s := range []string{"nginx", "r.example:5000/a/b:v1@" + someDigest, "oci:/a:b@x/c:v1@" + someDigest, "oci:C:\\d:v1", "docker://[::1]/a", "oci-archive:a.tar:b.tar:c/d:e@" + someDigest} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		l, err := parseReference(s)
		if err != nil {
			if !errors.Is(err, ErrReference) || l != (location{}) {
				t.Fatalf("%q: %v, %v", s, l, err)
			}
			return
		}
		again, err := parseReference(l.String())
		if err != nil || again != l {
			t.Fatalf("%q: %#v is written %q, which is %#v, %v", s, l, l, again, err)
		}
		if (l.registry == "") == (l.dir == "") {
			t.Fatalf("%q: %#v", s, l)
		}
		if WithoutUserinfo(s) != s || WithoutUserinfo(l.String()) != l.String() {
			t.Fatalf("%q is shown as %q, and %q as %q", s, WithoutUserinfo(s), l, WithoutUserinfo(l.String()))
		}
	})
}

func TestReferrersTag(t *testing.T) {
	t.Parallel()
	long := digest.SHA512.FromString("x")
	for d, want := range map[digest.Digest]string{
		someDigest: strings.Replace(someDigest, ":", "-", 1),
		long:       "sha512-" + long.Encoded()[:64],
	} {
		if got := referrersTag(d); got != want {
			t.Errorf("%s: %s, not %s", d, got, want)
		}
	}
}
