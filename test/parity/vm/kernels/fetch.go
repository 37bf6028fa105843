package kernels

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Fetch gets the newest kernel that a package stands for, such as [AMD64], from the Debian archive that the machine's apt
// is set up with, and unpacks it into the cache directory. It installs nothing, needs no root, and keeps its own lists of
// packages, so that a kernel for a foreign architecture leaves the machine's as they are. What the programs say goes to log.
func Fetch(ctx context.Context, cache, name string, log io.Writer) error {
	architecture := name[strings.LastIndexByte(name, '-')+1:]
	f := fetcher{dir: filepath.Join(cache, "apt-"+architecture), architecture: architecture, log: log}
	if err := f.prepare(ctx); err != nil {
		return fmt.Errorf("read the lists of packages for %s: %w", architecture, err)
	}
	kernel, err := f.dependency(ctx, name)
	if err != nil {
		return fmt.Errorf("find the kernel that %s depends on: %w", name, err)
	}
	unpacked := filepath.Join(f.dir, "unpacked")
	if err := f.download(ctx, kernel, unpacked); err != nil {
		return fmt.Errorf("get %s: %w", kernel, err)
	}
	target := filepath.Join(cache, name)
	if err := os.RemoveAll(target); err != nil {
		return err
	}
	return os.Rename(unpacked, target)
}

// A fetcher runs apt for one architecture with a state of its own.
type fetcher struct {
	dir          string
	architecture string
	log          io.Writer
}

// run runs a program in a directory and returns what it prints.
func (f *fetcher) run(ctx context.Context, dir, name string, args ...string) (string, error) {
	if strings.HasPrefix(name, "apt-") {
		args = append([]string{
			"-oAPT::Architecture=" + f.architecture,
			"-oAPT::Architectures::=" + f.architecture,
			"-oDir::State=" + filepath.Join(f.dir, "state"),
			"-oDir::State::status=" + filepath.Join(f.dir, "status"),
			"-oDir::Cache=" + filepath.Join(f.dir, "cache"),
			// Whoever runs this may have no right to become the user _apt, or has a directory that _apt cannot read.
			"-oAPT::Sandbox::User=",
		}, args...)
	}
	cmd := exec.CommandContext(ctx, name, args...) //nolint:gosec // programs that are named here
	var out bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, io.MultiWriter(&out, f.log), f.log
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	return out.String(), nil
}

func (f *fetcher) prepare(ctx context.Context) error {
	for _, dir := range []string{"state/lists/partial", "cache/archives/partial"} {
		if err := os.MkdirAll(filepath.Join(f.dir, filepath.FromSlash(dir)), 0o755); err != nil {
			return err
		}
	}
	// No package is installed for apt to think of.
	if err := os.WriteFile(filepath.Join(f.dir, "status"), nil, 0o644); err != nil {
		return err
	}
	_, err := f.run(ctx, f.dir, "apt-get", "-q", "update")
	return err
}

// dependency returns the package of the kernel that a package depends on. What apt-cache prints of it is
//
//	linux-image-amd64
//	  Depends: linux-image-6.1.0-56-amd64
func (f *fetcher) dependency(ctx context.Context, name string) (string, error) {
	out, err := f.run(ctx, f.dir, "apt-cache", "depends", "--important", name)
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(out) {
		if kernel, ok := strings.CutPrefix(strings.TrimSpace(line), "Depends: "); ok {
			return kernel, nil
		}
	}
	return "", errors.New("no dependency is told")
}

// download gets the package of a kernel and unpacks it into a new directory.
func (f *fetcher) download(ctx context.Context, kernel, target string) error {
	files := filepath.Join(f.dir, "download")
	for _, dir := range []string{files, target} {
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
	}
	if err := os.Mkdir(files, 0o755); err != nil {
		return err
	}
	if _, err := f.run(ctx, files, "apt-get", "-q", "download", kernel); err != nil {
		return err
	}
	packages, err := filepath.Glob(filepath.Join(files, "*.deb"))
	if err != nil {
		return err
	}
	if len(packages) != 1 {
		return fmt.Errorf("one package was expected, not %q", packages)
	}
	if _, err := f.run(ctx, files, "dpkg", "-x", packages[0], target); err != nil {
		return err
	}
	// Newer kernels come with compressed modules. What unpacks them is what dpkg itself needs.
	if _, err := f.run(ctx, target, "find", ".", "-name", "*.ko.xz", "-exec", "xz", "--decompress", "{}", "+"); err != nil {
		return err
	}
	return os.RemoveAll(files)
}
