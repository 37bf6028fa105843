package house

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The modules from outside that the table speaks of.
const (
	nfdTypes    = "sigs.k8s.io/node-feature-discovery/api/nfd"
	yamlValues  = "sigs.k8s.io/yaml"   // what NFD decodes with
	yamlPlaces  = "go.yaml.in/yaml/v3" // keeps positions
	yamlScalars = "go.yaml.in/yaml/v2" // the resolver behind sigs.k8s.io/yaml
	imageSpec   = "github.com/opencontainers/image-spec"
	goDigest    = "github.com/opencontainers/go-digest" // the type of a descriptor's digest
	orasGo      = "oras.land/oras-go/v2"
	sprig       = "github.com/Masterminds/sprig/v3"
	celGo       = "cel.dev/cel-go"
	cobra       = "github.com/spf13/cobra"
	pflag       = "github.com/spf13/pflag"
	goCmp       = "github.com/google/go-cmp"
	dockerNames = "github.com/distribution/reference" // only tests compare with it
	olareg      = "github.com/olareg/olareg"
	xTools      = "golang.org/x/tools"
	jsonSchema  = "github.com/santhosh-tekuri/jsonschema/v6"
)

// A row says what one package may import, tests aside.
type row struct {
	// own are the packages of ours.
	own []string
	// outside are the modules, beyond the standard library.
	outside []string
	// oneFile are those of outside that a single file alone may import.
	oneFile []string
}

// table returns the row of each package, by its path within the module. A row's packages need not exist yet.
func table() map[string]row {
	return map[string]row{
		"cmd/nfd-compat": {own: []string{"internal/cli", "internal/footprint"}},
		"pkg/spec":       {outside: []string{nfdTypes, yamlValues, yamlPlaces, yamlScalars}},
		"pkg/features": {
			outside: []string{nfdTypes, yamlValues, yamlPlaces, "github.com/klauspost/cpuid/v2", "golang.org/x/sys"},
		},
		"pkg/validate": {
			own:     []string{"pkg/spec", "pkg/features"},
			outside: []string{nfdTypes, sprig, celGo},
			oneFile: []string{sprig, celGo},
		},
		"pkg/registry": {
			own: []string{"pkg/spec"},
			outside: []string{
				orasGo, imageSpec, goDigest, "github.com/containerd/platforms",
			},
		},
		"pkg/derive": {
			own:     []string{"pkg/spec", "pkg/features"},
			outside: []string{imageSpec, nfdTypes},
		},
		"internal/render": {
			own:     []string{"pkg/spec", "pkg/features", "pkg/validate"},
			outside: []string{"github.com/jedib0t/go-pretty/v6", yamlValues, nfdTypes},
		},
		"internal/footprint": {},
		// What kubectl reads manifests with, so that what it takes is taken here.
		"internal/manifest": {outside: []string{"k8s.io/apimachinery"}},
		"internal/cli": {
			own: []string{
				"pkg/spec", "pkg/features", "pkg/validate", "pkg/registry", "pkg/derive", "internal/render", "internal/manifest",
			},
			// The Kubernetes types are for the manifests that a command prints.
			outside: []string{cobra, pflag, imageSpec, goDigest, nfdTypes, "k8s.io/api", "k8s.io/apimachinery", "golang.org/x/term"},
		},
		// What follows is for tests: no package above may import it.
		"internal/hosttest": {
			own:     []string{"pkg/spec", "pkg/features"},
			outside: []string{nfdTypes, imageSpec, goDigest, orasGo, goCmp, olareg, xTools, jsonSchema},
		},
		"internal/house": {},
		// It makes the demonstration's image, which is a file of the repository.
		"internal/mkdemo":   {own: []string{"pkg/spec"}, outside: []string{imageSpec, goDigest}},
		"internal/mkgpuids": {},
		// It writes the notices of what is linked, and knows licences by their texts.
		"internal/mknotices": {outside: []string{"github.com/google/licensecheck"}},
		// It makes documents of the command tree.
		"internal/mkdocs": {own: []string{"internal/cli"}, outside: []string{cobra, pflag}},
		"test/docs":       {},
		"test/e2e":        {},
	}
}

