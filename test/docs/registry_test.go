//go:build linux

package docs

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nfd-compat/nfd-compat/internal/hosttest"
)

// registryHost is the registry of the documents.
const registryHost = "registry.example.com"

// reach makes a registry in memory the one that the documents speak of, and returns the environment in which programs reach
// it so: over HTTPS under its own name, by a proxy that knows no other host, with a certificate that they trust. So no
// command has to be changed, and none leaves this machine.
func reach(t *testing.T, r *hosttest.Registry) []string {
	t.Helper()
	certificate, authority := certify(t)
	quiet := log.New(io.Discard, "", 0) //nolint:forbidigo // a client that hangs up is none of the test's business
	secure := httptest.NewUnstartedServer(r)
	secure.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	secure.Config.ErrorLog = quiet
	secure.StartTLS()
	t.Cleanup(secure.Close)

	proxy := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.Method != http.MethodConnect || req.Host != registryHost+":443" {
			http.Error(w, "this proxy leads to "+registryHost+" alone", http.StatusForbidden)
			return
		}
		tunnel(w, req, secure.Listener.Addr().String())
	}))
	proxy.Config.ErrorLog = quiet
	proxy.Start()
	t.Cleanup(func() { proxy.CloseClientConnections(); proxy.Close() })

	file := filepath.Join(t.TempDir(), "authority.pem")
	if err := os.WriteFile(file, authority, 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{"HTTPS_PROXY=" + proxy.URL, "HTTP_PROXY=" + proxy.URL, "NO_PROXY=", "SSL_CERT_FILE=" + file, "SSL_CERT_DIR="}
}

// tunnel joins a client with a server.
func tunnel(w http.ResponseWriter, req *http.Request, address string) {
	server, err := new(net.Dialer).DialContext(req.Context(), "tcp", address)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	client, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		_ = server.Close()
		return
	}
	if _, err := io.WriteString(client, "HTTP/1.1 200 Connection established\r\n\r\n"); err == nil {
		go func() {
			_, _ = io.Copy(server, client) // till one of them hangs up
			_ = server.Close()
		}()
		_, _ = io.Copy(client, server)
	}
	_ = client.Close()
	_ = server.Close()
}

// certify makes a certificate for the registry, and that of the authority that has signed it.
func certify(t *testing.T) (certificate tls.Certificate, authority []byte) {
	t.Helper()
	sign := func(template, parent *x509.Certificate, key, by *ecdsa.PrivateKey) []byte {
		template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
		der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, by)
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	var keys [2]*ecdsa.PrivateKey
	for i := range keys {
		var err error
		if keys[i], err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
			t.Fatal(err)
		}
	}
	root := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "the authority of the documents"},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der := sign(root, root, keys[0], keys[0])
	leaf := sign(&x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: registryHost}, DNSNames: []string{registryHost},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, root, keys[1], keys[0])
	return tls.Certificate{Certificate: [][]byte{leaf}, PrivateKey: keys[1]},
		[]byte(strings.TrimSpace(string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))) + "\n")
}
