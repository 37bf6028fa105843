package hosttest

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/olareg/olareg"
	"github.com/olareg/olareg/config"
	"oras.land/oras-go/v2/registry"
	"oras.land/oras-go/v2/registry/remote"
)

// RegistryOptions are the options of a [Registry]. The zero value is a registry as the distribution specification v1.1
// wants it, over plain HTTP.
type RegistryOptions struct {
	// NoReferrersAPI answers the referrers API with 404, as a registry does that has none. Clients then keep the list
	// under the referrers tag.
	NoReferrersAPI bool
	// TLS serves HTTPS, with a certificate that only the client of [Registry.Client] trusts.
	TLS bool
	// ClientAuthorities are those of whom a client must have a certificate; with TLS.
	ClientAuthorities *x509.CertPool
	// HTTP2 serves HTTP/2 as well, with TLS.
	HTTP2 bool
	// PageBytes splits a list of referrers into pages of at most that many bytes. One page if zero.
	PageBytes int64
}

// Registry is an OCI registry that lives in memory, behind a server on the loopback interface. Faults can be put before
// it, and it keeps a log of what it was asked.
type Registry struct {
	// Host is the registry's name in an image reference: "127.0.0.1:PORT".
	Host string

	server *httptest.Server
	next   http.Handler

	mu     sync.Mutex
	faults []*Fault
	log    []string
	hellos []*tls.ClientHelloInfo
	secure bool
	opened atomic.Int64
}

// NewRegistry starts a registry, which ends with the test.
func NewRegistry(t testing.TB, opts RegistryOptions) *Registry {
	t.Helper()
	conf := config.Config{Storage: config.ConfigStorage{StoreType: config.StoreMem}}
	yes := true
	conf.API.DeleteEnabled = &yes
	conf.API.Blob.DeleteEnabled = &yes
	conf.API.Manifest.SparseIndex = &yes
	conf.API.Manifest.SparseImage = &yes
	conf.API.Referrer.Limit = opts.PageBytes
	if opts.NoReferrersAPI {
		no := false
		conf.API.Referrer.Enabled = &no
	}
	store := olareg.New(conf)
	r := &Registry{next: store}
	if opts.NoReferrersAPI {
		r.faults = []*Fault{{Match: On("GET", "/referrers/"), Status: http.StatusNotFound, ContentType: "text/plain; charset=utf-8", Body: "404 page not found\n"}}
	}
	r.server = httptest.NewUnstartedServer(r)
	r.server.Config.ErrorLog = log.New(io.Discard, "", 0) //nolint:forbidigo // a client that hangs up is what tests want
	r.server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			r.opened.Add(1)
		}
	}
	r.server.TLS = &tls.Config{
		MinVersion: tls.VersionTLS12,
		GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.hellos = append(r.hellos, hello)
			return nil, nil //nolint:nilnil // the one that there is
		},
	}
	if opts.ClientAuthorities != nil {
		r.server.TLS.ClientAuth, r.server.TLS.ClientCAs = tls.RequireAndVerifyClientCert, opts.ClientAuthorities
	}
	r.server.EnableHTTP2 = opts.HTTP2
	r.secure = opts.TLS
	if opts.TLS {
		r.server.StartTLS()
	} else {
		r.server.Start()
	}
	r.Host = r.server.Listener.Addr().String()
	t.Cleanup(func() {
		r.server.CloseClientConnections()
		r.server.Close()
		if err := store.Close(); err != nil {
			t.Errorf("close the registry's store: %v", err)
		}
	})
	return r
}

// ServeHTTP answers with the first fault that matches, else as the registry does.
func (r *Registry) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	r.log = append(r.log, req.Method+" "+req.URL.RequestURI())
	var fault *Fault
	for _, f := range r.faults {
		if f.takes(req) {
			fault = f
			break
		}
	}
	r.mu.Unlock()
	if fault != nil {
		fault.serve(w, req, r.next)
		return
	}
	r.next.ServeHTTP(w, req)
}

// Client returns an HTTP client that trusts the registry's certificate.
func (r *Registry) Client() *http.Client { return r.server.Client() }

// Certificate returns the registry's certificate, which is its own authority, in PEM.
func (r *Registry) Certificate() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: r.server.Certificate().Raw})
}

// Hellos returns what the clients said in their TLS handshakes.
func (r *Registry) Hellos() []*tls.ClientHelloInfo {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.hellos)
}

// Requests returns what the registry was asked since the last call, as "METHOD PATH?QUERY".
func (r *Registry) Requests() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	log := r.log
	r.log = nil
	return log
}

// Connections returns how many connections were opened since the last call.
func (r *Registry) Connections() int { return int(r.opened.Swap(0)) }

// Count returns how many of the requests since the last call of [Registry.Requests] have the method, and the text in
// their path.
func (r *Registry) Count(method, text string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for _, line := range r.log {
		if m, path, _ := strings.Cut(line, " "); m == method && strings.Contains(path, text) {
			n++
		}
	}
	return n
}

// Repository returns a client of one of the registry's repositories, to push images with: see [PushImage].
func (r *Registry) Repository(name string) *remote.Repository {
	host := r.Host
	return &remote.Repository{
		Client:    r.server.Client(),
		Reference: registry.Reference{Registry: host, Repository: name},
		PlainHTTP: !r.secure,
	}
}
