package registry

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"unicode"

	"github.com/opencontainers/go-digest"
	"oras.land/oras-go/v2/content"
	"oras.land/oras-go/v2/registry/remote/errcode"
)

// Sentinels for errors.Is. An error of [Client.Fetch] matches exactly one of them, or context.Canceled.
var (
	// ErrReference says that the image reference cannot be read. Nothing was asked of any registry.
	ErrReference = errors.New("invalid image reference")
	// ErrNotFound says that the registry or layout answered, and that the image is not there, or that it has no artifact with
	// the digest that was named.
	ErrNotFound = errors.New("image not found")
	// ErrUnauthorized says that the registry wants credentials or refuses those it got (status 401 or 403).
	ErrUnauthorized = errors.New("unauthorized")
	// ErrUnreachable says that no answer was had: name resolution, connection, TLS, or the time limit (then the error
	// matches context.DeadlineExceeded as well).
	ErrUnreachable = errors.New("registry unreachable")
	// ErrBrokenAnswer says that an answer came that cannot be used: an unexpected status, a page instead of JSON, content
	// that differs from its digest, something too large, a layout that is not one.
	ErrBrokenAnswer = errors.New("broken answer")
	// ErrCredentials says that credentials of this machine cannot be had: a file with them cannot be read, or a program that
	// keeps them fails, or what the caller gave is not whole.
	ErrCredentials = errors.New("credentials cannot be read")
	// ErrNotCached says that what is needed is not in the cache, and that [Client].Offline asks no registry.
	ErrNotCached = errors.New("not in the cache")
	// ErrPayload says that the artifact was found and has no payload layer, or more than one.
	ErrPayload = errors.New("artifact without exactly one payload")
	// ErrPlatformRequired says that the reference names an index without an artifact of its own, so that the answer
	// depends on the platform, and [Request].Platform is nil.
	ErrPlatformRequired = errors.New("platform required")
)

// Error is what failed in [Client.Fetch], and where.
type Error struct {
	// Registry is the registry's host and port, e.g. "127.0.0.1:5000" or "docker.io". Empty for an OCI layout.
	Registry string
	// Reference is the normalised image reference.
	Reference string
	// Digest is what was asked for, or asked about. Empty while the reference has not been resolved.
	Digest digest.Digest
	// Op is what was being done, to be read before the digest or reference: "list referrers of".
	Op string
	// Err is the cause. Its text names neither registry nor digest.
	Err error
}

