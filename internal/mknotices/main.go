// Command mknotices writes the notices of everything that is linked into the program: each module, its licence, and the text
// that the licence asks to be passed on. A licence that is not on the list of those we may ship is an error, and so is a
// module whose licence cannot be told.
//
//	go run ./internal/mknotices FILE
//
// It needs the modules in Go's cache, which a build has put there, and no network.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
)

func main() {
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, flag.Args())
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "mknotices:", err) //nolint:forbidigo // a command, if one for developers
		os.Exit(1)                                 //nolint:forbidigo // a command, if one for developers
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) != 1 {
		return errors.New("usage: mknotices FILE")
	}
	components, err := linked(ctx, ".")
	if err != nil {
		return err
	}
	if err := check(components); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(args[0]), 0o755); err != nil {
		return err
	}
	return os.WriteFile(args[0], notices(components), 0o644)
}
