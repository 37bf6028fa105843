package features_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nfd-compat/nfd-compat/internal/hosttest"
	"github.com/nfd-compat/nfd-compat/pkg/features"
)

// TestNixOS: where everything is a link to an absolute name, each is resolved below the root, in memory and in a directory.
func TestNixOS(t *testing.T) {
	t.Parallel()
	tree := hosttest.Parse(`
-- proc/sys/kernel/osrelease --
6.12.8
-- etc/os-release -> /etc/static/os-release --
-- etc/static -> /nix/store/1aaa-etc/etc --
-- nix/store/1aaa-etc/etc/os-release -> /nix/store/2bbb-os-release --
-- nix/store/2bbb-os-release --
ID=nixos
VERSION_ID="24.11"
-- lib/modules -> /run/booted-system/kernel-modules/lib/modules --
-- run/booted-system -> /nix/store/3ccc-nixos-system --
-- nix/store/3ccc-nixos-system/kernel-modules -> /nix/store/4ddd-linux-6.12.8-modules --
-- nix/store/4ddd-linux-6.12.8-modules/lib/modules/6.12.8/modules.builtin --
kernel/fs/fuse/fuse.ko
-- nix/store/4ddd-linux-6.12.8-modules/lib/modules/6.12.8/build -> /nix/store/5eee-linux-6.12.8-dev/build --
-- nix/store/5eee-linux-6.12.8-dev/build/.config --
CONFIG_HZ=300
`)
	inDir, err := features.Open(tree.Dir(t))
	if err != nil {
		t.Fatal(err)
	}
	for name, host := range map[string]*features.Host{"in memory": features.FromFS(tree.FS()), "in a directory": inDir} {
		set, err := host.Discover(t.Context(), []string{"system.osrelease", "kernel.enabledmodule", "kernel.config"})
		if err != nil {
			t.Fatal(err)
		}
		if len(set.Statuses) > 0 {
			t.Errorf("%s: statuses %v", name, set.Statuses)
		}
		got := map[string]any{}
		for feature, found := range set.Features.Attributes {
			got[feature] = found.Elements
		}
		_, got["fuse"] = set.Features.Flags["kernel.enabledmodule"].Elements["fuse"]
		want := map[string]any{
			"system.osrelease": map[string]string{"ID": "nixos", "VERSION_ID": "24.11", "VERSION_ID.major": "24", "VERSION_ID.minor": "11"},
			"kernel.config":    map[string]string{"HZ": "300"},
			"fuse":             true,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if err := inDir.Close(); err != nil {
		t.Error(err)
	}
}
