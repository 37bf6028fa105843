//go:build linux

// Command guest is the init of a virtual machine: it mounts what every host has, carries out the plan of the test, and
// turns the machine off.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"

	"golang.org/x/sys/unix"

	"github.com/nfd-compat/nfd-compat/test/parity/vm/plan"
)

func main() {
	// The console, on which the kernel has opened the three files of process 1.
	console := os.Stdout                           //nolint:forbidigo // a program of a virtual machine
	if err := run(console, os.Stdin); err != nil { //nolint:forbidigo // a program of a virtual machine
		_, _ = fmt.Fprintf(console, "%s%v\n", plan.Marker, err) // if that fails, nobody can be told
	}
	// The kernel panics when its first process ends, so the machine is turned off in any case.
	_ = unix.Reboot(unix.LINUX_REBOOT_CMD_POWER_OFF)
}

func run(console io.Writer, keyboard io.Reader) error {
	for _, m := range []plan.Mount{
		{Type: "proc", Dir: "/proc"},
		{Type: "sysfs", Dir: "/sys"},
		{Type: "devtmpfs", Dir: "/dev"},
		{Type: "securityfs", Dir: "/sys/kernel/security"},
		{Type: "cgroup2", Dir: "/sys/fs/cgroup"},
	} {
		if err := mount(m); err != nil {
			return err
		}
	}
	text, err := os.ReadFile(plan.Path)
	if err != nil {
		return err
	}
	var p plan.Plan
	if err := json.Unmarshal(text, &p); err != nil {
		return fmt.Errorf("read %s: %w", plan.Path, err)
	}
	for _, step := range p.Steps {
		if err := take(step); err != nil {
			return err
		}
	}
	// From here on the console carries nothing of the kernel's own: a message would fall into the midst of a program's text.
	if _, err := unix.Klogctl(unix.SYSLOG_ACTION_CONSOLE_OFF, nil); err != nil {
		return fmt.Errorf("silence the kernel: %w", err)
	}
	if _, err := fmt.Fprintln(console, plan.Ready); err != nil {
		return err
	}
	if _, err := keyboard.Read(make([]byte, 1)); err != nil {
		return fmt.Errorf("wait for the test: %w", err)
	}
	for _, program := range p.Programs {
		if err := show(console, program, p.Environment); err != nil {
			return err
		}
	}
	return nil
}

// show writes what a program writes, or a file holds, between markers.
func show(console io.Writer, p plan.Program, environment []string) error {
	if _, err := fmt.Fprintf(console, "%s%s\n", plan.Begin, p.Name); err != nil {
		return err
	}
	result := plan.OK
	if err := output(console, p, environment); err != nil {
		result = err.Error()
	}
	_, err := fmt.Fprintf(console, "\n%s%s\n", plan.End, result)
	return err
}

func output(console io.Writer, p plan.Program, environment []string) error {
	if p.File != "" {
		text, err := os.ReadFile(p.File)
		if err != nil {
			return err
		}
		_, err = console.Write(text)
		return err
	}
	cmd := exec.Command(p.Args[0], p.Args[1:]...) //nolint:gosec,noctx // the test's own program; the machine ends with it
	cmd.Env, cmd.Stdout, cmd.Stderr = environment, console, console
	return cmd.Run()
}
