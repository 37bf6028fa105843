package registry

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// Limits on an archive. Of what is not compressed, only where the files stand is kept in memory. Of what is, small files
// are kept as well, since each look at another one goes through all that stands before it.
const (
	maxArchiveEntries  = 50000
	maxArchiveName     = 256       // of a file of a layout
	maxArchiveUnpacked = 256 << 30 // bytes that a compressed archive unpacks to
	smallFile          = 256 << 10
	maxSmallFiles      = 32 << 20 // all of them
)

// archive is a tar archive of an OCI layout, compressed with gzip or not. Nothing is unpacked: its entries are looked up by
// the names that a layout has, and only regular files count.
type archive struct {
	ctx        context.Context // of the one call that the archive is opened for: to go through it may take long
	file       *os.File
	size       int64
	compressed bool
	entries    map[string]archived
	docker     bool // it has the file that docker save writes
}

// archived is an entry of an archive.
type archived struct {
	regular bool
	size    int64
	offset  int64  // of the bytes, in what the archive unpacks to
	data    []byte // the bytes, if they were kept
}

// openArchive opens an archive and goes through it once.
func openArchive(ctx context.Context, name string) (*archive, error) {
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, &cause{kind: ErrNotFound, words: "there is no such file", from: err}
	case err == nil && info.IsDir():
		return nil, broken("it is a directory: a layout that is not in an archive is oci:DIR")
	case err == nil && !info.Mode().IsRegular(): // to open a named pipe would wait for a writer
		return nil, broken("it is not a regular file")
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, fileError(err)
	}
	a := &archive{ctx: ctx, file: file, entries: map[string]archived{}}
	if err := a.index(); err != nil {
		_ = file.Close() // nothing was written
		return nil, err
	}
	return a, nil
}

// Close closes the archive's file.
func (a *archive) Close() error { return a.file.Close() }

// index goes through the archive and notes where the files of the layout stand.
func (a *archive) index() error {
	info, err := a.file.Stat()
	if err != nil {
		return fileError(err)
	}
	a.size = info.Size()
	if err := a.detect(); err != nil {
		return err
	}
	from, err := a.unpacked()
	if err != nil {
		return a.fault(err)
	}
	entries, kept := tar.NewReader(from), int64(0)
	for n := 0; ; n++ {
		header, err := entries.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return a.fault(err)
		}
		if n == maxArchiveEntries {
			return broken("the archive has more than %d entries", maxArchiveEntries)
		}
		name, ok := layoutName(header.Name)
		if !ok {
			a.docker = a.docker || header.Name == "manifest.json"
			continue
		}
		// Two of them would be two images, for two readers.
		if _, again := a.entries[name]; again && !strings.HasPrefix(name, ocispec.ImageBlobsDir+"/") {
			return broken("the archive has the file %s more than once", name)
		}
		entry := archived{regular: header.Typeflag == tar.TypeReg && !isSparse(header), size: header.Size, offset: from.at()}
		if a.compressed && entry.regular && entry.size <= smallFile && kept+entry.size <= maxSmallFiles {
			if entry.data, err = io.ReadAll(entries); err != nil {
				return a.fault(err)
			}
			kept += entry.size
		}
		a.entries[name] = entry
	}
}

// detect finds out how the archive is compressed, by its first bytes.
func (a *archive) detect() error {
	first := make([]byte, 6)
	n, err := a.file.ReadAt(first, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return fileError(err)
	}
	first = first[:n]
	a.compressed = bytes.HasPrefix(first, []byte{0x1f, 0x8b})
	for with, magic := range map[string]string{"zstd": "\x28\xb5\x2f\xfd", "xz": "\xfd7zXZ\x00", "bzip2": "BZh"} {
		if bytes.HasPrefix(first, []byte(magic)) {
			return broken("the archive is compressed with %s, and only gzip can be read: decompress it first", with)
		}
	}
	return nil
}

// layoutName returns the name of an entry as that of a file of a layout, and whether it is one. No other name is looked at,
// and none is followed.
func layoutName(name string) (string, bool) {
	name = strings.TrimPrefix(name, "./")
	if name == ocispec.ImageLayoutFile || name == ocispec.ImageIndexFile {
		return name, true
	}
	parts := strings.Split(name, "/")
	return name, len(name) <= maxArchiveName && len(parts) == 3 && parts[0] == ocispec.ImageBlobsDir && path.Clean(name) == name
}

