package discovery

import (
	"fmt"
	"path/filepath"
	"testing"

	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"
	"sigs.k8s.io/node-feature-discovery/pkg/utils/hostpath"
	"sigs.k8s.io/node-feature-discovery/source"

	// NFD's sources, which register themselves.
	_ "github.com/nfd-compat/nfd-compat/test/parity/sources"
)

// UnderRoot has NFD's sources read below this directory, as they do in a pod that has the host mounted there, until the test
// ends. They look for it in variables of a package: such tests do not run in parallel.
func UnderRoot(tb testing.TB, root string) {
	tb.Helper()
	for name, dir := range map[string]*hostpath.HostDir{
		"boot": &hostpath.BootDir, "etc": &hostpath.EtcDir, "lib": &hostpath.LibDir, "proc": &hostpath.ProcDir,
		"sys": &hostpath.SysfsDir, "usr": &hostpath.UsrDir, "var": &hostpath.VarDir,
	} {
		was := *dir
		*dir = hostpath.HostDir(filepath.Join(root, name))
		tb.Cleanup(func() { *dir = was })
	}
}

// A CrashError is the error of a source that panicked, where NFD's program would have ended.
type CrashError struct{ Cause any }

func (e *CrashError) Error() string { return fmt.Sprintf("crash: %v", e.Cause) }

// OfNFD runs NFD's sources and returns what they found, and by the names of those that failed, their errors. What one has
// found before it failed is there as well.
func OfNFD() (found *nfdv1alpha1.Features, failed map[string]error) {
	failed = map[string]error{}
	for name, s := range source.GetAllFeatureSources() {
		if err := discover(s); err != nil {
			failed[name] = err
		}
	}
	return source.GetAllFeatures(), failed
}

func discover(s source.FeatureSource) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = &CrashError{cause}
		}
	}()
	return s.Discover()
}
