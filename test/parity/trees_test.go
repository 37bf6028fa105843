package parity

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"

	"github.com/nfd-compat/nfd-compat/internal/hosttest"
	"github.com/nfd-compat/nfd-compat/pkg/features"
	"github.com/nfd-compat/nfd-compat/test/parity/discovery"
)

// hostTrees are those of the tests of pkg/features, by the names of their files.
const hostTrees = "../../pkg/features/testdata"

// readTree returns the host tree of this name.
func readTree(t *testing.T, name string) *hosttest.Tree {
	t.Helper()
	archive, err := os.ReadFile(filepath.Join(hostTrees, name))
	if err != nil {
		t.Fatal(err)
	}
	return hosttest.Parse(string(archive))
}

// discoverTree has both sides look at the host whose files are in a directory, NFD's sources as in a pod. It returns what
// they found, and the errors of the sources of NFD that failed.
func discoverTree(t *testing.T, root string) (nfd *nfdv1alpha1.Features, failed map[string]error, ours *features.Set) {
	t.Helper()
	nfd, failed = discovery.OfNFD()
	host, err := features.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	if ours, err = host.Discover(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if err := host.Close(); err != nil {
		t.Fatal(err)
	}
	return nfd, failed, ours
}

// TestTrees has NFD's sources and ours look at each of the hosts in pkg/features/testdata, and compares what NFD reads below
// its host paths.
func TestTrees(t *testing.T) { //nolint:paralleltest // NFD's sources are variables of their packages
	wants := map[string]struct {
		same   int                    // how many facts are the same at least
		met    []discovery.Difference // those that are met, in the order of their names
		failed []string               // the sources of NFD that find nothing, since a directory is missing
		except string                 // a feature whose file is a link that leads NFD's sources out of the tree
	}{
		"container.txtar": {
			same: 9, failed: []string{"network", "pci", "storage"},
			met: []discovery.Difference{"a feature that could not be read", "a sysfs that cannot be seen"},
		},
		"epyc.txtar":  {same: 69},
		"grace.txtar": {same: 57},
		"s390x.txtar": {
			same: 30, failed: []string{"pci"},
			met: []discovery.Difference{
				"a feature that is absent for certain", "a missing directory failing a source", "a processor that is switched off",
			},
		},
		"wsl2.txtar": {same: 26, met: []discovery.Difference{"a feature that is absent for certain"}, except: "system.osrelease"},
		"xeon.txtar": {same: 78},
	}
	names, err := filepath.Glob(filepath.Join(hostTrees, "*.txtar"))
	if err != nil || len(names) != len(wants) {
		t.Fatal(names, err)
	}
	for _, name := range names {
		name = filepath.Base(name)
		t.Run(name, func(t *testing.T) {
			want := wants[name]
			root := readTree(t, name).Dir(t)
			discovery.UnderRoot(t, root)
			nfd, failed, ours := discoverTree(t, root)
			got := discovery.CompareWithin(t, func(feature, element string) bool {
				return discovery.BelowRoot(feature, element) && feature != want.except
			}, nfd, ours)
			if runtime.GOARCH == "amd64" && got.Same < want.same || got.Same == 0 {
				t.Errorf("%d facts are the same, of at least %d", got.Same, want.same)
			}
			if diff := cmp.Diff(want.met, slices.Sorted(maps.Keys(got.Met))); diff != "" {
				t.Errorf("differences on purpose (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(want.failed, slices.Sorted(maps.Keys(failed))); diff != "" {
				t.Errorf("sources of NFD that failed (-want +got):\n%s", diff)
			}
		})
	}
}

// TestTreesWithAFault takes each file, link and directory of a host away, makes it unreadable, and empties it, one after the
// other: NFD's sources and ours say the same still, or differ on purpose.
func TestTreesWithAFault(t *testing.T) { //nolint:paralleltest // NFD's sources are variables of their packages
	for name, below := range map[string][]string{
		"xeon.txtar":  {"sys", "etc/os-release", "proc/swaps"},
		"s390x.txtar": {"sys", "etc/os-release", "proc/swaps"},
		"epyc.txtar":  {"sys/fs", "sys/module", "sys/kernel/mm", "sys/devices/virtual"}, // the rest is as in xeon
		"grace.txtar": {"sys/kernel/mm"},
	} {
		t.Run(name, func(t *testing.T) {
			root := readTree(t, name).Dir(t)
			discovery.UnderRoot(t, root)
			aside := filepath.Join(t.TempDir(), "aside")
			for _, file := range filesBelow(t, root, below) {
				at := filepath.Join(root, file)
				must(t, os.Rename(at, aside))
				compareFault(t, root, "without "+file)
				must(t, os.Symlink(filepath.Base(at), at)) // nobody can read a link to itself, root neither
				compareFault(t, root, "unreadable "+file)
				must(t, os.Remove(at))
				if info, err := os.Lstat(aside); err == nil && info.Mode().IsRegular() {
					must(t, os.WriteFile(at, nil, 0o600))
					compareFault(t, root, "empty "+file)
					must(t, os.Remove(at))
				}
				must(t, os.Rename(aside, at))
			}
		})
	}
}

// compareFault compares the two sides on a host with a fault. Two files crash NFD's program when they are empty, and then
// there is nothing of the source to compare.
func compareFault(t *testing.T, root, fault string) {
	t.Helper()
	t.Run(fault, func(t *testing.T) {
		nfd, failed, ours := discoverTree(t, root)
		crashed := map[string]bool{}
		for name, err := range failed {
			if _, ok := errors.AsType[*discovery.CrashError](err); ok {
				crashed[name] = true
			}
		}
		crashes := strings.HasPrefix(fault, "empty ") &&
			(strings.HasSuffix(fault, "/no_turbo") && runtime.GOARCH == "amd64" || strings.HasSuffix(fault, "/enforce"))
		if len(crashed) > 0 != crashes {
			t.Errorf("the sources of NFD that crashed are %v", crashed)
		}
		discovery.CompareWithin(t, func(feature, element string) bool {
			domain, _, _ := strings.Cut(feature, ".")
			return discovery.BelowRoot(feature, element) && !crashed[domain]
		}, nfd, ours)
	})
}

// filesBelow returns the names of what is below these names of a directory, themselves included.
func filesBelow(t *testing.T, root string, below []string) []string {
	t.Helper()
	var names []string
	for _, below := range below {
		err := filepath.WalkDir(filepath.Join(root, below), func(name string, _ fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			name, err = filepath.Rel(root, name)
			names = append(names, name)
			return err
		})
		must(t, err)
	}
	return names
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