// isSparse tells whether an entry's bytes do not stand as they are.
func isSparse(header *tar.Header) bool {
	for key := range header.PAXRecords {
		if strings.HasPrefix(key, "GNU.sparse.") {
			return true
		}
	}
	return false
}

// stream is what the archive unpacks to, from its beginning.
type stream interface {
	io.Reader
	at() int64 // how much has been read
}

// unpacked returns what the archive unpacks to.
func (a *archive) unpacked() (stream, error) {
	plain := &plainStream{io.NewSectionReader(a.file, 0, a.size)}
	if !a.compressed {
		return plain, nil
	}
	unpacking, err := gzip.NewReader(plain)
	if err != nil {
		return nil, err
	}
	return &gzipStream{a.ctx, unpacking, 0}, nil
}

// plainStream can seek, so that what is passed over is not read.
type plainStream struct{ *io.SectionReader }

func (s *plainStream) at() int64 {
	at, err := s.Seek(0, io.SeekCurrent)
	if err != nil {
		return 0 // it cannot be: nothing is sought
	}
	return at
}

type gzipStream struct {
	ctx  context.Context // see archive
	from io.Reader
	read int64
}

func (s *gzipStream) at() int64 { return s.read }

// Read reads until the context ends, or too much has been unpacked.
func (s *gzipStream) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	if s.read > maxArchiveUnpacked {
		return 0, broken("the archive unpacks to more than %d bytes", int64(maxArchiveUnpacked))
	}
	n, err := s.from.Read(p)
	s.read += int64(n)
	return n, err
}

// fault puts an error of reading the archive into words.
func (a *archive) fault(err error) error {
	switch {
	case a.ctx.Err() != nil:
		return a.ctx.Err()
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return brokenBy(err, "the archive breaks off")
	case errors.Is(err, tar.ErrHeader):
		return brokenBy(err, "it is no tar archive, or a damaged one")
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum):
		return brokenBy(err, "what gzip compressed is damaged")
	}
	return fileError(err)
}

// Stat describes an entry.
func (a *archive) Stat(name string) (fs.FileInfo, error) {
	entry, ok := a.entries[name]
	if !ok {
		return nil, &fs.PathError{Op: "stat", Path: name, Err: fs.ErrNotExist}
	}
	return archivedInfo{name, entry}, nil
}

// Open opens an entry. What stands in the middle of a compressed archive is read from its beginning.
func (a *archive) Open(name string) (fs.File, error) {
	info, err := a.Stat(name)
	if err != nil {
		return nil, err
	}
	entry := a.entries[name]
	switch {
	case !entry.regular:
		return nil, broken("%s is not a regular file", name)
	case !a.compressed:
		return archivedFile{io.NewSectionReader(a.file, entry.offset, entry.size), info}, nil
	case entry.data != nil || entry.size == 0:
		return archivedFile{bytes.NewReader(entry.data), info}, nil
	}
	from, err := a.unpacked()
	if err == nil {
		_, err = io.CopyN(io.Discard, from, entry.offset)
	}
	if err != nil {
		return nil, a.fault(err)
	}
	return archivedFile{io.LimitReader(from, entry.size), info}, nil
}

// archivedFile is an open entry.
type archivedFile struct {
	io.Reader
	info fs.FileInfo
}

// Stat describes the entry.
func (f archivedFile) Stat() (fs.FileInfo, error) { return f.info, nil }

// Close does nothing: the archive stays open.
func (archivedFile) Close() error { return nil }

// archivedInfo describes an entry.
type archivedInfo struct {
	name  string
	entry archived
}

func (i archivedInfo) Name() string     { return path.Base(i.name) }
func (i archivedInfo) Size() int64      { return i.entry.size }
func (archivedInfo) ModTime() time.Time { return time.Time{} }
func (archivedInfo) IsDir() bool        { return false }
func (archivedInfo) Sys() any           { return nil }

// Mode is that of a regular file, or of something that is not to be read.
func (i archivedInfo) Mode() fs.FileMode {
	if i.entry.regular {
		return 0o444
	}
	return fs.ModeIrregular
}
