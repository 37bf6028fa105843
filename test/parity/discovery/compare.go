// Package discovery compares what NFD's sources find on a host with what ours do.
package discovery

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"

	"github.com/nfd-compat/nfd-compat/pkg/features"
)

// A fact is one thing that is said of a host: that a feature has a kind, a flag, an attribute with its value, or a number
// of instances with the same attributes.
type fact struct {
	feature string
	kind    string // "kind", "flag", "attribute" or "instance"
	name    string // the kind, the flag, the attribute, or the instance's attributes as JSON
}

func (f fact) String() string { return f.feature + " " + f.kind + " " + f.name }

// facts returns what is said of some features.
func facts(t *testing.T, f *nfdv1alpha1.Features, compared func(feature string) bool) map[fact]string {
	t.Helper()
	said := map[fact]string{}
	for feature, set := range f.Flags {
		said[fact{feature, "kind", "flags"}] = "there"
		for name := range set.Elements {
			said[fact{feature, "flag", name}] = "set"
		}
	}
	for feature, set := range f.Attributes {
		said[fact{feature, "kind", "attributes"}] = "there"
		for name, value := range set.Elements {
			said[fact{feature, "attribute", name}] = fmt.Sprintf("%q", value)
		}
	}
	for feature, set := range f.Instances {
		said[fact{feature, "kind", "instances"}] = "there"
		count := map[string]int{}
		for _, instance := range set.Elements {
			text, err := json.Marshal(instance.Attributes)
			if err != nil {
				t.Fatal(err)
			}
			count[string(text)]++
		}
		for text, n := range count {
			said[fact{feature, "instance", text}] = fmt.Sprint(n, " times")
		}
	}
	maps.DeleteFunc(said, func(f fact, _ string) bool { return !compared(f.feature) })
	return said
}

// Features are those of NFD's sources. Our own come under names that NFD does not have.
func Features() []string {
	return []string{
		"cpu.cpuid", "cpu.model", "cpu.cstate", "cpu.pstate", "cpu.rdt", "cpu.security", "cpu.sst", "cpu.topology", "cpu.coprocessor",
		"kernel.version", "kernel.config", "kernel.loadedmodule", "kernel.enabledmodule", "kernel.selinux", "kernel.kvm",
		"local.label", "local.feature",
		"memory.numa", "memory.swap", "memory.nv", "memory.hugepages",
		"network.device", "network.virtual",
		"pci.device",
		"storage.block",
		"system.osrelease", "system.dmiid", "system.name",
		"usb.device",
	}
}

// A said is what the two sides say of one fact; an empty text is nothing.
type said struct {
	fact
	nfd, ours string
	// status is what we know of the feature.
	status features.Status
}

// A difference is one on purpose.
type difference struct {
	reason  string
	applies func(said) bool
}

func differences() []difference {
	return []difference{
		{
			reason: "a feature that is absent for certain is empty in ours, and left out by NFD, which cannot tell it from one that it failed to read",
			applies: func(s said) bool {
				return s.kind == "kind" && s.nfd == "" && s.status.State == features.Absent
			},
		},
		{
			reason:  "a feature that could not be read has a status in ours and no elements; NFD leaves an empty one of some features",
			applies: func(s said) bool { return s.kind == "kind" && s.ours == "" && s.status.State == features.Unreadable },
		},
		{
			reason: "NFD leaves out the enabled modules where only the list of builtin ones could not be read; ours gives the loaded ones and says incomplete",
			applies: func(s said) bool {
				return s.feature == "kernel.enabledmodule" && s.nfd == "" && s.status.State == features.Incomplete
			},
		},
		{
			reason: "a processor that is switched off has no topology, and does not count in ours; NFD then tells nothing of any processor",
			applies: func(s said) bool {
				return s.feature == "cpu.topology" && s.kind == "attribute" && s.nfd == ""
			},
		},
	}
}

// Compare demands that both sides say the same of every feature, element and value, listed differences aside. Of a source
// of NFD that is not built, which only cpu can be, nothing is compared.
func Compare(t *testing.T, nfdSays *nfdv1alpha1.Features, oursSays *features.Set) {
	t.Helper()
	_, cpu := nfdSays.Flags["cpu.cpuid"]
	if !cpu {
		t.Log("NFD's source cpu was not built: for arm64 it needs a C compiler, aarch64-linux-gnu-gcc (Debian's package: gcc-aarch64-linux-gnu)")
	}
	compared := func(feature string) bool {
		return slices.Contains(Features(), feature) && (cpu || !strings.HasPrefix(feature, "cpu."))
	}
	for f := range facts(t, nfdSays, func(feature string) bool { return !compared(feature) }) {
		t.Errorf("NFD has a feature that is not compared: %s", f)
	}

	nfd, ours := facts(t, nfdSays, compared), facts(t, &oursSays.Features, compared)
	both := maps.Clone(nfd)
	maps.Copy(both, ours)
	same, listed := 0, map[string]int{}
	for _, f := range slices.SortedFunc(maps.Keys(both), func(a, b fact) int { return strings.Compare(a.String(), b.String()) }) {
		s := said{fact: f, nfd: nfd[f], ours: ours[f], status: oursSays.Status(f.feature)}
		if s.nfd == s.ours {
			same++
			continue
		}
		i := slices.IndexFunc(differences(), func(d difference) bool { return d.applies(s) })
		if i < 0 {
			t.Errorf("%s: NFD says %q, ours says %q; status %v", f, s.nfd, s.ours, s.status)
			continue
		}
		listed[differences()[i].reason]++
		t.Logf("%s: NFD says %q, ours says %q, on purpose", f, s.nfd, s.ours)
	}
	t.Logf("%d facts are the same", same)
	for reason, n := range listed {
		t.Logf("%d differ: %s", n, reason)
	}
	if same < 50 {
		t.Errorf("only %d facts were compared: the sources of NFD did not run", same)
	}
}
