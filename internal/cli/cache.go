package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/pflag"

	"github.com/nfd-compat/nfd-compat/pkg/registry"
)

// cacheFlags are the flags of the cache of what registries answer.
type cacheFlags struct {
	dir     string
	none    bool
	offline bool
}

func (f *cacheFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.dir, "cache-dir", "", "the `DIR` that keeps what registries answer, instead of nfd-compat in the user's cache directory")
	flags.BoolVar(&f.none, "no-cache", false, "keep nothing of what registries answer, and ask for all of it")
	flags.BoolVar(&f.offline, "offline", false, "ask no registry: answer from the cache, as the registry did when it was asked last")
}

// check finds what is wrong with the flags.
func (f *cacheFlags) check() error {
	switch {
	case f.none && f.dir != "":
		return errors.New("--no-cache and --cache-dir exclude each other")
	case f.none && f.offline:
		return errors.New("--no-cache and --offline exclude each other: without a cache there is nothing to answer from")
	}
	return nil
}

// apply tells a client of the cache.
func (f *cacheFlags) apply(client *registry.Client) {
	client.Offline, client.CacheDir = f.offline, f.place()
}

// place is the directory of the cache, empty if there is none: where a user has no cache directory, unless one is named.
func (f *cacheFlags) place() string {
	if f.none || f.dir != "" {
		return f.dir
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, name)
}

// tell says on standard error what there is to say of the cache: that the answer is an old one, and, if the directory was
// named, that nothing could be kept there. Nobody asked for the user's own.
func (f *cacheFlags) tell(streams Streams, image *registry.Image) {
	if at := image.CachedAt; !at.IsZero() {
		streams.note("offline: %s is as the registry answered %s ago, at %s", image.Reference, age(time.Since(at)), at.Format(time.RFC3339))
	}
	if image.CacheFault != nil && f.dir != "" {
		streams.note("warning: the cache %s keeps nothing: %v", f.dir, image.CacheFault)
	}
}

// age says how long something was, in one unit.
func age(d time.Duration) string {
	const day = 24 * time.Hour
	count := func(unit time.Duration, name string) string {
		n := int(d / unit)
		if n == 1 {
			return "1 " + name
		}
		return fmt.Sprintf("%d %ss", n, name)
	}
	switch {
	case d >= day:
		return count(day, "day")
	case d >= time.Hour:
		return count(time.Hour, "hour")
	case d >= time.Minute:
		return count(time.Minute, "minute")
	default:
		return "less than a minute"
	}
}
