package validate_test

import (
	"testing"

	"github.com/nfd-compat/nfd-compat/pkg/features"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// TestOverrides: what is assigned decides, also of a feature that could not be read, and the report says that it is no host's.
func TestOverrides(t *testing.T) {
	t.Parallel()
	document, err := spec.Decode([]byte(`version: v1alpha1
compatibilities:
- rules:
  - matchFeatures:
    - {feature: kernel.lsm, matchExpressions: {landlock: {op: Exists}, tomoyo: {op: DoesNotExist}}}
`))
	if err != nil {
		t.Fatal(err)
	}
	program, findings := validate.Compile(document, validate.Options{})
	if program == nil {
		t.Fatal(findings)
	}
	host := &features.Set{Statuses: map[string]features.Status{"kernel.lsm": {State: features.Unreadable, Reasons: []string{"permission denied"}}}}
	for _, test := range []struct {
		set, removed string
		want         validate.Verdict
	}{
		{"kernel.lsm.bpf", "kernel.lsm.tomoyo", validate.VerdictUnknown},
		{"kernel.lsm.landlock", "kernel.lsm.apparmor", validate.VerdictUnknown},
		{"kernel.lsm.bpf", "kernel.lsm.landlock", validate.Incompatible},
		{"kernel.lsm.tomoyo", "kernel.lsm.bpf", validate.Incompatible},
		{"kernel.lsm.landlock", "kernel.lsm.tomoyo", validate.Compatible},
	} {
		set, err := features.ParseAssignment(test.set)
		if err != nil {
			t.Fatal(err)
		}
		removed, err := features.ParseRemoval(test.removed)
		if err != nil {
			t.Fatal(err)
		}
		report, err := program.Evaluate(t.Context(), host.Assign(set, removed))
		if err != nil {
			t.Fatal(err)
		}
		if report.Verdict != test.want || len(report.Results[0].Overrides) != 1 {
			t.Errorf("with %s and without %s: %s, want %s; overrides %v\n%+v", test.set, test.removed, report.Verdict, test.want, report.Results[0].Overrides, report.Results[0].Sets)
		}
	}
	report, err := program.Evaluate(t.Context(), host)
	if err != nil || report.Results[0].Overrides != nil {
		t.Errorf("without an assignment: %v, overrides %v", err, report.Results[0].Overrides)
	}
}
