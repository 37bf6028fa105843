package cli_test

import (
	"strings"
	"testing"

	"github.com/nfd-compat/nfd-compat/internal/cli"
)

// TestArgumentWithoutUserinfo: who leaves out --image does not find a password in the error.
func TestArgumentWithoutUserinfo(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"validate-node", "https://bob:hunter2@r.example/a"}, {"list-specs", "bob:hunter2@r.example/a"}, {"https://bob:hunter2@r.example/a"},
	} {
		got := run(t.Context(), "", args...)
		if all := got.stdout + got.stderr; got.code != cli.ExitUsage || strings.Contains(all, "hunter2") || !strings.Contains(all, "…@r.example/a") {
			t.Errorf("%q: exit code %d\n%s", args, got.code, all)
		}
	}
}
