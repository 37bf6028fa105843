package features

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFindingStatus(t *testing.T) {
	t.Parallel()
	optional, always := Entry{Name: "a.b", Kinds: []Kind{Attribute}}, Entry{Name: "a.c", Kinds: []Kind{Attribute}, Always: true}
	found := finding{attributes: map[string]string{"x": ""}}
	tests := []struct {
		name    string
		entry   Entry
		finding finding
		want    State
	}{
		{"nothing", optional, finding{}, Absent},
		{"nothing of what every host has", always, finding{attributes: map[string]string{}}, Unreadable},
		{"an element", always, found, Discovered},
		{"a failure", optional, unreadable(errors.New("no")), Unreadable},
		{"another host", always, unsupported("no"), Unsupported},
	}
	for _, test := range tests {
		status := test.finding.status(test.entry)
		if status.State != test.want {
			t.Errorf("%s: %+v, want %s", test.name, status, test.want)
		}
		set := newSet()
		set.add(test.entry, test.finding)
		if got := set.Status(test.entry.Name); got.State != test.want {
			t.Errorf("%s: the set says %+v, want %s", test.name, got, test.want)
		}
	}
	var many finding
	for range maxReasons + 5 {
		many.miss(errors.New("no"))
	}
	status := many.status(optional)
	if len(status.Reasons) != maxReasons+1 || status.Reasons[maxReasons] != "and 5 more" || status.State != Incomplete {
		t.Errorf("many reasons: %+v", status)
	}
	// A feature of two kinds of which one was found has no empty set of the other, as in NFD.
	set := newSet()
	set.add(Entry{Name: "cpu.cpuid", Kinds: []Kind{Flag, Attribute}}, finding{flags: flagSet("AVX")})
	if diff := cmp.Diff(0, len(set.Features.Attributes)); diff != "" {
		t.Errorf("attributes of a feature that has flags alone (-want +got):\n%s", diff)
	}
}
