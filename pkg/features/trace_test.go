package features_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nfd-compat/nfd-compat/pkg/features"
)

// TestTrace: what was read for a feature is told, and nothing else, such as what names the host.
func TestTrace(t *testing.T) {
	t.Parallel()
	xeon := features.FromFS(host(t, "xeon", "").FS())
	for feature, want := range map[string][]string{
		"kernel.version":       {"/proc/sys/kernel/osrelease"},
		"memory.swap":          {"/proc/swaps"},
		"memory.numa":          {"/sys/bus/node/devices"},
		"kernel.loadedmodule":  {"/proc/modules"},
		"kernel.enabledmodule": {"/lib/modules/5.14.0-427.13.1.el9_4.x86_64/modules.builtin", "/proc/modules", "/proc/sys/kernel/osrelease"},
		"cpu.cpuid":            nil, // of another host
		"foo.bar":              nil,
	} {
		set, got, err := xeon.Trace(t.Context(), feature)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", feature, diff)
		}
		if n := len(set.Features.Flags) + len(set.Features.Attributes) + len(set.Features.Instances); n > 1 {
			t.Errorf("%s: %d features", feature, n)
		}
	}
	_, devices, err := xeon.Trace(t.Context(), "pci.device")
	if err != nil {
		t.Fatal(err)
	}
	if len(devices) < 10 || devices[0] != "/sys/bus/pci/devices" || !strings.HasSuffix(devices[1], "/class") {
		t.Errorf("pci.device is read from %q", devices)
	}
}

// TestTraceOfProcessor: what is no file is told by the name that the catalogue has for it.
func TestTraceOfProcessor(t *testing.T) {
	t.Parallel()
	for _, feature := range []string{"cpu.cpuid", "cpu.model", "system.name"} {
		set, got, err := features.Live().Trace(t.Context(), feature)
		if err != nil {
			t.Fatal(err)
		}
		entry, _ := features.Lookup(feature)
		for _, name := range got {
			if !slices.Contains(entry.ReadFrom, name) {
				t.Errorf("%s is read from %s, which the catalogue does not have", feature, name)
			}
		}
		if set.Status(feature).State == features.Discovered && len(got) == 0 {
			t.Errorf("%s is read from nothing", feature)
		}
	}
}
