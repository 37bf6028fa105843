package registry_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nfd-compat/nfd-compat/internal/hosttest"
	"github.com/nfd-compat/nfd-compat/pkg/registry"
)

// TestPassing: what goes away by itself is not seen, on any step.
func TestPassing(t *testing.T) {
	t.Parallel()
	faults := map[string]hosttest.Fault{
		"429 with a time":  {Status: 429, Header: http.Header{"Retry-After": {"0"}}},
		"429":              {Status: 429},
		"500":              {Status: 500},
		"503 with a login": {Status: 503, ContentType: "text/html", Body: "<html>"},
		"breaks off":       {Truncate: 5},
		"reset":            {Reset: 5},
		"closed":           {Serve: func(http.ResponseWriter, *http.Request, http.Handler) { panic(http.ErrAbortHandler) }},
	}
	for _, step := range []string{"manifest", "referrers", "artifact", "payload"} {
		for name, fault := range faults {
			t.Run(step+"/"+name, func(t *testing.T) {
				t.Parallel()
				r, paths := newBroken(t, hosttest.RegistryOptions{})
				fault.Match, fault.Times = hosttest.On("GET", paths[step]), 1
				r.Break(fault)
				r.Requests()
				amd64 := linux("amd64", "")
				if image := mustFetch(t, r, ":v1", &amd64); image.Artifact == nil {
					t.Error("no artifact")
				}
				if n := r.Count("GET", paths[step]); n != 2 {
					t.Errorf("asked %d times", n)
				}
			})
		}
	}
}

// TestNotPassing: what does not go away is told, with how often it was tried, or how long the registry asks to wait.
func TestNotPassing(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		fault hosttest.Fault
		kind  error
		text  string
		asked int
	}{
		{"429", hosttest.Fault{Status: 429}, registry.ErrBrokenAnswer, "429 Too Many Requests (tried 3 times)", 3},
		{"429 with a time", hosttest.Fault{Status: 429, Header: http.Header{"Retry-After": {"0"}}}, registry.ErrBrokenAnswer, "429 Too Many Requests (tried 3 times)", 3},
		{"429 with a long time", hosttest.Fault{Status: 429, Header: http.Header{"Retry-After": {"3600"}}}, registry.ErrBrokenAnswer, "429 Too Many Requests; it asks to come back in 1h0m0s, which is longer than is waited", 1},
		{"429 with a time beyond all bounds", hosttest.Fault{Status: 429, Header: http.Header{"Retry-After": {"99999999999999999999"}}}, registry.ErrBrokenAnswer, "429 Too Many Requests; it asks to come back in 596523h14m7s, which is longer than is waited", 1},
		{"503", hosttest.Fault{Status: 503, ContentType: "text/html", Body: "<html>"}, registry.ErrBrokenAnswer, "503 Service Unavailable: an HTML page (tried 3 times)", 3},
		{"breaks off", hosttest.Fault{Truncate: 5}, registry.ErrBrokenAnswer, "the answer breaks off (tried 3 times)", 3},
		{"reset", hosttest.Fault{Reset: 5}, registry.ErrUnreachable, "(tried 3 times)", 3},
		{"closed", hosttest.Fault{Serve: func(http.ResponseWriter, *http.Request, http.Handler) { panic(http.ErrAbortHandler) }}, registry.ErrUnreachable, "the connection was closed without an answer (tried 3 times)", 3},
		{"511", hosttest.Fault{Status: 511, ContentType: "text/html", Body: "<html>"}, registry.ErrBrokenAnswer, "511 Network Authentication Required: an HTML page: the network wants to be signed in to first (a captive portal)", 1},
		{"100 MB", hosttest.Fault{Serve: func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
			w.Header().Set("Content-Type", "application/vnd.oci.image.manifest.v1+json")
			w.Header().Set("Content-Length", "100000000")
			_, _ = w.Write([]byte("{")) // the client may be gone
		}}, registry.ErrBrokenAnswer, "100000000 bytes", 1},
		{"without end", hosttest.Fault{Serve: func(w http.ResponseWriter, req *http.Request, _ http.Handler) {
			w.Header().Set("Content-Type", "application/vnd.oci.image.manifest.v1+json")
			for req.Context().Err() == nil {
				if _, err := io.WriteString(w, strings.Repeat(" ", 1<<16)); err != nil {
					return
				}
			}
		}}, registry.ErrBrokenAnswer, "it is longer than 4194304 bytes", 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r, paths := newBroken(t, hosttest.RegistryOptions{})
			test.fault.Match = hosttest.On("GET", paths["manifest"])
			r.Break(test.fault)
			r.Requests()
			_, err := fetch(t, r, ":v1", nil)
			wantError(t, err, test.kind, test.text, "registry "+r.Host)
			if strings.Count(err.Error(), "tried") > 1 {
				t.Errorf("%q says twice how often", err)
			}
			if n := r.Count("GET", paths["manifest"]); n != test.asked {
				t.Errorf("asked %d times, want %d", n, test.asked)
			}
		})
	}
}

