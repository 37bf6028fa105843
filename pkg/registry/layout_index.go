package registry

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// Patience with a program that is just writing index.json.
const (
	maxIndexReads = 25
	indexPause    = 20 * time.Millisecond
)

// readIndex reads index.json. There are programs that write it in place, so that for a moment it is empty, or its beginning
// alone: then it is read again after a pause. If it stays so, it is returned as it is.
func (l *layoutStore) readIndex(ctx context.Context) ([]byte, error) {
	for read := 1; ; read++ {
		data, err := l.read(ocispec.ImageIndexFile)
		if err != nil || !endsEarly(data) || read == maxIndexReads {
			return data, err
		}
		if _, changes := l.files.(directory); !changes {
			return data, nil
		}
		if err := sleep(ctx, indexPause); err != nil {
			return nil, err
		}
	}
}

// endsEarly tells whether a text is the beginning of one in JSON, and not all of it.
func endsEarly(text []byte) bool {
	var (
		value  json.RawMessage
		syntax *json.SyntaxError
	)
	err := json.Unmarshal(text, &value)
	return errors.As(err, &syntax) && syntax.Offset == int64(len(text)) && syntax.Error() == "unexpected end of JSON input"
}
