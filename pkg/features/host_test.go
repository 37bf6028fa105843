package features_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nfd-compat/nfd-compat/internal/hosttest"
	"github.com/nfd-compat/nfd-compat/pkg/features"
)

var update = flag.Bool("update", false, "write the golden files anew")

// host returns a host tree of testdata, with a /proc/config.gz if config is not empty.
func host(t testing.TB, name, config string) *hosttest.Tree {
	t.Helper()
	archive, err := os.ReadFile(filepath.Join("testdata", name+".txtar"))
	if err != nil {
		t.Fatal(err)
	}
	tree := hosttest.Parse(string(archive))
	if config != "" {
		tree = tree.Put("proc/config.gz", gzipped(t, config))
	}
	return tree
}

func xeon(t testing.TB) *hosttest.Tree {
	t.Helper()
	return host(t, "xeon", "# CONFIG_PREEMPT is not set\nCONFIG_NO_HZ=y\nCONFIG_LSM=\"lockdown,yama,selinux\"\nCONFIG_HZ=1000\n")
}

func gzipped(t testing.TB, text string) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func discover(t *testing.T, fsys fs.FS, needs ...string) *features.Set {
	t.Helper()
	set, err := features.FromFS(fsys).Discover(t.Context(), needs)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// hosts returns the host trees of testdata, and one without any file, by the names of their golden files.
func hosts(t testing.TB) map[string]*hosttest.Tree {
	t.Helper()
	return map[string]*hosttest.Tree{
		"xeon":      xeon(t),
		"container": host(t, "container", ""),
		"wsl2":      host(t, "wsl2", "CONFIG_64BIT=y\n"),
		"s390x":     host(t, "s390x", ""),
		"epyc":      host(t, "epyc", ""),
		"grace":     host(t, "grace", ""),
		"empty":     hosttest.Parse(""),
	}
}

// TestDiscoverHosts compares whole hosts with what was written down of them, and each host in memory with the same host
// in a directory.
func TestDiscoverHosts(t *testing.T) {
	t.Parallel()
	for name, tree := range hosts(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set := discover(t, tree.FS())
			var got bytes.Buffer
			if err := features.Write(&got, set); err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join("testdata", name+".json")
			if *update {
				if err := os.WriteFile(golden, got.Bytes(), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Errorf("features (-want +got):\n%s", diff)
			}

			back, err := features.Read(&got)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(set, back); diff != "" {
				t.Errorf("set after Write and Read (-want +got):\n%s", diff)
			}

			opened, err := features.Open(tree.Dir(t))
			if err != nil {
				t.Fatal(err)
			}
			inDir, err := opened.Discover(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := opened.Close(); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(states(set), states(inDir)); diff != "" {
				t.Errorf("states in a directory (-in memory +in the directory):\n%s", diff)
			}
			if diff := cmp.Diff(set.Features, inDir.Features); diff != "" {
				t.Errorf("features in a directory (-in memory +in the directory):\n%s", diff)
			}
		})
	}
}

func states(set *features.Set) map[string]features.State {
	got := map[string]features.State{}
	for _, entry := range features.Catalogue() {
		got[entry.Name] = set.Status(entry.Name).State
	}
	return got
}

// TestEmptyRoot: where nothing can be seen, nothing is absent.
func TestEmptyRoot(t *testing.T) {
	t.Parallel()
	set := discover(t, hosttest.Parse("").FS())
	for name, state := range states(set) {
		if state != features.Unreadable && state != features.Unsupported {
			t.Errorf("%s is %s", name, state)
		}
		if len(set.Status(name).Reasons) == 0 {
			t.Errorf("%s: no reason", name)
		}
	}
	if set.Node != (features.Node{}) {
		t.Errorf("node %+v", set.Node)
	}
}

// TestDiscoverReadsOnlyWhatIsNeeded takes away everything but the one file.
func TestDiscoverReadsOnlyWhatIsNeeded(t *testing.T) {
	t.Parallel()
	fsys := &recorder{FS: xeon(t).FS()}
	set := discover(t, fsys, "kernel.version", "no.such", "kernel.version")
	want := map[string]string{"full": "5.14.0-427.13.1.el9_4.x86_64", "major": "5", "minor": "14", "revision": "0"}
	if diff := cmp.Diff(want, set.Features.Attributes["kernel.version"].Elements); diff != "" {
		t.Errorf("kernel.version (-want +got):\n%s", diff)
	}
	if len(set.Features.Attributes)+len(set.Features.Flags)+len(set.Features.Instances)+len(set.Statuses) != 1 {
		t.Errorf("more than was asked for: %+v", set)
	}
	if got := set.Status("no.such").State; got != features.Undefined {
		t.Errorf("status of an unknown feature: %s", got)
	}
	for _, name := range fsys.opened {
		if !strings.HasPrefix(name, "proc/sys/kernel/") {
			t.Errorf("read %s", name)
		}
	}
}

type recorder struct {
	fs.FS
	opened []string
}

func (r *recorder) Open(name string) (fs.File, error) {
	r.opened = append(r.opened, name)
	return r.FS.Open(name)
}

func (r *recorder) Lstat(name string) (fs.FileInfo, error) { return fs.Lstat(r.FS, name) }
func (r *recorder) ReadLink(name string) (string, error)   { return fs.ReadLink(r.FS, name) }

func TestDiscoverContext(t *testing.T) {
	t.Parallel()
	t.Run("ended before", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		set, err := features.FromFS(xeon(t).FS()).Discover(ctx, nil)
		if !errors.Is(err, context.Canceled) || set != nil {
			t.Errorf("got %v, %v", set, err)
		}
	})
	t.Run("ended in the loop over the devices", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		fsys := &cancelling{recorder: recorder{FS: xeon(t).FS()}, cancel: cancel}
		set, err := features.FromFS(fsys).Discover(ctx, []string{"pci.device"})
		if !errors.Is(err, context.Canceled) || set != nil {
			t.Errorf("got %v, %v", set, err)
		}
		if n := len(fsys.opened); n > 12 {
			t.Errorf("%d files were opened after the end: %v", n, fsys.opened)
		}
	})
}