// TestDrip: an answer that comes so slowly ends with the time, and so does one of a token service.
func TestDrip(t *testing.T) {
	t.Parallel()
	for _, step := range []string{"manifest", "referrers", "artifact", "payload", "token"} {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			r, paths := newBroken(t, hosttest.RegistryOptions{})
			r.Protect(hosttest.AuthOptions{Anonymous: true})
			paths["token"] = "/token"
			r.Break(hosttest.Fault{Match: func(req *http.Request) bool {
				return strings.Contains(req.URL.Path, paths[step]) && (step == "token" || req.Header.Get("Authorization") != "")
			}, Drip: 50 * time.Millisecond})
			if step == "token" {
				r.Break(hosttest.Fault{Match: hosttest.On("", "/token"), Hang: true})
			}
			ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
			defer cancel()
			client, amd64 := registry.Client{PlainHTTP: true}, linux("amd64", "")
			_, err := client.Fetch(ctx, registry.Request{Reference: r.Host + "/app:v1", Platform: &amd64})
			wantError(t, err, registry.ErrUnreachable, "time limit", "registry "+r.Host)
		})
	}
}

// TestLoginPage: a page for people stands where the registry's answer should, also where a redirect leads to it.
func TestLoginPage(t *testing.T) {
	t.Parallel()
	portal, _ := elsewhere(t, func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		if req.URL.Path == "/refuses" {
			w.WriteHeader(http.StatusForbidden)
		}
		_, _ = w.Write([]byte("<html>Sign in</html>"))
	})
	host := strings.TrimPrefix(portal, "http://")
	for _, step := range []string{"manifest", "referrers", "artifact", "payload"} {
		r, paths := newBroken(t, hosttest.RegistryOptions{})
		r.Break(hosttest.Fault{Match: hosttest.On("GET", paths[step]), Status: 302, Header: http.Header{"Location": {portal + "/login?session=hunter2"}}})
		amd64 := linux("amd64", "")
		_, err := fetch(t, r, ":v1", &amd64)
		wantError(t, err, registry.ErrBrokenAnswer, "the answer (after a redirect to "+host+") is an HTML page", "is a proxy or login page in between?")
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q", err)
		}
	}
	r, paths := newBroken(t, hosttest.RegistryOptions{})
	r.Break(hosttest.Fault{Match: hosttest.On("GET", paths["manifest"]), Status: 302, Header: http.Header{"Location": {portal + "/refuses"}}})
	_, err := fetch(t, r, ":v1", nil)
	wantError(t, err, registry.ErrUnauthorized, "403 Forbidden: an HTML page (after a redirect to "+host+")")
}

// TestRedirectToNoURL: it is said, and not quoted.
func TestRedirectToNoURL(t *testing.T) {
	t.Parallel()
	r, paths := newBroken(t, hosttest.RegistryOptions{})
	r.Break(hosttest.Fault{Match: hosttest.On("GET", paths["payload"]), Status: 307, Header: http.Header{"Location": {"http://h ost/hunter2"}}})
	amd64 := linux("amd64", "")
	_, err := fetch(t, r, ":v1", &amd64)
	wantError(t, err, registry.ErrBrokenAnswer, "it redirects (307) to what is no URL")
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("%q", err)
	}
}

// TestRedirectToNobody: whom a redirect leads to is named, where nobody answers there.
func TestRedirectToNobody(t *testing.T) {
	t.Parallel()
	for _, location := range []string{"http://127.0.0.1:1/x?signature=hunter2", "http://bob:hunter2@127.0.0.1:1/x"} {
		r, paths := newBroken(t, hosttest.RegistryOptions{})
		r.Break(hosttest.Fault{Match: hosttest.On("GET", paths["payload"]), Status: 307, Header: http.Header{"Location": {location}}})
		amd64 := linux("amd64", "")
		_, err := fetch(t, r, ":v1", &amd64)
		wantError(t, err, registry.ErrUnreachable, "connection refused", "(tried 3 times) (after a redirect to 127.0.0.1:1)")
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q", err)
		}
	}
}

