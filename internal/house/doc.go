// Package house holds the rules of the house, as tests: who may import whom, what a user of one package links, and what
// a file and a package must have. It has no code of its own.
//
// A new package needs a row in the table of house_test.go, which is where its place in the house is decided.
package house
