package registry

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// answers is a transport that gives one answer after the other, and counts.
type answers struct {
	list  []reply
	asked int
	open  int
	sent  []string // the bodies of the requests
}

// reply is a status, or else an error, or a body that ends in one.
type reply struct {
	status int
	err    error
	after  string // Retry-After
}

type counted struct {
	io.Reader
	open *int
}

func (c counted) Close() error { *c.open--; return nil }

func (a *answers) RoundTrip(req *http.Request) (*http.Response, error) {
	one := a.list[min(a.asked, len(a.list)-1)]
	a.asked++
	if req.Body != nil {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, err
		}
		a.sent = append(a.sent, string(body))
	}
	if one.status == 0 {
		return nil, one.err
	}
	a.open++
	header := http.Header{}
	if one.after != "" {
		header.Set("Retry-After", one.after)
		header.Set("Date", "Mon, 02 Jan 2006 15:04:00 GMT")
	}
	body := io.Reader(strings.NewReader("text"))
	if one.err != nil {
		body = io.MultiReader(body, failing{one.err})
	}
	return &http.Response{StatusCode: one.status, Header: header, Body: counted{body, &a.open}, ContentLength: -1, Request: req}, nil
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// TestPatience: what is tried again, how often and after which time, and what is not.
func TestPatience(t *testing.T) {
	t.Parallel()
	const backoff = time.Millisecond
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	late := &net.OpError{Op: "dial", Net: "tcp", Err: context.DeadlineExceeded}
	tests := []struct {
		name     string
		method   string // GET if empty
		list     []reply
		deadline time.Duration
		want     int // the last status; 0: an error
		asked    int
		waited   time.Duration // at least, before the first retry
	}{
		{name: "fine", list: []reply{{status: 200}}, want: 200, asked: 1},
		{name: "busy once", list: []reply{{status: 503}, {status: 200}}, want: 200, asked: 2, waited: backoff / 2},
		{name: "busy for ever", list: []reply{{status: 502}, {status: 504}, {status: 503}, {status: 200}}, want: 503, asked: 3},
		{name: "asks for no wait", list: []reply{{status: 429, after: "0"}, {status: 200}}, want: 200, asked: 2, waited: backoff / 2},
		{name: "asks for some seconds", list: []reply{{status: 429, after: "7"}, {status: 200}}, want: 200, asked: 2, waited: 7 * time.Second},
		{name: "asks to come at a time", list: []reply{{status: 503, after: "Mon, 02 Jan 2006 15:04:09 GMT"}, {status: 200}}, want: 200, asked: 2, waited: 9 * time.Second},
		{name: "asks to come at a time that is past", list: []reply{{status: 503, after: "Mon, 02 Jan 2006 15:03:09 GMT"}, {status: 200}}, want: 200, asked: 2, waited: backoff / 2},
		{name: "asks for junk", list: []reply{{status: 429, after: "soon"}, {status: 200}}, want: 200, asked: 2, waited: backoff / 2},
		{name: "asks for less than none", list: []reply{{status: 429, after: "-5"}, {status: 200}}, want: 200, asked: 2, waited: backoff / 2},
		{name: "asks for an hour", list: []reply{{status: 429, after: "3600"}, {status: 200}}, want: 429, asked: 1},
		{name: "asks for the end of days", list: []reply{{status: 429, after: "99999999999999999999"}, {status: 200}}, want: 429, asked: 1},
		{name: "asks for more than there is", list: []reply{{status: 429, after: "2"}, {status: 200}}, deadline: time.Second, want: 429, asked: 1},
		{name: "no time for a backoff", list: []reply{{status: 503}, {status: 200}}, deadline: time.Nanosecond, want: 0, asked: 1},
		{name: "500 may pass", list: []reply{{status: 500}, {status: 200}}, want: 200, asked: 2},
		{name: "501 is final", list: []reply{{status: 501}, {status: 200}}, want: 501, asked: 1},
		{name: "404 is final", list: []reply{{status: 404}, {status: 200}}, want: 404, asked: 1},
		{name: "401 is final", list: []reply{{status: 401}, {status: 200}}, want: 401, asked: 1},
		{name: "refused once", list: []reply{{err: refused}, {status: 200}}, want: 200, asked: 2},
		{name: "refused for ever", list: []reply{{err: refused}}, want: 0, asked: 3},
		{name: "closed without an answer", list: []reply{{err: io.EOF}, {status: 200}}, want: 200, asked: 2},
		{name: "a timeout is final", list: []reply{{err: late}, {status: 200}}, want: 0, asked: 1},
		{name: "no such name is final", list: []reply{{err: &net.DNSError{IsNotFound: true}}, {status: 200}}, want: 0, asked: 1},
		{name: "no name server", list: []reply{{err: &net.DNSError{IsTemporary: true}}, {status: 200}}, want: 200, asked: 2},
		{name: "an alert of TLS is final", list: []reply{{err: &net.OpError{Op: "remote error", Err: errors.New("tls: certificate required")}}, {status: 200}}, want: 0, asked: 1},
		{name: "another error is final", list: []reply{{err: errors.New("no")}, {status: 200}}, want: 0, asked: 1},
		{name: "breaks off", list: []reply{{status: 200, err: io.ErrUnexpectedEOF}, {status: 200}}, want: 200, asked: 2},
		{name: "a change, not looked at", method: http.MethodPut, list: []reply{{status: 503}, {status: 201}}, want: 201, asked: 2},
		{name: "a change, perhaps made", method: http.MethodPut, list: []reply{{status: 500}, {status: 201}}, want: 500, asked: 1},
		{name: "a change, connection lost", method: http.MethodPut, list: []reply{{err: io.EOF}, {status: 201}}, want: 0, asked: 1},
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
			method, body := http.MethodGet, io.Reader(http.NoBody)
			if test.method != "" {
				method, body = test.method, strings.NewReader("sent")
			}
			req, err := http.NewRequestWithContext(ctx, method, "http://r.example/", body)
			if err != nil {
				t.Fatal(err)
			}
			var waits []time.Duration
			next := &answers{list: test.list}
			transport := patient{next: next, backoff: backoff, stall: time.Hour, sleep: func(_ context.Context, d time.Duration) error {
				waits = append(waits, d)
				return nil
			}}
			resp, err := transport.RoundTrip(req)
			status := 0
			if err == nil {
				status = resp.StatusCode
				text, err := io.ReadAll(resp.Body)
				if err != nil || string(text) != "text" {
					t.Errorf("the body is %q, %v", text, err)
				}
				if err := resp.Body.Close(); err != nil {
					t.Fatal(err)
				}
			}
			if status != test.want || next.asked != test.asked {
				t.Errorf("status %d after %d requests, not %d after %d", status, next.asked, test.want, test.asked)
			}
			if next.open != 0 {
				t.Errorf("%d bodies were left open", next.open)
			}
			if len(waits) != test.asked-1 || len(waits) > 0 && (waits[0] < test.waited || waits[0] > 2*test.waited+2*backoff) {
				t.Errorf("waited %v, want at least %v", waits, test.waited)
			}
			for _, text := range next.sent {
				if method == http.MethodPut && text != "sent" {
					t.Errorf("the request's body was %q", text)
				}
			}
		})
	}
}