// cancelling ends the context once the first device is read.
type cancelling struct {
	recorder
	cancel func()
}

func (c *cancelling) Open(name string) (fs.File, error) {
	if strings.HasSuffix(name, "/class") {
		c.cancel()
	}
	return c.recorder.Open(name)
}

func TestLive(t *testing.T) {
	t.Parallel()
	live := features.Live()
	set, err := live.Discover(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := live.Close(); err != nil {
		t.Fatal(err)
	}
	if set.Node.OS != runtime.GOOS || set.Node.Architecture != runtime.GOARCH {
		t.Errorf("node %+v", set.Node)
	}
	for name, state := range states(set) {
		if runtime.GOOS != "linux" && state != features.Unsupported {
			t.Errorf("%s is %s", name, state)
		}
	}
	if runtime.GOOS != "linux" {
		return
	}
	for _, name := range []string{"kernel.version", "cpu.cpuid", "cpu.model", "system.name"} {
		if status := set.Status(name); status.State != features.Discovered {
			t.Errorf("%s is %+v", name, status)
		}
	}
	// After Close there is nothing to read, and that is no error but a status.
	set, err = live.Discover(t.Context(), []string{"kernel.version"})
	if err != nil {
		t.Fatal(err)
	}
	if got := set.Status("kernel.version").State; got != features.Unreadable {
		t.Errorf("after Close kernel.version is %s", got)
	}
}

// TestOwnRoot: a mounted root is the running host's own if its boot_id is ours, and only then is the processor asked.
func TestOwnRoot(t *testing.T) {
	t.Setenv("NODE_NAME", "worker-3")
	const bootID = "proc/sys/kernel/random/boot_id"
	id, err := os.ReadFile("/" + bootID)
	if err != nil {
		t.Skip("this host has no boot_id")
	}
	own := xeon(t).Put(bootID, id)
	set := discover(t, own.FS(), "cpu.cpuid", "cpu.model", "cpu.rdt", "system.name")
	if got := set.Status("cpu.cpuid"); got.State != features.Discovered {
		t.Errorf("cpu.cpuid is %+v", got)
	}
	if got := set.Features.Attributes["system.name"].Elements["nodename"]; got != "worker-3" {
		t.Errorf("nodename %q", got)
	}
	if got := set.Node.Architecture; got != runtime.GOARCH {
		t.Errorf("architecture %q", got)
	}
	foreign := discover(t, xeon(t).FS(), "cpu.cpuid", "cpu.model", "cpu.rdt", "system.name")
	for _, name := range []string{"cpu.cpuid", "cpu.model", "cpu.rdt", "system.name"} {
		if got := foreign.Status(name); got.State != features.Unsupported || len(got.Reasons) != 1 {
			t.Errorf("under a foreign root %s is %+v", name, got)
		}
	}
}

// TestNode: what a root tells of the host itself, whatever features are asked for.
func TestNode(t *testing.T) {
	t.Parallel()
	want := features.Node{Name: "xeon-17.example.org", Kernel: "5.14.0-427.13.1.el9_4.x86_64", OS: "linux", Architecture: "amd64"}
	for name, tree := range map[string]*hosttest.Tree{
		"as it is": xeon(t),
		// A mounted procfs tells the name of the pod that reads it.
		"read in a pod":            xeon(t).With("-- proc/sys/kernel/hostname --\npod\n-- etc/hostname --\nxeon-17.example.org\n"),
		"/etc/hostname is a blank": xeon(t).With("-- etc/hostname --\n# none\n"),
	} {
		set := discover(t, tree.FS(), "system.osrelease")
		if diff := cmp.Diff(want, set.Node); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestOpenMissing(t *testing.T) {
	t.Parallel()
	got, err := features.Open(filepath.Join(t.TempDir(), "no"))
	var pathErr *fs.PathError
	if !errors.As(err, &pathErr) || !errors.Is(err, fs.ErrNotExist) || got != nil {
		t.Errorf("got %v, %v", got, err)
	}
}

// BenchmarkDiscover reads the live host. One feature must not cost more than a millisecond.
func BenchmarkDiscover(b *testing.B) {
	live := features.Live()
	b.Cleanup(func() {
		if err := live.Close(); err != nil {
			b.Error(err)
		}
	})
	for name, needs := range map[string][]string{"all": nil, "kernel.version": {"kernel.version"}} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := live.Discover(b.Context(), needs); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
