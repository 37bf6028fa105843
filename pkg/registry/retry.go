package registry

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"time"
)

// Retries, of what is passing.
const (
	maxRetries    = 2
	firstBackoff  = 200 * time.Millisecond
	maxRetryAfter = 30 * time.Second
)

// errStalled says that an answer has begun, and does not go on.
var errStalled = errors.New("the answer does not go on")

// patient sends a request again when what went wrong is likely to pass: the registry is busy, a gateway stands there without
// its registry, the connection was refused or broke. It does so within the time that the request's context has, and never
// for a wait that would outlast it. An answer of a size that we read at all is read here, so that it can be asked for again
// when it breaks off, and the connection can be used again.
type patient struct {
	next    http.RoundTripper
	backoff time.Duration // before the first retry, at most; doubled before the second
	stall   time.Duration // how long an answer may take from one byte to the next
	sleep   func(context.Context, time.Duration) error
}

func (p *patient) RoundTrip(req *http.Request) (*http.Response, error) {
	for try := 1; ; try++ {
		resp, err := p.attempt(req)
		wait, again := p.again(req, resp, err, try)
		if !again {
			return finish(resp, err, try, wait)
		}
		if resp != nil {
			_ = resp.Body.Close() // nothing more is wanted of it
		}
		if err := p.sleep(req.Context(), wait); err != nil {
			return nil, err
		}
		if req, err = rewound(req); err != nil {
			return nil, err
		}
	}
}

// attempt sends a request once, and reads the answer if that is no more than we read of any.
func (p *patient) attempt(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(req.Context())
	resp, err := p.next.RoundTrip(req.WithContext(ctx))
	if err != nil {
		cancel(nil)
		return nil, err
	}
	resp.Request = req
	body := &watchedBody{ReadCloser: resp.Body, ctx: ctx, cancel: cancel, stall: p.stall}
	resp.Body = body
	limit := int64(maxErrorBody)
	if resp.StatusCode < http.StatusMultipleChoices {
		limit = maxBytes
	}
	if resp.ContentLength > limit {
		return resp, nil
	}
	data, err := io.ReadAll(io.LimitReader(body, limit))
	kept := &keptBody{data: bytes.NewReader(data), err: err}
	switch {
	case req.Context().Err() != nil:
		_ = body.Close() // nobody waits for it
		return nil, req.Context().Err()
	case err == nil && int64(len(data)) == limit:
		kept.rest = body // perhaps more
	default:
		_ = body.Close() // it was read
	}
	resp.Body = kept
	return resp, nil
}

// again says whether to try again, and how long to wait before, or would be.
func (p *patient) again(req *http.Request, resp *http.Response, err error, try int) (time.Duration, bool) {
	harmless := req.Method == http.MethodGet || req.Method == http.MethodHead
	wait := p.backoff << (try - 1)
	wait = wait/2 + jitter(wait/2)
	switch {
	case err != nil:
		if !harmless || !passingError(err) {
			return 0, false
		}
	case passing(resp.StatusCode, harmless):
		if after, ok := retryAfter(resp.Header, time.Now()); ok {
			// All that were told the same do not come at the same time.
			wait = max(wait, after+jitter(after/4))
			if after > maxRetryAfter || !hasTime(req.Context(), wait) {
				return after, false
			}
		}
	case harmless && broke(resp):
	default:
		return 0, false
	}
	if sentOnce(req) {
		return 0, false
	}
	repeatable := req.Body == nil || req.Body == http.NoBody || req.GetBody != nil
	return wait, repeatable && try <= maxRetries && req.Context().Err() == nil && hasTime(req.Context(), wait)
}

type onceKey struct{}

// once marks requests that change something that was read before: to send one again later might undo what others have written
// in the meantime.
func once(ctx context.Context) context.Context { return context.WithValue(ctx, onceKey{}, true) }

// sentOnce tells whether a request is marked. What is asked of a token service on its way is not meant.
func sentOnce(req *http.Request) bool {
	return req.Method == http.MethodPut && req.Context().Value(onceKey{}) != nil
}

// passing says whether a status is likely to be another one soon. Of a request that changes something it is only where the
// registry says that it has not been looked at.
func passing(status int, harmless bool) bool {
	switch status {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return true
	case http.StatusRequestTimeout, http.StatusInternalServerError, http.StatusBadGateway, http.StatusGatewayTimeout:
		return harmless
	default:
		return false
	}
}

