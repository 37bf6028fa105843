package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestWhatIfPage runs the commands of docs/what-if.md in order, each of which must end with the exit code that it names.
func TestWhatIfPage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/what-if.md")
	if err != nil {
		t.Fatal(err)
	}
	examples, err := filepath.Abs("../../examples")
	if err != nil {
		t.Fatal(err)
	}
	script := "exec cp -r " + examples + " examples\n"
	said := regexp.MustCompile(`^(.*?)(?: > (\S+))?(?: {3}# exits with (\d+))?$`)
	commands := 0
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(string(page), -1) {
		for line := range strings.Lines(block[1]) {
			parts := said.FindStringSubmatch(strings.TrimSpace(line))
			code := parts[3]
			if code == "" {
				code = "0"
			}
			script += fmt.Sprintf("exits %s %s\n", code, parts[1])
			if parts[2] != "" {
				script += "cp stdout " + parts[2] + "\n"
			}
			commands++
		}
	}
	if commands < 11 {
		t.Errorf("%d commands", commands)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "page.txtar"), []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{Dir: dir, RequireExplicitExec: true, Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits}})
}
