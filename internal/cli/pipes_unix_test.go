//go:build unix

package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/nfd-compat/nfd-compat/internal/cli"
	"github.com/nfd-compat/nfd-compat/internal/hosttest"
)

// TestNamedPipes: a file that nobody writes to, or writes to the end, is waited for no longer than --timeout says. One that
// is written, as by a shell's process substitution, is read.
func TestNamedPipes(t *testing.T) {
	t.Parallel()
	r := hosttest.NewRegistry(t, hosttest.RegistryOptions{})
	attach(t, r, satisfied)
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	image := []string{"show-spec", "--plain-http", "--no-cache", "--image", r.Host + "/demo/app:v1"}
	for _, args := range [][]string{
		{"--registry-config", pipe}, {"--ca-file", pipe}, {"--cert-file", pipe, "--key-file", pipe},
	} {
		got := run(t.Context(), "", append(append(image, "--timeout", "200ms"), args...)...)
		if got.code != cli.ExitError || !strings.Contains(got.stderr, args[0]) || !strings.Contains(got.stderr, "there is no end of it within the time limit of 200ms (--timeout)") {
			t.Errorf("%q: exit code %d\n%s", args, got.code, got.stderr)
		}
	}
	written := filepath.Join(t.TempDir(), "written")
	if err := syscall.Mkfifo(written, 0o600); err != nil {
		t.Fatal(err)
	}
	go func() { _ = os.WriteFile(written, []byte("{}"), 0o600) }()
	if got := run(t.Context(), "", append(image, "--registry-config", written)...); got.code != cli.ExitOK || got.stdout != satisfied {
		t.Errorf("exit code %d\n%s", got.code, got.stderr)
	}
}