// passingError says whether a connection that failed is likely to work soon: it was refused, or broke. Time that ran out
// is what --timeout is for, and a name or certificate that is wrong stays so.
func passingError(err error) bool {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return true
	}
	if name, ok := errors.AsType[*net.DNSError](err); ok {
		return name.IsTemporary && !name.IsNotFound && !name.IsTimeout
	}
	op, ok := errors.AsType[*net.OpError](err)
	return ok && !op.Timeout() && op.Op != tlsRemote && op.Op != tlsLocal
}

// broke says whether an answer broke off.
func broke(resp *http.Response) bool {
	body, ok := resp.Body.(*keptBody)
	return ok && body.err != nil && !errors.Is(body.err, errStalled)
}

// finish hands on what there is, with how often it was tried.
func finish(resp *http.Response, err error, tries int, asked time.Duration) (*http.Response, error) {
	if err != nil && tries > 1 {
		err = &triedError{tries, err}
	}
	if err != nil {
		return nil, err // net/http knows some by their type
	}
	if body, ok := resp.Body.(*keptBody); ok {
		body.tries, body.asked = tries, asked
		if body.err != nil {
			body.err = &triedError{tries, body.err}
		}
	}
	return resp, nil
}

// rewound returns a request as it was before it was sent.
func rewound(req *http.Request) (*http.Request, error) {
	if req.GetBody == nil || req.Body == nil || req.Body == http.NoBody {
		return req, nil
	}
	body, err := req.GetBody()
	if err != nil {
		return nil, err
	}
	again := req.Clone(req.Context())
	again.Body = body
	return again, nil
}

// A triedError is an error after so many tries.
type triedError struct {
	tries int
	err   error
}

func (e *triedError) Error() string { return e.err.Error() }
func (e *triedError) Unwrap() error { return e.err }

// triesOf says in words how often something was tried before an error; empty for once.
func triesOf(err error) string {
	if tried, ok := errors.AsType[*triedError](err); ok && tried.tries > 1 {
		return fmt.Sprintf(" (tried %d times)", tried.tries)
	}
	return ""
}

// notes says what else there is to know of an answer that is an error.
func notes(resp *http.Response) string {
	text := afterRedirect(resp)
	body, ok := resp.Body.(*keptBody)
	if !ok || !passing(resp.StatusCode, true) {
		return text
	}
	if _, asks := resp.Header["Retry-After"]; asks && body.tries <= maxRetries && body.asked > 0 {
		return text + fmt.Sprintf("; it asks to come back in %s, which is longer than is waited", body.asked.Round(time.Second))
	}
	if body.tries > 1 {
		text += fmt.Sprintf(" (tried %d times)", body.tries)
	}
	return text
}

// keptBody is the body of an answer that was read already, with the error that it ended in.
type keptBody struct {
	data  *bytes.Reader
	err   error         // instead of the end
	rest  io.ReadCloser // what comes after the data; nil if that is all
	tries int
	asked time.Duration // to wait for, by the registry
}

func (b *keptBody) Read(p []byte) (int, error) {
	n, err := b.data.Read(p)
	switch {
	case !errors.Is(err, io.EOF):
		return n, err
	case b.rest != nil:
		return b.rest.Read(p)
	case b.err != nil:
		return 0, b.err
	}
	return 0, io.EOF
}

func (b *keptBody) Close() error {
	if b.rest != nil {
		return b.rest.Close()
	}
	return nil
}

// watchedBody is a body that must go on.
type watchedBody struct {
	io.ReadCloser

	ctx    context.Context //nolint:containedctx // it is that of the request, and ends with the body
	cancel context.CancelCauseFunc
	stall  time.Duration
}

func (b *watchedBody) Read(p []byte) (int, error) {
	timer := time.AfterFunc(b.stall, func() { b.cancel(errStalled) })
	defer timer.Stop()
	n, err := b.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) && errors.Is(context.Cause(b.ctx), errStalled) {
		err = errStalled
	}
	return n, err
}

func (b *watchedBody) Close() error {
	err := b.ReadCloser.Close()
	b.cancel(nil)
	return err
}

// retryAfter reads the header Retry-After: in seconds, or as a date, which is the registry's and not ours.
//
// Source: RFC 9110, section 10.2.3.
func retryAfter(h http.Header, now time.Time) (time.Duration, bool) {
	value := h.Get("Retry-After")
	switch seconds, err := strconv.ParseUint(value, 10, 31); {
	case err == nil:
		return time.Duration(seconds) * time.Second, true
	case errors.Is(err, strconv.ErrRange): // longer than anybody waits
		return math.MaxInt32 * time.Second, true
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	return max(0, at.Sub(now)), true
}

// jitter returns some time up to a bound.
func jitter(most time.Duration) time.Duration {
	if most <= 0 {
		return 0
	}
	return rand.N(most) //nolint:gosec // it spreads requests, and guards nothing
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
