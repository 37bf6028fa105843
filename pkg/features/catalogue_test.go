package features_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nfd-compat/nfd-compat/pkg/features"
)

// TestCatalogue: NFD v0.19 has these features, no more and no fewer.
func TestCatalogue(t *testing.T) {
	t.Parallel()
	const (
		flag      = features.Flag
		attribute = features.Attribute
		instance  = features.Instance
	)
	want := map[string][]features.Kind{
		"cpu.coprocessor":      {attribute},
		"cpu.cpuid":            {flag, attribute},
		"cpu.cstate":           {attribute},
		"cpu.model":            {attribute},
		"cpu.pstate":           {attribute},
		"cpu.rdt":              {attribute},
		"cpu.security":         {attribute},
		"cpu.sst":              {attribute},
		"cpu.topology":         {attribute},
		"kernel.config":        {attribute},
		"kernel.enabledmodule": {flag},
		"kernel.kvm":           {attribute},
		"kernel.loadedmodule":  {flag},
		"kernel.selinux":       {attribute},
		"kernel.version":       {attribute},
		"local.feature":        {attribute},
		"local.label":          {attribute},
		"memory.hugepages":     {attribute},
		"memory.numa":          {attribute},
		"memory.nv":            {instance},
		"memory.swap":          {attribute},
		"network.device":       {instance},
		"network.virtual":      {instance},
		"pci.device":           {instance},
		"storage.block":        {instance},
		"system.dmiid":         {attribute},
		"system.name":          {attribute},
		"system.osrelease":     {attribute},
		"usb.device":           {instance},
	}
	got := map[string][]features.Kind{}
	var names []string
	for _, entry := range features.Catalogue() {
		if !entry.IsExtension() {
			got[entry.Name] = entry.Kinds
		}
		names = append(names, entry.Name)
		if found, ok := features.Lookup(entry.Name); !ok || !cmp.Equal(entry, found) {
			t.Errorf("Lookup of %s: %+v, %t", entry.Name, found, ok)
		}
		if entry.Description == "" || strings.ContainsAny(entry.Description, "\n") || strings.HasSuffix(entry.Description, ".") {
			t.Errorf("%s: description %q", entry.Name, entry.Description)
		}
		if !entry.IsExtension() && (entry.Since < "v0.10" || entry.Since > "v0.19") {
			t.Errorf("%s: since %q", entry.Name, entry.Since)
		}
		if len(entry.ReadFrom) == 0 || slices.Contains(entry.ReadFrom, "") {
			t.Errorf("%s is read from %q", entry.Name, entry.ReadFrom)
		}
		if !slices.IsSortedFunc(entry.Elements, func(a, b features.Element) int { return strings.Compare(a.Name, b.Name) }) {
			t.Errorf("%s: elements are not sorted", entry.Name)
		}
		for _, element := range entry.Elements {
			if element.Meaning == "" && element.Kind != flag { // an instruction set is its own name
				t.Errorf("%s: %s has no meaning", entry.Name, element.Name)
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("catalogue (-want +got):\n%s", diff)
	}
	if !slices.IsSorted(names) {
		t.Errorf("not sorted: %v", names)
	}
	for _, name := range []string{"", "cpu", "cpu.", "CPU.cpuid", "rule.matched", "fake.flag", "foo.bar"} {
		if entry, ok := features.Lookup(name); ok {
			t.Errorf("Lookup of %q: %+v", name, entry)
		}
	}
}

// TestCatalogueHoldsWhatIsDiscovered: an element that a host of testdata has, the catalogue has too, if its list is fixed.
func TestCatalogueHoldsWhatIsDiscovered(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"xeon", "s390x"} {
		set := discover(t, host(t, name, "CONFIG_A=y\n").FS())
		for _, entry := range features.Catalogue() {
			var found []string
			for element := range set.Features.Attributes[entry.Name].Elements {
				found = append(found, element)
			}
			for element := range set.Features.Flags[entry.Name].Elements {
				found = append(found, element)
			}
			for _, device := range set.Features.Instances[entry.Name].Elements {
				for element := range device.Attributes {
					found = append(found, element)
				}
			}
			for _, element := range found {
				known := slices.ContainsFunc(entry.Elements, func(e features.Element) bool { return e.Name == element })
				if len(entry.Elements) > 0 && !known {
					t.Errorf("%s: the catalogue lacks %s", entry.Name, element)
				}
			}
		}
	}
}

// TestCatalogueOfProcessors: the names of what processors can do are those of this one, and of others.
func TestCatalogueOfProcessors(t *testing.T) {
	t.Parallel()
	entry, _ := features.Lookup("cpu.cpuid")
	known := map[string]features.Kind{}
	for _, element := range entry.Elements {
		known[element.Name] = element.Kind
	}
	here, err := features.Live().Discover(t.Context(), []string{"cpu.cpuid"})
	if err != nil {
		t.Fatal(err)
	}
	for name := range here.Features.Flags["cpu.cpuid"].Elements {
		if known[name] != features.Flag {
			t.Errorf("the catalogue lacks %s", name)
		}
	}
	for _, name := range []string{"AVX512F", "AMXTILE", "X86_64_V3", "SVE2", "ASIMD", "VSX"} {
		if known[name] != features.Flag {
			t.Errorf("the catalogue lacks %s", name)
		}
	}
	if known["AVX10_VERSION"] != features.Attribute || known["lastID"] != "" || known[""] != "" {
		t.Errorf("AVX10_VERSION is a %q; %v", known["AVX10_VERSION"], known)
	}
	model, _ := features.Lookup("cpu.model")
	for _, element := range model.Elements {
		if element.Name == "vendor_id" && (!slices.Contains(element.Values, "AMD") || !slices.Contains(element.Values, "VendorUnknown") || slices.Contains(element.Values, "lastVendor")) {
			t.Errorf("vendors %v", element.Values)
		}
	}
}
