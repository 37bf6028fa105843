// Package cli is the command line of nfd-compat: flags, streams and exit codes, and nothing but wiring.
//
// [Main] runs the program. Each command is a file: its constructor takes the streams and fills a private options struct
// from the flags, then the options are completed, checked and run.
package cli
