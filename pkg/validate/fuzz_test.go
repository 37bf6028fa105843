package validate_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"

	"github.com/nfd-compat/nfd-compat/pkg/features"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// seeds returns the texts of the files that match one of the patterns.
func seeds(f *testing.F, patterns ...string) (texts [][]byte) {
	f.Helper()
	for _, pattern := range patterns {
		paths, err := filepath.Glob(pattern)
		if err != nil || len(paths) == 0 {
			f.Fatalf("%s: %d files, %v", pattern, len(paths), err)
		}
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			texts = append(texts, text)
		}
	}
	return texts
}

// FuzzCompile: whatever is decoded is compiled, or there is an error among the findings, each of which has a place.
func FuzzCompile(f *testing.F) {
	for i, text := range seeds(f, filepath.Join(corpus, "*.yaml"), filepath.Join(corpus, "wrong", "*.yaml")) {
		f.Add(text, "", i%2 == 0)
	}
	for _, rule := range seedRules() {
		f.Add([]byte(ofRules(rule)), "", true)
	}
	f.Add([]byte("version: v1alpha1\ncompatibilities: [{tag: a, rules: []}]"), "b", true)
	words := catalogueWords()
	worst := &figures{}
	f.Fuzz(func(t *testing.T, text []byte, tag string, known bool) {
		docs, err := spec.DecodeDocuments(text)
		if err != nil {
			return
		}
		var opts validate.Options
		if tag != "" {
			opts.Tags, opts.Require = []string{tag}, validate.RequireAll
		}
		if known {
			opts.Vocabulary = words
		}
		for _, doc := range docs {
			worst.isCompiled(t, doc, opts)
		}
	})
}

// isCompiled compiles a spec and looks at what is said of it. It returns nil if that is an error.
func (f *figures) isCompiled(t *testing.T, s *spec.Spec, opts validate.Options) *validate.Program {
	t.Helper()
	program, findings := f.compiled(t, s, opts)
	if (program == nil) == (spec.Errors(findings) == nil) {
		t.Errorf("program %v, and the errors %v", program != nil, spec.Errors(findings))
	}
	size := 0
	for _, finding := range findings {
		size += len(finding.String())
	}
	const most = 4 << 20
	if size > most {
		t.Errorf("%d findings have %d bytes", len(findings), size)
	}
	if program != nil {
		program.Needs()
	}
	return program
}

// seedRules are rules that reach every part of an evaluation.
func seedRules() []string {
	return []string{
		"  - {name: r, varsTemplate: '{{ range .cpu.cpuid }}{{ .Name | lower }}={{ len .Name }}\n\n{{ end }}', matchFeatures: [{feature: cpu.cpuid, matchName: {op: InRegexp, value: ['^AVX(2|512)?', 'x\\b']}}]}\n" +
			"  - {name: s, matchFeatures: [{feature: rule.matched, matchExpressions: {avx: {op: Ge, value: ['3']}}}]}\n",
		"  - {name: r, varsTemplate: 'x={{ regexReplaceAll \"a(b)\" \"ab\" \"$1\" }}{{ dict \"a\" 1 | toJson }}', matchAny: [{matchFeatures: [{feature: pci.device, matchExpressions: {vendor: {op: In, value: ['8086']}, class: {op: GtLt, value: ['1', '9999']}}}]}]}\n",
		"  - {name: r, vars: {a: b}, matchFeatures: [{feature: kernel.version, matchExpressions: {full: {op: GeLe, value: ['5.1', 6.6.1], type: version}, major: {op: IsTrue}}}]}\n",
		"  - {name: r, matchFeatures: [{feature: cpu.cpuid, matchName: {op: Exists}}]}\n  celRules:\n" +
			"  - {name: c, expression: 'instances[\"pci.device\"].filter(d, d.vendor == \"10de\").size() >= 4 || version(attributes[\"kernel.version\"].full) > version(\"5\")'}\n" +
			"  - {name: d, expression: 'flags[\"cpu.cpuid\"].exists(f, f.matches(\"^AVX\") && int(f.substring(3)) > 1) ? true : attributes[\"kernel.config\"].all(k, k != \"A\")'}\n",
	}
}

