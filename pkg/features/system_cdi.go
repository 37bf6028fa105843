package features

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"

	"sigs.k8s.io/yaml"
)

const (
	// maxCDIFile bounds a specification of CDI, in bytes. One of eight GPUs with all their parts has some 100 KiB.
	maxCDIFile = 1 << 20
	// maxCDIFiles bounds the specifications that are read.
	maxCDIFiles = 64
)

// A cdiSpec is what we read of a specification of the Container Device Interface (SPEC.md of cncf-tags/container-device-interface).
type cdiSpec struct {
	Version string     `json:"cdiVersion"`
	Kind    string     `json:"kind"`
	Devices []struct{} `json:"devices"`
}

// discoverCDI reads the specifications of the Container Device Interface, with which container runtimes give devices to containers: the files
// of the directories /etc/cdi and /var/run/cdi that end in .json or .yaml. It has an instance for each. Without the directories there are none.
func discoverCDI(ctx context.Context, v *view) finding {
	var f finding
	seen := map[string]bool{}
	files := 0
	for _, d := range []struct{ dir, place string }{{"etc/cdi", "etc"}, {"var/run/cdi", "run"}, {"run/cdi", "run"}} {
		at, _, err := v.files.resolve(d.dir)
		if err == nil && seen[at] { // /var/run is a link to /run
			continue
		}
		seen[at] = true
		var names []string
		if err == nil {
			names, err = v.files.names(d.dir)
		}
		if errors.Is(err, fs.ErrNotExist) {
			if missing := v.missing(d.dir, d.place); missing.state != "" && !seen[d.place] {
				seen[d.place] = true
				f.state, f.reasons = Incomplete, append(f.reasons, missing.reasons...)
			}
			continue
		}
		if err != nil {
			f.miss(err)
			continue
		}
		for _, name := range names {
			if ext := path.Ext(name); ctx.Err() != nil || ext != ".json" && ext != ".yaml" {
				continue
			}
			if files++; files > maxCDIFiles {
				f.miss(fmt.Errorf("there are more than %d specifications of CDI: those from /%s/%s on are left out", maxCDIFiles, d.dir, name))
				return f
			}
			spec, err := v.files.readCDI(d.dir + "/" + name)
			if err != nil {
				f.miss(err)
				continue
			}
			attributes := map[string]string{"kind": spec.Kind, "device_count": strconv.Itoa(len(spec.Devices))}
			putVersion(attributes, "spec_version", spec.Version)
			if attributes["spec_version"] == "" {
				f.missElements(fmt.Errorf("the specification /%s/%s lacks spec_version: %q is no version", d.dir, name, spec.Version), "spec_version")
			}
			f.addInstance(attributes)
		}
	}
	return f.orUnreadable()
}

func (f *fsys) readCDI(name string) (cdiSpec, error) {
	data, err := f.read(name, maxCDIFile)
	if err != nil {
		return cdiSpec{}, err
	}
	spec, err := parseCDI(data, path.Ext(name) == ".yaml")
	if err != nil {
		return cdiSpec{}, fmt.Errorf("parse /%s: %w", name, err)
	}
	return spec, nil
}

// parseCDI reads a specification of CDI:
//
//	cdiVersion: 0.5.0
//	kind: nvidia.com/gpu
//	devices:
//	- name: "0"
//
// One without a kind, or without a version, is none.
func parseCDI(data []byte, isYAML bool) (cdiSpec, error) {
	decode := json.Unmarshal
	if isYAML {
		decode = func(data []byte, to any) error { return yaml.Unmarshal(data, to) }
	}
	var spec cdiSpec
	if err := decode(data, &spec); err != nil {
		return cdiSpec{}, err
	}
	if spec.Kind == "" || spec.Version == "" {
		return cdiSpec{}, errors.New("it has no kind or no cdiVersion")
	}
	return spec, nil
}
