package render

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// reasonOf says why the verdict of a result is what it is, or what the error is, on one line.
func reasonOf(r *validate.Result) string {
	if r.Error != nil {
		return Clean(shorten(r.Error.Message, longText))
	}
	return Clean(shorten(r.Reason, longText))
}

// tally counts results by their verdicts: "3 images: 2 compatible, 1 error", or "3 images on 2 hosts: 6 compatible".
func tally(report *validate.Report) string {
	results := report.Results
	images, counts := map[string]bool{}, map[string]int{}
	for i := range results {
		r := &results[i]
		counts[r.Word()]++
		if r.Image != nil {
			images[r.Image.Reference] = true
		}
	}
	what, hosts := counted(len(images), "image"), report.Nodes()
	switch {
	case len(images) == 0 && len(results) > 0:
		what = counted(hosts, "host")
	case hosts > 1:
		what += " on " + counted(hosts, "host")
	}
	var parts []string
	for _, word := range words() {
		switch n := counts[word]; {
		case n == 0:
		case word == validate.WordError:
			parts = append(parts, counted(n, word)) // the others are no nouns
		default:
			parts = append(parts, fmt.Sprintf("%d %s", n, word))
		}
	}
	if len(results) == 0 {
		return what
	}
	return what + ": " + strings.Join(parts, ", ")
}

// imageOf is the image of a result, empty if its spec was a file.
func imageOf(r *validate.Result) string {
	if r.Image == nil {
		return ""
	}
	return r.Image.Reference
}

// words are what becomes of a result, the best first.
func words() []string {
	return []string{
		string(validate.Compatible), string(validate.Incompatible), string(validate.VerdictUnknown), string(validate.Undeclared), validate.WordError,
	}
}

// A titler names results for people.
type titler struct {
	hosts bool
	// numbers are those of the hosts, from 1, of the results whose host's name does not tell it from another one.
	numbers map[*validate.Result]int
}

// newTitler looks whether the results are of several hosts, which their names must tell then.
func newTitler(report *validate.Report) titler {
	t := titler{hosts: report.Nodes() > 1, numbers: map[*validate.Result]int{}}
	if !t.hosts {
		return t
	}
	type named struct{ image, host string }
	judged, same := map[string]int{}, map[named]int{}
	for i := range report.Results {
		r := &report.Results[i]
		judged[imageOf(r)]++
		t.numbers[r] = judged[imageOf(r)]
		same[named{imageOf(r), nodeName(r)}]++
	}
	for r := range t.numbers {
		if unnamed := nodeName(r) == "" && judged[imageOf(r)] > 1; !unnamed && same[named{imageOf(r), nodeName(r)}] == 1 {
			delete(t.numbers, r)
		}
	}
	return t
}

// of names a result: by its image, and by its host where there are several. An error that came before any image is of the command.
func (t titler) of(r *validate.Result) string {
	title := "the spec"
	switch {
	case r.Image != nil:
		title = Clean(shorten(r.Image.Reference, longText))
	case r.Error != nil: // of the whole: a file of features or manifests, a certificate, the host; its message names it
		title = "validate-node"
	}
	if !t.hosts {
		return title
	}
	host, number := nodeName(r), t.numbers[r]
	switch {
	case host == "" && number == 0:
		return title
	case host == "":
		host = fmt.Sprintf("host %d", number)
	case number > 0:
		host += fmt.Sprintf(" (host %d)", number)
	}
	return title + " on " + host
}

// nodeName is the name of a result's host, as it is shown; empty if it has none.
func nodeName(r *validate.Result) string {
	if r.Node == nil {
		return ""
	}
	return Clean(shorten(r.Node.Name, longText))
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
