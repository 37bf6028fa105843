package vm

import (
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/nfd-compat/nfd-compat/pkg/features"
	"github.com/nfd-compat/nfd-compat/test/parity/vm/kernels"
)

// checkWants compares ours with what follows from the machine's arguments, and with what every machine here has.
func (m *machine) checkWants(t *testing.T, kernel *kernels.Kernel, ours *features.Set) {
	t.Helper()
	// NFD writes what no label may have as an underscore, such as the plus of 6.12.1+deb13-amd64.
	labelValue := regexp.MustCompile("[^-A-Za-z0-9_.]")
	checkAttributes(t, ours, "kernel.version", map[string]string{"full": labelValue.ReplaceAllString(kernel.Release, "_")})
	checkAttributes(t, ours, "system.name", map[string]string{"nodename": m.name})
	if !m.bare {
		checkFiles(t, ours)
	}
	checkAllFlags(t, ours, "kernel.loadedmodule", m.loaded(t, kernel))
	m.checkModules(t, kernel, ours)
	checkDrivers(t, ours, m.want.drivers)
	for feature, want := range m.want.attributes {
		checkAttributes(t, ours, feature, want)
	}
	for feature, want := range m.want.flags {
		checkFlags(t, ours, feature, want)
	}
	for feature, want := range m.want.allFlags {
		checkAllFlags(t, ours, feature, want)
	}
	for feature, want := range m.want.instances {
		got := instances(ours, feature)
		for _, attributes := range got {
			if len(want) > 0 && want[0]["name"] == "" {
				delete(attributes, "name")
			}
		}
		if diff := cmp.Diff(want, got, cmpopts.SortSlices(less), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s %v (-want +got):\n%s", feature, ours.Status(feature), diff)
		}
	}
	for feature, want := range m.want.some {
		for _, attributes := range want {
			if !slices.ContainsFunc(instances(ours, feature), func(got map[string]string) bool { return within(attributes, got) }) {
				t.Errorf("%s: no instance has %v: %v", feature, attributes, instances(ours, feature))
			}
		}
	}
	// There is no C library: all programs are static.
	states := map[string]features.State{"system.library": features.Unreadable, "system.software": features.Unreadable}
	maps.Copy(states, m.want.states)
	for feature, want := range states {
		if got := ours.Status(feature).State; got != want {
			t.Errorf("%s is %s, not %s", feature, got, want)
		}
	}
	// Nothing hides anything from the programs of these machines.
	for feature, status := range ours.Statuses {
		if _, ok := states[feature]; !ok && status.State != features.Absent {
			t.Errorf("%s is %s: %q", feature, status.State, status.Reasons)
		}
	}
}

// checkAttributes wants attributes; one with an empty value must not be there.
func checkAttributes(t *testing.T, ours *features.Set, feature string, want map[string]string) {
	t.Helper()
	got := map[string]string{}
	for name := range want {
		got[name] = ours.Features.Attributes[feature].Elements[name]
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s %v (-want +got):\n%s", feature, ours.Status(feature), diff)
	}
}

// checkFiles compares ours with what the files say that are the same on every machine.
func checkFiles(t *testing.T, ours *features.Set) {
	t.Helper()
	for feature, want := range map[string]map[string]string{
		"system.osrelease": {
			"NAME": "Virtual machine", "ID": "vm", "VERSION_ID": "12.9", "VERSION_ID.major": "12", "VERSION_ID.minor": "9",
		},
		"local.label": {
			"vendor.example/both": "yes", "vendor.example/flag": "true", "vendor.example/rules-only": "",
			"vendor.example/labels-only": "1", "vendor.example/over": "", "vendor.example/for-long": "1",
		},
		"local.feature": {
			"vendor.example/both": "yes", "vendor.example/flag": "true", "vendor.example/rules-only": "a=b",
			"vendor.example/labels-only": "", "vendor.example/over": "", "vendor.example/for-long": "1",
		},
	} {
		checkAttributes(t, ours, feature, want)
	}
}

