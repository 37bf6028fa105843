package schematest

import (
	"bytes"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Kept compares a generated document with the file that is kept, or writes that if it is to be updated, as
// `go test PACKAGE -update` does.
func Kept(t testing.TB, file, content string, update bool) {
	t.Helper()
	if update {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(content, string(kept)); diff != "" {
		t.Errorf("%s is not what the code says; run the package's tests with -update (-code +document):\n%s", file, diff)
	}
}

// Read compiles the schema in a file, after changing it, if that is not nil.
func Read(t testing.TB, file string, change func(schema any)) *jsonschema.Schema {
	t.Helper()
	const id = "file:///schema.json"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	document := Document(t, text)
	if change != nil {
		change(document)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource(id, document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile(id)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// Document reads a document in JSON, for a schema to validate.
func Document(t testing.TB, text []byte) any {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return document
}

// Close has a schema forbid the fields that it does not know.
func Close(schema any) {
	switch schema := schema.(type) {
	case map[string]any:
		if _, ok := schema["properties"].(map[string]any); ok && schema["type"] == "object" {
			schema["additionalProperties"] = false
		}
		for _, below := range schema {
			Close(below)
		}
	case []any:
		for _, below := range schema {
			Close(below)
		}
	}
}
