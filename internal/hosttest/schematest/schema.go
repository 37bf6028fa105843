package schematest

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"
)

// A Schema is what is written of JSON Schema, in draft 7, which editors understand best, or draft 2020-12.
type Schema struct {
	Schema        string             `json:"$schema,omitempty"`
	ID            string             `json:"$id,omitempty"`
	Title         string             `json:"title,omitempty"`
	Description   string             `json:"description,omitempty"`
	Ref           string             `json:"$ref,omitempty"`
	Type          any                `json:"type,omitempty"`
	Const         string             `json:"const,omitempty"`
	Enum          []string           `json:"enum,omitempty"`
	Pattern       string             `json:"pattern,omitempty"`
	Required      []string           `json:"required,omitempty"`
	AnyOf         []*Schema          `json:"anyOf,omitempty"`
	AllOf         []*Schema          `json:"allOf,omitempty"`
	OneOf         []*Schema          `json:"oneOf,omitempty"`
	If            *Schema            `json:"if,omitempty"`
	Then          *Schema            `json:"then,omitempty"`
	Properties    map[string]*Schema `json:"properties,omitempty"`
	Additional    any                `json:"additionalProperties,omitempty"`
	MinProperties int                `json:"minProperties,omitempty"`
	Items         *Schema            `json:"items,omitempty"`
	MinItems      int                `json:"minItems,omitempty"`
	MaxItems      *int               `json:"maxItems,omitempty"`
	Definitions   map[string]*Schema `json:"definitions,omitempty"` // of draft 7
	Defs          map[string]*Schema `json:"$defs,omitempty"`       // of draft 2020-12
}

// Text is the schema as it is written to a file.
func (s *Schema) Text(t testing.TB) string {
	t.Helper()
	var content bytes.Buffer
	encoder := json.NewEncoder(&content)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(s); err != nil {
		t.Fatal(err)
	}
	return content.String()
}

// A Walk makes the schema of a type. Structs stand among the definitions, and are referred to.
type Walk struct {
	// Below is where references to definitions begin: "#/definitions/" or "#/$defs/".
	Below string
	// Special returns the schema of a type that has one of its own, or nil. A text is any string otherwise.
	Special func(of reflect.Type) *Schema
	// Fill writes the schema of a struct, which is an object without properties, into one.
	Fill func(t testing.TB, w *Walk, of reflect.Type, into *Schema)
	// Definitions are the structs that were met, by their names.
	Definitions map[string]*Schema
}

// Of returns the schema of a type.
func (w *Walk) Of(t testing.TB, of reflect.Type) *Schema {
	t.Helper()
	if s := w.Special(of); s != nil {
		return s
	}
	switch of.Kind() {
	case reflect.Pointer:
		return w.Of(t, of.Elem())
	case reflect.String:
		return &Schema{Type: "string"}
	case reflect.Int:
		return &Schema{Type: "integer"}
	case reflect.Slice:
		return &Schema{Type: "array", Items: w.Of(t, of.Elem())}
	case reflect.Map:
		return &Schema{Type: "object", Additional: w.Of(t, of.Elem())}
	case reflect.Struct:
	default:
		t.Fatalf("no schema for %s", of)
	}
	reference := &Schema{Ref: w.Below + of.Name()}
	if w.Definitions[of.Name()] != nil {
		return reference
	}
	s := &Schema{Type: "object", Properties: map[string]*Schema{}}
	if w.Definitions == nil {
		w.Definitions = map[string]*Schema{}
	}
	w.Definitions[of.Name()] = s // before its fields, which may be of it
	w.Fill(t, w, of, s)
	return reference
}

// Root makes the schema of a struct, which is then not among the definitions.
func (w *Walk) Root(t testing.TB, of reflect.Type) *Schema {
	t.Helper()
	w.Of(t, of)
	root := w.Definitions[of.Name()]
	delete(w.Definitions, of.Name())
	return root
}
