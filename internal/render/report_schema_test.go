package render_test

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"sigs.k8s.io/yaml"

	"github.com/nfd-compat/nfd-compat/internal/hosttest/schematest"
	"github.com/nfd-compat/nfd-compat/internal/render"
	"github.com/nfd-compat/nfd-compat/pkg/features"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

const (
	reportSchemaFile = "../../docs/schema/report.v1alpha1.json"
	reportSchemaID   = "https://raw.githubusercontent.com/nfd-compat/nfd-compat/main/docs/schema/report.v1alpha1.json"
)

// comments returns what the source says of each type, and of each of its fields as "Type.Field".
func comments(t *testing.T) map[string]string {
	t.Helper()
	said := map[string]string{}
	line := func(groups ...*ast.CommentGroup) string {
		for _, g := range groups {
			if text := strings.TrimSpace(strings.ReplaceAll(g.Text(), "\n", " ")); text != "" {
				return text
			}
		}
		return ""
	}
	for _, name := range []string{"../../pkg/validate/report.go", "../../pkg/features/set.go", "../../pkg/features/finding.go"} {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			block, ok := d.(*ast.GenDecl)
			if !ok || block.Tok != token.TYPE {
				continue
			}
			for _, s := range block.Specs {
				declared := s.(*ast.TypeSpec)
				said[declared.Name.Name] = line(declared.Doc, block.Doc)
				structure, ok := declared.Type.(*ast.StructType)
				if !ok {
					continue
				}
				for _, field := range structure.Fields.List {
					for _, ident := range field.Names {
						said[declared.Name.Name+"."+ident.Name] = line(field.Doc, field.Comment)
					}
				}
			}
		}
	}
	return said
}

// closed are the types whose values are a list that does not grow within v1alpha1.
func closed() map[reflect.Type][]string {
	words := func(list ...any) []string {
		var all []string
		for _, w := range list {
			text, err := json.Marshal(w)
			if err != nil {
				panic(err)
			}
			all = append(all, strings.Trim(string(text), `"`))
		}
		return all
	}
	return map[reflect.Type][]string{
		reflect.TypeFor[validate.Verdict](): words(validate.Compatible, validate.Incompatible, validate.VerdictUnknown, validate.Undeclared),
		reflect.TypeFor[validate.Outcome](): words(validate.Match, validate.Mismatch, validate.Unknown),
		reflect.TypeFor[validate.Matcher](): words(validate.MatchExpressions, validate.MatchName),
		reflect.TypeFor[features.State](): words(
			features.Discovered, features.Absent, features.Incomplete, features.Unreadable, features.Unsupported, features.Undefined,
		),
	}
}

// reportWalk makes the schema of the report's types. A field that is not left out when it is empty is required.
func reportWalk(said map[string]string) *schematest.Walk {
	return &schematest.Walk{
		Below: "#/$defs/",
		Special: func(of reflect.Type) *schematest.Schema {
			if words := closed()[of]; words != nil {
				return &schematest.Schema{Type: "string", Enum: words}
			}
			return nil
		},
		Fill: func(t testing.TB, w *schematest.Walk, of reflect.Type, s *schematest.Schema) {
			t.Helper()
			s.Description = said[of.Name()]
			for _, field := range reflect.VisibleFields(of) {
				name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
				property := w.Of(t, field.Type)
				always := options == ""
				if always {
					s.Required = append(s.Required, name)
				}
				if always && field.Type.Kind() == reflect.Pointer { // null where there is none
					if property.Type != nil {
						property.Type = []any{property.Type, "null"}
					} else {
						property = &schematest.Schema{OneOf: []*schematest.Schema{property, {Type: "null"}}}
					}
				}
				property.Description = said[of.Name()+"."+field.Name]
				s.Properties[name] = property
			}
		},
	}
}

// TestReportSchema: the schema of the report is made from its types, and from what their comments say.
func TestReportSchema(t *testing.T) {
	t.Parallel()
	walk := reportWalk(comments(t))
	root := walk.Root(t, reflect.TypeFor[validate.Report]())
	root.Properties["apiVersion"].Const, root.Properties["kind"].Const = validate.APIVersion, validate.Kind
	walk.Definitions["Result"].OneOf = []*schematest.Schema{{Required: []string{"verdict"}}, {Required: []string{"error"}}}
	root.Schema, root.ID, root.Title, root.Defs = "https://json-schema.org/draft/2020-12/schema", reportSchemaID, "Compatibility report", walk.Definitions
	schematest.Kept(t, reportSchemaFile, root.Text(t), *update)
}

// reportSchemas returns the schema as it is published, by which a report may have fields that come later, and a strict one
// by which it may not.
func reportSchemas(t *testing.T) (published, strict *jsonschema.Schema) {
	t.Helper()
	return schematest.Read(t, reportSchemaFile, nil), schematest.Read(t, reportSchemaFile, schematest.Close)
}