// TestPatienceBody: an answer that keeps breaking off comes with the error at its end, and one longer than is read here whole.
func TestPatienceBody(t *testing.T) {
	t.Parallel()
	get := func(next http.RoundTripper) (string, error) {
		transport := patient{next: next, backoff: 1, stall: time.Hour, sleep: func(context.Context, time.Duration) error { return nil }}
		resp, err := transport.RoundTrip(httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://r.example/", http.NoBody))
		if err != nil {
			return "", err
		}
		defer resp.Body.Close() //nolint:errcheck // it was read
		text, err := io.ReadAll(resp.Body)
		return string(text), err
	}
	text, err := get(&answers{list: []reply{{status: 200, err: io.ErrUnexpectedEOF}}})
	if text != "text" || !errors.Is(err, io.ErrUnexpectedEOF) || triesOf(err) != " (tried 3 times)" {
		t.Errorf("%q, %v%s", text, err, triesOf(err))
	}
	long := strings.Repeat("x", maxBytes+10)
	text, err = get(roundTrip(func(req *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(long)), ContentLength: -1, Request: req}, nil
	}))
	if text != long || err != nil {
		t.Errorf("%d bytes of %d, %v", len(text), len(long), err)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// TestPatienceStall: an answer that does not go on ends, and is not asked for again.
func TestPatienceStall(t *testing.T) {
	t.Parallel()
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		asked++
		_, _ = io.WriteString(w, "begin")
		_ = http.NewResponseController(w).Flush()
		<-req.Context().Done()
	}))
	defer server.Close()
	transport := patient{next: server.Client().Transport, backoff: 1, stall: 20 * time.Millisecond, sleep: sleep}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // it was read
	text, err := io.ReadAll(resp.Body)
	if string(text) != "begin" || !errors.Is(err, errStalled) || asked != 1 {
		t.Errorf("%q, %v after %d requests", text, err, asked)
	}
	if err := classify(t.Context(), err); !errors.Is(err, ErrUnreachable) || !strings.Contains(err.Error(), "does not go on") {
		t.Errorf("%v", err)
	}
}

// TestPatienceEnds: an interrupt ends the wait.
func TestPatienceEnds(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	transport := patient{
		next: &answers{list: []reply{{status: 503}}}, backoff: time.Hour, stall: time.Hour,
		sleep: func(ctx context.Context, d time.Duration) error { cancel(); return sleep(ctx, d) },
	}
	resp, err := transport.RoundTrip(httptest.NewRequestWithContext(ctx, http.MethodGet, "http://r.example/", http.NoBody))
	if resp != nil {
		_ = resp.Body.Close() // there should be none
	}
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// TestJitter: never longer than the bound, and not always the same.
func TestJitter(t *testing.T) {
	t.Parallel()
	seen := map[time.Duration]bool{}
	for range 100 {
		d := jitter(time.Second)
		if d < 0 || d >= time.Second {
			t.Fatalf("%v", d)
		}
		seen[d] = true
	}
	if len(seen) < 2 || jitter(0) != 0 {
		t.Errorf("%d different ones", len(seen))
	}
}
