// Package features tells what a host offers, under the names, kinds and values that Node Feature Discovery (NFD) v0.19
// uses, so that a rule gives the same answer here and in a cluster.
//
// Two functions are what most people need: [Host.Discover] reads a host's features, and [Read] takes features that were
// written before, by [Write] or by NFD's own "nfd export features". Both return a [Set].
//
// # Hosts
//
// A [Host] is a root directory plus, where the root is the running host's own, the processor. [Live] is the running host,
// [Open] a host whose file system is mounted somewhere (a Kubernetes Job mounts it at /host), [FromFS] a tree in memory.
// Links below the root are followed as in a chroot, and no file outside it is ever read. Only regular files are read, and
// each only up to a bound, so a hostile tree can neither hang the reader nor exhaust it. No cgo is needed.
//
// # What is not known
//
// Discovery has no error of its own. A feature that could not be read has a [Status] that says so and why, because a
// requirement on it is then not refuted but undecided. See [State].
//
// # The catalogue
//
// [Catalogue] lists every feature of NFD v0.19 with its kinds, its elements and where it is read; [Lookup] finds one.
package features
