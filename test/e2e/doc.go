// Package e2e has the tests with real tools: registries in processes of their own and the client with which people attach
// artifacts (oras). They carry the build tag e2e and are run by `make e2e`, which builds the tools and puts them on the PATH;
// a tool that is missing there fails them. What takes registries other than olareg carries the build tag registries as well,
// and is run by `make registries`.
package e2e
