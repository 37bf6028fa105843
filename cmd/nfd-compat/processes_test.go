package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/nfd-compat/nfd-compat/internal/hosttest"
	"github.com/nfd-compat/nfd-compat/pkg/registry"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
)

const satisfied = "version: v1alpha1\ncompatibilities:\n- rules: [{name: r, matchFeatures: [{feature: kernel.version, matchExpressions: {full: {op: Exists}}}]}]\n"

// pushed starts a registry with an image for this host that has a spec, and returns its reference.
func pushed(t *testing.T) (*hosttest.Registry, string) {
	t.Helper()
	r := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
	repo := r.Repository("demo/app")
	image := hosttest.PushImage(t, repo, "v1", registry.HostPlatform())
	hosttest.Attach(t, repo, image, hosttest.Artifact{
		Type: spec.ArtifactType, Layers: []hosttest.Layer{{MediaType: spec.MediaTypeYAML, Data: []byte(satisfied)}},
	})
	return r, r.Host + "/demo/app:v1"
}

// program returns a program with arguments, as a process of its own, in the home of a user.
func program(t *testing.T, home string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
	cmd.Env = append(os.Environ(), "HOME="+home, "XDG_CACHE_HOME=", "LocalAppData="+home)
	return cmd
}

// exitCode returns the code that a process ended with.
func exitCode(t *testing.T, err error) int {
	t.Helper()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if exit != nil {
		return exit.ExitCode()
	}
	return 0
}

// TestProcessesShareACache: 16 at once, with a cache that is empty, then harmed, all say the same.
func TestProcessesShareACache(t *testing.T) {
	t.Parallel()
	_, reference := pushed(t)
	home := t.TempDir()
	want := ""
	for _, state := range []string{"empty", "harmed"} {
		if state == "harmed" {
			blobs, err := filepath.Glob(filepath.Join(home, "*", "nfd-compat", "v1", "blobs", "sha256", "*"))
			if err != nil || len(blobs) != 4 {
				t.Fatalf("%q, %v", blobs, err)
			}
			for i, name := range blobs {
				if err := os.Truncate(name, int64(i)); err != nil {
					t.Fatal(err)
				}
			}
		}
		const processes = 16
		var (
			group          sync.WaitGroup
			stdout, stderr [processes]bytes.Buffer
			failed         [processes]error
		)
		for i := range processes {
			cmd := program(t, home, "nfd-compat", "validate-node", "--plain-http", "--image", reference)
			cmd.Stdout, cmd.Stderr = &stdout[i], &stderr[i]
			group.Go(func() { failed[i] = cmd.Run() })
		}
		group.Wait()
		if want == "" {
			want = stdout[0].String()
		}
		for i := range processes {
			if code := exitCode(t, failed[i]); code != 0 || stderr[i].Len() > 0 || stdout[i].String() != want || !strings.Contains(want, "\ncompatible: ") {
				t.Errorf("%s, process %d: exit code %d\n%s%s", state, i, code, &stdout[i], &stderr[i])
			}
		}
	}
	if left, err := filepath.Glob(filepath.Join(home, "*", "nfd-compat", "v1", "*", "*", ".new-*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
}

// TestUsersCache: what is kept is the user's, in the directory for it, unless --no-cache is given.
func TestUsersCache(t *testing.T) {
	t.Parallel()
	r, reference := pushed(t)
	home := t.TempDir()
	for _, tt := range []struct {
		args  []string
		asked int
	}{
		{[]string{"--no-cache"}, 5},
		{nil, 5},
		{nil, 2},
		{[]string{"--offline"}, 0},
		{[]string{"--no-cache"}, 5},
	} {
		r.Requests()
		out, err := program(t, home, append([]string{"nfd-compat", "validate-node", "--plain-http", "--image", reference}, tt.args...)...).Output()
		if code := exitCode(t, err); code != 0 {
			t.Errorf("%q: exit code %d\n%s", tt.args, code, out)
		}
		if asked := r.Requests(); len(asked) != tt.asked {
			t.Errorf("%q: %d requests, not %d: %q", tt.args, len(asked), tt.asked, asked)
		}
	}
}

// statusFile names the variable with the file that a measured program writes what the kernel knows of it to, at its end. (The
// peak in what wait returns is that of the test, from which the program was begun, if that is more.)
const statusFile = "NFD_COMPAT_TEST_STATUS"

// measured is main, but for that. Only Linux says.
func measured() {
	code := run()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		panic(err)
	}
	if err := os.WriteFile(os.Getenv(statusFile), status, 0o600); err != nil {
		panic(err)
	}
	os.Exit(code)
}
