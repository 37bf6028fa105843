package features

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"strings"
)

const modulesPath = "proc/modules"

// readLoadedModules reads the names of the loaded modules. The file is missing on a kernel that was built without
// support for modules, and where something hides it.
func (v *view) readLoadedModules() ([]string, error) {
	data, err := v.files.read(modulesPath, maxFile)
	if err != nil {
		return nil, err
	}
	return parseModules(string(data)), nil
}

// parseModules reads the names of the modules in /proc/modules, the first word of each line:
//
//	nvidia_uvm 6963200 4 - Live 0xffffffffc4a00000 (POE)
func parseModules(text string) []string {
	var names []string
	for line := range strings.Lines(text) {
		for name := range strings.FieldsSeq(line) {
			names = append(names, name)
			break
		}
	}
	return names
}

// parseBuiltinModules reads the names of the modules in /lib/modules/V/modules.builtin, of which each line is a file:
//
//	kernel/drivers/block/virtio_blk.ko
//
// The dashes of a file's name stay, as NFD has it, though the kernel calls the module by underscores.
func parseBuiltinModules(text string) []string {
	var names []string
	for line := range strings.Lines(text) {
		file, ok := strings.CutSuffix(strings.TrimSpace(line), ".ko")
		if name := file[strings.LastIndexByte(file, '/')+1:]; ok && name != "" {
			names = append(names, name)
		}
	}
	return names
}

func discoverLoadedModules(ctx context.Context, v *view) finding {
	names, err := v.loadedModules()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return v.noModules(ctx)
	case err != nil:
		return unreadable(err)
	}
	return finding{flags: flagSet(names...)}
}

// noModules is the finding where /proc/modules is missing: absent, if the kernel was built without support for modules. One that
// has it shows so elsewhere, whatever hides the list: it has the switch /proc/sys/kernel/modules_disabled
// (Documentation/admin-guide/sysctl/kernel.rst), and each module that was loaded has an initstate in /sys/module, which one that is
// part of the kernel's image has not (Documentation/ABI/stable/sysfs-module).
func (v *view) noModules(ctx context.Context) finding {
	if f := v.missing(modulesPath, procPlace); f.state != "" {
		return f
	}
	signs := []string{"proc/sys/kernel/modules_disabled"}
	names, err := v.files.names(sysModuleDir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return unreadable(fmt.Errorf("/%s is not there, and whether the kernel has modules is not known: %w", modulesPath, err))
	}
	for _, name := range names {
		signs = append(signs, sysModuleDir+"/"+name+"/initstate")
	}
	for _, sign := range signs {
		if ctx.Err() != nil {
			return finding{}
		}
		switch there, err := v.files.exists(sign); {
		case err != nil:
			return unreadable(fmt.Errorf("/%s is not there, and whether the kernel has modules is not known: %w", modulesPath, err))
		case there:
			return unreadable(fmt.Errorf("/%s is not there, though the kernel has modules, as /%s shows", modulesPath, sign))
		}
	}
	return finding{}
}

// discoverEnabledModules joins the modules that are loaded with those built in. Every kernel has built-in ones, so where
// their list is missing or unreadable the feature is incomplete; and likewise if only the list of the loaded ones is
// unreadable. NFD leaves the feature out in both cases, or tells less than there is.
func discoverEnabledModules(ctx context.Context, v *view) finding {
	loaded := discoverLoadedModules(ctx, v)
	builtin, err := v.builtinModules()
	if loaded.state != "" && err != nil {
		loaded.reasons = append(loaded.reasons, err.Error())
		return loaded
	}
	f := finding{flags: flagSet(builtin...)}
	maps.Copy(f.flags, loaded.flags)
	if loaded.state != "" {
		f.state, f.reasons = Incomplete, loaded.reasons
	}
	if err != nil {
		f.miss(err)
	}
	return f
}

func (v *view) readBuiltinModules() ([]string, error) {
	text, err := v.readModuleList("modules.builtin")
	if err != nil {
		return nil, err
	}
	return parseBuiltinModules(text), nil
}

// readModuleList reads a list of the kernel's modules in /lib/modules/V.
func (v *view) readModuleList(file string) (string, error) {
	release, err := v.releaseName()
	if err != nil {
		return "", err
	}
	name := "lib/modules/" + release + "/" + file
	data, err := v.files.read(name, maxFile)
	if errors.Is(err, fs.ErrNotExist) {
		// A root whose /lib is no link to /usr/lib, though its modules are there, was put together by hand.
		if inUsr, usrErr := v.files.read("usr/"+name, maxFile); usrErr == nil {
			return string(inUsr), nil
		}
	}
	return string(data), err
}
