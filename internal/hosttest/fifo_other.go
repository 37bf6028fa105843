//go:build !unix

package hosttest

import "errors"

func makeFIFO(string) error { return errors.ErrUnsupported }
