package validate_test

import (
	"testing"

	"github.com/nfd-compat/nfd-compat/pkg/spec"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// TestContradictions has pairs of expressions on one element: those that no host can satisfy together, and those that some
// can.
func TestContradictions(t *testing.T) {
	t.Parallel()
	words := spec.Vocabulary{Features: []spec.FeatureWords{{Name: "a.a", Attributes: true}, {Name: "i.i", Instances: true}}}
	tests := []struct {
		feature, one, other string
		want                bool
	}{
		{"a.a", "{op: Exists}", "{op: DoesNotExist}", true},
		{"a.a", "{op: DoesNotExist}", "{op: In, value: [x]}", true},
		{"a.a", "{op: DoesNotExist}", "{op: DoesNotExist}", false},
		{"a.a", "{op: Exists}", "{op: In, value: [x]}", false},
		{"a.a", "{op: In, value: [x, y]}", "{op: In, value: [z]}", true},
		{"a.a", "{op: In, value: [x, y]}", "{op: In, value: [y, z]}", false},
		{"a.a", "{op: In, value: [x]}", "{op: NotIn, value: [x, y]}", true},
		{"a.a", "{op: In, value: [x, z]}", "{op: NotIn, value: [x, y]}", false},
		{"a.a", "{op: NotIn, value: [x]}", "{op: NotIn, value: [y]}", false},
		{"a.a", "{op: IsTrue}", "{op: IsFalse}", true},
		{"a.a", "{op: IsTrue}", "{op: In, value: ['true']}", false},
		{"a.a", "{op: In, value: [abc]}", "{op: InRegexp, value: ['^x']}", true},
		{"a.a", "{op: In, value: [abc]}", "{op: InRegexp, value: ['b']}", false},
		{"a.a", "{op: In, value: ['4']}", "{op: Ge, value: ['5']}", true},
		{"a.a", "{op: In, value: ['5']}", "{op: Ge, value: ['5']}", false},
		{"a.a", "{op: In, value: [word]}", "{op: Ge, value: ['5']}", false}, // unknown, and no mismatch
		{"a.a", "{op: Gt, value: ['5']}", "{op: Lt, value: ['5']}", true},
		{"a.a", "{op: Ge, value: ['5']}", "{op: Le, value: ['5']}", false},
		{"a.a", "{op: Ge, value: ['6']}", "{op: Le, value: ['5']}", true},
		{"a.a", "{op: Ge, value: ['5']}", "{op: Lt, value: ['5']}", true},
		{"a.a", "{op: GeLe, value: ['1', '3']}", "{op: GeLe, value: ['4', '5']}", true},
		{"a.a", "{op: GeLe, value: ['1', '4']}", "{op: GeLe, value: ['4', '5']}", false},
		{"a.a", "{op: Ge, value: ['6.10'], type: version}", "{op: Lt, value: ['6.9'], type: version}", true},
		{"a.a", "{op: Ge, value: ['6.9'], type: version}", "{op: Lt, value: ['6.10'], type: version}", false},
		{"a.a", "{op: Ge, value: ['6'], type: version}", "{op: Lt, value: ['5']}", false}, // of two types
		{"i.i", "{op: In, value: [x]}", "{op: In, value: [y]}", false},                    // two instances
		{"v.v", "{op: In, value: [x]}", "{op: In, value: [y]}", false},                    // may have instances, for all we know
	}
	for _, tt := range tests {
		term := func(e string) string {
			return "{feature: " + tt.feature + ", matchExpressions: {e: " + e + "}}"
		}
		for name, text := range map[string]string{
			"in a rule":        ofRules("  - matchFeatures: [" + term(tt.one) + ", " + term(tt.other) + "]\n"),
			"in a set":         ofRules("  - matchFeatures: [" + term(tt.one) + "]\n  - matchFeatures: [" + term(tt.other) + "]\n"),
			"the other way up": ofRules("  - matchFeatures: [" + term(tt.other) + ", " + term(tt.one) + "]\n"),
		} {
			if got := finds(t, text, words, spec.IDContradiction); got != tt.want {
				t.Errorf("%s: %s and %s: got %t, want %t", name, tt.one, tt.other, got, tt.want)
			}
		}
		// The alternatives of a rule, and the rules of a NodeFeatureRule, are not required together.
		for name, text := range map[string]string{
			"alternatives":    ofRules("  - matchAny: [{matchFeatures: [" + term(tt.one) + "]}, {matchFeatures: [" + term(tt.other) + "]}]\n"),
			"NodeFeatureRule": "apiVersion: nfd.k8s-sigs.io/v1alpha1\nkind: NodeFeatureRule\nspec:\n  rules:\n  - matchFeatures: [" + term(tt.one) + "]\n  - matchFeatures: [" + term(tt.other) + "]\n",
		} {
			if finds(t, text, words, spec.IDContradiction) {
				t.Errorf("%s: %s and %s are told to contradict each other", name, tt.one, tt.other)
			}
		}
	}
}

// TestTemplatesOfObjects: the templates of a NodeFeatureRule must parse, and NFD executes them without our bounds.
func TestTemplatesOfObjects(t *testing.T) {
	t.Parallel()
	object := func(field, template string) string {
		return "apiVersion: nfd.k8s-sigs.io/v1alpha1\nkind: NodeFeatureRule\nspec:\n  rules:\n  - name: r\n    " + field + ": '" + template +
			"'\n    matchFeatures: [{feature: a.a, matchName: {op: Exists}}]\n"
	}
	for _, field := range []string{"varsTemplate", "labelsTemplate"} {
		for template, want := range map[string]bool{`a={{ repeat 3 "x" }}`: false, `{{ now }}`: false, `{{ range .x`: true} {
			documents, err := spec.DecodeDocuments([]byte(object(field, template)))
			if err != nil {
				t.Fatal(err)
			}
			_, findings := validate.Compile(documents[0], validate.Options{})
			if got := len(findings) == 1 && findings[0].ID == spec.IDInvalidTemplate && findings[0].Line == 6; got != want {
				t.Errorf("%s %s: %v", field, template, findings)
			}
		}
	}
}

// TestOperatorsAreNotGuessed: only what is certain is mended; In and NotIn are a slip apart.
func TestOperatorsAreNotGuessed(t *testing.T) {
	t.Parallel()
	for op, mended := range map[string]string{"Nin": "NotIn", "NInRegexp": "", "gte": "Ge", "Lte": "Le", "Ges": "", "Equals": "In", "EXISTS": "Exists"} {
		s, err := spec.Decode([]byte(ofTerm("feature: a.a, matchExpressions: {a: {op: " + op + "}}")))
		if err != nil {
			t.Fatal(err)
		}
		_, findings := validate.Compile(s, validate.Options{})
		got := ""
		if len(findings) == 1 && len(findings[0].Fix) == 1 {
			got = findings[0].Fix[0].Text
		}
		if got != mended {
			t.Errorf("%s is mended to %q, want %q: %v", op, got, mended, findings)
		}
	}
}

// finds compiles the one document of a text and tells whether there is a finding of a kind.
func finds(t *testing.T, text string, words spec.Vocabulary, id spec.ID) bool {
	t.Helper()
	documents, err := spec.DecodeDocuments([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	_, findings := validate.Compile(documents[0], validate.Options{Vocabulary: words})
	for _, f := range findings {
		if f.ID == id {
			return true
		}
		if f.Severity == spec.SeverityError {
			t.Errorf("%s: %s", text, f)
		}
	}
	return false
}
