// Package render writes results for their readers: for people, for programs, and for CI.
//
// A report of a host is written by [Text] or [JSON]; what was found in specs by [FindingsText], [FindingsJSON], [SARIF] or
// [GitHub]. All of them only write what they are given; nothing is judged here.
package render
