package house

import (
	"bufio"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const (
	// maxLines is where a file is two rooms: the house asks at about 400 whether it is, and here no longer asks.
	maxLines = 450
	// maxMainLines is the length of a main that holds nothing but the process.
	maxMainLines = 25
)

// TestPackageComments: a package says what it provides in a file of that name, which is where people look.
func TestPackageComments(t *testing.T) {
	t.Parallel()
	for _, p := range goList(t, "linux", "./...") {
		path, _ := p.own()
		name := "doc.go"
		if p.Name == "main" && !slices.Contains(p.GoFiles, name) {
			name = "main.go" // a main of a few lines carries its own
		}
		if !slices.Contains(p.GoFiles, name) {
			t.Errorf("%s has no doc.go", path)
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.ParseComments)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		comment := file.Doc.Text()
		if comment == "" || p.Name != "main" && !strings.HasPrefix(comment, "Package "+p.Name+" ") {
			t.Errorf("the package comment in %s/%s does not say what package %s is", path, name, p.Name)
		}
	}
}

func TestLengthOfFiles(t *testing.T) {
	t.Parallel()
	generated := regexp.MustCompile(`(?m)^// Code generated .* DO NOT EDIT\.$`)
	seen := 0
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "bin") {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		seen++
		limit := maxLines
		if filepath.Base(filepath.Dir(filepath.Dir(name))) == "cmd" {
			limit = maxMainLines
		}
		if n := lines(string(text)); n > limit && !generated.Match(text) {
			t.Errorf("%s has %d lines, more than %d: it does two things", strings.TrimPrefix(name, root+"/"), n, limit)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < 10 {
		t.Errorf("looked at %d files: this is not the module's root", seen)
	}
}

func lines(text string) int {
	n := 0
	for s := bufio.NewScanner(strings.NewReader(text)); s.Scan(); {
		n++
	}
	return n
}
