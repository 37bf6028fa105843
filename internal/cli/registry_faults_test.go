package cli_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/nfd-compat/nfd-compat/internal/cli"
	"github.com/nfd-compat/nfd-compat/internal/hosttest"
	"github.com/nfd-compat/nfd-compat/pkg/registry"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
)

// A faultOnTheWay is what goes wrong between a registry and us.
type faultOnTheWay struct {
	name  string
	step  string // resolve, config, referrers, artifact, payload
	fault hosttest.Fault
	// within is the --timeout, if it is to end it.
	within string
	// cause ends the message.
	cause string
}

// listing10000 is a list of so many compatibility artifacts.
func listing10000() string {
	var list strings.Builder
	list.WriteString(`{"schemaVersion":2,"mediaType":"` + ocispec.MediaTypeImageIndex + `","manifests":[`)
	for i := range 10000 {
		fmt.Fprintf(&list, `{"mediaType":%q,"artifactType":%q,"digest":%q,"size":700},`,
			ocispec.MediaTypeImageManifest, spec.ArtifactType, digest.FromString(fmt.Sprint(i)))
	}
	return strings.TrimSuffix(list.String(), ",") + "]}"
}

// faultsOnTheWay has what a registry, a token service at closed, and a host elsewhere may do.
func faultsOnTheWay(closed, elsewhere string) []faultOnTheWay {
	challenge := func(value string) hosttest.Fault {
		return hosttest.Fault{Status: 401, Header: http.Header{"Www-Authenticate": {value}}}
	}
	tooMany := func(after string) hosttest.Fault {
		return hosttest.Fault{Status: 429, Header: http.Header{"Retry-After": {after}}}
	}
	huge := hosttest.Fault{Serve: func(w http.ResponseWriter, req *http.Request, _ http.Handler) {
		w.Header().Set("Content-Type", ocispec.MediaTypeImageManifest)
		w.Header().Set("Content-Length", "104857600")
		for chunk := make([]byte, 64<<10); req.Context().Err() == nil; {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	}}
	other := hosttest.Fault{Rewrite: func(s int, _ http.Header, b []byte) (int, []byte) { b[0] ^= 1; return s, b }}
	longer := hosttest.Fault{Rewrite: func(s int, _ http.Header, b []byte) (int, []byte) { return s, append(b, '\n') }}
	unannounced := hosttest.Fault{Serve: func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		for range 2 {
			_, _ = w.Write([]byte(satisfied)) // the client may be gone
			_ = http.NewResponseController(w).Flush()
		}
	}}
	endless := hosttest.Fault{Serve: func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.Header().Set("Content-Type", ocispec.MediaTypeImageIndex)
		w.Header().Set("Link", "<?page=2>; rel=\"next\"")
		_, _ = fmt.Fprint(w, `{"manifests":[]}`)
	}}
	closedWithoutAnswer := hosttest.Fault{Serve: func(http.ResponseWriter, *http.Request, http.Handler) { panic(http.ErrAbortHandler) }}
	return []faultOnTheWay{
		{name: "body truncated", step: "payload", fault: hosttest.Fault{Truncate: 5}, cause: "the answer breaks off (tried 3 times)"},
		{name: "manifest truncated", step: "resolve", fault: hosttest.Fault{Truncate: 5}, cause: "the answer breaks off (tried 3 times)"},
		{name: "wrong length, announced", step: "payload", fault: longer, cause: fmt.Sprintf("the answer is %d bytes long, and not %d as was announced", len(satisfied)+1, len(satisfied))},
		{name: "wrong length", step: "payload", fault: unannounced, cause: "the answer does not have the length that was announced"},
		{name: "wrong digest", step: "payload", fault: other, cause: "the bytes received do not have this digest"},
		{name: "wrong digest of the artifact", step: "artifact", fault: other, cause: "the bytes received do not have this digest"},
		{name: "slow drip", step: "payload", fault: hosttest.Fault{Drip: 100 * time.Millisecond}, within: "3s", cause: "no answer within the time limit of 3s (--timeout)"},
		{name: "first request hangs", step: "resolve", fault: hosttest.Fault{Hang: true}, within: "1s", cause: "no answer within the time limit of 1s (--timeout)"},
		{name: "redirect loop", step: "payload", fault: hosttest.Fault{Status: 307, Header: http.Header{"Location": {"?again"}}}, cause: "it redirects more than 5 times"},
		{name: "redirect to another host", step: "payload", fault: hosttest.Fault{Status: 307, Header: http.Header{"Location": {"http://" + elsewhere + "/blob"}}}, cause: "403 Forbidden (after a redirect to " + elsewhere + ")"},
		{name: "broken challenge", step: "resolve", fault: challenge("?"), cause: "401 Unauthorized; how to log in cannot be read (WWW-Authenticate)"},
		{name: "no challenge", step: "referrers", fault: hosttest.Fault{Status: 401}, cause: "401 Unauthorized; it does not say how to log in (no WWW-Authenticate)"},
		{name: "token server down", step: "resolve", fault: challenge(`Bearer realm="http://` + closed + `/token",service="x"`), cause: "the token service at " + closed + ": dial tcp " + closed + ": connect: connection refused (tried 3 times)"},
		{name: "429", step: "resolve", fault: hosttest.Fault{Status: 429}, cause: "429 Too Many Requests (tried 3 times)"},
		{name: "429, to come back at once", step: "referrers", fault: tooMany("0"), cause: "429 Too Many Requests (tried 3 times)"},
		{name: "429, to come back in an hour", step: "payload", fault: tooMany("3600"), cause: "429 Too Many Requests; it asks to come back in 1h0m0s, which is longer than is waited"},
		{name: "500", step: "resolve", fault: hosttest.Fault{Status: 500}, cause: "500 Internal Server Error (tried 3 times)"},
		{name: "pagination loop", step: "referrers", fault: endless, cause: "the list of referrers does not end: after page 2 comes one that was there before"},
		{name: "10,000 artifacts", step: "referrers", fault: hosttest.Fault{ContentType: ocispec.MediaTypeImageIndex, Body: listing10000()}, cause: "10000 compatibility artifacts are listed, and at most 256 are looked at to find the newest"},
		{name: "manifest of 100 MB", step: "resolve", fault: huge, cause: "the answer is 104857600 bytes long, and at most 4194304 are read"},
		{name: "reset in a blob", step: "payload", fault: hosttest.Fault{Reset: 5}, cause: " (tried 3 times)"},
		{name: "reset in the config", step: "config", fault: hosttest.Fault{Reset: 5}, cause: " (tried 3 times)"},
		{name: "closed without an answer", step: "referrers", fault: closedWithoutAnswer, cause: "the connection was closed without an answer (tried 3 times)"},
	}
}

