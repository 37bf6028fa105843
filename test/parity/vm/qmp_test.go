package vm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"time"
)

// A monitor is a connection to the QEMU Machine Protocol of a machine that runs, which tells what the machine is made of:
// https://www.qemu.org/docs/master/interop/qemu-qmp-ref.html.
type monitor struct {
	conn net.Conn
	dec  *json.Decoder
}

func openMonitor(ctx context.Context, socket string) (*monitor, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "unix", socket)
	if err != nil {
		return nil, err
	}
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		return nil, err
	}
	m := &monitor{conn: conn, dec: json.NewDecoder(conn)}
	var greeting struct{ QMP json.RawMessage }
	if err := m.dec.Decode(&greeting); err != nil {
		return nil, fmt.Errorf("read the greeting: %w", err)
	}
	if err := m.execute("qmp_capabilities", nil, nil); err != nil {
		return nil, err
	}
	return m, nil
}

// execute has QEMU execute a command and decodes what it returns. Events that come in between are passed over.
func (m *monitor) execute(command string, arguments map[string]string, result any) error {
	request := map[string]any{"execute": command}
	if arguments != nil {
		request["arguments"] = arguments
	}
	if err := json.NewEncoder(m.conn).Encode(request); err != nil {
		return fmt.Errorf("%s: %w", command, err)
	}
	for {
		var answer struct {
			Return json.RawMessage
			Error  *struct{ Desc string }
			Event  string
		}
		if err := m.dec.Decode(&answer); err != nil {
			return fmt.Errorf("%s: %w", command, err)
		}
		switch {
		case answer.Event != "":
			continue
		case answer.Error != nil:
			return fmt.Errorf("%s: %w", command, errors.New(answer.Error.Desc))
		case result == nil:
			return nil
		}
		return json.Unmarshal(answer.Return, result)
	}
}

// A pciDevice is one as query-pci tells it.
type pciDevice struct {
	Bus, Slot, Function int
	Class               struct{ Class int } `json:"class_info"`
	ID                  struct {
		Vendor, Device  int
		Subsystem       int
		SubsystemVendor int `json:"subsystem-vendor"`
	}
	Bridge *struct{ Devices []pciDevice } `json:"pci_bridge"`
}

// pciDevices returns the PCI devices of the machine, those behind bridges too.
func (m *monitor) pciDevices() ([]pciDevice, error) {
	var buses []struct{ Devices []pciDevice }
	if err := m.execute("query-pci", nil, &buses); err != nil {
		return nil, err
	}
	var all []pciDevice
	var add func([]pciDevice)
	add = func(devices []pciDevice) {
		for _, d := range devices {
			all = append(all, d)
			if d.Bridge != nil {
				add(d.Bridge.Devices)
			}
		}
	}
	for _, bus := range buses {
		add(bus.Devices)
	}
	return all, nil
}

// A word is one register that CPUID returns: for these inputs, in this register.
type word struct {
	EAX      uint32 `json:"cpuid-input-eax"`
	ECX      uint32 `json:"cpuid-input-ecx"`
	Register string `json:"cpuid-register"`
	Value    uint32 `json:"features"`
}

// cpuidWords returns the words of CPUID with features in them, as the first processor of an x86 machine answers.
func (m *monitor) cpuidWords() ([]word, error) {
	var processors []struct {
		Path string `json:"qom-path"`
	}
	if err := m.execute("query-cpus-fast", nil, &processors); err != nil {
		return nil, err
	}
	var words []word
	err := m.execute("qom-get", map[string]string{"path": processors[0].Path, "property": "feature-words"}, &words)
	return words, err
}
