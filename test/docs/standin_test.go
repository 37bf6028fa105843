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
	"testing"

	"github.com/nfd-compat/nfd-compat/internal/cli"
)

// program is the one that the documents are about.
const program = "nfd-compat"

// A standIn is what this test's program does when it is called by the name of a tool: what the documents want of that tool.
type standIn struct {
	do func(args []string) error
	// instead of the tool even where that is on the PATH, since it would want what is not here: a cluster, rights, a network.
	instead bool
}

// standIns returns the tools of the documents. Where one is on the PATH, as oras is in `make e2e`, the tool itself runs, but
// for those that want what is not here.
func standIns() map[string]standIn {
	return map[string]standIn{
		"oras":      {do: orasCommand},
		"cosign":    {do: cosignSign},
		"helm":      {do: helmTemplate},
		"jq":        {do: jq},
		"srun":      {do: run, instead: true},
		"sudo":      {do: run, instead: true},
		"podman":    {do: podmanRun, instead: true},
		"apptainer": {do: apptainer, instead: true},
		"kubectl":   {do: kubectl, instead: true},
	}
}

func TestMain(m *testing.M) {
	args := os.Args //nolint:forbidigo // here a test is the program
	name := filepath.Base(args[0])
	// The program answers to some names more.
	if slices.Contains([]string{program, "nfd", "kubectl-nfd_compat"}, name) {
		streams := cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr} //nolint:forbidigo // here a test is the program
		os.Exit(cli.Main(context.Background(), args, streams))               //nolint:forbidigo // here a test is the program
	}
	tool, ok := standIns()[name]
	if !ok {
		m.Run()
		return
	}
	err := tool.do(args[1:])
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
