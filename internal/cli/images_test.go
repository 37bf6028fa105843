package cli_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/nfd-compat/nfd-compat/internal/cli"
	"github.com/nfd-compat/nfd-compat/internal/hosttest"
	"github.com/nfd-compat/nfd-compat/pkg/registry"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// manyImages pushes some images, each with a spec of its own, and returns manifests of as many pods as are wanted, which run
// them in turn.
func manyImages(t *testing.T, r *hosttest.Registry, distinct, pods int) string {
	t.Helper()
	repository := r.Repository("app")
	for i := range distinct {
		image := hosttest.PushImage(t, repository, fmt.Sprintf("v%d", i), registry.HostPlatform())
		spec := fmt.Sprintf(strings.Replace(satisfied, "name: r,", "name: r%d,", 1), i)
		hosttest.Attach(t, repository, image, artifact(spec))
	}
	var manifests strings.Builder
	for i := range pods {
		fmt.Fprintf(&manifests, "---\nkind: Pod\nmetadata: {name: p%d}\nspec: {containers: [{name: app, image: %q}]}\n", i, fmt.Sprintf("%s/app:v%d", r.Host, i%distinct))
	}
	return manifests.String()
}

// TestManyImages: of a thousand pods with a hundred images, each image is asked for once, and each pod is told.
func TestManyImages(t *testing.T) {
	t.Parallel()
	const distinct, pods = 100, 1000
	r := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
	manifests := manyImages(t, r, distinct, pods)
	r.Requests()
	got := run(t.Context(), manifests, "validate-node", "--plain-http", "--no-cache", "-f", "-", "-o", "json")
	if got.code != cli.ExitOK || got.stderr != "" {
		t.Fatalf("exit code %d\n%.2000s", got.code, got.stderr)
	}
	var report validate.Report
	if err := json.Unmarshal([]byte(got.stdout), &report); err != nil {
		t.Fatal(err)
	}
	uses := 0
	for i, result := range report.Results {
		uses += len(result.Image.UsedBy)
		if want := fmt.Sprintf("%s/app:v%d", r.Host, i); result.Image.Reference != want || result.Verdict != validate.Compatible {
			t.Errorf("result %d is %s: %s, want %s", i, result.Image.Reference, result.Verdict, want)
		}
	}
	if len(report.Results) != distinct || uses != pods {
		t.Errorf("%d results, used by %d; want %d and %d", len(report.Results), uses, distinct, pods)
	}
	for what, path := range map[string]string{"tags": "/manifests/v", "lists of referrers": "/referrers/"} {
		if n := r.Count("GET", path); n != distinct {
			t.Errorf("%d %s were asked for, want %d", n, what, distinct)
		}
	}
}

// TestManyImagesInterrupted: an interrupt ends all that is under way.
func TestManyImagesInterrupted(t *testing.T) {
	t.Parallel()
	r := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
	manifests := manyImages(t, r, 10, 10)
	asked := make(chan struct{}, 10)
	r.Break(hosttest.Fault{Match: func(req *http.Request) bool {
		if strings.Contains(req.URL.Path, "/referrers/") {
			asked <- struct{}{}
			return true
		}
		return false
	}, Hang: true})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-asked
		cancel()
	}()
	start := time.Now()
	got := run(ctx, manifests, "validate-node", "--plain-http", "--no-cache", "-f", "-", "--timeout", "10m")
	t.Logf("ended after %s", time.Since(start))
	if got.code != cli.ExitInterrupted || got.stdout != "" {
		t.Errorf("exit code %d\n%s%s", got.code, got.stdout, got.stderr)
	}
}

// TestManyImagesNotes: where there are several images, what is told beside the report says of which.
func TestManyImagesNotes(t *testing.T) {
	t.Parallel()
	r := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
	declaring(t, r)
	hosttest.PushImage(t, r.Repository("app"), "v1", registry.HostPlatform())
	declares, plain := r.Host+"/demo/app:v1", r.Host+"/app:v1"
	judge := func(host string, args ...string) string {
		return run(t.Context(), host, append([]string{"validate-node", "--plain-http", "--no-cache", "--features", "-"}, args...)...).stderr
	}
	const anyHost = `{"attributes": {"kernel.version": {"elements": {"major": "6"}}}}`
	platform := "--platform=" + registry.FormatPlatform(registry.HostPlatform())
	const inferred = "no compatibility artifact is attached to the image: it is judged by what its config declares"
	const unknown = "the image is for "
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{platform, "--infer", "--image", declares}, "nfd-compat: " + inferred},
		{[]string{platform, "--infer", "--image", declares, "--image", plain}, "nfd-compat: " + declares + ": " + inferred},
		{[]string{"--image", plain}, "nfd-compat: warning: " + unknown},
		{[]string{"--image", plain, "--image", declares}, "nfd-compat: warning: " + plain + ": " + unknown},
		{[]string{platform, "--on-missing=warn", "--image", plain, "--image", declares}, "nfd-compat: warning: " + declares + ": no compatibility artifact"},
	} {
		if got := judge(anyHost, test.args...); !strings.HasPrefix(got, test.want) && !strings.Contains(got, "\n"+test.want) {
			t.Errorf("%q says\n%swant %q", test.args, got, test.want)
		}
	}
}
