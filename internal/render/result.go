package render

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// wordError stands in the place of a verdict where there is none for an error.
const wordError = "error"

// wordOf is the verdict of a result, or "error".
func wordOf(r *validate.Result) string {
	if r.Error != nil {
		return wordError
	}
	return string(r.Verdict)
}

// reasonOf says why the verdict of a result is what it is, or what the error is, on one line.
func reasonOf(r *validate.Result) string {
	if r.Error != nil {
		return Clean(shorten(r.Error.Message, longText))
	}
	return Clean(shorten(r.Reason, longText))
}

// overall is the verdict over all results, or "error".
func overall(report *validate.Report) string {
	for i := range report.Results {
		if report.Verdict == "" && report.Results[i].Error != nil {
			return wordError
		}
	}
	return string(report.Verdict)
}

// tally counts results by their verdicts: "3 images: 2 compatible, 1 error", or "3 images on 2 hosts: 6 compatible".
func tally(results []validate.Result) string {
	images, hosts, counts := map[string]bool{}, map[string]bool{}, map[string]int{}
	for i := range results {
		r := &results[i]
		counts[wordOf(r)]++
		if r.Image != nil {
			images[r.Image.Reference] = true
		}
		if r.Node != nil {
			hosts[r.Node.Name] = true
		}
	}
	what := counted(len(images), "image")
	switch {
	case len(images) == 0 && len(results) > 0:
		what = counted(max(len(hosts), 1), "host")
	case len(hosts) > 1:
		what += " on " + counted(len(hosts), "host")
	}
	var parts []string
	for _, word := range words() {
		if n := counts[word]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, word))
		}
	}
	if len(results) == 0 {
		return what
	}
	return what + ": " + strings.Join(parts, ", ")
}

// words are what becomes of a result, the best first.
func words() []string {
	return []string{
		string(validate.Compatible), string(validate.Incompatible), string(validate.VerdictUnknown), string(validate.Undeclared), wordError,
	}
}

// A titler names results for people.
type titler struct{ hosts bool }

// newTitler looks whether the results are of several hosts, which their names must tell then.
func newTitler(report *validate.Report) titler {
	seen := map[string]bool{}
	for i := range report.Results {
		if n := report.Results[i].Node; n != nil {
			seen[n.Name] = true
		}
	}
	return titler{hosts: len(seen) > 1}
}

// of names a result: by its image, and by its host where there are several.
func (t titler) of(r *validate.Result) string {
	title := "the spec"
	if r.Image != nil {
		title = r.Image.Reference
	}
	if t.hosts && r.Node != nil && r.Node.Name != "" {
		title += " on " + r.Node.Name
	}
	return Clean(shorten(title, longText))
}

// setName names a set of a result.
func setName(s *validate.SetResult) string {
	return Clean(validate.SetReference{Index: s.Index, Tag: shorten(s.Tag, shortText), Weight: s.Weight}.String())
}

// passedOver are the sets that would have been chosen, being of more weight than the chosen one, but do not hold.
func passedOver(r *validate.Result) []*validate.SetResult {
	if r.Best == nil {
		return nil
	}
	var better []*validate.SetResult
	for i := range r.Sets {
		if s := &r.Sets[i]; s.Verdict != validate.Compatible && s.Weight >= r.Best.Weight {
			better = append(better, s)
		}
	}
	return better
}

// satisfied tells whether all these expressions match.
func satisfied(expressions []validate.ExpressionResult) bool {
	for i := range expressions {
		if expressions[i].Outcome != validate.Match {
			return false
		}
	}
	return true
}

// anySatisfied tells whether one of the alternatives matches, or there are none.
func anySatisfied(alternatives [][]validate.ExpressionResult) bool {
	return len(alternatives) == 0 || slices.ContainsFunc(alternatives, satisfied)
}
