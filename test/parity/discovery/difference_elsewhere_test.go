package discovery

import (
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/node-feature-discovery/source"

	"github.com/nfd-compat/nfd-compat/pkg/features"
)

// showsElsewhere returns the tests of the differences in what NFD does not read below a root.
func showsElsewhere() map[Difference]func(*testing.T) {
	return map[Difference]func(*testing.T){
		noLocalPlace:  showNoLocalPlace,
		ownProc:       showOwnProc,
		absoluteLinks: showAbsoluteLinks,
		ownProcessor:  showOwnProcessor,
		hybridCores:   showHybridCores,
		xsave:         showXSAVE,
		needsC:        showNeedsC,
	}
}

// showNoLocalPlace: NFD has a feature without elements whatever it saw, and so has an administrator who wrote none.
func showNoLocalPlace(t *testing.T) {
	t.Helper()
	nfd, _, ours := discoverBoth(t, place)
	if got := tell(nfd, "local.feature", false); got == leftOut {
		t.Error("NFD leaves it out")
	}
	if got := ours.Status("local.feature"); got.State != features.Unreadable || tell(&ours.Features, "local.feature", false) != leftOut {
		t.Errorf("ours says %q, %+v", tell(&ours.Features, "local.feature", false), got)
	}
	_, _, ours = discoverBoth(t, place+"-- etc/hostname --\nother\n")
	if got := ours.Status("local.feature").State; got != features.Absent {
		t.Errorf("where there is an /etc, ours says %s", got)
	}
}

// showOwnProc: NFD reads these of the host that it runs on, whatever its root is.
func showOwnProc(t *testing.T) {
	t.Helper()
	nfd, _, ours := discoverBoth(t, `
-- proc/sys/kernel/osrelease --
1.2.3-other
-- proc/modules --
other 4096 0 - Live 0x0
-- boot/config-1.2.3-other --
CONFIG_OTHER=y
-- etc/kubernetes/node-feature-discovery/features.d/other --
vendor.example/other=1
`)
	here, err := features.Live().Discover(t.Context(), []string{"kernel.version"})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := tell(nfd, "kernel.version", false), tell(&here.Features, "kernel.version", false); got != want {
		t.Errorf("kernel.version of NFD is %q, expected this host's, %q", got, want)
	}
	for feature, want := range map[string]string{
		"kernel.version":      "full=1.2.3-other major=1 minor=2 revision=3",
		"kernel.loadedmodule": "other",
		"kernel.config":       "OTHER=y",
		"local.feature":       "vendor.example/other=1",
		"local.label":         "vendor.example/other=1",
	} {
		if got := tell(nfd, feature, false); strings.Contains(got, "other") || strings.Contains(got, "OTHER=") {
			t.Errorf("%s of NFD is the other host's: %q", feature, got)
		}
		if got := tell(&ours.Features, feature, false); got != want {
			t.Errorf("%s of ours is %q, expected %q", feature, got, want)
		}
	}
}

// showAbsoluteLinks: on NixOS /etc/os-release is such a link, and on WSL2.
func showAbsoluteLinks(t *testing.T) {
	t.Helper()
	nfd, _, ours := discoverBoth(t, place+`
-- etc/os-release -> /etc/static/os-release --
-- etc/static -> /nix/store/1-etc --
-- nix/store/1-etc/os-release --
ID=other
`)
	if got := tell(nfd, "system.osrelease", false); strings.Contains(got, "ID=other") {
		t.Errorf("NFD found it: %q", got)
	}
	if got := tell(&ours.Features, "system.osrelease", false); got != "ID=other" {
		t.Errorf("ours says %q", got)
	}
}

