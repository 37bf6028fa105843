// Package sources runs the sources of Node Feature Discovery on this host: all nine of them, except that NFD's source cpu
// asks for the processor's features on arm64 with the C library and is not there without cgo.
package sources

import (
	"flag"
	"fmt"
	"io"

	"k8s.io/klog/v2"
	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"
	"sigs.k8s.io/node-feature-discovery/source"
	// NFD's sources, which register themselves.
	_ "sigs.k8s.io/node-feature-discovery/source/kernel"
	_ "sigs.k8s.io/node-feature-discovery/source/local"
	_ "sigs.k8s.io/node-feature-discovery/source/memory"
	_ "sigs.k8s.io/node-feature-discovery/source/network"
	_ "sigs.k8s.io/node-feature-discovery/source/pci"
	_ "sigs.k8s.io/node-feature-discovery/source/storage"
	_ "sigs.k8s.io/node-feature-discovery/source/system"
	_ "sigs.k8s.io/node-feature-discovery/source/usb"
)

// Discover runs the sources and returns what they found, and by the names of those that failed, their errors. The sources
// are variables of their packages: one call at a time.
func Discover() (found *nfdv1alpha1.Features, failed map[string]error) {
	failed = map[string]error{}
	for name, s := range source.GetAllFeatureSources() {
		if err := s.Discover(); err != nil {
			failed[name] = err
		}
	}
	return source.GetAllFeatures(), failed
}

// Silence turns off NFD's log, of which errors would go to standard error whatever the output is set to.
func Silence() error {
	flags := flag.NewFlagSet("klog", flag.ContinueOnError)
	klog.InitFlags(flags)
	for name, value := range map[string]string{
		"logtostderr": "false", "stderrthreshold": "FATAL", "legacy_stderr_threshold_behavior": "false",
	} {
		if flags.Lookup(name) == nil {
			continue
		}
		if err := flags.Set(name, value); err != nil {
			return fmt.Errorf("turn off the log: %w", err)
		}
	}
	klog.SetOutput(io.Discard)
	return nil
}
