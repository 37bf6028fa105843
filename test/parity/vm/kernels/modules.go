package kernels

import (
	"debug/elf"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Load returns the files to load, in order, so that the modules of these names are in the kernel: each after those that it
// depends on. A module that is part of the kernel's image needs no file.
func (k *Kernel) Load(names ...string) ([]string, error) {
	files, err := k.moduleFiles()
	if err != nil {
		return nil, fmt.Errorf("list the modules of %s: %w", k.Release, err)
	}
	builtin, err := k.builtin()
	if err != nil {
		return nil, fmt.Errorf("list the modules in the image of %s: %w", k.Release, err)
	}
	var order []string
	var load func(string) error
	load = func(name string) error {
		name = moduleName(name)
		if builtin[name] {
			return nil
		}
		file, ok := files[name]
		if !ok {
			return fmt.Errorf("%s has no module %s", k.Release, name)
		}
		if slices.Contains(order, file) {
			return nil
		}
		needs, err := dependencies(file)
		if err != nil {
			return fmt.Errorf("read the dependencies of the module %s: %w", name, err)
		}
		for _, need := range needs {
			if err := load(need); err != nil {
				return err
			}
		}
		order = append(order, file)
		return nil
	}
	for _, name := range names {
		if err := load(name); err != nil {
			return nil, err
		}
	}
	return order, nil
}

// Builtin is the file that lists the modules in the kernel's image.
func (k *Kernel) Builtin() string { return filepath.Join(k.Modules, "modules.builtin") }

// moduleName turns the name of a module or of its file into what the kernel calls it.
func moduleName(name string) string {
	return strings.ReplaceAll(strings.TrimSuffix(filepath.Base(name), ".ko"), "-", "_")
}

func (k *Kernel) moduleFiles() (map[string]string, error) {
	files := map[string]string{}
	err := filepath.WalkDir(k.Modules, func(path string, _ fs.DirEntry, err error) error {
		if filepath.Ext(path) == ".ko" {
			files[moduleName(path)] = path
		}
		return err
	})
	return files, err
}

func (k *Kernel) builtin() (map[string]bool, error) {
	text, err := os.ReadFile(k.Builtin())
	if err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for path := range strings.Lines(string(text)) {
		names[moduleName(strings.TrimSpace(path))] = true
	}
	return names, nil
}

// dependencies reads which modules a module needs: a list with commas, empty if there are none.
func dependencies(file string) ([]string, error) {
	info, err := Modinfo(file)
	if err != nil || info["depends"] == "" {
		return nil, err
	}
	return strings.Split(info["depends"], ","), nil
}

// Modinfo reads what modinfo shows of a module's file: texts of key=value in the section .modinfo, each ended by a zero byte. Of a
// key that is there several times it has the first.
func Modinfo(file string) (map[string]string, error) {
	f, err := elf.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // nothing was written
	section := f.Section(".modinfo")
	if section == nil {
		return nil, fmt.Errorf("%s has no section .modinfo", file)
	}
	data, err := section.Data()
	if err != nil {
		return nil, err
	}
	info := map[string]string{}
	for text := range strings.SplitSeq(string(data), "\x00") {
		key, value, _ := strings.Cut(text, "=")
		if _, twice := info[key]; !twice {
			info[key] = value
		}
	}
	return info, nil
}

// ModulesDep returns a modules.dep as depmod writes it, but without the dependencies.
func (k *Kernel) ModulesDep() (string, error) {
	files, err := k.moduleFiles()
	if err != nil {
		return "", err
	}
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(files)) {
		path, err := filepath.Rel(k.Modules, files[name])
		if err != nil {
			return "", err
		}
		text.WriteString(path + ":\n")
	}
	return text.String(), nil
}
