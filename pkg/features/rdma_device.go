package features

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
)

const rdmaDir = "sys/class/infiniband"

// rdmaDevices are the RDMA devices of the network namespace that sysfs was mounted in, with the ports of each.
type rdmaDevices struct {
	devices []rdmaDevice
	// missed is what kept devices from being listed.
	missed finding
}

// An rdmaDevice is an RDMA device, by its name.
type rdmaDevice struct {
	name  string
	ports []rdmaPort
	// missed says what could not be read of the ports. A port that is not known at all is not in ports.
	missed []error
}

// An rdmaPort is a port of an RDMA device. A field that is not known is empty.
type rdmaPort struct {
	number, state, physState, linkLayer string
	// rate is in Gbit/s, whole ones; negative if it is not known.
	rate int
}

// The state of a port that carries data.
const portActive = "ACTIVE"

// readRDMA lists /sys/class/infiniband (Documentation/ABI/stable/sysfs-class-infiniband), links that are named after the device, and
// reads the ports of each. The directory is there once a driver for RDMA is loaded.
func (v *view) readRDMA(ctx context.Context) rdmaDevices {
	var found rdmaDevices
	names, err := v.files.names(rdmaDir)
	if err != nil {
		found.missed = v.optional(err, rdmaDir, sysPlace)
		return found
	}
	for _, name := range names {
		if ctx.Err() != nil {
			return found
		}
		switch ok, err := v.files.isDir(rdmaDir + "/" + name); {
		case err != nil:
			found.missed.miss(fmt.Errorf("RDMA device %s is left out: %w", name, err))
		case ok:
			found.devices = append(found.devices, v.files.readRDMAPorts(ctx, name))
		}
	}
	// Each of the two features goes on from here by itself.
	found.missed.reasons = slices.Clip(found.missed.reasons)
	return found
}

func (f *fsys) readRDMAPorts(ctx context.Context, device string) rdmaDevice {
	found := rdmaDevice{name: device}
	dir := rdmaDir + "/" + device + "/ports"
	names, err := f.names(dir)
	if err != nil {
		found.missed = append(found.missed, fmt.Errorf("RDMA device %s lacks its ports: %w", device, err))
		return found
	}
	for _, name := range names {
		if ctx.Err() != nil {
			return found
		}
		if _, err := strconv.ParseUint(name, 10, 32); err != nil {
			continue
		}
		port, missed := f.readRDMAPort(dir+"/"+name, name)
		for _, err := range missed {
			found.missed = append(found.missed, fmt.Errorf("port %s of RDMA device %s %w", name, device, err))
		}
		found.ports = append(found.ports, port)
	}
	return found
}

// readRDMAPort reads one port, each attribute a file of one line:
//
//	4: ACTIVE
//	5: LinkUp
//	100 Gb/sec (4X EDR)
//	InfiniBand
//
// Every port has all four.
func (f *fsys) readRDMAPort(dir, number string) (rdmaPort, []error) {
	var missed []error
	read := func(name string) string {
		value, err := f.attributeOf(dir + "/" + name)
		if err != nil {
			missed = append(missed, fmt.Errorf("lacks %s: %w", name, err))
		}
		return value
	}
	port := rdmaPort{number: number, rate: -1}
	port.state = parseNumbered(read("state"))
	port.physState = parseNumbered(read("phys_state"))
	port.linkLayer = read("link_layer")
	if text := read("rate"); text != "" {
		rate, ok := parseRate(text)
		if ok {
			port.rate = rate
		} else {
			missed = append(missed, fmt.Errorf("lacks rate: parse %q: no number of Gb/sec", text))
		}
	}
	return port, missed
}

// attributeOf is deviceAttribute for an attribute that every device has: if it is not there, that is an error as well.
func (f *fsys) attributeOf(name string) (string, error) {
	value, ok, err := f.deviceAttribute(name)
	if err == nil && (!ok || value == "") {
		err = fmt.Errorf("/%s tells nothing", name)
	}
	return value, err
}

// parseNumbered takes the word from the text of an attribute that is a number with its meaning. It is empty if the kernel has no word for
// the number.
//
//	4: ACTIVE
func parseNumbered(text string) string {
	_, word, ok := strings.Cut(text, ":")
	if !ok {
		word = text
	}
	if word = strings.TrimSpace(word); word == "<unknown>" {
		return ""
	}
	return word
}

// parseRate takes the rate in Gbit/s from the text of a port's rate; halves, which only the slowest have, are cut off:
//
//	100 Gb/sec (4X EDR)
//	2.5 Gb/sec (1X SDR)
func parseRate(text string) (int, bool) {
	number, _, ok := strings.Cut(text, " Gb/sec")
	if !ok {
		return 0, false
	}
	whole, half, dotted := strings.Cut(number, ".")
	if dotted && half != "5" {
		return 0, false
	}
	rate, err := strconv.ParseUint(whole, 10, 31)
	return int(rate), err == nil
}

// discoverRDMAPorts tells the ports of all RDMA devices; see readRDMA.
func discoverRDMAPorts(ctx context.Context, v *view) finding {
	found := v.rdma(ctx)
	f := found.missed
	f.reasons = slices.Clone(f.reasons)
	for _, device := range found.devices {
		for _, err := range device.missed {
			f.miss(err)
		}
		for _, port := range device.ports {
			attributes := map[string]string{"device": device.name, "port": port.number}
			putKnown(attributes, "state", port.state)
			putKnown(attributes, "phys_state", port.physState)
			putKnown(attributes, "link_layer", port.linkLayer)
			if port.rate >= 0 {
				attributes["rate_gbps"] = strconv.Itoa(port.rate)
			}
			f.addInstance(attributes)
		}
	}
	return f
}

