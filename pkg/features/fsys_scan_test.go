package features

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
)

// TestScan: a text is found wherever it lies, at most once read through, and not beyond the bound.
func TestScan(t *testing.T) {
	t.Parallel()
	const text = "GNU C Library (x) stable release version 2.36.\n"
	places := []int{0, 1, scanPiece - scanShare - 1, scanPiece - scanShare, scanPiece, 3 * scanPiece}
	for i := range len(text) + 1 { // the end of the first piece, and of the second, everywhere in it
		places = append(places, scanPiece-i, 2*scanPiece-scanShare-i)
	}
	for _, at := range places {
		for _, after := range []int{0, 1, scanPiece} {
			data := strings.Repeat("x", at) + text + strings.Repeat("y", after)
			files := newFsys(fsTree{fstest.MapFS{"f": {Data: []byte(data)}}})
			got, pieces := "", 0
			err := files.scan("f", int64(len(data)), func(piece []byte) bool {
				pieces++
				got = parseGlibcVersion(piece)
				return got != ""
			})
			if err != nil || got != "2.36" || pieces > at/(scanPiece-scanShare)+2 {
				t.Errorf("%d, %d: %q in %d pieces, %v", at, after, got, pieces, err)
			}
			never := func([]byte) bool { return false }
			if err := files.scan("f", int64(len(data)), never); err != nil {
				t.Errorf("%d, %d: %v", at, after, err)
			}
			if err := files.scan("f", int64(len(data))-1, never); !errors.Is(err, errTooLarge) {
				t.Errorf("%d, %d: beyond the bound: %v", at, after, err)
			}
		}
	}
	files := newFsys(fsTree{fstest.MapFS{"d/f": {}}})
	for name, want := range map[string]error{"none": fs.ErrNotExist, "d": errNotRegular, "d/f": nil} {
		if err := files.scan(name, 1, func([]byte) bool { return false }); !errors.Is(err, want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
