// Command mkgpuids takes from a pci.ids, the list of the PCI ID Project, what pkg/features needs of it: the names of the GPUs of
// AMD, Intel and NVIDIA, and those of accelerators. It writes them in the same format to standard output.
//
//	go run ./internal/mkgpuids pci.ids > pkg/features/gpu_ids.txt
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

func main() {
	flag.Parse()
	if err := run(flag.Args(), os.Stdout); err != nil { //nolint:forbidigo // a command, if one for developers
		fmt.Fprintln(os.Stderr, "mkgpuids:", err) //nolint:forbidigo // a command, if one for developers
		os.Exit(1)                                //nolint:forbidigo // a command, if one for developers
	}
}

func run(args []string, out io.Writer) error {
	if len(args) != 1 {
		return errors.New("usage: mkgpuids FILE")
	}
	text, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	return write(out, string(text))
}
