package features

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
)

// maxKernelConfig bounds the kernel's configuration, in bytes after decompression. A distribution's has 300 KiB.
const maxKernelConfig = 8 << 20

// kernelConfigPaths lists where the configuration of the kernel of this release may be, the surest first, in NFD's order.
func kernelConfigPaths(release string) []string {
	return []string{
		"/proc/config.gz",
		"/usr/src/linux-" + release + "/.config",
		"/usr/src/linux-rt-" + release + "/.config",
		"/usr/src/linux/.config",
		"/usr/lib/modules/" + release + "/config",
		"/usr/lib/ostree-boot/config-" + release,
		"/usr/lib/kernel/config-" + release,
		"/usr/src/linux-headers-" + release + "/.config",
		"/lib/modules/" + release + "/build/.config",
		"/usr/src/linux-rt-headers-" + release + "/.config",
		"/boot/config-" + release,
	}
}

func discoverKernelConfig(ctx context.Context, v *view) finding { return v.config(ctx) }

// readConfig takes the first of the files that can be read. One that cannot be read is passed over, for the
// next may tell the same. No file at all is a failure to read: the kernel was configured somehow.
func (v *view) readConfig(ctx context.Context) finding {
	paths := []string{"/proc/config.gz", "/usr/src/linux/.config"}
	if release, err := v.releaseName(); err == nil {
		paths = kernelConfigPaths(release)
	}
	var failed []string
	for _, name := range paths {
		if ctx.Err() != nil {
			return finding{}
		}
		options, err := readKernelConfig(v.files, name)
		switch {
		case err == nil:
			return finding{attributes: options}
		case !errors.Is(err, fs.ErrNotExist):
			failed = append(failed, err.Error())
		}
	}
	if len(failed) > 0 {
		return finding{state: Unreadable, reasons: failed}
	}
	return unreadable(fmt.Errorf("no kernel configuration is there: looked for %s", strings.Join(paths, ", ")))
}

func readKernelConfig(files *fsys, name string) (map[string]string, error) {
	data, err := files.read(strings.TrimPrefix(name, "/"), maxKernelConfig)
	if err != nil {
		return nil, err
	}
	if strings.HasSuffix(name, ".gz") {
		if data, err = gunzip(data, maxKernelConfig); err != nil {
			return nil, fmt.Errorf("decompress %s: %w", name, err)
		}
	}
	options, err := parseKernelConfig(string(data))
	if err != nil {
		return nil, fmt.Errorf("parse %s: %w", name, err)
	}
	return options, nil
}

// gunzip decompresses at most limit bytes; more is an error.
func gunzip(data []byte, limit int64) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	// The last four bytes tell the size (RFC 1952, section 2.3.1). They are a hint: what comes is what counts. Beyond it is
	// the room that a buffer wants to see the end.
	var out bytes.Buffer
	size := int64(binary.LittleEndian.Uint32(data[len(data)-4:]))
	out.Grow(int(min(size, limit)) + bytes.MinRead)
	n, err := out.ReadFrom(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, err
	}
	if n > limit {
		return nil, fmt.Errorf("%w: %d bytes", errTooLarge, limit)
	}
	return out.Bytes(), nil
}

// parseKernelConfig reads the configuration of a kernel, as its build writes it. A line sets one option:
//
//	CONFIG_LSM="landlock,lockdown,yama,integrity,apparmor"
//
// The name is told without its prefix and the value without quotes. Options that are not set stand in comments and are
// left out, as by NFD. A text without a single option is an error.
//
// There are some thousand options, so names and values are parts of the text, which stays in memory with them.
func parseKernelConfig(text string) (map[string]string, error) {
	const prefix, expected = "CONFIG_", 20_000 // a distribution's kernel has about 10,000 options
	options := make(map[string]string, min(strings.Count(text, "\n"+prefix)+1, expected))
	for line := range strings.Lines(text) {
		line, ok := strings.CutPrefix(line, prefix)
		if !ok {
			continue
		}
		if name, value, ok := strings.Cut(line, "="); ok {
			options[name] = strings.Trim(strings.TrimRight(value, "\r\n"), `"`)
		}
	}
	if len(options) == 0 {
		return nil, errors.New("it sets no option")
	}
	return options, nil
}
