package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// program is what is shipped.
const program = "./cmd/nfd-compat"

// A component is a module that is linked into the program, or Go's own library.
type component struct {
	name    string
	version string
	// texts are the files with its licence and what goes with that, by their paths within it.
	texts map[string][]byte
}

// platforms returns what the program is shipped for. A module may be linked on one of them alone.
func platforms() []string {
	return []string{"linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64", "windows/amd64", "windows/arm64"}
}

// A listed is a package as go list shows it.
type listed struct {
	Dir      string
	Standard bool
	Module   *struct {
		Path, Version, Dir string
		Main               bool
		Replace            *struct{ Path, Version, Dir string }
	}
}

// linked returns what is linked into the program on any of the platforms, our own module aside, in the order of the names.
// The directory is one of our module.
func linked(ctx context.Context, dir string) ([]component, error) {
	found := map[string]*component{}
	for _, platform := range platforms() {
		packages, err := list(ctx, dir, platform)
		if err != nil {
			return nil, err
		}
		for _, p := range packages {
			if p.Standard || p.Module == nil || p.Module.Main {
				continue
			}
			m := p.Module
			if m.Replace != nil {
				m.Path, m.Version, m.Dir = m.Replace.Path, m.Replace.Version, m.Replace.Dir
			}
			c, ok := found[m.Path]
			if !ok {
				c = &component{name: m.Path, version: m.Version, texts: map[string][]byte{}}
				found[m.Path] = c
			}
			if err := c.read(m.Dir, p.Dir); err != nil {
				return nil, err
			}
		}
	}
	library, err := standardLibrary(ctx, dir)
	if err != nil {
		return nil, err
	}
	components := []component{library}
	for _, c := range found {
		components = append(components, *c)
	}
	slices.SortFunc(components, func(a, b component) int { return cmp.Compare(a.name, b.name) })
	return components, nil
}

// list returns the packages that the program consists of on a platform.
func list(ctx context.Context, dir, platform string) ([]listed, error) {
	system, architecture, _ := strings.Cut(platform, "/")
	out, err := runGo(ctx, dir, []string{"GOOS=" + system, "GOARCH=" + architecture, "CGO_ENABLED=0"},
		"list", "-deps", "-json=Dir,Standard,Module", program)
	if err != nil {
		return nil, err
	}
	var packages []listed
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return packages, nil
		} else if err != nil {
			return nil, fmt.Errorf("decode the list of packages: %w", err)
		}
		packages = append(packages, p)
	}
}

// standardLibrary returns Go's own library, which is linked into every program.
func standardLibrary(ctx context.Context, dir string) (component, error) {
	c := component{name: "Go standard library", texts: map[string][]byte{}}
	out, err := runGo(ctx, dir, nil, "env", "GOROOT", "GOVERSION")
	if err != nil {
		return c, err
	}
	root, version, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	c.version = version
	err = c.read(root, root)
	return c, err
}

func runGo(ctx context.Context, dir string, env []string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", args...) //nolint:gosec // the arguments are ours
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, &stderr)
	}
	return out, nil
}

// read keeps the texts that lie in the folder of a package and in those above it, up to that of the module: code of others
// within a module has its licence beside it.
func (c *component) read(root, dir string) error {
	for {
		within, err := filepath.Rel(root, dir)
		if err != nil {
			return err
		}
		if !filepath.IsLocal(within) {
			return fmt.Errorf("%s is not within %s", dir, root)
		}
		entries, err := os.ReadDir(dir)
		if err != nil {
			return fmt.Errorf("look for the licence of %s: %w", c.name, err)
		}
		for _, e := range entries {
			if !e.Type().IsRegular() || !isText(e.Name()) {
				continue
			}
			if c.texts[filepath.ToSlash(filepath.Join(within, e.Name()))], err = os.ReadFile(filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
		if within == "." {
			return nil
		}
		dir = filepath.Dir(dir)
	}
}

// isText tells whether a file has a licence or what goes with one, by its name.
func isText(name string) bool {
	return isLicence(name) || regexp.MustCompile(`(?i)^(notice|copyright|patents)(\.(md|txt))?$`).MatchString(name)
}

// isLicence tells whether a file has a licence of code, by its name. That of documents (LICENSE.docs) is of nothing that is linked.
func isLicence(name string) bool {
	return filepath.Ext(name) != ".docs" && regexp.MustCompile(`(?i)^(un)?(licen[cs]e|copying)([-.][\w.-]+)?$`).MatchString(name) && filepath.Ext(name) != ".go"
}
