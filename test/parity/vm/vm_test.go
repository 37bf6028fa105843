package vm

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"

	"github.com/nfd-compat/nfd-compat/pkg/features"
	"github.com/nfd-compat/nfd-compat/test/parity/discovery"
	"github.com/nfd-compat/nfd-compat/test/parity/vm/kernels"
	"github.com/nfd-compat/nfd-compat/test/parity/vm/plan"
)

// TestMachines boots each machine, one at a time.
//
//nolint:tparallel // an emulated machine takes all processors that the host has
func TestMachines(t *testing.T) {
	t.Parallel()
	cache, err := kernels.CacheDir()
	if err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	built := map[string]programs{}
	for _, m := range machines() {
		t.Run(m.name, func(t *testing.T) {
			qemu, err := exec.LookPath(m.arch.qemu)
			if err != nil {
				t.Skipf("QEMU is missing: install %s (Debian's packages: %s)", m.arch.qemu, m.arch.install)
			}
			kernel, err := kernels.Find(cache, m.kernel)
			if errors.Is(err, kernels.ErrNone) {
				t.Skipf("a kernel is missing: `make vm` gets it (%v; $%s names the cache)", err, kernels.CacheVariable)
			}
			if err != nil {
				t.Fatal(err)
			}
			if built[m.arch.goarch] == nil {
				built[m.arch.goarch] = build(t, dir, m.arch.goarch)
			}
			b := m.start(t, qemu, kernel, built[m.arch.goarch])
			t.Logf("ran for %v", b.took)
			m.check(t, kernel, b)
		})
	}
}

// build builds the programs of the guests of an architecture, each one static.
func build(t *testing.T, dir, goarch string) programs {
	t.Helper()
	built := programs{}
	for name, target := range map[string]struct{ module, path string }{
		"init":        {".", "./guest"},
		"nfd-compat":  {"../../..", "./cmd/nfd-compat"},
		"nfd-sources": {".", "./nfd-sources"},
	} {
		built[name] = filepath.Join(dir, goarch, name)
		flags, environment := "-s -w", []string{"GOOS=linux", "GOARCH=" + goarch, "CGO_ENABLED=0"}
		if compiler, err := exec.LookPath("aarch64-linux-gnu-gcc"); name == "nfd-sources" && goarch == "arm64" && err == nil {
			// Then NFD's source cpu can be compared as well.
			flags += " -linkmode external -extldflags -static"
			environment[2] = "CGO_ENABLED=1"
			environment = append(environment, "CC="+compiler)
		}
		cmd := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-buildvcs=false", "-tags", "netgo,osusergo", "-ldflags", flags,
			"-o", built[name], target.path)
		cmd.Dir, cmd.Env = target.module, append(os.Environ(), environment...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("build %s for %s: %v\n%s", name, goarch, err, out)
		}
	}
	return built
}

// check compares what the machine's programs have said with what is known, and with each other.
func (m *machine) check(t *testing.T, kernel *kernels.Kernel, b *boot) {
	t.Helper()
	for name, end := range map[string]string{
		"ours": plan.OK, "mounted": plan.OK, "nfd": plan.OK, kernelSays: plan.OK, "satisfied": plan.OK, "refused": "exit status 3",
	} {
		s, ok := b.sections[name]
		if !ok || s.end != end {
			t.Errorf("%s ended with %q, not %q:\n%s", name, s.end, end, tail(s.text))
		}
		if err := os.WriteFile(filepath.Join(t.ArtifactDir(), name+".txt"), []byte(s.text), 0o600); err != nil {
			t.Error(err)
		}
	}
	ours, err := features.Read(strings.NewReader(b.sections["ours"].text))
	if err != nil {
		t.Fatal(err)
	}
	var nfd struct {
		Features nfdv1alpha1.Features
		Failed   map[string]string
	}
	if err := json.Unmarshal([]byte(b.sections["nfd"].text), &nfd); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(b.sections["ours"].text, b.sections["mounted"].text); diff != "" {
		t.Errorf("the host's root mounted elsewhere has other features (-live +mounted):\n%s", diff)
	}
	m.checkWants(t, kernel, ours)
	if !m.bare {
		checkPCI(t, b.pci, ours)
	}
	if m.arch.cpuid {
		checkCPUID(t, b.words, ours)
	} else {
		checkHWCAP(t, b.sections[kernelSays].text, ours)
	}
	for source, err := range nfd.Failed {
		t.Errorf("NFD's source %s failed: %s", source, err)
	}
	discovery.Compare(t, &nfd.Features, ours)
}
