package cli_test

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/nfd-compat/nfd-compat/internal/cli"
	"github.com/nfd-compat/nfd-compat/internal/hosttest"
	"github.com/nfd-compat/nfd-compat/pkg/registry"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// Specs that this host, being some Linux or other, satisfies, does not satisfy, and cannot decide.
const (
	satisfied = "version: v1alpha1\ncompatibilities:\n- rules: [{name: r, matchFeatures: [{feature: kernel.version, matchExpressions: {full: {op: Ge, value: ['2.0'], type: version}}}]}]\n"
	unmet     = "version: v1alpha1\ncompatibilities:\n- rules: [{name: r, matchFeatures: [{feature: kernel.version, matchExpressions: {full: {op: Ge, value: ['99.0'], type: version}}}]}]\n"
	undecided = "version: v1alpha1\ncompatibilities:\n- rules: [{name: r, matchFeatures: [{feature: kernel.version, matchExpressions: {full: {op: Ge, value: ['2']}}}]}]\n"
	misspelt  = "version: v1alpha1\ncompatibilities:\n- rules: [{name: r, matchFeature: [{feature: kernel.version, matchName: {op: Exists}}]}]\n"
)

// features is a host in a file, so that the verdicts do not depend on the machine that runs the tests.
const featuresJSON = `{"flags": {}, "attributes": {"kernel.version": {"elements": {"full": "6.6.1-el9", "major": "6"}}}, "instances": {}}`

// attach pushes an image for this host's platform and a spec that refers to it, and returns the image.
func attach(t *testing.T, r *hosttest.Registry, payloads ...string) ocispec.Descriptor {
	t.Helper()
	repo := r.Repository("demo/app")
	image := hosttest.PushImage(t, repo, "v1", registry.HostPlatform())
	for _, payload := range payloads {
		hosttest.Attach(t, repo, image, artifact(payload))
	}
	return image
}

func artifact(payload string) hosttest.Artifact {
	return hosttest.Artifact{
		Type: spec.ArtifactType, Created: "2026-01-02T03:04:05Z",
		Layers: []hosttest.Layer{{MediaType: spec.MediaTypeYAML, Data: []byte(payload)}},
	}
}

// otherPlatform is that of no machine that runs the tests.
func otherPlatform() ocispec.Platform { return ocispec.Platform{OS: "linux", Architecture: "s390x"} }

// mine pushes an image for this host, and foreign one for another, each with specs.
func mine(payloads ...string) func(*testing.T, *hosttest.Registry) {
	return func(t *testing.T, r *hosttest.Registry) {
		t.Helper()
		attach(t, r, payloads...)
	}
}

func foreign(payloads ...string) func(*testing.T, *hosttest.Registry) {
	return func(t *testing.T, r *hosttest.Registry) {
		t.Helper()
		repo := r.Repository("demo/app")
		image := hosttest.PushImage(t, repo, "v1", otherPlatform())
		for _, payload := range payloads {
			hosttest.Attach(t, repo, image, artifact(payload))
		}
	}
}

// indexOfBoth pushes an index whose manifests bear a spec each: this host does not satisfy its own.
func indexOfBoth(t *testing.T, r *hosttest.Registry) {
	t.Helper()
	repo := r.Repository("demo/app")
	here := hosttest.PushImage(t, repo, "", registry.HostPlatform())
	other := hosttest.PushImage(t, repo, "", otherPlatform())
	hosttest.PushIndex(t, repo, "v1", hosttest.For(other, otherPlatform()), hosttest.For(here, registry.HostPlatform()))
	hosttest.Attach(t, repo, other, artifact(satisfied))
	hosttest.Attach(t, repo, here, artifact(unmet))
}

func indexWithArtifact(t *testing.T, r *hosttest.Registry) {
	t.Helper()
	repo := r.Repository("demo/app")
	here := hosttest.PushImage(t, repo, "", registry.HostPlatform())
	hosttest.Attach(t, repo, hosttest.PushIndex(t, repo, "v1", hosttest.For(here, registry.HostPlatform())), artifact(unmet))
}

