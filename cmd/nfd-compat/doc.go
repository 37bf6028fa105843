// Command nfd-compat tells whether a host can run a container image: see its help.
package main
