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

	"github.com/nfd-compat/nfd-compat/pkg/spec"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// ofCEL is a spec of one set: a rule that matches, which publishes a variable, and a CEL rule.
func ofCEL(t testing.TB, expression string) string {
	t.Helper()
	quoted, err := json.Marshal(expression) // JSON is YAML
	if err != nil {
		t.Fatal(err)
	}
	return ofRules(`  - name: always
    vars: {driver: "550"}
    matchFeatures: [{feature: cpu.cpuid, matchExpressions: {AVX: {op: Exists}}}]
  celRules:
  - name: c
    message: the message
    expression: ` + string(quoted) + "\n")
}

func TestCELRule(t *testing.T) {
	t.Parallel()
	const (
		blind       = "kernel.config could not be read: no configuration was found"
		unsupported = "cpu.model cannot be told here: CPUID is read on the running host only"
		part        = "not all of partly.there could be read: modules.builtin: permission denied"
		parts       = "not all of partly.devices could be read: device 0000:00:01.0: class: permission denied"
	)
	tests := []struct {
		expression string
		want       validate.Outcome
		reason     string // its beginning
	}{
		{`true`, validate.Match, ""},
		{`false`, validate.Mismatch, "the message"},
		// Flags, attributes, instances.
		{`"AVX" in flags["cpu.cpuid"]`, validate.Match, ""},
		{`"AMX" in flags["cpu.cpuid"]`, validate.Mismatch, "the message"},
		{`flags["cpu.cpuid"].exists(f, f.startsWith("AVX")) && size(flags["cpu.cpuid"]) == 3`, validate.Match, ""},
		{`attributes["kernel.version"]["major"] == "5"`, validate.Match, ""},
		{`attributes["kernel.version"].major == "5"`, validate.Match, ""},
		{`int(attributes["kernel.version"].major) >= 5`, validate.Match, ""},
		{`has(attributes["kernel.version"].major) && !has(attributes["kernel.version"].patch)`, validate.Match, ""},
		{`"major" in attributes["kernel.version"]`, validate.Match, ""},
		{`instances["pci.device"].filter(d, d.vendor == "10de").size() >= 2`, validate.Mismatch, "the message"},
		{`instances["pci.device"].exists_one(d, d.vendor == "10de")`, validate.Match, ""},
		{`instances["pci.device"].all(d, d.class in ["0200", "0403"])`, validate.Match, ""},
		{`instances["pci.device"].map(d, d.vendor).all(v, v.matches("^[0-9a-f]{4}$"))`, validate.Match, ""},
		{`instances["pci.device"][0].vendor == "8086"`, validate.Match, ""},
		{`[] != flags["cpu.cpuid"] && {} != attributes["kernel.version"] && flags["cpu.cpuid"] == ["AVX", "AVX2", "SSE4"]`, validate.Match, ""},
		{`flags["CPU.cpuid"].size() == 3`, validate.Match, ""}, // as in rules, with a warning
		// An absent feature is empty, and so is one that nobody knows.
		{`flags["kernel.loadedmodule"].size() == 0 && !("nouveau" in flags["kernel.loadedmodule"])`, validate.Match, ""},
		{`instances["none.device"].all(d, false)`, validate.Match, ""},
		{`size(attributes["foo.bar"]) == 0 && size(flags["foo.bar"]) == 0 && size(instances["foo.bar"]) == 0`, validate.Match, ""},
		{`size(instances["cpu.cpuid"]) == 0`, validate.Match, ""},
		// What the rules of the set have published.
		{`attributes["rule.matched"].driver == "550"`, validate.Match, ""},
		{`has(attributes["rule.matched"].other)`, validate.Mismatch, "the message"},
		// Versions.
		{`version(attributes["kernel.version"].full) >= version("5.14")`, validate.Match, ""},
		{`version(attributes["kernel.version"].full) < version("5.4")`, validate.Mismatch, "the message"},
		{`version("5.14.0-x") == version("5.14") && version("5.14") != version("5.15")`, validate.Match, ""},
		{`version("5.14") <= version("5.14.0") && version("6.10") > version("6.9")`, validate.Match, ""},
		{`version("r550") > version("1")`, validate.Unknown, `the expression failed: "r550" is not a version`},
		{`version("` + strings.Repeat("1", 257) + `") > version("1")`, validate.Unknown, "the expression failed: version takes a text of at most 256 bytes"},
		// An error is unknown, but where something else decides.
		{`attributes["kernel.version"].patch == "1"`, validate.Unknown, "the expression failed: no such key: patch"},
		{`attributes["kernel.version"].patch == "1" || true`, validate.Match, ""},
		{`attributes["kernel.version"].patch == "1" && false`, validate.Mismatch, "the message"},
		{`1 / size(flags["kernel.loadedmodule"]) == 1`, validate.Unknown, "the expression failed: division by zero"},
		// What could not be discovered is unknown, and no test of presence hides it.
		{`attributes["kernel.config"].A == "y"`, validate.Unknown, blind},
		{`has(attributes["kernel.config"].A)`, validate.Unknown, blind},
		{`!has(attributes["kernel.config"].A)`, validate.Unknown, blind},
		{`"A" in attributes["kernel.config"]`, validate.Unknown, blind},
		{`!("A" in attributes["kernel.config"])`, validate.Unknown, blind},
		{`size(attributes["kernel.config"]) == 0`, validate.Unknown, blind},
		{`attributes["kernel.config"].all(k, false)`, validate.Unknown, blind},
		{`attributes["kernel.config"] == {}`, validate.Unknown, blind},
		{`has(attributes["kernel.config"].A) || "AVX" in flags["cpu.cpuid"]`, validate.Match, ""},
		{`has(attributes["kernel.config"].A) && "AMX" in flags["cpu.cpuid"]`, validate.Mismatch, "the message"},
		{`has(attributes["kernel.config"].A) ? true : false`, validate.Unknown, blind},
		{`[attributes["kernel.config"]].exists(m, has(m.A))`, validate.Unknown, blind},
		{`[has(attributes["kernel.config"].A)].all(x, !x)`, validate.Unknown, blind},
		{`size(instances["cpu.model"]) == 0`, validate.Unknown, unsupported},
		{`size(flags["cpu.model"]) == 0 && has(attributes["kernel.config"].A)`, validate.Unknown, unsupported + "; " + blind},
		// Of what was read in part, an attribute that was found decides, and nothing else.
		{`attributes["partly.there"].found == "1"`, validate.Match, ""},
		{`has(attributes["partly.there"].found)`, validate.Match, ""},
		{`attributes["partly.there"]["found"] == "2"`, validate.Mismatch, "the message"},
		{`attributes["partly.there"].other == "1"`, validate.Unknown, part},
		{`has(attributes["partly.there"].other)`, validate.Unknown, part},
		{`!has(attributes["partly.there"].other)`, validate.Unknown, part},
		{`!has((true ? attributes["partly.there"] : attributes["kernel.version"]).other)`, validate.Unknown, part},
		{`!("other" in attributes["partly.there"])`, validate.Unknown, part},
		{`size(attributes["partly.there"]) == 1`, validate.Unknown, part},
		{`["oth"].all(k, !((k + "er") in attributes["partly.there"]))`, validate.Unknown, part},
		{`["oth"].exists(k, attributes["partly.there"][k + "er"] == "1")`, validate.Unknown, "the expression failed: no such key: other; " + part},
		{`["found"].exists(k, attributes["partly.there"][k] == "1")`, validate.Match, ""},
		{`attributes["partly.there"].exists(k, k == "found")`, validate.Unknown, part},
		{`"x" in flags["partly.there"]`, validate.Unknown, part},
		{`instances["partly.devices"].exists(d, d.vendor == "8086")`, validate.Unknown, parts},
		{`instances["partly.devices"].all(d, d.vendor == "8086")`, validate.Unknown, parts},
		{`instances["partly.devices"][0].vendor == "8086"`, validate.Unknown, parts},
		// A regular expression is tried on short texts only, and may be made of what it is not known before.
		{`"` + strings.Repeat("a", 5000) + `".matches("a")`, validate.Unknown, "the expression failed: matches takes texts of at most 4096 bytes"},
		{`["a"].exists(p, "xax".matches(p)) && !["^a"].exists(p, "xax".matches(p))`, validate.Match, ""},
		{`["("].exists(p, "xax".matches(p))`, validate.Unknown, "the expression failed: error parsing regexp: missing closing ): `(`"},
		{`["(a{100}){10}"].exists(p, "xax".matches(p))`, validate.Unknown, "the expression failed: regex program size"},
	}
	for _, tt := range tests {
		t.Run(tt.expression, func(t *testing.T) {
			t.Parallel()
			set := judge(t, ofCEL(t, tt.expression), validate.Options{}).Sets[0]
			got := set.CELRules[0]
			if got.Name != "c" || got.Outcome != tt.want || !strings.HasPrefix(got.Reason, tt.reason) || (got.Reason == "") != (tt.reason == "") {
				t.Errorf("got %s %s because %q\nwant %s because %q", got.Name, got.Outcome, got.Reason, tt.want, tt.reason)
			}
			if want := map[validate.Outcome]validate.Verdict{
				validate.Match: validate.Compatible, validate.Mismatch: validate.Incompatible, validate.Unknown: validate.VerdictUnknown,
			}[tt.want]; set.Verdict != want {
				t.Errorf("the set is %s, want %s", set.Verdict, want)
			}
		})
	}
}

