// Package discovery compares what NFD's sources find on a host with what ours do.
package discovery

import (
	"encoding/json"
	"fmt"
	"maps"
	"runtime"
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

// element is the name of the flag or of the attribute that the fact is about; empty if it is about more than one.
func (f fact) element() string {
	if f.kind == "flag" || f.kind == "attribute" {
		return f.name
	}
	return ""
}

// A Scope says what is compared: an element of a feature, or with an empty element the rest of the feature, which is what
// kinds it has and its instances.
type Scope func(feature, element string) bool

// facts returns what is said within the scope.
func facts(t *testing.T, f *nfdv1alpha1.Features, scope Scope) map[fact]string {
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
	maps.DeleteFunc(said, func(f fact, _ string) bool { return !scope(f.feature, f.element()) })
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

// BelowRoot is the scope of what NFD reads below its host paths alone, so that a tree of files decides it: not from the
// processor, from the environment or from paths that it has written out.
func BelowRoot(feature, element string) bool {
	switch feature {
	case "cpu.topology":
	case "cpu.cstate", "cpu.pstate":
		return runtime.GOARCH == "amd64" // elsewhere NFD does not look
	case "cpu.security":
		fromProcessor := strings.HasPrefix(element, "sgx.") || element == "tdx.protected"
		return runtime.GOARCH == "amd64" && !fromProcessor && element != "se.enabled"
	case "kernel.selinux", "kernel.kvm":
	case "memory.numa", "memory.swap", "memory.nv", "memory.hugepages":
	case "network.device", "network.virtual", "pci.device", "storage.block", "usb.device":
	case "system.osrelease", "system.dmiid":
	default:
		return false
	}
	return true
}

// A Result is what a comparison has found: the number of facts that both sides say, and how many times each difference on
// purpose was met.
type Result struct {
	Same int
	Met  map[Difference]int
}

// Compare demands that both sides say the same of every feature, element and value, listed differences aside. Of a source
// of NFD that is not built, which only cpu can be, nothing is compared.
func Compare(t *testing.T, nfdSays *nfdv1alpha1.Features, oursSays *features.Set) {
	t.Helper()
	_, cpu := nfdSays.Flags["cpu.cpuid"]
	if !cpu {
		t.Log("NFD's source cpu was not built: for arm64 it needs a C compiler, aarch64-linux-gnu-gcc (Debian's package: gcc-aarch64-linux-gnu)")
	}
	compared := func(feature, _ string) bool {
		return slices.Contains(Features(), feature) && (cpu || !strings.HasPrefix(feature, "cpu."))
	}
	for f := range facts(t, nfdSays, func(feature, element string) bool { return !compared(feature, element) }) {
		t.Errorf("NFD has a feature that is not compared: %s", f)
	}
	result := CompareWithin(t, compared, nfdSays, oursSays)
	t.Logf("%d facts are the same", result.Same)
	for name, n := range result.Met {
		t.Logf("%d differ: %s", n, name)
	}
	if result.Same < 50 {
		t.Errorf("only %d facts were compared: the sources of NFD did not run", result.Same)
	}
}

// CompareWithin is Compare for a part of the features, and says what it found.
func CompareWithin(t *testing.T, scope Scope, nfdSays *nfdv1alpha1.Features, oursSays *features.Set) Result {
	t.Helper()
	nfd, ours := facts(t, nfdSays, scope), facts(t, &oursSays.Features, scope)
	both := maps.Clone(nfd)
	maps.Copy(both, ours)
	result := Result{Met: map[Difference]int{}}
	for _, f := range slices.SortedFunc(maps.Keys(both), func(a, b fact) int { return strings.Compare(a.String(), b.String()) }) {
		s := said{fact: f, nfd: nfd[f], ours: ours[f], status: oursSays.Status(f.feature)}
		if s.nfd == s.ours {
			result.Same++
			continue
		}
		name, ok := onPurpose(s)
		if !ok {
			t.Errorf("%s: NFD says %q, ours says %q; status %v", f, s.nfd, s.ours, s.status)
			continue
		}
		result.Met[name]++
		t.Logf("%s: NFD says %q, ours says %q, on purpose", f, s.nfd, s.ours)
	}
	return result
}
