package parity

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"oras.land/oras-go/v2/registry"
	artifactclient "sigs.k8s.io/node-feature-discovery/pkg/client-nfd/compat/artifact-client"
	nodevalidator "sigs.k8s.io/node-feature-discovery/pkg/client-nfd/compat/node-validator"

	"github.com/nfd-compat/nfd-compat/internal/cli"
	"github.com/nfd-compat/nfd-compat/internal/hosttest"
	ours "github.com/nfd-compat/nfd-compat/pkg/registry"
	"github.com/nfd-compat/nfd-compat/test/parity/sources"
)

// attachedSpecs are specs of sets that this host satisfies, and of such that it does not; what becomes of each is not for
// this test to know.
func attachedSpecs() map[string]string {
	const small = `version: v1alpha1
compatibilities:
- tag: old
  weight: 1
  description: Any kernel will do.
  rules:
  - name: old kernel
    matchFeatures:
    - {feature: kernel.version, matchExpressions: {major: {op: Gt, value: ["2"]}}}
  - name: some name
    matchFeatures:
    - {feature: system.osrelease, matchName: {op: InRegexp, value: ["^ID$"]}}
- tag: new
  weight: 10
  rules:
  - name: new kernel
    matchFeatures:
    - {feature: kernel.version, matchExpressions: {major: {op: Gt, value: ["98"]}}}
- tag: either
  rules:
  - name: published
    vars: {kind: either}
    matchAny:
    - matchFeatures:
      - {feature: kernel.version, matchExpressions: {major: {op: Gt, value: ["98"]}}}
    - matchFeatures:
      - {feature: kernel.version, matchExpressions: {major: {op: Exists}}}
  - name: read
    matchFeatures:
    - {feature: rule.matched, matchExpressions: {kind: {op: In, value: [either]}}}
`
	return map[string]string{
		"small": small,
		"large": small + strings.Repeat("# This text is too long to ride along in the manifest.\n", 200),
		"JSON":  `{"version":"v1alpha1","compatibilities":[{"rules":[{"name":"r","matchFeatures":[{"feature":"kernel.version","matchExpressions":{"major":{"op":"Lt","value":["3"]}}}]}]}]}`,
	}
}

// TestAttachedByUs has NFD's own client read what attach-spec attaches, in registries with the referrers API and without,
// and give the verdict on each set that ours gives.
func TestAttachedByUs(t *testing.T) { //nolint:paralleltest // NFD's sources are variables of their packages
	if _, failed := sources.Discover(); failed["kernel"] != nil || failed["system"] != nil {
		t.Fatalf("NFD's sources: %v", failed)
	}
	for name, text := range attachedSpecs() {
		for _, options := range []hosttest.RegistryOptions{{}, {NoReferrersAPI: true}} {
			t.Run(fmt.Sprintf("%s/API %t", name, !options.NoReferrersAPI), func(t *testing.T) {
				r := hosttest.NewRegistry(t, options)
				repository, here := r.Repository("demo/app"), ours.HostPlatform()
				child := hosttest.PushImage(t, repository, "single", here)
				hosttest.PushIndex(t, repository, "index", hosttest.For(child, here))
				file := filepath.Join(t.TempDir(), "spec.yaml")
				if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
				for _, tag := range []string{"single", "index"} {
					image := r.Host + "/demo/app:" + tag
					// The second time, what is attached has to be newer than what is there.
					run(t, 0, strings.NewReader("version: v1alpha1\ncompatibilities: [{rules: [{name: r, matchFeatures: [{feature: kernel.version, matchName: {op: Exists, value: []}}]}]}]\n"),
						"attach-spec", "--plain-http", "--image", image, "-")
					run(t, 0, nil, "attach-spec", "--plain-http", "--image", image, file)
					theirs, our := verdictsOfNFD(t, image), verdictsOfOurs(t, image)
					if len(our) == 0 || fmt.Sprint(theirs) != fmt.Sprint(our) {
						t.Errorf("%s: NFD's client says %v of the sets, ours %v", tag, theirs, our)
					}
				}
			})
		}
	}
}

// verdictsOfNFD has NFD's client judge this host by an image, and tells of each set whether it is satisfied.
func verdictsOfNFD(t *testing.T, image string) []bool {
	t.Helper()
	reference, err := registry.ParseReference(image)
	if err != nil {
		t.Fatal(err)
	}
	client := artifactclient.New(&reference, artifactclient.WithArgs(artifactclient.Args{PlainHttp: true}), artifactclient.WithAuthDefault())
	validator := nodevalidator.New(nodevalidator.WithArgs(&nodevalidator.Args{}), nodevalidator.WithArtifactClient(client))
	sets, err := validator.Execute(t.Context())
	if err != nil {
		t.Fatalf("NFD's client: %v", err)
	}
	var verdicts []bool
	for _, set := range sets {
		match := true
		for _, rule := range set.Rules {
			match = match && rule.IsMatch
		}
		verdicts = append(verdicts, match)
	}
	return verdicts
}

// verdictsOfOurs is verdictsOfNFD with validate-node.
func verdictsOfOurs(t *testing.T, image string) []bool {
	t.Helper()
	var report struct {
		Results []struct {
			Sets []struct {
				Verdict string `json:"verdict"`
			} `json:"sets"`
		} `json:"results"`
	}
	out := run(t, -1, nil, "validate-node", "--plain-http", "--image", image, "-o", "json")
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var verdicts []bool
	for _, set := range report.Results[0].Sets {
		verdicts = append(verdicts, set.Verdict == "compatible")
	}
	return verdicts
}

// run runs our program, which must end with the exit code if that is not negative, and returns its standard output.
func run(t *testing.T, want int, stdin *strings.Reader, args ...string) string {
	t.Helper()
	if stdin == nil {
		stdin = strings.NewReader("")
	}
	var stdout, stderr bytes.Buffer
	code := cli.Main(t.Context(), append([]string{"nfd-compat"}, args...), cli.Streams{In: stdin, Out: &stdout, Err: &stderr})
	if want >= 0 && code != want {
		t.Fatalf("%q: exit code %d, want %d\n%s%s", args, code, want, &stdout, &stderr)
	}
	return stdout.String()
}