// rowOf returns the row of a package: its own, or that of the nearest folder above that has one (the folders below
// internal/hosttest share a row).
func rowOf(path string) (row, bool) {
	rows := table()
	if r, ok := rows[path]; ok {
		return r, true
	}
	if strings.HasPrefix(path, "internal/hosttest/") {
		r := rows["internal/hosttest"]
		r.own = append(r.own, "internal/hosttest")
		return r, true
	}
	return row{}, false
}

// systems returns the operating systems that the product is built for.
func systems() []string { return []string{"linux", "darwin", "windows"} }

func TestImports(t *testing.T) {
	t.Parallel()
	for _, goos := range systems() {
		t.Run(goos, func(t *testing.T) {
			t.Parallel()
			for _, p := range goList(t, goos, "./...") {
				path, ok := p.own()
				if !ok {
					t.Errorf("%s is not a package of %s", p.ImportPath, module)
					continue
				}
				r, ok := rowOf(path)
				if !ok {
					t.Errorf("package %s has no row in the table of imports: add one that says what it may import", path)
					continue
				}
				checkImports(t, path, r, p.Imports)
			}
		})
	}
}

func checkImports(t *testing.T, path string, r row, imports []string) {
	t.Helper()
	for _, imported := range imports {
		if ours, ok := ownPath(imported); ok {
			if !slices.Contains(r.own, ours) {
				t.Errorf("%s must not import %s of ours; it may import %q", path, ours, r.own)
			}
			continue
		}
		if isStandard(imported) {
			continue
		}
		if !slices.ContainsFunc(r.outside, func(m string) bool { return within(imported, m) }) {
			t.Errorf("%s must not import %s; from outside it may import %q", path, imported, r.outside)
		}
	}
}

// isStandard tells whether an import path is of the standard library: its first element has no dot.
func isStandard(importPath string) bool {
	first, _, _ := strings.Cut(importPath, "/")
	return !strings.Contains(first, ".")
}

func within(importPath, modulePath string) bool {
	return importPath == modulePath || strings.HasPrefix(importPath, modulePath+"/")
}

func TestImportsOfOneFile(t *testing.T) {
	t.Parallel()
	for _, p := range goList(t, "linux", "./...") {
		path, _ := p.own()
		r, _ := rowOf(path)
		for _, m := range r.oneFile {
			var files []string
			for _, name := range p.GoFiles {
				if slices.ContainsFunc(fileImports(t, filepath.Join(p.Dir, name)), func(i string) bool { return within(i, m) }) {
					files = append(files, name)
				}
			}
			if len(files) > 1 {
				t.Errorf("%s imports %s in %q: one file alone may", path, m, files)
			}
		}
	}
}

func fileImports(t *testing.T, name string) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatalf("parse %s: %v", name, err)
	}
	imports := make([]string, len(file.Imports))
	for i, spec := range file.Imports {
		if imports[i], err = strconv.Unquote(spec.Path.Value); err != nil {
			t.Fatalf("parse %s: import %s: %v", name, spec.Path.Value, err)
		}
	}
	return imports
}

// TestLinked holds the promise to users of the library: who imports a package links no command line, nothing internal,
// and, pkg/registry aside, no registry client.
func TestLinked(t *testing.T) {
	t.Parallel()
	always := []string{cobra, pflag, module + "/internal", module + "/cmd", olareg, goCmp, dockerNames, jsonSchema, "testing"}
	client := []string{
		module + "/pkg/registry", orasGo, imageSpec, goDigest, "github.com/containerd/platforms",
	}
	tests := map[string][]string{
		"./pkg/spec":     slices.Concat(always, client),
		"./pkg/features": slices.Concat(always, client),
		"./pkg/validate": slices.Concat(always, client),
		"./pkg/registry": always,
		"./pkg/derive":   append(slices.Clone(always), module+"/pkg/registry", module+"/pkg/validate", orasGo),
		// The program itself.
		"./cmd/nfd-compat": {olareg, goCmp, dockerNames, jsonSchema, "testing", cobra + "/doc", "github.com/cpuguy83/go-md2man", "github.com/google/licensecheck"},
	}
	for pattern, forbidden := range tests {
		t.Run(pattern, func(t *testing.T) {
			t.Parallel()
			for _, p := range goList(t, "linux", "-deps", pattern) {
				for _, f := range forbidden {
					if within(p.ImportPath, f) {
						t.Errorf("who imports %s links %s", pattern, p.ImportPath)
					}
				}
			}
		})
	}
}
