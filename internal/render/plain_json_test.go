package render

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

// TestPlainJSON: it is what encoding/json writes, but for what a terminal would take for something else, which is escaped.
func TestPlainJSON(t *testing.T) {
	t.Parallel()
	for _, value := range []any{
		nil, true, -1.5e30, "", "text", `\"`, "a\\", "{[,:]}", "\n\t\x01", "é \u2028 <&>",
		[]int{},
		map[string]any{},
		[]any{[]any{}, map[string]any{"a": []int{1}}, nil},
		map[string]any{"b": []any{1, "x", map[string]string{"\"": "\\\""}}, "a": map[string]any{}},
		struct {
			A []string `json:"a"`
			B *int     `json:"b"`
		}{},
		strings.Repeat("long ", 10_000), "\xff",
	} {
		var want bytes.Buffer
		encoder := json.NewEncoder(&want)
		encoder.SetIndent("", "  ")
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(value); err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		if err := writePlainJSON(&got, value); err != nil || got.String() != want.String() {
			t.Errorf("%.60v: got %.200s, want %.200s (%v)", value, &got, &want, err)
		}
	}
	for text, want := range map[string]string{
		"\x7f\u0085": `"\u007f\u0085"`, "a\u202eb": `"a\u202eb"`, "\U000E0041\u200b": `"\udb40\udc41\u200b"`, "###[error]": `"#\u0023#[error]"`,
	} {
		var got bytes.Buffer
		if err := writePlainJSON(&got, text); err != nil || got.String() != want+"\n" {
			t.Errorf("%q is written as %s, want %s (%v)", text, &got, want, err)
		}
		var back string
		if err := json.Unmarshal(got.Bytes(), &back); err != nil || back != text {
			t.Errorf("%q is read as %q (%v)", text, back, err)
		}
	}
}

// TestPlainJSONTellsOfItsWriter: a full disk is an error.
func TestPlainJSONTellsOfItsWriter(t *testing.T) {
	t.Parallel()
	if err := writePlainJSON(fullWriter{}, "text"); err == nil {
		t.Error("no error")
	}
}

type fullWriter struct{}

func (fullWriter) Write([]byte) (int, error) { return 0, bytes.ErrTooLarge }
