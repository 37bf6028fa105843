package features

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
)

const cpuBusDir = "sys/bus/cpu/devices"

// discoverTopology counts sockets and tells whether a core runs several threads. It reads topology/thread_siblings_list
// and topology/physical_package_id of each directory /sys/bus/cpu/devices/cpu*, one line each:
//
//	0,32
//	1
//
// Every host has processors, so nothing of this is optional. A processor that is switched off has no such files and does
// not count. If another one's cannot be read, the number of sockets is not known, and whether there are threads only if
// one was seen: NFD leaves out both.
func discoverTopology(ctx context.Context, v *view) finding {
	names, err := v.files.names(cpuBusDir)
	if err != nil {
		return unreadable(err)
	}
	var (
		f        finding
		threads  bool
		sockets  = map[string]bool{}
		switched = 0
	)
	for _, name := range names {
		if ctx.Err() != nil {
			return f
		}
		dir := cpuBusDir + "/" + name
		siblings, err := v.files.attribute(dir + "/topology/thread_siblings_list")
		if errors.Is(err, fs.ErrNotExist) && switchedOff(v.files, dir) {
			switched++
			continue
		}
		if err != nil {
			f.miss(err)
			continue
		}
		threads = threads || hasSiblings(siblings)
		socket, err := v.files.attribute(dir + "/topology/physical_package_id")
		if err != nil {
			f.miss(err)
			continue
		}
		sockets[socket] = true
	}
	switch {
	case len(names) == switched:
		return unreadable(fmt.Errorf("list /%s: no processor is there", cpuBusDir))
	case f.state == "":
		f.attributes = map[string]string{
			"hardware_multithreading": strconv.FormatBool(threads),
			"socket_count":            strconv.Itoa(len(sockets)),
		}
	case threads:
		f.attributes = map[string]string{"hardware_multithreading": "true"}
	default:
		f.state = Unreadable
	}
	return f
}

// hasSiblings says whether a list of processors such as "0,32" or "0-1" holds more than one.
func hasSiblings(list string) bool { return strings.ContainsAny(list, ",-") }

// switchedOff reads the file online of a processor, one digit; it is missing for one that cannot be switched.
func switchedOff(files *fsys, dir string) bool {
	online, err := files.attribute(dir + "/online")
	return err == nil && online == "0"
}
