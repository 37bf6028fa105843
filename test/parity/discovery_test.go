package parity

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

// A fact is one thing that is said of a host: that a feature has a kind, a flag, an attribute with its value, or a
// number of instances with the same attributes.
type fact struct {
	feature string
	kind    string // "kind", "flag", "attribute" or "instance"
	name    string // the kind, the flag, the attribute, or the instance's attributes as JSON
}

func (f fact) String() string { return f.feature + " " + f.kind + " " + f.name }

// facts returns what is said of the features of the four sources that both sides read.
func facts(f *nfdv1alpha1.Features) map[fact]string {
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
			said[fact{feature, "attribute", name}] = value
		}
	}
	for feature, set := range f.Instances {
		said[fact{feature, "kind", "instances"}] = "there"
		count := map[string]int{}
		for _, instance := range set.Elements {
			text, err := json.Marshal(instance.Attributes)
			if err != nil {
				panic(err) // a map of strings
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

// compared tells whether both sides define the feature. Our own features come under names that NFD does not have.
func compared(feature string) bool { return slices.Contains(comparedFeatures(), feature) }

// comparedFeatures are those of NFD's sources that this module links.
func comparedFeatures() []string {
	return []string{
		"cpu.cpuid", "cpu.model", "cpu.cstate", "cpu.pstate", "cpu.rdt", "cpu.security", "cpu.sst", "cpu.topology", "cpu.coprocessor",
		"kernel.version", "kernel.config", "kernel.loadedmodule", "kernel.enabledmodule", "kernel.selinux", "kernel.kvm",
		"pci.device",
		"system.osrelease", "system.dmiid", "system.name",
	}
}

// A said is what the two sides say of one fact; an empty text is nothing.
type said struct {
	fact
	nfd, ours string
	// status is what we know of the feature.
	status features.Status
}

// A difference in discovery, on purpose.
type discoveryDifference struct {
	reason  string
	applies func(said) bool
}

func discoveryDifferences() []discoveryDifference {
	return []discoveryDifference{
		{
			reason: "a feature that is absent for certain is empty in ours, and left out by NFD, which cannot tell it from one that it failed to read",
			applies: func(s said) bool {
				return s.kind == "kind" && s.nfd == "" && s.status.State == features.Absent
			},
		},
		{
			reason: "a feature that could not be read has a status in ours and no elements; NFD leaves an empty one of some features",
			applies: func(s said) bool {
				return s.kind == "kind" && s.ours == "" &&
					(s.status.State == features.Unreadable || s.status.State == features.Unsupported)
			},
		},
		{
			reason: "NFD leaves out the enabled modules where only the list of builtin ones could not be read; ours gives the loaded ones and says incomplete",
			applies: func(s said) bool {
				return s.feature == "kernel.enabledmodule" && s.nfd == "" && s.status.State == features.Incomplete
			},
		},
	}
}

// TestDiscovery has NFD's sources and ours look at this host, and compares every feature, element and value.
func TestDiscovery(t *testing.T) {
	t.Setenv("NODE_NAME", "parity")
	nfdFeatures, failed := nfdDiscover()
	set, err := features.Live().Discover(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, err := range failed {
		t.Logf("NFD's source %s failed: %v", name, err)
	}

	nfd, ours := facts(nfdFeatures), facts(&set.Features)
	both := maps.Clone(nfd)
	maps.Copy(both, ours)
	ordered := slices.SortedFunc(maps.Keys(both), func(a, b fact) int { return strings.Compare(a.String(), b.String()) })
	same, listed := 0, map[string]int{}
	for _, f := range ordered {
		s := said{fact: f, nfd: nfd[f], ours: ours[f], status: set.Status(f.feature)}
		_, inNFD := nfd[f]
		_, inOurs := ours[f]
		if inNFD == inOurs && s.nfd == s.ours {
			same++
			continue
		}
		i := slices.IndexFunc(discoveryDifferences(), func(d discoveryDifference) bool { return d.applies(s) })
		if i < 0 {
			t.Errorf("%s: NFD says %q (%t), ours says %q (%t); status %v", f, s.nfd, inNFD, s.ours, inOurs, s.status)
			continue
		}
		listed[discoveryDifferences()[i].reason]++
		t.Logf("%s: NFD says %q, ours says %q, on purpose", f, s.nfd, s.ours)
	}
	t.Logf("%d facts are the same", same)
	for reason, n := range listed {
		t.Logf("%d differ: %s", n, reason)
	}
	if same < 20 {
		t.Errorf("only %d facts were compared: the sources of NFD did not run", same)
	}
}
