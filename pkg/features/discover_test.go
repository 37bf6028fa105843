package features_test

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/nfd-compat/nfd-compat/internal/hosttest"
	"github.com/nfd-compat/nfd-compat/pkg/features"
)

// TestDiscoverConcurrently: a file that is not answered keeps nobody waiting but its own reader. Here each of two files is
// answered once the other is asked for; if one came after the other, the bubble would find that nobody can go on.
func TestDiscoverConcurrently(t *testing.T) {
	t.Parallel()
	tree := xeon(t).FS()
	synctest.Test(t, func(t *testing.T) {
		asked := map[string]chan struct{}{"proc/swaps": make(chan struct{}), "proc/modules": make(chan struct{})}
		set := discover(t, meeting{tree, asked}, "memory.swap", "kernel.loadedmodule")
		if len(set.Statuses) > 0 || len(set.Features.Attributes) != 1 || len(set.Features.Flags) != 1 {
			t.Errorf("set %+v", set)
		}
	})
}

// meeting is a file system that opens one of its files once all the others of them are asked for.
type meeting struct {
	fs.FS
	asked map[string]chan struct{}
}

func (m meeting) Open(name string) (fs.File, error) {
	if mine, ok := m.asked[name]; ok {
		close(mine)
		for _, other := range m.asked {
			<-other
		}
	}
	return m.FS.Open(name)
}

func (m meeting) Lstat(name string) (fs.FileInfo, error) { return fs.Lstat(m.FS, name) }
func (m meeting) ReadLink(name string) (string, error)   { return fs.ReadLink(m.FS, name) }

// TestDiscoverReadsEachSourceOnce: what several features are read from is read once, and only for those that are asked for.
func TestDiscoverReadsEachSourceOnce(t *testing.T) {
	t.Parallel()
	const local = "etc/kubernetes/node-feature-discovery/features.d"
	for _, test := range []struct {
		needs []string
		reads string // the beginning of all names that may be opened, beside those that name the host
		once  string
	}{
		{[]string{"local.feature", "local.label"}, local, local + "/10-rack"},
		{[]string{"network.device", "network.virtual"}, "sys/", "sys/class/net"},
		{[]string{"memory.swap"}, "proc/swaps", "proc/swaps"},
		{[]string{"kernel.enabledmodule", "kernel.modulestate"}, "", "usr/lib/modules/5.14.0-427.13.1.el9_4.x86_64/modules.builtin"},
		{[]string{"kernel.lsm", "kernel.capability"}, "", "sys/kernel/security/lsm"},
		{[]string{"storage.block"}, "sys/", "sys/block"},
	} {
		fsys := &counting{FS: xeon(t).FS(), opened: map[string]int{}}
		discover(t, fsys, test.needs...)
		if n := fsys.opened[test.once]; n != 1 {
			t.Errorf("%v: %s was opened %d times", test.needs, test.once, n)
		}
		for name := range fsys.opened {
			if !strings.HasPrefix(name, test.reads) && !strings.HasPrefix(name, "proc/sys/kernel/") {
				t.Errorf("%v: %s was opened", test.needs, name)
			}
		}
	}
}

// counting is a file system that counts how often each file is opened.
type counting struct {
	fs.FS
	mu     sync.Mutex
	opened map[string]int
}

func (c *counting) Open(name string) (fs.File, error) {
	c.mu.Lock()
	c.opened[name]++
	c.mu.Unlock()
	return c.FS.Open(name)
}

func (c *counting) Lstat(name string) (fs.FileInfo, error) { return fs.Lstat(c.FS, name) }
func (c *counting) ReadLink(name string) (string, error)   { return fs.ReadLink(c.FS, name) }

// TestDiscoverPanics: a reader that panics does so where the caller can catch it.
func TestDiscoverPanics(t *testing.T) {
	t.Parallel()
	defer func() {
		cause, ok := recover().(string)
		if !ok || !strings.HasPrefix(cause, "a fault of the file system") || !strings.Contains(cause, "memory_swap.go") {
			t.Errorf("caught %q", cause)
		}
	}()
	set, err := features.FromFS(faulty{xeon(t).FS()}).Discover(t.Context(), nil)
	t.Errorf("discovered %v, %v", set, err)
}

type faulty struct{ fs.FS }

func (f faulty) Open(name string) (fs.File, error) {
	if name == "proc/swaps" {
		panic("a fault of the file system")
	}
	return f.FS.Open(name)
}

func (f faulty) Lstat(name string) (fs.FileInfo, error) { return fs.Lstat(f.FS, name) }
func (f faulty) ReadLink(name string) (string, error)   { return fs.ReadLink(f.FS, name) }

