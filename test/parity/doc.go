// Package parity compares this project with Node Feature Discovery, whose matcher and sources it runs in the same
// process as the oracle. It is a module of its own, so that NFD's dependencies are not the product's.
//
// TestDiscovery has both look at the host that the test runs on. TestMatcher generates rules and features and
// demands, wherever NFD's matcher answers without an error, the same outcome. What differs on purpose is a difference
// in code, with its reason; anything else fails. TestRatios, run by `make bench`, times both side by side.
//
// Everything is in test files: there is nothing here to import.
package parity
