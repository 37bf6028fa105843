package validate_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"
	"sigs.k8s.io/yaml"

	"github.com/nfd-compat/nfd-compat/internal/hosttest/schematest"
	"github.com/nfd-compat/nfd-compat/pkg/features"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
)

// update rewrites the generated documents: go test ./pkg/validate -update.
var update = flag.Bool("update", false, "rewrite the generated documents")

// generated compares a generated document with the one that is kept.
func generated(t *testing.T, name, content string) {
	t.Helper()
	schematest.Kept(t, name, content, *update)
}

const (
	schemaFile = "../../docs/schema/spec.v1alpha1.json"
	schemaID   = "https://raw.githubusercontent.com/nfd-compat/nfd-compat/main/docs/schema/spec.v1alpha1.json"
)

// about says of each type, and of each of its fields, what it is; what is required, and what more than its Go type says.
func about() map[reflect.Type]typeWords {
	operators := spec.Operators()
	operand := func(least, most int, operators ...string) *schematest.Schema {
		value := &schematest.Schema{MinItems: least, MaxItems: &most}
		then := &schematest.Schema{Properties: map[string]*schematest.Schema{"value": value}}
		if least > 0 {
			then.Required = []string{"value"}
		}
		if most > 2 {
			value.MaxItems = nil
		}
		return &schematest.Schema{If: &schematest.Schema{Properties: map[string]*schematest.Schema{"op": {Enum: operators}}, Required: []string{"op"}}, Then: then}
	}
	var known []string
	for _, entry := range features.Catalogue() {
		known = append(known, entry.Name)
	}
	return map[reflect.Type]typeWords{
		reflect.TypeFor[spec.Spec](): {
			text: "What a container image requires of a host.", required: []string{"version", "compatibilities"},
			fields: map[string]fieldWords{
				"version":         {text: "The version of the document.", more: schematest.Schema{Const: spec.Version}},
				"compatibilities": {text: "The compatibility sets, alternatives of each other.", more: schematest.Schema{MinItems: 1}},
			},
		},
		reflect.TypeFor[spec.Compatibility](): {
			text: "One compatibility set: a host satisfies it if it matches all of its rules.", required: []string{"rules"},
			fields: map[string]fieldWords{
				"rules":       {text: "The rules, all of which must match.", more: schematest.Schema{MinItems: 1}},
				"celRules":    {text: "Further requirements in CEL, all of which must hold. NFD's own client passes over them."},
				"weight":      {text: "Ranks the set among those that a host satisfies: the highest is chosen."},
				"tag":         {text: "Groups sets, so that some can be selected by it."},
				"description": {text: "What the set is for, for people."},
			},
		},
		reflect.TypeFor[spec.CELRule](): {
			text: "A requirement in the Common Expression Language.", required: []string{"name", "expression"},
			fields: map[string]fieldWords{
				"name":       {text: "The name of the rule, for reports."},
				"expression": {text: "Returns a bool: whether the host satisfies the rule.", more: schematest.Schema{Pattern: `\S`}},
				"message":    {text: "Says, to people, what is wrong where it does not hold."},
			},
		},
		reflect.TypeFor[nfdv1alpha1.GroupRule](): {
			text:  "A rule: all terms of matchFeatures must match and, if there is matchAny, one of its alternatives.",
			anyOf: []string{"matchFeatures", "matchAny"},
			fields: map[string]fieldWords{
				"name":          {text: "The name of the rule, for reports."},
				"vars":          {text: "Variables that later rules of the set find in rule.matched, if this one matches."},
				"varsTemplate":  {text: "A template of further variables, a line key=value each."},
				"matchFeatures": {text: "The terms, all of which must match.", more: schematest.Schema{MinItems: 1}},
				"matchAny":      {text: "Alternatives, one of which must match.", more: schematest.Schema{MinItems: 1}},
			},
		},
		reflect.TypeFor[nfdv1alpha1.MatchAnyElem](): {
			text: "An alternative: all of its terms must match.", required: []string{"matchFeatures"},
			fields: map[string]fieldWords{"matchFeatures": {text: "The terms, all of which must match.", more: schematest.Schema{MinItems: 1}}},
		},
		reflect.TypeFor[nfdv1alpha1.FeatureMatcherTerm](): {
			text: "A term: what is asked of one feature.", required: []string{"feature"}, anyOf: []string{"matchExpressions", "matchName"},
			fields: map[string]fieldWords{
				"feature": {
					text: "The name of the feature, domain.feature.",
					// Other names are allowed, for vendors add their own; an editor offers those that are known.
					more: schematest.Schema{AnyOf: []*schematest.Schema{{Enum: append(known, spec.RuleMatched)}, {Pattern: `^[^.]+\..+$`}}},
				},
				"matchExpressions": {text: "What is asked of the feature's elements, by their names. One instance must satisfy all of it.", more: schematest.Schema{MinProperties: 1}},
				"matchName":        {text: "What is asked of the names of the feature's elements: one of them must satisfy it."},
			},
		},
		reflect.TypeFor[nfdv1alpha1.MatchExpression](): {
			text: "An expression.", required: []string{"op"},
			allOf: []*schematest.Schema{
				operand(0, 0, "Exists", "DoesNotExist", "IsTrue", "IsFalse"), operand(1, 1, "Gt", "Ge", "Lt", "Le"),
				operand(2, 2, "GtLt", "GeLe"), operand(1, 3, "In", "NotIn", "InRegexp"),
			},
			fields: map[string]fieldWords{
				"op":    {text: "The operator.", more: schematest.Schema{Enum: operators}},
				"value": {text: "What is compared with: a list, of texts in quotes."},
				"type":  {text: "How values are compared: as versions, or, without a type, as whole numbers.", more: schematest.Schema{Enum: []string{string(nfdv1alpha1.TypeVersion)}}},
			},
		},
	}
}

