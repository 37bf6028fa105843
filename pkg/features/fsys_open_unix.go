//go:build unix

package features

import "syscall"

// openWithoutWaiting keeps the opening of a named pipe, that took the place of a regular file a moment ago, from waiting
// for a writer.
const openWithoutWaiting = syscall.O_NONBLOCK
