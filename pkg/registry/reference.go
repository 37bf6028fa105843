package registry

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/opencontainers/go-digest"
)

// The transports of image references, as the containers tools spell them.
const (
	transportRegistry = "docker://"
	transportLayout   = "oci:"
	transportArchive  = "oci-archive:"
)

// maxReference bounds an image reference, in bytes. A path of the kernel has at most 4096.
const maxReference = 8192

// location is a parsed image reference: an image in a registry, or one in an OCI layout.
type location struct {
	registry   string // host and port; empty for a layout
	repository string
	dir        string // of a layout, or the file of an archive
	archive    bool
	tag        string
	digest     digest.Digest // wins over the tag
}

// String returns the normalised reference. Parsing it gives the same location.
func (l location) String() string {
	s := transportLayout + l.dir
	switch {
	case l.registry != "":
		s = l.registry + "/" + l.repository
	case l.archive:
		s = transportArchive + l.dir
	}
	if l.tag != "" {
		s += ":" + l.tag
	}
	if l.digest != "" {
		s += "@" + l.digest.String()
	}
	return s
}

// object returns what to resolve: the digest, the tag, or, for a layout, nothing.
func (l location) object() string {
	if l.digest != "" {
		return l.digest.String()
	}
	return l.tag
}

// NormalizeReference returns an image reference in its one normal form, which names the same image: "nginx" is
// "docker.io/library/nginx:latest". What a reference may be, [Request] says. Every error is an [ErrReference].
func NormalizeReference(s string) (string, error) {
	where, err := parseReference(s)
	if err != nil {
		return "", err
	}
	return where.String(), nil
}

// parseReference parses an image reference as the user wrote it. Every error is an [ErrReference].
func parseReference(s string) (location, error) {
	switch {
	case s == "":
		return location{}, badReference(s, "it is empty")
	case len(s) > maxReference:
		return location{}, badReference(s, "it is longer than %d bytes", maxReference)
	case strings.ContainsFunc(s, unicode.IsControl):
		return location{}, badReference(s, "it has control characters")
	}
	if rest, ok := strings.CutPrefix(s, transportLayout); ok {
		return parseLayoutReference(s, rest)
	}
	if rest, ok := strings.CutPrefix(s, transportArchive); ok {
		return parseArchiveReference(s, rest)
	}
	return parseRegistryReference(s, strings.TrimPrefix(s, transportRegistry))
}

// parseLayoutReference parses DIR[:TAG][@DIGEST]. The tag begins at the last colon after the last separator, so that a
// directory may have a colon in its name; a digest wins over a tag.
func parseLayoutReference(s, rest string) (location, error) {
	if strings.HasPrefix(rest, "//") {
		return location{}, badReference(s, "oci: takes a directory (oci:/path/to/dir:TAG); an image in a registry is written without it")
	}
	l, err := withoutDigest(s, rest)
	if err != nil {
		return location{}, err
	}
	colon := tagColon(l.dir)
	if colon >= 0 {
		l.dir, l.tag = l.dir[:colon], l.dir[colon+1:]
	}
	switch {
	case l.dir == "":
		return location{}, badReference(s, "oci: needs a directory")
	case colon >= 0 && l.tag == "":
		return location{}, badReference(s, "the tag after the last colon is empty")
	}
	return l, nil
}

// parseArchiveReference parses FILE[:TAG][@DIGEST]. The file's name ends where it looks like an archive's, since the tag may
// be a full reference there (podman writes docker.io/library/app:v1), and else as that of a directory does.
func parseArchiveReference(s, rest string) (location, error) {
	if isAuthority(rest) {
		return location{}, badReference(s, "oci-archive: takes a file (oci-archive:/path/to/file:TAG); an image in a registry is written without it")
	}
	l, err := withoutDigest(s, rest)
	if err != nil {
		return location{}, err
	}
	l.archive = true
	colon := tagColon(l.dir)
	for _, suffix := range []string{".tar", ".tar.gz", ".tgz", ".oci"} {
		if at := strings.Index(l.dir, suffix+":"); at >= 0 && (colon < 0 || at+len(suffix) < colon) {
			colon = at + len(suffix)
		}
	}
	if colon >= 0 {
		l.dir, l.tag = l.dir[:colon], l.dir[colon+1:]
	}
	switch {
	case l.dir == "":
		return location{}, badReference(s, "oci-archive: needs a file")
	case colon >= 0 && l.tag == "":
		return location{}, badReference(s, "the tag after the file's name is empty")
	}
	return l, nil
}

// withoutDigest cuts off @DIGEST. An @ may stand in the name of a directory as well.
func withoutDigest(s, rest string) (location, error) {
	l := location{dir: rest}
	at := strings.LastIndexByte(rest, '@')
	if at < 0 {
		return l, nil
	}
	algorithm, _, _ := strings.Cut(rest[at+1:], ":")
	if !digest.Algorithm(algorithm).Available() {
		return l, nil
	}
	d, err := digest.Parse(rest[at+1:])
	if err != nil {
		return location{}, badReference(s, "%v", err)
	}
	l.dir, l.digest = rest[:at], d
	return l, nil
}

// tagColon returns where the last colon after the last separator of a path is, behind which a tag begins; -1 if there is
// none.
func tagColon(name string) int {
	volume := len(filepath.VolumeName(name))
	base := max(strings.LastIndexByte(name, '/'), strings.LastIndexByte(name, filepath.Separator)) + 1
	if colon := strings.LastIndexByte(name, ':'); colon >= max(base, volume) {
		return colon
	}
	return -1
}

func badReference(s, format string, args ...any) error {
	return &cause{kind: ErrReference, words: fmt.Sprintf("invalid image reference %q: %s", plain(WithoutUserinfo(s), maxExcerpt), fmt.Sprintf(format, args...))}
}

// WithoutUserinfo returns an image reference, or what was meant as one, as it may be shown: without a user name and a password,
// which no reference has. In doubt that is all before the last @ behind which no digest begins. A reference that is one stays as it
// is.
func WithoutUserinfo(s string) string {
	if isPath(s, transportLayout) || isPath(s, transportArchive) {
		return s
	}
	rest, shown := s, ""
	if scheme, after, ok := strings.Cut(s, "://"); ok && slices.Contains([]string{"docker", "http", "https", "oci", "oci-archive"}, scheme) {
		rest, shown = after, scheme+"://"
	}
	at := strings.LastIndexByte(rest, '@')
	if at >= 0 {
		if algorithm, _, _ := strings.Cut(rest[at+1:], ":"); digest.Algorithm(algorithm).Available() {
			at = strings.LastIndexByte(rest[:at], '@') // before the digest
		}
	}
	if at < 0 {
		return s
	}
	return shown + "…" + rest[at:]
}

// isPath tells whether a reference has a transport behind which a path stands, and does not look like a URL, which is none.
func isPath(s, transport string) bool {
	rest, ok := strings.CutPrefix(s, transport)
	return ok && !isAuthority(rest)
}

// isAuthority tells whether what stands behind a transport's colon is that of a URL: two slashes and a host.
func isAuthority(rest string) bool {
	return strings.HasPrefix(rest, "//") && !strings.HasPrefix(rest, "///")
}
