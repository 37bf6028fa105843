package features

import (
	"bytes"
	"compress/gzip"
	"runtime"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/cpuid/v2"

	"github.com/nfd-compat/nfd-compat/internal/hosttest"
)

func gzipOf(t *testing.T, data []byte) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// viewOf is a view of a tree as if it were the running host's own, on amd64.
func viewOf(archive string) *view {
	v := newView(fsTree{hosttest.Parse(archive).FS()}, false)
	v.own = func() bool { return true }
	v.architecture = func() string { return "amd64" }
	return v
}

type leafKey struct{ leaf, subleaf uint32 }

// leaves makes a processor of what it answers: EAX, EBX, ECX and EDX by leaf and subleaf. Leaf 0 tells the highest leaf.
func leaves(answers map[leafKey][4]uint32) leafFunc {
	return func(leaf, subleaf uint32) (eax, ebx, ecx, edx uint32) {
		a := answers[leafKey{leaf, subleaf}]
		return a[0], a[1], a[2], a[3]
	}
}

func TestRDT(t *testing.T) {
	t.Parallel()
	const mounted = "-- sys/fs/resctrl/info/L3/num_closids --\n16\n"
	all := map[leafKey][4]uint32{
		{0x00, 0}: {0x1f},
		{0x07, 0}: {0, 1<<12 | 1<<15},
		{0x0f, 0}: {0, 0, 0, 1 << 1},
		{0x0f, 1}: {0, 0, 0, 1<<0 | 1<<1 | 1<<2},
		{0x10, 0}: {0, 1<<1 | 1<<2 | 1<<3},
	}
	cut := map[leafKey][4]uint32{{0x07, 0}: all[leafKey{7, 0}], {0x0f, 0}: all[leafKey{15, 0}], {0x10, 0}: all[leafKey{16, 0}]}
	cut[leafKey{0, 0}] = [4]uint32{0x0d}
	tests := []struct {
		name    string
		archive string
		leaves  map[leafKey][4]uint32
		want    map[string]string
		state   State
	}{
		{"all", mounted, all, map[string]string{
			"RDTMON": "true", "RDTCMT": "true", "RDTMBM": "true",
			"RDTL3CA": "true", "RDTL3CA_NUM_CLOSID": "15", "RDTL2CA": "true", "RDTMBA": "true",
		}, ""},
		{"watching without bandwidth", "", map[leafKey][4]uint32{
			{0x00, 0}: {0x1f}, {0x07, 0}: {0, 1 << 12}, {0x0f, 0}: {0, 0, 0, 1 << 1}, {0x0f, 1}: {0, 0, 0, 1<<0 | 1<<1},
		}, map[string]string{"RDTMON": "true", "RDTCMT": "true"}, ""},
		{"leaves beyond the highest", mounted, cut, map[string]string{}, ""},
		{"not mounted", "-- sys/fs/resctrl/ --\n-- proc/1/mounts --\nproc /proc proc rw 0 0\n", all, map[string]string{
			"RDTMON": "true", "RDTCMT": "true", "RDTMBM": "true", "RDTL3CA": "true", "RDTL2CA": "true", "RDTMBA": "true",
		}, ""},
		{"mounted elsewhere", "-- sys/fs/resctrl/ --\n-- proc/1/mounts --\nproc /proc proc rw 0 0\n" +
			"resctrl /mnt/my\\040rdt resctrl rw 0 0\n-- mnt/my rdt/info/L3/num_closids --\n8\n", all, map[string]string{
			"RDTMON": "true", "RDTCMT": "true", "RDTMBM": "true",
			"RDTL3CA": "true", "RDTL3CA_NUM_CLOSID": "7", "RDTL2CA": "true", "RDTMBA": "true",
		}, ""},
		{"closed", "-- sys/fs/resctrl/info/L3/num_closids (unreadable) --\n", all, map[string]string{
			"RDTMON": "true", "RDTCMT": "true", "RDTMBM": "true", "RDTL3CA": "true", "RDTL2CA": "true", "RDTMBA": "true",
		}, Incomplete},
		{"no number", "-- sys/fs/resctrl/info/L3/num_closids --\nmany\n", all, map[string]string{
			"RDTMON": "true", "RDTCMT": "true", "RDTMBM": "true", "RDTL3CA": "true", "RDTL2CA": "true", "RDTMBA": "true",
		}, Incomplete},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := rdt(viewOf(test.archive), leaves(test.leaves))
			if diff := cmp.Diff(test.want, f.attributes); diff != "" {
				t.Errorf("attributes (-want +got):\n%s", diff)
			}
			if f.state != test.state {
				t.Errorf("state %q, want %q: %q", f.state, test.state, f.reasons)
			}
		})
	}
}

