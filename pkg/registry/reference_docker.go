package registry

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/opencontainers/go-digest"
	"oras.land/oras-go/v2/registry"
)

// What a reference means that leaves something out, as in Docker.
const (
	dockerHub      = "docker.io"
	dockerIndex    = "index.docker.io" // an old name of the same
	officialImages = "library/"
	defaultTag     = "latest"
	// maxName bounds the path of a repository, in bytes, as Docker does.
	maxName = 255
	// imageIDLength is how many hexadecimal digits the ID of an image has, which is no reference.
	imageIDLength = 64
)

// parseRegistryReference parses [REGISTRY/]REPOSITORY[:TAG][@DIGEST] by the rules and the grammar of
// github.com/distribution/reference, which the tests hold it to. That compiles its grammar at every start of a program,
// which took a twentieth of a whole run; that of oras-go is compiled anyway.
func parseRegistryReference(s, rest string) (location, error) {
	shown := WithoutUserinfo(s) // of which alone parts are quoted
	if scheme, _, ok := strings.Cut(strings.TrimPrefix(shown, transportRegistry), "://"); ok {
		return location{}, badReference(s, "%s:// is no transport of images; write REGISTRY/REPOSITORY:TAG, docker://…, oci:DIR:TAG or oci-archive:FILE:TAG", plain(scheme, 32))
	}
	if len(rest) == imageIDLength && strings.Trim(rest, "0123456789abcdef") == "" {
		return location{}, badReference(s, "64 hexadecimal digits are the ID of an image, and no name")
	}
	host, rest := splitRegistry(rest)
	name, hash, digested := strings.Cut(rest, "@")
	name, tag, tagged := strings.Cut(name, ":")
	switch {
	case shown != s:
		return location{}, badReference(s, "an @ stands before a digest alone (sha256:…): a user name or a password has no place before the host of a registry")
	case !isRegistryHost(host):
		return location{}, badReference(s, "%q is no host of a registry, with or without a port", plain(host, maxExcerpt))
	case strings.ToLower(name) != name:
		return location{}, badReference(s, "the name of a repository must be lowercase")
	case len(name) > maxName:
		return location{}, badReference(s, "the name of the repository is longer than %d bytes", maxName)
	}
	whole := registry.Reference{Registry: host, Repository: name, Reference: tag}
	if err := whole.ValidateRepository(); err != nil {
		return location{}, badReference(s, "%q is no name of a repository", plain(name, maxExcerpt))
	}
	if tagged && whole.ValidateReferenceAsTag() != nil {
		return location{}, badReference(s, "%q is no tag", plain(tag, maxExcerpt))
	}
	l := location{registry: host, repository: name, tag: tag}
	switch {
	case digested: // it wins over a tag that stands beside it
		l.tag, l.digest = "", digest.Digest(hash)
		if err := l.digest.Validate(); err != nil {
			return location{}, badReference(s, "invalid digest: %v", err)
		}
	case !tagged:
		l.tag = defaultTag
	}
	return l, nil
}

// splitRegistry cuts the registry off a reference. Without one it is Docker Hub's: a first part is a host if it looks like
// one, or cannot be the name of a repository.
func splitRegistry(s string) (host, rest string) {
	host, rest, ok := strings.Cut(s, "/")
	switch {
	case !ok:
		host, rest = dockerHub, s
	case host == dockerIndex:
		host = dockerHub
	case host != "localhost" && !strings.ContainsAny(host, ".:") && strings.ToLower(host) == host:
		host, rest = dockerHub, s
	}
	if host == dockerHub && !strings.Contains(rest, "/") {
		rest = officialImages + rest
	}
	return host, rest
}

// isRegistryHost tells whether s is the name or the address of a host, with or without a port.
func isRegistryHost(s string) bool {
	colon := strings.LastIndexByte(s, ':')
	if colon >= 0 && !strings.HasSuffix(s, "]") { // which ends an address of IPv6 without a port
		if _, err := strconv.ParseUint(s[colon+1:], 10, 16); err != nil {
			return false
		}
		s = s[:colon]
	}
	if bare, ok := strings.CutPrefix(s, "["); ok {
		address, err := netip.ParseAddr(strings.TrimSuffix(bare, "]"))
		return err == nil && address.Is6() && address.Zone() == "" && strings.HasSuffix(bare, "]")
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || label[0] == '-' || label[len(label)-1] == '-' || strings.ContainsFunc(label, isNoHostRune) {
			return false
		}
	}
	return true
}

func isNoHostRune(r rune) bool {
	return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '-')
}
