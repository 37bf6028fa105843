package render_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nfd-compat/nfd-compat/internal/render"
)

// update rewrites the golden files: go test ./internal/render -update.
var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares a text with the one that is kept.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

func TestClean(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"plain ✓ é 日本": "plain ✓ é 日本", "a\tb\nc\rd": "a b c d", "\x1b[31mred\x9b0m\x00": "[31mred0m", "a\u202eb\u200bc\u2028d": "abcd", "\xff\xfe": "", "#\u202e#[error]": "# #[error]",
	} {
		if got := render.Clean(text); got != want {
			t.Errorf("Clean(%q) is %q, want %q", text, got, want)
		}
	}
	if got := render.CleanLines("a\x1b\nb\x07"); got != "a\nb" {
		t.Errorf("got %q", got)
	}
}
