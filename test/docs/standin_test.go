//go:build linux

package docs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nfd-compat/nfd-compat/internal/cli"
)

// program is the one that the documents are about.
const program = "nfd-compat"

// standIns returns what this test's program does when it is called by another name: it is nfd-compat, and for a tool that is
// not on the PATH it does what the documents want of that tool. Where the tool is, as for oras in `make e2e`, the tool runs.
func standIns() map[string]func(args []string) error {
	return map[string]func([]string) error{
		program:  nil,
		"oras":   orasCommand,
		"cosign": cosignSign,
		"helm":   helmTemplate,
		"srun":   srun,
	}
}

func TestMain(m *testing.M) {
	args := os.Args //nolint:forbidigo // here a test is the program
	name := filepath.Base(args[0])
	if name == program {
		streams := cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr} //nolint:forbidigo // here a test is the program
		os.Exit(cli.Main(context.Background(), args, streams))               //nolint:forbidigo // here a test is the program
	}
	do, ok := standIns()[name]
	if !ok {
		m.Run()
		return
	}
	err := do(args[1:])
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		os.Exit(exit.ExitCode()) //nolint:forbidigo // here a test is the program
	} else if err != nil {
		fmt.Fprintf(os.Stderr, "%s (stand-in): %v\n", name, err) //nolint:forbidigo // here a test is the program
		os.Exit(1)                                               //nolint:forbidigo // here a test is the program
	}
}

// helmTemplate prints what a chart makes: here the one file of it, as it is.
func helmTemplate(args []string) error {
	if len(args) != 2 || args[0] != "template" {
		return fmt.Errorf("want template CHART, not %q", args)
	}
	files, err := filepath.Glob(filepath.Join(args[1], "templates", "*.yaml"))
	if err != nil || len(files) != 1 {
		return fmt.Errorf("the chart has %q: %w", files, err)
	}
	chart, err := os.Open(files[0])
	if err != nil {
		return err
	}
	defer chart.Close()                //nolint:errcheck // it was only read
	_, err = io.Copy(os.Stdout, chart) //nolint:forbidigo // here a test is the program
	return err
}

// srun runs a command, as on the one node of an allocation.
func srun(args []string) error {
	at := slices.IndexFunc(args, func(a string) bool { return !strings.HasPrefix(a, "-") })
	if at < 0 {
		return errors.New("want a command")
	}
	cmd := exec.CommandContext(context.Background(), args[at], args[at+1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr //nolint:forbidigo // here a test is the program
	return cmd.Run()
}
