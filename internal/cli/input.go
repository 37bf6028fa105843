package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
)

// stdin is the file name that stands for standard input.
const stdin = "-"

// errTooLarge: a file is larger than what its reader takes.
var errTooLarge = errors.New("too large")

// readFile reads a file, or standard input, of at most so many bytes.
func (s Streams) readFile(file string, most int64) ([]byte, error) {
	from, err := s.open(file)
	if err != nil {
		return nil, err
	}
	defer from.Close() //nolint:errcheck // it was only read
	content, err := io.ReadAll(io.LimitReader(from, most+1))
	if pathErr := (*fs.PathError)(nil); errors.As(err, &pathErr) {
		return nil, err // it names the operation, the file and the cause
	} else if err != nil {
		return nil, fmt.Errorf("read %s: %w", inputName(file), err)
	}
	if int64(len(content)) > most {
		return nil, fmt.Errorf("read %s: %w: more than %d bytes", inputName(file), errTooLarge, most)
	}
	return content, nil
}

// open opens a file, or standard input.
func (s Streams) open(file string) (io.ReadCloser, error) {
	if file == stdin {
		return io.NopCloser(s.In), nil
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err // it names the operation, the file and the cause
	}
	return f, nil
}

func inputName(file string) string {
	if file == stdin {
		return "standard input"
	}
	return file
}

func inputNames(files []string) []string {
	names := make([]string, len(files))
	for i, file := range files {
		names[i] = inputName(file)
	}
	return names
}

// oneOf checks the value of a flag that takes a word.
func oneOf(flag, value string, words ...string) error {
	if slices.Contains(words, value) {
		return nil
	}
	return fmt.Errorf("--%s is %q: want %s", flag, value, either(words))
}

// either lists words of which one is wanted: "text, json or yaml".
func either(words []string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
