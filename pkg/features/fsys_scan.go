package features

import (
	"errors"
	"fmt"
	"io"
)

// Pieces of a file that is scanned, in bytes. Two that follow each other share an end, for what lies across.
const (
	scanPiece = 64 << 10
	scanShare = 4 << 10
)

// scan reads the regular file of this name, at most limit bytes, piece by piece, until one is what was looked for. What the pieces are is
// not kept. It is for large files of which a little is wanted.
func (f *fsys) scan(name string, limit int64, found func(piece []byte) bool) error {
	if err := f.scanBounded(name, limit, found); err != nil {
		return fmt.Errorf("read /%s: %w", name, err)
	}
	f.trace.note("/" + name)
	return nil
}

func (f *fsys) scanBounded(name string, limit int64, found func(piece []byte) bool) error {
	file, err := f.open(name)
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // it was only read
	reader := io.LimitReader(file, limit+1)
	buffer := make([]byte, scanPiece)
	have, total := 0, int64(0)
	for {
		n, err := io.ReadFull(reader, buffer[have:])
		total += int64(n)
		end := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		switch {
		case err != nil && !end:
			return cause(err)
		case total > limit:
			return fmt.Errorf("%w: %d bytes", errTooLarge, limit)
		case found(buffer[:have+n]), end:
			return nil
		}
		have = copy(buffer, buffer[scanPiece-scanShare:])
	}
}
