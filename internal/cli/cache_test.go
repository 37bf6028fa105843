package cli_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/nfd-compat/nfd-compat/internal/cli"
	"github.com/nfd-compat/nfd-compat/internal/hosttest"
	"github.com/nfd-compat/nfd-compat/pkg/registry"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// TestMain keeps the tests out of the user's own cache, and apart: where the user's cache directory should be is a file, so
// that nothing is kept unless a test names a directory.
func TestMain(m *testing.M) {
	file, err := os.CreateTemp("", "nfd-compat-test-")
	if err != nil {
		panic(err)
	}
	for _, name := range []string{"HOME", "XDG_CACHE_HOME", "LocalAppData"} {
		if err := errors.Join(os.Setenv(name, file.Name()), file.Close()); err != nil && !errors.Is(err, os.ErrClosed) {
			panic(err)
		}
	}
	code := m.Run()
	_ = os.Remove(file.Name()) // it is in a directory for what may be removed
	os.Exit(code)
}

// TestOffline: the answer of a cache is that of the registry, and says how old it is, for people and for programs.
func TestOffline(t *testing.T) {
	t.Parallel()
	old := regexp.MustCompile(`^nfd-compat: offline: \S+/demo/app:v1 is as the registry answered (less than a minute|\d+ \w+) ago, at \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\n`)
	for _, tt := range []struct {
		name     string
		payloads []string
		code     int
	}{
		{"compatible", []string{satisfied}, cli.ExitOK},
		{"incompatible", []string{unmet}, cli.ExitIncompatible},
		{"undeclared", nil, cli.ExitUndeclared},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, dir := hosttest.NewRegistry(t, hosttest.RegistryOptions{}), t.TempDir()
			attach(t, r, tt.payloads...)
			args := []string{"validate-node", "--plain-http", "--image", r.Host + "/demo/app:v1", "--cache-dir", dir}
			online := run(t.Context(), "", args...)
			if online.code != tt.code || strings.Contains(online.stdout, "cache") {
				t.Fatalf("exit code %d, want %d\n%s%s", online.code, tt.code, online.stdout, online.stderr)
			}
			r.Requests()
			args = append(args, "--offline")
			offline := run(t.Context(), "", args...)
			if asked := r.Requests(); len(asked) > 0 {
				t.Errorf("it asked %q", asked)
			}
			rest := old.ReplaceAllString(offline.stderr, "")
			if rest == offline.stderr || rest != online.stderr || offline.code != tt.code {
				t.Errorf("exit code %d; standard error:\n%s", offline.code, offline.stderr)
			}
			cacheLine := regexp.MustCompile(`(?m)^ {10}from the cache, as of \S+Z\n`)
			if without := cacheLine.ReplaceAllString(offline.stdout, ""); without == offline.stdout || without != online.stdout {
				t.Errorf("offline:\n%s\nonline:\n%s", offline.stdout, online.stdout)
			}
			var report validate.Report
			if err := json.Unmarshal([]byte(run(t.Context(), "", append(args, "-o", "json")...).stdout), &report); err != nil {
				t.Fatal(err)
			}
			if at, err := time.Parse(time.RFC3339, report.Results[0].Image.CachedAt); err != nil || time.Since(at).Abs() > time.Hour {
				t.Errorf("cachedAt %q, %v", report.Results[0].Image.CachedAt, err)
			}
		})
	}
}

// TestOfflineWithoutAnswer: exit code 5, and what is missing.
func TestOfflineWithoutAnswer(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, args := range [][]string{
		{"validate-node", "--image"}, {"validate-spec", "--image"}, {"create-spec", "--from-image"},
	} {
		got := run(t.Context(), "", append(args, "r.example/app:v1", "--offline", "--cache-dir", dir)...)
		want := "nfd-compat: registry r.example: resolve r.example/app:v1: not in the cache " + dir + ", and no registry is asked (--offline)\n"
		if got.code != cli.ExitRegistry || got.stderr != want {
			t.Errorf("%s: exit code %d, standard error:\n%s", args[0], got.code, got.stderr)
		}
	}
}

