package spec_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nfd-compat/nfd-compat/pkg/spec"
)

// few are some words, so that each check has something to find.
func few() spec.Vocabulary {
	return spec.Vocabulary{Features: []spec.FeatureWords{
		{Name: "cpu.cpuid", Flags: true, Attributes: true, Elements: []string{"AVX", "AVX10_VERSION"}, Valued: []string{"AVX10_VERSION"}},
		{Name: "cpu.model", Attributes: true, Elements: []string{"vendor_id"}, Values: map[string][]string{"vendor_id": {"Intel", "AMD"}}},
		{Name: "kernel.loadedmodule", Flags: true},
		{Name: "kernel.version", Attributes: true, Elements: []string{"full", "major", "minor", "revision"}},
		{Name: "pci.device", Instances: true, Elements: []string{"class", "device", "vendor"}},
	}}
}

// FuzzDocuments: no text panics, whatever it holds. The edits of the findings fit the text: where it was decoded before,
// it still is after them; comments stand; and once mended, what was mended is not found again.
func FuzzDocuments(f *testing.F) {
	for _, pattern := range []string{"testdata/corpus/*.yaml", "testdata/corpus/wrong/*.yaml"} {
		paths, err := filepath.Glob(pattern)
		if err != nil || len(paths) == 0 {
			f.Fatalf("%s: %d files, %v", pattern, len(paths), err)
		}
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(text)
		}
	}
	f.Add([]byte(rule + "      matchExpressions: {? AVX512 : {op: In, value: [y, ! z, 0x10DE, \"1_0\"]}, 'vfio-pci': {op: In, value: [~]}}\n"))
	f.Add([]byte("- name: a\n  matchFeatures:\n  - feature: kernel.loadedmodule\n    matchName: {op: In, value: [\"a\\x2db\", 'c-d', e-f]}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		docs, err := spec.DecodeDocuments(text)
		findings := findingsIn(t, docs, err)
		mended, count, applyErr := spec.Apply(text, findings)
		if applyErr != nil {
			t.Fatalf("the edits do not fit the text: %v", applyErr)
		}
		fixable := 0
		for _, finding := range findings {
			if len(finding.Fix) > 0 {
				fixable++
			}
		}
		if count > fixable || fixable > 0 && count == 0 {
			t.Fatalf("%d mended of %d", count, fixable)
		}
		if count == 0 {
			if !bytes.Equal(mended, text) {
				t.Fatal("nothing was mended, and the text is another")
			}
			return
		}
		if before, after := comments(text), comments(mended); err == nil && !slices.Equal(before, after) {
			t.Errorf("the comments were %q and are %q", before, after)
		}
		again, errAgain := spec.DecodeDocuments(mended)
		if err == nil && errAgain != nil {
			t.Fatalf("the text was decoded, and is not once it is mended: %v\n%s", errAgain, mended)
		}
		if err != nil || errAgain != nil {
			return
		}
		for _, finding := range findingsIn(t, again, nil) {
			if finding.ID != spec.IDYAMLValue {
				continue
			}
			if was := with(findings, finding.ID, finding.Path); was != nil && len(was.Fix) > 0 && count == fixable {
				t.Errorf("is found again after it was mended: %s\n%s", finding, mended)
			}
		}
	})
}

// findingsIn returns what is found in documents, or in the error that came for them, which is of our type alone.
func findingsIn(t *testing.T, docs []*spec.Spec, err error) (all []spec.Finding) {
	t.Helper()
	if err != nil {
		var invalid *spec.Error
		if !errors.As(err, &invalid) || len(invalid.Findings) == 0 || len(docs) > 0 {
			t.Fatalf("%d documents, and the error %v", len(docs), err)
		}
		if n := len(err.Error()); n > 100_000 {
			t.Errorf("the error has %d bytes", n)
		}
		return invalid.Findings
	}
	if len(docs) == 0 {
		t.Fatal("no document, and no error")
	}
	for _, doc := range docs {
		for i := range doc.Compatibilities {
			_ = doc.Position(doc.RulesPath(i))
		}
		for _, finding := range spec.Check(doc, few()) {
			if finding.Line < 1 || finding.Column < 1 {
				t.Errorf("%s has no place: %s", finding.ID, finding)
			}
			all = append(all, finding)
		}
	}
	return all
}

// with returns the finding of this kind at this path, or nil.
func with(findings []spec.Finding, id spec.ID, path string) *spec.Finding {
	for i := range findings {
		if findings[i].ID == id && findings[i].Path == path {
			return &findings[i]
		}
	}
	return nil
}

// comments returns the lines of a text that begin with #, as comments do unless they stand in a text of several lines.
func comments(text []byte) (all []string) {
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(strings.TrimLeft(line, " "), "#") {
			all = append(all, line)
		}
	}
	return all
}
