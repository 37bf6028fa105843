package render

import (
	"fmt"
	"strings"

	"github.com/nfd-compat/nfd-compat/pkg/features"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// summary writes what one has to know of a result, but for its last line: what was judged, in a line each, and either the
// set that was chosen or all that is missing.
func (p *printer) summary(r *validate.Result) {
	if i := r.Image; i != nil {
		p.labelled("image", join(i.Reference, i.Platform, shortDigest(i.Digest)))
		p.caveats(r)
		p.uses(r.Image.UsedBy)
	}
	if a := r.Artifact; a != nil {
		created := a.Created
		if created != "" {
			created = "created " + created
		}
		p.labelled("artifact", join(shortDigest(a.Digest), created))
	}
	p.origin(r)
	if r.Verdict == validate.Compatible {
		p.chosen(r)
		return
	}
	p.missing(r, p.gap)
}

// shortDigest is a digest by its first characters, as people compare them.
func shortDigest(digest string) string {
	const most = len("sha256:") + 12
	return shorten(digest, most)
}

// node tells which host was judged.
func (p *printer) node(n *features.Node) {
	platform := strings.Trim(n.OS+"/"+n.Architecture, "/")
	kernel := n.Kernel
	if kernel != "" {
		kernel = "kernel " + kernel
	}
	if host := join(n.Name, platform, kernel); host != "" {
		p.labelled("host", host)
	}
}

// chosen tells what the author says of the set that was chosen, and which of more weight were not, for they are why the
// image may run less well than it could.
func (p *printer) chosen(r *validate.Result) {
	for i := range r.Sets {
		if s := &r.Sets[i]; r.Best != nil && s.Index == r.Best.Index && s.Description != "" {
			p.labelled("set", bareName(s)+": "+Clean(shorten(s.Description, longText)))
		}
	}
	const most = 3
	better, label := passedOver(r), "not"
	for _, s := range better[:min(len(better), most)] {
		p.labelled(label, bareName(s)+": "+p.word(string(s.Verdict)))
		label = ""
	}
	if more := len(better) - most; more > 0 {
		p.labelled("", fmt.Sprintf("and %d more", more))
	}
}

// bareName names a set where a label says that it is one.
func bareName(s *validate.SetResult) string { return strings.TrimPrefix(setName(s), "set ") }

// missing writes the sets that do not hold, with the rules and expressions that do not; then, in a line each, those that
// do. Before each set that does not hold it makes a gap.
func (p *printer) missing(r *validate.Result, gap func()) {
	first := true
	for i := range r.Sets {
		if s := &r.Sets[i]; s.Verdict != validate.Compatible {
			gap()
			p.lacking(s)
		}
	}
	for i := range r.Sets {
		if s := &r.Sets[i]; s.Verdict == validate.Compatible {
			if first {
				gap()
				first = false
			}
			p.line(0, setName(s)+": "+p.word(string(s.Verdict)))
		}
	}
}

// lacking writes a set, and of its rules those that do not match.
func (p *printer) lacking(s *validate.SetResult) {
	p.setHead(s)
	for i := range s.Rules {
		if r := &s.Rules[i]; r.Outcome != validate.Match {
			p.failing(r)
		}
	}
	for i := range s.CELRules {
		if r := &s.CELRules[i]; r.Outcome != validate.Match {
			p.celRule(r)
		}
	}
}

// failing writes a rule that does not match, with the expressions that do not.
func (p *printer) failing(r *validate.RuleResult) {
	if satisfied(r.MatchFeatures) && anySatisfied(r.MatchAny) {
		p.rule(r) // a reader is to see for himself
		return
	}
	p.line(2, p.mark(r.Outcome)+" rule "+quoteName(r.Name))
	p.expressions(6, r.MatchFeatures, false)
	if !anySatisfied(r.MatchAny) {
		p.alternatives(r.MatchAny, false)
	}
}
