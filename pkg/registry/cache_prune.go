package registry

import (
	"cmp"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// Bounds on the cache, held once a day by whoever writes to it.
const (
	maxCacheBytes = 256 << 20
	cacheBlock    = 4096 // what the smallest file takes
	maxCacheAge   = 90 * 24 * time.Hour
	maxNewAge     = time.Hour // of a file whose writer has gone
	pruneEvery    = 24 * time.Hour
	prunedFile    = "pruned"
)

// cacheTag tells programs that make backups that this directory can be left out.
//
// Source: https://bford.info/cachedir/
const (
	cacheTagFile = "CACHEDIR.TAG"
	cacheTag     = "Signature: 8a477f597d28d172789f06886806bc55\n# This directory holds what nfd-compat has read from registries; it can be removed at any time.\n"
)

// kept is a file of the cache.
type kept struct {
	name string
	size int64
	at   time.Time
}

// prune removes from the cache what is old, and of the rest the oldest until what is left is small enough. It is no
// one's loss if it fails: the next one does it.
func (c *cache) prune(ctx context.Context) {
	now := time.Now()
	if info, err := os.Stat(filepath.Join(c.dir, prunedFile)); err == nil && now.Sub(info.ModTime()).Abs() < pruneEvery {
		return
	}
	if c.write(prunedFile, nil) != nil || c.write(cacheTagFile, []byte(cacheTag)) != nil {
		return
	}
	files := c.files(ctx)
	slices.SortFunc(files, func(a, b kept) int { return cmp.Or(b.at.Compare(a.at), strings.Compare(a.name, b.name)) })
	total := int64(0)
	for _, f := range files {
		age, most := now.Sub(f.at), maxCacheAge
		if strings.HasPrefix(filepath.Base(f.name), newPrefix) {
			most = maxNewAge
		}
		total += (f.size + cacheBlock - 1) / cacheBlock * cacheBlock
		if age > most || total > maxCacheBytes {
			_ = os.Remove(f.name) // another process may have done it
		}
	}
}

// files lists what this package has put into the cache, and nothing else that may stand there.
func (c *cache) files(ctx context.Context) []kept {
	ours := regexp.MustCompile(`^([0-9a-f]{64,128}(\.json)?|` + regexp.QuoteMeta(newPrefix) + `[0-9]+)$`)
	var files []kept
	for _, part := range []string{ocispec.ImageBlobsDir, answersDir} {
		_ = filepath.WalkDir(filepath.Join(c.dir, part), func(name string, d fs.DirEntry, err error) error {
			if ctx.Err() != nil {
				return fs.SkipAll
			}
			if err != nil || !d.Type().IsRegular() || !ours.MatchString(d.Name()) {
				return nil //nolint:nilerr // what cannot be listed is left
			}
			if info, err := d.Info(); err == nil {
				files = append(files, kept{name, info.Size(), info.ModTime()})
			}
			return nil
		})
	}
	return files
}
