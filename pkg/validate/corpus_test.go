package validate_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"
	"sigs.k8s.io/yaml"

	"github.com/nfd-compat/nfd-compat/pkg/features"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// corpus is where documents lie such as people write for NFD; below it, in wrong, such as they write by mistake.
const corpus = "../spec/testdata/corpus"

// corpusFiles returns the files of a folder of the corpus, by name.
func corpusFiles(t *testing.T, folder string, atLeast int) map[string][]byte {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if len(paths) < atLeast {
		t.Fatalf("%s has %d files, want at least %d", folder, len(paths), atLeast)
	}
	files := map[string][]byte{}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.HasPrefix(text, []byte("# ")) {
			t.Errorf("%s does not begin with a comment that says what it is for", path)
		}
		files[filepath.Base(path)] = text
	}
	return files
}

// found returns everything that is found in a text, be it in decoding, checking or compiling.
func found(t testing.TB, text []byte) []spec.Finding {
	t.Helper()
	docs, err := spec.DecodeDocuments(text)
	if err != nil {
		var invalid *spec.Error
		if !errors.As(err, &invalid) {
			t.Fatalf("decode: %v, want a *spec.Error", err)
		}
		return invalid.Findings
	}
	if len(docs) == 0 {
		t.Error("nothing was decoded, and there is no error")
	}
	var all []spec.Finding
	for _, doc := range docs {
		program, findings := validate.Compile(doc, validate.Options{Vocabulary: catalogueWords()})
		if hasErrors := spec.Errors(findings) != nil; (program == nil) != hasErrors {
			t.Errorf("program %v, errors %v", program, hasErrors)
		}
		all = append(all, findings...)
	}
	return all
}

// accepted are the findings of the corpus, each of which was looked at and is right. None is an error. A line that comes to
// stand here without a new document is a false alarm.
func accepted() map[string][]string {
	return map[string][]string{
		"local-admin.yaml": { // a vendor's own feature
			"warning unknown-feature 28: spec.rules[2].matchFeatures[0].feature",
		},
		"nic-all-template.yaml": { // a template over every instance
			"note empty-term 13: spec.rules[0].matchFeatures[0]",
			"note empty-term 20: spec.rules[1].matchFeatures[0]",
			"note empty-term 25: spec.rules[2].matchFeatures[0]",
		},
		"os-release-camel.yaml": {
			"warning feature-case 13: spec.rules[0].matchFeatures[0].feature",
		},
		"spec-cel.yaml": {
			"note nfd-ignores 14: compatibilities[0].celRules",
		},
		"static.yaml": {
			"note rule-without-matcher 8: spec.rules[0]",
			"note rule-without-matcher 12: spec.rules[1]",
			"note rule-without-matcher 16: spec.rules[2]",
		},
		"storage-pmem.yaml": { // fsdax is ndctl's word; the kernel says memory
			"warning unknown-value 19: spec.rules[1].matchFeatures[0].matchExpressions.mode.value[0]",
		},
		"vars-chain.yaml": { // selects all names but one, for a template
			"warning match-name-not-in 40: spec.rules[2].matchFeatures[0].matchName",
		},
	}
}

// TestCorpus: what operators and administrators write is accepted, and no warning is given that was not meant.
func TestCorpus(t *testing.T) {
	t.Parallel()
	want := accepted()
	for name, text := range corpusFiles(t, corpus, 36) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, f := range found(t, text) {
				if f.Severity == spec.SeverityError {
					t.Errorf("a false error: %s: %s", f.ID, f.In(name))
					continue
				}
				got = append(got, fmt.Sprintf("%s %s %d: %s", f.Severity, f.ID, f.Line, f.Path))
			}
			if diff := cmp.Diff(want[name], got); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

// TestCorpusIsNFDs: the corpus is what NFD's own types take, so that accepting it says something.
func TestCorpusIsNFDs(t *testing.T) {
	t.Parallel()
	for name, text := range corpusFiles(t, corpus, 36) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rules := 0
			for document := range strings.SplitSeq(string(text), "\n---") {
				rules += strictly(t, []byte(document))
			}
			if rules == 0 {
				t.Error("there is no rule in it")
			}
		})
	}
}

// strictly decodes a document with sigs.k8s.io/yaml and NFD's types, knowing no other fields, and returns how many
// rules it has.
func strictly(t *testing.T, document []byte) int {
	t.Helper()
	decode := func(object any) error { return yaml.UnmarshalStrict(document, object) }
	if bytes.Contains(document, []byte("<<:")) { // which to the strict parser is a key that stands there twice
		decode = func(object any) error { return yaml.Unmarshal(document, object) }
	}
	into := func(object any) {
		t.Helper()
		if err := decode(object); err != nil {
			t.Errorf("NFD does not take it: %v\n%s", err, document)
		}
	}
	var meta struct {
		Kind    string           `json:"kind"`
		Items   []map[string]any `json:"items"`
		Version string           `json:"version"`
	}
	if err := yaml.Unmarshal(document, &meta); err != nil { // a list of rules alone is no object
		var rules []nfdv1alpha1.Rule
		into(&rules)
		return len(rules)
	}
	count := 0
	switch {
	case meta.Kind == "NodeFeatureRule":
		var object nfdv1alpha1.NodeFeatureRule
		into(&object)
		return len(object.Spec.Rules)
	case meta.Kind == "NodeFeatureGroup":
		var object nfdv1alpha1.NodeFeatureGroup
		into(&object)
		return len(object.Spec.Rules)
	case strings.HasSuffix(meta.Kind, "List"):
		for _, item := range meta.Items {
			text, err := yaml.Marshal(item)
			if err != nil {
				t.Fatal(err)
			}
			count += strictly(t, text)
		}
	case meta.Version != "":
		var doc spec.Spec
		into(&doc)
		for _, set := range doc.Compatibilities {
			count += len(set.Rules)
		}
	}
	return count
}

