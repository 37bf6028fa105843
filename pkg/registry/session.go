package registry

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"

	"oras.land/oras-go/v2/registry/remote/auth"
)

// session is what asks a registry for things of one repository: it logs in with the credentials that are found for the
// repository, and puts refusals into words. It lasts as long as the Client, with its tokens.
type session struct {
	auth  *auth.Client
	creds *Credentials
	where location

	mu      sync.Mutex
	hidden  []string // what must not get into a text
	granted []string // the tokens among them, oldest first
}

// exchange is one request of a session with all that follows from it: redirects, the request for a token, the same again
// with credentials. Its fields are written by one of them after the other.
type exchange struct {
	session *session
	origin  *url.URL
	scheme  string     // of the challenge that is being answered
	fault   string     // why there is none
	found   credential // what it was answered with
	asked   bool       // credentials were looked for
	realm   string     // host of the token service, once it was asked
	sent    bool       // the registry got a token, or a user name and password
}

type exchangeKey struct{}

// session returns the session for the repository of a reference.
func (c *Client) session(where location) *session {
	name := where.registry + "/" + where.repository
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.sessions[name]; s != nil {
		return s
	}
	s := &session{creds: &c.Credentials, where: where}
	agent := c.UserAgent
	if agent == "" {
		agent = "nfd-compat"
	}
	s.auth = &auth.Client{
		Client:     c.client(),
		Header:     http.Header{"User-Agent": {agent}},
		Cache:      auth.NewCache(),
		ClientID:   "nfd-compat",
		Credential: s.credential,

		BlockedRealmPrefixes: blockedRealms(where.registry),
	}
	if c.sessions == nil {
		c.sessions = map[string]*session{}
	}
	c.sessions[name] = s
	return s
}

// blockedRealms are the addresses that a token service must not have: those of this machine, of its link and of its cloud's
// metadata. A registry of this machine may have its token service here too.
func blockedRealms(registry string) []netip.Prefix {
	blocked := auth.DefaultBlockedRealmPrefixes()
	if isLoopback((&url.URL{Host: registry}).Hostname()) {
		blocked = slices.DeleteFunc(blocked, func(p netip.Prefix) bool { return p.Addr().IsLoopback() })
	}
	return blocked
}

func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback() || err != nil && (strings.EqualFold(host, "localhost") || strings.HasSuffix(strings.ToLower(host), ".localhost"))
}

// Do sends a request, answers the challenge if there is one, and turns a refusal into an [ErrUnauthorized].
func (s *session) Do(req *http.Request) (*http.Response, error) {
	ex := &exchange{session: s, origin: req.URL}
	resp, err := s.auth.Do(req.WithContext(context.WithValue(req.Context(), exchangeKey{}, ex)))
	if err != nil {
		return nil, afterLeading(req.Context(), ex.explain(err), req.URL)
	}
	if resp.StatusCode != http.StatusUnauthorized && resp.StatusCode != http.StatusForbidden {
		return resp, nil
	}
	err = statusError(resp)
	_ = resp.Body.Close() // there is an error already
	return nil, ex.refused(resp, err)
}

// afterLeading says of an error that no answer was had to whom a redirect led, and not from the registry.
func afterLeading(ctx context.Context, err error, origin *url.URL) error {
	sent, ok := errors.AsType[*url.Error](err)
	if _, known := errors.AsType[*cause](err); !ok || known || ctx.Err() != nil || errors.Is(err, errRedirects) || errors.Is(err, errDowngrade) || errors.Is(err, errStalled) {
		return err
	}
	at, parseErr := url.Parse(sent.URL)
	if parseErr != nil || strings.EqualFold(at.Host, origin.Host) {
		return err
	}
	words, _ := unreachable(err)
	return &cause{kind: ErrUnreachable, words: fmt.Sprintf("%s%s (after a redirect to %s)", words, triesOf(err), plain(at.Host, maxExcerpt)), from: err}
}

// credential is the [auth.CredentialFunc] of the session.
func (s *session) credential(ctx context.Context, _ string) (auth.Credential, error) {
	found, err := s.creds.find(ctx, s.where.registry, s.where.repository)
	if err != nil {
		return auth.EmptyCredential, err
	}
	s.hide(found.secrets()...)
	ex, ok := ctx.Value(exchangeKey{}).(*exchange)
	if !ok {
		return found.Credential, nil
	}
	ex.asked, ex.found = true, found
	if ex.scheme == "basic" && (found.Username == "" || found.Password == "") {
		words := "401 Unauthorized: it asks for a user name and a password"
		if found.from != "" {
			words += ", and " + found.from + " has none"
		} else {
			words += "; " + s.creds.looked(s.where.registry)
		}
		return auth.EmptyCredential, &cause{kind: ErrUnauthorized, words: words, from: auth.ErrBasicCredentialNotFound}
	}
	return found.Credential, nil
}

