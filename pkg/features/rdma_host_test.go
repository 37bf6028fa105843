package features_test

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"

	"github.com/nfd-compat/nfd-compat/internal/hosttest"
	"github.com/nfd-compat/nfd-compat/pkg/features"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

const (
	forAMD64 = 0x0303
	for386   = 0x0003
	cacheAt  = "etc/ld.so.cache"
	libDir   = "/usr/lib/x86_64-linux-gnu/"
)

// fabricFeatures are the features of the hosts in testdata/rdma.
func fabricFeatures() []string {
	return []string{"kernel.capability", "rdma.device", "rdma.port", "system.cdi", "system.library", "system.software"}
}

// cache is a loader's cache in the new format.
func cache(libraries ...hosttest.CachedLibrary) []byte {
	return hosttest.LibraryCache(hosttest.NewCache, binary.LittleEndian, true, libraries...)
}

func cached(path string) hosttest.CachedLibrary {
	return hosttest.CachedLibrary{Flags: forAMD64, Soname: filepath.Base(path), Path: path}
}

// capable is the configuration of a kernel that can do everything, the rest of it being modules.
const capable = "CONFIG_USERFAULTFD=y\nCONFIG_HAVE_ARCH_USERFAULTFD_WP=y\nCONFIG_HAVE_ARCH_USERFAULTFD_MINOR=y\nCONFIG_PTE_MARKER_UFFD_WP=y\nCONFIG_IO_URING=y\n" +
	"CONFIG_USER_NS=y\nCONFIG_OVERLAY_FS=m\nCONFIG_FUSE_FS=m\nCONFIG_VFIO=m\nCONFIG_SECCOMP_FILTER=y\nCONFIG_SECURITY_LANDLOCK=y\nCONFIG_BPF_LSM=y\n" +
	"CONFIG_LSM=\"landlock,lockdown,yama,bpf\"\n"

func fabricHost(t *testing.T, name string) *hosttest.Tree {
	t.Helper()
	tree := host(t, filepath.Join("rdma", name), "CONFIG_USERFAULTFD=y\nCONFIG_HAVE_ARCH_USERFAULTFD_WP=y\n")
	switch name {
	case "mlx5":
		return host(t, "rdma/mlx5", capable).Put(cacheAt, cache(cached("/lib64/libucp.so.0"), cached("/lib64/libc.so.6")))
	case "roce":
		return tree.Put(cacheAt, hosttest.LibraryCache(hosttest.BothCaches, binary.LittleEndian, true,
			cached(libDir+"libmpi.so.40"), cached(libDir+"libmpi.so"), cached(libDir+"libibverbs.so.1"), cached(libDir+"libcuda.so.1"),
			cached(libDir+"libc.so.6"), cached(libDir+"libz.so.1")))
	case "efa":
		return tree.Put(cacheAt, cache(cached("/opt/amazon/efa/lib64/libfabric.so.1"), cached("/lib64/libefa.so.1"), cached("/lib64/libc.so.6")))
	case "hfi1":
		return tree.Put(cacheAt, hosttest.LibraryCache(hosttest.OldCache, binary.LittleEndian, false, cached("/lib64/libmpi.so.12"), cached("/lib64/libc.so.6")))
	case "none":
		return tree.Put("lib/ld-musl-x86_64.so.1", []byte("\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x03\x00\x3e\x00 musl libc (x86_64)\nVersion %s\n\x001.2.5\x00rest"))
	}
	return tree
}

// TestDiscoverFabrics compares what is told of hosts with RDMA, and of one without, with what was written down of them.
func TestDiscoverFabrics(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"mlx5", "roce", "efa", "hfi1", "rxe", "none"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tree := fabricHost(t, name)
			set := discover(t, tree.FS(), fabricFeatures()...)
			var got bytes.Buffer
			if err := features.Write(&got, set); err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join("testdata", "rdma", name+".json")
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
			if private := regexp.MustCompile(`5c25|fe80|00aa11bb|hfi1_0"\s*:|node_guid|gids|node_desc`).FindString(got.String()); private != "" {
				t.Errorf("an identifier is told: %q", private)
			}
			opened, err := features.Open(tree.Dir(t))
			if err != nil {
				t.Fatal(err)
			}
			inDir, err := opened.Discover(t.Context(), fabricFeatures())
			if err != nil {
				t.Fatal(err)
			}
			if err := opened.Close(); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(set.Features, inDir.Features); diff != "" {
				t.Errorf("in a directory (-in memory +in the directory):\n%s", diff)
			}
			// Every element is one of the catalogue, and every value one that it has.
			for _, entry := range fabricFeatures() {
				checkElements(t, set, entry)
			}
		})
	}
}

func checkElements(t *testing.T, set *features.Set, feature string) {
	t.Helper()
	entry, _ := features.Lookup(feature)
	known := map[string]features.Element{}
	for _, e := range entry.Elements {
		known[e.Name] = e
	}
	check := func(name, value string) {
		e, ok := known[name]
		found := len(e.Values) == 0
		for _, v := range e.Values {
			found = found || v == value
		}
		if !ok || !found || value == "" {
			t.Errorf("%s: the catalogue lacks %s with the value %q", feature, name, value)
		}
	}
	for name := range set.Features.Flags[feature].Elements {
		check(name, "true")
	}
	for name, value := range set.Features.Attributes[feature].Elements {
		check(name, value)
	}
	for _, instance := range set.Features.Instances[feature].Elements {
		for name, value := range instance.Attributes {
			check(name, value)
		}
	}
}

// fabricOutcomes are the outcomes of Exists, DoesNotExist and In on an element: + for a match, - for a mismatch, ? for unknown. The element of
// an instance feature follows the condition that picks the instance: "name=mlx5_0 driver". Of a flag In is left out.
func fabricOutcomes(t *testing.T, set *features.Set, feature, element, value string) string {
	t.Helper()
	condition, of, isInstance := strings.Cut(element, " ")
	operators := []nfdv1alpha1.MatchExpression{{Op: nfdv1alpha1.MatchExists}, {Op: nfdv1alpha1.MatchDoesNotExist}}
	if feature != "kernel.capability" {
		operators = append(operators, nfdv1alpha1.MatchExpression{Op: nfdv1alpha1.MatchIn, Value: []string{value}})
	}
	var all spec.Compatibility
	for _, e := range operators {
		expressions := nfdv1alpha1.MatchExpressionSet{element: &e}
		if isInstance {
			key, id, _ := strings.Cut(condition, "=")
			expressions = nfdv1alpha1.MatchExpressionSet{key: {Op: nfdv1alpha1.MatchIn, Value: []string{id}}, of: &e}
		}
		all.Rules = append(all.Rules, nfdv1alpha1.GroupRule{MatchFeatures: nfdv1alpha1.FeatureMatcher{{Feature: feature, MatchExpressions: &expressions}}})
	}
	program, findings := validate.Compile(&spec.Spec{Version: spec.Version, Compatibilities: []spec.Compatibility{all}}, validate.Options{})
	if program == nil {
		t.Fatal(findings)
	}
	report, err := program.Evaluate(t.Context(), set)
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, rule := range report.Results[0].Sets[0].Rules {
		got.WriteString(map[validate.Outcome]string{validate.Match: "+", validate.Mismatch: "-", validate.Unknown: "?"}[rule.Outcome])
	}
	return got.String()
}
