package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// root is where our module lies.
const root = "../.."

// TestLicences: all that is linked into the program is under a licence that lets us ship it.
func TestLicences(t *testing.T) {
	t.Parallel()
	components, err := linked(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	if err := check(components); err != nil {
		t.Error(err)
	}
	text := string(notices(components))
	for name, phrase := range map[string]string{
		"Go standard library":                        "The Go Authors",
		"github.com/spf13/cobra":                     "Apache License",
		"github.com/inconshreveable/mousetrap":       "Apache License", // on Windows alone
		"sigs.k8s.io/node-feature-discovery/api/nfd": "Apache License",
	} {
		at := slices.IndexFunc(components, func(c component) bool { return c.name == name })
		if at < 0 {
			t.Errorf("%s is linked, and not among what was found", name)
			continue
		}
		_, own, ok := strings.Cut(text, "\n"+strings.Repeat("=", 80)+"\n"+name+" "+components[at].version+"\n")
		own, _, _ = strings.Cut(own, strings.Repeat("=", 80))
		if !ok || !strings.Contains(own, phrase) {
			t.Errorf("the notice of %s does not say %q", name, phrase)
		}
	}
	for _, never := range []string{"github.com/olareg/olareg", "github.com/google/go-cmp", "github.com/cpuguy83/go-md2man/v2", "github.com/nfd-compat/nfd-compat"} {
		if slices.ContainsFunc(components, func(c component) bool { return c.name == never }) {
			t.Errorf("%s is not of others, or not linked into the program", never)
		}
	}
}

// TestCheck: what may not be shipped is refused, and so is what cannot be told.
func TestCheck(t *testing.T) {
	t.Parallel()
	own, err := os.ReadFile(root + "/LICENSE")
	if err != nil {
		t.Fatal(err)
	}
	const isc = `Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted, provided that the above copyright notice and this permission notice appear in all copies.

THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT, INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR PERFORMANCE OF THIS SOFTWARE.
`
	const gpl = `This program is free software: you can redistribute it and/or modify it under the terms of the GNU General Public License as published by the Free Software Foundation, either version 3 of the License, or (at your option) any later version.

This program is distributed in the hope that it will be useful, but WITHOUT ANY WARRANTY; without even the implied warranty of MERCHANTABILITY or FITNESS FOR A PARTICULAR PURPOSE. See the GNU General Public License for more details.
`
	tests := map[string]struct {
		texts map[string][]byte
		want  error
	}{
		"Apache":               {map[string][]byte{"LICENSE": own}, nil},
		"ISC":                  {map[string][]byte{"COPYING": []byte(isc)}, nil},
		"with a notice":        {map[string][]byte{"LICENSE": own, "NOTICE": []byte("We did it.")}, nil},
		"nothing":              {nil, errUnknown},
		"a notice alone":       {map[string][]byte{"NOTICE": own}, errUnknown},
		"something else":       {map[string][]byte{"LICENSE": []byte("Do as you are told.")}, errUnknown},
		"GPL":                  {map[string][]byte{"LICENSE": []byte(gpl)}, errRefused},
		"GPL in a folder":      {map[string][]byte{"LICENSE": own, "forked/LICENSE.txt": []byte(gpl)}, errRefused},
		"half of another text": {map[string][]byte{"LICENSE": []byte(isc + strings.Repeat("You owe us a drink for each copy. ", 40))}, errUnknown},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := check([]component{{name: "example.com/x", version: "v1", texts: test.texts}}); !errors.Is(err, test.want) {
				t.Errorf("%v, want %v", err, test.want)
			}
		})
	}
}

// TestRead: the licence of a part of a module lies beside it, and that of another part is no affair of the program.
func TestRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"LICENSE", "LICENCE-MIT.txt", "license.go", "LICENSE.docs", "README.md", "a/b/COPYING", "a/NOTICE", "other/LICENSE"} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c := component{texts: map[string][]byte{}}
	if err := c.read(dir, filepath.Join(dir, "a", "b")); err != nil {
		t.Fatal(err)
	}
	want := map[string][]byte{}
	for _, name := range []string{"LICENSE", "LICENCE-MIT.txt", "a/b/COPYING", "a/NOTICE"} {
		want[name] = []byte(name)
	}
	if diff := cmp.Diff(want, c.texts); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if err := c.read(filepath.Join(dir, "a"), dir); err == nil {
		t.Error("a folder outside the module is no error")
	}
}

func TestUsage(t *testing.T) {
	t.Parallel()
	if err := run(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "usage") {
		t.Errorf("%v", err)
	}
}
