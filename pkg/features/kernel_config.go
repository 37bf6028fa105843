package features

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
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

// discoverKernelConfig takes the first of the files that can be read. One that cannot be read is passed over, for the
// next may tell the same. No file at all is a failure to read: the kernel was configured somehow.
func discoverKernelConfig(ctx context.Context, v *view) finding {
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
	options, err := parseKernelConfig(bytes.NewReader(data))
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
	out, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(out)) > limit {
		return nil, fmt.Errorf("%w: %d bytes", errTooLarge, limit)
	}
	return out, nil
}

// parseKernelConfig reads the configuration of a kernel, as its build writes it. A line sets one option:
//
//	CONFIG_LSM="landlock,lockdown,yama,integrity,apparmor"
//
// The name is told without its prefix and the value without quotes. Options that are not set stand in comments and are
// left out, as by NFD. A text without a single option is an error.
func parseKernelConfig(r io.Reader) (map[string]string, error) {
	options := map[string]string{}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxFile)
	for lines.Scan() {
		line, ok := strings.CutPrefix(lines.Text(), "CONFIG_")
		if !ok {
			continue
		}
		if name, value, ok := strings.Cut(line, "="); ok {
			options[name] = strings.Trim(value, `"`)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	if len(options) == 0 {
		return nil, errors.New("it sets no option")
	}
	return options, nil
}
