package parity

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"
)

// An asker makes rules about features that it has seen, so that many of them match.
type asker struct {
	generator
	seen *nfdv1alpha1.Features
}

func (g asker) rule(i int) nfdv1alpha1.GroupRule {
	r := nfdv1alpha1.GroupRule{Name: fmt.Sprintf("rule %d", i)}
	if g.chance(50) {
		name := pick(g.generator, elements())
		r.Vars = map[string]string{name: g.valueOf(name)}
	}
	if g.chance(12) {
		r.VarsTemplate = pick(g.generator, templates())
	}
	if g.chance(75) {
		r.MatchFeatures = g.matcher(2)
	}
	if len(r.MatchFeatures) == 0 || g.chance(25) {
		for range 1 + g.IntN(3) {
			r.MatchAny = append(r.MatchAny, nfdv1alpha1.MatchAnyElem{MatchFeatures: g.matcher(2)})
		}
	}
	if r.VarsTemplate != "" && g.chance(40) { // whose case its template sees in NFD
		for term := range terms(&r) {
			term.Feature = strings.ToUpper(term.Feature[:1]) + term.Feature[1:]
		}
	}
	return r
}

// templates stay within what both sides offer. Most take any feature, for NFD stops at one that is not there.
func templates() []string {
	const each = "{{ range $domain, $features := . }}{{ range $name, $elements := $features }}{{ range $i, $e := $elements }}"
	const done = "{{ end }}{{ end }}{{ end }}"
	return []string{
		each + "{{ range $k, $v := $e }}{{ $domain }}.{{ $name }}.{{ $i }}.{{ $k }}={{ $v | trim }}\n{{ end }}" + done,
		each + "{{ with index $e \"Name\" }}{{ . }}={{ index $e \"Value\" | trim }}\n{{ end }}" + done,
		"all={{ . | toString | nospace }}\na={{ len . }}",
		each + "{{ printf \"%s-%v\" $name $i | upper }}={{ join \",\" (list (len $e) $domain) | quote }}\n" + done,
		each + "{{ range list \"a\" \"b\" \"AVX\" \"full\" \"major\" }}{{ if eq $domain (lower $domain) }}{{ . }}=5\n{{ end }}{{ end }}" + done,
		each + "b={{ if hasPrefix \"k\" $domain }}{{ $name | trunc 3 }}{{ else }}{{ add $i 1 | mul 2 }}{{ end }}\n" + done,
		"tpl=1",
		"a=1\nb=2",
		"{{ range .cpu.cpuid }}{{ .Name }}=present\n{{ end }}",
		"count={{ len .pci.device }}",
		"{{ range .kernel.config }}{{ .Name }}={{ .Value }}\n{{ end }}",
	}
}

func (g asker) matcher(most int) nfdv1alpha1.FeatureMatcher {
	m := make(nfdv1alpha1.FeatureMatcher, 1+g.IntN(most))
	for i := range m {
		m[i] = g.term()
	}
	if len(m) > 1 && g.chance(15) { // several terms on one feature
		m[1].Feature = m[0].Feature
	}
	return m
}

func (g asker) term() nfdv1alpha1.FeatureMatcherTerm {
	feature := pick(g.generator, shapes()).name
	switch {
	case g.chance(20):
		feature = "rule.matched"
	case g.chance(2):
		feature = "nobody.knows"
	}
	term := nfdv1alpha1.FeatureMatcherTerm{Feature: feature}
	if g.chance(5) {
		term.Feature = strings.ToUpper(feature[:1]) + feature[1:]
	}
	elements := g.elementsOf(feature)
	if g.chance(75) {
		set := nfdv1alpha1.MatchExpressionSet{}
		for range 1 + g.IntN(2) {
			name := pick(g.generator, slices.Sorted(maps.Keys(elements)))
			set[name] = g.likely(elements[name])
		}
		term.MatchExpressions = &set
	}
	if term.MatchExpressions == nil || g.chance(15) {
		term.MatchName = g.expression(pick(g.generator, slices.Sorted(maps.Keys(elements))))
		if comparison(term.MatchName.Op) && g.chance(80) { // names are seldom numbers, and NFD stops at one that is none
			term.MatchName = &nfdv1alpha1.MatchExpression{Op: nfdv1alpha1.MatchInRegexp, Value: []string{pick(g.generator, regexps())}}
		}
	}
	return term
}

