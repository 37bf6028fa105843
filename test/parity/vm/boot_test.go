package vm

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nfd-compat/nfd-compat/test/parity/vm/initrd"
	"github.com/nfd-compat/nfd-compat/test/parity/vm/kernels"
	"github.com/nfd-compat/nfd-compat/test/parity/vm/plan"
)

// patience is how long a machine may take from its start to its end. They take seconds on an idle host.
const patience = 5 * time.Minute

// A section is what a program has written on the console, and how it ended.
type section struct{ text, end string }

// A boot is what one run of a machine has brought to light.
type boot struct {
	sections map[string]section
	// pci and words are what QEMU says that it has given the machine.
	pci   []pciDevice
	words []word
	took  time.Duration
}

// programs are the paths of the programs for one architecture, by their names in the guest.
type programs map[string]string

// start boots the machine and returns what came of it. The console goes to the test's artifacts as well.
func (m *machine) start(t *testing.T, qemu string, kernel *kernels.Kernel, built programs) *boot {
	t.Helper()
	dir := t.TempDir()
	for name, size := range m.disks {
		disk(t, filepath.Join(dir, name), size)
	}
	m.writeInitrd(t, filepath.Join(dir, "initrd"), kernel, built)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, qemu, append([]string{
		"-nodefaults", "-no-user-config", "-no-reboot", "-accel", "tcg", "-display", "none", "-monitor", "none",
		"-serial", "stdio", "-qmp", "unix:qmp,server=on,wait=off",
		"-kernel", kernel.Image, "-initrd", "initrd", "-append", strings.Join(append(m.arch.commandLine, m.commandLine...), " "),
	}, m.qemu...)...)
	cmd.Dir = dir
	var warnings bytes.Buffer
	cmd.Stderr = &warnings
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	console, err := os.Create(filepath.Join(t.ArtifactDir(), "console.txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer console.Close() //nolint:errcheck // for people to read
	began := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	b := &boot{sections: map[string]section{}}
	failed := b.follow(io.TeeReader(stdout, console), func() error {
		if err := b.ask(ctx, filepath.Join(dir, "qmp"), m.arch.cpuid); err != nil {
			return fmt.Errorf("ask QEMU: %w", err)
		}
		_, err := io.WriteString(stdin, "\n")
		return err
	})
	if failed != nil {
		cancel()
	}
	failed = errors.Join(failed, cmd.Wait())
	b.took = time.Since(began)
	if _, err := console.Write(warnings.Bytes()); err != nil {
		t.Fatal(err)
	}
	if failed != nil {
		t.Fatalf("%v\n%s\nthe end of the console:\n%s", failed, &warnings, tail(string(read(t, console.Name()))))
	}
	return b
}

// writeInitrd writes the root file system: the programs, the kernel's files, the modules, the plan.
func (m *machine) writeInitrd(t *testing.T, name string, kernel *kernels.Kernel, built programs) {
	t.Helper()
	modules, err := kernel.Load(m.modules...)
	if err != nil {
		t.Fatal(err)
	}
	files := m.files(t, kernel, built)
	var load []plan.Step
	for _, module := range modules {
		path := "modules/" + filepath.Base(module)
		files[path] = initrd.File{Data: read(t, module)}
		load = append(load, plan.Step{Module: "/" + path})
	}
	p := m.plan()
	p.Steps = append(load, p.Steps...)
	text, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	files[strings.TrimPrefix(plan.Path, "/")] = initrd.File{Data: text}
	var archive bytes.Buffer
	if err := initrd.Write(&archive, files); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, archive.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

// ask asks QEMU what the machine is made of.
func (b *boot) ask(ctx context.Context, socket string, cpuid bool) error {
	m, err := openMonitor(ctx, socket)
	if err != nil {
		return err
	}
	defer m.conn.Close() //nolint:errcheck // it was read to the end
	if b.pci, err = m.pciDevices(); err != nil || !cpuid {
		return err
	}
	b.words, err = m.cpuidWords()
	return err
}

// follow reads the console to its end, and calls ready when the machine is.
func (b *boot) follow(console io.Reader, ready func() error) error {
	lines := bufio.NewScanner(console)
	lines.Buffer(nil, 1<<24)
	var name string
	var text strings.Builder
	isReady := false
	for lines.Scan() {
		line := strings.TrimRight(lines.Text(), "\r")
		// A firmware leaves the cursor somewhere in the first line.
		if i := strings.Index(line, plan.Marker); i > 0 && name == "" {
			line = line[i:]
		}
		switch {
		case line == plan.Ready:
			isReady = true
			if err := ready(); err != nil {
				return err
			}
		case strings.HasPrefix(line, plan.Begin):
			name = strings.TrimPrefix(line, plan.Begin)
			text.Reset()
		case strings.HasPrefix(line, plan.End):
			b.sections[name] = section{text: text.String(), end: strings.TrimPrefix(line, plan.End)}
			name = ""
		case strings.HasPrefix(line, plan.Marker):
			return errors.New("the machine's init says: " + strings.TrimPrefix(line, plan.Marker))
		case name != "":
			text.WriteString(line + "\n")
		}
	}
	if !isReady {
		return errors.Join(errors.New("the machine did not come up"), lines.Err())
	}
	return lines.Err()
}

func tail(text string) string {
	const most = 3000
	return text[max(0, len(text)-most):]
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// disk makes the file of a disk, all zeros but for what makes the whole of it swap space, as mkswap does: the number of
// the version and of the last page, and a magic at the end of the first page (include/linux/swap.h, union swap_header).
// Nothing else looks at it.
func disk(t *testing.T, name string, size int) {
	t.Helper()
	const page = 4096
	data := make([]byte, size)
	data[1024] = 1
	for i, last := 0, size/page-1; i < 4; i++ {
		data[1028+i] = byte(last >> (8 * i))
	}
	copy(data[page-10:], "SWAPSPACE2")
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
}
