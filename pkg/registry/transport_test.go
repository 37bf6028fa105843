package registry

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// answers is a transport that gives one status after the other, and counts.
type answers struct {
	statuses   []int
	retryAfter string
	asked      int
	open       int
}

type counted struct {
	io.Reader
	open *int
}

func (c counted) Close() error { *c.open--; return nil }

func (a *answers) RoundTrip(req *http.Request) (*http.Response, error) {
	status := a.statuses[min(a.asked, len(a.statuses)-1)]
	a.asked++
	if status == 0 {
		return nil, errors.New("connection refused")
	}
	a.open++
	header := http.Header{}
	if a.retryAfter != "" {
		header.Set("Retry-After", a.retryAfter)
	}
	return &http.Response{StatusCode: status, Header: header, Body: counted{strings.NewReader("x"), &a.open}, Request: req}, nil
}

// TestPatience: what is tried again, how often, and what is not.
func TestPatience(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		answers  answers
		deadline time.Duration
		want     int // the last status; 0: an error
		asked    int
	}{
		{"fine", answers{statuses: []int{200}}, 0, 200, 1},
		{"busy once", answers{statuses: []int{503, 200}}, 0, 200, 2},
		{"busy, asks for no wait", answers{statuses: []int{429, 429, 200}, retryAfter: "0"}, 0, 200, 3},
		{"busy for ever", answers{statuses: []int{502, 504, 503, 200}}, 0, 503, 3},
		{"asks for an hour", answers{statuses: []int{429, 200}, retryAfter: "3600"}, 0, 429, 1},
		{"asks for more than there is", answers{statuses: []int{429, 200}, retryAfter: "2"}, time.Second, 429, 1},
		{"500 is final", answers{statuses: []int{500, 200}}, 0, 500, 1},
		{"404 is final", answers{statuses: []int{404, 200}}, 0, 404, 1},
		{"an error is final", answers{statuses: []int{0, 200}}, 0, 0, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			if test.deadline > 0 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, test.deadline)
				defer cancel()
			}
			req := httptest.NewRequestWithContext(ctx, http.MethodGet, "http://r.example/", http.NoBody)
			transport := patient{next: &test.answers, backoff: time.Microsecond}
			resp, err := transport.RoundTrip(req)
			status := 0
			if err == nil {
				status = resp.StatusCode
				if err := resp.Body.Close(); err != nil {
					t.Fatal(err)
				}
			}
			if status != test.want || test.answers.asked != test.asked {
				t.Errorf("status %d after %d requests, not %d after %d", status, test.answers.asked, test.want, test.asked)
			}
			if test.answers.open != 0 {
				t.Errorf("%d bodies were left open", test.answers.open)
			}
		})
	}
}

// TestPatienceEnds: an interrupt ends the wait.
func TestPatienceEnds(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	transport := patient{next: &answers{statuses: []int{503}}, backoff: time.Second}
	resp, err := transport.RoundTrip(httptest.NewRequestWithContext(ctx, http.MethodGet, "http://r.example/", http.NoBody))
	if resp != nil {
		_ = resp.Body.Close() // there should be none
	}
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// TestRedirects: not for ever, and not from HTTPS to HTTP.
func TestRedirects(t *testing.T) {
	t.Parallel()
	to := func(url string) *http.Request {
		return httptest.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	}
	check := newHTTPClient().CheckRedirect
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
