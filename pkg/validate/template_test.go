package validate_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"

	"github.com/nfd-compat/nfd-compat/pkg/features"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// ofTemplate is a spec of a rule with a template and of one that reads a variable x with a value.
func ofTemplate(t testing.TB, matcher, template, want string) string {
	t.Helper()
	quoted, err := json.Marshal(template) // JSON is YAML
	if err != nil {
		t.Fatal(err)
	}
	value, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	return ofRules(fmt.Sprintf(`  - name: sets
    varsTemplate: %s
    %s
  - name: reads
    matchFeatures: [{feature: rule.matched, matchExpressions: {x: {op: In, value: [%s]}}}]
`, quoted, matcher, value))
}

// TestTemplate: what a template publishes is read by the rule after it.
func TestTemplate(t *testing.T) {
	t.Parallel()
	const (
		avx     = "matchFeatures: [{feature: cpu.cpuid, matchName: {op: InRegexp, value: ['^AVX']}}]"
		version = "matchFeatures: [{feature: kernel.version, matchExpressions: {major: {op: Exists}, minor: {op: Exists}}}]"
		pci     = "matchFeatures: [{feature: pci.device, matchExpressions: {class: {op: Exists}}}]"
	)
	tests := []struct{ matcher, template, want string }{
		{avx, `x=1`, "1"},
		{avx, "\n\n  x=1  \n", "1"},
		{avx, "x=1\nx=2", "2"},
		{avx, "x=a=b", "a=b"},
		{avx, "x=", ""},
		// What a template sees: flags, attributes and instances; sorted by name.
		{avx, `x={{ range .cpu.cpuid }}{{ .Name }},{{ end }}`, "AVX,AVX10_VERSION,AVX2,"},
		{avx, `x={{ len .cpu.cpuid }}`, "3"},
		{avx, `x={{ (index .cpu.cpuid 1).Value }}`, "1"},
		{avx, `x={{ range $i, $e := .cpu.cpuid }}{{ if $i }}+{{ end }}{{ $e.Name }}{{ end }}`, "AVX+AVX10_VERSION+AVX2"},
		{version, `x={{ range .kernel.version }}{{ .Name }}:{{ .Value }};{{ end }}`, "major:5;minor:14;"},
		{pci, `x={{ range .pci.device }}{{ .vendor }}_{{ .class }} {{ end }}`, "8086_0200 10de_0403"},
		{pci, `x={{ .pci.device }}`, "[map[class:0200 device:1533 vendor:8086] map[class:0403 device:22ba vendor:10de]]"},
		{"matchFeatures: [{feature: pci.device, matchName: {op: In, value: [vendor]}}]", `x={{ len .pci.device }}`, "2"},
		{"matchFeatures: [{feature: CPU.CpuID, matchExpressions: {AVX: {op: Exists}}}]", `x={{ len .cpu.cpuid }}`, "1"},
		{"matchFeatures: [{feature: pci.device, matchName: {op: Exists}}]", `x={{ len .pci.device }}`, "2"},
		{"matchFeatures: [{feature: both.kinds, matchExpressions: {a: {op: DoesNotExist}}}]", `x={{ .both.kinds }}`, "[map[b:2]]"},
		{"matchFeatures: [{feature: both.kinds, matchName: {op: Exists}}]", `x={{ .both.kinds }}`, "[map[Name:a Value:1] map[b:2]]"},
		// Of a feature of two kinds, what does not exist does so twice, as in NFD.
		{"matchFeatures: [{feature: cpu.cpuid, matchExpressions: {AMX: {op: DoesNotExist}}}]", `x={{ .cpu.cpuid }}`, "[map[Name:AMX] map[Name:AMX Value:]]"},
		// Two terms on one feature are taken together, and so are expressions and a name.
		{"matchFeatures: [{feature: cpu.cpuid, matchExpressions: {SSE4: {op: Exists}}}, {feature: cpu.cpuid, matchName: {op: In, value: [AVX]}}]", `x={{ .cpu.cpuid }}`, "[map[Name:SSE4] map[Name:AVX]]"},
		{"matchFeatures: [{feature: cpu.cpuid, matchExpressions: {SSE4: {op: Exists}}, matchName: {op: In, value: [AVX]}}]", `x={{ .cpu.cpuid }}`, "[map[Name:SSE4] map[Name:AVX]]"},
		// Each alternative that matches, then matchFeatures; the rule's own vars over all.
		{"matchAny: [{matchFeatures: [{feature: cpu.cpuid, matchExpressions: {AVX: {op: Exists}}}]}, {matchFeatures: [{feature: cpu.cpuid, matchExpressions: {AMX: {op: Exists}}}]}, {matchFeatures: [{feature: cpu.cpuid, matchExpressions: {AVX2: {op: Exists}}}]}]", `x={{ (index .cpu.cpuid 0).Name }}`, "AVX2"},
		{"matchAny: [{matchFeatures: [{feature: cpu.cpuid, matchExpressions: {AVX: {op: Exists}}}]}]\n    matchFeatures: [{feature: cpu.cpuid, matchExpressions: {SSE4: {op: Exists}}}]", `x={{ (index .cpu.cpuid 0).Name }}`, "SSE4"},
		{avx + "\n    vars: {x: own}", `x=template`, "own"},
		// Functions.
		{avx, `x={{ printf "%s-%03d %q %v" "a" 7 "b" true }}`, `a-007 "b" true`},
		{avx, `x={{ "abc" | upper | trunc 2 | lower | quote }}`, `"ab"`},
		{avx, `x={{ replace "a" "bb" "banana" }}`, "bbbnbbnbb"},
		{avx, `x={{ join "," (list 1 2 3) }} {{ splitList "," "a,b" | len }}`, "1,2,3 2"},
		{avx, `x={{ regexReplaceAll "([a-z]+)([0-9])" "abc1" "${2}${1}" }} {{ regexMatch "^a" "abc" }}`, "1abc true"},
		{avx, `x={{ semverCompare ">=1.2" "1.3.0" }} {{ (semver "1.2.3").Minor }}`, "true 2"},
		{avx, `x={{ if and (eq 1 1) (not false) (or "" "a") }}yes{{ else }}no{{ end }}`, "yes"},
		{avx, `x={{ with $y := "v" }}{{ $y }}{{ end }}{{ default "d" "" }}{{ ternary "t" "f" true }}`, "vdt"},
		{avx, `x={{ $d := dict "b" 1 "a" 2 }}{{ keys $d | join "," }} {{ set $d "c" 3 | len }} {{ hasKey $d "c" }}`, "a,b 3 true"},
		{avx, `x={{ add 1 2 3 }} {{ mul 2 3 }} {{ addf 0.5 1 }} {{ max 1 5 2 }}`, "6 6 1.5 5"},
		{avx, `x={{ list 1 1 2 | uniq | len }}{{ list 1 2 | has 2 }}{{ first (list 7) }}`, "2true7"},
		{avx, `x={{ html "<a>" }}{{ js "'" }}{{ urlquery "a b" }}{{ print 1 2 }}`, `&lt;a&gt;\'a+b1 2`},
		{avx, `x={{ range .cpu.cpuid }}{{ if eq .Name "AVX2" }}{{ break }}{{ end }}{{ if eq .Name "AVX" }}{{ continue }}{{ end }}{{ .Name }}{{ else }}none{{ end }}`, "AVX10_VERSION"},
		{avx, `x={{ range $k, $v := dict "b" 1 "a" 2 }}{{ $k }}{{ $v }}{{ end }}{{ range list }}{{ else }}none{{ end }}`, "a2b1none"},
		{avx, `{{- /* a comment */ -}} x={{ 1 }}{{ "s" }}{{ true }}{{ 'a' }}{{ 1.5 }}`, "1strue971.5"},
	}
	for _, tt := range tests {
		t.Run(tt.template, func(t *testing.T) {
			t.Parallel()
			reads := judge(t, ofTemplate(t, tt.matcher, tt.template, tt.want), validate.Options{}).Sets[0].Rules[1]
			if reads.Outcome != validate.Match {
				got := "nothing"
				if o := reads.MatchFeatures[0].Observed; o != nil {
					got = *o
				}
				t.Errorf("got %q, want %q: %s", got, tt.want, reads.MatchFeatures[0].Reason)
			}
		})
	}
}

