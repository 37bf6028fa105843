package registry_test

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/nfd-compat/nfd-compat/internal/hosttest"
	"github.com/nfd-compat/nfd-compat/pkg/registry"
)

// TestClientHello reads what a client says first: it offers a key exchange that a quantum computer does not break, and no
// version below 1.2.
func TestClientHello(t *testing.T) {
	t.Parallel()
	r := hosttest.NewRegistry(t, hosttest.RegistryOptions{TLS: true, HTTP2: true})
	repo := r.Repository("app")
	hosttest.Attach(t, repo, hosttest.PushImage(t, repo, "v1", linux("amd64", "")), compat("2025-01-01T00:00:00Z", "x"))
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, r.Certificate(), 0o600); err != nil {
		t.Fatal(err)
	}
	authorities, err := registry.ReadAuthorities(file)
	if err != nil {
		t.Fatal(err)
	}
	for name, trust := range map[string]*registry.TLS{"authority": {Authorities: authorities}, "insecure": {Insecure: true}} {
		before := len(r.Hellos())
		client := registry.Client{TLS: trust}
		image, err := client.Fetch(t.Context(), registry.Request{Reference: r.Host + "/app:v1"})
		if err != nil || image.Artifact == nil {
			t.Fatalf("%s: %v, %v", name, image, err)
		}
		hellos := r.Hellos()[before:]
		if len(hellos) != 1 {
			t.Errorf("%s: %d handshakes, want one connection", name, len(hellos))
		}
		if !slices.Contains(hellos[0].SupportedCurves, tls.X25519MLKEM768) {
			t.Errorf("%s: offers the key exchanges %v", name, hellos[0].SupportedCurves)
		}
		if low := slices.Min(hellos[0].SupportedVersions); low < tls.VersionTLS12 {
			t.Errorf("%s: offers version %x", name, low)
		}
	}
	// An authority of ours does not make everybody else's certificate good.
	other := hosttest.NewRegistry(t, hosttest.RegistryOptions{TLS: true})
	client := registry.Client{TLS: &registry.TLS{Authorities: []*x509.Certificate{}}}
	_, err = client.Fetch(t.Context(), registry.Request{Reference: other.Host + "/app:v1"})
	wantError(t, err, registry.ErrUnreachable, "its certificate cannot be verified", "--ca-file")
}