// TestFaultsOnTheWay: whatever goes wrong between a registry and us is exit code 5 and one line on standard error, which names
// the registry, what was asked for by its digest, and the cause.
func TestFaultsOnTheWay(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it is closed at once, to have a port where nobody listens
	if err != nil {
		t.Fatal(err)
	}
	closed := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }))
	t.Cleanup(elsewhere.Close)
	for _, tt := range faultsOnTheWay(closed, elsewhere.Listener.Addr().String()) {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
			repo := r.Repository("demo/app")
			image := hosttest.PushImage(t, repo, "v1", registry.HostPlatform())
			attached := hosttest.Attach(t, repo, image, artifact(satisfied))
			payload := digest.FromString(satisfied)
			at := map[string]struct{ path, op string }{
				"resolve":   {"/manifests/v1", "resolve " + r.Host + "/demo/app:v1"},
				"config":    {"/blobs/", "read image config sha256:"},
				"referrers": {"/referrers/", "list referrers of " + image.Digest.String()},
				"artifact":  {"/manifests/sha256:", "fetch artifact manifest " + attached.Digest.String()},
				"payload":   {"/blobs/" + payload.String(), "fetch payload " + payload.String()},
			}[tt.step]
			tt.fault.Match = hosttest.On(http.MethodGet, at.path)
			r.Break(tt.fault)
			args := []string{"validate-node", "--plain-http", "--image", r.Host + "/demo/app:v1"}
			if tt.within != "" {
				args = append(args, "--timeout", tt.within)
			}
			var got, reported outcome
			var group sync.WaitGroup // most of the time is spent in waiting for the next try
			group.Go(func() { got = run(t.Context(), "", args...) })
			group.Go(func() { reported = run(t.Context(), "", append(slices.Clip(args), "-o", "json")...) })
			group.Wait()
			line := strings.TrimSuffix(got.stderr, "\n")
			if got.code != cli.ExitRegistry || !strings.HasPrefix(line, "nfd-compat: registry "+r.Host+": "+at.op) || !strings.HasSuffix(line, tt.cause) || strings.Contains(line, "\n") {
				t.Errorf("exit code %d\n%swant nfd-compat: registry %s: %s…: …%s", got.code, got.stderr, r.Host, at.op, tt.cause)
			}
			wantEmpty(t, "standard output", got.stdout)
			wantReportedError(t, reported, cli.ExitRegistry)
		})
	}
}

// TestRedirectElsewhere: registries send us for their blobs to the store behind them.
func TestRedirectElsewhere(t *testing.T) {
	t.Parallel()
	store := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprint(w, satisfied) // the client may be gone
	}))
	t.Cleanup(store.Close)
	r := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
	attach(t, r, satisfied)
	r.Break(hosttest.Fault{
		Match:  hosttest.On(http.MethodGet, "/blobs/"+digest.FromString(satisfied).String()),
		Status: 307, Header: http.Header{"Location": {store.URL}},
	})
	got := run(t.Context(), featuresJSON, "validate-node", "--plain-http", "--image", r.Host+"/demo/app:v1", "--features", "-", "--platform", registry.FormatPlatform(registry.HostPlatform()))
	if got.code != cli.ExitOK || !strings.HasPrefix(lastLine(got.stdout), "compatible: ") {
		t.Errorf("exit code %d\n%s%s", got.code, got.stdout, got.stderr)
	}
}

// TestIPv6: a registry that listens on an address of IPv6.
func TestIPv6(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "[::1]:0") //nolint:noctx // it ends with the test
	if err != nil {
		t.Skipf("this machine has no IPv6: %v", err)
	}
	r := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
	image := attach(t, r, satisfied)
	server := &httptest.Server{Listener: listener, Config: &http.Server{Handler: r}}
	server.Start()
	t.Cleanup(server.Close)
	host := listener.Addr().String()
	args := []string{"validate-node", "--plain-http", "--image", host + "/demo/app:v1", "--features", "-", "--platform", registry.FormatPlatform(registry.HostPlatform())}
	got := run(t.Context(), featuresJSON, args...)
	if got.code != cli.ExitOK || !strings.Contains(got.stdout, host+"/demo/app:v1") {
		t.Errorf("exit code %d\n%s%s", got.code, got.stdout, got.stderr)
	}
	r.Break(hosttest.Fault{Match: hosttest.On("", "/referrers/"), Status: 403})
	got = run(t.Context(), featuresJSON, args...)
	if want := "nfd-compat: registry " + host + ": list referrers of " + image.Digest.String() + ": 403 Forbidden\n"; got.code != cli.ExitRegistry || got.stderr != want {
		t.Errorf("exit code %d\n%swant\n%s", got.code, got.stderr, want)
	}
}
