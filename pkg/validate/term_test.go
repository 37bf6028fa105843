package validate_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// TestTerm has a line for each operator on each kind of feature: the outcome, what was observed, and the reason.
func TestTerm(t *testing.T) {
	t.Parallel()
	const none = "<nil>"
	tests := []struct {
		term     string
		want     validate.Outcome
		observed string
		reason   string
	}{
		// Flags: only their presence can be asked for.
		{"feature: cpu.cpuid, matchExpressions: {AVX: {op: Exists}}", validate.Match, "present", ""},
		{"feature: cpu.cpuid, matchExpressions: {AMX: {op: Exists}}", validate.Mismatch, none, "AMX is not among the 4 elements of cpu.cpuid"},
		{"feature: cpu.cpuid, matchExpressions: {AMX: {op: DoesNotExist}}", validate.Match, none, ""},
		{"feature: cpu.cpuid, matchExpressions: {AVX: {op: DoesNotExist}}", validate.Mismatch, "present", "cpu.cpuid has AVX"},
		{"feature: cpu.cpuid, matchExpressions: {AVX: {op: IsTrue}}", validate.Mismatch, "present", "AVX of cpu.cpuid is a flag, which has no value to compare: use Exists"},
		{"feature: cpu.cpuid, matchExpressions: {AVX: {op: NotIn, value: [x]}}", validate.Mismatch, "present", "AVX of cpu.cpuid is a flag, which has no value to compare: use Exists"},
		// Attributes of a feature that has flags as well.
		{"feature: cpu.cpuid, matchExpressions: {AVX10_VERSION: {op: In, value: ['1']}}", validate.Match, "1", ""},
		{"feature: cpu.cpuid, matchExpressions: {AVX10_VERSION: {op: DoesNotExist}}", validate.Mismatch, "1", "cpu.cpuid has AVX10_VERSION"},
		{"feature: CPU.CpuID, matchExpressions: {AVX: {op: Exists}}", validate.Match, "present", ""}, // NFD's report has it as false
		// In, NotIn, InRegexp.
		{"feature: kernel.version, matchExpressions: {major: {op: In, value: ['4', '5']}}", validate.Match, "5", ""},
		{"feature: kernel.version, matchExpressions: {major: {op: In, value: ['4']}}", validate.Mismatch, "5", `"5" is not "4"`},
		{"feature: kernel.version, matchExpressions: {major: {op: In, value: ['3', '4']}}", validate.Mismatch, "5", `"5" is not one of "3", "4"`},
		{"feature: kernel.version, matchExpressions: {patch: {op: In, value: ['4']}}", validate.Mismatch, none, "patch is not among the 3 elements of kernel.version"},
		{"feature: kernel.version, matchExpressions: {major: {op: NotIn, value: ['4']}}", validate.Match, "5", ""},
		{"feature: kernel.version, matchExpressions: {major: {op: NotIn, value: ['4', '5']}}", validate.Mismatch, "5", `"5" is among the values ruled out`},
		{"feature: kernel.version, matchExpressions: {patch: {op: NotIn, value: ['4']}}", validate.Mismatch, none, "patch is not among the 3 elements of kernel.version"},
		{"feature: kernel.version, matchExpressions: {full: {op: InRegexp, value: ['x', 'el9']}}", validate.Match, "5.14.0-427.13.1.el9_4.x86_64", ""},
		{"feature: kernel.version, matchExpressions: {full: {op: InRegexp, value: ['^el9']}}", validate.Mismatch, "5.14.0-427.13.1.el9_4.x86_64", `"5.14.0-427.13.1.el9_4.x86_64" does not match the pattern "^el9"`},
		// Numbers.
		{"feature: kernel.version, matchExpressions: {major: {op: Gt, value: ['4']}}", validate.Match, "5", ""},
		{"feature: kernel.version, matchExpressions: {major: {op: Gt, value: ['5']}}", validate.Mismatch, "5", "5 is not greater than 5"},
		{"feature: kernel.version, matchExpressions: {major: {op: Ge, value: ['5']}}", validate.Match, "5", ""},
		{"feature: kernel.version, matchExpressions: {major: {op: Ge, value: ['6']}}", validate.Mismatch, "5", "5 is less than 6"},
		{"feature: kernel.version, matchExpressions: {minor: {op: Gt, value: ['9']}}", validate.Match, "14", ""}, // as numbers, not as texts
		{"feature: kernel.version, matchExpressions: {major: {op: Lt, value: ['6']}}", validate.Match, "5", ""},
		{"feature: kernel.version, matchExpressions: {major: {op: Lt, value: ['5']}}", validate.Mismatch, "5", "5 is not less than 5"},
		{"feature: kernel.version, matchExpressions: {major: {op: Le, value: ['5']}}", validate.Match, "5", ""},
		{"feature: kernel.version, matchExpressions: {major: {op: Le, value: ['4']}}", validate.Mismatch, "5", "5 is greater than 4"},
		{"feature: kernel.version, matchExpressions: {major: {op: GtLt, value: ['4', '6']}}", validate.Match, "5", ""},
		{"feature: kernel.version, matchExpressions: {major: {op: GtLt, value: ['5', '6']}}", validate.Mismatch, "5", "5 is not greater than 5"},
		{"feature: kernel.version, matchExpressions: {major: {op: GtLt, value: ['4', '5']}}", validate.Mismatch, "5", "5 is not less than 5"},
		{"feature: kernel.version, matchExpressions: {major: {op: GeLe, value: ['5', '6']}}", validate.Match, "5", ""},
		{"feature: kernel.version, matchExpressions: {major: {op: GeLe, value: ['4', '5']}}", validate.Match, "5", ""},
		{"feature: kernel.version, matchExpressions: {major: {op: GeLe, value: ['5', '5']}}", validate.Match, "5", ""}, // an error in NFD
		{"feature: kernel.version, matchExpressions: {major: {op: GeLe, value: ['6', '9']}}", validate.Mismatch, "5", "5 is less than 6"},
		{"feature: kernel.version, matchExpressions: {major: {op: GeLe, value: ['-3', '+4']}}", validate.Mismatch, "5", "5 is greater than 4"},
		{"feature: odd.values, matchExpressions: {word: {op: Gt, value: ['1']}}", validate.Unknown, "word", `"word" is not a whole number, so it cannot be compared`},
		{"feature: odd.values, matchExpressions: {blank: {op: Gt, value: ['1']}}", validate.Unknown, " 7", `" 7" is not a whole number, so it cannot be compared`},
		{"feature: odd.values, matchExpressions: {huge: {op: Gt, value: ['1']}}", validate.Unknown, "99999999999999999999", `"99999999999999999999" is not a whole number, so it cannot be compared`},
		{"feature: odd.values, matchExpressions: {missing: {op: Gt, value: ['1']}}", validate.Mismatch, none, "missing is not among the 9 elements of odd.values"},
		// Versions, of a release that NFD cannot read.
		{"feature: kernel.version, matchExpressions: {full: {op: Ge, value: ['5.14'], type: version}}", validate.Match, "5.14.0-427.13.1.el9_4.x86_64", ""},
		{"feature: kernel.version, matchExpressions: {full: {op: Ge, value: ['6.6'], type: version}}", validate.Mismatch, "5.14.0-427.13.1.el9_4.x86_64", "5.14.0-427.13.1.el9_4.x86_64 (compared as 5.14.0) is less than 6.6"},
		{"feature: kernel.version, matchExpressions: {full: {op: Gt, value: ['5.14'], type: version}}", validate.Mismatch, "5.14.0-427.13.1.el9_4.x86_64", "5.14.0-427.13.1.el9_4.x86_64 (compared as 5.14.0) is not greater than 5.14"},
		{"feature: kernel.version, matchExpressions: {full: {op: Lt, value: ['5.14.1'], type: version}}", validate.Match, "5.14.0-427.13.1.el9_4.x86_64", ""},
		{"feature: kernel.version, matchExpressions: {full: {op: Le, value: ['5.4'], type: version}}", validate.Mismatch, "5.14.0-427.13.1.el9_4.x86_64", "5.14.0-427.13.1.el9_4.x86_64 (compared as 5.14.0) is greater than 5.4"},
		{"feature: kernel.version, matchExpressions: {full: {op: GtLt, value: ['5.4', '5.14'], type: version}}", validate.Mismatch, "5.14.0-427.13.1.el9_4.x86_64", "5.14.0-427.13.1.el9_4.x86_64 (compared as 5.14.0) is not less than 5.14"},
		{"feature: kernel.version, matchExpressions: {full: {op: GeLe, value: ['5.4', '5.14'], type: version}}", validate.Match, "5.14.0-427.13.1.el9_4.x86_64", ""},
		{"feature: odd.values, matchExpressions: {word: {op: Gt, value: ['1'], type: version}}", validate.Unknown, "word", `"word" is not a version, so it cannot be compared`},
		{"feature: odd.values, matchExpressions: {driver: {op: Ge, value: ['550.90.07'], type: version}}", validate.Mismatch, "v535.104.05", "v535.104.05 is less than 550.90.07"},
		{"feature: odd.values, matchExpressions: {driver: {op: Gt, value: ['535.104.05-2'], type: version}}", validate.Mismatch, "v535.104.05", "v535.104.05 is not greater than 535.104.05-2 (compared as 535.104.05)"},
		{"feature: kernel.version, matchExpressions: {full: {op: Gt, value: ['5.14.0-362'], type: version}}", validate.Mismatch, "5.14.0-427.13.1.el9_4.x86_64", "5.14.0-427.13.1.el9_4.x86_64 (compared as 5.14.0) is not greater than 5.14.0-362 (compared as 5.14.0)"},
		{"feature: odd.values, matchExpressions: {release: {op: Ge, value: ['7'], type: version}}", validate.Mismatch, "6.1 \x1b[1m or so", `"6.1 \x1b[1m or so" (compared as 6.1) is less than 7`},
		// Booleans.
		{"feature: odd.values, matchExpressions: {'yes': {op: IsTrue}}", validate.Match, "true", ""},
		{"feature: odd.values, matchExpressions: {'no': {op: IsTrue}}", validate.Mismatch, "false", `"false" is not "true"`},
		{"feature: odd.values, matchExpressions: {'no': {op: IsFalse}}", validate.Match, "false", ""},
		{"feature: odd.values, matchExpressions: {seven: {op: IsFalse}}", validate.Mismatch, "7", `"7" is not "false"`},
		{"feature: odd.values, matchExpressions: {empty: {op: Exists}}", validate.Match, "", ""},
		// A feature that is absent is empty; NFD's matcher cannot tell it from one that it could not read.
		{"feature: kernel.loadedmodule, matchExpressions: {nouveau: {op: DoesNotExist}}", validate.Match, none, ""},
		{"feature: kernel.loadedmodule, matchExpressions: {nouveau: {op: Exists}}", validate.Mismatch, none, "the host has no kernel.loadedmodule, so no nouveau"},
		{"feature: kernel.loadedmodule, matchName: {op: Exists}", validate.Mismatch, none, "the host has no kernel.loadedmodule"},
		// A feature that nobody knows satisfies nothing.
		{"feature: foo.bar, matchExpressions: {a: {op: DoesNotExist}}", validate.Mismatch, none, "no feature foo.bar is known"},
		{"feature: foo.bar, matchName: {op: Exists}", validate.Mismatch, none, "no feature foo.bar is known"},
		// Of one that could not be read nothing can be told.
		{"feature: kernel.config, matchExpressions: {A: {op: Exists}}", validate.Unknown, none, "kernel.config could not be read: no configuration was found"},
		{"feature: kernel.config, matchExpressions: {A: {op: DoesNotExist}}", validate.Unknown, none, "kernel.config could not be read: no configuration was found"},
		{"feature: cpu.model, matchName: {op: Exists}", validate.Unknown, none, "cpu.model cannot be told here: CPUID is read on the running host only"},
		{"feature: kernel.selinux, matchExpressions: {enabled: {op: IsTrue}}", validate.Unknown, none, "kernel.selinux could not be read: it is not among the features given"},
		// Of one that was read in part, what was found decides.
		{"feature: partly.there, matchExpressions: {found: {op: In, value: ['1']}}", validate.Match, "1", ""},
		{"feature: partly.there, matchExpressions: {found: {op: DoesNotExist}}", validate.Mismatch, "1", "partly.there has found"},
		{"feature: partly.there, matchExpressions: {other: {op: Exists}}", validate.Unknown, none, "not all of partly.there could be read: modules.builtin: permission denied"},
		{"feature: partly.there, matchExpressions: {other: {op: DoesNotExist}}", validate.Unknown, none, "not all of partly.there could be read: modules.builtin: permission denied"},
		{"feature: partly.there, matchName: {op: In, value: [found]}", validate.Match, "found", ""},
		{"feature: partly.there, matchName: {op: In, value: [other]}", validate.Unknown, "found", "the one name in partly.there does not match, but not all of partly.there could be read: modules.builtin: permission denied"},
		{"feature: partly.devices, matchExpressions: {vendor: {op: In, value: ['8086']}}", validate.Match, "8086", ""},
		{"feature: partly.devices, matchExpressions: {vendor: {op: In, value: ['10de']}}", validate.Unknown, "8086", `"8086" is not "10de", but not all of partly.devices could be read: device 0000:00:01.0: class: permission denied`},
		{"feature: partly.devices, matchExpressions: {class: {op: Exists}}", validate.Unknown, none, "the closest partly.devices has no class, but not all of partly.devices could be read: device 0000:00:01.0: class: permission denied"},
		// A flag that was not found would have no value either; of a feature that has attributes as well, it may be one of these.
		{"feature: kernel.enabledmodule, matchExpressions: {overlay: {op: Exists}}", validate.Unknown, none, "not all of kernel.enabledmodule could be read: modules.builtin: no such file"},
		{"feature: kernel.enabledmodule, matchExpressions: {overlay: {op: DoesNotExist}}", validate.Unknown, none, "not all of kernel.enabledmodule could be read: modules.builtin: no such file"},
		{"feature: kernel.enabledmodule, matchExpressions: {overlay: {op: IsTrue}}", validate.Mismatch, none, "each element of kernel.enabledmodule is a flag, which has no value to compare: use Exists"},
		{"feature: kernel.enabledmodule, matchExpressions: {overlay: {op: NotIn, value: [x]}}", validate.Mismatch, none, "each element of kernel.enabledmodule is a flag, which has no value to compare: use Exists"},
		{"feature: kernel.enabledmodule, matchExpressions: {overlay: {op: Gt, value: ['1']}}", validate.Mismatch, none, "each element of kernel.enabledmodule is a flag, which has no value to compare: use Exists"},
		{"feature: cpu.rdt, matchExpressions: {RDTMON: {op: IsTrue}}", validate.Unknown, none, "not all of cpu.rdt could be read: resctrl: permission denied"},
		{"feature: kernel.enabledmodule, matchExpressions: {fuse: {op: IsTrue}}", validate.Mismatch, "present", "fuse of kernel.enabledmodule is a flag, which has no value to compare: use Exists"},
		{"feature: partly.there, matchExpressions: {other: {op: In, value: ['1']}}", validate.Unknown, none, "not all of partly.there could be read: modules.builtin: permission denied"},
		// Of an incomplete feature that tells which elements alone are in doubt, everything else is known.
		{"feature: known.devices, matchExpressions: {vendor: {op: In, value: ['10de']}}", validate.Mismatch, "8086", `"8086" is not "10de"`},
		{"feature: known.devices, matchExpressions: {class: {op: Exists}}", validate.Mismatch, none, "the closest known.devices has no class"},
		{"feature: known.devices, matchExpressions: {class: {op: DoesNotExist}}", validate.Match, none, ""},
		{"feature: known.devices, matchExpressions: {brand: {op: Exists}}", validate.Unknown, none, "the closest known.devices has no brand, but not all of known.devices could be read: brand: nobody tells it"},
		{"feature: known.devices, matchExpressions: {brand: {op: DoesNotExist}}", validate.Unknown, none, "the closest known.devices has no brand, but not all of known.devices could be read: brand: nobody tells it"},
		{"feature: known.devices, matchName: {op: In, value: [class]}", validate.Mismatch, "vendor", "the one name in known.devices does not match"},
		{"feature: known.devices, matchName: {op: InRegexp, value: ['^b']}", validate.Unknown, "vendor", "the one name in known.devices does not match, but not all of known.devices could be read: brand: nobody tells it"},
		{"feature: known.there, matchExpressions: {other: {op: Exists}}", validate.Mismatch, none, "other is not the one element of known.there"},
		{"feature: known.there, matchExpressions: {brand: {op: Exists}}", validate.Unknown, none, "not all of known.there could be read: brand: nobody tells it"},
		// Names.
		{"feature: cpu.cpuid, matchName: {op: InRegexp, value: ['^AVX']}", validate.Match, "AVX, AVX10_VERSION, AVX2", ""},
		{"feature: cpu.cpuid, matchName: {op: InRegexp, value: ['^AMX']}", validate.Mismatch, "AVX, AVX10_VERSION, AVX2, SSE4", "none of the 4 names in cpu.cpuid matches"},
		{"feature: cpu.cpuid, matchName: {op: NotIn, value: [AVX]}", validate.Match, "AVX10_VERSION, AVX2, SSE4", ""}, // any other name, as in NFD
		{"feature: cpu.cpuid, matchName: {op: Exists}", validate.Match, "AVX, AVX10_VERSION, AVX2, SSE4", ""},
		{"feature: cpu.cpuid, matchName: {op: DoesNotExist}", validate.Mismatch, none, "matchName with DoesNotExist never matches: name the element in matchExpressions"},
		{"feature: pci.device, matchName: {op: In, value: [class]}", validate.Match, "class", ""},
		{"feature: numbers.names, matchName: {op: Ge, value: ['5']}", validate.Match, "5", ""},
		{"feature: numbers.names, matchName: {op: Ge, value: ['6']}", validate.Unknown, "x", `"x" is not a whole number, so it cannot be compared`},
		// Instances, one expression.
		{"feature: pci.device, matchExpressions: {vendor: {op: In, value: ['10de']}}", validate.Match, "10de", ""},
		{"feature: pci.device, matchExpressions: {vendor: {op: In, value: [15b3]}}", validate.Mismatch, "8086", `"8086" is not "15b3"`},
		{"feature: pci.device, matchExpressions: {sriov_totalvfs: {op: Exists}}", validate.Mismatch, none, "the closest pci.device has no sriov_totalvfs"},
		{"feature: pci.device, matchExpressions: {sriov_totalvfs: {op: DoesNotExist}}", validate.Match, none, ""},
		{"feature: pci.device, matchExpressions: {vendor: {op: DoesNotExist}}", validate.Mismatch, "8086", "the closest pci.device has vendor"},
		// A feature of attributes and of instances: either will do, as in NFD.
		{"feature: both.kinds, matchExpressions: {a: {op: In, value: ['1']}}", validate.Match, "1", ""},
		{"feature: both.kinds, matchExpressions: {b: {op: In, value: ['2']}}", validate.Match, "2", ""},
		{"feature: both.kinds, matchExpressions: {a: {op: DoesNotExist}}", validate.Match, none, ""},
		{"feature: both.kinds, matchExpressions: {a: {op: In, value: ['2']}}", validate.Mismatch, "1", `"1" is not "2"`},
		// Without an instance nothing matches, DoesNotExist neither.
		{"feature: none.device, matchExpressions: {vendor: {op: DoesNotExist}}", validate.Mismatch, none, "the host has no none.device"},
		{"feature: none.device, matchExpressions: {vendor: {op: Exists}}", validate.Mismatch, none, "the host has no none.device"},
	}
	for _, tt := range tests {
		t.Run(tt.term, func(t *testing.T) {
			t.Parallel()
			r := judge(t, ofTerm(tt.term), validate.Options{})
			rule := r.Sets[0].Rules[0]
			got := rule.MatchFeatures[0]
			observed := none
			if got.Observed != nil {
				observed = *got.Observed
			}
			if got.Outcome != tt.want || observed != tt.observed || got.Reason != tt.reason {
				t.Errorf("got  %s, observed %q, because %q\nwant %s, observed %q, because %q", got.Outcome, observed, got.Reason, tt.want, tt.observed, tt.reason)
			}
			if rule.Outcome != tt.want {
				t.Errorf("the rule is %s, its only expression %s", rule.Outcome, tt.want)
			}
		})
	}
}

