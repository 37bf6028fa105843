package registry

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
)

// TestRedirects: not for ever, and not from HTTPS to HTTP.
func TestRedirects(t *testing.T) {
	t.Parallel()
	to := func(url string) *http.Request {
		return httptest.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	}
	check := newHTTPClient(nil).CheckRedirect
	secure, plain := to("https://r.example/"), to("http://cdn.example/")
	if err := check(plain, []*http.Request{secure}); !errors.Is(err, errDowngrade) {
		t.Errorf("HTTPS to HTTP: %v", err)
	}
	if err := check(secure, []*http.Request{plain}); err != nil {
		t.Errorf("HTTP to HTTPS: %v", err)
	}
	if err := check(secure, []*http.Request{secure, secure, secure, secure, secure}); err != nil {
		t.Errorf("five: %v", err)
	}
	if err := check(secure, []*http.Request{secure, secure, secure, secure, secure, secure}); !errors.Is(err, errRedirects) {
		t.Errorf("six: %v", err)
	}
}