// TestTemplateThatFails: of what a template that fails would have set nobody can tell, and everything else is judged.
//
//nolint:paralleltest // it measures memory
func TestTemplateThatFails(t *testing.T) {
	const avx = "matchFeatures: [{feature: cpu.cpuid, matchName: {op: InRegexp, value: ['^AVX']}}]"
	doubling := `{{ $x := "x" }}{{ range .cpu.cpuid }}` + strings.Repeat(`{{ $x = print $x $x }}`, 20) + `{{ end }}x={{ $x }}`
	// A list of a thousand times the same small map, which is made large after.
	grown := `{{ $d := dict }}{{ $l := list` + strings.Repeat(" $d", 1000) + ` }}{{ $_ := set $d "x" "` + strings.Repeat("x", 20000) + `" }}`
	tests := []struct{ name, matcher, template, reason string }{
		{"no such feature", avx, `x={{ .nosuch.thing }}`, `line 1: at <.nosuch.thing>: map has no entry for key "nosuch"`},
		{"no such attribute", avx, "\nx={{ range .cpu.cpuid }}{{ .Value }}{{ end }}", `line 2: at <.Value>: map has no entry for key "Value"`},
		{"no value", avx, "x=1\nnovalue", `its line "novalue" is not of the form name=value`},
		{"author's own", avx, `{{ fail "sorry" }}`, "line 1: at <fail \"sorry\">: error calling fail: sorry"},
		{"panic", avx, `x={{ div 1 0 }}`, "line 1: at <div 1 0>: error calling div: runtime error: integer divide by zero"},
		{"range over a number", avx, `{{ range len .cpu.cpuid }}{{ end }}`, "range over a value of kind int is refused: range over matched elements"},
		{"range over a product", avx, `{{ range mul 1000000 1000000 }}{{ range mul 1000000 1000000 }}{{ end }}{{ end }}`, "range over a value of kind int64 is refused"},
		{"doubling", avx, doubling, "print makes a text of more than 65536 bytes"},
		{"doubling with printf", avx, strings.ReplaceAll(doubling, "print $x $x", `printf "%s%s" $x $x`), "printf"},
		{"doubling lists", avx, strings.ReplaceAll(doubling, "print $x $x", "list $x $x"), "a value is too large, or holds itself"},
		{"a list of itself", avx, `{{ $d := dict }}{{ $_ := set $d "d" $d }}x={{ $d }}`, "a value is too large, or holds itself"},
		{"printing what has grown", avx, grown + `x={{ $l }}`, "a value is too large, or holds itself"},
		{"reading what has grown", avx, grown + `x={{ len (toString $l) }}`, "a value is too large, or holds itself"},
		{"empty ranges over many", avx, `{{ $x := splitList "" "` + strings.Repeat("x", 20000) + `" }}{{ range $x }}{{ range $x }}{{ end }}{{ end }}`, "it does more work than a template may"},
		{"a width", avx, `x={{ printf "%99999d" 1 }}`, "printf: a width may be 256"},
		{"a width that is an argument", avx, `x={{ printf "%*d" 99999 1 }}`, "printf: a width that is an argument is refused"},
		{"repeated arguments", avx, `{{ $x := "` + strings.Repeat("x", 2000) + `" }}x={{ printf "` + strings.Repeat("%[1]s", 1000) + `" $x }}`, "printf: the result would be too large"},
		{"replace", avx, `{{ $x := "` + strings.Repeat("x", 20000) + `" }}x={{ replace "x" $x $x }}`, "replace: the result would be too large"},
		{"replace nothing", avx, `{{ $x := "` + strings.Repeat("x", 20000) + `" }}x={{ replace "" $x $x }}`, "replace: the result would be too large"},
		{"join", avx, `{{ $x := "` + strings.Repeat("x,", 10000) + `" }}x={{ join $x (splitList "," $x) }}`, "join: the result would be too large"},
		{"regexp", avx, `{{ $x := "` + strings.Repeat("x", 20000) + `" }}x={{ regexReplaceAll "x" $x $x }}`, "regexReplaceAll: the result would be too large"},
		{"regexp groups", avx, `{{ $x := "` + strings.Repeat("x", 20000) + `" }}x={{ regexReplaceAll ".*" $x "` + strings.Repeat("$0", 60) + `" }}`, "regexReplaceAll: the result would be too large"},
		{"large regexp", avx, `x={{ regexMatch "x{1000}x{1000}x{1000}x{1000}x{1000}" "x" }}`, "regexMatch: the regular expression is too large"},
		{"long regexp", avx, `x={{ regexMatch "` + strings.Repeat("x", 3000) + `" "x" }}`, "regexMatch: a regular expression may have 2048 bytes"},
		{"slow regexp", avx, `x={{ regexMatch "(x?){500}y" "` + strings.Repeat("x", 20000) + `" }}`, "it does more work than a template may"},
		{"many elements compared", avx, `{{ $x := splitList "" "` + strings.Repeat("x", 20000) + `" }}x={{ uniq $x }}`, "it does more work than a template may"},
		{"trimmed", avx, `{{ $x := "` + strings.Repeat("é", 10000) + `" }}x={{ trimAll $x $x }}`, "it does more work than a template may"},
		{"long version", avx, `x={{ semver "1.2.3-` + strings.Repeat("x", 2000) + `" }}`, "semver: no version has more than 1024 bytes"},
		{"many digits", avx, `x={{ mulf 1e300 ` + strings.Repeat("1e300 ", 100) + `}}`, "mulf: it has too many operands"},
		{"nested ranges", avx, strings.Repeat(`{{ range $.cpu.cpuid }}`, 20) + "{{ $x := .Name }}" + strings.Repeat("{{ end }}", 20), "it does more work than a template may"},
		{"nested empty ranges", avx, strings.Repeat(`{{ range $.cpu.cpuid }}`, 20) + strings.Repeat("{{ end }}", 20), "it does more work than a template may"},
		{"nested text", avx, strings.Repeat(`{{ range $.cpu.cpuid }}`, 6) + strings.Repeat("x", 100) + strings.Repeat("{{ end }}", 6), "it writes more than 65536 bytes"},
		{"one long pipeline", avx, strings.Repeat(`{{ range $.cpu.cpuid }}`, 12) + "{{ if and" + strings.Repeat(" .Name", 5000) + "}}{{ end }}" + strings.Repeat("{{ end }}", 12), "it does more work than a template may"},
		{"deep JSON", avx, `x={{ fromJson "` + strings.Repeat("[", 9000) + strings.Repeat("]", 9000) + `" }}`, "a value is too large, or holds itself"},
		// What else matched, or would have, is not known.
		{"an incomplete feature", "matchFeatures: [{feature: partly.devices, matchExpressions: {vendor: {op: Exists}}}]", `x={{ len .partly.devices }}`, "it is not known what else it would see: not all of partly.devices could be read"},
		{"names of an incomplete feature", "matchFeatures: [{feature: partly.there, matchName: {op: In, value: [found]}}]", `x={{ len .partly.there }}`, "it is not known what else it would see: not all of partly.there could be read"},
		{"an unknown alternative", "matchAny: [{matchFeatures: [{feature: kernel.config, matchName: {op: Exists}}]}, {matchFeatures: [{feature: cpu.cpuid, matchName: {op: Exists}}]}]", `x=1`, "it is not known whether alternative 1 matches"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := compile(t, strings.ReplaceAll(ofTemplate(t, tt.matcher+"\n    vars: {own: sure}", tt.template, "1"), "  - name: reads",
				"  - {name: own, matchFeatures: [{feature: rule.matched, matchExpressions: {own: {op: In, value: [sure]}}}]}\n  - name: reads"), validate.Options{})
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			report, err := p.Evaluate(t.Context(), host())
			runtime.ReadMemStats(&after)
			if err != nil {
				t.Fatal(err)
			}
			rules := report.Results[0].Sets[0].Rules
			if rules[0].Outcome != validate.Match || rules[1].Outcome != validate.Match || rules[2].Outcome != validate.Unknown {
				t.Errorf("the rules are %s, %s, %s, want a match, another and unknown", rules[0].Outcome, rules[1].Outcome, rules[2].Outcome)
			}
			got, ok := strings.CutPrefix(rules[2].MatchFeatures[0].Reason, `the template of rule "sets", which may set it, failed: `)
			if !ok || !strings.HasPrefix(got, tt.reason) {
				t.Errorf("because %q\nwant    %q", rules[2].MatchFeatures[0].Reason, tt.reason)
			}
			if all := after.TotalAlloc - before.TotalAlloc; all > 64<<20 {
				t.Errorf("it allocated %d MiB in all", all>>20)
			}
		})
	}
}