// FuzzEvaluate: what is compiled judges whatever features are read, under the demands of figures.isBounded. Of a spec or features
// without a text they are made of the bytes of choices, so that most rules are about what there is.
func FuzzEvaluate(f *testing.F) {
	trees := seeds(f, "../features/testdata/*.json")
	for i, text := range seeds(f, filepath.Join(corpus, "*.yaml")) {
		f.Add(text, trees[i%len(trees)], []byte{})
		f.Add(text, []byte{}, bytes.Repeat([]byte{byte(i), 1, 2, 3, 5, 8, 13}, 20))
	}
	for i, rule := range seedRules() {
		f.Add([]byte(ofRules(rule)), trees[i%len(trees)], []byte{})
	}
	for i := range 32 {
		choices := make([]byte, 100+10*i)
		for j := range choices {
			choices[j] = byte(j*j*(i+1) + j*7 + i)
		}
		f.Add([]byte{}, []byte{}, choices)
		f.Add([]byte{}, trees[i%len(trees)], choices)
	}
	worst := &figures{}
	f.Fuzz(func(t *testing.T, text, tree, choices []byte) {
		from := &chooser{choices}
		var docs []*spec.Spec
		var err error
		if len(text) == 0 {
			docs = []*spec.Spec{from.spec()}
		} else if docs, err = spec.DecodeDocuments(text); err != nil {
			return
		}
		var host *features.Set
		if len(tree) == 0 {
			host = from.host()
		} else if host, err = features.Read(bytes.NewReader(tree)); err != nil {
			return
		}
		opts := validate.Options{}
		if from.oneIn(3) {
			opts.Require = validate.RequireAll
		}
		for _, doc := range docs {
			if program := worst.isCompiled(t, doc, opts); program != nil {
				worst.isBounded(t, program, host)
			}
		}
	})
}

// A chooser makes things of bytes, each of which chooses among a few.
type chooser struct{ bytes []byte }

func (c *chooser) number(below int) int {
	if len(c.bytes) == 0 {
		return 0
	}
	n := int(c.bytes[0]) % below
	c.bytes = c.bytes[1:]
	return n
}

func (c *chooser) oneIn(n int) bool { return len(c.bytes) > 0 && c.number(n) == n-1 }

func (c *chooser) word(words string) string {
	all := strings.Split(words, " ")
	return all[c.number(len(all))]
}

// The words are few, so that what is asked for is often there. A word can be empty.
func (c *chooser) feature() string {
	return c.word("cpu.cpuid pci.device kernel.version a.b both.kinds rule.matched no.such")
}
func (c *chooser) element() string { return c.word("a b AVX vendor full missing Name é") }
func (c *chooser) value() string {
	return c.word("1 2 a  true false 5.14.0-427.el9 v1.2 -7 99999999999999999999 \x00\xff <&> aaaaaaaaaaaaaaaaaaaaaaaaaaaa AVX é")
}

func (c *chooser) pattern() string {
	return c.word(`a ^AV .* (a|b)*$ \d+ [^a] (?i)avx a\b (a*)*c \pL{2} x{9}`)
}

func (c *chooser) values(of func() string) (all []string) {
	for range c.number(4) {
		all = append(all, of())
	}
	return all
}

func (c *chooser) expression() *nfdv1alpha1.MatchExpression {
	e := &nfdv1alpha1.MatchExpression{Op: nfdv1alpha1.MatchOp(spec.Operators()[c.number(len(spec.Operators()))])}
	switch e.Op {
	case nfdv1alpha1.MatchExists, nfdv1alpha1.MatchDoesNotExist, nfdv1alpha1.MatchIsTrue, nfdv1alpha1.MatchIsFalse:
	case nfdv1alpha1.MatchIn, nfdv1alpha1.MatchNotIn:
		e.Value = append(c.values(c.value), c.value())
	case nfdv1alpha1.MatchInRegexp:
		e.Value = append(c.values(c.pattern), c.pattern())
	case nfdv1alpha1.MatchGtLt, nfdv1alpha1.MatchGeLe:
		e.Value = []string{c.word("-9 0 1"), c.word("2 7 99")}
		e.Type = nfdv1alpha1.ValueType(c.word(" version"))
	default:
		e.Value = []string{c.word("1 2 5 -3")}
		e.Type = nfdv1alpha1.ValueType(c.word(" version"))
	}
	return e
}

func (c *chooser) matcher() (m nfdv1alpha1.FeatureMatcher) {
	for range 1 + c.number(3) {
		term := nfdv1alpha1.FeatureMatcherTerm{Feature: c.feature()}
		set := nfdv1alpha1.MatchExpressionSet{}
		for range c.number(4) {
			set[c.element()] = c.expression()
		}
		if len(set) > 0 {
			term.MatchExpressions = &set
		}
		if len(set) == 0 || c.oneIn(3) {
			term.MatchName = c.expression()
		}
		m = append(m, term)
	}
	return m
}

