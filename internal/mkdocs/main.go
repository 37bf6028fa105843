// Command mkdocs writes what is made of the command tree: the pages in docs/commands, which are kept in the repository,
// and the man pages and completions, which go into a release.
//
//	go run ./internal/mkdocs pages docs/commands
//	go run ./internal/mkdocs man DIR
//	go run ./internal/mkdocs completions DIR
//
// It writes the same bytes every time. The date on a man page is $SOURCE_DATE_EPOCH, if that is set.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/nfd-compat/nfd-compat/internal/cli"
)

func main() {
	flag.Parse()
	if err := run(flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "mkdocs:", err) //nolint:forbidigo // a command, if one for developers
		os.Exit(1)                              //nolint:forbidigo // a command, if one for developers
	}
}

var errUsage = errors.New("usage: mkdocs {pages | man | completions} DIR")

func run(args []string) error {
	if len(args) != 2 {
		return errUsage
	}
	root := cli.Command()
	var (
		files map[string][]byte
		err   error
	)
	switch args[0] {
	case "pages":
		files = pages(root)
		err = prune(args[1], files)
	case "man":
		files, err = manPages(root)
	case "completions":
		files, err = completions(root)
	default:
		return errUsage
	}
	if err != nil {
		return err
	}
	return write(args[1], files)
}

// write writes files to a directory, which is made if it is not there.
func write(dir string, files map[string][]byte) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// prune removes the pages of a directory that are not among these files, such as that of a command that is gone.
func prune(dir string, files map[string][]byte) error {
	old, err := filepath.Glob(filepath.Join(dir, "*.md"))
	if err != nil {
		return err
	}
	for _, file := range old {
		if _, ok := files[filepath.Base(file)]; !ok {
			if err := os.Remove(file); err != nil {
				return err
			}
		}
	}
	return nil
}

// each calls a function with each command that people see, the parent before its children.
func each(cmd *cobra.Command, do func(*cobra.Command)) {
	do(cmd)
	for _, child := range cmd.Commands() {
		if child.IsAvailableCommand() {
			each(child, do)
		}
	}
}
