// Command nfd-sources prints, as JSON, what the sources of Node Feature Discovery find on this host: {"features": …,
// "failed": {SOURCE: ERROR}}. It is linked statically, for a host that has no files but its kernel's.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"

	"github.com/nfd-compat/nfd-compat/test/parity/sources"
)

func main() {
	if err := run(os.Stdout); err != nil { //nolint:forbidigo // a program of a virtual machine
		fmt.Fprintln(os.Stderr, "nfd-sources:", err) //nolint:forbidigo // a program of a virtual machine
		os.Exit(1)                                   //nolint:forbidigo // a program of a virtual machine
	}
}

func run(out io.Writer) error {
	if err := sources.Silence(); err != nil {
		return err
	}
	found, failed := sources.Discover()
	said := struct {
		Features *nfdv1alpha1.Features `json:"features"`
		Failed   map[string]string     `json:"failed"`
	}{found, map[string]string{}}
	for name, err := range failed {
		said.Failed[name] = err.Error()
	}
	enc := json.NewEncoder(out)
	enc.SetIndent("", " ")
	return enc.Encode(said)
}