// TestDiscoverBounds: a hostile tree with very much in it is read up to a bound, and the feature says so.
func TestDiscoverBounds(t *testing.T) {
	t.Parallel()
	hostile := fstest.MapFS{
		"etc/kubernetes/node-feature-discovery/features.d/00-first": {Data: []byte("first")},
		"sys/block/long/queue/zoned":                                {Data: []byte(strings.Repeat("x", 513))},
		"sys/block/long/queue/dax":                                  {Data: []byte(strings.Repeat("x", 512))},
	}
	text := []byte("late\n" + strings.Repeat("#", 64<<10-5))
	for i := range 100 {
		hostile["etc/kubernetes/node-feature-discovery/features.d/"+string([]byte{'a' + byte(i/26), 'a' + byte(i%26)})] = &fstest.MapFile{Data: text}
	}
	hostile["etc/kubernetes/node-feature-discovery/features.d/last"] = &fstest.MapFile{Data: []byte("last")}
	set := discover(t, hostile, "local.feature", "storage.block")
	if diff := cmp.Diff(map[string]string{"first": "true", "late": "true"}, set.Features.Attributes["local.feature"].Elements); diff != "" {
		t.Errorf("local.feature (-want +got):\n%s", diff)
	}
	if got := set.Status("local.feature"); got.State != features.Incomplete || len(got.Reasons) != 1 || !strings.Contains(got.Reasons[0], "from cm on") {
		t.Errorf("local.feature is %+v", got)
	}
	device := set.Features.Instances["storage.block"].Elements[0].Attributes
	if _, ok := device["zoned"]; ok || len(device["dax"]) != 512 || set.Status("storage.block").State != features.Incomplete {
		t.Errorf("storage.block is %+v: %v", set.Status("storage.block"), device)
	}
}

// TestDiscoverOutside: links of a device that lead out of the root lead to nothing outside, nor do those of feature files.
func TestDiscoverOutside(t *testing.T) {
	t.Parallel()
	outside := hosttest.Parse("-- dax --\n1\n-- features --\nsecret\n-- size --\n8\n").Dir(t)
	tree := hosttest.Parse(strings.ReplaceAll(`
-- sys/devices/x --
-- sys/block/sda -> OUTSIDE --
-- sys/block/sdb/queue -> OUTSIDE --
-- etc/kubernetes/node-feature-discovery/features.d/a -> OUTSIDE/features --
-- etc/kubernetes/node-feature-discovery/features.d/b -> ../../../../../../../../../../../../../../../..OUTSIDE/features --
`, "OUTSIDE", outside))
	host, err := features.Open(tree.Dir(t))
	if err != nil {
		t.Fatal(err)
	}
	set, err := host.Discover(t.Context(), []string{"storage.block", "local.feature"})
	if err := errors.Join(err, host.Close()); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"storage.block", "local.feature"} {
		if got := set.Status(name); got.State != features.Incomplete || !strings.Contains(got.Reasons[0], "no such file") {
			t.Errorf("%s is %+v", name, got)
		}
	}
	if got := set.Features.Attributes["local.feature"].Elements; len(got) > 0 {
		t.Errorf("local.feature is %v", got)
	}
	if got := set.Features.Instances["storage.block"].Elements; len(got) != 1 || len(got[0].Attributes) != 1 {
		t.Errorf("storage.block is %v", got)
	}
}

// TestDiscoverReasonsApart: two features that are read from one listing share what was missed of it, and nothing else.
func TestDiscoverReasonsApart(t *testing.T) {
	t.Parallel()
	tree := xeon(t).With(`
-- sys/class/net/gone1 -> nowhere --
-- sys/class/net/gone2 -> nowhere --
-- sys/class/net/gone3 -> nowhere --
`).Unreadable("sys/devices/virtual/net/lo/mtu", "sys/devices/pci0000:4a/0000:4a:02.0/0000:4b:00.0/net/ens5f0/mtu")
	set := discover(t, tree.FS(), "network.device", "network.virtual")
	for feature, last := range map[string]string{"network.device": "ens5f0 lacks mtu", "network.virtual": "lo lacks mtu"} {
		reasons := set.Status(feature).Reasons
		if len(reasons) != 4 || !strings.Contains(reasons[2], "gone3 is left out") || !strings.Contains(reasons[3], last) {
			t.Errorf("%s: reasons %q, want three and %q", feature, reasons, last)
		}
	}
}

// TestDiscoverUSBWithoutProduct: what has no product is no device, whatever else it has.
func TestDiscoverUSBWithoutProduct(t *testing.T) {
	t.Parallel()
	tree := xeon(t).Without("sys/devices/pci0000:00/0000:00:14.0/usb1/1-2/idProduct")
	set := discover(t, tree.FS(), "usb.device")
	for _, instance := range set.Features.Instances["usb.device"].Elements {
		if instance.Attributes["device"] == "" || instance.Attributes["vendor"] == "1050" {
			t.Errorf("device %v", instance.Attributes)
		}
	}
}

// TestDiscoverOrder: instances come in the order of their names, whatever the directory's.
func TestDiscoverOrder(t *testing.T) {
	t.Parallel()
	set := discover(t, xeon(t).FS(), "network.virtual", "storage.block")
	for _, feature := range []string{"network.virtual", "storage.block"} {
		var names []string
		for _, instance := range set.Features.Instances[feature].Elements {
			names = append(names, instance.Attributes["name"])
		}
		if len(names) < 2 || !slices.IsSorted(names) {
			t.Errorf("%s has %v", feature, names)
		}
	}
}
