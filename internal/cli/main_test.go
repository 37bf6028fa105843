package cli_test

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/nfd-compat/nfd-compat/internal/cli"
)

// An outcome is what one run of the program left behind.
type outcome struct {
	code   int
	stdout string
	stderr string
}

// run runs the program in this process.
func run(ctx context.Context, stdin string, args ...string) outcome {
	var stdout, stderr bytes.Buffer
	code := cli.Main(ctx, append([]string{"nfd-compat"}, args...), cli.Streams{In: strings.NewReader(stdin), Out: &stdout, Err: &stderr})
	return outcome{code, stdout.String(), stderr.String()}
}

// lastLine returns the last line of a text, which for a report begins with the verdict.
func lastLine(text string) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return lines[len(lines)-1]
}

// wantEmpty fails the test if a stream has anything on it.
func wantEmpty(t *testing.T, what, text string) {
	t.Helper()
	if text != "" {
		t.Errorf("%s is not empty:\n%s", what, text)
	}
}

// TestInterrupted: whatever a command waits for, a signal ends it.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	waiting, closeIt := io.Pipe() // as a terminal that nobody types at
	t.Cleanup(func() { _ = closeIt.Close() })
	var stdout, stderr bytes.Buffer
	code := cli.Main(ctx, []string{"nfd-compat", "validate-node", "--spec", "-"}, cli.Streams{In: waiting, Out: &stdout, Err: &stderr})
	if code != cli.ExitInterrupted || stderr.String() != "nfd-compat: interrupted\n" {
		t.Errorf("exit code %d, want %d:\n%s", code, cli.ExitInterrupted, &stderr)
	}
	wantEmpty(t, "standard output", stdout.String())
}
