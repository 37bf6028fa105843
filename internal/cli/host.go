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
	host, err := openHost(root)
	if err != nil {
		return nil, err
	}
	defer host.Close() //nolint:errcheck // nothing was written
	return host.Discover(ctx, needs)
}

// openHost returns the host whose root is at a directory. The caller closes it.
func openHost(root string) (*features.Host, error) {
	if path.Clean(filepath.ToSlash(root)) == "/" {
		return features.Live(), nil
	}
	host, err := features.Open(root)
	if err != nil {
		return nil, fmt.Errorf("open the host's root: %w", err)
	}
	return host, nil
}

// readFeatures reads features that were exported to a file, or to standard input.
func (s Streams) readFeatures(file string) (*features.Set, error) {
	from, err := s.open(file)
	if err != nil {
		return nil, err
	}
	defer from.Close() //nolint:errcheck // it was only read
	set, err := features.Read(from)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", inputName(file), err)
	}
	return set, nil
}
