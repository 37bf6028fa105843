package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	"oras.land/oras-go/v2/registry/remote/auth"
)

// Bounds on one request. The time for a whole Fetch is its context's affair.
const (
	connectTimeout   = 10 * time.Second
	handshakeTimeout = 10 * time.Second
	answerTimeout    = 30 * time.Second // until the first byte of the answer
	idleTimeout      = 30 * time.Second
	maxHeaderBytes   = 256 << 10
	maxRedirects     = 5
)

// Retries, of what a registry says is passing.
const (
	maxRetries    = 2
	firstBackoff  = 200 * time.Millisecond
	maxRetryAfter = 5 * time.Second
)

var (
	errRedirects = fmt.Errorf("it redirects more than %d times", maxRedirects)
	errDowngrade = errors.New("it redirects from HTTPS to plain HTTP")
)

// client returns what sends requests and answers a registry's challenges; without credentials it takes the anonymous
// tokens that public registries ask for.
func (c *Client) client() *auth.Client {
	c.once.Do(func() {
		agent := c.UserAgent
		if agent == "" {
			agent = "nfd-compat"
		}
		hc := c.HTTPClient
		if hc == nil {
			hc = newHTTPClient()
		}
		c.auth = &auth.Client{
			Client:   hc,
			Header:   http.Header{"User-Agent": {agent}},
			Cache:    auth.NewCache(),
			ClientID: "nfd-compat",
		}
	})
	return c.auth
}

func newHTTPClient() *http.Client {
	return &http.Client{
		Transport: &patient{
			next: &http.Transport{
				Proxy:                  http.ProxyFromEnvironment,
				DialContext:            (&net.Dialer{Timeout: connectTimeout}).DialContext,
				ForceAttemptHTTP2:      true,
				TLSHandshakeTimeout:    handshakeTimeout,
				ResponseHeaderTimeout:  answerTimeout,
				IdleConnTimeout:        idleTimeout,
				MaxIdleConnsPerHost:    4,
				MaxResponseHeaderBytes: maxHeaderBytes,
				// Sizes are known and bounded; a body that unpacks to more than was announced would not be.
				DisableCompression: true,
			},
			backoff: firstBackoff,
		},
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			if len(via) > maxRedirects {
				return errRedirects
			}
			if via[len(via)-1].URL.Scheme == "https" && req.URL.Scheme != "https" {
				return errDowngrade
			}
			return nil
		},
	}
}

// patient sends a request again when the answer asks for patience: a registry that is busy, or a gateway without its
// registry. A refused connection and status 500 are final.
type patient struct {
	next    http.RoundTripper
	backoff time.Duration // before the first retry, doubled before the second
}

func (p *patient) RoundTrip(req *http.Request) (*http.Response, error) {
	wait := p.backoff
	for try := 0; ; try++ {
		resp, err := p.next.RoundTrip(req)
		if err != nil || try == maxRetries || !passing(resp.StatusCode) || req.Body != nil && req.Body != http.NoBody {
			return resp, err
		}
		if after, ok := retryAfter(resp.Header); ok {
			wait = after
		}
		if wait > maxRetryAfter || !hasTime(req.Context(), wait) {
			return resp, nil
		}
		_, _ = io.CopyN(io.Discard, resp.Body, maxErrorBody) // so that the connection can be used again
		if err := resp.Body.Close(); err != nil {
			return nil, err
		}
		if err := sleep(req.Context(), wait); err != nil {
			return nil, err
		}
		wait *= 2
	}
}

func passing(status int) bool {
	switch status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	default:
		return false
	}
}

// retryAfter reads the header Retry-After in its form of seconds.
func retryAfter(h http.Header) (time.Duration, bool) {
	seconds, err := strconv.ParseUint(h.Get("Retry-After"), 10, 16)
	return time.Duration(seconds) * time.Second, err == nil
}

// hasTime says whether the context outlives a wait.
func hasTime(ctx context.Context, wait time.Duration) bool {
	deadline, ok := ctx.Deadline()
	return !ok || time.Until(deadline) > wait
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
