// Command mkdemo writes the OCI layout of the demonstration: a small image for linux/amd64 and linux/arm64 under the tag
// v1, and a compatibility artifact attached to its index. It writes the same bytes every time.
//
//	go run ./internal/mkdemo testdata/demo
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
)

func main() {
	flag.Parse()
	if err := run(flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "mkdemo:", err) //nolint:forbidigo // a command, if one for developers
		os.Exit(1)                              //nolint:forbidigo // a command, if one for developers
	}
}

func run(args []string) error {
	if len(args) != 1 {
		return errors.New("usage: mkdemo DIR")
	}
	return write(args[0])
}