func TestCELFindings(t *testing.T) {
	t.Parallel()
	const bare = `%s can only be indexed by the name of a feature, in quotes: %[1]s["cpu.cpuid"]`
	tests := []struct {
		expression string
		want       []string // without the position and the path
	}{
		{`true`, nil},
		{`true &&`, []string{"error invalid-cel column 8: Syntax error: mismatched input '<EOF>'"}},
		{"true &&\n  nothing", []string{"error invalid-cel line 2, column 3: undeclared reference to 'nothing'"}},
		{`"AVX"`, []string{"error invalid-cel the expression gives string, and must give a bool"}},
		{`flags["cpu.cpuid"]`, []string{"error invalid-cel the expression gives list(string), and must give a bool"}},
		{`dyn(true)`, []string{"error invalid-cel column 4: undeclared reference to 'dyn'"}},
		{`[[1]] == [[1]]`, []string{"error invalid-cel column 7: only scalars, and lists and maps of scalars, can be compared"}},
		{`[1] in [[1]]`, []string{"error invalid-cel column 5: only scalars, and lists and maps of scalars, can be compared"}},
		{`[[1], "x"] == []`, []string{"error invalid-cel column 7: expected type 'list(int)' but found 'string'"}},
		{`google.protobuf.Int32Value{value: 1} == 1`, []string{"error invalid-cel column 27: messages are refused"}},
		{`instances["pci.device"] == []`, []string{"error invalid-cel column 25: only scalars, and lists and maps of scalars, can be compared"}},
		{`flags["cpu.cpuid"] == 1`, []string{"error invalid-cel column 20: found no matching overload for '_==_'"}},
		{`version("1") < "2"`, []string{"error invalid-cel column 14: found no matching overload for '_<_'"}},
		// The three maps by anything but a constant.
		{`size(flags) > 0`, []string{"error invalid-cel column 6: " + fmt.Sprintf(bare, "flags")}},
		{`"cpu.cpuid" in attributes`, []string{"error invalid-cel column 16: " + fmt.Sprintf(bare, "attributes")}},
		{`flags["cpu." + "cpuid"].size() > 0`, []string{"error invalid-cel column 1: " + fmt.Sprintf(bare, "flags")}},
		{`["cpu.cpuid"].all(f, size(flags[f]) > 0)`, []string{"error invalid-cel column 27: " + fmt.Sprintf(bare, "flags")}},
		{`instances.all(k, true)`, []string{"error invalid-cel column 1: " + fmt.Sprintf(bare, "instances")}},
		{`has(attributes.cpu)`, []string{"error invalid-cel column 5: " + fmt.Sprintf(bare, "attributes")}},
		{`.flags == {}`, []string{"error invalid-cel column 2: " + fmt.Sprintf(bare, "flags")}},
		{`[{"cpu.cpuid": ["x"]}].all(flags, "x" in flags["cpu.cpuid"])`, []string{"error invalid-cel column 27: " + fmt.Sprintf(bare, "flags")}},
		{`flags[string("cpu.cpuid")].size() > 0`, []string{"error invalid-cel column 1: " + fmt.Sprintf(bare, "flags")}},
		{`(true ? flags : flags)["cpu.cpuid"].size() > 0`, []string{"error invalid-cel column 9: " + fmt.Sprintf(bare, "flags")}},
		// Nothing of time, which reads the machine's files, and no large regular expression.
		{`timestamp("2024-01-01T00:00:00Z").getHours("Europe/Paris") > 1`, []string{"error invalid-cel column 10: undeclared reference to 'timestamp'"}},
		{`duration("1s") == duration("1s")`, []string{"error invalid-cel column 9: undeclared reference to 'duration'"}},
		{`"x".matches("(")`, []string{"error invalid-cel column 13: invalid matches argument"}},
		{`"x".matches("(a{100}){10}")`, []string{"error invalid-cel column 13: regex program size"}},
		{`"` + strings.Repeat("x", 9000) + `" == ""`, []string{"error invalid-cel expression code point size exceeds limit: size: 9008, limit 8192"}},
		{strings.Repeat("[", 300) + strings.Repeat("]", 300) + "==[]", []string{"error invalid-cel "}},
		{strings.Repeat("!(", 3000) + "true" + strings.Repeat(")", 2000), []string{"error invalid-cel "}},
		// Words.
		{`flags["cpuid"].size() > 0`, []string{`error feature-name "cpuid" is no feature's name: write domain.feature, such as kernel.version`}},
		{`flags["Cpu.cpuid"].size() > 0`, []string{`warning feature-case names of features are in lower case: write "cpu.cpuid"`}},
		{`flags["cpu.cpuidd"].size() > 0 && flags["cpu.cpuidd"].size() > 1`, []string{`warning unknown-feature no feature "cpu.cpuidd" is known, so it is empty on every known host; did you mean "cpu.cpuid"?`}},
		{`instances["cpu.cpuid"].size() > 0`, []string{`warning unknown-feature cpu.cpuid has no instances, so instances["cpu.cpuid"] is empty on every known host; it has flags and attributes`}},
		{`attributes["rule.matched"].size() > 0`, nil},
	}
	words := spec.Vocabulary{Features: []spec.FeatureWords{{Name: "cpu.cpuid", Flags: true, Attributes: true}}}
	for _, tt := range tests {
		t.Run(tt.expression[:min(len(tt.expression), 80)], func(t *testing.T) {
			t.Parallel()
			s, err := spec.Decode([]byte(ofCEL(t, tt.expression)))
			if err != nil {
				t.Fatal(err)
			}
			_, findings := validate.Compile(s, validate.Options{Vocabulary: words})
			var got []string
			for _, f := range findings {
				if f.ID == spec.IDNFDIgnores {
					continue
				}
				if f.Path != "compatibilities[0].celRules[0].expression" || f.Line != 10 {
					t.Errorf("it is found at %d: %s", f.Line, f.Path)
				}
				f.Line, f.Path = 0, ""
				got = append(got, string(f.Severity)+" "+string(f.ID)+" "+f.String())
			}
			if !slices.EqualFunc(got, tt.want, strings.HasPrefix) {
				t.Errorf("findings (-want +got):\n%s", cmp.Diff(tt.want, got))
			}
		})
	}
}