// explain puts an error of logging in into words.
func (ex *exchange) explain(err error) error {
	// What was put into words below comes back in the words of those who passed it on, with the URL.
	if known, ok := errors.AsType[*cause](err); ok {
		if ex.realm != "" && errors.Is(known, ErrUnauthorized) {
			return &cause{kind: known.kind, words: known.words + ex.answered("the token service"), from: known.from}
		}
		return known
	}
	_, sent := errors.AsType[*url.Error](err)
	if ex.scheme == "bearer" && ex.realm == "" && !sent && ex.origin != nil { // the library looks at the realm's address
		for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
			err = inner
		}
		return &cause{kind: ErrUnauthorized, words: "401 Unauthorized: its token service is not one to give credentials to: " + plain(err.Error(), maxExcerpt), from: err}
	}
	return err
}

// refused says of a refusal what was sent, and what can be done about it.
func (ex *exchange) refused(resp *http.Response, err error) error {
	refusal, ok := errors.AsType[*cause](err)
	if !ok {
		return err
	}
	var more string
	switch {
	case resp.StatusCode == http.StatusUnauthorized && ex.fault != "":
		more = "; " + ex.fault
	case redirectedTo(resp) != "": // said already
	case ex.sent || ex.asked:
		more = ex.answered("it")
	}
	return &cause{kind: refusal.kind, words: refusal.words + more, from: refusal.from}
}

// answered says with which credentials somebody was not content.
func (ex *exchange) answered(who string) string {
	if ex.found.from == "" && ex.asked {
		return "; " + ex.session.creds.looked(ex.session.where.registry)
	}
	if ex.found.from == "" { // a token or password that an earlier request was answered with
		return ""
	}
	return "; " + who + " does not accept " + ex.found.from
}

// hide keeps texts from the errors of the session.
func (s *session) hide(secrets ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, secret := range secrets {
		if len(secret) >= minSecret && !slices.Contains(s.hidden, secret) {
			s.hidden = append(s.hidden, secret)
		}
	}
}

// hideToken keeps a token from the errors of the session, and forgets the oldest of very many.
func (s *session) hideToken(token string) {
	const most = 64
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(token) >= minSecret && !slices.Contains(s.granted, token) {
		s.granted = append(s.granted, token)
	}
	s.granted = s.granted[max(0, len(s.granted)-most):]
}

// redact takes out of an error's text what must not get out: a registry may quote what it was sent.
func (s *session) redact(err error) error {
	known, ok := err.(*cause) //nolint:errorlint // only what was made here is looked at
	if s == nil || !ok {
		return err
	}
	s.mu.Lock()
	secrets := slices.Concat(s.hidden, s.granted)
	s.mu.Unlock()
	slices.SortFunc(secrets, func(a, b string) int { return len(b) - len(a) }) // one may be part of another
	words := known.words
	for _, secret := range secrets {
		words = without(words, secret)
	}
	return &cause{kind: known.kind, words: words, from: known.from}
}

// without takes a secret out of a text, and the beginning of one, which is left where the text was cut.
func without(text, secret string) string {
	const most = 8 // of its bytes tell a secret from a word
	begin := secret[:min(most, len(secret))]
	var out strings.Builder
	for {
		at := strings.Index(text, begin)
		if at < 0 {
			return out.String() + text
		}
		end := at + len(begin)
		for end < len(text) && end-at < len(secret) && text[end] == secret[end-at] {
			end++
		}
		switch {
		case end-at == len(secret), end == len(text), strings.HasPrefix(text[end:], "…"):
			out.WriteString(text[:at] + "…")
		default:
			out.WriteString(text[:end]) // another word that begins so
		}
		text = text[end:]
	}
}

// watcher is a transport that sees each request of an exchange, and makes of what is odd in logging in what can be told.
type watcher struct{ next http.RoundTripper }