// TestInstanceTermIsAboutOneInstance: NFD's report takes the instances together, and has both expressions true and the
// rule false.
func TestInstanceTermIsAboutOneInstance(t *testing.T) {
	t.Parallel()
	r := judge(t, ofTerm("feature: pci.device, matchExpressions: {class: {op: In, value: ['0200']}, device: {op: In, value: ['1533']}, vendor: {op: In, value: ['10de']}}"), validate.Options{})
	rule := r.Sets[0].Rules[0]
	var got []string
	for _, e := range rule.MatchFeatures {
		got = append(got, e.Element+" "+e.Outcome.String())
		if diff := cmp.Diff(map[string]string{"vendor": "8086", "class": "0200", "device": "1533"}, e.Instance); diff != "" {
			t.Errorf("closest instance (-want +got):\n%s", diff)
		}
		if e.Instances == nil || *e.Instances != 2 {
			t.Errorf("instances looked at: %v, want 2", e.Instances)
		}
	}
	if want := "class match, device match, vendor mismatch"; strings.Join(got, ", ") != want || rule.Outcome != validate.Mismatch {
		t.Errorf("got %v, rule %s; want %s, rule mismatch", got, rule.Outcome, want)
	}
}

// TestTermOfExpressionsAndName: both must match, and each is judged whatever the other is. NFD never judges the second
// after the first has failed.
func TestTermOfExpressionsAndName(t *testing.T) {
	t.Parallel()
	r := judge(t, ofTerm("feature: cpu.cpuid, matchExpressions: {AMX: {op: Exists}}, matchName: {op: InRegexp, value: ['^AVX']}"), validate.Options{})
	rule := r.Sets[0].Rules[0]
	if rule.Outcome != validate.Mismatch || rule.MatchFeatures[0].Outcome != validate.Mismatch || rule.MatchFeatures[1].Outcome != validate.Match {
		t.Errorf("got rule %s, AMX %s, name %s", rule.Outcome, rule.MatchFeatures[0].Outcome, rule.MatchFeatures[1].Outcome)
	}
}

// TestManyValues: however long a list of values is, its order does not matter.
func TestManyValues(t *testing.T) {
	t.Parallel()
	descending := "'59'"
	for i := 58; i >= 20; i-- {
		descending += fmt.Sprintf(", '%d'", i)
	}
	for values, in := range map[string]validate.Outcome{
		"'5', " + descending: validate.Match, descending + ", '5'": validate.Match, descending: validate.Mismatch,
	} {
		for op, want := range map[string]validate.Outcome{"In": in, "NotIn": -in} {
			got := judge(t, ofTerm("feature: kernel.version, matchExpressions: {major: {op: "+op+", value: ["+values+"]}}"), validate.Options{})
			if outcome := got.Sets[0].Rules[0].Outcome; outcome != want {
				t.Errorf("%s of %s is %s, want %s", op, values, outcome, want)
			}
		}
	}
}
