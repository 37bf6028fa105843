package registry

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// The cache is a plain directory. Below CacheDir/v1 it has
//
//	blobs/ALGORITHM/HEX  what has this digest: manifests, indexes, configs, payloads
//	answers/HEX.json     what a registry said of a reference, or of the referrers of a manifest, and when; see answer
//	pruned               its time is that of the last pruning
//
// A file is written under another name and then renamed, so that processes can share the directory: each sees a whole file
// or none. What is read by its digest is verified, so that a file that was cut off or changed is one that is not there.
// Nobody but the user may read it: it may hold what was had with credentials.
const (
	cacheVersion = "v1"
	answersDir   = "answers"
	newPrefix    = ".new-" // of a file that is being written
	dirMode      = 0o700
)

// useful is how old a file's time may get before reading the file renews it; pruning goes by that time.
const useful = 24 * time.Hour

// cache is the directory. A fault in keeping is no fault of the answer: it is remembered, and the answer given.
type cache struct {
	dir string // with the version

	mu    sync.Mutex
	wrote bool
	fault error // the first
}

// answer is what a registry said.
type answer struct {
	// Repository is its URL, with the scheme, and "insecure+" before it if its certificate was not verified: what was had
	// without TLS, or from whoever it was, is no answer to those who want it verified.
	Repository string `json:"repository"`
	// Reference is the tag or digest that was resolved, or Subject the digest whose referrers were listed.
	Reference string `json:"reference,omitempty"`
	Subject   string `json:"subject,omitempty"`
	// At is when it was said.
	At time.Time `json:"at"`
	// Descriptor is what the reference resolved to.
	Descriptor *ocispec.Descriptor `json:"descriptor,omitempty"`
	// Referrers are those that may be compatibility artifacts, as many as are looked at, Left is how many more there are, and
	// Via is how they were listed.
	Referrers descriptors `json:"referrers,omitzero"`
	Left      int         `json:"left,omitempty"`
	Via       string      `json:"via,omitempty"`
}

// name is the file of an answer to this question.
func (a *answer) name() string {
	sum := sha256.Sum256([]byte(a.Repository + "\x00" + a.Reference + "\x00" + a.Subject))
	return filepath.Join(answersDir, hex.EncodeToString(sum[:])+".json")
}

// answered returns the answer to a question: the Repository with the Reference or Subject.
func (c *cache) answered(question answer) (*answer, bool) {
	data, err := c.read(question.name(), maxBytes)
	if err != nil {
		return nil, false
	}
	var a answer
	if err := json.Unmarshal(data, &a); err != nil {
		return nil, false
	}
	same := a.Repository == question.Repository && a.Reference == question.Reference && a.Subject == question.Subject
	whole := !a.At.IsZero() && (a.Descriptor != nil) == (a.Reference != "") && a.Referrers.there == (a.Subject != "") && a.Left >= 0
	return &a, same && whole
}

// keepAnswer keeps an answer in place of an older one.
func (c *cache) keepAnswer(a answer) {
	data, err := json.Marshal(a)
	if err == nil && len(data) <= maxBytes { // a longer one could not be read
		err = c.write(a.name(), data)
	}
	c.note(err)
}

// blob returns the bytes that a descriptor describes.
func (c *cache) blob(desc ocispec.Descriptor) ([]byte, bool) {
	if checkDescriptor(desc) != nil {
		return nil, false
	}
	data, err := c.read(filepath.FromSlash(blobPath(desc.Digest)), desc.Size)
	if err != nil || int64(len(data)) != desc.Size || desc.Digest.Algorithm().FromBytes(data) != desc.Digest {
		return nil, false
	}
	return data, true
}

// keepBlob keeps bytes that have been verified. What is there under their name, if anything is, was not they.
func (c *cache) keepBlob(desc ocispec.Descriptor, data []byte) {
	c.note(c.write(filepath.FromSlash(blobPath(desc.Digest)), data))
}

// read reads a file of the cache, of at most limit bytes.
func (c *cache) read(name string, limit int64) ([]byte, error) {
	name = filepath.Join(c.dir, name)
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() { // to open a named pipe is to wait for ever
		return nil, &fs.PathError{Op: "read", Path: name, Err: errors.New("it is no regular file")}
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	data, err := readBounded(f, limit)
	if err != nil {
		return nil, err
	}
	if now := time.Now(); now.Sub(info.ModTime()) > useful {
		_ = os.Chtimes(name, now, now) // a directory that is only read is as good
	}
	return data, nil
}

// write puts a file into the cache, whole or not at all.
func (c *cache) write(name string, data []byte) error {
	name = filepath.Join(c.dir, name)
	if err := os.MkdirAll(filepath.Dir(name), dirMode); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(name), newPrefix+"*") // of mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // pruning removes it else
	}
	// Where a file that is open cannot be replaced, another process was as fast, with the same bytes.
	if info, statErr := os.Stat(name); err != nil && statErr == nil && info.Size() == int64(len(data)) {
		return nil
	}
	return err
}

// note remembers how keeping something went.
func (c *cache) note(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fault == nil {
		c.fault = err
	}
	c.wrote = c.wrote || err == nil
}

// settle ends the use of the cache for one image, and returns why something could not be kept.
func (c *cache) settle(ctx context.Context) error {
	c.mu.Lock()
	wrote, fault := c.wrote, c.fault
	c.mu.Unlock()
	if wrote {
		c.prune(ctx)
	}
	return fault
}
