package validate_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"
	"sigs.k8s.io/yaml"

	"github.com/nfd-compat/nfd-compat/pkg/features"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
)

// update rewrites the generated documents: go test ./pkg/validate -update.
var update = flag.Bool("update", false, "rewrite the generated documents")

// generated compares a generated document with the one that is kept.
func generated(t *testing.T, name, content string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(content, string(kept)); diff != "" {
		t.Errorf("%s is not what the code says; run go test ./pkg/validate -update (-code +document):\n%s", name, diff)
	}
}

const (
	schemaFile = "../../docs/schema/spec.v1alpha1.json"
	schemaID   = "https://raw.githubusercontent.com/nfd-compat/nfd-compat/main/docs/schema/spec.v1alpha1.json"
)

// A jsonSchema is what is written of JSON Schema, draft 7: the one that editors understand best.
type jsonSchema struct {
	Schema        string                 `json:"$schema,omitempty"`
	ID            string                 `json:"$id,omitempty"`
	Title         string                 `json:"title,omitempty"`
	Description   string                 `json:"description,omitempty"`
	Ref           string                 `json:"$ref,omitempty"`
	Type          any                    `json:"type,omitempty"`
	Const         string                 `json:"const,omitempty"`
	Enum          []string               `json:"enum,omitempty"`
	Pattern       string                 `json:"pattern,omitempty"`
	Required      []string               `json:"required,omitempty"`
	AnyOf         []*jsonSchema          `json:"anyOf,omitempty"`
	AllOf         []*jsonSchema          `json:"allOf,omitempty"`
	If            *jsonSchema            `json:"if,omitempty"`
	Then          *jsonSchema            `json:"then,omitempty"`
	Properties    map[string]*jsonSchema `json:"properties,omitempty"`
	Additional    any                    `json:"additionalProperties,omitempty"`
	MinProperties int                    `json:"minProperties,omitempty"`
	Items         *jsonSchema            `json:"items,omitempty"`
	MinItems      int                    `json:"minItems,omitempty"`
	MaxItems      *int                   `json:"maxItems,omitempty"`
	Definitions   map[string]*jsonSchema `json:"definitions,omitempty"`
}

// about says of each type, and of each of its fields, what it is; what is required, and what more than its Go type says.
func about() map[reflect.Type]typeWords {
	operators := spec.Operators()
	operand := func(least, most int, operators ...string) *jsonSchema {
		value := &jsonSchema{MinItems: least, MaxItems: &most}
		then := &jsonSchema{Properties: map[string]*jsonSchema{"value": value}}
		if least > 0 {
			then.Required = []string{"value"}
		}
		if most > 2 {
			value.MaxItems = nil
		}
		return &jsonSchema{If: &jsonSchema{Properties: map[string]*jsonSchema{"op": {Enum: operators}}, Required: []string{"op"}}, Then: then}
	}
	var known []string
	for _, entry := range features.Catalogue() {
		known = append(known, entry.Name)
	}
	return map[reflect.Type]typeWords{
		reflect.TypeFor[spec.Spec](): {
			text: "What a container image requires of a host.", required: []string{"version", "compatibilities"},
			fields: map[string]fieldWords{
				"version":         {text: "The version of the document.", more: jsonSchema{Const: spec.Version}},
				"compatibilities": {text: "The compatibility sets, alternatives of each other.", more: jsonSchema{MinItems: 1}},
			},
		},
		reflect.TypeFor[spec.Compatibility](): {
			text: "One compatibility set: a host satisfies it if it matches all of its rules.", required: []string{"rules"},
			fields: map[string]fieldWords{
				"rules":       {text: "The rules, all of which must match.", more: jsonSchema{MinItems: 1}},
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
				"expression": {text: "Returns a bool: whether the host satisfies the rule.", more: jsonSchema{Pattern: `\S`}},
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
				"matchFeatures": {text: "The terms, all of which must match.", more: jsonSchema{MinItems: 1}},
				"matchAny":      {text: "Alternatives, one of which must match.", more: jsonSchema{MinItems: 1}},
			},
		},
		reflect.TypeFor[nfdv1alpha1.MatchAnyElem](): {
			text: "An alternative: all of its terms must match.", required: []string{"matchFeatures"},
			fields: map[string]fieldWords{"matchFeatures": {text: "The terms, all of which must match.", more: jsonSchema{MinItems: 1}}},
		},
		reflect.TypeFor[nfdv1alpha1.FeatureMatcherTerm](): {
			text: "A term: what is asked of one feature.", required: []string{"feature"}, anyOf: []string{"matchExpressions", "matchName"},
			fields: map[string]fieldWords{
				"feature": {
					text: "The name of the feature, domain.feature.",
					// Other names are allowed, for vendors add their own; an editor offers those that are known.
					more: jsonSchema{AnyOf: []*jsonSchema{{Enum: append(known, spec.RuleMatched)}, {Pattern: `^[^.]+\..+$`}}},
				},
				"matchExpressions": {text: "What is asked of the feature's elements, by their names. One instance must satisfy all of it.", more: jsonSchema{MinProperties: 1}},
				"matchName":        {text: "What is asked of the names of the feature's elements: one of them must satisfy it."},
			},
		},
		reflect.TypeFor[nfdv1alpha1.MatchExpression](): {
			text: "An expression.", required: []string{"op"},
			allOf: []*jsonSchema{
				operand(0, 0, "Exists", "DoesNotExist", "IsTrue", "IsFalse"), operand(1, 1, "Gt", "Ge", "Lt", "Le"),
				operand(2, 2, "GtLt", "GeLe"), operand(1, 3, "In", "NotIn", "InRegexp"),
			},
			fields: map[string]fieldWords{
				"op":    {text: "The operator.", more: jsonSchema{Enum: operators}},
				"value": {text: "What is compared with: a list, of texts in quotes."},
				"type":  {text: "How values are compared: as versions, or, without a type, as whole numbers.", more: jsonSchema{Enum: []string{string(nfdv1alpha1.TypeVersion)}}},
			},
		},
	}
}