func TestSST(t *testing.T) {
	t.Parallel()
	if runtime.GOARCH != "amd64" {
		t.Skip("CPUID is an instruction of amd64")
	}
	const two = `
-- sys/bus/cpu/devices/cpu0/cpufreq/base_frequency --
2300000
-- sys/bus/cpu/devices/cpu1/cpufreq/base_frequency --
2800000
`
	nominal := func(mhz uint32) map[leafKey][4]uint32 {
		return map[leafKey][4]uint32{{0, 0}: {0x16}, {0x16, 0}: {mhz}}
	}
	tests := []struct {
		name    string
		archive string
		leaves  map[leafKey][4]uint32
		want    map[string]string
		state   State
	}{
		{"raised", two, nominal(2300), map[string]string{"bf.enabled": "true"}, ""},
		{"not raised", two, nominal(2800), nil, ""},
		{"the processor does not tell", two, nominal(0), nil, Unreadable},
		{"the leaf is beyond the highest", two, map[leafKey][4]uint32{{0, 0}: {0x15}, {0x16, 0}: {7}}, nil, Unreadable},
		{"one is no number and none raised", two + "-- sys/bus/cpu/devices/cpu2/cpufreq/base_frequency --\nx\n", nominal(2800), nil, Incomplete},
		{
			"one is no number and one raised", two + "-- sys/bus/cpu/devices/cpu2/cpufreq/base_frequency --\nx\n", nominal(2300),
			map[string]string{"bf.enabled": "true"},
			"",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := sst(t.Context(), viewOf(test.archive), leaves(test.leaves))
			if diff := cmp.Diff(test.want, f.attributes); diff != "" {
				t.Errorf("attributes (-want +got):\n%s", diff)
			}
			if f.state != test.state {
				t.Errorf("state %q, want %q: %q", f.state, test.state, f.reasons)
			}
		})
	}
}

func TestCPUIDFlags(t *testing.T) {
	t.Parallel()
	var cpu cpuid.CPUInfo
	cpu.Enable(
		cpuid.CMOV, cpuid.CMPXCHG8, cpuid.X87, cpuid.FXSR, cpuid.MMX, cpuid.SYSCALL, cpuid.SSE, cpuid.SSE2,
		cpuid.CX16, cpuid.LAHF, cpuid.POPCNT, cpuid.SSE3, cpuid.SSE4, cpuid.SSE42, cpuid.SSSE3,
	)
	flags := amd64Flags(&cpu)
	for _, want := range []string{"SSE42", "X86_64_V1", "X86_64_V2"} {
		if !slices.Contains(flags, want) {
			t.Errorf("no %s among %v", want, flags)
		}
	}
	if slices.Contains(flags, "X86_64_V3") {
		t.Errorf("X86_64_V3 among %v", flags)
	}
	if diff := cmp.Diff(map[string]string{}, amd64Attributes(&cpu)); diff != "" {
		t.Errorf("attributes (-want +got):\n%s", diff)
	}
	cpu.AVX10Level = 2
	if diff := cmp.Diff(map[string]string{"AVX10_VERSION": "2"}, amd64Attributes(&cpu)); diff != "" {
		t.Errorf("attributes (-want +got):\n%s", diff)
	}
}

