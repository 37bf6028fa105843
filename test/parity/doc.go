// Package parity compares this project with Node Feature Discovery, whose matcher and sources it runs in the same
// process as the oracle. It is a module of its own, so that NFD's dependencies are not the product's.
//
// TestDiscovery has both look at the host that the test runs on. TestTrees has them look at the hosts of pkg/features/testdata,
// TestTreesWithAFault at some of these with one file after the other missing, unreadable and empty. TestMatcher generates specs and features and demands,
// wherever NFD's matcher answers without an error, the same outcome; TestRegexps does so for regular expressions, and
// TestTemplates for what templates publish. What differs on purpose is a difference in code; anything else fails. Each
// difference is a line of docs/conformance.md, to which TestConformance holds them, and has a test that shows what both say.
//
// TestRatios, run by `make bench`, times both side by side, in this process and as programs.
//
// Everything is in test files: there is nothing here to import.
package parity
