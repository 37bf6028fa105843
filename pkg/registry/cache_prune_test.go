package registry

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/opencontainers/go-digest"
)

// TestPrune: what is old goes, then the oldest until the rest is small enough, and never what is not the cache's.
func TestPrune(t *testing.T) {
	t.Parallel()
	dir, now := t.TempDir(), time.Now()
	c := &cache{dir: filepath.Join(dir, cacheVersion)}
	put := func(name string, size int64, age time.Duration) string {
		t.Helper()
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(name, size); err != nil { // it takes no room
			t.Fatal(err)
		}
		if err := os.Chtimes(name, now.Add(-age), now.Add(-age)); err != nil {
			t.Fatal(err)
		}
		return name
	}
	there := func(name string) bool {
		_, err := os.Stat(name)
		return err == nil
	}
	blob := func(i int) string {
		return "v1/blobs/sha256/" + digest.FromString(fmt.Sprint(i)).Encoded()
	}
	const most = maxCacheBytes / maxBytes
	var large []string
	for i := range most + 10 { // the first is the newest
		large = append(large, put(blob(i), maxBytes, time.Duration(i+1)*time.Hour))
	}
	old := []string{
		put("v1/answers/"+digest.FromString("x").Encoded()+".json", 10, maxCacheAge+time.Hour),
		put(blob(-1), 10, maxCacheAge+time.Hour),
		put("v1/blobs/sha256/.new-123", 10, 2*maxNewAge),
	}
	kept := []string{
		put("v1/answers/"+digest.FromString("y").Encoded()+".json", 10, time.Minute),
		put("v1/blobs/sha256/.new-124", 10, time.Minute),
		put("v1/blobs/sha256/README", 10, 2*maxCacheAge),
		put("v1/other", 10, 2*maxCacheAge),
		put(blob(-2)[len("v1/"):], 10, 2*maxCacheAge), // an OCI layout, of which CacheDir is the directory
	}
	c.prune(t.Context())
	for i, name := range large {
		if want := i < most-2; there(name) != want && i != most-2 && i != most-1 { // the small files take a little
			t.Errorf("the file of %d hours: there %t, want %t", i+1, there(name), want)
		}
	}
	for _, name := range old {
		if there(name) {
			t.Errorf("%s is there", name)
		}
	}
	for _, name := range append(kept, filepath.Join(c.dir, cacheTagFile)) {
		if !there(name) {
			t.Errorf("%s is gone", name)
		}
	}

	// Once a day.
	late := put(blob(-3), 10, maxCacheAge+time.Hour)
	c.prune(t.Context())
	if !there(late) {
		t.Error("it was pruned again at once")
	}
	marker := filepath.Join(c.dir, prunedFile)
	if err := os.Chtimes(marker, now, now.Add(-pruneEvery-time.Minute)); err != nil {
		t.Fatal(err)
	}
	c.prune(t.Context())
	if there(late) {
		t.Error("it was not pruned a day later")
	}
}

// TestReadingRenews: what is read is not what goes first.
func TestReadingRenews(t *testing.T) {
	t.Parallel()
	c := &cache{dir: t.TempDir()}
	if err := c.write("x", []byte("x")); err != nil {
		t.Fatal(err)
	}
	name, then := filepath.Join(c.dir, "x"), time.Now().Add(-10*useful)
	if err := os.Chtimes(name, then, then); err != nil {
		t.Fatal(err)
	}
	if _, err := c.read("x", 1); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(name); err != nil || time.Since(info.ModTime()) > useful {
		t.Errorf("%v, %v", info.ModTime(), err)
	}
	if _, err := c.read("x", 0); err == nil {
		t.Error("it is longer than the bound")
	}
}

// FuzzAnswer: whatever stands in a file of the cache, it is no answer to another question.
func FuzzAnswer(f *testing.F) {
	f.Add([]byte(`{"repository":"http://r.example/v2/a","reference":"v1","at":"2026-01-02T03:04:05Z","descriptor":{}}`))
	f.Add([]byte(`{"repository":"http://r.example/v2/a","subject":"v1","at":"2026-01-02T03:04:05Z","referrers":null}`))
	f.Add([]byte(`{"referrers":[{"size":1e99}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		c := &cache{dir: t.TempDir()}
		for _, question := range []answer{{Repository: "http://r.example/v2/a", Reference: "v1"}, {Repository: "http://r.example/v2/a", Subject: "v1"}} {
			if err := c.write(question.name(), data); err != nil {
				t.Fatal(err)
			}
			a, ok := c.answered(question)
			if ok && (a.Repository != question.Repository || a.Reference != question.Reference || a.Subject != question.Subject || a.At.IsZero()) {
				t.Fatalf("%q answers %v", data, question)
			}
			if ok && question.Reference != "" && a.Descriptor == nil {
				t.Fatalf("%q has no descriptor", data)
			}
		}
	})
}