// TestCELNeeds: the features that CEL rules read are asked of the host, and no others.
func TestCELNeeds(t *testing.T) {
	t.Parallel()
	p := compile(t, ofCEL(t, `size(flags["Kernel.LoadedModule"]) > 0 || instances["pci.device"].all(d, attributes["rule.matched"].x == d.vendor)`), validate.Options{})
	if diff := cmp.Diff([]string{"cpu.cpuid", "kernel.loadedmodule", "pci.device"}, p.Needs()); diff != "" {
		t.Errorf("needs (-want +got):\n%s", diff)
	}
}

// TestCELDoubtfulVariables: of what a rule may have published a CEL rule knows no more than a rule does.
func TestCELDoubtfulVariables(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string]validate.Outcome{
		`attributes["rule.matched"].sure == "1"`:  validate.Match,
		`has(attributes["rule.matched"].maybe)`:   validate.Unknown,
		`size(attributes["rule.matched"]) == 1`:   validate.Unknown,
		`!has(attributes["rule.matched"].nobody)`: validate.Match,
	} {
		t.Run(expression, func(t *testing.T) {
			t.Parallel()
			set := judge(t, ofRules(`  - vars: {sure: "1"}
    matchFeatures: [{feature: cpu.cpuid, matchExpressions: {AVX: {op: Exists}}}]
  - vars: {maybe: "1"}
    matchFeatures: [{feature: kernel.config, matchExpressions: {A: {op: Exists}}}]
  celRules:
  - {name: c, expression: '`+expression+`'}
`), validate.Options{}).Sets[0]
			if got := set.CELRules[0]; got.Outcome != want {
				t.Errorf("got %s because %q, want %s", got.Outcome, got.Reason, want)
			}
		})
	}
}