// TestOfflineElsewhere: the other commands that read an image answer from the cache as well.
func TestOfflineElsewhere(t *testing.T) {
	t.Parallel()
	r, dir := hosttest.NewRegistry(t, hosttest.RegistryOptions{}), t.TempDir()
	indexOfBoth(t, r)
	common := []string{"--plain-http", "--cache-dir", dir, r.Host + "/demo/app:v1"}
	for _, args := range [][]string{{"validate-spec", "--image"}, {"create-spec", "--from-image"}} {
		args = append(args[:1:1], append(append([]string{}, common[:3]...), args[1], common[3])...)
		online := run(t.Context(), "", args...)
		offline := run(t.Context(), "", append(args, "--offline")...)
		_, rest, ok := strings.Cut(offline.stderr, "\n")
		if !ok || online.code != offline.code || online.stderr != rest || !strings.Contains(offline.stderr, "offline: ") || online.stdout != offline.stdout {
			t.Errorf("online: %+v\noffline: %+v", online, offline)
		}
	}
}

// TestCacheFlags: what goes together, and which directory is taken.
func TestCacheFlags(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		args []string
		text string
	}{
		{[]string{"--no-cache", "--cache-dir", "x"}, "--no-cache and --cache-dir exclude each other"},
		{[]string{"--no-cache", "--offline"}, "--no-cache and --offline exclude each other"},
		{[]string{"--cache-dir", ""}, "--cache-dir is empty"},
	} {
		for _, command := range [][]string{{"validate-node", "--image", "x"}, {"validate-spec", "--image", "x"}, {"create-spec", "--from-image", "x"}} {
			got := run(t.Context(), "", append(command, tt.args...)...)
			if got.code != cli.ExitUsage || !strings.Contains(got.stderr, tt.text) {
				t.Errorf("%s %q: exit code %d\n%s", command[0], tt.args, got.code, got.stderr)
			}
		}
	}
	for _, command := range [][]string{{"validate-node", "--spec", "x"}, {"validate-spec", "x"}, {"create-spec", "--from-rule", "x"}} {
		got := run(t.Context(), "", append(command, "--offline")...)
		if got.code != cli.ExitUsage || !strings.Contains(got.stderr, "--offline and its like go with") {
			t.Errorf("%s: exit code %d\n%s", command[0], got.code, got.stderr)
		}
	}
}

// TestCacheThatCannotBeWritten: it is told if the directory was named, and not if it is the user's, which nobody asked for.
func TestCacheThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	r := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
	attach(t, r, satisfied)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"validate-node", "--plain-http", "--image", r.Host + "/demo/app:v1"}
	for range 2 {
		r.Requests()
		if got := run(t.Context(), "", args...); got.code != cli.ExitOK || got.stderr != "" || len(r.Requests()) != 5 {
			t.Errorf("exit code %d\n%s", got.code, got.stderr)
		}
	}
	got := run(t.Context(), "", append(args, "--cache-dir", file)...)
	if got.code != cli.ExitOK || !strings.HasPrefix(got.stderr, "nfd-compat: warning: the cache "+file+" keeps nothing: ") || strings.Count(got.stderr, "\n") != 1 {
		t.Errorf("exit code %d\n%s", got.code, got.stderr)
	}
}

// TestUnexamined: that the search stopped is told, where an artifact was found on the index as well.
func TestUnexamined(t *testing.T) {
	t.Parallel()
	r := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
	repo := r.Repository("demo/app")
	here := hosttest.PushImage(t, repo, "", registry.HostPlatform())
	for i := range 40 {
		hosttest.Attach(t, repo, here, hosttest.Artifact{Type: "application/vnd.example", Annotations: map[string]string{"n": strings.Repeat("n", i)}})
	}
	hosttest.Attach(t, repo, hosttest.PushIndex(t, repo, "v1", hosttest.For(here, registry.HostPlatform())), artifact(satisfied))
	args := []string{"validate-node", "--plain-http", "--no-cache", "--image", r.Host + "/demo/app:v1"}
	got := run(t.Context(), "", args...)
	if got.code != cli.ExitOK || !strings.Contains(got.stdout, "\n          8 of its referrers were not looked at\n") {
		t.Errorf("exit code %d\n%s", got.code, got.stdout)
	}
	if got = run(t.Context(), "", append(args, "-o", "json")...); !strings.Contains(got.stdout, `"unexamined": 8`) {
		t.Error(got.stdout)
	}
}
