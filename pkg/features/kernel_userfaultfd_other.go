//go:build !linux

package features

import "errors"

// askUserfaultfd is never asked here: no root is the running host's own on another operating system than Linux.
func askUserfaultfd() (uint64, error) { return 0, errors.ErrUnsupported }
