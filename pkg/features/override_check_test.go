package features_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nfd-compat/nfd-compat/pkg/features"
)

// TestCheckOverride: what is given for "what if?" is held to the catalogue, or it would change nothing, or the wrong thing.
func TestCheckOverride(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ json, want string }{
		{`{"attributes": {"Kernel.Version": {"elements": {"major": "100"}}}}`, ""},
		{`{"attributes": {"Vendor.Thing": {"elements": {"a": "1"}}}}`, ""},
		{`{"attributes": {"cpu.cpuid": {"elements": {"AVX10_VERSION": "2"}}}, "flags": {"cpu.cpuid": {"elements": {"AVX512F": {}}}}}`, ""},
		{`{"flags": {"kernel.loadedmodule": {"elements": {"nvidia": {}}}}, "status": {"cpu.cpuid": {"state": "unreadable", "reasons": ["so"]}}}`, ""},
		{`{"instances": {"pci.device": {"elements": [{"attributes": {"more": "1"}}]}}}`, ""},
		{`{"attributes": {"cpu.cpuid": {"elements": {"AVX512F": "true"}}}}`, "AVX512F of cpu.cpuid is given as one of its attributes: want it as one of its flags"},
		{`{"flags": {"kernel.version": {"elements": {"full": {}}}}}`, "kernel.version is given as flags, which it has none of: want attributes"},
		{`{"instances": {"kernel.loadedmodule": {"elements": []}}}`, "kernel.loadedmodule: it is given as another kind of feature than it is, and is empty: want flags"},
		{`{"instances": {"cpu.cpuid": {"elements": []}}}`, "cpu.cpuid: it is given as another kind of feature than it is, and is empty: want"},
		{`{"instances": {"kernel.version": {"elements": [{"attributes": {}}]}}}`, "kernel.version is given as instances"},
		{`{"attributes": {"kernel.selinux": {"elements": {"enabled": "yes"}}}}`, `enabled of kernel.selinux is never "yes": want true or false`},
		{`{"attributes": {"kernel.version": {"elements": {"major": "1"}}, "Kernel.Version": {"elements": {"major": "2"}}}}`, "kernel.version is given twice"},
	} {
		set, err := features.Read(strings.NewReader(test.json))
		if err != nil {
			t.Fatalf("%s: %v", test.json, err)
		}
		checked, unknown, err := features.CheckOverride(set)
		switch {
		case test.want == "" && err != nil, test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want) || checked != nil):
			t.Errorf("%s: %v, want %q", test.json, err, test.want)
		case len(unknown) > 0:
			t.Errorf("%s: %v is not known", test.json, unknown)
		case err == nil:
			for _, name := range checked.Names() {
				if name != strings.ToLower(name) {
					t.Errorf("%s: %s is not in lower case", test.json, name)
				}
			}
		}
	}
	set, err := features.Read(strings.NewReader(`{"attributes": {"Kernel.Version": {"elements": {"major": "100", "mayor": "1"}}}, "flags": {"cpu.cpuid": {"elements": {"AVX9": {}}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	checked, unknown, err := features.CheckOverride(set)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("100", new(features.Set).Override(checked).Features.Attributes["kernel.version"].Elements["major"]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var names []string
	for _, u := range unknown {
		names = append(names, u.Feature+" "+u.Name)
	}
	if diff := cmp.Diff([]string{"cpu.cpuid AVX9", "kernel.version mayor"}, names); diff != "" {
		t.Errorf("what is not known (-want +got):\n%s", diff)
	}
}
