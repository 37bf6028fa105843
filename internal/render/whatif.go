package render

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nfd-compat/nfd-compat/pkg/features"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// whatIf tells what was judged that is not the host's own, so that nobody takes the verdict for one on the host.
func (p *printer) whatIf(overrides []features.Override) {
	for i, o := range overrides {
		label := ""
		if i == 0 {
			label = "what if"
		}
		p.labelled(label, overridden(o))
	}
}

// overridden tells of one feature what is not the host's own.
func overridden(o features.Override) string { return Clean(shorten(o.String(), longText)) }

// overriddenLines are the first of many such, so many at most, and how many more there are.
func overriddenLines(overrides []features.Override, most int) []string {
	var lines []string
	for _, o := range overrides[:min(len(overrides), most)] {
		lines = append(lines, overridden(o))
	}
	if more := len(overrides) - most; more > 0 {
		lines = append(lines, "and "+counted(more, "more feature"))
	}
	return lines
}

// supposed stands behind a verdict that is not on the host as it is, and is empty behind any other.
func supposed(results ...validate.Result) string {
	return supposedIf(slices.ContainsFunc(results, func(r validate.Result) bool { return len(r.Overrides) > 0 }))
}

func supposedIf(whatIf bool) string {
	if whatIf {
		return " (what if)"
	}
	return ""
}

// A cautioner tells of results what makes their verdicts less, or other ones, than they look.
type cautioner struct{ whatIf bool }

// newCautioner looks whether each result has to tell itself what is not its host's own.
func newCautioner(report *validate.Report) cautioner {
	return cautioner{whatIf: report.CommonOverrides() == nil}
}

// of are the caveats of a result, a line each.
func (c cautioner) of(r *validate.Result) []string {
	lines := ageOf(r)
	if from := inferredFrom(r); from != "" {
		lines = append(lines, "spec: "+from)
	}
	if c.whatIf {
		const most = 3
		for _, line := range overriddenLines(r.Overrides, most) {
			lines = append(lines, "what if: "+line)
		}
	}
	return lines
}

// ageOf tells what makes it less certain that an image's newest artifact was judged.
func ageOf(r *validate.Result) []string {
	if r.Image == nil {
		return nil
	}
	var lines []string
	if r.Image.CachedAt != "" {
		lines = append(lines, Clean("from the cache, as of "+shorten(r.Image.CachedAt, shortText)))
	}
	if n := r.Image.Unexamined; n > 0 && r.Artifact != nil { // else the reason says so
		lines = append(lines, fmt.Sprintf("%d of its referrers were not looked at", n))
	}
	return lines
}

// inferredFrom tells where a spec comes from that nobody attached; it is empty if somebody did.
func inferredFrom(r *validate.Result) string {
	if len(r.Inferred) == 0 {
		return ""
	}
	return "none is attached; inferred from " + Clean(shorten(strings.Join(r.Inferred, ", "), longText))
}
