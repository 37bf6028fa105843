package features

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseNumbered(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"4: ACTIVE": "ACTIVE", "5: LinkUp\n": "LinkUp", "7: Phy Test": "Phy Test", "ACTIVE": "ACTIVE", "1: CA": "CA", "0: <unknown>": "", "<unknown>": "", "": "", "4:": "",
	} {
		if got := parseNumbered(text); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}

func TestParseRate(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"100 Gb/sec (4X EDR)": 100, "25 Gb/sec (1X EDR)": 25, "10 Gb/sec (4X)": 10, "2.5 Gb/sec (1X SDR)": 2, "800 Gb/sec (4X XDR)": 800, "0 Gb/sec": 0,
		"100": -1, "x Gb/sec": -1, "-1 Gb/sec": -1, "2.7 Gb/sec": -1, "99999999999 Gb/sec": -1, "": -1, ".5 Gb/sec": -1,
	} {
		if got, ok := parseRate(text); ok != (want >= 0) || ok && got != want {
			t.Errorf("%q: %d, %t", text, got, ok)
		}
	}
}

func FuzzParseRate(f *testing.F) {
	for _, seed := range []string{"100 Gb/sec (4X EDR)", "2.5 Gb/sec (1X SDR)", "", "x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if rate, ok := parseRate(text); ok && (rate < 0 || !strings.Contains(text, " Gb/sec")) {
			t.Errorf("%q: %d", text, rate)
		}
		if word := parseNumbered(text); !strings.Contains(text, word) || word != strings.TrimSpace(word) {
			t.Errorf("%q: %q", text, word)
		}
	})
}

func TestPutFirmware(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]map[string]string{
		"28.39.3004": {"fw_version": "28.39.3004", "fw_version_raw": "28.39.3004"},
		"0.2":        {"fw_version": "0.2", "fw_version_raw": "0.2"},
		"0.0.0.0":    {"fw_version_raw": "0.0.0.0"},
		"unknown":    {"fw_version_raw": "unknown"},
		"":           {},
	} {
		got := map[string]string{}
		putFirmware(got, text)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

func TestPutPorts(t *testing.T) {
	t.Parallel()
	up := rdmaPort{number: "1", state: portActive, linkLayer: "Ethernet", rate: 25}
	with := func(change func(*rdmaPort)) rdmaPort {
		port := up
		change(&port)
		return port
	}
	fast := with(func(p *rdmaPort) { p.rate = 100 })
	down := with(func(p *rdmaPort) { p.state, p.rate = "DOWN", 400 })
	stateless := with(func(p *rdmaPort) { p.state = "" })
	rateless := with(func(p *rdmaPort) { p.rate = -1 })
	lost := []error{errNotDir}
	for name, test := range map[string]struct {
		device rdmaDevice
		want   string
	}{
		"the fastest active one":          {rdmaDevice{ports: []rdmaPort{up, fast, down}}, "link_layer=Ethernet ports_active=2 rate_gbps=100"},
		"none active":                     {rdmaDevice{ports: []rdmaPort{down}}, "link_layer=Ethernet ports_active=0"},
		"layers that differ":              {rdmaDevice{ports: []rdmaPort{up, with(func(p *rdmaPort) { p.linkLayer = "InfiniBand" })}}, "ports_active=2 rate_gbps=25"},
		"a layer that is not known":       {rdmaDevice{ports: []rdmaPort{up, with(func(p *rdmaPort) { p.linkLayer = "" })}, missed: lost}, "ports_active=2 rate_gbps=25"},
		"a state that is not known":       {rdmaDevice{ports: []rdmaPort{up, stateless}, missed: lost}, "link_layer=Ethernet"},
		"a rate that is not known":        {rdmaDevice{ports: []rdmaPort{up, rateless}, missed: lost}, "link_layer=Ethernet ports_active=2"},
		"a rate of one that is down lost": {rdmaDevice{ports: []rdmaPort{up, with(func(p *rdmaPort) { p.state, p.rate = "DOWN", -1 })}, missed: lost}, "link_layer=Ethernet ports_active=1 rate_gbps=25"},
		"no ports":                        {rdmaDevice{}, "ports_active=0"},
		"ports that are not known":        {rdmaDevice{missed: lost}, ""},
	} {
		attributes := map[string]string{}
		putPorts(attributes, test.device)
		var got []string
		for _, key := range slices.Sorted(maps.Keys(attributes)) {
			got = append(got, key+"="+attributes[key])
		}
		if got := strings.Join(got, " "); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}

func TestParseLSMParameter(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"ro quiet lsm=landlock,yama,bpf\n": "landlock,yama,bpf", "lsm=a lsm=b": "b", `lsm="a,b"`: "a,b", "lsm=": "", "ro": "none", "xlsm=a": "none", "-- lsm=a": "none", "": "none",
	} {
		if got, given := parseLSMParameter(text); given != (want != "none") || given && got != want {
			t.Errorf("%q: %q, %t", text, got, given)
		}
	}
}

func FuzzParseLSMParameter(f *testing.F) {
	f.Add("ro lsm=a,b -- lsm=c")
	f.Fuzz(func(t *testing.T, text string) {
		if order, given := parseLSMParameter(text); order != "" && !given || given && !strings.Contains(text, "lsm=") || !strings.Contains(text, order) {
			t.Errorf("%q: %q, %t", text, order, given)
		}
	})
}

func TestParseFilesystems(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff([]string{"sysfs", "ext4", "overlay"}, parseFilesystems("nodev\tsysfs\n\text4\n\nnodev\toverlay")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func FuzzParseFilesystems(f *testing.F) {
	f.Add("nodev\tsysfs\n\text4\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, name := range parseFilesystems(text) {
			if name == "" || len(strings.Fields(name)) != 1 {
				t.Errorf("%q: %q", text, name)
			}
		}
	})
}

func TestOlderThan514(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]bool{"5.14.0": false, "5.13.9": true, "6.0.0": false, "4.18.0": true, "10.1.0": false, "": true, "x": true, "5": true} {
		if got := olderThan514(version); got != want {
			t.Errorf("%q: %t", version, got)
		}
	}
}

// TestUserfaultfdBits: the bits are those of include/uapi/linux/userfaultfd.h: UFFD_FEATURE_PAGEFAULT_FLAG_WP, UFFD_FEATURE_MINOR_SHMEM (and not
// the one of huge pages before it) and UFFD_FEATURE_WP_HUGETLBFS_SHMEM. A live kernel of today has all of them, and tells no mistake.
func TestUserfaultfdBits(t *testing.T) {
	t.Parallel()
	if got := [3]uint64{uffdWriteProtect, uffdMinorShmem, uffdWriteProtectShared}; got != [3]uint64{0x1, 0x400, 0x1000} {
		t.Errorf("%#x", got)
	}
}