// TestHostileCEL: whatever a stranger writes ends soon, in little memory, and as unknown.
//
//nolint:paralleltest // it measures memory
func TestHostileCEL(t *testing.T) {
	tens := "[0,1,2,3,4,5,6,7,8,9]"
	nested := "true"
	for i := range 12 {
		nested = fmt.Sprintf("%s.all(v%d, %s)", tens, i, nested)
	}
	doubling := `["` + strings.Repeat("x", 100) + `"]` + strings.Repeat(`.map(s, s + s)`, 60) + `.all(s, s == "")`
	lists := `[[1,2,3,4,5,6,7,8]]` + strings.Repeat(`.map(l, l + l)`, 60) + `.all(l, l.size() == 1)`
	boxes := `[[1]]` + strings.Repeat(`.map(l, [l, l])`, 100) + `.all(l, l.all(m, m.all(n, n.size() == 2)))`
	grown := `["` + strings.Repeat("a", 1000) + `"]` + strings.Repeat(`.map(s, s + s)`, 2) + `.all(s, ` + tens + `.all(i, ` + tens + `.all(j, ` + tens + `.all(k, !s.matches("^(a?){60}b$")))))`
	sized := `["` + strings.Repeat("a", 1000) + `"]` + strings.Repeat(`.map(s, s + s)`, 8) + `.all(s, ` + tens + `.all(a, ` + tens + `.all(b, ` + tens + `.all(c, ` + tens + `.all(d, size(s) > 1)))))`
	for name, expression := range map[string]string{
		"comparing":    `[[1,2,3,4,5,6,7,8]]` + strings.Repeat(`.map(l, l + l)`, 50) + `.all(l, l == l)`,
		"nested loops": nested, "doubling": doubling, "doubling lists": lists, "boxes": boxes, "regular expression": grown, "size": sized,
	} {
		t.Run(name, func(t *testing.T) {
			p := compile(t, ofCEL(t, expression), validate.Options{})
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			report, err := p.Evaluate(t.Context(), host())
			runtime.ReadMemStats(&after)
			if err != nil {
				t.Fatal(err)
			}
			got := report.Results[0].Sets[0].CELRules[0]
			t.Logf("%s, %d KiB in all", got.Reason, (after.TotalAlloc-before.TotalAlloc)>>10)
			if got.Outcome != validate.Unknown || !strings.Contains(got.Reason, "limit exceeded") {
				t.Errorf("got %s because %q", got.Outcome, got.Reason)
			}
			if grown := after.TotalAlloc - before.TotalAlloc; grown > 256<<20 {
				t.Errorf("it allocated %d MiB in all", grown>>20)
			}
		})
	}
}

