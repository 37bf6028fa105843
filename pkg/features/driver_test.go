package features

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLeadingVersion(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"535.104.05": "535.104.05", "2.13.0g": "2.13.0", "24.10-1.1.4": "24.10", "v1.2": "1.2", "5.9.0.1": "5.9.0", "6.18.44-fc-v669": "6.18.44",
		"7": "7", "7.": "7", "7.x": "7", "5.14.0-427.13.1.el9_4.x86_64": "5.14.0", "96.00.99.00.01": "96.00.99", "r550": "", "": "", ".1": "", "v": "", "vx": "",
		"1..2": "1", "-1": "",
		"0:14.4.0.8": "14.4.0", "1:2.3": "2.3", "0:": "", "0:next": "", "0:v1.2": "", "1:2:3": "", "18446744073709551615.1": "18446744073709551615.1",
		"18446744073709551616.1": "", "1.18446744073709551616": "",
	} {
		if got := leadingVersion(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func FuzzLeadingVersion(f *testing.F) {
	for _, seed := range []string{"535.104.05", "2.13.0g", "v1", "1..2", "", "0:14.4.0.8", "1:2:3", "99999999999999999999"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := leadingVersion(text)
		begin := strings.TrimPrefix(text, "v")
		if epoch, rest, ok := strings.Cut(begin, ":"); ok && epoch != "" && strings.Trim(epoch, "0123456789") == "" {
			begin = rest
		}
		if !strings.HasPrefix(begin, got) || strings.Trim(got, "0123456789.") != "" || strings.Contains(got, "..") ||
			strings.HasPrefix(got, ".") || strings.HasSuffix(got, ".") || strings.Count(got, ".") >= maxVersionParts {
			t.Errorf("%q: %q", text, got)
		}
	})
}

func TestParseKernelRelease(t *testing.T) {
	t.Parallel()
	for release, want := range map[string][3]string{ // version, build, flavor
		"6.8.0-45-generic":                   {"6.8.0", "45", "generic"},
		"6.8.0-1017-aws":                     {"6.8.0", "1017", "aws"},
		"6.1.0-21-cloud-amd64":               {"6.1.0", "21", "cloud-amd64"},
		"5.14.0-427.13.1.el9_4.x86_64":       {"5.14.0", "427.13.1.el9_4.x86_64", ""},
		"4.18.0-553.8.1.el8_10.x86_64":       {"4.18.0", "553.8.1.el8_10.x86_64", ""},
		"5.14.0-427.13.1.el9_4.aarch64+64k":  {"5.14.0", "427.13.1.el9_4.aarch64", "64k"},
		"4.14.355-275.570.amzn2.x86_64":      {"4.14.355", "275.570.amzn2.x86_64", ""},
		"6.1.109-118.189.amzn2023.x86_64":    {"6.1.109", "118.189.amzn2023.x86_64", ""},
		"6.8.0-1013-nvidia-64k":              {"6.8.0", "1013", "nvidia-64k"},
		"6.8.0-45-generic-64k":               {"6.8.0", "45", "generic-64k"},
		"4.19.0-27-686-pae":                  {"4.19.0", "27-686", "pae"},
		"6.11.0-9-rc7-rt":                    {"6.11.0", "9-rc7", "rt"},
		"6.10.3-arch1-1":                     {"6.10.3", "arch1-1", ""},
		"6.10.3-zen1-1-zen":                  {"6.10.3", "zen1-1", "zen"},
		"6.6.97+":                            {"6.6.97", "", ""},
		"6.6.0-rc7+":                         {"6.6.0", "rc7", ""},
		"5.15.153.1-microsoft-standard-WSL2": {"5.15.153", "1", "microsoft-standard-WSL2"},
		"6.6.57.1-7.azl3":                    {"6.6.57", "1-7.azl3", ""},
		"5.15.167.1-2.cm2":                   {"5.15.167", "1-2.cm2", ""},
		"6.1.10-11.ph5":                      {"6.1.10", "11.ph5", ""},
		"4.19.295-3.ph3-esx":                 {"4.19.295", "3.ph3", "esx"},
		"5.14.21-150500.55.7-default":        {"5.14.21", "150500.55.7", "default"},
		"6.6.32-talos":                       {"6.6.32", "", "talos"},
		"6.18.44-fc-v669":                    {"6.18.44", "", "fc-v669"},
		"6.18":                               {"6.18.0", "", ""},
		"6":                                  {"6.0.0", "", ""},
	} {
		got := parseKernelRelease(release)
		all := map[string]string{"full": release, "version": want[0]}
		for i, name := range []string{"build", "flavor"} {
			if want[i+1] != "" {
				all[name] = want[i+1]
			}
		}
		if diff := cmp.Diff(all, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", release, diff)
		}
	}
	for _, release := range []string{"next", "v6.8.0", "1:6.8.0"} {
		if diff := cmp.Diff(map[string]string{"full": release}, parseKernelRelease(release)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

func FuzzParseKernelRelease(f *testing.F) {
	for _, seed := range []string{"6.8.0-45-generic", "6.6.0-rc7+", "5.14.0-427.el9.x86_64+64k", "6.8.0-1013-nvidia-64k", "1:2-3", "+", "-"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, release string) {
		got := parseKernelRelease(release)
		if got["full"] != release || got["version"] != "" && strings.Count(got["version"], ".") != 2 {
			t.Errorf("%q: %v", release, got)
		}
		for name, value := range got {
			if name != "full" && value == "" {
				t.Errorf("%q: %s is empty", release, name)
			}
		}
	})
}

func TestParseModulesDep(t *testing.T) {
	t.Parallel()
	const text = "kernel/drivers/vfio/pci/vfio-pci.ko.xz: kernel/drivers/vfio/vfio.ko.xz\nkernel/fs/fuse/fuse.ko:\nextra/efa.ko.zst:\nupdates/dkms/nvidia.ko.gz: a.ko\n" +
		"no colon.ko\nkernel/readme.txt: x\n.ko:\n:\n\nx.konly:\n"
	if diff := cmp.Diff([]string{"vfio-pci", "fuse", "efa", "nvidia"}, parseModulesDep(text)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func FuzzParseModulesDep(f *testing.F) {
	f.Add("kernel/a-b.ko.xz: c.ko\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, name := range parseModulesDep(text) {
			if name == "" || strings.ContainsAny(name, "/\n:") {
				t.Errorf("%q: %q", text, name)
			}
		}
	})
}

func TestLinkType(t *testing.T) {
	t.Parallel()
	for number, want := range map[string]string{"1": "ethernet", "32": "infiniband", "519": "rawip", "65534": "65534"} {
		if got := linkType(number); got != want {
			t.Errorf("%s: %q", number, got)
		}
	}
}
