package parity

import (
	"testing"

	"github.com/nfd-compat/nfd-compat/pkg/features"
	"github.com/nfd-compat/nfd-compat/test/parity/discovery"
	"github.com/nfd-compat/nfd-compat/test/parity/sources"
)

// TestDiscovery has NFD's sources and ours look at this host, and compares every feature, element and value.
func TestDiscovery(t *testing.T) {
	t.Setenv("NODE_NAME", "parity")
	nfd, failed := sources.Discover()
	ours, err := features.Live().Discover(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, err := range failed {
		t.Logf("NFD's source %s failed: %v", name, err)
	}
	discovery.Compare(t, nfd, ours)
}
