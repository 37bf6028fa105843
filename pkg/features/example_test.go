package features_test

import (
	"context"
	"fmt"
	"strings"
	"testing/fstest"

	"github.com/nfd-compat/nfd-compat/pkg/features"
)

// A host is asked for what is needed, and what could not be read is told by a status.
func ExampleHost_Discover() {
	host := features.FromFS(fstest.MapFS{
		"proc/sys/kernel/osrelease": {Data: []byte("6.8.0-45-generic\n")},
	})
	set, err := host.Discover(context.Background(), []string{"kernel.version", "kernel.loadedmodule", "pci.device"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(set.Features.Attributes["kernel.version"].Elements["minor"])
	for _, name := range []string{"kernel.version", "kernel.loadedmodule", "pci.device"} {
		fmt.Println(name, set.Status(name).State)
	}
	// Output:
	// 8
	// kernel.version discovered
	// kernel.loadedmodule absent
	// pci.device unreadable
}

// The features that NFD's own client exports can be read too. It leaves out what it could not read.
func ExampleRead() {
	set, err := features.Read(strings.NewReader(`{
		"flags": {"cpu.cpuid": {"elements": {"AVX512F": {}}}},
		"attributes": {},
		"instances": {"pci.device": {"elements": []}}
	}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, name := range []string{"cpu.cpuid", "pci.device", "kernel.version", "no.such"} {
		fmt.Println(name, set.Status(name).State)
	}
	// Output:
	// cpu.cpuid discovered
	// pci.device absent
	// kernel.version unreadable
	// no.such undefined
}

// The catalogue tells what a feature is and where it is read.
func ExampleLookup() {
	entry, ok := features.Lookup("kernel.selinux")
	fmt.Println(ok, entry.Kinds, entry.ReadFrom)
	fmt.Println(entry.Elements[0].Name, "=", entry.Elements[0].Meaning)
	// Output:
	// true [attribute] [/sys/fs/selinux/enforce]
	// enabled = true if SELinux enforces its policy; false if it is permissive or off
}
