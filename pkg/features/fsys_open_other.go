//go:build !unix

package features

// openWithoutWaiting is for named pipes in the file system, which there are none of here.
const openWithoutWaiting = 0
