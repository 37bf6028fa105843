package main

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/google/licensecheck"
)

// allowed returns the licences of what we may link and ship, by their SPDX identifiers: those that ask for no more than a notice.
// MPL-2.0 asks for the source of its own files, changed ones included, which a module's path and version name.
func allowed() []string {
	return []string{"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSD-3-Clause-Clear", "BSL-1.0", "ISC", "MIT", "MIT-0", "MPL-2.0", "Unlicense", "Zlib"}
}

// leastCovered is the part of a text, in percent, that has to be of known licences. What remains are the names of owners
// and the like.
const leastCovered = 75

var (
	errUnknown = errors.New("its licence cannot be told")
	errRefused = errors.New("its licence is not one that may be shipped")
)

// licences returns the identifiers of the licences of a component. Those of one text all hold, as far as it can be told.
func (c *component) licences() ([]string, error) {
	ids := map[string]bool{}
	for name, text := range c.texts {
		if !isLicence(path.Base(name)) {
			continue
		}
		coverage := licensecheck.Scan(text)
		if coverage.Percent < leastCovered {
			return nil, fmt.Errorf("%s %s: %w: %s is a known licence to %.0f%%", c.name, c.version, errUnknown, name, coverage.Percent)
		}
		for _, m := range coverage.Match {
			if !m.IsURL {
				ids[m.ID] = true
			}
		}
	}
	if len(ids) == 0 {
		return nil, fmt.Errorf("%s %s: %w", c.name, c.version, errUnknown)
	}
	return slices.Sorted(maps.Keys(ids)), nil
}

// check tells which components may not be shipped.
func check(components []component) error {
	var problems []error
	for i := range components {
		c := &components[i]
		ids, err := c.licences()
		if err != nil {
			problems = append(problems, err)
		}
		for _, id := range ids {
			if !slices.Contains(allowed(), id) {
				problems = append(problems, fmt.Errorf("%s %s: %w: %s", c.name, c.version, errRefused, id))
			}
		}
	}
	return errors.Join(problems...)
}

// notices returns the text that goes with the program.
func notices(components []component) []byte {
	var b bytes.Buffer
	b.WriteString("nfd-compat is made with what follows, each under its own licence.\n\n")
	for i := range components {
		ids, _ := components[i].licences() // which check has asked for
		fmt.Fprintf(&b, "%s %s (%s)\n", components[i].name, components[i].version, strings.Join(ids, ", "))
	}
	for i := range components {
		c := &components[i]
		fmt.Fprintf(&b, "\n%s\n%s %s\n", strings.Repeat("=", 80), c.name, c.version)
		for _, name := range slices.Sorted(maps.Keys(c.texts)) {
			fmt.Fprintf(&b, "%s\n%s\n\n%s\n", strings.Repeat("-", 80), name, bytes.TrimSpace(c.texts[name]))
		}
	}
	return b.Bytes()
}
