package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nfd-compat/nfd-compat/internal/cli"
)

// FuzzDiff: whatever the two files are, the program says what they are or what differs, and does not break.
func FuzzDiff(f *testing.F) {
	const (
		exported = `{"flags": {"a.b": {"elements": {"c": {}}}}, "attributes": {}, "instances": {"d.e": {"elements": [{"attributes": {"f": "g"}}]}}}`
		report   = `{"apiVersion": "nfd-compat/v1alpha1", "kind": "CompatibilityReport", "verdict": "compatible", "results": [{"best": null, "sets": [{"tag": "t",
			"rules": [{"name": "r", "outcome": "match", "matchAny": [[{"feature": "a.b", "outcome": "match", "observed": null}]]}], "celRules": [{"outcome": "unknown"}]}]}]}`
	)
	f.Add(exported, exported)
	f.Add(report, report)
	f.Add(report, strings.ReplaceAll(report, `"match"`, `"mismatch"`))
	f.Add(report, `{"apiVersion": "nfd-compat/v1alpha1", "kind": "CompatibilityReport", "results": [null, {}]}`)
	f.Add(exported, report)
	f.Add("", "kind: NodeFeature\nspec: {}\n")
	f.Fuzz(func(t *testing.T, a, b string) {
		file := filepath.Join(t.TempDir(), "a.json")
		if err := os.WriteFile(file, []byte(a), 0o600); err != nil {
			t.Fatal(err)
		}
		got := run(t.Context(), b, "diff", file, "-")
		if got.code != cli.ExitOK && got.code != cli.ExitError && got.code != cli.ExitUsage || strings.Contains(got.stderr, "internal error") {
			t.Errorf("exit code %d\n%s", got.code, got.stderr)
		}
		if (got.code == cli.ExitOK) != (got.stderr == "") || (got.code == cli.ExitOK) != (got.stdout != "") {
			t.Errorf("exit code %d\n%s\n%s", got.code, got.stdout, got.stderr)
		}
	})
}
