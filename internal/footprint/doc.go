// Package footprint keeps the memory of a short-lived process small.
package footprint

// Reduce lets go of what only the start of the program needed, and fits the garbage collector to a program that most often ends
// before there is much to collect. It is called once, first thing in main.
func Reduce() {
	releaseStartPages()
	tuneCollector()
}
