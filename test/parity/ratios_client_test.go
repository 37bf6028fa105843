package parity

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	compatv1alpha1 "sigs.k8s.io/node-feature-discovery/api/image-compatibility/v1alpha1"

	"github.com/nfd-compat/nfd-compat/internal/hosttest"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
)

var client = flag.Bool("client", false, "run TestClientRatios, which times the program beside NFD's client")

// pairs is how often each program of TestClientRatios has its turn.
const pairs = 20

// clientSpec is what an image of some care asks for; every host is compatible.
const clientSpec = `version: v1alpha1
compatibilities:
- tag: plain
  weight: 1
  description: any Linux host of the last years
  rules:
  - name: kernel
    matchFeatures:
    - feature: kernel.version
      matchExpressions:
        major: {op: Ge, value: ["3"]}
        full: {op: Exists}
    - feature: system.osrelease
      matchExpressions:
        ID: {op: Exists}
  - name: memory and processor
    matchFeatures:
    - feature: memory.numa
      matchExpressions:
        node_count: {op: Gt, value: ["0"]}
    - feature: cpu.topology
      matchExpressions:
        socket_count: {op: Exists}
    matchAny:
    - matchFeatures:
      - feature: cpu.cpuid
        matchName: {op: InRegexp, value: ["^[A-Z]"]}
    - matchFeatures:
      - feature: kernel.version
        matchExpressions:
          full: {op: Ge, value: ["3.10"], type: version}
`

// TestClientRatios has the program and NFD's client do the same for the same registry, artifact and host, in turn, and
// prints what each used: medians, and the least and the most. It demands the same verdict, and nothing of the figures.
func TestClientRatios(t *testing.T) { //nolint:paralleltest // it measures time
	if !*client {
		t.Skip("it measures time: ask for it with -client, as make bench-cli does")
	}
	dir := t.TempDir()
	ours, nfd := filepath.Join(dir, "nfd-compat"), filepath.Join(dir, "nfd")
	build(t, "../..", ours, "./cmd/nfd-compat")
	build(t, ".", nfd, "sigs.k8s.io/node-feature-discovery/cmd/nfd")
	printSizes(t, ours, nfd)

	registry := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
	repository := registry.Repository("demo/app")
	image := hosttest.PushImage(t, repository, "v1", ocispec.Platform{OS: "linux", Architecture: runtime.GOARCH})
	hosttest.Attach(t, repository, image, hosttest.Artifact{
		Type: compatv1alpha1.ArtifactType, Layers: []hosttest.Layer{{MediaType: spec.MediaTypeYAML, Data: []byte(clientSpec)}},
	})
	reference := registry.Host + "/demo/app:v1"
	judge := slices.Clip([]string{"validate-node", "--plain-http", "--image", reference})

	for _, c := range []struct {
		name      string
		nfd, ours []string
	}{
		{"validate-node, as text", append([]string{"compat"}, judge...), append(judge, "--no-cache")},
		{"validate-node, as JSON", slices.Concat([]string{"compat"}, judge, []string{"--output-json"}), slices.Concat(judge, []string{"--no-cache", "-o", "json"})},
		{"validate-node, as text, ours with a cache", append([]string{"compat"}, judge...), judge},
		{"export features", []string{"export", "features"}, []string{"export", "features"}},
		{"--help", []string{"--help"}, []string{"--help"}},
	} {
		theirs, own := &timed{name: "NFD", arguments: append([]string{nfd}, c.nfd...)}, &timed{name: "ours", arguments: append([]string{ours}, c.ours...)}
		for range pairs {
			theirs.run(t, dir)
			own.run(t, dir)
		}
		var table table
		table.add(c.name, "CPU", "wall", "memory", "of NFD's CPU", "wall", "memory")
		for _, p := range []*timed{theirs, own} {
			table.add(p.name, p.spread(cpuOf, duration), p.spread(wallOf, duration), p.spread(memoryOf, mebibytes),
				fmt.Sprintf("%.2f", p.median(cpuOf)/theirs.median(cpuOf)), fmt.Sprintf("%.2f", p.median(wallOf)/theirs.median(wallOf)),
				fmt.Sprintf("%.2f", p.median(memoryOf)/theirs.median(memoryOf)))
		}
		table.print(t)
	}
}

// printSizes prints the sizes of the programs, without symbols.
func printSizes(t *testing.T, ours, nfd string) {
	t.Helper()
	var sizes []float64
	for _, file := range []string{nfd, ours} {
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, float64(info.Size()))
	}
	var table table
	table.add("program, stripped", "MB", "of NFD's")
	table.add("NFD", fmt.Sprintf("%.1f", sizes[0]/1e6), "1")
	table.add("ours", fmt.Sprintf("%.1f", sizes[1]/1e6), fmt.Sprintf("%.2f", sizes[1]/sizes[0]))
	table.print(t)
}

// timed is a program with what each of its runs used.
type timed struct {
	name      string
	arguments []string
	used      []usage
}

func cpuOf(u usage) float64    { return u.cpu }
func wallOf(u usage) float64   { return u.wall }
func memoryOf(u usage) float64 { return u.memory }

func mebibytes(bytes float64) string { return fmt.Sprintf("%.1f MiB", bytes/(1<<20)) }

func (p *timed) run(t *testing.T, home string) {
	t.Helper()
	used := runProgram(t, home, p.arguments)
	if !used.compatible {
		t.Fatalf("%q does not say that the host is compatible:\n%.2000s", p.arguments, used.output)
	}
	used.output = ""
	p.used = append(p.used, used)
}

func (p *timed) all(what func(usage) float64) []float64 {
	var all []float64
	for _, u := range p.used {
		all = append(all, what(u))
	}
	return all
}

func (p *timed) median(what func(usage) float64) float64 { return median(p.all(what)) }

// spread writes the median of what a program used, and the least and the most.
func (p *timed) spread(what func(usage) float64, write func(float64) string) string {
	all := p.all(what)
	return fmt.Sprintf("%s [%s to %s]", write(median(all)), write(slices.Min(all)), write(slices.Max(all)))
}