func TestCPUModel(t *testing.T) {
	t.Parallel()
	guest := func(id cpuid.Vendor, raw string) *cpuid.CPUInfo {
		cpu := &cpuid.CPUInfo{VendorID: cpuid.Intel, Family: 6, Model: 143, HypervisorVendorID: id, HypervisorVendorString: raw}
		cpu.Enable(cpuid.HYPERVISOR)
		return cpu
	}
	tests := []struct {
		name, hypervisor string
		cpu              *cpuid.CPUInfo
	}{
		{"bare metal", "none", &cpuid.CPUInfo{VendorID: cpuid.Intel, Family: 6, Model: 143}},
		{"known", "kvm", guest(cpuid.KVM, "KVMKVMKVM")},
		{"unknown", "My_VMM", guest(cpuid.VendorUnknown, "My  VMM")},
		{"silent", "unknown", guest(cpuid.VendorUnknown, "")},
	}
	for _, test := range tests {
		want := map[string]string{"vendor_id": "Intel", "family": "6", "id": "143", "hypervisor": test.hypervisor}
		if diff := cmp.Diff(want, cpuModel(test.cpu)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

func TestS390Model(t *testing.T) {
	t.Parallel()
	const cpuinfo = "-- proc/cpuinfo --\nvendor_id : IBM/S390\nidentification : 0D6018\nmachine : 8561\n"
	tests := []struct {
		name, archive string
		want          map[string]string
		state         State
	}{
		{
			"without a hypervisor", cpuinfo + "-- proc/sysinfo --\nType: 8561\n",
			map[string]string{"vendor_id": "IBM_S390", "family": "0D6018", "id": "8561", "hypervisor": "none"},
			"",
		},
		{"sysinfo is missing", cpuinfo, map[string]string{"vendor_id": "IBM_S390", "family": "0D6018", "id": "8561"}, Incomplete},
		{
			"cpuinfo is empty", "-- proc/cpuinfo --\n-- proc/sysinfo --\nVM00 Control Program: KVM/Linux\n",
			map[string]string{"family": "0", "id": "0", "hypervisor": "KVM_Linux"},
			Incomplete,
		},
		{"cpuinfo is missing", "", nil, Unreadable},
	}
	for _, test := range tests {
		v := viewOf(test.archive)
		v.architecture = func() string { return "s390x" }
		f := discoverCPUModel(t.Context(), v)
		if diff := cmp.Diff(test.want, f.attributes); diff != "" || f.state != test.state {
			t.Errorf("%s: state %q, want %q (-want +got):\n%s", test.name, f.state, test.state, diff)
		}
	}
}

func TestSecurityOfProcessor(t *testing.T) {
	t.Parallel()
	cpu := &cpuid.CPUInfo{SGX: cpuid.SGXSupport{
		Available:   true,
		EPCSections: []cpuid.SGXEPCSection{{EPCSize: 1 << 30}, {EPCSize: 2 << 30}},
	}}
	cpu.Enable(cpuid.TDX_GUEST)
	f := finding{attributes: map[string]string{}}
	addSecurityOfProcessor(cpu, &f)
	want := map[string]string{"sgx.enabled": "true", "sgx.epc": "3221225472", "tdx.protected": "true"}
	if diff := cmp.Diff(want, f.attributes); diff != "" {
		t.Errorf("attributes (-want +got):\n%s", diff)
	}
	f = finding{attributes: map[string]string{}}
	addSecurityOfProcessor(&cpuid.CPUInfo{SGX: cpuid.SGXSupport{Available: true}}, &f)
	if !f.empty() {
		t.Errorf("without memory for enclaves: %v", f.attributes)
	}
}

// TestSecurityCapacity: a number that cannot be read spoils no other one, and "sev" is not told by the line of "sev_es".
func TestSecurityCapacity(t *testing.T) {
	t.Parallel()
	const on = "-- sys/module/kvm_amd/parameters/sev --\nY\n-- sys/module/kvm_amd/parameters/sev_es --\n1\n"
	tests := []struct {
		name, capacity string
		want           map[string]string
		reasons        []string
	}{
		{"both", "sev_es 99\nsev 0509\n", map[string]string{"sev.asids": "509", "sev.encrypted_state_ids": "99"}, nil},
		{"one alone", "sev_es 99\n", map[string]string{"sev.encrypted_state_ids": "99"}, nil},
		{"another's is no number", "res_a max\nsev 509\n", map[string]string{"sev.asids": "509"}, nil},
		{
			"none is a number", "sev_es many\nsev few\n",
			map[string]string{},
			[]string{
				`parse sev in /sys/fs/cgroup/misc.capacity: strconv.ParseInt: parsing "few": invalid syntax`,
				`parse sev_es in /sys/fs/cgroup/misc.capacity: strconv.ParseInt: parsing "many": invalid syntax`,
			},
		},
	}
	for _, test := range tests {
		f := finding{attributes: map[string]string{}}
		addSecurityFiles(viewOf(on+"-- sys/fs/cgroup/misc.capacity --\n"+test.capacity).files, &f)
		test.want["sev.enabled"], test.want["sev.es.enabled"] = "true", "true"
		if diff := cmp.Diff(test.want, f.attributes); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
		if diff := cmp.Diff(test.reasons, f.reasons); diff != "" {
			t.Errorf("%s: reasons (-want +got):\n%s", test.name, diff)
		}
	}
}

// TestSecurityWithoutSysfs: where nothing of it can be seen it is not decided.
func TestSecurityWithoutSysfs(t *testing.T) {
	t.Parallel()
	v := viewOf("")
	v.architecture = func() string { return "arm64" }
	if f := discoverSecurity(t.Context(), v); f.state != Unreadable || len(f.reasons) != 1 {
		t.Errorf("state %q: %q", f.state, f.reasons)
	}
}