func (c *chooser) template() string {
	domain, name, _ := strings.Cut(c.feature(), ".")
	of := "." + domain + "." + name
	call := c.word("lower|quote trunc|3 title|print b64enc|b64dec splitList|\"a\" regexFindAll|\"a*\" sha1sum|len")
	function, arg, _ := strings.Cut(call, "|")
	return fmt.Sprintf("{{ range $i, $e := %s }}{{ $e.%s | %s }}=%s{{ with index $e \"Value\" }}{{ . | %s %s }}{{ end }}\n{{ end }}",
		of, c.word("Name vendor a"), c.word("lower print urlquery"), c.value(), function, c.word(" "+arg))
}

func (c *chooser) cel(depth int) string {
	name := c.feature()
	if depth > 3 {
		return c.word("true false 1==1")
	}
	switch c.number(9) {
	case 0:
		return "(" + c.cel(depth+1) + c.word("&& || == !=") + c.cel(depth+1) + ")"
	case 1:
		return "!" + c.cel(depth+1)
	case 2:
		return fmt.Sprintf("%q in flags[%q]", c.element(), name)
	case 3:
		return fmt.Sprintf("has(attributes[%q].%s)", name, c.word("a b full major"))
	case 4:
		return fmt.Sprintf("attributes[%q].%s(k, int(attributes[%q][k]) %s 5)", name, c.word("all exists exists_one"), name, c.word("> == <="))
	case 5:
		return fmt.Sprintf("instances[%q].%s(d, d.vendor %s %q || %s)", name, c.word("all exists exists_one"), c.word("== != <"), "8086", c.cel(depth+1))
	case 6:
		return fmt.Sprintf("version(attributes[%q].%s) >= version(%q)", name, c.word("a full"), c.word("1.2 5.14 v"))
	case 7:
		return fmt.Sprintf("flags[%q].map(f, f + f).filter(f, f.matches(%q)).size() > %d", name, c.pattern(), c.number(4))
	default:
		return fmt.Sprintf("attributes[%q].%s.matches(%q)", name, c.word("a full"), c.pattern())
	}
}

// spec makes a spec, one in most cases that has no error.
func (c *chooser) spec() *spec.Spec {
	s := &spec.Spec{Version: spec.Version}
	for range 1 + c.number(3) {
		set := spec.Compatibility{Tag: c.word(" a b"), Weight: c.number(3)}
		for i := range 1 + c.number(4) {
			rule := nfdv1alpha1.GroupRule{Name: fmt.Sprintf("r%d", i), MatchFeatures: c.matcher()}
			if c.oneIn(2) {
				rule.Vars = map[string]string{c.element(): c.value(), "b": "2"}
			}
			if c.oneIn(2) {
				rule.VarsTemplate = c.template()
			}
			for range c.number(3) {
				rule.MatchAny = append(rule.MatchAny, nfdv1alpha1.MatchAnyElem{MatchFeatures: c.matcher()})
			}
			set.Rules = append(set.Rules, rule)
		}
		for i := range c.number(3) {
			set.CELRules = append(set.CELRules, spec.CELRule{Name: fmt.Sprintf("c%d", i), Expression: c.cel(0), Message: c.word(" no")})
		}
		s.Compatibilities = append(s.Compatibilities, set)
	}
	return s
}

// host makes features under the words that rules ask for.
func (c *chooser) host() *features.Set {
	set := &features.Set{Statuses: map[string]features.Status{}, Features: *nfdv1alpha1.NewFeatures()}
	elements := func() map[string]string {
		all := map[string]string{}
		for range c.number(6) {
			all[c.element()] = c.value()
		}
		return all
	}
	for _, name := range []string{"cpu.cpuid", "pci.device", "kernel.version", "a.b", "both.kinds", "rule.matched"} {
		kinds := c.number(8)
		if kinds&1 != 0 {
			var names []string
			for name := range elements() {
				names = append(names, name)
			}
			set.Features.Flags[name] = nfdv1alpha1.NewFlagFeatures(names...)
		}
		if kinds&2 != 0 {
			set.Features.Attributes[name] = nfdv1alpha1.NewAttributeFeatures(elements())
		}
		if kinds&4 != 0 {
			var all []nfdv1alpha1.InstanceFeature
			for range c.number(5) {
				all = append(all, *nfdv1alpha1.NewInstanceFeature(elements()))
			}
			set.Features.Instances[name] = nfdv1alpha1.NewInstanceFeatures(all...)
		}
		if c.oneIn(3) {
			state := features.State(c.word("absent incomplete unreadable unsupported undefined"))
			set.Statuses[name] = features.Status{State: state, Reasons: c.values(c.value)}
		}
	}
	return set
}
