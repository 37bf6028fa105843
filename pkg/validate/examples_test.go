package validate_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nfd-compat/nfd-compat/pkg/features"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

const examplesDir = "../../examples"

// TestExamples: each example is without a finding, for the check and the schema, and judges the hosts beside it as their names
// say.
func TestExamples(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join(examplesDir, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	dirs, err := filepath.Glob(filepath.Join(examplesDir, "*", "spec.yaml"))
	if err != nil || len(dirs) != 10 {
		t.Fatalf("%d examples, want 10: %v", len(dirs), err)
	}
	schema := specSchema(t)
	for _, file := range dirs {
		name := filepath.Base(filepath.Dir(file))
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if !strings.Contains(string(page), "]("+name+"/spec.yaml)") {
				t.Error("the README does not list it")
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := validateText(schema, text); err != nil {
				t.Errorf("the schema: %v", err)
			}
			document, err := spec.Decode(text)
			if err != nil {
				t.Fatal(err)
			}
			program, findings := validate.Compile(document, validate.Options{Vocabulary: exampleWords()})
			if len(findings) > 0 {
				t.Fatal(findings)
			}
			for host, want := range map[string]validate.Verdict{"satisfied": validate.Compatible, "unsatisfied": validate.Incompatible} {
				set := exported(t, filepath.Join(filepath.Dir(file), host+".json"))
				report, err := program.Evaluate(t.Context(), set)
				if err != nil {
					t.Fatal(err)
				}
				if report.Verdict != want {
					t.Errorf("%s.json: %s, want %s: %+v", host, report.Verdict, want, report.Results[0].Sets)
				}
				for _, need := range program.Needs() {
					if state := set.Status(need).State; state != features.Discovered && state != features.Incomplete && state != features.Absent {
						t.Errorf("%s.json: %s is %s", host, need, state)
					}
				}
			}
		})
	}
}

// exported reads features from a file.
func exported(t *testing.T, name string) *features.Set {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close() //nolint:errcheck // it was only read
	set, err := features.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// exampleWords is the catalogue.
func exampleWords() spec.Vocabulary {
	words := catalogueWords()
	// Features of other groups that the catalogue is to have: a name that it has is checked by it.
	for _, name := range []string{"gpu.device", "gpu.driver", "gpu.summary", "kernel.capability", "rdma.device"} {
		if !slices.ContainsFunc(words.Features, func(w spec.FeatureWords) bool { return w.Name == name }) {
			words.Features = append(words.Features, spec.FeatureWords{Name: name, Instances: strings.HasSuffix(name, ".device"), Flags: name == "kernel.capability", Attributes: strings.HasPrefix(name, "gpu.")})
		}
	}
	return words
}
