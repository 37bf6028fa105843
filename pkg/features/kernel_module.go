package features

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

const sysModuleDir = "sys/module"

// discoverModuleVersions reads the versions of the modules that say one, from /sys/module/*/version
// (Documentation/ABI/stable/sysfs-module), one line:
//
//	2.13.0g
//
// It has the version by the module's name, in which the kernel has no dashes, and the original text under the name with _raw. Modules
// that are part of the kernel's image are there too, if they have a version. Most of those that come with the kernel have none.
func discoverModuleVersions(ctx context.Context, v *view) finding {
	names, err := v.files.names(sysModuleDir)
	if err != nil {
		return v.optional(err, sysModuleDir, sysPlace)
	}
	f := finding{attributes: map[string]string{}}
	for _, name := range names {
		if ctx.Err() != nil {
			return f
		}
		version, _, err := v.files.deviceAttribute(sysModuleDir + "/" + name + "/version")
		if err != nil {
			f.miss(fmt.Errorf("the version of module %s is left out: %w", name, err))
		}
		putVersion(f.attributes, name, version)
	}
	return f
}

// The states of a module.
const (
	moduleLoaded    = "loaded"
	moduleBuiltin   = "builtin"
	moduleAvailable = "available"
)

// discoverModuleStates tells of each module whether it is loaded, part of the kernel's image, or available for loading. That
// comes from /proc/modules, /lib/modules/V/modules.builtin and modules.dep. Of a module that is loaded there is more in
// /sys/module: its version and the checksum of its source.
//
// If one of the two lists cannot be read, the modules that only it names are missing, and the feature is incomplete. Where neither
// list nor directory is there, as in a container, so is it.
func discoverModuleStates(ctx context.Context, v *view) finding {
	loaded, err := v.loadedModules()
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return unreadable(err)
	}
	if err != nil { // a kernel without modules has no such file
		if f := v.noModules(ctx); f.state != "" {
			return f
		}
	}
	var f finding
	if there, err := v.files.exists(sysModuleDir); err != nil {
		f.miss(err)
	} else if !there {
		f.miss(fmt.Errorf("/%s is not there, so the versions of loaded modules are not known", sysModuleDir))
	}
	known := map[string]bool{}
	for _, name := range loaded {
		if ctx.Err() != nil {
			return f
		}
		if !known[name] {
			known[name] = true
			f.addInstance(v.loadedModule(&f, name))
		}
	}
	for _, list := range []struct {
		state string
		read  func() ([]string, error)
	}{{moduleBuiltin, v.builtinModules}, {moduleAvailable, v.availableModules}} {
		names, err := list.read()
		if err != nil {
			f.miss(err)
		}
		for _, name := range names {
			if name = strings.ReplaceAll(name, "-", "_"); !known[name] {
				known[name] = true
				f.addInstance(map[string]string{"name": name, "state": list.state})
			}
		}
	}
	return f
}

// loadedModule reads what is known of a module that is loaded.
func (v *view) loadedModule(f *finding, name string) map[string]string {
	module := map[string]string{"name": name, "state": moduleLoaded}
	for _, attribute := range []string{"version", "srcversion"} {
		value, _, err := v.files.deviceAttribute(sysModuleDir + "/" + name + "/" + attribute)
		switch {
		case err != nil:
			f.miss(fmt.Errorf("module %s lacks %s: %w", name, attribute, err))
		case attribute == "version":
			putVersion(module, attribute, value)
		case value != "":
			module[attribute] = value
		}
	}
	return module
}

// readAvailableModules reads the names of the modules in /lib/modules/V/modules.dep, which depmod writes.
func (v *view) readAvailableModules() ([]string, error) {
	text, err := v.readModuleList("modules.dep")
	if err != nil {
		return nil, err
	}
	return parseModulesDep(text), nil
}

// parseModulesDep takes the names of the modules from the text of a modules.dep, of which each line has a module's file, and after
// a colon those of the modules that it depends on (modules.dep(5)):
//
//	kernel/drivers/vfio/pci/vfio-pci.ko.xz: kernel/drivers/vfio/pci/vfio-pci-core.ko.xz kernel/drivers/vfio/vfio.ko.xz
func parseModulesDep(text string) []string {
	var names []string
	for line := range strings.Lines(text) {
		file, _, ok := strings.Cut(line, ":")
		name, suffix, isModule := strings.Cut(path.Base(strings.TrimSpace(file)), ".ko")
		if ok && isModule && name != "" && slices.Contains([]string{"", ".gz", ".xz", ".zst"}, suffix) {
			names = append(names, name)
		}
	}
	return names
}
