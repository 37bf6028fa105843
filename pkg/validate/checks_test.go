package validate_test

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nfd-compat/nfd-compat/pkg/features"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// catalogueWords is the vocabulary that the program checks by.
func catalogueWords() spec.Vocabulary {
	var words spec.Vocabulary
	for _, entry := range features.Catalogue() {
		w := spec.FeatureWords{
			Name:       entry.Name,
			Flags:      slices.Contains(entry.Kinds, features.Flag),
			Attributes: slices.Contains(entry.Kinds, features.Attribute),
			Instances:  slices.Contains(entry.Kinds, features.Instance),
			Values:     map[string][]string{},
		}
		for _, element := range entry.Elements {
			w.Elements = append(w.Elements, element.Name)
			w.Values[element.Name] = element.Values
			if w.Flags && element.Kind == features.Attribute {
				w.Valued = append(w.Valued, element.Name)
			}
		}
		words.Features = append(words.Features, w)
	}
	return words
}

// findingsOf returns all that is found in a text, by decoding it or by compiling it.
func findingsOf(t *testing.T, text []byte, tags ...string) []spec.Finding {
	t.Helper()
	documents, err := spec.DecodeDocuments(text)
	var invalid *spec.Error
	if errors.As(err, &invalid) {
		return invalid.Findings
	}
	if err != nil {
		t.Fatalf("a text that cannot be decoded gives an error of type %T: %v", err, err)
	}
	var findings []spec.Finding
	for _, document := range documents {
		_, found := validate.Compile(document, validate.Options{Vocabulary: catalogueWords(), Tags: tags})
		findings = append(findings, found...)
	}
	return findings
}

func with(id spec.ID, findings []spec.Finding) []spec.Finding {
	return slices.DeleteFunc(slices.Clone(findings), func(f spec.Finding) bool { return f.ID != id })
}

// TestChecks: what the table of checks says of each is so.
func TestChecks(t *testing.T) {
	t.Parallel()
	for _, check := range spec.Checks() {
		t.Run(string(check.ID), func(t *testing.T) {
			t.Parallel()
			var tags []string
			if check.ID == spec.IDTagSelectsNone {
				tags = []string{"gpu"}
			}
			wrong := findingsOf(t, []byte(check.Wrong), tags...)
			found := with(check.ID, wrong)
			if len(found) == 0 {
				t.Fatalf("it is not found in what is wrong:\n%s\nbut: %v", check.Wrong, wrong)
			}
			for _, f := range found {
				if f.Severity != check.Severity {
					t.Errorf("the severity is %s, want %s: %v", f.Severity, check.Severity, f)
				}
				if f.Message == "" {
					t.Error("a finding without a message")
				}
			}
			right := findingsOf(t, []byte(check.Right), tags...)
			if found := with(check.ID, right); len(found) > 0 {
				t.Errorf("it is found in what is right:\n%s\n%v", check.Right, found)
			}
			// What is right is so in every respect; that celRules are an extension must be said all the same.
			for _, f := range right {
				if f.ID != spec.IDNFDIgnores {
					t.Errorf("what is right has another fault: %v\n%s", f, check.Right)
				}
			}
			if _, err := spec.DecodeDocuments([]byte(check.Wrong)); (err != nil) != check.Decoding {
				t.Errorf("found in decoding: %v, and decoding says: %v", check.Decoding, err)
			}
			if fixable := len(found[0].Fix) > 0; fixable != check.Fixable {
				t.Errorf("fixable: %v, want %v", fixable, check.Fixable)
			}
			if check.Fixable {
				checkMended(t, check, wrong)
			}
			checkWords(t, check)
		})
	}
}

// checkMended mends what is wrong, with comments all over it.
func checkMended(t *testing.T, check spec.CheckInfo, wrong []spec.Finding) {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(check.Wrong, "\n"), "\n")
	for i := range lines {
		lines[i] += "   # comment " + strconv.Itoa(i)
	}
	commented := strings.Join(lines, "\n") + "\n\n# the end\n"
	findings := findingsOf(t, []byte(commented))
	if len(findings) != len(wrong) {
		t.Fatalf("comments change what is found: %v", findings)
	}
	mended, count, err := spec.Apply([]byte(commented), findings)
	if err != nil || count == 0 {
		t.Fatalf("mend %d: %v", count, err)
	}
	if left := with(check.ID, findingsOf(t, mended)); len(left) > 0 {
		t.Errorf("it is still there: %v\n%s", left, mended)
	}
	before, after := comments(commented), comments(string(mended))
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("the comments are not what they were (-before +after):\n%s", diff)
	}
	if len(before) != len(lines)+1 {
		t.Errorf("%d comments, want %d", len(before), len(lines)+1)
	}
	// Layout: the lines but for those that were mended are the same.
	was, is := strings.Split(commented, "\n"), strings.Split(string(mended), "\n")
	if len(was) != len(is) {
		t.Fatalf("%d lines have become %d:\n%s", len(was), len(is), mended)
	}
	for i := range was {
		if isMended := slices.ContainsFunc(findings, func(f spec.Finding) bool {
			return slices.ContainsFunc(f.Fix, func(e spec.Edit) bool { return e.Start.Line == i+1 })
		}); !isMended && was[i] != is[i] {
			t.Errorf("line %d was %q, is %q", i+1, was[i], is[i])
		}
	}
}

func comments(text string) []string {
	var found []string
	for line := range strings.Lines(text) {
		if _, comment, ok := strings.Cut(line, "#"); ok {
			found = append(found, comment)
		}
	}
	return found
}

// checkWords: the table is for people.
func checkWords(t *testing.T, check spec.CheckInfo) {
	t.Helper()
	for what, text := range map[string]string{"title": check.Title, "reason": check.Why} {
		if strings.Contains(text, "\n") || !strings.HasSuffix(text, ".") || len(text) < 15 {
			t.Errorf("the %s is no sentence on one line: %q", what, text)
		}
	}
	for what, text := range map[string]string{"wrong": check.Wrong, "right": check.Right} {
		if !strings.HasSuffix(text, "\n") || strings.HasPrefix(text, "\n") || strings.Contains(text, "\t") {
			t.Errorf("what is %s is no clean text:\n%q", what, text)
		}
	}
}

// TestChecksAreComplete: every id has a row, and no two rows are of one.
func TestChecksAreComplete(t *testing.T) {
	t.Parallel()
	rows := map[spec.ID]int{}
	for _, check := range spec.Checks() {
		rows[check.ID]++
	}
	ids := constantIDs(t)
	for name, id := range ids {
		if rows[id] != 1 {
			t.Errorf("%s %q has %d rows in the table of checks, want 1", name, id, rows[id])
		}
	}
	if len(ids) != len(rows) || len(ids) < 40 {
		t.Errorf("%d ids, %d rows", len(ids), len(rows))
	}
}

// constantIDs returns the constants of type spec.ID, as they stand in the code.
func constantIDs(t *testing.T) map[string]spec.ID {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../spec/finding.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]spec.ID{}
	ast.Inspect(file, func(n ast.Node) bool {
		constant, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if of, ok := constant.Type.(*ast.Ident); !ok || of.Name != "ID" {
			return true
		}
		for i, name := range constant.Names {
			value, err := strconv.Unquote(constant.Values[i].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			ids[name.Name] = spec.ID(value)
		}
		return true
	})
	return ids
}
