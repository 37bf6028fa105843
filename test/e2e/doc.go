// Package e2e has the tests with real tools: a registry in a process of its own (olareg) and the client with which people
// attach artifacts (oras). They carry the build tag e2e and are run by `make e2e`, which builds the tools and puts them on
// the PATH; a tool that is missing there fails them.
package e2e
