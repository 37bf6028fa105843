package spec_test

import (
	"testing"

	"github.com/nfd-compat/nfd-compat/pkg/spec"
)

// TestSeverityAtLeast: there is one order, and what is no severity is below all of it.
func TestSeverityAtLeast(t *testing.T) {
	t.Parallel()
	all := append([]spec.Severity{"odd"}, spec.SeverityNote, spec.SeverityWarning, spec.SeverityError)
	for i, s := range all {
		for j, least := range all[1:] {
			if got, want := s.AtLeast(least), i > j; got != want {
				t.Errorf("%q is at least %q: %t", s, least, got)
			}
		}
		if s.AtLeast("odd") {
			t.Errorf("%q is at least what is no severity", s)
		}
	}
	if got := spec.Severities(); len(got) != 3 || got[0] != spec.SeverityError || got[2] != spec.SeverityNote {
		t.Errorf("the severities are %q", got)
	}
}
