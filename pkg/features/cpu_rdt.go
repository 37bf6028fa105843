package features

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"
	"strings"
)

// discoverRDT tells what of Resource Director Technology the processor has. It is a matter of amd64; elsewhere the feature
// is absent.
func discoverRDT(_ context.Context, v *view) finding {
	switch v.cpuid() {
	case cpuidNowhere:
		return finding{}
	case cpuidElsewhere:
		return unsupported(notOurProcessor)
	default:
		return rdt(v, cpuidLeaf)
	}
}

func rdt(v *view, ask leafFunc) finding {
	f := finding{attributes: rdtLeaves(ask)}
	if f.attributes["RDTL3CA"] == "" {
		return f
	}
	switch classes, err := readClassesOfService(v, "L3"); {
	case err == nil:
		f.attributes["RDTL3CA_NUM_CLOSID"] = classes
	case !errors.Is(err, fs.ErrNotExist):
		f.miss(err)
	}
	return f
}

// rdtLeaves reads the leaves of CPUID that tell of Resource Director Technology (Intel SDM, volume 3, chapter on debug,
// branch profile, TSC and resource director technology).
func rdtLeaves(ask leafFunc) map[string]string {
	const (
		extended, monitoring, allocation = 0x07, 0x0f, 0x10

		extendedMonitoring, extendedAllocation = 1 << 12, 1 << 15 // EBX of leaf 7
		monitoringL3                           = 1 << 1           // EDX of leaf 0xf
		occupancy, total, local                = 1 << 0, 1 << 1, 1 << 2
		allocationL3, allocationL2             = 1 << 1, 1 << 2 // EBX of leaf 0x10
		allocationMemory                       = 1 << 3
	)
	ask = withBounds(ask)
	attributes := map[string]string{}
	set := func(name string, ok bool) {
		if ok {
			attributes[name] = "true"
		}
	}
	_, has, _, _ := ask(extended, 0)
	if _, _, _, edx := ask(monitoring, 0); has&extendedMonitoring != 0 && edx&monitoringL3 != 0 {
		_, _, _, l3 := ask(monitoring, 1)
		set("RDTMON", true)
		set("RDTCMT", l3&occupancy != 0)
		set("RDTMBM", l3&total != 0 && l3&local != 0)
	}
	if _, ebx, _, _ := ask(allocation, 0); has&extendedAllocation != 0 {
		set("RDTL3CA", ebx&allocationL3 != 0)
		set("RDTL2CA", ebx&allocationL2 != 0)
		set("RDTMBA", ebx&allocationMemory != 0)
	}
	return attributes
}

// readClassesOfService reads info/L3/num_closids in the mounted resctrl file system, one number:
//
//	16
//
// The default class is not counted. The directory /sys/fs/resctrl is there if the kernel can do it; if nobody mounted the
// file system, the error is fs.ErrNotExist.
func readClassesOfService(v *view, level string) (string, error) {
	const resctrl = "sys/fs/resctrl"
	there, err := v.files.exists(resctrl)
	if err != nil {
		return "", err
	}
	if !there {
		return "", fs.ErrNotExist
	}
	mount := resctrl
	if there, err = v.files.exists(resctrl + "/info"); err == nil && !there {
		mount, err = findResctrl(v)
	}
	if err != nil {
		return "", err
	}
	name := mount + "/info/" + level + "/num_closids"
	text, err := v.files.attribute(name)
	if err != nil {
		return "", err
	}
	classes, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return "", fmt.Errorf("parse /%s: %w", name, err)
	}
	return strconv.FormatInt(classes-1, 10), nil
}

// findResctrl looks for the resctrl file system among the mounts: our own on the running host, and else those of its
// first process, since ours have another root.
func findResctrl(v *view) (string, error) {
	mounts := "proc/1/mounts"
	if v.live {
		mounts = "proc/self/mounts"
	}
	data, err := v.files.read(mounts, maxFile)
	if err != nil {
		return "", err
	}
	return parseMounts(bytes.NewReader(data), "resctrl")
}

// parseMounts returns where the first file system of this type is mounted, below the root, from /proc/PID/mounts
// (fstab(5)), a line of which is
//
//	resctrl /sys/fs/resctrl resctrl rw,relatime 0 0
//
// If there is none, the error is fs.ErrNotExist.
func parseMounts(r io.Reader, fstype string) (string, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxFile)
	for lines.Scan() {
		if words := strings.Fields(lines.Text()); len(words) > 2 && words[2] == fstype {
			return strings.TrimPrefix(unescapeMount(words[1]), "/"), nil
		}
	}
	if err := lines.Err(); err != nil {
		return "", err
	}
	return "", fs.ErrNotExist
}

// unescapeMount gives back the five characters that the kernel writes in octal (mangle in fs/proc_namespace.c).
func unescapeMount(text string) string {
	return strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\043`, "#", `\134`, `\`).Replace(text)
}