// Error returns one line: where, what was being done to what, and the cause.
func (e *Error) Error() string {
	where, what := "registry "+e.Registry, e.Op+" "+e.Reference
	if e.Registry == "" {
		where, what = e.Reference, e.Op
	}
	if e.Digest != "" {
		what = e.Op + " " + e.Digest.String()
	}
	return fmt.Sprintf("%s: %s: %v", where, what, e.Err)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// cause is an error in the words of this package. What it stands for (a sentinel) and what it came from stay visible to
// errors.Is and errors.As, but not in the text: the texts of the layers below repeat URLs, which may hold secrets.
type cause struct {
	kind  error
	words string
	from  error
}

func (c *cause) Error() string { return c.words }

func (c *cause) Unwrap() []error {
	var all []error
	for _, err := range []error{c.kind, c.from} {
		if err != nil {
			all = append(all, err)
		}
	}
	return all
}

// broken makes an [ErrBrokenAnswer].
func broken(format string, args ...any) error {
	return &cause{kind: ErrBrokenAnswer, words: fmt.Sprintf(format, args...)}
}

// brokenBy makes an [ErrBrokenAnswer] that keeps the error it came from.
func brokenBy(from error, format string, args ...any) error {
	return &cause{kind: ErrBrokenAnswer, words: fmt.Sprintf(format, args...), from: from}
}

// classify puts an error of the layers below into this package's words.
func classify(ctx context.Context, err error) error {
	if known, ok := errors.AsType[*cause](err); ok {
		return known
	}
	// The HTTP client returns the context's cause, which need not match the context's error.
	if ended := ctx.Err(); ended != nil {
		err = ended
	}
	switch {
	case errors.Is(err, context.Canceled):
		return &cause{words: "interrupted", from: err}
	case errors.Is(err, context.DeadlineExceeded):
		return &cause{kind: ErrUnreachable, words: "no answer within the time limit", from: err}
	case errors.Is(err, errStalled):
		return &cause{kind: ErrUnreachable, words: fmt.Sprintf("the answer does not go on: no byte of it for %s", answerTimeout), from: err}
	case errors.Is(err, errRedirects):
		return brokenBy(err, "%v", errRedirects)
	case errors.Is(err, errDowngrade):
		return brokenBy(err, "%v", errDowngrade)
	case errors.Is(err, content.ErrMismatchedDigest):
		return brokenBy(err, "the bytes received do not have this digest")
	case errors.Is(err, content.ErrTrailingData), errors.Is(err, errLength):
		return brokenBy(err, "the answer does not have the length that was announced")
	}
	if words, ok := unreachable(err); ok {
		return &cause{kind: ErrUnreachable, words: words + triesOf(err), from: err}
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return brokenBy(err, "the answer breaks off%s", triesOf(err))
	}
	return brokenBy(err, "%s", plain(withoutQueries(err.Error()), maxExcerpt))
}

// unreachable says in words why no answer was had, and whether that is the case.
func unreachable(err error) (string, bool) {
	if errors.Is(err, http.ErrSchemeMismatch) {
		return "it speaks plain HTTP, not HTTPS: say so with --plain-http if that is meant", true
	}
	if cert, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		words := "its certificate cannot be verified: " + plain(cert.Err.Error(), maxExcerpt)
		if _, ok := errors.AsType[x509.UnknownAuthorityError](cert.Err); ok {
			words += " (--ca-file names a file with another to trust)"
		}
		return words, true
	}
	if name, ok := errors.AsType[*net.DNSError](err); ok {
		return fmt.Sprintf("cannot resolve the host name %q: %s", name.Name, plain(name.Err, maxExcerpt)), true
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == tlsRemote {
		return "it ends the TLS handshake: " + plain(op.Err.Error(), maxExcerpt) + " (if it wants a certificate of ours: --cert-file and --key-file)", true
	} else if ok {
		return plain(op.Error(), maxExcerpt), true
	}
	// net/http wraps in *url.Error what went wrong before an answer was there; the method and URL of its text are known.
	if sent, ok := errors.AsType[*url.Error](err); ok {
		switch {
		case errors.Is(sent.Err, io.EOF):
			return "the connection was closed without an answer", true
		case sent.Timeout():
			return "no answer in time: " + plain(strings.TrimPrefix(sent.Err.Error(), "net/http: "), maxExcerpt), true
		}
		return plain(withoutQueries(sent.Err.Error()), maxExcerpt), true
	}
	return "", false
}

// What crypto/tls calls the operation of a [net.OpError] that is an alert of TLS: one that the other side sent, and one that we
// did. The alerts themselves have no type that can be told.
const (
	tlsRemote = "remote error"
	tlsLocal  = "local error"
)

// statusCause puts an HTTP status into words. who is empty for the registry itself.
func statusCause(status int, who, message string, from error) *cause {
	kind := ErrBrokenAnswer
	if status == http.StatusUnauthorized || status == http.StatusForbidden {
		kind = ErrUnauthorized
	}
	words := strings.TrimSpace(fmt.Sprintf("%d %s", status, http.StatusText(status)))
	if who != "" {
		words = who + " answers " + words
	}
	if message != "" {
		words += ": " + message
	}
	if status == http.StatusNetworkAuthenticationRequired {
		words += ": the network wants to be signed in to first (a captive portal)"
	}
	return &cause{kind: kind, words: words, from: from}
}

func firstMessage(errs errcode.Errors) string {
	if len(errs) == 0 {
		return ""
	}
	if errs[0].Message != "" {
		return plain(errs[0].Message, maxExcerpt)
	}
	return plain(errs[0].Code, maxExcerpt)
}

// maxExcerpt bounds what of a stranger's text gets into an error, in characters.
const maxExcerpt = 200

// plain makes a stranger's text fit for a message: one line, no control or formatting characters, at most limit
// characters.
func plain(s string, limit int) string {
	words := strings.FieldsFunc(strings.ToValidUTF8(s, "\uFFFD"), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
	})
	out := []rune(strings.Join(words, " "))
	if len(out) > limit {
		return string(out[:limit]) + "…"
	}
	return string(out)
}

// withoutQueries removes the query of every URL in s, and what looks like one: that of a signed blob URL is a credential.
func withoutQueries(s string) string {
	return regexp.MustCompile(`\?[^\s"]+`).ReplaceAllString(s, "")
}