func (w *watcher) RoundTrip(req *http.Request) (*http.Response, error) {
	ex, ok := req.Context().Value(exchangeKey{}).(*exchange)
	if !ok {
		return w.next.RoundTrip(req)
	}
	if first(req).URL.String() != ex.origin.String() {
		return w.token(ex, req)
	}
	if scheme, sent, ok := strings.Cut(req.Header.Get("Authorization"), " "); ok {
		ex.sent = true
		if scheme == "Bearer" {
			ex.session.hideToken(sent)
		}
	}
	resp, err := w.next.RoundTrip(req)
	if err == nil && !leads(resp) {
		_ = resp.Body.Close() // there is an error already
		return nil, broken("it redirects (%d) to what is no URL", resp.StatusCode)
	}
	if err != nil || resp.StatusCode != http.StatusUnauthorized {
		return resp, err
	}
	var value string
	ex.scheme, value, ex.fault = chooseChallenge(resp.Header, req.URL)
	resp.Header.Del("Www-Authenticate")
	if value != "" {
		resp.Header.Set("Www-Authenticate", value)
	}
	return resp, nil
}

// leads says whether a redirect can be followed. The error of net/http would quote it, with what may be a signature.
func leads(resp *http.Response) bool {
	location := resp.Header.Get("Location")
	if resp.StatusCode < 300 || resp.StatusCode >= 400 || location == "" {
		return true
	}
	_, err := url.Parse(location)
	return err == nil
}

// first returns the request at the beginning of a chain of redirects.
func first(req *http.Request) *http.Request {
	for req.Response != nil && req.Response.Request != nil {
		req = req.Response.Request
	}
	return req
}

// maxTokenAnswer bounds the answer of a token service, in bytes. A token must fit into a header.
const maxTokenAnswer = 128 << 10

// token asks a token service, and holds that its answer is one.
func (w *watcher) token(ex *exchange, req *http.Request) (*http.Response, error) {
	ex.realm = plain(req.URL.Host, maxExcerpt)
	who := "the token service"
	if !strings.EqualFold(req.URL.Host, ex.origin.Host) {
		who += " at " + ex.realm
	}
	resp, err := w.next.RoundTrip(req)
	if err != nil {
		if req.Context().Err() != nil {
			return nil, err
		}
		if words, ok := unreachable(&url.Error{Op: req.Method, URL: "", Err: err}); ok {
			return nil, &cause{kind: ErrUnreachable, words: who + ": " + words + triesOf(err), from: err}
		}
		return nil, err
	}
	if resp.StatusCode >= 300 && resp.StatusCode < 400 && leads(resp) {
		return resp, nil
	}
	defer resp.Body.Close() //nolint:errcheck // it is read here, or there is an error
	if !leads(resp) {
		return nil, broken("%s redirects (%d) to what is no URL", who, resp.StatusCode)
	}
	if resp.StatusCode != http.StatusOK {
		data, err := readBounded(resp.Body, maxErrorBody)
		if err != nil {
			data = nil // the status says enough
		}
		refusal := statusCause(resp.StatusCode, who, errorText(resp, data), nil)
		refusal.words += notes(resp)
		return nil, refusal
	}
	data, err := readBounded(resp.Body, maxTokenAnswer)
	if err != nil {
		if known, ok := errors.AsType[*cause](err); ok {
			return nil, broken("%s: %s", who, known.words)
		}
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, brokenBy(err, "the answer of %s breaks off%s", who, triesOf(err))
		}
		return nil, err
	}
	var answer struct {
		Token       string `json:"token"`
		AccessToken string `json:"access_token"`
	}
	switch err := json.Unmarshal(data, &answer); {
	case mediaTypeOf(resp.Header.Get("Content-Type")) == "text/html":
		return nil, broken("%s answers with an HTML page, not a token: is a proxy or login page in between?", who)
	case err != nil:
		return nil, brokenBy(err, "the answer of %s is not valid JSON", who)
	case answer.Token == "" && answer.AccessToken == "":
		return nil, broken("%s gives an empty token", who)
	case !isToken(answer.Token + answer.AccessToken):
		return nil, broken("%s gives a token with characters that no token can have", who)
	}
	resp.Body = io.NopCloser(bytes.NewReader(data))
	resp.ContentLength = int64(len(data))
	return resp, nil
}

// redirectedTo returns the host that a registry has sent us on to; empty if it answers itself.
func redirectedTo(resp *http.Response) string {
	if resp.Request == nil || resp.Request.Response == nil {
		return ""
	}
	return plain(resp.Request.URL.Host, maxExcerpt)
}

// afterRedirect says of an answer that somebody else gave it.
func afterRedirect(resp *http.Response) string {
	if host := redirectedTo(resp); host != "" {
		return fmt.Sprintf(" (after a redirect to %s)", host)
	}
	return ""
}
