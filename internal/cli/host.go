package cli

import (
	"context"
	"fmt"
	"path"
	"path/filepath"

	"github.com/spf13/pflag"

	"github.com/nfd-compat/nfd-compat/pkg/features"
)

func addHostRoot(flags *pflag.FlagSet, root *string) {
	flags.StringVar(root, "host-root", "/", "the `DIR` at which the host's root is mounted, for use in a container")
}

// discover reads the features of these names (nil: of all) of the host whose root is at a directory.
func discover(ctx context.Context, root string, needs []string) (*features.Set, error) {
	host := features.Live()
	if path.Clean(filepath.ToSlash(root)) != "/" {
		var err error
		if host, err = features.Open(root); err != nil {
			return nil, fmt.Errorf("open the host's root: %w", err)
		}
	}
	defer host.Close() //nolint:errcheck // nothing was written
	return host.Discover(ctx, needs)
}
