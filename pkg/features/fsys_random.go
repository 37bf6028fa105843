package features

import (
	"errors"
	"fmt"
	"io"
)

var errNotRandom = errors.New("cannot be read but from its beginning")

// A boundedReader reads a file here and there, as many bytes as it is allowed to, all in all.
type boundedReader struct {
	from io.ReaderAt
	left int64
}

// ReadAt is that of [io.ReaderAt], but not for several at a time.
func (r *boundedReader) ReadAt(p []byte, offset int64) (int, error) {
	if int64(len(p)) > r.left {
		return 0, errTooLarge
	}
	r.left -= int64(len(p))
	return r.from.ReadAt(p, offset)
}

// inspect hands the regular file of this name to a function that reads parts of it, at most limit bytes. The file may be of any size.
func (f *fsys) inspect(name string, limit int64, do func(io.ReaderAt) error) error {
	if err := f.inspectBounded(name, limit, do); err != nil {
		return fmt.Errorf("read /%s: %w", name, err)
	}
	f.trace.note("/" + name)
	return nil
}

func (f *fsys) inspectBounded(name string, limit int64, do func(io.ReaderAt) error) error {
	at, mode, err := f.resolve(name)
	if err != nil {
		return err
	}
	if !mode.IsRegular() {
		return errNotRegular
	}
	file, err := f.tree.Open(at)
	if err != nil {
		return cause(err)
	}
	defer file.Close() //nolint:errcheck // it was only read
	// Once more, of the file that was opened: the name may have come to stand for another one meanwhile.
	info, err := file.Stat()
	if err != nil {
		return cause(err)
	}
	if !info.Mode().IsRegular() {
		return errNotRegular
	}
	random, ok := file.(io.ReaderAt)
	if !ok {
		return errNotRandom
	}
	return do(&boundedReader{from: random, left: limit})
}
