package render_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nfd-compat/nfd-compat/internal/render"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// TestHostsAreToldApart: each host has a title of its own, and is counted, whatever it is called and whether it is at all.
func TestHostsAreToldApart(t *testing.T) {
	t.Parallel()
	image := func(name, node string) validate.Result { return on(node, compatible(name)) }
	file := func(node string) validate.Result { return on(node, fromFile(compatible(""))) }
	for name, tt := range map[string]struct {
		results []validate.Result
		titles  []string
		tally   string
	}{
		"two of one name": {[]validate.Result{file("a"), file("a")}, []string{"the spec on a (host 1)", "the spec on a (host 2)"}, "2 hosts: 2 compatible"},
		"two of none":     {[]validate.Result{file(""), file("")}, []string{"the spec on host 1", "the spec on host 2"}, "2 hosts: 2 compatible"},
		"shown as one":    {[]validate.Result{file("a"), file("a\u200b")}, []string{"the spec on a (host 1)", "the spec on a (host 2)"}, "2 hosts: 2 compatible"},
		"one of them": {
			[]validate.Result{file("a"), file("b"), file("a"), file("")},
			[]string{"the spec on a (host 1)", "the spec on b", "the spec on a (host 3)", "the spec on host 4"},
			"4 hosts: 4 compatible",
		},
		"two images": {
			[]validate.Result{image("x", "a"), image("x", "a"), image("y", "a"), image("y", "a")},
			[]string{
				"registry.example.com/team/x on a (host 1)", "registry.example.com/team/x on a (host 2)",
				"registry.example.com/team/y on a (host 1)", "registry.example.com/team/y on a (host 2)",
			},
			"2 images on 2 hosts: 4 compatible",
		},
		"each on another": {
			[]validate.Result{image("x", "a"), image("y", "b")},
			[]string{"registry.example.com/team/x on a", "registry.example.com/team/y on b"},
			"2 images on 2 hosts: 2 compatible",
		},
		"one host": {[]validate.Result{image("x", ""), image("y", "")}, []string{"registry.example.com/team/x", "registry.example.com/team/y"}, "2 images: 2 compatible"},
	} {
		var out bytes.Buffer
		if err := render.Text(&out, reportOf(tt.results...), render.TextOptions{}); err != nil {
			t.Fatal(err)
		}
		var titles []string
		for line := range strings.Lines(out.String()) {
			if rest, ok := strings.CutPrefix(line, "✓ "); ok {
				title, _, _ := strings.Cut(rest, ": ")
				titles = append(titles, title)
			}
		}
		if diff := cmp.Diff(tt.titles, titles); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if want := "compatible: " + tt.tally + "\n"; !strings.HasSuffix(out.String(), want) {
			t.Errorf("%s: the last line is not %q:\n%s", name, want, &out)
		}
	}
}

// TestHostsAreToldApartInFull: in full detail too.
func TestHostsAreToldApartInFull(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	report := reportOf(on("a", fromFile(compatible(""))), on("b", fromFile(compatible(""))), on("a", fromFile(compatible(""))))
	if err := render.Text(&out, report, render.TextOptions{Detail: render.Full}); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); !strings.HasPrefix(got, "the spec on a (host 1)\nhost      a, ") || !strings.Contains(got, "\n\nhost      b, ") || !strings.Contains(got, "\n\nthe spec on a (host 3)\nhost      a, ") {
		t.Errorf("got\n%s", got)
	}
}

// TestErrorOfNoImage: what ended the whole command is the fault of no spec, and is not titled so.
func TestErrorOfNoImage(t *testing.T) {
	t.Parallel()
	failed := reportOf(validate.Result{Error: &validate.ResultError{Code: 1, Message: "open missing.yaml: no such file or directory"}})
	var out bytes.Buffer
	if err := errors.Join(
		render.Markdown(&out, failed), render.JUnit(&out, failed, render.CIOptions{}), render.ReportGitHub(&out, failed, render.CIOptions{}),
	); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| `validate-node` | ❌ error | `open missing.yaml: no such file or directory` |", `<testsuite name="validate-node" tests="1" `,
		`<testcase name="compatibility" classname="validate-node">`, "::error title=validate-node%3A error::open missing.yaml",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, &out)
		}
	}
	if strings.Contains(out.String(), "the spec") {
		t.Errorf("it is laid on a spec:\n%s", &out)
	}
}

// TestTallyIsGrammatical: errors can be counted, and verdicts are no nouns.
func TestTallyIsGrammatical(t *testing.T) {
	t.Parallel()
	failed := func(name string) validate.Result {
		return alone(name, "", "", &validate.ResultError{Code: 5, Message: "no answer"})
	}
	for want, report := range map[string]*validate.Report{
		"error: 2 images: 2 errors\n":                       reportOf(failed("a"), failed("b")),
		"error: 3 images: 2 compatible, 1 error\n":          reportOf(failed("a"), compatible("b"), compatible("c")),
		"unknown: 3 images: 2 unknown, 1 undeclared\n":      reportOf(undecided("a"), undecided("b"), alone("c", validate.Undeclared, "there is none", nil)),
		"nfd-compat: error: 2 images: 2 errors\n":           reportOf(failed("a"), failed("b")),
		"### ❌ error (2 images: 2 errors)\n":                reportOf(failed("a"), failed("b")),
		"incompatible: 3 images: 2 incompatible, 1 error\n": reportOf(incompatible("a"), incompatible("b"), failed("c")),
	} {
		var out bytes.Buffer
		if err := errors.Join(
			render.Text(&out, report, render.TextOptions{}), render.ReportGitHub(&out, report, render.CIOptions{}), render.Markdown(&out, report),
		); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, &out)
		}
	}
}
