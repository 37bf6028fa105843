//go:build e2e

package e2e

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestRegistriesPage: docs/registry.md names the registries in the versions that the modules of the tests pin.
func TestRegistriesPage(t *testing.T) {
	t.Parallel()
	read := func(name string) string {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	page := read("../../docs/registry.md")
	for module, file := range map[string]string{
		"github.com/olareg/olareg":                "../tools/go.mod",
		"github.com/distribution/distribution/v3": "../registries/go.mod",
		"github.com/google/go-containerregistry":  "../registries/go.mod",
	} {
		pin := regexp.MustCompile(`(?m)^\s*` + regexp.QuoteMeta(module) + ` (v\S+)`).FindStringSubmatch(read(file))
		if len(pin) != 2 {
			t.Errorf("%s does not pin %s", file, module)
			continue
		}
		row := regexp.MustCompile(`(?m)^\| \[[^|]*` + regexp.QuoteMeta(strings.TrimSuffix(module, "/v3")) + `[^|]*\) (v[0-9.]+)`).FindStringSubmatch(page)
		if len(row) != 2 || row[1] != pin[1] {
			t.Errorf("the page has %q of %s, and %s has %s", row, module, file, pin[1])
		}
	}
}
