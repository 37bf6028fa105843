package hosttest

import (
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"time"
)

// Fault is how a [Registry] answers some requests in place of the right answer.
type Fault struct {
	// Match says which requests, see [On].
	Match func(*http.Request) bool
	// Times is how many of them; all if zero.
	Times int

	// Hang answers nothing until the client gives up. The other fields are then of no use.
	Hang bool
	// Serve answers, and may ask the registry behind. The fields below are then of no use.
	Serve func(w http.ResponseWriter, req *http.Request, next http.Handler)
	// Rewrite changes the right answer. It gets the status, the header and the body, and returns what is sent. The fields
	// below are then of no use.
	Rewrite func(status int, header http.Header, body []byte) (int, []byte)

	// Status is that of the answer; 200 if zero.
	Status int
	// ContentType and Header are the answer's header.
	ContentType string
	Header      http.Header
	// Body is that of the answer.
	Body string
	// Truncate closes the connection after that many bytes of the right answer's body, whose length was announced.
	Truncate int
	// Reset resets the connection after that many bytes of the right answer's body.
	Reset int
	// Drip sends the right answer's body byte by byte, with this time between one and the next.
	Drip time.Duration

	taken int
}

// On matches the requests with a method ("" for any) and a text in their path.
func On(method, text string) func(*http.Request) bool {
	return func(req *http.Request) bool {
		return (method == "" || req.Method == method) && strings.Contains(req.URL.Path, text)
	}
}

// Break puts a fault before the registry, and before the faults that are there.
func (r *Registry) Break(f Fault) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.faults = append([]*Fault{&f}, r.faults...)
}

// takes says whether the fault is for a request, and counts it. The registry's lock is held.
func (f *Fault) takes(req *http.Request) bool {
	if f.Times > 0 && f.taken == f.Times || !f.Match(req) {
		return false
	}
	f.taken++
	return true
}

func (f *Fault) serve(w http.ResponseWriter, req *http.Request, next http.Handler) {
	switch {
	case f.Hang:
		_, _ = io.Copy(io.Discard, req.Body) // before which nobody notices that the client has gone
		<-req.Context().Done()
	case f.Serve != nil:
		f.Serve(w, req, next)
	case f.Rewrite != nil:
		f.rewrite(w, req, next)
	case f.Truncate > 0:
		begin(w, req, next, f.Truncate)
		panic(http.ErrAbortHandler)
	case f.Reset > 0:
		begin(w, req, next, f.Reset)
		reset(w)
	case f.Drip > 0:
		f.drip(w, req, next)
	default:
		maps.Copy(w.Header(), f.Header)
		if f.ContentType != "" {
			w.Header().Set("Content-Type", f.ContentType)
		}
		w.WriteHeader(max(f.Status, http.StatusOK))
		_, _ = io.WriteString(w, f.Body) // the client may be gone
	}
}

func (f *Fault) rewrite(w http.ResponseWriter, req *http.Request, next http.Handler) {
	right := httptest.NewRecorder()
	next.ServeHTTP(right, req)
	header := right.Header().Clone()
	status, body := f.Rewrite(right.Code, header, right.Body.Bytes())
	header.Set("Content-Length", strconv.Itoa(len(body)))
	maps.Copy(w.Header(), header)
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may be gone
}

// begin sends the right answer's header, and the first bytes of its body.
func begin(w http.ResponseWriter, req *http.Request, next http.Handler, n int) {
	right := httptest.NewRecorder()
	next.ServeHTTP(right, req)
	body := right.Body.Bytes()
	maps.Copy(w.Header(), right.Header())
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(right.Code)
	_, _ = w.Write(body[:min(n, len(body))]) // the client may be gone
	_ = http.NewResponseController(w).Flush()
}

// reset closes the connection of an answer with a reset.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return // it is gone already
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

func (f *Fault) drip(w http.ResponseWriter, req *http.Request, next http.Handler) {
	right := httptest.NewRecorder()
	next.ServeHTTP(right, req)
	maps.Copy(w.Header(), right.Header())
	w.Header().Set("Content-Length", strconv.Itoa(right.Body.Len()))
	w.WriteHeader(right.Code)
	for _, one := range right.Body.Bytes() {
		_, _ = w.Write([]byte{one}) // the client may be gone
		_ = http.NewResponseController(w).Flush()
		select {
		case <-req.Context().Done():
			return
		case <-time.After(f.Drip):
		}
	}
}