func indexWithoutHost(t *testing.T, r *hosttest.Registry) {
	t.Helper()
	repo := r.Repository("demo/app")
	hosttest.PushIndex(t, repo, "v1", hosttest.For(hosttest.PushImage(t, repo, "", otherPlatform()), otherPlatform()))
}

// TestValidateNodeVerdicts: the verdict of an image in a registry is the exit code, and the report's last line.
func TestValidateNodeVerdicts(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		push    func(*testing.T, *hosttest.Registry)
		args    []string
		code    int
		verdict string // begins the last line of standard output
		stderr  string
	}{
		{name: "compatible", push: mine(satisfied), code: cli.ExitOK, verdict: "compatible: the host satisfies 1 of 1"},
		{name: "incompatible", push: mine(unmet), code: cli.ExitIncompatible, verdict: "incompatible: the host does not satisfy the one compatibility set"},
		{name: "undecided", push: mine(undecided), code: cli.ExitUndecided, verdict: "unknown: the one compatibility set could not be decided"},
		{name: "without an artifact", push: mine(), code: cli.ExitUndeclared, verdict: "undeclared: no compatibility artifact is attached"},
		{
			name: "without an artifact, ignored", push: mine(),
			args: []string{"--on-missing", "ignore"}, code: cli.ExitOK, verdict: "undeclared: no compatibility artifact is attached",
		},
		{
			name: "without an artifact, with a warning", push: mine(),
			args: []string{"--on-missing", "warn"}, code: cli.ExitOK, verdict: "undeclared: no compatibility artifact is attached",
			stderr: "nfd-compat: warning: no compatibility artifact is attached to the image\n",
		},
		{
			name: "for another architecture", push: foreign(satisfied),
			code: cli.ExitIncompatible, verdict: "incompatible: the image is for linux/s390x, not linux/",
		},
		{
			name: "for another architecture, without an artifact", push: foreign(),
			code: cli.ExitIncompatible, verdict: "incompatible: the image is for linux/s390x, not linux/",
		},
		{
			name: "for the architecture that is asked about", push: foreign(satisfied),
			args: []string{"--platform", "linux/s390x"}, code: cli.ExitOK, verdict: "compatible: ",
		},
		{
			name: "an index, the artifact on the host's manifest", push: indexOfBoth,
			code: cli.ExitIncompatible, verdict: "incompatible: the host does not satisfy the one compatibility set",
		},
		{
			name: "an index, the artifact on itself", push: indexWithArtifact,
			code: cli.ExitIncompatible, verdict: "incompatible: the host does not satisfy the one compatibility set",
		},
		{
			name: "an index without the host's platform", push: indexWithoutHost,
			code: cli.ExitIncompatible, verdict: "incompatible: the index offers linux/s390x, not linux/",
		},
	}
	for _, api := range []bool{true, false} {
		for _, tt := range tests {
			t.Run(map[bool]string{true: "referrers API/", false: "referrers tag/"}[api]+tt.name, func(t *testing.T) {
				t.Parallel()
				r := hosttest.NewRegistry(t, hosttest.RegistryOptions{NoReferrersAPI: !api})
				tt.push(t, r)
				got := run(t.Context(), featuresJSON, append([]string{"validate-node", "--plain-http", "--image", r.Host + "/demo/app:v1", "--platform", registry.FormatPlatform(registry.HostPlatform()), "--features", "-"}, tt.args...)...)
				if got.code != tt.code {
					t.Errorf("exit code %d, want %d", got.code, tt.code)
				}
				if last := lastLine(got.stdout); !strings.HasPrefix(last, tt.verdict) {
					t.Errorf("the report ends with %q, want %q", last, tt.verdict)
				}
				if got.stderr != tt.stderr {
					t.Errorf("standard error:\n%swant:\n%s", got.stderr, tt.stderr)
				}
			})
		}
	}
}

