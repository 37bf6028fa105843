package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/nfd-compat/nfd-compat/internal/hosttest"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
)

// What the registries of the scripts are logged in to with.
const (
	scriptUser     = "script"
	scriptPassword = "correct horse+battery/staple"
)

// registries starts what the scripts ask, and returns the variables that tell where: a registry that wants a login
// ($REGISTRY), one of HTTPS ($SECURE, with its certificate in $CA), one that wants a certificate of its clients ($MUTUAL; it
// has no image, and $CERT and $KEY are a pair), and a proxy that leads to the first two whatever it is asked for ($PROXY).
// The image is demo/app:v1 for linux/amd64, and any host of version 2.0 or newer satisfies its spec.
func registries(t *testing.T) map[string]string {
	t.Helper()
	open := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
	secure := hosttest.NewRegistry(t, hosttest.RegistryOptions{TLS: true})
	amd64 := ocispec.Platform{OS: "linux", Architecture: "amd64"}
	for _, r := range []*hosttest.Registry{open, secure} {
		repo := r.Repository("demo/app")
		hosttest.Attach(t, repo, hosttest.PushImage(t, repo, "v1", amd64), hosttest.Artifact{
			Type: spec.ArtifactType, Created: "2026-01-02T03:04:05Z",
			Layers: []hosttest.Layer{{MediaType: spec.MediaTypeYAML, Data: []byte("version: v1alpha1\ncompatibilities:\n- rules: [{name: r, matchFeatures: [{feature: kernel.version, matchName: {op: Exists}}]}]\n")}},
		})
	}
	dir := t.TempDir()
	write := func(name string, text []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	cert, key, pool := clientCertificate(t)
	mutual := hosttest.NewRegistry(t, hosttest.RegistryOptions{TLS: true, ClientAuthorities: pool})
	plainURL := &url.URL{Scheme: "http", Host: open.Host}
	proxy := httptest.NewServer(proxyTo(plainURL, secure.Host))
	t.Cleanup(proxy.Close)
	open.Protect(hosttest.AuthOptions{Basic: true, Username: scriptUser, Password: scriptPassword})
	return map[string]string{
		"REGISTRY": open.Host, "SECURE": secure.Host, "CA": write("ca.pem", secure.Certificate()),
		"MUTUAL": mutual.Host, "CERT": write("cert.pem", cert), "KEY": write("key.pem", key),
		"PROXY": proxy.Listener.Addr().String(),
	}
}

// clientCertificate makes a certificate that is its own authority, and its key.
func clientCertificate(t *testing.T) (cert, key []byte, pool *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "client"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		BasicConstraintsValid: true, IsCA: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	text, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool = x509.NewCertPool()
	pool.AddCert(parsed)
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: text}), pool
}

// proxyTo is a proxy that sends plain requests to one place, and connections to another.
func proxyTo(plain *url.URL, secure string) http.Handler {
	forward := httputil.NewSingleHostReverseProxy(plain)
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.Method != http.MethodConnect {
			forward.ServeHTTP(w, req)
			return
		}
		if req.Host == "refused.test:443" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		there, err := (&net.Dialer{}).DialContext(req.Context(), "tcp", secure)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer there.Close() //nolint:errcheck // it is over
		here, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer here.Close() //nolint:errcheck // it is over
		_, _ = io.WriteString(here, "HTTP/1.1 200 OK\r\n\r\n")
		go func() { _, _ = io.Copy(there, here) }()
		_, _ = io.Copy(here, there)
	})
}