// TestTokenService: what else a token service may do wrong.
func TestTokenService(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // a port to close at once
	if err != nil {
		t.Fatal(err)
	}
	closed := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	serve := func(contentType, body string) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", contentType)
			_, _ = io.WriteString(w, body)
		}
	}
	var broken http.HandlerFunc = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, `{"token":`)
	}
	tests := []struct {
		name  string
		serve http.HandlerFunc // nil: nobody is there
		kind  error
		text  string
	}{
		{"down", nil, registry.ErrUnreachable, "the token service at " + closed + ": dial tcp " + closed + ": connect: connection refused (tried 3 times)"},
		{"HTML", serve("text/html", "<html>"), registry.ErrBrokenAnswer, "answers with an HTML page, not a token"},
		{"junk", serve("application/json", "{junk"), registry.ErrBrokenAnswer, "is not valid JSON"},
		{"empty", serve("application/json", ""), registry.ErrBrokenAnswer, "is not valid JSON"},
		{"no token", serve("application/json", `{"token":""}`), registry.ErrBrokenAnswer, "gives an empty token"},
		{"line end in a token", serve("application/json", `{"token":"hunter2\nX-Header: x"}`), registry.ErrBrokenAnswer, "characters that no token can have"},
		{"too long", serve("application/json", `{"token":"`+strings.Repeat("hunter2", 1<<16)), registry.ErrBrokenAnswer, "it is longer than 131072 bytes"},
		{"500", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }, registry.ErrBrokenAnswer, "answers 500 Internal Server Error (tried 3 times)"},
		{"429", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "7200")
			w.WriteHeader(http.StatusTooManyRequests)
		}, registry.ErrBrokenAnswer, "answers 429 Too Many Requests; it asks to come back in 2h0m0s"},
		{"403", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }, registry.ErrUnauthorized, "answers 403 Forbidden; the token service does not accept the user name"},
		{"breaks off", broken, registry.ErrBrokenAnswer, "breaks off"},
		{"redirects for ever", func(w http.ResponseWriter, req *http.Request) {
			http.Redirect(w, req, "/token?again", http.StatusFound)
		}, registry.ErrBrokenAnswer, "redirects more than 5 times"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r, _ := newBroken(t, hosttest.RegistryOptions{})
			realm := "http://" + closed
			if test.serve != nil {
				realm, _ = elsewhere(t, test.serve)
			}
			r.Protect(hosttest.AuthOptions{Username: "user", Password: password, Realm: realm + "/token"})
			client := registry.Client{PlainHTTP: true, Credentials: registry.Credentials{Username: "user", Password: password}}
			_, err := client.Fetch(t.Context(), registry.Request{Reference: r.Host + "/app:v1"})
			wantError(t, err, test.kind, test.text, "registry "+r.Host)
			wantSecret(t, err.Error())
			if strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "://") {
				t.Errorf("%q", err)
			}
		})
	}
}

// TestChallengeFaults: a registry that wants a login, and does not say how, or not in a way that can be followed.
func TestChallengeFaults(t *testing.T) {
	t.Parallel()
	for challenge, text := range map[string]string{
		"-":                           "it does not say how to log in",
		"?":                           "how to log in cannot be read",
		"Bearer":                      "does not say from where",
		`Bearer realm="ftp://x/y"`:    "is no URL of a token service",
		`Bearer realm="http://`:       "does not say from where",
		"Negotiate":                   "it wants to be logged in to by negotiate",
		`Digest realm="x", nonce="y"`: "it wants to be logged in to by digest",
	} {
		r, _ := newBroken(t, hosttest.RegistryOptions{})
		header := http.Header{"Www-Authenticate": {challenge}}
		if challenge == "-" {
			header = nil
		}
		r.Break(hosttest.Fault{Match: hosttest.On("GET", "/v2/"), Status: 401, Header: header})
		client := registry.Client{PlainHTTP: true, Credentials: registry.Credentials{Username: "user", Password: password}}
		_, err := client.Fetch(t.Context(), registry.Request{Reference: r.Host + "/app:v1"})
		wantError(t, err, registry.ErrUnauthorized, "401 Unauthorized; ", text)
	}
}