// TestValidateNodeFaults: whatever is wrong is told once, on standard error alone, with the registry, the digest where
// one is known, and the cause. NFD's client panics at some of these and says "not found" at others.
func TestValidateNodeFaults(t *testing.T) {
	t.Parallel()
	referrers := hosttest.On(http.MethodGet, "/referrers/")
	tests := []struct {
		name     string
		payloads []string
		fault    *hosttest.Fault
		image    string // instead of demo/app:v1
		code     int
		names    []string // what the message names, in this order; %d is the image's digest, %r the registry
	}{
		{name: "misspelt matchFeatures", payloads: []string{misspelt}, code: cli.ExitSpec, names: []string{"artifact sha256:", "%r/demo/app:v1", "the spec is invalid", "3:21", `unknown field "matchFeature"`, `did you mean "matchFeatures"?`}},
		{name: "unknown tag", payloads: []string{satisfied}, image: "/demo/app:v2", code: cli.ExitRegistry, names: []string{"registry %r", "/demo/app:v2", "not"}},
		{name: "unknown repository", payloads: []string{satisfied}, image: "/demo/other:v1", code: cli.ExitRegistry, names: []string{"registry %r", "/demo/other:v1", "not"}},
		{name: "no reference", image: "/UPPER CASE", code: cli.ExitUsage, names: []string{"invalid image reference", "UPPER CASE"}},
		{name: "referrers 401", payloads: []string{satisfied}, fault: &hosttest.Fault{Match: referrers, Status: 401}, code: cli.ExitRegistry, names: []string{"registry %r", "referrers", "%d", "401"}},
		{name: "referrers 403", payloads: []string{satisfied}, fault: &hosttest.Fault{Match: referrers, Status: 403}, code: cli.ExitRegistry, names: []string{"registry %r", "referrers", "%d", "403"}},
		{name: "referrers 500", payloads: []string{satisfied}, fault: &hosttest.Fault{Match: referrers, Status: 500}, code: cli.ExitRegistry, names: []string{"registry %r", "referrers", "%d", "500"}},
		{name: "referrers junk", payloads: []string{satisfied}, fault: &hosttest.Fault{Match: referrers, ContentType: ocispec.MediaTypeImageIndex, Body: "{junk"}, code: cli.ExitRegistry, names: []string{"registry %r", "referrers", "%d", "JSON"}},
		{name: "referrers HTML", payloads: []string{satisfied}, fault: &hosttest.Fault{Match: referrers, ContentType: "text/html", Body: "<html>\x1b[31mSign in</html>"}, code: cli.ExitRegistry, names: []string{"registry %r", "referrers", "%d", "HTML"}},
		{name: "no payload", payloads: []string{}, code: cli.ExitSpec, names: []string{"registry %r", "layer"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
			image := attach(t, r, tt.payloads...)
			if tt.name == "no payload" {
				hosttest.Attach(t, r.Repository("demo/app"), image, hosttest.Artifact{Type: spec.ArtifactType})
			}
			if tt.fault != nil {
				r.Break(*tt.fault)
			}
			reference := r.Host + "/demo/app:v1"
			if tt.image != "" {
				reference = r.Host + tt.image
			}
			args := []string{"validate-node", "--plain-http", "--image", reference}
			got := run(t.Context(), "", args...)
			if got.code != tt.code {
				t.Errorf("exit code %d, want %d", got.code, tt.code)
			}
			wantEmpty(t, "standard output", got.stdout)
			if n := strings.Count(got.stderr, "nfd-compat: "); n != 1 {
				t.Errorf("%d messages, want 1:\n%s", n, got.stderr)
			}
			if strings.ContainsAny(got.stderr, "\x1b\x00") {
				t.Errorf("a control character got through: %q", got.stderr)
			}
			rest := got.stderr
			for _, name := range tt.names {
				name = strings.NewReplacer("%d", image.Digest.String(), "%r", r.Host).Replace(name)
				_, after, ok := strings.Cut(rest, name)
				if !ok {
					t.Fatalf("the message does not name %q (after what came before):\n%s", name, got.stderr)
				}
				rest = after
			}
			if tt.code != cli.ExitUsage {
				wantReportedError(t, run(t.Context(), "", append(args, "-o", "json")...), tt.code)
			}
		})
	}
}

