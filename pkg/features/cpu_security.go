package features

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/klauspost/cpuid/v2"
)

// discoverSecurity tells what the host has for trusted execution: from files for SEV, TDX and Secure Execution, from the
// processor for SGX and for being a TDX guest. A file that is missing says that the host does not have it, since the
// kernel's module makes the file. Under another host's root, what only the processor tells is not known.
func discoverSecurity(_ context.Context, v *view) finding {
	f := finding{attributes: map[string]string{}}
	sys, err := v.files.exists(sysPlace)
	switch {
	case err != nil:
		f.miss(err)
	case !sys:
		f.miss(errors.New("/" + sysPlace + " is not there, so a file that is missing says nothing of the kernel's modules"))
	}
	addSecurityFiles(v.files, &f)
	addSecureExecution(v, &f)
	switch v.cpuid() {
	case cpuidAnswers:
		addSecurityOfProcessor(&cpuid.CPU, &f)
	case cpuidElsewhere:
		f.miss(errors.New("SGX and whether the host is a TDX guest: " + notOurProcessor))
	case cpuidNowhere:
	}
	if !sys && f.empty() {
		f.state = Unreadable
	}
	return f
}

// addSecurityOfProcessor tells of SGX if memory is set aside for it: only root can read whether it is switched on.
func addSecurityOfProcessor(cpu *cpuid.CPUInfo, f *finding) {
	var enclaves uint64
	if cpu.SGX.Available {
		for _, section := range cpu.SGX.EPCSections {
			enclaves += section.EPCSize
		}
	}
	if enclaves > 0 {
		f.attributes["sgx.enabled"] = "true"
		f.attributes["sgx.epc"] = strconv.FormatUint(enclaves, 10)
	}
	if cpu.Has(cpuid.TDX_GUEST) {
		f.attributes["tdx.protected"] = "true"
	}
}

// addSecurityFiles reads the parameters of the kernel's modules, "Y" or "1" if a thing is on, and how many guests of each
// sort there can be.
func addSecurityFiles(files *fsys, f *finding) {
	on := func(file, element, digits string) bool { return addSwitch(files, f, file, element, digits) }
	const intel, amd = "sys/module/kvm_intel/parameters/", "sys/module/kvm_amd/parameters/"
	var counted [][2]string // what misc.capacity counts, and the element that tells the number
	if on(intel+"tdx", "tdx.enabled", "Y") {
		counted = append(counted, [2]string{"tdx", "tdx.total_keys"})
	}
	if on(amd+"sev", "sev.enabled", "Y1") {
		counted = append(counted, [2]string{"sev", "sev.asids"})
	}
	if on(amd+"sev_es", "sev.es.enabled", "Y1") {
		counted = append(counted, [2]string{"sev_es", "sev.encrypted_state_ids"})
	}
	on(amd+"sev_snp", "sev.snp.enabled", "Y1")
	if len(counted) == 0 {
		return
	}
	name, capacity, err := readMiscCapacity(files)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			f.miss(err)
		}
		return
	}
	for _, pair := range counted {
		resource, element := pair[0], pair[1]
		text, ok := capacity[resource]
		if !ok {
			continue
		}
		count, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			f.miss(fmt.Errorf("parse %s in /%s: %w", resource, name, err))
			continue
		}
		f.attributes[element] = strconv.FormatInt(count, 10)
	}
}

// addSecureExecution reads whether an s390x can start guests under Secure Execution, since Linux 5.12 a digit in
// /sys/firmware/uv/prot_virt_host. Most containers see an empty directory in place of /sys/firmware, which no s390x has.
func addSecureExecution(v *view, f *finding) {
	const firmware = "sys/firmware"
	if addSwitch(v.files, f, firmware+"/uv/prot_virt_host", "se.enabled", "1") || v.architecture() != "s390x" {
		return
	}
	if names, err := v.files.names(firmware); err == nil && len(names) == 0 {
		f.miss(errors.New("/" + firmware + " is empty, so it is hidden from here"))
	}
}

// addSwitch sets an element to true if the file begins with one of these characters, and says whether it does. A file that
// is missing does not.
func addSwitch(files *fsys, f *finding, file, element, on string) bool {
	text, err := files.attribute(file)
	switch {
	case errors.Is(err, fs.ErrNotExist) || err == nil && text == "":
		return false
	case err != nil:
		f.miss(err)
		return false
	case !strings.Contains(on, text[:1]):
		return false
	}
	f.attributes[element] = "true"
	return true
}

// readMiscCapacity reads how much there is of what the cgroup controller "misc" hands out, under version 2 of cgroups or
// under version 1, and returns the name of the file too. The file is only in the root group: in a container it is missing.
func readMiscCapacity(files *fsys) (name string, capacity map[string]string, err error) {
	var data []byte
	for _, name = range []string{"sys/fs/cgroup/misc.capacity", "sys/fs/cgroup/misc/misc.capacity"} {
		if data, err = files.read(name, maxFile); !errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	if err != nil {
		return "", nil, err
	}
	return name, parseMiscCapacity(string(data)), nil
}

// parseMiscCapacity reads a file misc.capacity (Documentation/admin-guide/cgroup-v2.rst), a resource and its number in each
// line:
//
//	sev_es 99
func parseMiscCapacity(text string) map[string]string {
	capacity := map[string]string{}
	for line := range strings.Lines(text) {
		if words := strings.Fields(line); len(words) > 1 {
			capacity[words[0]] = words[1]
		}
	}
	return capacity
}