type typeWords struct {
	text            string
	required, anyOf []string
	allOf           []*schematest.Schema
	fields          map[string]fieldWords
}

type fieldWords struct {
	text string
	more schematest.Schema
}

// specWalk makes the schema of the spec's types.
func specWalk(words map[reflect.Type]typeWords) *schematest.Walk {
	return &schematest.Walk{
		Below: "#/definitions/",
		Special: func(of reflect.Type) *schematest.Schema {
			if of.Kind() == reflect.String { // a number or a bool is read as its text
				return &schematest.Schema{Type: []string{"string", "number", "boolean"}}
			}
			return nil
		},
		Fill: func(t testing.TB, w *schematest.Walk, of reflect.Type, s *schematest.Schema) {
			t.Helper()
			said, ok := words[of]
			if !ok {
				t.Fatalf("nothing is said about %s", of)
			}
			s.Description, s.Required, s.AllOf, s.Additional = said.text, said.required, said.allOf, false
			for _, one := range said.anyOf {
				s.AnyOf = append(s.AnyOf, &schematest.Schema{Required: []string{one}})
			}
			for field := range of.Fields() {
				name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
				if !field.IsExported() || name == "-" {
					continue
				}
				f, ok := said.fields[name]
				if !ok {
					t.Fatalf("nothing is said about the field %s of %s", name, of)
				}
				s.Properties[name] = property(w.Of(t, field.Type), f)
			}
			for name := range said.fields {
				if s.Properties[name] == nil {
					t.Errorf("%s has no field %s", of, name)
				}
			}
		},
	}
}

// property is the schema of a field: that of its type, and what more is said.
func property(s *schematest.Schema, f fieldWords) *schematest.Schema {
	if s.Ref != "" { // nothing counts beside a reference
		return &schematest.Schema{Description: f.text, AllOf: []*schematest.Schema{s}}
	}
	s.Description = f.text
	s.Const, s.Enum, s.Pattern, s.AnyOf = f.more.Const, f.more.Enum, f.more.Pattern, f.more.AnyOf
	s.MinItems, s.MinProperties = f.more.MinItems, f.more.MinProperties
	if s.Const != "" || len(s.Enum) > 0 || s.Pattern != "" || len(s.AnyOf) > 0 {
		s.Type = "string"
	}
	return s
}