// wantReportedError checks that an error is in the JSON report, and told once on standard error as well.
func wantReportedError(t *testing.T, got outcome, code int) {
	t.Helper()
	var report validate.Report
	if err := json.Unmarshal([]byte(got.stdout), &report); err != nil {
		t.Fatalf("the report is no JSON: %v\n%s", err, got.stdout)
	}
	if got.code != code || report.Verdict != "" || len(report.Results) != 1 || report.Results[0].Verdict != "" {
		t.Errorf("exit code %d, want %d; report: %s", got.code, code, got.stdout)
	}
	failed := report.Results[0].Error
	if failed == nil || failed.Code != code || !strings.Contains(got.stderr, strings.Split(failed.Message, "\n")[0]) {
		t.Errorf("the report's error is %+v, standard error:\n%s", failed, got.stderr)
	}
	if n := strings.Count(got.stderr, "nfd-compat: "); n != 1 {
		t.Errorf("%d messages, want 1:\n%s", n, got.stderr)
	}
}

// TestValidateNodePlatformOfFeatures: exported features say which platform they are of, the level of the processor too.
func TestValidateNodePlatformOfFeatures(t *testing.T) {
	t.Parallel()
	r := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
	repo := r.Repository("demo/app")
	image := hosttest.PushImage(t, repo, "v1", ocispec.Platform{OS: "linux", Architecture: "amd64", Variant: "v3"})
	hosttest.Attach(t, repo, image, artifact(satisfied))
	for _, tt := range []struct {
		node, platform string
		code           int
		verdict        string
	}{
		{node: `{"os": "linux", "architecture": "amd64", "variant": "v4"}`, code: cli.ExitOK, verdict: "compatible: "},
		{node: `{"os": "linux", "architecture": "amd64"}`, code: cli.ExitUndecided, verdict: "unknown: the image is for linux/amd64/v3, and which variant of linux/amd64 the host is, is not known"},
		{node: `{"os": "lin ux", "architecture": "amd64"}`, code: cli.ExitError, verdict: ""},
		{node: `{"os": "linux", "architecture": "amd64", "variant": "v2"}`, code: cli.ExitIncompatible, verdict: "incompatible: the image is for linux/amd64/v3, not linux/amd64/v2"},
		{node: `{"os": "linux", "architecture": "arm64"}`, code: cli.ExitIncompatible, verdict: "incompatible: the image is for linux/amd64/v3, not linux/arm64"},
		{node: `{"os": "linux", "architecture": "arm64"}`, platform: "linux/amd64/v3", code: cli.ExitOK, verdict: "compatible: "},
		{node: `{}`, code: cli.ExitOK, verdict: "compatible: "}, // any host's
	} {
		args := []string{"validate-node", "--plain-http", "--image", r.Host + "/demo/app:v1", "--features", "-"}
		if tt.platform != "" {
			args = append(args, "--platform", tt.platform)
		}
		got := run(t.Context(), strings.Replace(featuresJSON, "{", `{"node": `+tt.node+`, `, 1), args...)
		if warned := strings.Contains(got.stderr, "not known which platform the host is"); warned != (tt.node == "{}") {
			t.Errorf("%s: standard error:\n%s", tt.node, got.stderr)
		}
		if last := lastLine(got.stdout); got.code != tt.code || !strings.HasPrefix(last, tt.verdict) {
			t.Errorf("%s: exit code %d, want %d; the report ends with %q, want %q\n%s", tt.node, got.code, tt.code, last, tt.verdict, got.stderr)
		}
	}
}

