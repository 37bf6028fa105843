// Command fetch gets the kernels that the tests in virtual machines boot, and prints where they are. One that is there is
// not fetched again, except with -update.
//
//	go run ./fetch
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"

	"github.com/nfd-compat/nfd-compat/test/parity/vm/kernels"
)

func main() {
	update := flag.Bool("update", false, "get the newest kernels, also where one is there")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *update)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "fetch:", err) //nolint:forbidigo // a command, if one for developers
		os.Exit(1)                             //nolint:forbidigo // a command, if one for developers
	}
}

func run(ctx context.Context, update bool) error {
	cache, err := kernels.CacheDir()
	if err != nil {
		return err
	}
	for _, name := range []string{kernels.AMD64, kernels.CloudAMD64, kernels.ARM64} {
		if _, err := kernels.Find(cache, name); update || errors.Is(err, kernels.ErrNone) {
			if err := kernels.Fetch(ctx, cache, name, os.Stderr); err != nil { //nolint:forbidigo // a command, if one for developers
				return err
			}
		}
		kernel, err := kernels.Find(cache, name)
		if err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "%s is %s\n", name, kernel.Image) //nolint:forbidigo // a command, if one for developers
	}
	return nil
}
