// Package kernels gets Debian's kernels and finds what a virtual machine needs of them: the image, the configuration, the
// modules in the order of their dependencies. They lie unpacked in a cache directory.
package kernels
