package parity

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	compatv1alpha1 "sigs.k8s.io/node-feature-discovery/api/image-compatibility/v1alpha1"
	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"

	"github.com/nfd-compat/nfd-compat/internal/hosttest"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
)

// timeProcesses has the programs judge this host by a spec of 5,000 rules: NFD's from a registry in memory, for it knows no
// other way, and ours from there and from a file.
func timeProcesses(t *testing.T, host *nfdv1alpha1.Features) {
	t.Helper()
	const rules = 5000
	dir := t.TempDir()
	ours, nfd := filepath.Join(dir, "nfd-compat"), filepath.Join(dir, "nfd")
	build(t, "../..", ours, "./cmd/nfd-compat")
	build(t, ".", nfd, "sigs.k8s.io/node-feature-discovery/cmd/nfd")

	text := longSpec(host, rules)
	file := filepath.Join(dir, "spec.yaml")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	registry := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
	repository := registry.Repository("demo/app")
	image := hosttest.PushImage(t, repository, "v1", ocispec.Platform{OS: "linux", Architecture: runtime.GOARCH})
	hosttest.Attach(t, repository, image, hosttest.Artifact{
		Type: compatv1alpha1.ArtifactType, Layers: []hosttest.Layer{{MediaType: spec.MediaTypeYAML, Data: text}},
	})
	reference := registry.Host + "/demo/app:v1"

	type program struct {
		name      string
		arguments []string
		used      []usage
	}
	for _, form := range []struct {
		name      string
		ours, nfd []string
	}{
		{"as JSON", []string{"-o", "json"}, []string{"--output-json"}},
		{"as text", nil, nil},
	} {
		programs := []*program{
			{name: "NFD, image", arguments: append([]string{nfd, "compat", "validate-node", "--plain-http", "--image", reference}, form.nfd...)},
			{name: "ours, image", arguments: append([]string{ours, "validate-node", "--plain-http", "--image", reference}, form.ours...)},
			{name: "ours, file", arguments: append([]string{ours, "validate-node", "--spec", file}, form.ours...)},
		}
		for range rounds {
			for _, p := range programs {
				used := runProgram(t, dir, p.arguments)
				if !used.compatible {
					t.Fatalf("%s does not say that the host is compatible:\n%.2000s", p.name, used.output)
				}
				p.used = append(p.used, used)
			}
		}
		var table table
		table.add(fmt.Sprintf("a spec of %d rules and %d bytes, %s", rules, len(text), form.name), "CPU", "wall", "memory", "of NFD's CPU", "of NFD's memory")
		of := func(p *program, what func(usage) float64) float64 {
			var all []float64
			for _, u := range p.used {
				all = append(all, what(u))
			}
			return median(all)
		}
		cpu, wall, memory := func(u usage) float64 { return u.cpu }, func(u usage) float64 { return u.wall }, func(u usage) float64 { return u.memory }
		for _, p := range programs {
			table.add(p.name, duration(of(p, cpu)), duration(of(p, wall)), fmt.Sprintf("%.1f MiB", of(p, memory)/(1<<20)),
				fmt.Sprintf("%.2f", of(p, cpu)/of(programs[0], cpu)), fmt.Sprintf("%.2f", of(p, memory)/of(programs[0], memory)))
		}
		table.print(t)
	}
}

// build builds a program, as `make build` does.
func build(t *testing.T, dir, to, what string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", to, what)
	command.Dir = dir
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", what, err, output)
	}
}

// longSpec is a spec of rules that the host satisfies: a pattern of its flags, one of its kernel's options, and a version.
func longSpec(host *nfdv1alpha1.Features, n int) []byte {
	flags := slices.Sorted(maps.Keys(host.Flags["cpu.cpuid"].Elements))
	options := slices.Sorted(maps.Keys(host.Attributes["kernel.config"].Elements))
	var b bytes.Buffer
	b.WriteString("version: v1alpha1\ncompatibilities:\n- description: many requirements\n  rules:\n")
	for i := range n {
		fmt.Fprintf(&b, `  - name: r%d
    matchFeatures:
    - {feature: cpu.cpuid, matchName: {op: InRegexp, value: ["^(%s|%s)"]}}
    - {feature: kernel.config, matchName: {op: InRegexp, value: ["^%s"]}}
    - {feature: kernel.version, matchExpressions: {full: {op: Ge, type: version, value: ["4.%d"]}}}
`, i, flags[i%len(flags)], flags[i*7%len(flags)], options[i*17%len(options)], i%20)
	}
	return b.Bytes()
}

// A usage is what a process has used.
type usage struct {
	cpu, wall  float64 // nanoseconds
	memory     float64 // bytes, at most
	compatible bool
	output     string
}

func runProgram(t *testing.T, home string, arguments []string) usage {
	t.Helper()
	command := exec.CommandContext(t.Context(), arguments[0], arguments[1:]...)
	var output bytes.Buffer
	command.Stdout = &output
	command.Env = []string{"HOME=" + home, "PATH=" + os.Getenv("PATH"), "NO_COLOR=1"}
	start := time.Now()
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	memory := watchMemory(command.Process.Pid)
	err := command.Wait()
	used := usage{wall: float64(time.Since(start).Nanoseconds()), memory: float64(<-memory), output: output.String()}
	times := command.ProcessState.SysUsage().(*syscall.Rusage)
	used.cpu = float64(times.Utime.Nano() + times.Stime.Nano())
	used.compatible = err == nil && !strings.Contains(used.output, `"isMatch":false`) && !strings.Contains(used.output, " FAIL ")
	return used
}

// watchMemory sends the most memory, in bytes, that a process had until it ends. What the kernel tells of it after its end
// would be at least what its parent had (exec_mmap in the kernel's fs/exec.c).
func watchMemory(pid int) <-chan int {
	most := make(chan int, 1)
	go func() {
		kilobytes := 0
		for {
			text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
			_, rest, found := strings.Cut(string(text), "VmHWM:")
			if err != nil || !found { // it has ended
				most <- kilobytes << 10
				return
			}
			if _, err := fmt.Sscanf(rest, "%d kB", &kilobytes); err != nil {
				most <- 0
				return
			}
			time.Sleep(time.Millisecond)
		}
	}()
	return most
}