// TestCELContext: an evaluation ends with its context.
func TestCELContext(t *testing.T) {
	t.Parallel()
	p := compile(t, ofCEL(t, `true`), validate.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Evaluate(ctx, host()); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// FuzzCEL: no expression makes Compile or Evaluate panic.
func FuzzCEL(f *testing.F) {
	for _, seed := range []string{
		`true`, `"AVX" in flags["cpu.cpuid"]`, `has(attributes["kernel.config"].A)`, `instances["pci.device"].exists_one(d, d.vendor == "10de")`,
		`version("1.2") < version("1.10")`, `"a".matches("b") ? 1 == 1 : [1].map(x, x).size() > 0u`, `{"a": 1}.all(k, k in flags["a.b"])`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, expression string) {
		program, _ := validate.Compile(&spec.Spec{Version: spec.Version, Compatibilities: []spec.Compatibility{{
			Rules: []nfdv1alpha1.GroupRule{{
				Name:          "r",
				MatchFeatures: nfdv1alpha1.FeatureMatcher{{Feature: "cpu.cpuid", MatchName: &nfdv1alpha1.MatchExpression{Op: nfdv1alpha1.MatchExists}}},
			}},
			CELRules: []spec.CELRule{{Name: "c", Expression: expression}},
		}}}, validate.Options{})
		if program == nil {
			return
		}
		if _, err := program.Evaluate(t.Context(), host()); err != nil {
			t.Fatal(err)
		}
	})
}

func TestManyCELRules(t *testing.T) {
	t.Parallel()
	s := &spec.Spec{Version: spec.Version, Compatibilities: []spec.Compatibility{{}}}
	for range 1002 {
		s.Compatibilities[0].CELRules = append(s.Compatibilities[0].CELRules, spec.CELRule{Name: "c", Expression: "true"})
	}
	_, findings := validate.Compile(s, validate.Options{})
	n := 0
	for _, f := range findings {
		if f.ID == spec.IDInvalidCEL {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d findings of too many rules, want 1", n)
	}
}