// TestTemplateOfNamedAttributes: what a term names and was found is certain, though the feature is incomplete.
func TestTemplateOfNamedAttributes(t *testing.T) {
	t.Parallel()
	reads := judge(t, ofTemplate(t, "matchFeatures: [{feature: partly.there, matchExpressions: {found: {op: Exists}}}]", "x={{ range .partly.there }}{{ .Value }}{{ end }}", "1"), validate.Options{}).Sets[0].Rules[1]
	if reads.Outcome != validate.Match {
		t.Errorf("got %s: %s", reads.Outcome, reads.MatchFeatures[0].Reason)
	}
}

func TestTemplateFindings(t *testing.T) {
	t.Parallel()
	const refused = " is refused: a template may use nothing but what matched, and makes nothing by a number it is given"
	tests := []struct{ template, want string }{
		{`x={{ .a`, "line 1: unclosed action"},
		{"x=1\n{{ end }}", "line 2: unexpected {{end}}"},
		{`{{ define "a" }}{{ end }}x=1`, "define, template and block are refused: write the lines themselves"},
		{`{{ define "varsTemplate" }}x=1{{ end }}`, "define, template and block are refused: write the lines themselves"},
		{`{{ define "a" }}{{ template "a" }}{{ end }}{{ template "a" }}`, "define, template and block are refused: write the lines themselves"},
		{`{{ template "varsTemplate" . }}`, `line 1: {{template "varsTemplate" .}} is refused`},
		{`{{ block "a" . }}{{ end }}`, "define, template and block are refused: write the lines themselves"},
		{"\n" + `x={{ repeat 1000000000 "x" }}`, "line 2: the function repeat" + refused},
		{`{{ range until 30000 }}{{ range until 30000 }}{{ end }}{{ end }}`, "line 1: the function until" + refused},
		{`{{ range 30000 }}{{ end }}`, "line 1: range over the number 30000 is refused: range over matched elements"},
		{`x={{ (print (seq 1 10)) }}`, "line 1: the function seq" + refused},
		{`{{ if true }}{{ else }}{{ env "PATH" }}{{ end }}`, "line 1: the function env" + refused},
		{`{{ with .a }}{{ else with getHostByName "x" }}{{ end }}`, "line 1: the function getHostByName" + refused},
		{`{{ $x := now }}`, "line 1: the function now" + refused},
		{`{{ randAlpha 5 }}`, "line 1: the function randAlpha" + refused},
		{`{{ genPrivateKey "rsa" }}`, "line 1: the function genPrivateKey" + refused},
		{`{{ uuidv4 }}`, "line 1: the function uuidv4" + refused},
		{`{{ "x" | indent 100000000 }}`, "line 1: the function indent" + refused},
		{`{{ call .a }}`, "line 1: the function call" + refused},
		{`{{ uper "x" }}`, `line 1: no function "uper" is known; did you mean "upper"?`},
		{`{{ _step 1 "x" }}`, `line 1: no function "_step" is known`},
		{strings.Repeat("x", 65537), "the template has 65537 bytes, more than 65536"},
	}
	for _, tt := range tests {
		t.Run(tt.template[:min(len(tt.template), 60)], func(t *testing.T) {
			t.Parallel()
			s, err := spec.Decode([]byte(ofTemplate(t, "matchFeatures: [{feature: cpu.cpuid, matchName: {op: Exists}}]", tt.template, "")))
			if err != nil {
				t.Fatal(err)
			}
			program, findings := validate.Compile(s, validate.Options{})
			i := slices.IndexFunc(findings, func(f spec.Finding) bool { return f.ID == spec.IDInvalidTemplate })
			if i < 0 || program != nil {
				t.Fatalf("findings %v, program %v", findings, program)
			}
			f := findings[i]
			if f.Severity != spec.SeverityError || f.Line != 5 || f.Path != "compatibilities[0].rules[0].varsTemplate" {
				t.Errorf("got %s %s", f.Severity, f)
			}
			if f.Message != tt.want {
				t.Errorf("got  %q\nwant %q", f.Message, tt.want)
			}
		})
	}
}