// showOwnProcessor: NFD tells of its own processor and of its own environment.
func showOwnProcessor(t *testing.T) {
	t.Helper()
	if source.GetFeatureSource("cpu") == nil {
		t.Skip("NFD's source cpu was not built")
	}
	t.Setenv("NODE_NAME", "here")
	nfd, _, ours := discoverBoth(t, place)
	if got := nfd.Attributes["system.name"].Elements["nodename"]; got != "here" {
		t.Errorf("the node of NFD is %q", got)
	}
	here, err := features.Live().Discover(t.Context(), []string{"cpu.model"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(here.Features.Attributes["cpu.model"], nfd.Attributes["cpu.model"]); diff != "" {
		t.Errorf("cpu.model of NFD is not this processor's (-here +NFD):\n%s", diff)
	}
	for _, feature := range []string{"cpu.cpuid", "cpu.model", "system.name"} {
		if got := tell(nfd, feature, false); got == leftOut {
			t.Errorf("%s: NFD leaves it out", feature)
		}
		if got := ours.Status(feature); got.State != features.Unsupported || tell(&ours.Features, feature, false) != leftOut {
			t.Errorf("%s of ours is %q, %+v", feature, tell(&ours.Features, feature, false), got)
		}
	}
}

// showHybridCores: NFD looks for the files of these two labels at /sys/sys/devices.
func showHybridCores(t *testing.T) {
	t.Helper()
	cpu, ok := source.GetAllLabelSources()["cpu"]
	if !ok {
		t.Skip("NFD's source cpu was not built")
	}
	const kinds = "-- sys/devices/cpu_atom/cpus --\n4-7\n-- sys/devices/cpu_core/cpus --\n0-3\n"
	for archive, want := range map[string]bool{
		place + kinds: false,
		place + strings.ReplaceAll(kinds, "-- sys/", "-- sys/sys/"): true,
	} {
		nfd, _, ours := discoverBoth(t, archive)
		labels, err := cpu.GetLabels()
		if err != nil {
			t.Fatal(err)
		}
		for _, label := range []string{"cpu_atom", "cpu_core"} {
			if _, got := labels[label]; got != want {
				t.Errorf("NFD's label %s with %q: %t, expected %t", label, archive, got, want)
			}
		}
		for _, feature := range Features() {
			for _, said := range []string{tell(nfd, feature, false), tell(&ours.Features, feature, false)} {
				if strings.Contains(said, "cpu_atom") || strings.Contains(said, "4-7") {
					t.Errorf("%s tells of them: %q", feature, said)
				}
			}
		}
	}
}

// showXSAVE: the library at the version that NFD asks for takes bit 0 of CPUID's leaf 1, which is SSE3's, for both, where bits 26
// and 27 are these. Here either side has the version that we ask for, which is later, so no comparison meets the difference: the
// conditions of the earlier one are written down. A processor with the one and without the others is among the virtual machines.
func showXSAVE(t *testing.T) {
	t.Helper()
	const library, sse3 = "github.com/klauspost/cpuid/v2", 1 // the register of a processor that has SSE3 alone
	requires, err := os.ReadFile(filepath.Join(packageDir(t, "sigs.k8s.io/node-feature-discovery/source"), "..", "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(requires), "\t"+library+" v2.4.0\n") {
		t.Errorf("NFD does not ask for %s v2.4.0, whose conditions these are", library)
	}
	ofNFD := map[string]string{"XSAVE": "c&1<<26 != 0", "OSXSAVE": "c&1<<27 != 0"}
	ofOurs := conditions(t, filepath.Join(packageDir(t, library), "cpuid.go"), slices.Collect(maps.Keys(ofNFD)))
	for _, flag := range []string{"XSAVE", "OSXSAVE"} {
		if !holds(t, ofNFD[flag], sse3) {
			t.Errorf("NFD does not give %s to a processor with SSE3 alone", flag)
		}
		if holds(t, ofOurs[flag], sse3) {
			t.Errorf("ours gives %s to a processor with SSE3 alone", flag)
		}
	}
	if runtime.GOARCH != "amd64" {
		t.Skip("XSAVE is an instruction of amd64")
	}
	cpuinfo, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		t.Fatal(err)
	}
	ours, err := features.Live().Discover(t.Context(), []string{"cpu.cpuid"})
	if err != nil {
		t.Fatal(err)
	}
	_, got := ours.Features.Flags["cpu.cpuid"].Elements["XSAVE"]
	if want := slices.Contains(strings.Fields(string(cpuinfo)), "xsave"); got != want {
		t.Errorf("ours says XSAVE %t, and the kernel %t", got, want)
	}
}

// conditions returns the conditions on which a file of the library sets these flags, by the flag.
func conditions(t *testing.T, name string, flags []string) map[string]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for node := range ast.Preorder(file) {
		call, ok := node.(*ast.CallExpr)
		if !ok || len(call.Args) != 2 {
			continue
		}
		if flag := types.ExprString(call.Args[1]); slices.Contains(flags, flag) {
			found[flag] = types.ExprString(call.Args[0])
		}
	}
	return found
}

// holds says whether a condition on the register c is met by this value of it.
func holds(t *testing.T, condition string, c int) bool {
	t.Helper()
	value, err := types.Eval(token.NewFileSet(), nil, token.NoPos, strings.Replace(condition, "c", strconv.Itoa(c), 1))
	if err != nil {
		t.Fatal(err)
	}
	return value.Value.String() == "true"
}

// showNeedsC: of the files that are built for linux/arm64 without cgo, none of NFD's has the function that the others call
// for the processor's flags; one of ours has.
func showNeedsC(t *testing.T) {
	t.Helper()
	type key struct {
		of       string
		function string
		cgo      bool
	}
	nfd := packageDir(t, "sigs.k8s.io/node-feature-discovery/source/cpu")
	ours := packageDir(t, "github.com/nfd-compat/nfd-compat/pkg/features")
	for k, want := range map[key]bool{
		{nfd, "getCpuidFlags", true}:  true,
		{nfd, "getCpuidFlags", false}: false,
		{ours, "readHwcaps", true}:    true,
		{ours, "readHwcaps", false}:   true,
	} {
		target := build.Default
		target.GOOS, target.GOARCH, target.CgoEnabled = "linux", "arm64", k.cgo
		pkg, err := target.ImportDir(k.of, 0)
		if err != nil {
			t.Fatal(err)
		}
		got := false
		for _, name := range slices.Concat(pkg.GoFiles, pkg.CgoFiles) {
			file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(k.of, name), nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			got = got || declares(file, k.function)
		}
		if got != want {
			t.Errorf("%s with cgo %t: there is a %s: %t, expected %t", filepath.Base(k.of), k.cgo, k.function, got, want)
		}
	}
}

func packageDir(t *testing.T, path string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-f", "{{.Dir}}", path).Output()
	if err != nil {
		t.Fatalf("list %s: %v", path, err)
	}
	return strings.TrimSpace(string(out))
}

// declares says whether the file has a function of this name.
func declares(file *ast.File, name string) bool {
	return slices.ContainsFunc(file.Decls, func(d ast.Decl) bool {
		function, ok := d.(*ast.FuncDecl)
		return ok && function.Name.Name == name
	})
}
