package registry

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"
)

// Bounds on one request. The time for a whole Fetch is its context's affair.
const (
	connectTimeout   = 10 * time.Second
	handshakeTimeout = 10 * time.Second
	answerTimeout    = 30 * time.Second // until the first byte of the answer, and from one to the next
	idleTimeout      = 30 * time.Second
	maxHeaderBytes   = 256 << 10
	maxRedirects     = 5
)

var (
	errRedirects = fmt.Errorf("it redirects more than %d times", maxRedirects)
	errDowngrade = errors.New("it redirects from HTTPS to plain HTTP")
)

// client returns what sends the requests of every session.
func (c *Client) client() *http.Client {
	c.once.Do(func() {
		hc := c.HTTPClient
		if hc == nil {
			hc = newHTTPClient(c.TLS)
		}
		watched := *hc
		next := hc.Transport
		if next == nil {
			next = http.DefaultTransport
		}
		watched.Transport = &watcher{next}
		c.http = &watched
	})
	return c.http
}

func newHTTPClient(trust *TLS) *http.Client {
	return &http.Client{
		Transport: &patient{
			next: &http.Transport{
				Proxy:                  proxy,
				OnProxyConnectResponse: proxyAnswer,
				DialContext:            (&net.Dialer{Timeout: connectTimeout}).DialContext,
				TLSClientConfig:        trust.config(),
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
			stall:   answerTimeout,
			sleep:   sleep,
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

// proxy returns the proxy that the environment names for a request. An error is told without its name, which may hold a
// password.
func proxy(req *http.Request) (*url.URL, error) {
	at, err := http.ProxyFromEnvironment(req)
	if err != nil {
		return nil, &cause{kind: ErrUnreachable, words: "the proxy that the environment names (HTTPS_PROXY or HTTP_PROXY) cannot be used", from: err}
	}
	return at, nil
}

// proxyAnswer puts into words that a proxy does not connect us.
func proxyAnswer(_ context.Context, at *url.URL, _ *http.Request, resp *http.Response) error {
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	return &cause{kind: ErrUnreachable, words: fmt.Sprintf("the proxy %s does not connect us: %d %s", plain(at.Host, maxExcerpt), resp.StatusCode, http.StatusText(resp.StatusCode))}
}
