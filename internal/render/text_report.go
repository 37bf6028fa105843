package render

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// many writes several results: all of each if that is asked for, or else a line of each, and what is missing below it.
func (p *printer) many(report *validate.Report) {
	titles, cautions := newTitler(report), newCautioner(report)
	if p.opts.Detail != Full {
		p.common(report, titles)
	}
	for i := range report.Results {
		r := &report.Results[i]
		if p.opts.Detail == Full {
			p.gap()
			if titles.numbers[r] > 0 { // what stands below does not tell which of the hosts it is
				p.line(0, titles.of(r))
			}
			p.result(r)
			continue
		}
		p.line(0, p.sign(r)+" "+titles.of(r)+": "+p.word(r.Word())+": "+reasonOf(r))
		p.base = 4
		for _, line := range cautions.of(r) {
			p.line(0, line)
		}
		if r.Verdict != validate.Compatible {
			p.usedBy(r)
			p.missing(r, func() {})
		}
		p.base = 0
	}
}

// common tells what all results are of: the host, if it is one, and what is not the hosts' own.
func (p *printer) common(report *validate.Report, titles titler) {
	hosts := slices.IndexFunc(report.Results, func(r validate.Result) bool { return r.Node != nil })
	if hosts >= 0 && !titles.hosts {
		p.node(report.Results[hosts].Node)
	}
	p.whatIf(report.CommonOverrides())
	p.gap()
}

// result writes a result, with all that there is to tell if that is asked for.
func (p *printer) result(r *validate.Result) {
	if p.opts.Detail == Full {
		p.subject(r)
		for i := range r.Sets {
			p.gap()
			p.set(&r.Sets[i])
		}
	} else {
		p.summary(r)
	}
	p.gap()
	p.last(r)
}

// subject tells what was judged: the image, its artifact, the host.
func (p *printer) subject(r *validate.Result) {
	if i := r.Image; i != nil {
		p.labelled("image", join(i.Reference, i.Platform))
		if i.Digest != "" {
			p.labelled("", Clean(i.Digest))
		}
		p.caveats(r)
		p.uses(r.Image.UsedBy)
	}
	if a := r.Artifact; a != nil {
		p.labelled("artifact", Clean(a.Digest))
		about := []string{"found by " + via(a.Via)}
		if a.Created != "" {
			about = append(about, "created "+a.Created)
		}
		if n := len(a.PassedOver); n > 0 {
			about = append(about, fmt.Sprintf("%d older passed over", n))
		}
		p.labelled("", Clean(strings.Join(about, ", ")))
		if r.Image != nil && a.Subject != r.Image.Digest {
			p.labelled("", "attached to "+Clean(a.Subject))
		}
	}
	p.origin(r)
}

// uses tells which containers of manifests run an image.
func (p *printer) uses(by []string) {
	const most = 3
	label := "used by"
	for _, use := range by[:min(len(by), most)] {
		p.labelled(label, Clean(shorten(use, longText)))
		label = ""
	}
	if more := len(by) - most; more > 0 {
		p.labelled("", fmt.Sprintf("and %d more", more))
	}
}

// usedBy tells which containers run an image, on one line.
func (p *printer) usedBy(r *validate.Result) {
	if by := usersOf(r); by != "" {
		p.line(0, "used by "+by)
	}
}

// usersOf names the containers of manifests that run an image, the first of them if they are many; empty if there are none.
func usersOf(r *validate.Result) string {
	if r.Image == nil || len(r.Image.UsedBy) == 0 {
		return ""
	}
	const most = 3
	by := slices.Clone(r.Image.UsedBy[:min(len(r.Image.UsedBy), most)])
	if more := len(r.Image.UsedBy) - most; more > 0 {
		by = append(by, fmt.Sprintf("and %d more", more))
	}
	return Clean(shorten(strings.Join(by, "; "), longText))
}

// caveats tell what makes it less certain that an image's newest artifact was judged.
func (p *printer) caveats(r *validate.Result) {
	for _, line := range ageOf(r) {
		p.labelled("", line)
	}
}

// origin tells where a spec comes from that nobody attached, and which host was judged.
func (p *printer) origin(r *validate.Result) {
	if from := inferredFrom(r); from != "" {
		p.labelled("spec", from)
	}
	if r.Node != nil {
		p.node(r.Node)
	}
	p.whatIf(r.Overrides)
}

// join puts what there is of some texts on one line.
func join(parts ...string) string {
	short := make([]string, len(parts))
	for i, part := range parts {
		short[i] = Clean(shorten(part, shortText))
	}
	return listed(", ", short...)
}

// listed lists what is not empty.
func listed(separator string, parts ...string) string {
	return strings.Join(slices.DeleteFunc(slices.Clone(parts), func(part string) bool { return part == "" }), separator)
}

// via says in words how an artifact was found.
func via(how string) string {
	switch how {
	case "referrers-api":
		return "the referrers API"
	case "referrers-tag":
		return "the referrers tag"
	case "oci-layout":
		return "the OCI layout's index"
	case "oci-archive":
		return "the index of the OCI archive"
	case "digest":
		return "its digest"
	}
	return how
}