func TestValidateNodeRegistryDown(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it is closed at once, to have a port where nobody listens
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	got := run(t.Context(), "", "validate-node", "--plain-http", "--image", address+"/demo/app:v1")
	if got.code != cli.ExitRegistry || !strings.Contains(got.stderr, address) || !strings.Contains(got.stderr, "refused") {
		t.Errorf("exit code %d, want %d:\n%s", got.code, cli.ExitRegistry, got.stderr)
	}
	wantEmpty(t, "standard output", got.stdout)
}

// TestValidateNodeTimeout and TestValidateNodeInterrupted: a registry that never answers.
func TestValidateNodeTimeout(t *testing.T) {
	t.Parallel()
	r := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
	image := attach(t, r, satisfied)
	r.Break(hosttest.Fault{Match: hosttest.On(http.MethodGet, "/referrers/"), Hang: true})
	got := run(t.Context(), "", "validate-node", "--plain-http", "--timeout", "2s", "--image", r.Host+"/demo/app:v1")
	if got.code != cli.ExitRegistry || !strings.Contains(got.stderr, r.Host) || !strings.Contains(got.stderr, image.Digest.String()) || !strings.Contains(got.stderr, "time limit") {
		t.Errorf("exit code %d, want %d:\n%s", got.code, cli.ExitRegistry, got.stderr)
	}
	wantEmpty(t, "standard output", got.stdout)
}

func TestValidateNodeInterrupted(t *testing.T) {
	t.Parallel()
	r := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
	attach(t, r, satisfied)
	r.Break(hosttest.Fault{Match: hosttest.On("", "/manifests/"), Hang: true})
	ctx, cancel := context.WithTimeoutCause(t.Context(), time.Minute, nil)
	defer cancel()
	time.AfterFunc(50*time.Millisecond, cancel)
	for _, output := range []string{"text", "json"} {
		got := run(ctx, "", "validate-node", "--plain-http", "-o", output, "--image", r.Host+"/demo/app:v1")
		if got.code != cli.ExitInterrupted || got.stderr != "nfd-compat: interrupted\n" {
			t.Errorf("%s: exit code %d, want %d:\n%s", output, got.code, cli.ExitInterrupted, got.stderr)
		}
		wantEmpty(t, "standard output", got.stdout)
	}
}

// TestValidateNodeJSON: the JSON report carries, for each term, what was wanted and what was observed, and where the
// spec was found.
func TestValidateNodeJSON(t *testing.T) {
	t.Parallel()
	r := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
	image := attach(t, r, unmet)
	got := run(t.Context(), featuresJSON, "validate-node", "--plain-http", "--image", r.Host+"/demo/app:v1", "--features", "-", "-o", "json", "--platform", registry.FormatPlatform(registry.HostPlatform()))
	wantEmpty(t, "standard error", got.stderr)
	var report validate.Report
	if err := json.Unmarshal([]byte(got.stdout), &report); err != nil {
		t.Fatal(err)
	}
	result := report.Results[0]
	if got.code != cli.ExitIncompatible || report.Verdict != validate.Incompatible || result.Verdict != validate.Incompatible {
		t.Errorf("exit code %d, verdicts %s and %s", got.code, report.Verdict, result.Verdict)
	}
	if result.Image.Digest != image.Digest.String() || result.Artifact.Subject != image.Digest.String() ||
		result.Artifact.Via != registry.ViaReferrersAPI || result.Artifact.Created != "2026-01-02T03:04:05Z" {
		t.Errorf("image %+v, artifact %+v", result.Image, result.Artifact)
	}
	term := result.Sets[0].Rules[0].MatchFeatures[0]
	if term.Feature != "kernel.version" || term.Element != "full" || term.Op != "Ge" || term.Value[0] != "99.0" || term.Type != "version" ||
		term.Outcome != validate.Mismatch || term.Observed == nil || *term.Observed != "6.6.1-el9" || term.Reason != "6.6.1-el9 (compared as 6.6.1) is less than 99.0" {
		t.Errorf("term %+v", term)
	}
}
