package cli

import (
	"bytes"
	"context"
	"io"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/spf13/cobra"
)

// TestPanic: a fault of ours is no verdict and no wrong usage, wherever it comes from.
func TestPanic(t *testing.T) {
	t.Parallel()
	var done atomic.Int32
	for name, do := range map[string]func(){
		"in the command": func() { panic("a fault") },
		"in a worker": func() {
			inParallel(2, 10, func(i int) {
				if done.Add(1); i%3 == 0 {
					panic("a fault")
				}
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var stderr bytes.Buffer
			root := &cobra.Command{SilenceErrors: true, SilenceUsage: true, RunE: func(*cobra.Command, []string) error {
				do()
				return nil
			}}
			root.SetArgs(nil)
			code := execute(context.Background(), root, Streams{In: strings.NewReader(""), Out: io.Discard, Err: &stderr}) //nolint:usetesting // which would end it
			if code != ExitError || !strings.HasPrefix(stderr.String(), "nfd-compat: internal error, please report it: a fault\n") {
				t.Errorf("exit code %d, want %d:\n%s", code, ExitError, &stderr)
			}
		})
	}
	t.Cleanup(func() {
		if n := done.Load(); n != 10 {
			t.Errorf("%d of 10 were done", n)
		}
	})
}

// TestSay: no line of a message is a command to GitHub Actions, which reads both streams, nor one of a terminal.
func TestSay(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"one":                          "nfd-compat: one\n",
		"one\ntwo":                     "nfd-compat: one\ntwo\n",
		"::error::one":                 "nfd-compat: ::error::one\n",
		"one\n::error::two":            "nfd-compat: one\n: :error::two\n",
		"one\n \t::error::two":         "nfd-compat: one\n  : :error::two\n",
		"one\n\u00a0::error::two\n::x": "nfd-compat: one\n\u00a0: :error::two\n: :x\n",
		"one\r::error::two\x1b[1m":     "nfd-compat: one ::error::two[1m\n",
	} {
		var stderr bytes.Buffer
		Streams{Err: &stderr}.say("%s", text)
		if got := stderr.String(); got != want {
			t.Errorf("%q is said as %q, want %q", text, got, want)
		}
	}
}
