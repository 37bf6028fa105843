package registry_test

import (
	"runtime"
	"testing"

	"github.com/nfd-compat/nfd-compat/pkg/registry"
)

func TestParsePlatform(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"linux/amd64": "linux/amd64", "linux/arm64": "linux/arm64", "linux/arm64/v8": "linux/arm64", "linux/aarch64": "linux/arm64",
		"linux/x86_64": "linux/amd64", "linux/amd64/v3": "linux/amd64/v3", "linux/arm/v7": "linux/arm/v7", "Linux/S390X": "linux/s390x",
		"": "", "linux/arm64/v8/x": "", "linux/a b": "", "../..": "",
	} {
		got := ""
		platform, err := registry.ParsePlatform(text)
		if err == nil {
			got = registry.FormatPlatform(platform)
		}
		if got != want {
			t.Errorf("%q is read as %q (%v), want %q", text, got, err, want)
		}
	}
}

func TestHostPlatform(t *testing.T) {
	t.Parallel()
	if p := registry.HostPlatform(); p.OS != runtime.GOOS || p.Architecture != runtime.GOARCH {
		t.Errorf("got %s, want %s/%s", registry.FormatPlatform(p), runtime.GOOS, runtime.GOARCH)
	}
}
