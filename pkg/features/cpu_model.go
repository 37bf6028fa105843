package features

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/klauspost/cpuid/v2"
)

const (
	cpuinfoPath = "proc/cpuinfo"
	sysinfoPath = "proc/sysinfo"
	// s390Vendor is the maker that an s390x names in /proc/cpuinfo, in the characters of a label.
	s390Vendor = "IBM_S390"
)

// discoverCPUModel tells who made the processor and which one it is. An s390x tells it in files; any other architecture
// only to a program that runs there.
func discoverCPUModel(_ context.Context, v *view) finding {
	if v.architecture() == "s390x" {
		return discoverS390Model(v)
	}
	if !v.own() {
		return unsupported(notOurProcessor)
	}
	v.files.trace.note(fromCPUID)
	return finding{attributes: cpuModel(&cpuid.CPU)}
}

// cpuModel has NFD's words. On architectures where the processor does not name itself, NFD tells its maker as
// "VendorUnknown", its numbers as 0 and its hypervisor as "none", and so do we, for a rule must give the same answer.
func cpuModel(cpu *cpuid.CPUInfo) map[string]string {
	model := map[string]string{
		"vendor_id": cpu.VendorID.String(),
		"family":    strconv.Itoa(cpu.Family),
		"id":        strconv.Itoa(cpu.Model),
	}
	switch raw := labelRuns(cpu.HypervisorVendorString); {
	case !cpu.Has(cpuid.HYPERVISOR):
		model["hypervisor"] = "none"
	case cpu.HypervisorVendorID != cpuid.VendorUnknown:
		model["hypervisor"] = strings.ToLower(cpu.HypervisorVendorID.String())
	case raw == "":
		model["hypervisor"] = "unknown"
	default:
		model["hypervisor"] = raw
	}
	return model
}

// discoverS390Model reads /proc/cpuinfo, which every s390x has, and /proc/sysinfo, which tells the hypervisor.
func discoverS390Model(v *view) finding {
	data, err := v.files.read(cpuinfoPath, maxFile)
	if err != nil {
		return unreadable(err)
	}
	f := finding{attributes: parseS390Cpuinfo(data)}
	if f.attributes["vendor_id"] == "" {
		f.miss(errors.New("/" + cpuinfoPath + " does not tell the maker of the processor"))
	}
	if data, err = v.files.read(sysinfoPath, maxFile); err != nil {
		f.miss(err)
		return f
	}
	hypervisor, err := parseSysinfo(bytes.NewReader(data))
	if err != nil {
		f.miss(err)
		return f
	}
	f.attributes["hypervisor"] = hypervisor
	return f
}

// parseS390Cpuinfo takes vendor_id, family and id from the /proc/cpuinfo of an s390x: family from the first line
// "identification", id from the last line "machine". Lines are
//
//	vendor_id       : IBM/S390
//	identification  : 05F0A8
//	machine         : 3906
//
// What no line tells is "0", as in NFD, but the maker is then left out.
func parseS390Cpuinfo(data []byte) map[string]string {
	model := map[string]string{"family": "0", "id": "0"}
	for line := range strings.Lines(string(data)) {
		key, value, ok := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		if !ok || value == "" {
			continue
		}
		switch strings.TrimSpace(key) {
		case "vendor_id":
			model["vendor_id"] = labelRuns(value)
		case "machine":
			model["id"] = value
		case "identification":
			if model["family"] == "0" {
				model["family"] = value
			}
		}
	}
	return model
}

// parseSysinfo takes the hypervisor from /proc/sysinfo of an s390x, "none" if it has no line such as
//
//	VM00 Control Program: KVM/Linux
func parseSysinfo(r io.Reader) (string, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxFile)
	for lines.Scan() {
		if !strings.Contains(lines.Text(), "Control Program:") {
			continue
		}
		_, name, _ := strings.Cut(lines.Text(), ":")
		if name = labelRuns(strings.TrimSpace(name)); name != "" {
			return name, nil
		}
		break
	}
	return "none", lines.Err()
}
