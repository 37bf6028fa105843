package derive_test

import (
	"bytes"
	"path/filepath"
	"testing"

	"github.com/nfd-compat/nfd-compat/pkg/derive"
	"github.com/nfd-compat/nfd-compat/pkg/features"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// TestRequirementsOnHosts: what real images declare, on what was discovered of the hosts with GPUs that the tests of package
// features keep.
func TestRequirementsOnHosts(t *testing.T) {
	t.Parallel()
	const dir = "../features/testdata/gpu"
	const (
		yes     = validate.Compatible
		no      = validate.Incompatible
		unknown = validate.VerdictUnknown
	)
	tests := []struct {
		requirement string
		want        map[string]validate.Verdict
	}{
		{cuda122(), map[string]validate.Verdict{
			"h100x8-open": yes, "h100-proprietary": yes, "ada-mig-off": yes, "container": yes, "uninitialised": no, "nouveau": no, "mi210": no,
			"mi300x-cpx": no, "arc-xe": no, "gaudi2": no, "none": no, "newer": unknown, "libcuda-mismatch": unknown,
		}},
		{"cuda>=10.1 brand=tesla,driver>=396,driver<397 brand=tesla,driver>=410,driver<411 brand=tesla,driver>=418,driver<419", map[string]validate.Verdict{
			"uninitialised": yes, "h100x8-open": yes, "nouveau": no, "none": no,
		}},
		{"cuda>=11.4 brand=tesla,driver>=418,driver<419 brand=tesla,driver>=450,driver<451", map[string]validate.Verdict{
			"uninitialised": unknown, "ada-mig-off": yes, "jetson": yes, "mi210": no,
		}},
		{"cuda>=12.4 brand=tesla,driver>=470,driver<471 brand=unknown,driver>=470,driver<471", map[string]validate.Verdict{
			"h100-proprietary": no, "ada-mig-off": yes, "h100x8-open": yes,
		}},
		{"cuda>=9.0", map[string]validate.Verdict{"uninitialised": yes, "newer": unknown, "none": no}},
		{"cuda>=12.8", map[string]validate.Verdict{"h100x8-open": no, "container": yes, "given-away": yes, "libcuda-cached": unknown}},
		{"driver>=390", map[string]validate.Verdict{"uninitialised": yes, "newer": yes, "nouveau": no, "none": no}},
		{"arch>=9.0", map[string]validate.Verdict{"h100x8-open": yes, "ada-mig-off": no, "nouveau": no, "given-away": yes, "newer": unknown, "container": unknown, "none": no, "mi210": no}},
	}
	for _, tt := range tests {
		d, err := derive.FromImage(derive.Image{Env: []string{"NVIDIA_REQUIRE_CUDA=" + tt.requirement}})
		if err != nil {
			t.Fatal(err)
		}
		p := program(t, d)
		for host, want := range tt.want {
			set, err := features.Read(bytes.NewReader(readFile(t, filepath.Join(dir, host+".json"))))
			if err != nil {
				t.Fatal(err)
			}
			if got := verdict(t, p, set); got != want {
				t.Errorf("%.60q on %s: %s, want %s", tt.requirement, host, got, want)
			}
		}
	}
}