// TestReportsAreValid holds every golden report against the schema, in JSON and in YAML, which are the same.
func TestReportsAreValid(t *testing.T) {
	t.Parallel()
	published, strict := reportSchemas(t)
	files, err := filepath.Glob("testdata/report/*.json")
	if err != nil {
		t.Fatal(err)
	}
	held := 0
	for _, file := range files {
		if strings.HasSuffix(file, ".nfd.json") {
			continue
		}
		held++
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		report := schematest.Document(t, text)
		for _, schema := range []*jsonschema.Schema{published, strict} {
			if err := schema.Validate(report); err != nil {
				t.Errorf("%s: %#v", file, err)
			}
		}
	}
	if held != len(samples()) {
		t.Errorf("%d golden reports of %d", held, len(samples()))
	}
}

// TestYAMLIsTheJSON: each report is the same in JSON, YAML and KYAML.
func TestYAMLIsTheJSON(t *testing.T) {
	t.Parallel()
	for _, s := range samples() {
		var want any
		encoded, err := json.Marshal(s.report)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(encoded, &want); err != nil {
			t.Fatal(err)
		}
		for _, f := range formats() {
			read := func(text []byte, v any) error { return yaml.Unmarshal(text, v) }
			switch f.suffix {
			case ".yaml", ".kyaml":
			case ".json":
				read = json.Unmarshal
			default:
				continue
			}
			var out bytes.Buffer
			if err := f.write(&out, s.report); err != nil {
				t.Fatal(err)
			}
			var got any
			if err := read(out.Bytes(), &got); err != nil {
				t.Fatalf("%s%s: %v", s.name, f.suffix, err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s%s (-want +got):\n%s", s.name, f.suffix, diff)
			}
		}
	}
}

// TestReportSchemaRefuses: the schema refuses what is no report, and takes fields that come later.
func TestReportSchemaRefuses(t *testing.T) {
	t.Parallel()
	published, strict := reportSchemas(t)
	var text bytes.Buffer
	if err := render.JSON(&text, reportOf(incompatible("app:v1"))); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string][2]string{
		"another kind": {`"CompatibilityReport"`, `"SpecFindings"`}, "another version": {`nfd-compat/v1alpha1`, `nfd-compat/v2`},
		"a verdict": {`"verdict": "incompatible"`, `"verdict": "perhaps"`}, "an outcome": {`"outcome": "mismatch"`, `"outcome": "no"`},
		"a status": {`"status": "discovered"`, `"status": "seen"`}, "a weight": {`"weight": 10`, `"weight": "10"`},
		"no results": {`"results"`, `"result"`}, "no observed": {`"observed": null`, `"seen": null`}, "no verdict": {`"verdict": "incompatible",
      "reason"`, `"reason"`}, "a best that is a text": {`"best": null`, `"best": "gpu"`},
	} {
		changed := strings.Replace(text.String(), change[0], change[1], 1)
		document := schematest.Document(t, []byte(changed))
		if changed == text.String() || published.Validate(document) == nil {
			t.Errorf("%s: the schema takes it", name)
		}
	}
	later := schematest.Document(t, []byte(strings.ReplaceAll(text.String(), `"weight": 10`, `"weight": 10, "later": [{}]`)))
	if err := published.Validate(later); err != nil {
		t.Errorf("a field that comes later: %v", err)
	}
	if strict.Validate(later) == nil {
		t.Error("the strict schema takes a field that it does not know")
	}
}

// TestEveryFieldIsSomewhere: the golden reports have every field that a report can have, so that all of them are held
// against the schema.
func TestEveryFieldIsSomewhere(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	var walk func(v reflect.Value)
	walk = func(v reflect.Value) {
		switch v.Kind() {
		case reflect.Pointer:
			if !v.IsNil() {
				walk(v.Elem())
			}
		case reflect.Slice:
			for i := range v.Len() {
				walk(v.Index(i))
			}
		case reflect.Struct:
			for _, field := range reflect.VisibleFields(v.Type()) {
				value := v.FieldByIndex(field.Index)
				name := v.Type().Name() + "." + field.Name
				seen[name] = seen[name] || !value.IsZero()
				walk(value)
			}
		default:
		}
	}
	for _, s := range samples() {
		walk(reflect.ValueOf(s.report))
	}
	var missing []string
	for name, there := range seen {
		if !there {
			missing = append(missing, name)
		}
	}
	slices.Sort(missing)
	if diff := cmp.Diff([]string(nil), missing); diff != "" {
		t.Errorf("no sample has (-want +got):\n%s", diff)
	}
}