// checkModules compares our own features with what uname says of the kernel and modinfo of the modules that were loaded.
func (m *machine) checkModules(t *testing.T, kernel *kernels.Kernel, ours *features.Set) {
	t.Helper()
	numbers := regexp.MustCompile(`^\d+\.\d+\.\d+`).FindString(kernel.Release)
	checkAttributes(t, ours, "kernel.release", map[string]string{"full": kernel.Release, "version": numbers})
	files, err := kernel.Load(m.modules...)
	if err != nil {
		t.Fatal(err)
	}
	versions, states := map[string]string{}, map[string]map[string]string{}
	for _, of := range instances(ours, "kernel.modulestate") {
		states[of["name"]] = of
	}
	for _, file := range files {
		info, err := kernels.Modinfo(file)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.ReplaceAll(info["name"], "-", "_")
		versions[name+"_raw"] = info["version"]
		if got := states[name]; got["state"] != "loaded" || got["version_raw"] != info["version"] || got["srcversion"] != info["srcversion"] {
			t.Errorf("modinfo of %s has %q and %q, kernel.modulestate %v", name, info["version"], info["srcversion"], got)
		}
	}
	checkAttributes(t, ours, "kernel.module", versions)
}

// checkDrivers compares the drivers of PCI devices with those that are wanted, by class.
func checkDrivers(t *testing.T, ours *features.Set, want map[string]string) {
	t.Helper()
	got := map[string]string{}
	for _, device := range instances(ours, "pci.driver") {
		if class := device["class"]; got[class] == "" {
			got[class] = device["driver"]
		}
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("pci.driver, by class (-want +got):\n%s", diff)
	}
}

// loaded are the names of the modules that were loaded, as the kernel writes them.
func (m *machine) loaded(t *testing.T, kernel *kernels.Kernel) []string {
	t.Helper()
	files, err := kernel.Load(m.modules...)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, file := range files {
		names = append(names, strings.ReplaceAll(strings.TrimSuffix(filepath.Base(file), ".ko"), "-", "_"))
	}
	return names
}

// checkAllFlags wants these flags and no others.
func checkAllFlags(t *testing.T, ours *features.Set, feature string, want []string) {
	t.Helper()
	got := slices.Sorted(maps.Keys(ours.Features.Flags[feature].Elements))
	if diff := cmp.Diff(slices.Sorted(slices.Values(want)), got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%s %v (-want +got):\n%s", feature, ours.Status(feature), diff)
	}
}

// checkFlags wants flags; one with a "!" before it must not be there.
func checkFlags(t *testing.T, ours *features.Set, feature string, want []string) {
	t.Helper()
	for _, flag := range want {
		name, not := strings.CutPrefix(flag, "!")
		if _, ok := ours.Features.Flags[feature].Elements[name]; ok == not {
			t.Errorf("%s %s is there: %t; %v", feature, name, ok, ours.Status(feature))
		}
	}
}

func instances(set *features.Set, feature string) []map[string]string {
	var all []map[string]string
	for _, instance := range set.Features.Instances[feature].Elements {
		all = append(all, maps.Clone(instance.Attributes))
	}
	return all
}

func less(a, b map[string]string) bool { return fmt.Sprint(a) < fmt.Sprint(b) }

// within tells whether a host's attributes hold all those wanted.
func within(want, got map[string]string) bool {
	for name, value := range want {
		if got[name] != value {
			return false
		}
	}
	return true
}

// checkPCI compares the PCI devices with those that QEMU has given the machine: each of them, and no other.
func checkPCI(t *testing.T, devices []pciDevice, ours *features.Set) {
	t.Helper()
	identities := func(devices []map[string]string) []map[string]string {
		for _, d := range devices {
			maps.DeleteFunc(d, func(name, _ string) bool {
				switch name {
				case "class", "vendor", "device":
					return false
				case "subsystem_vendor", "subsystem_device":
					// Of a bridge, whose configuration has them elsewhere, QEMU does not tell them.
					return d["class"] == "0604"
				}
				return true
			})
		}
		return devices
	}
	var given []map[string]string
	functions := map[[2]int]pciDevice{}
	for _, d := range devices {
		if d.Function == 0 {
			functions[[2]int{d.Bus, d.Slot}] = d
		}
	}
	for _, d := range devices {
		if physical := functions[[2]int{d.Bus, d.Slot}].ID; d.ID.Vendor == 0xffff {
			// A virtual function answers so; its identity is told by the physical one (PCI Express Base Specification, 9.3.4.1).
			d.ID.Vendor, d.ID.Device = physical.Vendor, physical.Device
		}
		given = append(given, map[string]string{
			"class": hex(d.Class.Class), "vendor": hex(d.ID.Vendor), "device": hex(d.ID.Device),
			"subsystem_vendor": hex(d.ID.SubsystemVendor), "subsystem_device": hex(d.ID.Subsystem),
		})
	}
	if diff := cmp.Diff(identities(given), identities(instances(ours, "pci.device")), cmpopts.SortSlices(less)); diff != "" {
		t.Errorf("pci.device (-QEMU +ours):\n%s", diff)
	}
}

func hex(n int) string { return fmt.Sprintf("%04x", n) }
