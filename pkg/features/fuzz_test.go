package features

import (
	"bytes"
	"maps"
	"path"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nfd-compat/nfd-compat/internal/hosttest"
)

func FuzzParseKernelVersion(f *testing.F) {
	for _, seed := range []string{"5.14.0-427.13.1.el9_4.x86_64", "6.6.97+", "6.6.57.1-7.azl3", "6", "6.", ".6", "-6", "\xff6.1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, release string) {
		got := parseKernelVersion(release)
		full := strings.Trim(forbidden.ReplaceAllString(release, "_"), "-_.")
		want := map[string]string{"full": full}
		if m := kernelRelease.FindStringSubmatch(full); m != nil {
			want["major"], want["minor"], want["revision"] = m[1], m[3], m[5]
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", release, diff)
		}
		if got, want := labelRuns(release), forbiddenRun.ReplaceAllString(release, "_"); got != want {
			t.Errorf("%q: got %q, want %q", release, got, want)
		}
	})
}

// FuzzParseKernelConfig compares with what NFD makes of a text, line by line; a carriage return at the end of a line is
// none of the value.
func FuzzParseKernelConfig(f *testing.F) {
	f.Add("CONFIG_A=y\n# CONFIG_B is not set\nCONFIG_C=\"x=y\"\n")
	f.Add("CONFIG_=\nCONFIG_A\r\nCONFIG_A=\"\"\"\r\r\n")
	f.Add("\x1f\x8b")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := parseKernelConfig(text)
		want := map[string]string{}
		for line := range strings.SplitSeq(text, "\n") {
			if m := kernelOption.FindStringSubmatch(line); m != nil {
				want[m[1]] = strings.Trim(strings.TrimRight(m[2], "\r"), `"`)
			}
		}
		if (err == nil) != (len(want) > 0) {
			t.Fatalf("%d options wanted, %v", len(want), err)
		}
		if err == nil && !maps.Equal(want, got) {
			t.Errorf("%q (-want +got):\n%s", text, cmp.Diff(want, got))
		}
	})
}

func FuzzGunzip(f *testing.F) {
	f.Add([]byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00"))
	f.Add([]byte("CONFIG_A=y"))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := gunzip(data, 1000)
		if len(got) > 1000 || err != nil && got != nil {
			t.Errorf("%d bytes, %v", len(got), err)
		}
	})
}

func FuzzParseModules(f *testing.F) {
	f.Add("nvidia 11534336 46 nvidia_uvm, Live 0x0000000000000000 (POE)\n\n \n\tb\tc")
	f.Add("kernel/fs/fuse/fuse.ko\nkernel/a-b.ko\n.ko\n/.ko\r\nkernel/c.ko/")
	f.Fuzz(func(t *testing.T, text string) {
		var loaded, builtin []string
		for line := range strings.SplitSeq(text, "\n") {
			if words := strings.Fields(line); len(words) > 0 {
				loaded = append(loaded, words[0])
			}
			if line = strings.TrimSpace(line); strings.HasSuffix(line, ".ko") {
				if name := strings.TrimSuffix(path.Base(line), ".ko"); name != "" {
					builtin = append(builtin, name)
				}
			}
		}
		if diff := cmp.Diff(loaded, parseModules(text)); diff != "" {
			t.Errorf("loaded in %q (-want +got):\n%s", text, diff)
		}
		if diff := cmp.Diff(builtin, parseBuiltinModules(text)); diff != "" {
			t.Errorf("built in, in %q (-want +got):\n%s", text, diff)
		}
	})
}

func FuzzParseOSRelease(f *testing.F) {
	f.Add("ID=ubuntu\nVERSION_ID=\"24.04\"\n# C=1\nX=\n")
	f.Add("VERSION_ID=9.x")
	f.Add("VERSION_ID=12a\nA='\"'")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := parseOSRelease(strings.NewReader(text))
		want := map[string]string{}
		for line := range strings.SplitSeq(text, "\n") {
			if m := osField.FindStringSubmatch(strings.TrimSuffix(line, "\r")); m != nil {
				want[m[1]] = strings.Trim(m[2], `"'`)
			}
		}
		if (err == nil) != (len(want) > 0) {
			t.Fatalf("%d fields wanted, %v", len(want), err)
		}
		if m := osVersion.FindStringSubmatch(want["VERSION_ID"]); m != nil {
			for i, part := range []string{"major", "", "minor"} {
				if part != "" && m[i+1] != "" {
					want["VERSION_ID."+part] = m[i+1]
				}
			}
		}
		if err == nil && !maps.Equal(want, got) {
			t.Errorf("%q (-want +got):\n%s", text, cmp.Diff(want, got))
		}
	})
}