// TestTemplateContext: an execution ends with its context, and so does the judgement.
func TestTemplateContext(t *testing.T) {
	t.Parallel()
	elements := map[string]string{}
	for i := range 1000 {
		elements[fmt.Sprint(i)] = "y"
	}
	on := host()
	on.Features.Attributes["many.elements"] = nfdv1alpha1.NewAttributeFeatures(elements)
	p := compile(t, ofRules("  - varsTemplate: '{{ range .many.elements }}{{ range $.many.elements }}{{ .Value }}{{ end }}{{ end }}'\n"+
		"    matchFeatures: [{feature: many.elements, matchName: {op: Exists}}]\n"), validate.Options{})
	ctx := &countdown{Context: t.Context(), left: 5}
	if _, err := p.Evaluate(ctx, on); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

// A countdown is a context that is done after its error was asked for so many times.
type countdown struct {
	context.Context
	left int
}

func (c *countdown) Err() error {
	if c.left--; c.left < 0 {
		return context.DeadlineExceeded
	}
	return nil
}

// TestTemplateLeavesFeatures: a template cannot change what it sees.
func TestTemplateLeavesFeatures(t *testing.T) {
	t.Parallel()
	on := host()
	p := compile(t, ofTemplate(t, "matchFeatures: [{feature: pci.device, matchName: {op: Exists}}]",
		`{{ range .pci.device }}{{ $_ := set . "vendor" "x" }}{{ end }}`, ""), validate.Options{})
	if _, err := p.Evaluate(t.Context(), on); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(host(), on); diff != "" {
		t.Errorf("the features (-before +after):\n%s", diff)
	}
}

// FuzzTemplate: no template makes Compile or Evaluate panic, and what it publishes is bounded.
func FuzzTemplate(f *testing.F) {
	for _, seed := range []string{
		"x=1", "{{ range .cpu.cpuid }}{{ .Name }}=1\n{{ end }}", `{{ $x := "x" }}{{ range .cpu.cpuid }}{{ $x = print $x $x }}{{ end }}`,
		`{{ printf "%5.2f %[1]q" 1.5 }}`, `{{ dict "a" (list 1 2) | toJson }}`, `{{ regexReplaceAll "a(b)" "ab" "$1" }}`, "{{ define \"a\" }}{{ end }}",
		`{{ with .a }}{{ else with .b }}{{ end }}`, `{{ range $k, $v := . }}{{ $k }}={{ len $v }}{{ end }}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, template string) {
		s := &spec.Spec{Version: spec.Version, Compatibilities: []spec.Compatibility{{Rules: []nfdv1alpha1.GroupRule{{
			Name: "r", VarsTemplate: template,
			MatchFeatures: nfdv1alpha1.FeatureMatcher{{Feature: "cpu.cpuid", MatchName: &nfdv1alpha1.MatchExpression{Op: nfdv1alpha1.MatchExists}}},
		}}}}}
		program, _ := validate.Compile(s, validate.Options{})
		if program == nil {
			return
		}
		if _, err := program.Evaluate(t.Context(), &features.Set{Features: host().Features}); err != nil {
			t.Fatal(err)
		}
	})
}

// TestTemplateSeesVariables: what earlier rules have published is an attribute of rule.matched for a template too.
func TestTemplateSeesVariables(t *testing.T) {
	t.Parallel()
	got := judge(t, ofRules(`  - name: first
    vars: {v: "7"}
    matchFeatures: [{feature: cpu.cpuid, matchExpressions: {AVX: {op: Exists}}}]
  - name: second
    varsTemplate: '{{range .rule.matched}}x={{.Value}}{{end}}'
    matchFeatures: [{feature: rule.matched, matchExpressions: {v: {op: Exists}}}]
  - name: third
    matchFeatures: [{feature: rule.matched, matchExpressions: {x: {op: In, value: ["7"]}}}]
`), validate.Options{})
	if got.Verdict != validate.Compatible {
		t.Errorf("%s: %+v", got.Verdict, got.Sets[0].Rules)
	}
}

// TestTemplateSeesMissingVariable: rule.matched exists before any rule has published something, as in NFD.
func TestTemplateSeesMissingVariable(t *testing.T) {
	t.Parallel()
	got := judge(t, ofRules(`  - name: first
    varsTemplate: '{{range .rule.matched}}x={{.Name}}{{end}}'
    matchFeatures: [{feature: rule.matched, matchExpressions: {v: {op: DoesNotExist}}}]
  - name: second
    matchFeatures: [{feature: rule.matched, matchExpressions: {x: {op: In, value: ["v"]}}}]
`), validate.Options{})
	if got.Verdict != validate.Compatible {
		t.Errorf("%s: %+v", got.Verdict, got.Sets[0].Rules)
	}
}