func (p *printer) set(s *validate.SetResult) {
	p.setHead(s)
	for i := range s.Rules {
		p.rule(&s.Rules[i])
	}
	for i := range s.CELRules {
		p.celRule(&s.CELRules[i])
	}
}

// setHead writes the line of a set, and what its author says of it.
func (p *printer) setHead(s *validate.SetResult) {
	p.line(0, setName(s)+": "+p.word(string(s.Verdict)))
	if s.Description != "" {
		indent := p.base + 2
		p.wrapped(strings.Repeat(" ", indent), indent, Clean(shorten(s.Description, longText)))
	}
}

func (p *printer) celRule(r *validate.CELRuleResult) {
	p.line(2, marked(p.mark(r.Outcome), "CEL rule "+quoteName(r.Name), shorten(r.Reason, longText)))
}

func (p *printer) rule(r *validate.RuleResult) {
	p.line(2, p.mark(r.Outcome)+" rule "+quoteName(r.Name))
	p.expressions(6, r.MatchFeatures, true)
	p.alternatives(r.MatchAny, true)
}

// alternatives writes the alternatives of a rule: of each all expressions, or those that do not match.
func (p *printer) alternatives(alternatives [][]validate.ExpressionResult, all bool) {
	for i, alternative := range alternatives {
		which := "either"
		if i > 0 {
			which = "or"
		}
		p.line(6, which)
		p.expressions(8, alternative, all)
	}
}

// expressions writes the expressions of a rule, all of them or those that do not match. Below a term stands the instance
// that came closest.
func (p *printer) expressions(indent int, expressions []validate.ExpressionResult, all bool) {
	written := false
	for i := range expressions {
		e := &expressions[i]
		if all || e.Outcome != validate.Match {
			p.line(indent, marked(p.mark(e.Outcome), wanted(e), outcomeText(e)))
			written = true
		}
		if last := i == len(expressions)-1 || expressions[i+1].Term != e.Term; last && written {
			p.instance(indent+4, e)
			written = false
		}
	}
}

// instance shows the instance that came closest, once for all expressions of a term.
func (p *printer) instance(indent int, e *validate.ExpressionResult) {
	if closest := closestInstance(e); closest != "" {
		p.line(indent, closest)
	}
}

// closestInstance tells of the instance that came closest; it is empty if there is none.
func closestInstance(e *validate.ExpressionResult) string {
	if e.Instances == nil || len(e.Instance) == 0 || e.Matcher != validate.MatchExpressions {
		return ""
	}
	var attributes []string
	for _, name := range slices.Sorted(maps.Keys(e.Instance)) {
		attributes = append(attributes, Clean(shorten(name+"="+e.Instance[name], shortText)))
	}
	return fmt.Sprintf("the closest of %d: %s", *e.Instances, strings.Join(attributes, " "))
}

// wanted says what an expression asks for, in the words of the spec.
func wanted(e *validate.ExpressionResult) string {
	words := []string{e.Feature, e.Element, string(e.Op)}
	if e.Matcher == validate.MatchName {
		words[1] = "(any name)"
	}
	const most = 8
	values := e.Value
	if len(values) > most {
		values = append(slices.Clone(values[:most]), fmt.Sprintf("… (%d in all)", len(e.Value)))
	}
	words = append(words, strings.Join(values, ", "))
	if e.Type != "" {
		words = append(words, "("+string(e.Type)+")")
	}
	words = slices.DeleteFunc(words, func(w string) bool { return w == "" })
	return Clean(shorten(strings.Join(words, " "), longText))
}

// outcomeText says what was observed, or why it does not match, and then what was observed if the reason does not say it.
func outcomeText(e *validate.ExpressionResult) string {
	observed := observedText(e)
	if e.Outcome == validate.Match {
		return observed
	}
	reason := Clean(shorten(e.Reason, longText))
	if observed == "" || len(e.Instance) > 0 || mentions(e.Reason, *e.Observed) {
		return reason
	}
	return reason + "; observed " + observed
}

// observedText is what was observed; it is empty where there is nothing to tell.
func observedText(e *validate.ExpressionResult) string {
	if e.Observed == nil || *e.Observed == "present" {
		return ""
	}
	return Clean(shorten(*e.Observed, shortText))
}

// mentions tells whether a sentence has a value in it, or the beginning of a long one.
func mentions(sentence, value string) bool {
	const beginning = 40
	value = value[:min(len(value), beginning)]
	part := func(c byte) bool {
		return c == '.' || c == '_' || c == '-' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
	}
	for at := 0; ; at++ {
		i := strings.Index(sentence[at:], value)
		if i < 0 || value == "" {
			return false
		}
		at += i
		end := at + len(value)
		if (at == 0 || !part(sentence[at-1])) && (len(value) == beginning || end == len(sentence) || !part(sentence[end])) {
			return true
		}
	}
}

// marked puts a sign before a text, and what there is to say of it after it.
func marked(mark, what, more string) string {
	if more == "" {
		return mark + " " + what
	}
	return mark + " " + what + ": " + Clean(more)
}

func quoteName(name string) string {
	if name == "" {
		return "(no name)"
	}
	return Clean(shorten(name, shortText))
}