// TestSchema: the schema for editors is made from the types.
func TestSchema(t *testing.T) {
	t.Parallel()
	walk := specWalk(about())
	root := walk.Root(t, reflect.TypeFor[spec.Spec]())
	root.Schema, root.ID, root.Title, root.Definitions = "http://json-schema.org/draft-07/schema#", schemaID, "Compatibility spec", walk.Definitions
	if n := len(about()); len(walk.Definitions) != n-1 {
		t.Errorf("%d definitions, but something is said about %d types", len(walk.Definitions), n)
	}
	generated(t, schemaFile, root.Text(t))
}

// specSchema is the schema as it is kept.
func specSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	return schematest.Read(t, schemaFile, nil)
}

// validateText holds a text in YAML against a schema.
func validateText(schema *jsonschema.Schema, text []byte) error {
	content, err := yaml.YAMLToJSON(text)
	if err != nil {
		return err
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(content))
	if err != nil {
		return err
	}
	return schema.Validate(document)
}

// TestSchemaAgrees: what the schema takes and refuses, decoding and checking do too.
func TestSchemaAgrees(t *testing.T) {
	t.Parallel()
	schema := specSchema(t)
	demo, err := os.ReadFile("../../internal/mkdemo/spec.yaml")
	if err != nil {
		t.Fatal(err)
	}
	plain := regexp.MustCompile(`(?m)^ *#.*\n`).ReplaceAllString(string(demo), "")
	rights := map[string]string{"the demonstration": string(demo), "numbers as values": strings.Replace(string(demo), `["0302"]`, `[302, true]`, 1)}
	wrongs := map[string]string{}
	// What a schema cannot see: relations between values, what words mean, what YAML did before it, and warnings.
	unseen := map[spec.ID]bool{
		spec.IDInvalidRegexp: true, spec.IDInvalidNumber: true, spec.IDInvalidVersion: true, spec.IDInvertedRange: true,
		spec.IDTagSelectsNone: true, spec.IDInvalidTemplate: true, spec.IDInvalidCEL: true, spec.IDUnsupportedValue: true,
		spec.IDSecondDocument: true, spec.IDDuplicateKey: true,
	}
	for _, check := range spec.Checks() {
		if !strings.HasPrefix(check.Wrong, "apiVersion:") {
			if check.Severity == spec.SeverityError && !unseen[check.ID] {
				wrongs[string(check.ID)] = check.Wrong
			} else if check.Severity != spec.SeverityError {
				rights[string(check.ID)+", which is no error"] = check.Wrong
			}
		}
		if !strings.HasPrefix(check.Right, "apiVersion:") {
			rights[string(check.ID)] = check.Right
		}
	}
	// Every field of the demonstration, misspelt.
	for _, field := range []string{"version", "compatibilities", "tag", "weight", "description", "rules", "name", "matchFeatures", "feature", "matchExpressions", "op", "value", "type"} {
		wrongs["misspelt "+field] = strings.Replace(plain, field+":", field+"x:", 1)
	}
	for op, value := range map[string]string{"Exists": `["1"]`, "IsTrue": `["true"]`, "Gt": `["1", "2"]`, "GeLe": `["1"]`, "In": `[]`, "InRegexp": `[]`} {
		wrongs[op+" of "+value] = strings.Replace(plain, `{op: In, value: ["10de"]}`, fmt.Sprintf(`{op: %s, value: %s}`, op, value), 1)
	}
	for name, text := range rights {
		if err := validateText(schema, []byte(text)); err != nil {
			t.Errorf("%s: the schema refuses what is right: %v\n%s", name, err, text)
		}
		if _, err := spec.Decode([]byte(text)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, text := range wrongs {
		if text == plain {
			t.Fatalf("%s: the demonstration has changed", name)
		}
		if err := validateText(schema, []byte(text)); err == nil {
			t.Errorf("%s: the schema takes what is wrong:\n%s", name, text)
		}
		if spec.Errors(findingsOf(t, []byte(text))) == nil {
			t.Errorf("%s: no error is found in\n%s", name, text)
		}
	}
	if len(rights) < 40 || len(wrongs) < 30 {
		t.Errorf("%d right and %d wrong texts", len(rights), len(wrongs))
	}
}
