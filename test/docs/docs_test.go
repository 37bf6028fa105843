//go:build linux

package docs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// cannotRun lists the blocks that cannot run here, by their page and first command, and says why.
func cannotRun() map[string]string {
	return map[string]string{
		"README.md: make test": "this test is a part of it",
		"README.md: CGO_ENABLED=0 go install github.com/nfd-compat/nfd-compat/cmd/nfd-compat@latest": "it asks the module proxy for what is published",
	}
}

// runElsewhere lists the pages whose blocks another test runs, with what they print, and says which.
func runElsewhere() map[string]string {
	return map[string]string{
		"docs/report.md": "TestReportPage of internal/render, whose examples are parts of specs",
	}
}

// TestShellBlocks runs every shell block.
func TestShellBlocks(t *testing.T) {
	t.Parallel()
	listed, ran := cannotRun(), 0
	for _, page := range pages(t) {
		blocks := blocksOf(t, page)
		for _, b := range blocks {
			if b.looksLikeShell() {
				t.Errorf("%s:%d: a block of %q does not run: mark it sh, or leave the language out if it shows what is printed", page, b.line, b.language)
			}
		}
		if !slices.ContainsFunc(blocks, block.isShell) || runElsewhere()[page] != "" {
			continue
		}
		for i := range blocks {
			name := blocks[i].name(page)
			if _, ok := listed[name]; ok && blocks[i].isShell() {
				delete(listed, name)
				blocks[i].language = "not run"
			} else if blocks[i].isShell() {
				ran++
			}
		}
		t.Run(page, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			for _, b := range blocks {
				switch {
				case b.isShell():
					w.run(t, page, b)
				default:
					w.keep(t, b)
				}
			}
		})
	}
	for name := range listed {
		t.Errorf("no page has the block %q, which is listed as one that cannot run", name)
	}
	if ran < 20 {
		t.Errorf("%d blocks: this is not all of the documents", ran)
	}
}

// run runs a block in the world, as a reader types it, and checks how each of its commands ends.
func (w *world) run(t *testing.T, page string, b block) {
	t.Helper()
	w.makeRoom(t, b)
	// Each line of the script is the line of the page. What fails is told to the file, and the next command follows, as with
	// a reader who types them; what a condition asks for has not failed.
	script := `set -E -o pipefail; trap 'echo "$LINENO $?" >>"$FAILED"' ERR; set -- ` + strings.Repeat("\n", b.line-1) + w.substitute(b.text)
	dir, failed := w.dir, filepath.Join(t.TempDir(), "failed")
	if first := strings.TrimPrefix(b.name(page), page+": "); regexp.MustCompile(`^(go|make|git) `).MatchString(first) {
		dir = root // of a clone
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	shell := exec.CommandContext(ctx, "bash", "-c", script)
	shell.Dir = dir
	shell.Env = append(slices.Clone(w.env), "FAILED="+failed)
	var out bytes.Buffer
	shell.Stdout, shell.Stderr = &out, &out
	err := shell.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s:%d: %v", page, b.line, err)
	}
	said, err := os.ReadFile(failed)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	problems := judge(b, string(said))
	for _, p := range problems {
		t.Errorf("%s:%s", page, p)
	}
	if len(problems) > 0 || testing.Verbose() {
		t.Logf("%s:%d:\n%s%s", page, b.line, b.text, &out)
	}
}

// judge tells which commands of a block have ended otherwise than they may, by the lines "LINE STATUS" of those that failed.
func judge(b block, failed string) []string {
	ended := map[int]int{}
	for line := range strings.Lines(failed) {
		var at, status int
		if _, err := fmt.Sscan(line, &at, &status); err != nil {
			return []string{fmt.Sprintf("%d: the shell says %q", b.line, line)}
		}
		for i, c := range b.commands() {
			if c.first <= at && at <= c.last {
				ended[i] = status
			}
		}
	}
	var problems []string
	for i, c := range b.commands() {
		status := ended[i]
		switch {
		case c.exit >= 0 && status != c.exit:
			problems = append(problems, fmt.Sprintf("%d: exit code %d, and the page says %d", c.first, status, c.exit))
		case c.exit < 0 && status != 0 && !slices.Contains(verdicts(c.text), status):
			problems = append(problems, fmt.Sprintf("%d: exit code %d", c.first, status))
		}
	}
	return problems
}

