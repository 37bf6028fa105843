package validate_test

import (
	"os"
	"path/filepath"
	"testing"

	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"

	"github.com/nfd-compat/nfd-compat/pkg/spec"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// TestExampleOfEFAInTree: the driver efa that comes with the kernel has no version, and is judged by the kernel's.
func TestExampleOfEFAInTree(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(examplesDir, "mpi-efa", "spec.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	document, err := spec.Decode(text)
	if err != nil {
		t.Fatal(err)
	}
	program, _ := validate.Compile(document, validate.Options{})
	for _, test := range []struct {
		module, kernel string
		want           validate.Verdict
	}{
		{"", "6.1.109", validate.Compatible},
		{"", "5.4.0", validate.Incompatible},
		{"1.14.1", "6.1.109", validate.Incompatible},
		{"2.5.0", "5.4.0", validate.Compatible},
	} {
		set := exported(t, filepath.Join(examplesDir, "mpi-efa", "satisfied.json"))
		modules := map[string]string{"ena": "2.13.0"}
		if test.module != "" {
			modules["efa"] = test.module
		}
		set.Features.Attributes["kernel.module"] = nfdv1alpha1.NewAttributeFeatures(modules)
		set.Features.Attributes["kernel.release"] = nfdv1alpha1.NewAttributeFeatures(map[string]string{"version": test.kernel})
		report, err := program.Evaluate(t.Context(), set)
		if err != nil {
			t.Fatal(err)
		}
		if report.Verdict != test.want {
			t.Errorf("efa %q on Linux %s: %s, want %s", test.module, test.kernel, report.Verdict, test.want)
		}
	}
}
