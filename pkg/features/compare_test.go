package features_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"

	"github.com/nfd-compat/nfd-compat/pkg/features"
)

func TestCompare(t *testing.T) {
	t.Parallel()
	text := func(s string) *string { return &s }
	instances := func(set *features.Set, name string, vendors ...string) {
		var all []nfdv1alpha1.InstanceFeature
		for _, vendor := range vendors {
			all = append(all, *nfdv1alpha1.NewInstanceFeature(map[string]string{"vendor": vendor, "class": "02"}))
		}
		set.Features.Instances[name] = nfdv1alpha1.NewInstanceFeatures(all...)
	}
	a := setOf(t, "kernel.lsm bpf landlock", "kernel.version full=5 major=5 minor=", "kernel.config A=y B=y ~incomplete", "memory.swap enabled=true", "same.same a b=1", "rdma.port ~absent")
	b := setOf(t, "kernel.lsm bpf yama", "kernel.version full=6 minor= revision=1", "kernel.config ~unreadable", "memory.swap enabled=true", "same.same a b=1", "x.y a")
	instances(a, "pci.device", "1", "2", "2", "3", "3")
	instances(b, "pci.device", "3", "2", "4", "3")
	instances(a, "rdma.port")
	instances(b, "rdma.port", "5")
	want := []features.Difference{
		{Feature: "kernel.config", Status: &features.StatusDifference{A: features.Incomplete, B: features.Unreadable}},
		{Feature: "kernel.lsm", Elements: []features.ElementDifference{
			{Element: "landlock", Kind: features.Flag, A: text("present")}, {Element: "yama", Kind: features.Flag, B: text("present")},
		}},
		{Feature: "kernel.version", Elements: []features.ElementDifference{
			{Element: "full", Kind: features.Attribute, A: text("5"), B: text("6")},
			{Element: "major", Kind: features.Attribute, A: text("5")},
			{Element: "revision", Kind: features.Attribute, B: text("1")},
		}},
		{Feature: "pci.device", Instances: []features.InstanceDifference{
			{Attributes: map[string]string{"vendor": "1", "class": "02"}, A: 1},
			{Attributes: map[string]string{"vendor": "2", "class": "02"}, A: 2, B: 1},
			{Attributes: map[string]string{"vendor": "4", "class": "02"}, B: 1},
		}},
		{
			Feature: "rdma.port", Status: &features.StatusDifference{A: features.Absent, B: features.Discovered},
			Instances: []features.InstanceDifference{{Attributes: map[string]string{"vendor": "5", "class": "02"}, B: 1}},
		},
		{
			Feature: "x.y", Status: &features.StatusDifference{A: features.Undefined, B: features.Discovered},
			Elements: []features.ElementDifference{{Element: "a", Kind: features.Flag, B: text("present")}},
		},
	}
	if diff := cmp.Diff(want, features.Compare(a, b)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	b.Node.Name = "another"
	for _, set := range []*features.Set{a, b} {
		if got := features.Compare(set, set); got != nil {
			t.Errorf("a set and itself: %+v", got)
		}
	}
}
