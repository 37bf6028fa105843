package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/pflag"

	"github.com/nfd-compat/nfd-compat/pkg/registry"
)

// registryFlags are the flags of every command that reaches a registry.
type registryFlags struct {
	plainHTTP bool
	timeout   time.Duration
}

func (f *registryFlags) add(flags *pflag.FlagSet) {
	flags.BoolVar(&f.plainHTTP, "plain-http", false, "speak HTTP, not HTTPS, with the registry")
	flags.DurationVar(&f.timeout, "timeout", time.Minute, "how long to wait for the registry in all")
}

// client returns the client that the flags ask for. The time is for the caller to bound.
func (f *registryFlags) client() *registry.Client {
	return &registry.Client{PlainHTTP: f.plainHTTP, UserAgent: name + "/" + version()}
}

// namingTimeout says of an error for want of time which flag gave it.
func (f *registryFlags) namingTimeout(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%w of %s (--timeout)", err, f.timeout)
	}
	return err
}
