package validate

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// seen is what a template sees in these tests.
func seen() matchedElements {
	return matchedElements{
		"cpu": {
			"cpuid": {{"Name": "AVX"}, {"Name": "AVX2"}, {"Name": ""}},
			"model": {{"Name": "vendor_id", "Value": "Intel"}, {"Name": "family", "Value": ""}},
			"empty": {},
		},
		"pci":  {"device": {{"vendor": "10de", "class": "0302"}, {"vendor": "8086"}, {}}},
		"none": {},
	}
}

// bothWays publishes a template as a plain one and by text/template.
func bothWays(t *testing.T, text string, matched matchedElements) (isPlain bool, plain, woven string) {
	t.Helper()
	made, err := parseTemplate(text, templateFunctions())
	if err != nil {
		return false, "", ""
	}
	if made.plain == nil {
		return false, "", ""
	}
	told := func(template *varsTemplate) string {
		vars, err := template.publish(t.Context(), matched)
		return fmt.Sprintf("%q %v", vars, err)
	}
	return true, told(made), told(&varsTemplate{tree: made.tree, functions: made.functions})
}

// TestPlainTemplates: what is taken for plain gives what text/template gives, and most that people write is.
func TestPlainTemplates(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"": true, "a=b": true, "a=b\nc=d\n": true, "no equals": true,
		"{{ range .cpu.cpuid }}{{ .Name }}=present\n{{ end }}":                                                       true,
		"{{- range .cpu.cpuid -}} x{{ .Name }}=1\n{{- else }}e=1{{ end }}":                                           true,
		"{{ range .cpu.empty }}a=1{{ else }}e=1{{ end }}":                                                            true,
		"{{ range .pci.device }}{{ .vendor }}={{ .class }}\n{{ end }}":                                               true, // one has no class, and so it fails
		"{{ range .pci.device }}{{ with .vendor }}{{ . }}=1\n{{ end }}{{ end }}":                                     true,
		"{{ range .cpu.model }}{{ if .Value }}{{ .Name }}={{ .Value }}\n{{ else }}e={{ .Name }}\n{{ end }}{{ end }}": true,
		`{{ range .cpu.model }}{{ if eq .Name "family" }}f=1{{ else if ne .Value "AMD" }}v={{ .Value }}{{ end }}
{{ end }}`: true,
		"{{ if .cpu.empty }}a=1{{ else }}b=1{{ end }}": true, "{{ if .cpu }}a=1{{ end }}": true, "{{ if .none }}a=1{{ end }}": true, "{{ if . }}a=1{{ end }}": true,
		"{{ with .cpu }}{{ range .cpuid }}{{ .Name }}=1\n{{ end }}{{ end }}": true, "{{ with .cpu.cpuid }}{{ range . }}{{ .Name }}=1\n{{ end }}{{ end }}": true,
		"{{ with .cpu.empty }}a=1{{ else with .cpu.model }}b=1{{ end }}": true,
		"{{ range .no.such }}a=1{{ end }}":                               true, "{{ .cpu.nosuch }}": false, "{{ .cpu.cpuid }}": false, "{{ . }}": false, "{{ .cpu }}": false,
		"{{ range .cpu }}a=1{{ end }}": false, "{{ range . }}a=1{{ end }}": false, "{{ range $i, $e := .cpu.cpuid }}{{ $i }}=1\n{{ end }}": false,
		"{{ range .cpu.cpuid }}{{ .Name | upper }}=1\n{{ end }}": false, "{{ range .cpu.cpuid }}{{ break }}{{ end }}": false, "{{ .cpu.cpuid.x }}": false,
		"{{ range .cpu.cpuid }}{{ .Name.x }}{{ end }}": false, "{{ range .cpu.cpuid }}{{ $.cpu }}{{ end }}": false, `{{ if eq "a" "a" }}a=1{{ end }}`: false,
		`{{ if eq .cpu.cpuid "a" }}a=1{{ end }}`: false, `{{ if lt .cpu "a" }}a=1{{ end }}`: false, `{{ range .cpu.model }}{{ if eq .Name .Value }}a=1{{ end }}{{ end }}`: false,
		`{{ "a=b" }}`: false, "{{ len .cpu.cpuid }}": false, "{{ with $x := .cpu.cpuid }}a=1{{ end }}": false, "{{ range .cpu.model }}{{ if .Value | len }}a=1{{ end }}{{ end }}": false,
	} {
		isPlain, plain, woven := bothWays(t, text, seen())
		if isPlain != want {
			t.Errorf("%s: plain %t", text, isPlain)
		}
		if diff := cmp.Diff(woven, plain); diff != "" {
			t.Errorf("%s (-text/template +plain):\n%s", text, diff)
		}
	}
}

// TestPlainTemplateBounds: the bounds are met where text/template's are.
func TestPlainTemplateBounds(t *testing.T) {
	t.Parallel()
	const row = "{{ range .a.b }}{{ .v }}={{ .v }}\n{{ end }}"
	for name, test := range map[string]struct {
		template string
		count    int
		value    string
	}{
		"output":      {row, 40, strings.Repeat("v", 1000)},
		"just within": {row, 32, strings.Repeat("v", 1022)},
		"work":        {"{{ range .a.b }}" + strings.Repeat(`{{ if eq .v "a" }}x=1{{ end }}`, 20) + "{{ end }}", 2000, "v"},
		"a text":      {row, 1, strings.Repeat("v", maxValueBytes+1)},
		"a condition": {"{{ range .a.b }}{{ if .v }}a=1{{ end }}{{ end }}", 1, strings.Repeat("v", maxValueBytes+1)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var list []map[string]string
			for range test.count {
				list = append(list, map[string]string{"v": test.value})
			}
			isPlain, plain, woven := bothWays(t, test.template, matchedElements{"a": {"b": list}})
			if !isPlain || plain != woven {
				t.Errorf("%t\ntext/template %.200s\nplain         %.200s", isPlain, woven, plain)
			}
		})
	}
}

// FuzzPlainTemplate: whatever is taken for plain gives what text/template gives.
func FuzzPlainTemplate(f *testing.F) {
	for _, seed := range []string{
		"{{ range .cpu.cpuid }}{{ .Name }}=present\n{{ end }}", `{{ range .pci.device }}{{ if eq .vendor "10de" }}a={{ .class }}{{ else }}b=1{{ end }}{{ end }}`,
		"{{- with .cpu -}}{{ range .model }}{{ .Name }}={{ .Value }}\n{{ else }}x{{ end }}{{ end }}", "{{ if .none }}a{{ else }}b=c{{ end }}",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if isPlain, plain, woven := bothWays(t, text, seen()); isPlain && plain != woven {
			t.Errorf("text/template %s\nplain         %s", woven, plain)
		}
	})
}
