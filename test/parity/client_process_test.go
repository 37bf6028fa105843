package parity

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	compatv1alpha1 "sigs.k8s.io/node-feature-discovery/api/image-compatibility/v1alpha1"

	"github.com/nfd-compat/nfd-compat/internal/hosttest"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
)

// A clientRun is what both clients are to judge this host by.
type clientRun struct {
	name, spec string
	flags      []string
	// code is ours; NFD's client ends with 0 whatever it found.
	code int
	// differs is the listed difference on account of which both do not print the same, in docs/conformance.md; empty if they do.
	differs difference
}

func clientRuns() []clientRun {
	return []clientRun{
		{name: "one that holds", spec: `
- description: a <kernel> & more
  weight: 3
  tag: a
  rules:
  - name: kernel
    matchFeatures:
    - {feature: kernel.version, matchExpressions: {full: {op: Exists}, major: {op: Gt, value: ["1"]}}}
    - {feature: kernel.version, matchName: {op: InRegexp, value: ["^fu", "^x"]}}
`},
		{name: "one that does not", code: 3, spec: `
- rules:
  - name: kernel
    matchFeatures:
    - {feature: kernel.version, matchExpressions: {major: {op: Lt, value: ["1"]}, full: {op: Ge, value: ["1"], type: version}}}
  - name: another
    matchFeatures:
    - {feature: kernel.version, matchExpressions: {nothing: {op: Exists}}}
`},
		{name: "alternatives, and a set that fails beside one that does not", spec: `
- tag: a
  rules:
  - name: kernel
    matchAny:
    - matchFeatures:
      - {feature: kernel.version, matchExpressions: {major: {op: In, value: ["0"]}}}
    - matchFeatures:
      - {feature: kernel.version, matchExpressions: {major: {op: NotIn, value: ["0"]}}}
      - {feature: system.osrelease, matchExpressions: {ID: {op: Exists}}}
- tag: b
  weight: 1
  rules:
  - name: no
    matchAny:
    - matchFeatures:
      - {feature: kernel.version, matchExpressions: {major: {op: In, value: ["0"]}}}
`},
		{name: "a tag", flags: []string{"--tags", "b,c"}, code: 3, spec: `
- tag: a
  rules:
  - name: yes
    matchFeatures:
    - {feature: kernel.version, matchExpressions: {full: {op: Exists}}}
- tag: b
  rules:
  - name: no
    matchFeatures:
    - {feature: kernel.version, matchExpressions: {full: {op: DoesNotExist}}}
`},
		{name: "vars", spec: `
- rules:
  - name: first
    vars: {a: "1"}
    matchFeatures:
    - {feature: kernel.version, matchExpressions: {full: {op: Exists}}}
  - name: second
    matchFeatures:
    - {feature: rule.matched, matchExpressions: {a: {op: In, value: ["1"]}}}
`},
		{name: "several expressions of a device", code: 3, spec: `
- rules:
  - name: network
    matchFeatures:
    - {feature: network.virtual, matchExpressions: {name: {op: In, value: ["lo"]}, operstate: {op: Exists}}}
  - name: none
    matchFeatures:
    - {feature: network.virtual, matchExpressions: {name: {op: In, value: ["there is none"]}}}
`},
		{name: "a term after a failed one", code: 3, differs: "a term after a failed one never evaluated", spec: `
- rules:
  - name: kernel
    matchFeatures:
    - {feature: kernel.version, matchExpressions: {major: {op: Lt, value: ["1"]}}}
    - {feature: kernel.version, matchName: {op: In, value: ["full"]}}
`},
		{name: "upper case", differs: "a feature's name in upper case reported as failed", spec: `
- rules:
  - name: kernel
    matchFeatures:
    - {feature: Kernel.version, matchExpressions: {full: {op: Exists}}}
`},
	}
}

// TestClients has NFD's own client and ours, by the same name and with the same flags, judge this host by the same artifacts. What they
// print is the same JSON, but for listed differences; and ours ends with the verdict.
func TestClients(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ours, nfd := filepath.Join(dir, "ours", "nfd"), filepath.Join(dir, "nfd")
	build(t, "../..", ours, "./cmd/nfd-compat")
	build(t, ".", nfd, "sigs.k8s.io/node-feature-discovery/cmd/nfd")
	registry := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
	for i, run := range clientRuns() {
		repository := registry.Repository("demo/app" + string(rune('a'+i)))
		image := hosttest.PushImage(t, repository, "v1", ocispec.Platform{OS: "linux", Architecture: runtime.GOARCH})
		hosttest.Attach(t, repository, image, hosttest.Artifact{
			Type: compatv1alpha1.ArtifactType, Layers: []hosttest.Layer{{MediaType: spec.MediaTypeYAML, Data: []byte("version: v1alpha1\ncompatibilities:" + run.spec)}},
		})
		arguments := append([]string{"compat", "validate-node", "--plain-http", "--output-json", "--image", registry.Host + "/demo/app" + string(rune('a'+i)) + ":v1"}, run.flags...)
		theirs, code := runClient(t, dir, nfd, arguments)
		if code != 0 {
			t.Errorf("%s: NFD's client ends with %d", run.name, code)
		}
		own, code := runClient(t, dir, ours, arguments)
		if code != run.code {
			t.Errorf("%s: ours ends with %d, want %d", run.name, code, run.code)
		}
		same := bytes.Equal(theirs, own)
		if same == (run.differs != "") {
			var a, b any
			if err := errors.Join(json.Unmarshal(theirs, &a), json.Unmarshal(own, &b)); err != nil {
				t.Errorf("%s: %v\nNFD %s\nours %s", run.name, err, theirs, own)
				continue
			}
			t.Errorf("%s: the same %v, listed as %q (-NFD +ours):\n%s\nNFD  %s\nours %s", run.name, same, run.differs, cmp.Diff(a, b), theirs, own)
		}
	}
}

// runClient runs a client, and returns what is on its standard output, and its exit code.
func runClient(t *testing.T, home, program string, arguments []string) (output []byte, code int) {
	t.Helper()
	command := exec.CommandContext(t.Context(), program, arguments...)
	command.Env = []string{"HOME=" + home, "PATH=" + os.Getenv("PATH")}
	output, err := command.Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return output, exit.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	return output, 0
}