// discoverRDMADevices tells the RDMA devices; see readRDMA. Of a device it reads the files of its directory, one line each, such as
// fw_ver, hca_type and node_type:
//
//	20.39.3004
//	MT4123
//	1: CA
//
// The identifiers there (node_guid, sys_image_guid, the serial number of some) are not read.
func discoverRDMADevices(ctx context.Context, v *view) finding {
	found := v.rdma(ctx)
	f := found.missed
	f.reasons = slices.Clone(f.reasons)
	for _, device := range found.devices {
		if ctx.Err() != nil {
			return f
		}
		attributes := map[string]string{"name": device.name}
		v.readRDMADevice(&f, device.name, attributes)
		for _, err := range device.missed {
			f.miss(err)
		}
		putPorts(attributes, device)
		f.addInstance(attributes)
	}
	return f
}

// putPorts notes what the ports of a device say together. What a port that could not be read might change is left out.
func putPorts(to map[string]string, device rdmaDevice) {
	active, fastest, layers := 0, -1, map[string]bool{}
	for _, port := range device.ports {
		layers[port.linkLayer] = true
		if port.state == portActive {
			active++
			fastest = max(fastest, port.rate)
		}
	}
	whole := func(known func(rdmaPort) bool) bool {
		return len(device.ports) > 0 && !slices.ContainsFunc(device.ports, func(p rdmaPort) bool { return !known(p) })
	}
	listed := len(device.ports) > 0 || len(device.missed) == 0
	states := whole(func(p rdmaPort) bool { return p.state != "" })
	if listed && (states || len(device.ports) == 0) {
		to["ports_active"] = strconv.Itoa(active)
	}
	if states && fastest >= 0 && whole(func(p rdmaPort) bool { return p.state != portActive || p.rate >= 0 }) {
		to["rate_gbps"] = strconv.Itoa(fastest)
	}
	if len(layers) == 1 {
		putKnown(to, "link_layer", device.ports[0].linkLayer)
	}
}

// readRDMADevice reads the attributes of a device but for those of its ports, and notes in f what could not be read.
func (v *view) readRDMADevice(f *finding, name string, to map[string]string) {
	dir := rdmaDir + "/" + name
	read := func(attribute string) string {
		value, _, err := v.files.deviceAttribute(dir + "/" + attribute)
		if err != nil {
			f.miss(fmt.Errorf("RDMA device %s lacks %s: %w", name, attribute, err))
		}
		return value
	}
	putFirmware(to, read("fw_ver"))
	putKnown(to, "board_id", read("board_id"))
	putKnown(to, "hca_type", read("hca_type"))
	node := parseNumbered(read("node_type"))
	putKnown(to, "node_type", node)

	software, err := v.files.softwareRDMA(dir, node)
	switch {
	case err != nil:
		f.miss(fmt.Errorf("RDMA device %s lacks its driver: %w", name, err))
		return
	case software != "":
		// A software device has the network interface's device for its own on some kernels. It is none of it.
		to["driver"], to["is_efa"] = software, strconv.FormatBool(false)
		return
	}
	d, err := v.files.readDriver(dir + "/device")
	if err != nil {
		f.miss(fmt.Errorf("RDMA device %s lacks its driver: %w", name, err))
	}
	putKnown(to, "driver", d.name)
	for _, attribute := range []string{"vendor", "device"} {
		value, _, err := v.files.deviceAttribute(dir + "/device/" + attribute)
		if err != nil {
			f.miss(fmt.Errorf("RDMA device %s lacks %s: %w", name, attribute, err))
		}
		putKnown(to, attribute, parsePCIAttribute(attribute, value))
	}
	switch {
	case d.name == "efa", to["vendor"] == amazonVendor && strings.HasPrefix(to["device"], "efa"):
		to["is_efa"] = strconv.FormatBool(true)
	case d.name != "", to["vendor"] != "" && to["vendor"] != amazonVendor, to["device"] != "" && !strings.HasPrefix(to["device"], "efa"):
		to["is_efa"] = strconv.FormatBool(false)
	default:
		f.missElements(fmt.Errorf("RDMA device %s lacks is_efa: neither its driver nor what it is on the PCI bus is known", name), "is_efa")
	}
}

// amazonVendor is Amazon's number on the PCI bus. Its EFA devices have the numbers from efa0 on.
const amazonVendor = "1d0f"

// softwareRDMA returns the driver of a device that is made of software, empty if it is not: rdma_rxe, whose devices have the name of their
// network interface in a file "parent" (drivers/infiniband/sw/rxe/rxe_verbs.c), and siw, which says so in node_desc
// (drivers/infiniband/sw/siw/siw.h), one line:
//
//	Software iWARP stack
func (f *fsys) softwareRDMA(dir, node string) (string, error) {
	switch ok, err := f.exists(dir + "/parent"); {
	case err != nil:
		return "", err
	case ok:
		return "rdma_rxe", nil
	}
	if node != "RNIC" && node != "" {
		return "", nil
	}
	description, err := f.attribute(dir + "/node_desc")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	if description == "Software iWARP stack" {
		return "siw", nil
	}
	return "", nil
}

// putFirmware notes the version of the firmware, unless it is all zeros: then the device has none to tell, such as an EFA.
func putFirmware(to map[string]string, text string) {
	putVersion(to, "fw_version", text)
	if strings.Trim(text, "0.") == "" {
		delete(to, "fw_version")
	}
}

// putKnown notes a value unless it is empty.
func putKnown(to map[string]string, name, value string) {
	if value != "" {
		to[name] = value
	}
}
