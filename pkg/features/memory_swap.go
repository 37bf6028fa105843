package features

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// discoverSwap tells whether swap space is in use. A kernel that was built without support for it (CONFIG_SWAP) has no
// /proc/swaps, and then the feature is absent.
func discoverSwap(_ context.Context, v *view) finding {
	const file = "proc/swaps"
	data, err := v.files.read(file, maxFile)
	if err != nil {
		return v.optional(err, file, procPlace)
	}
	enabled, err := parseSwaps(bytes.NewReader(data))
	if err != nil {
		return unreadable(fmt.Errorf("parse /%s: %w", file, err))
	}
	return finding{attributes: map[string]string{"enabled": strconv.FormatBool(enabled)}}
}

// parseSwaps says whether /proc/swaps lists a device or a file, which it does in the lines after the first:
//
//	Filename				Type		Size		Used		Priority
//	/dev/nvme0n1p3                          partition	8388604		0		-2
//
// The kernel always writes the first line, so a text without it is an error.
func parseSwaps(r io.Reader) (bool, error) {
	filled := 0
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxFile)
	for lines.Scan() {
		if strings.TrimSpace(lines.Text()) != "" {
			filled++
		}
	}
	if err := lines.Err(); err != nil {
		return false, err
	}
	if filled == 0 {
		return false, errors.New("it is empty")
	}
	return filled > 1, nil
}
