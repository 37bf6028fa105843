// Package docs has the test that runs every shell block of the documents, to the letter: README.md, the pages in docs and
// those of the commands, and examples/README.md. A block is what stands in a fence marked "sh". It runs in a small world of
// files and images such as the pages speak of; registry.example.com is there, over HTTPS, and stands in memory.
//
// A command must succeed. One that judges the host it runs on may also end with a verdict, incompatible or undecided; one
// that makes a spec of it may find that it has none of a feature; and one with a comment "# exits with N" must end so. A
// block that cannot run here stands in a list, with the reason.
//
// The package also runs the programs of the library's page and the pipelines of the page on CI, follows the links of all
// pages, and holds what README.md shows to what is printed, the Job of the examples to what
// Kubernetes takes and to what features are read from.
package docs
