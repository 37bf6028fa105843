package features

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseLSM(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"lockdown,capability,landlock,yama,apparmor,bpf": {"lockdown", "capability", "landlock", "yama", "apparmor", "bpf"},
		"capability\n": {"capability"},
		"":             {}, ",": {},
	} {
		if diff := cmp.Diff(want, parseLSM(text)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

func TestParseCommandLine(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]map[string]string{
		"BOOT_IMAGE=/vmlinuz-6.8.0-45-generic ro intel_iommu=on iommu=pt\n": {
			"BOOT_IMAGE": "/vmlinuz-6.8.0-45-generic", "ro": "true", "intel_iommu": "on", "iommu": "pt",
		},
		"hugepagesz=1G hugepages=16 hugepagesz=2M hugepages=512": {"hugepagesz": "1G,2M", "hugepages": "16,512"},
		`a="b c" "d=e f" g=h"i j"k`:                              {"a": "b c", "d": "e f", "g": `h"i j"k`},
		"nohz-full=1-3  rcu-nocbs":                               {"nohz_full": "1-3", "rcu_nocbs": "true"},
		"quiet -- nosmt":                                         {"quiet": "true"},
		"empty= =nothing":                                        {"empty": ""},
		`open="a b c`:                                            {"open": "a b c"},
		"":                                                       {},
	} {
		if diff := cmp.Diff(want, parseCommandLine(text)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

func FuzzParseCommandLine(f *testing.F) {
	for _, seed := range []string{"a=b c", `a="b c" "d=e`, "-- x", "a-b=1 a_b=2"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for name := range parseCommandLine(text) {
			if name == "" || strings.Contains(name, "-") {
				t.Errorf("%q: %q", text, name)
			}
		}
	})
}

func TestParseCgroups(t *testing.T) {
	t.Parallel()
	const text = "#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpuset\t9\t12\t1\nmemory\t4\t100\t1\nhugetlb\t0\t1\t1\nrdma\t3\t1\t0\nshort\t1\n"
	if diff := cmp.Diff([]string{"cpuset", "memory"}, parseCgroups(text)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func FuzzParseCgroups(f *testing.F) {
	f.Add("cpuset\t9\t12\t1\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, name := range parseCgroups(text) {
			if name == "" || strings.ContainsAny(name, " \t\n#") && strings.HasPrefix(name, "#") {
				t.Errorf("%q: %q", text, name)
			}
		}
	})
}

func TestParseSELinuxType(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"# a comment\nSELINUX=enforcing\n SELINUXTYPE=targeted \n": "targeted", "SELINUX=disabled\n": "", "": "", "#SELINUXTYPE=mls\n": "",
	} {
		if got := parseSELinuxType(text); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}

// TestAllowLists: what may be told is sorted and named once, and no parameter has a dash, which the parser makes an underscore of.
func TestAllowLists(t *testing.T) {
	t.Parallel()
	for _, list := range [][]Element{commandLineElements(), sysctlElements()} {
		names := map[string]bool{}
		for _, e := range list {
			names[e.Name] = true
		}
		if len(names) != len(list) || !slices.IsSortedFunc(list, func(a, b Element) int { return strings.Compare(a.Name, b.Name) }) {
			t.Errorf("%v", slices.Sorted(maps.Keys(names)))
		}
	}
	for _, e := range commandLineElements() {
		if strings.Contains(e.Name, "-") {
			t.Error(e.Name)
		}
	}
}