// TestOneConnection: a login, a registry without the referrers API and all the rest of a Fetch need one connection.
func TestOneConnection(t *testing.T) {
	t.Parallel()
	for _, opts := range []hosttest.RegistryOptions{{}, {NoReferrersAPI: true}} {
		for name, auth := range map[string]hosttest.AuthOptions{
			"basic": {Basic: true, Username: "user", Password: password}, "bearer": {Username: "user", Password: password},
		} {
			r, _ := newBroken(t, opts)
			r.Protect(auth)
			r.Connections() // those of the pushes
			amd64 := linux("amd64", "")
			client := registry.Client{PlainHTTP: true, Credentials: registry.Credentials{Username: "user", Password: password}}
			for range 2 {
				if _, err := client.Fetch(t.Context(), registry.Request{Reference: r.Host + "/app:v1", Platform: &amd64}); err != nil {
					t.Fatal(err)
				}
			}
			if n := r.Connections(); n != 1 {
				t.Errorf("%s: %d connections", name, n)
			}
		}
	}
}

// TestIPv6: an address in brackets is a registry, with its own credentials.
func TestIPv6(t *testing.T) {
	t.Parallel()
	r, _ := newBroken(t, hosttest.RegistryOptions{})
	r.Protect(hosttest.AuthOptions{Basic: true, Username: "user", Password: password})
	var (
		mu     sync.Mutex
		dialed []string
	)
	there := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		mu.Lock()
		dialed = append(dialed, address)
		mu.Unlock()
		return (&net.Dialer{}).DialContext(ctx, network, r.Host) // not every machine has IPv6
	}}}
	client := registry.Client{PlainHTTP: true, HTTPClient: there, Credentials: authFile(t, `{"auths":{`+entry("[::1]:5000", "user", password)+`}}`)}
	amd64 := linux("amd64", "")
	image, err := client.Fetch(t.Context(), registry.Request{Reference: "[::1]:5000/app:v1", Platform: &amd64})
	if err != nil || image.Artifact == nil || image.Reference != "[::1]:5000/app:v1" {
		t.Fatalf("%v, %v", image, err)
	}
	for _, address := range dialed {
		if address != "[::1]:5000" {
			t.Errorf("dialed %q", address)
		}
	}
	_, err = client.Fetch(t.Context(), registry.Request{Reference: "[::1]:5000/app:v2"})
	wantError(t, err, registry.ErrNotFound, "registry [::1]:5000: resolve [::1]:5000/app:v2: ")
}

// TestDowngrade: a registry of HTTPS does not send us on to plain HTTP.
func TestDowngrade(t *testing.T) {
	t.Parallel()
	r, paths := newBroken(t, hosttest.RegistryOptions{TLS: true})
	r.Protect(hosttest.AuthOptions{Basic: true, Username: "user", Password: password})
	address, seen := elsewhere(t, func(http.ResponseWriter, *http.Request) {})
	r.Break(hosttest.Fault{Match: hosttest.On("GET", paths["payload"]), Status: 307, Header: http.Header{"Location": {address}}})
	client, amd64 := registry.Client{TLS: &registry.TLS{Insecure: true}, Credentials: registry.Credentials{Username: "user", Password: password}}, linux("amd64", "")
	_, err := client.Fetch(t.Context(), registry.Request{Reference: r.Host + "/app:v1", Platform: &amd64})
	wantError(t, err, registry.ErrBrokenAnswer, "it redirects from HTTPS to plain HTTP")
	if seen() != "" {
		t.Errorf("it was sent\n%s", seen())
	}
}

// TestHTTP2 holds that all of it goes over HTTP/2 too, and that a stream that is reset is tried again.
func TestHTTP2(t *testing.T) {
	t.Parallel()
	r, _ := newBroken(t, hosttest.RegistryOptions{})
	r.Protect(hosttest.AuthOptions{Username: "user", Password: password, Anonymous: true})
	tries := 0
	front := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.ProtoMajor != 2 {
			t.Errorf("asked by %s", req.Proto)
		}
		if tries++; tries == 1 {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "begin")
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}
		req.Host = r.Host
		r.ServeHTTP(w, req)
	}))
	front.EnableHTTP2 = true
	front.StartTLS()
	defer front.Close()
	client, amd64 := registry.Client{TLS: &registry.TLS{Insecure: true}}, linux("amd64", "")
	host := front.Listener.Addr().String()
	_, err := client.Fetch(t.Context(), registry.Request{Reference: host + "/app:v1", Platform: &amd64})
	wantError(t, err, registry.ErrUnauthorized, "its token service at "+r.Host+" speaks plain HTTP")
	if tries < 2 {
		t.Errorf("%d requests", tries)
	}
}
