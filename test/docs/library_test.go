//go:build linux

package docs

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestGoPrograms: the programs that the page on the library shows are compiled, against this module, and print what the page
// says.
func TestGoPrograms(t *testing.T) {
	t.Parallel()
	const page = "docs/library.md"
	blocks, w, programs := blocksOf(t, page), newWorld(t), 0
	for i, b := range blocks {
		if b.language != "go" {
			continue
		}
		programs++
		if i+1 == len(blocks) || blocks[i+1].language != "" {
			t.Fatalf("%s:%d: the page does not show what the program prints", page, b.line)
		}
		dir := t.TempDir()
		source, binary := filepath.Join(dir, "main.go"), filepath.Join(dir, fmt.Sprintf("program%d", programs))
		if err := os.WriteFile(source, []byte(b.text), 0o600); err != nil {
			t.Fatal(err)
		}
		// A file is compiled with the packages of the module that the command runs in.
		build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, source)
		build.Dir = root
		if out, err := build.CombinedOutput(); err != nil {
			t.Errorf("%s:%d: %v\n%s", page, b.line, err, out)
			continue
		}
		if out, err := exec.CommandContext(t.Context(), "gofmt", "-l", source).CombinedOutput(); err == nil && len(out) > 0 {
			t.Errorf("%s:%d: it is not formatted", page, b.line)
		}
		run := exec.CommandContext(t.Context(), binary)
		run.Dir, run.Env = w.dir, w.env
		out, err := run.CombinedOutput()
		if err != nil {
			t.Errorf("%s:%d: %v\n%s", page, b.line, err, out)
		}
		if diff := cmp.Diff(strings.TrimSpace(string(out)), strings.TrimSpace(blocks[i+1].text)); diff != "" {
			t.Errorf("%s:%d: (-printed +shown)\n%s", page, b.line, diff)
		}
	}
	if programs < 3 {
		t.Errorf("%d programs", programs)
	}
}
