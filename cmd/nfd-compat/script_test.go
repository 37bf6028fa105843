package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"nfd-compat": main, "nfd": main, "kubectl-nfd_compat": main, "kubectl_complete-nfd_compat": main,
		"nfd-compat-measured": measured,
	})
}

// TestScripts runs the program as its users do. In the scripts, "exits N COMMAND…" runs a command that must end with
// exit code N; what it wrote to standard output and to standard error is then asserted apart.
func TestScripts(t *testing.T) {
	t.Parallel()
	demo, err := filepath.Abs("../../testdata/demo")
	if err != nil {
		t.Fatal(err)
	}
	places := registries(t)
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("DEMO", demo)
			env.Setenv("HOME", env.WorkDir) // and the cache in it
			env.Setenv("NEWLINE", "\n")
			for name, value := range places {
				env.Setenv(name, value)
			}
			// As somebody types it, and as a file comes from elsewhere: with line ends of another system, and several.
			return os.WriteFile(filepath.Join(env.WorkDir, "password.txt"), []byte(scriptPassword+"\r\n\r\n\n"), 0o600)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
	})
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND [ARG…]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got, exit := 0, (*exec.ExitError)(nil)
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}