type typeWords struct {
	text            string
	required, anyOf []string
	allOf           []*jsonSchema
	fields          map[string]fieldWords
}

type fieldWords struct {
	text string
	more jsonSchema
}

// schemaOf walks a type and adds the types that it has to the definitions.
func schemaOf(t *testing.T, of reflect.Type, words map[reflect.Type]typeWords, definitions map[string]*jsonSchema) *jsonSchema {
	t.Helper()
	switch of.Kind() {
	case reflect.Pointer:
		return schemaOf(t, of.Elem(), words, definitions)
	case reflect.String: // a number or a bool is read as its text
		return &jsonSchema{Type: []string{"string", "number", "boolean"}}
	case reflect.Int:
		return &jsonSchema{Type: "integer"}
	case reflect.Slice:
		return &jsonSchema{Type: "array", Items: schemaOf(t, of.Elem(), words, definitions)}
	case reflect.Map:
		return &jsonSchema{Type: "object", Additional: schemaOf(t, of.Elem(), words, definitions)}
	case reflect.Struct:
	default:
		t.Fatalf("no schema for %s", of)
	}
	reference := &jsonSchema{Ref: "#/definitions/" + of.Name()}
	if definitions[of.Name()] != nil {
		return reference
	}
	w, ok := words[of]
	if !ok {
		t.Fatalf("nothing is said about %s", of)
	}
	s := &jsonSchema{Type: "object", Description: w.text, Required: w.required, AllOf: w.allOf, Properties: map[string]*jsonSchema{}, Additional: false}
	definitions[of.Name()] = s
	for _, one := range w.anyOf {
		s.AnyOf = append(s.AnyOf, &jsonSchema{Required: []string{one}})
	}
	for field := range of.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if !field.IsExported() || name == "-" {
			continue
		}
		f, ok := w.fields[name]
		if !ok {
			t.Fatalf("nothing is said about the field %s of %s", name, of)
		}
		s.Properties[name] = property(schemaOf(t, field.Type, words, definitions), f)
	}
	for name := range w.fields {
		if s.Properties[name] == nil {
			t.Errorf("%s has no field %s", of, name)
		}
	}
	return reference
}

// property is the schema of a field: that of its type, and what more is said.
func property(s *jsonSchema, f fieldWords) *jsonSchema {
	if s.Ref != "" { // nothing counts beside a reference
		return &jsonSchema{Description: f.text, AllOf: []*jsonSchema{s}}
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
	definitions := map[string]*jsonSchema{}
	schemaOf(t, reflect.TypeFor[spec.Spec](), about(), definitions)
	root := definitions["Spec"]
	delete(definitions, "Spec")
	root.Schema, root.ID, root.Title, root.Definitions = "http://json-schema.org/draft-07/schema#", schemaID, "Compatibility spec", definitions
	if n := len(about()); len(definitions) != n-1 {
		t.Errorf("%d definitions, but something is said about %d types", len(definitions), n)
	}
	var content bytes.Buffer
	encoder := json.NewEncoder(&content)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(root); err != nil {
		t.Fatal(err)
	}
	generated(t, schemaFile, content.String())
}

// specSchema is the schema as it is kept.
func specSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	content, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource(schemaID, document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile(schemaID)
	if err != nil {
		t.Fatal(err)
	}
	return schema
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