func FuzzParsePCIAttribute(f *testing.F) {
	f.Add("class", "0x030200\n")
	f.Add("vendor", "0x")
	f.Fuzz(func(t *testing.T, attribute, text string) {
		got := parsePCIAttribute(attribute, text)
		if attribute == "class" && len(got) > 4 || attribute != "class" && strings.TrimSpace(got) != got {
			t.Errorf("%s %q: %q", attribute, text, got)
		}
	})
}

func FuzzParseProc(f *testing.F) {
	f.Add("vendor_id       : IBM/S390\nidentification  : 05F0A8\nmachine : 3906\n")
	f.Add("VM00 Control Program: KVM/Linux\n")
	f.Add("resctrl /sys/fs/resctrl resctrl rw,relatime 0 0\n")
	f.Add("sev 509\nsev_es 99\ntdx\n")
	f.Add("# node\nnode-1\n")
	f.Fuzz(func(t *testing.T, text string) {
		for name, value := range parseS390Cpuinfo([]byte(text)) {
			if name == "" || value == "" {
				t.Errorf("%q is %q", name, value)
			}
		}
		if got, err := parseSysinfo(strings.NewReader(text)); err == nil && (got == "" || labelRuns(got) != got) {
			t.Errorf("hypervisor %q", got)
		}
		if got, err := parseMounts(strings.NewReader(text), "resctrl"); err != nil && got != "" {
			t.Errorf("mount %q, %v", got, err)
		}
		for resource, count := range parseMiscCapacity(text) {
			if resource == "" || count == "" {
				t.Errorf("capacity of %q is %q", resource, count)
			}
		}
		if got := parseHostname(text); strings.Contains(got, "\n") {
			t.Errorf("name %q", got)
		}
		if on, err := parseSELinuxEnforce(text); on && err != nil {
			t.Errorf("enforced, and %v", err)
		}
	})
}

func FuzzParseArchitecture(f *testing.F) {
	for _, seed := range []string{"x86_64", "aarch64", "armv7l", "armv8l", "armv", "s390x", "i686"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, machine string) {
		architecture, variant := parseArchitecture(machine), parseARMVariant(machine)
		if strings.Trim(architecture, "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
			t.Errorf("%q is %q", machine, architecture)
		}
		if variant != "" && (architecture != "arm" || variant != "v5" && variant != "v6" && variant != "v7") {
			t.Errorf("%q is %s, variant %s", machine, architecture, variant)
		}
	})
}

// FuzzRead: what Read takes, it takes again from Write; and on error there is no set.
func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"flags":{"cpu.cpuid":{"elements":{"AVX":{}}}},"attributes":{"cpu.sst":{"elements":{}}},"instances":{}}`))
	f.Add([]byte(`{"flags":{},"node":{"name":"n"},"status":{"cpu.rdt":{"state":"incomplete","reasons":["r"]}}}`))
	f.Add([]byte(`{"flags":null,"attributes":{"a.b":{"elements":null}},"instances":{"pci.device":{"elements":[{"attributes":null}]}}}`))
	f.Add([]byte(`{"flags":{"a.b":null,"c.d":{}},"attributes":{"a.b":{"elements":{"x":null}}},"instances":{"pci.device":{"elements":[null,{}]}}}`))
	f.Add([]byte(`{"kind":"NodeFeature","spec":{"features":{"flags":{"cpu.cpuid":{"elements":{"AVX":{}}}}}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		set, err := Read(bytes.NewReader(data))
		if err != nil {
			if set != nil {
				t.Error("a set and an error")
			}
			return
		}
		var buf bytes.Buffer
		if err := Write(&buf, set); err != nil {
			t.Fatal(err)
		}
		back, err := Read(&buf)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(set, back); diff != "" {
			t.Errorf("after Write and Read (-want +got):\n%s", diff)
		}
	})
}

// FuzzResolve: no name and no links lead to a name with dots, which could leave the root.
func FuzzResolve(f *testing.F) {
	f.Add("a/b/c", "../../..", "/x/../..")
	f.Add("../a/./b", "b", "../a")
	f.Fuzz(func(t *testing.T, name, first, second string) {
		if strings.ContainsAny(first+second, "\n") {
			return
		}
		archive := "-- a/b -> " + first + " --\n-- b -> " + second + " --\n-- a/c --\n-- x/y --\n"
		at, _, err := newFsys(fsTree{hosttest.Parse(archive).FS()}).resolve(name)
		if err != nil && at != "" {
			t.Errorf("%q, %v", at, err)
		}
		for part := range strings.SplitSeq(at, "/") {
			if part == ".." || part == "." && at != "." {
				t.Errorf("%q leads to %q", name, at)
			}
		}
		if strings.HasPrefix(at, "/") {
			t.Errorf("%q leads to %q", name, at)
		}
	})
}
