//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/nfd-compat/nfd-compat/test/parity/vm/plan"
)

// patience is how long a device may take to appear. An emulated machine is slow, and its host may be busy.
const patience = 2 * time.Minute

// take takes one step of the plan.
func take(s plan.Step) error {
	switch {
	case s.Module != "":
		return load(s.Module)
	case s.Exists != "":
		return wait("for "+s.Exists, func() bool {
			_, err := os.Stat(s.Exists)
			return err == nil
		})
	case s.Holds != nil:
		return wait(fmt.Sprintf("for %s to hold %q", s.Holds.Path, s.Holds.Text), func() bool {
			text, err := os.ReadFile(s.Holds.Path)
			return err == nil && strings.TrimSpace(string(text)) == s.Holds.Text
		})
	case s.Write != nil:
		return os.WriteFile(s.Write.Path, []byte(s.Write.Text), 0)
	case s.Up != "":
		return up(s.Up)
	case s.Swap != "":
		return swap(s.Swap)
	case s.Mount != nil:
		return mount(*s.Mount)
	}
	return fmt.Errorf("a step without anything to do")
}

// wait waits until something is so.
func wait(what string, so func() bool) error {
	for end := time.Now().Add(patience); !so(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			return fmt.Errorf("waited in vain %s", what)
		}
	}
	return nil
}

func mount(m plan.Mount) error {
	if err := os.MkdirAll(m.Dir, 0o755); err != nil {
		return err
	}
	source, flags := m.Type, uintptr(0)
	if m.Type == plan.Bind {
		source, flags = "/", unix.MS_BIND|unix.MS_REC
	}
	if err := unix.Mount(source, m.Dir, m.Type, flags, ""); err != nil {
		return fmt.Errorf("mount %s at %s: %w", m.Type, m.Dir, err)
	}
	return nil
}

func load(file string) error {
	f, err := os.Open(filepath.Clean(file))
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // nothing was written
	if err := unix.FinitModule(int(f.Fd()), "", 0); err != nil {
		return fmt.Errorf("load %s: %w", file, err)
	}
	return nil
}

// up brings a network interface up.
func up(name string) error {
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open a socket: %w", err)
	}
	defer unix.Close(socket) //nolint:errcheck // nothing was written
	request, err := unix.NewIfreq(name)
	if err != nil {
		return err
	}
	request.SetUint16(unix.IFF_UP)
	if err := unix.IoctlIfreq(socket, unix.SIOCSIFFLAGS, request); err != nil {
		return fmt.Errorf("bring %s up: %w", name, err)
	}
	return nil
}

func swap(device string) error {
	path, err := unix.BytePtrFromString(device)
	if err != nil {
		return err
	}
	//nolint:gosec // x/sys has no function for it
	if _, _, err := unix.Syscall(unix.SYS_SWAPON, uintptr(unsafe.Pointer(path)), 0, 0); err != 0 {
		return fmt.Errorf("swap to %s: %w", device, err)
	}
	return nil
}
