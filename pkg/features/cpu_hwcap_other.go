//go:build !linux

package features

import "errors"

// readHwcaps is never asked here: no root is the running host's own on another operating system than Linux.
func readHwcaps() (hwcap, hwcap2 uint64, err error) { return 0, 0, errors.ErrUnsupported }