// verdicts returns the exit codes, other than 0, that say something of the host that this test runs on: that it is
// incompatible, that it is undecided, or that it has nothing of a feature that a spec is to be made of.
func verdicts(command string) []int {
	switch {
	case strings.Contains(command, "--features"):
		return nil
	case strings.Contains(command, "validate-node"):
		return []int{3, 7}
	case strings.Contains(command, "--from-node"):
		return []int{1}
	}
	return nil
}

// substitute gives the reader's own things for what a page leaves open, and for what is not here.
func (w *world) substitute(text string) string {
	text = strings.ReplaceAll(text, " … ", " "+image+" ")
	// The digest of an artifact is another in every registry.
	text = regexp.MustCompile(`(--artifact[ =])sha256:[0-9a-f]+…?`).ReplaceAllString(text, "${1}"+w.artifact)
	// Nobody sits here to be asked.
	text = regexp.MustCompile(`(nfd-compat remove-spec)\b`).ReplaceAllString(text, "$1 --yes")
	// The cache of the system is not for a test to write to.
	text = strings.ReplaceAll(text, "/var/cache/nfd-compat", "cache-of-services")
	// A container has the host there.
	return regexp.MustCompile(`(^|[ =])/host\b`).ReplaceAllString(text, "${1}host")
}

// TestJudge: what fails is seen, where it stands in the page.
func TestJudge(t *testing.T) {
	t.Parallel()
	b := block{line: 10, text: "nfd-compat validate-node --image a\nnfd-compat validate-node --features f --image a\nx # exits with 4\n"}
	tests := map[string]struct {
		failed string
		want   []string
	}{
		"as it must be":               {"12 4\n", nil},
		"a verdict of this host":      {"10 3\n12 4\n", nil},
		"undecided":                   {"10 7\n12 4\n", nil},
		"no verdict":                  {"10 5\n12 4\n", []string{"10: exit code 5"}},
		"a verdict of a certain host": {"11 3\n12 4\n", []string{"11: exit code 3"}},
		"not as the page says":        {"12 3\n", []string{"12: exit code 3, and the page says 4"}},
		"success where none is said":  {"", []string{"12: exit code 0, and the page says 4"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := judge(b, test.failed); !slices.Equal(got, test.want) {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

// TestRunSeesFailures: the shell itself tells what fails, by the lines of the page.
func TestRunSeesFailures(t *testing.T) {
	t.Parallel()
	failed := filepath.Join(t.TempDir(), "failed")
	text := "true\nfalse\nif false; then :; fi\n(exit 3) | cat\nnot-a-command-of-anybody\n"
	script := `set -E -o pipefail; trap 'echo "$LINENO $?" >>"$FAILED"' ERR; set -- ` + strings.Repeat("\n", 9) + text
	shell := exec.CommandContext(t.Context(), "bash", "-c", script)
	shell.Env = append(os.Environ(), "FAILED="+failed)
	_ = shell.Run() // it ends as its last command does
	said, err := os.ReadFile(failed)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []int{11, 13, 14} {
		if !strings.Contains("\n"+string(said), "\n"+strconv.Itoa(want)+" ") {
			t.Errorf("line %d failed, and the shell says:\n%s", want, said)
		}
	}
	for _, never := range []int{10, 12} {
		if strings.Contains("\n"+string(said), "\n"+strconv.Itoa(never)+" ") {
			t.Errorf("line %d did not fail, and the shell says:\n%s", never, said)
		}
	}
}