// TestCorpusOnOtherSystems: an editor that ends lines with CRLF, or begins the file with a byte order mark, changes nothing.
func TestCorpusOnOtherSystems(t *testing.T) {
	t.Parallel()
	for name, text := range corpusFiles(t, corpus, 36) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := texts(found(t, text))
			for how, other := range map[string][]byte{
				"CRLF":            bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n")),
				"byte order mark": append([]byte("\ufeff"), text...),
			} {
				if diff := cmp.Diff(want, texts(found(t, other))); diff != "" {
					t.Errorf("with %s (-without +with):\n%s", how, diff)
				}
			}
		})
	}
}

// TestCorpusIsBroad: the corpus has every operator, every feature of the catalogue, every kind of document.
func TestCorpusIsBroad(t *testing.T) {
	t.Parallel()
	missing := map[string]bool{}
	for _, op := range spec.Operators() {
		missing["operator "+op] = true
	}
	for _, entry := range features.Catalogue() {
		missing["feature "+entry.Name] = true
	}
	for _, kind := range []spec.Kind{spec.KindSpec, spec.KindNodeFeatureRule, spec.KindNodeFeatureGroup, spec.KindRules} {
		missing["kind "+string(kind)] = true
	}
	for name, text := range corpusFiles(t, corpus, 36) {
		docs, err := spec.DecodeDocuments(text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, doc := range docs {
			delete(missing, "kind "+string(doc.Kind()))
			for _, set := range doc.Compatibilities {
				for _, rule := range set.Rules {
					for _, term := range termsOf(rule) {
						delete(missing, "feature "+term.Feature)
						for _, e := range expressionsOf(term) {
							delete(missing, "operator "+string(e.Op))
						}
					}
				}
			}
		}
	}
	for what := range missing {
		t.Errorf("no document has the %s", what)
	}
}

func termsOf(rule nfdv1alpha1.GroupRule) []nfdv1alpha1.FeatureMatcherTerm {
	terms := slices.Clone(rule.MatchFeatures)
	for _, alternative := range rule.MatchAny {
		terms = append(terms, alternative.MatchFeatures...)
	}
	return terms
}

func expressionsOf(term nfdv1alpha1.FeatureMatcherTerm) (all []*nfdv1alpha1.MatchExpression) {
	if term.MatchName != nil {
		all = append(all, term.MatchName)
	}
	if term.MatchExpressions != nil {
		for _, e := range *term.MatchExpressions {
			all = append(all, e)
		}
	}
	return all
}

// TestWrongCorpus: each mistake is found under its name, with a place, and nothing else is. What can be mended is mended:
// then it is no longer found, and the comments stand.
func TestWrongCorpus(t *testing.T) {
	t.Parallel()
	for name, text := range corpusFiles(t, filepath.Join(corpus, "wrong"), 60) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, after, ok := strings.Cut(string(text), "\n# want: ")
			if !ok {
				t.Fatal("it does not say what is wanted")
			}
			line, _, _ := strings.Cut(after, "\n")
			want := strings.Split(line, ", ")
			slices.Sort(want)

			findings := found(t, text)
			if diff := cmp.Diff(want, idsOf(findings)); diff != "" {
				t.Errorf("found (-want +got):\n%s\n%s", diff, strings.Join(texts(findings), "\n"))
			}
			for _, f := range findings {
				if f.Line == 0 || f.Column == 0 {
					t.Errorf("%s has no place: %s", f.ID, f)
				}
			}
			mendedIsRight(t, text, findings)
		})
	}
}

// idsOf returns the IDs of the errors and warnings among findings, sorted, each once.
func idsOf(findings []spec.Finding) []string {
	var ids []string
	for _, f := range findings {
		if f.Severity != spec.SeverityNote && !slices.Contains(ids, string(f.ID)) {
			ids = append(ids, string(f.ID))
		}
	}
	slices.Sort(ids)
	return ids
}

// mendedIsRight makes the edits of findings, and those of what is then found, as --fix does. It tells if something that
// can be mended is left, if there is something that was not found before, or if a comment is lost.
func mendedIsRight(t *testing.T, text []byte, findings []spec.Finding) {
	t.Helper()
	_, decodeErr := spec.DecodeDocuments(text)
	stays := map[string]bool{}
	for _, f := range findings {
		if len(f.Fix) == 0 {
			stays[string(f.ID)+" "+f.Path] = true
		}
	}
	mended := text
	for range 3 { // one fault may hide another, not more
		next, count, err := spec.Apply(mended, findings)
		if err != nil {
			t.Fatal(err)
		}
		if count == 0 {
			break
		}
		mended, findings = next, found(t, next)
	}
	if diff := cmp.Diff(commentsOf(text), commentsOf(mended)); diff != "" {
		t.Errorf("comments (-before +after):\n%s", diff)
	}
	for _, f := range findings {
		switch {
		case len(f.Fix) > 0:
			t.Errorf("is found again after it was mended: %s: %s\n%s", f.ID, f, mended)
		case decodeErr == nil && f.Severity != spec.SeverityNote && !stays[string(f.ID)+" "+f.Path]:
			t.Errorf("was not found before the text was mended: %s: %s\n%s", f.ID, f, mended)
		}
	}
}

// commentsOf returns the lines of a text that are comments.
func commentsOf(text []byte) (all []string) {
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(strings.TrimSpace(line), "#") {
			all = append(all, line)
		}
	}
	return all
}