// elementsOf returns names for a term on a feature, with the value that each has: those of the feature, those of one
// of its instances, and a few more.
func (g asker) elementsOf(feature string) map[string]string {
	found := map[string]string{}
	for name := range g.seen.Flags[feature].Elements {
		found[name] = ""
	}
	maps.Copy(found, g.seen.Attributes[feature].Elements)
	if instances := g.seen.Instances[feature].Elements; len(instances) > 0 {
		maps.Copy(found, pick(g.generator, instances).Attributes)
	}
	for len(found) == 0 || g.chance(30) {
		name := pick(g.generator, elements())
		found[name] = g.valueOf(name)
	}
	return found
}

// likely asks for something of a value that is mostly true of it, for a rule is true only if all its parts are.
func (g asker) likely(value string) *nfdv1alpha1.MatchExpression {
	e := g.expression(value)
	for range 3 {
		if isTrue, err := nfdExpression(e, value); g.chance(20) || err == nil && isTrue {
			break
		}
		e = g.expression(value)
	}
	return e
}

// expression asks for something of a value, which is often the one given.
func (g asker) expression(value string) *nfdv1alpha1.MatchExpression {
	e := &nfdv1alpha1.MatchExpression{Op: pick(g.generator, []nfdv1alpha1.MatchOp{
		nfdv1alpha1.MatchIn, nfdv1alpha1.MatchNotIn, nfdv1alpha1.MatchInRegexp, nfdv1alpha1.MatchExists, nfdv1alpha1.MatchExists,
		nfdv1alpha1.MatchDoesNotExist, nfdv1alpha1.MatchGt, nfdv1alpha1.MatchGe, nfdv1alpha1.MatchLt, nfdv1alpha1.MatchLe,
		nfdv1alpha1.MatchGtLt, nfdv1alpha1.MatchGeLe, nfdv1alpha1.MatchIsTrue, nfdv1alpha1.MatchIsFalse,
	})}
	switch {
	case comparison(e.Op):
		g.bounds(e, value)
	case e.Op == nfdv1alpha1.MatchIn || e.Op == nfdv1alpha1.MatchNotIn:
		e.Value = []string{value}
		for g.chance(50) {
			e.Value = append(e.Value, g.value(), pick(g.generator, elements()))
		}
		if g.chance(30) {
			e.Value = e.Value[1:]
		}
		if len(e.Value) == 0 {
			e.Value = []string{"a"}
		}
	case e.Op == nfdv1alpha1.MatchInRegexp:
		for range 1 + g.IntN(2) {
			e.Value = append(e.Value, pick(g.generator, regexps()))
		}
	}
	return e
}

// bounds gives a comparison its operands, of the type that the value probably has, and mostly in order.
func (g asker) bounds(e *nfdv1alpha1.MatchExpression, value string) {
	operand := func() string {
		if g.chance(2) {
			return pick(g.generator, values())
		}
		return fmt.Sprint(g.IntN(12))
	}
	if _, err := strconv.Atoi(value); err != nil || g.chance(15) {
		e.Type = nfdv1alpha1.TypeVersion
		operand = func() string {
			if g.chance(90) {
				return fmt.Sprintf("%d.%d", g.IntN(8), g.IntN(20))
			}
			return g.version()
		}
	}
	if g.chance(10) {
		e.Value = append(e.Value, value)
	} else {
		e.Value = append(e.Value, operand())
	}
	if e.Op != nfdv1alpha1.MatchGtLt && e.Op != nfdv1alpha1.MatchGeLe {
		return
	}
	e.Value = append(e.Value, operand())
	if g.chance(95) {
		slices.SortFunc(e.Value, func(a, b string) int {
			return cmp.Or(cmp.Compare(leading(a), leading(b)), cmp.Compare(len(a), len(b)))
		})
	}
}

// leading is the number that a text begins with.
func leading(text string) int {
	digits, _, _ := strings.Cut(strings.TrimPrefix(text, "v"), ".")
	n, _ := strconv.Atoi(digits)
	return n
}

// comparison tells whether an operator compares numbers or versions.
func comparison(op nfdv1alpha1.MatchOp) bool {
	switch op {
	case nfdv1alpha1.MatchGt, nfdv1alpha1.MatchGe, nfdv1alpha1.MatchLt, nfdv1alpha1.MatchLe, nfdv1alpha1.MatchGtLt, nfdv1alpha1.MatchGeLe:
		return true
	default:
		return false
	}
}
