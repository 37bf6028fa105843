package render_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/nfd-compat/nfd-compat/internal/render"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// A junitElement says what the schema allows of an element.
type junitElement struct {
	required, optional []string // attributes
	children           []string
	mixed              bool // text may stand in it
}

// junitRules are the rules of the schema by which Jenkins reads JUnit's XML: junit-10.xsd of its plugin xunit, of 2014 and
// on, which is XML Schema; no library in Go alone that is kept up reads that, so they stand here, for the elements that there
// are. (The schema is not strict about the values: but for times all are texts.)
func junitRules() map[string]junitElement {
	told := junitElement{optional: []string{"type", "message"}, mixed: true}
	return map[string]junitElement{
		"testsuites": {optional: []string{"name", "time", "tests", "failures", "errors"}, children: []string{"testsuite"}},
		"testsuite": {
			required: []string{"name", "tests", "failures", "errors"},
			optional: []string{"group", "time", "skipped", "timestamp", "hostname", "id", "package", "file", "log", "url"},
			children: []string{"testsuite", "properties", "testcase", "system-out", "system-err"},
		},
		"properties": {children: []string{"property"}},
		"property":   {required: []string{"name", "value"}},
		"testcase": {
			required: []string{"name"}, optional: []string{"time", "classname", "group"},
			children: []string{"skipped", "error", "failure", "rerunFailure", "rerunError", "flakyFailure", "flakyError", "system-out", "system-err"},
		},
		"failure": told, "error": told, "skipped": told,
		"system-out": {mixed: true}, "system-err": {mixed: true},
	}
}

// checkJUnit returns what the schema does not allow of a document.
func checkJUnit(document []byte) error {
	decoder := xml.NewDecoder(bytes.NewReader(document))
	var (
		rules = junitRules()
		open  []string
		errs  []error
		roots int
	)
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return err
		}
		switch token := token.(type) {
		case xml.StartElement:
			name := token.Name.Local
			rule, known := rules[name]
			if !known {
				return fmt.Errorf("there is no element %s", name)
			}
			if len(open) == 0 {
				roots++
			} else if parent := open[len(open)-1]; !slices.Contains(rules[parent].children, name) {
				errs = append(errs, fmt.Errorf("%s stands in %s", name, parent))
			}
			errs = append(errs, checkAttributes(name, rule, token.Attr))
			open = append(open, name)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) > 0 && !rules[open[len(open)-1]].mixed && strings.TrimSpace(string(token)) != "" {
				errs = append(errs, fmt.Errorf("there is text in %s: %q", open[len(open)-1], token))
			}
		default:
		}
	}
	if roots != 1 {
		errs = append(errs, fmt.Errorf("%d roots", roots))
	}
	return errors.Join(errs...)
}

func checkAttributes(name string, rule junitElement, attributes []xml.Attr) error {
	there := map[string]string{}
	for _, a := range attributes {
		if _, twice := there[a.Name.Local]; twice || !slices.Contains(slices.Concat(rule.required, rule.optional), a.Name.Local) {
			return fmt.Errorf("%s has the attribute %s", name, a.Name.Local)
		}
		there[a.Name.Local] = a.Value
	}
	for _, r := range rule.required {
		if _, ok := there[r]; !ok {
			return fmt.Errorf("%s lacks the attribute %s", name, r)
		}
	}
	if time, ok := there["time"]; ok && !regexp.MustCompile(`^((\d{0,3},)*\d{3}|\d{0,3})*(\.\d*)?$`).MatchString(time) {
		return fmt.Errorf("%s has the time %q", name, time)
	}
	return nil
}

// A suite is what a reader takes from a suite.
type suite struct {
	Name     string `xml:"name,attr"`
	Tests    int    `xml:"tests,attr"`
	Failures int    `xml:"failures,attr"`
	Errors   int    `xml:"errors,attr"`
	Skipped  int    `xml:"skipped,attr"`
	Cases    []struct {
		Name    string    `xml:"name,attr"`
		Failure *struct{} `xml:"failure"`
		Error   *struct{} `xml:"error"`
		Skipped *struct{} `xml:"skipped"`
	} `xml:"testcase"`
}

// readJUnit reads suites, and holds their counts against their cases.
func readJUnit(t *testing.T, document []byte) []suite {
	t.Helper()
	var read struct {
		Tests    int     `xml:"tests,attr"`
		Failures int     `xml:"failures,attr"`
		Errors   int     `xml:"errors,attr"`
		Suites   []suite `xml:"testsuite"`
	}
	if err := xml.Unmarshal(document, &read); err != nil {
		t.Fatal(err)
	}
	var all suite
	for _, s := range read.Suites {
		var counted suite
		for _, c := range s.Cases {
			counted.Tests++
			outcomes := 0
			for counter, there := range map[*int]bool{&counted.Failures: c.Failure != nil, &counted.Errors: c.Error != nil, &counted.Skipped: c.Skipped != nil} {
				if there {
					*counter++
					outcomes++
				}
			}
			if outcomes > 1 {
				t.Errorf("the case %s has %d outcomes", c.Name, outcomes)
			}
		}
		if counted.Tests != s.Tests || counted.Failures != s.Failures || counted.Errors != s.Errors || counted.Skipped != s.Skipped || s.Tests == 0 {
			t.Errorf("the suite %s has not the cases that it tells of: %+v, and not %+v", s.Name, counted, s)
		}
		all.Tests, all.Failures, all.Errors = all.Tests+s.Tests, all.Failures+s.Failures, all.Errors+s.Errors
	}
	if all.Tests != read.Tests || all.Failures != read.Failures || all.Errors != read.Errors {
		t.Errorf("the root tells of %d, %d, %d, and there are %d, %d, %d", read.Tests, read.Failures, read.Errors, all.Tests, all.Failures, all.Errors)
	}
	return read.Suites
}

// TestJUnit: each report keeps to the schema, and a suite is without failures and errors if, and only if, its image is
// compatible.
func TestJUnit(t *testing.T) {
	t.Parallel()
	for _, s := range samples() {
		var out bytes.Buffer
		if err := render.JUnit(&out, s.report, render.CIOptions{}); err != nil {
			t.Fatal(err)
		}
		if err := checkJUnit(out.Bytes()); err != nil {
			t.Errorf("%s: %v", s.name, err)
		}
		suites := readJUnit(t, out.Bytes())
		if len(suites) != len(s.report.Results) {
			t.Fatalf("%s: %d suites for %d results", s.name, len(suites), len(s.report.Results))
		}
		for i, r := range s.report.Results {
			green := suites[i].Failures+suites[i].Errors == 0
			if compatible := r.Error == nil && r.Verdict == validate.Compatible; green != compatible {
				t.Errorf("%s: the verdict is %q, and the suite has %d failures and %d errors", s.name, r.Verdict, suites[i].Failures, suites[i].Errors)
			}
		}
	}
}

// TestJUnitUndeclared: whether an image without a spec passes is what the options say.
func TestJUnitUndeclared(t *testing.T) {
	t.Parallel()
	report := reportOf(alone("app:v1", validate.Undeclared, "there is none", nil))
	for severity, want := range map[spec.Severity]string{"": "error", spec.SeverityError: "error", spec.SeverityWarning: "skipped", spec.SeverityNote: "skipped"} {
		var out bytes.Buffer
		if err := render.JUnit(&out, report, render.CIOptions{Undeclared: severity}); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), "<"+want+" type=\"undeclared\"") {
			t.Errorf("%q: there is no %s:\n%s", severity, want, &out)
		}
	}
}

// TestJUnitOfFindings: a finding fails from a severity on, and each spec has a case.
func TestJUnitOfFindings(t *testing.T) {
	t.Parallel()
	for severity, want := range map[spec.Severity][2]int{spec.SeverityError: {5, 2}, spec.SeverityWarning: {6, 1}, spec.SeverityNote: {7, 0}} {
		var out bytes.Buffer
		if err := render.FindingsJUnit(&out, found(), severity); err != nil {
			t.Fatal(err)
		}
		if err := checkJUnit(out.Bytes()); err != nil {
			t.Errorf("%s: %v", severity, err)
		}
		failures, skipped := 0, 0
		for _, s := range readJUnit(t, out.Bytes()) {
			failures, skipped = failures+s.Failures, skipped+s.Skipped
		}
		if got := [2]int{failures, skipped}; got != want {
			t.Errorf("%s: %v failures and skipped, want %v", severity, got, want)
		}
	}
	// Of very many findings the first are told, and the rest counts for what it is.
	file := render.FileFindings{File: "spec.yaml"}
	for i := range 1200 {
		f := spec.Finding{ID: "x", Severity: spec.SeverityNote, Position: spec.Position{Line: i + 1}}
		if i == 1100 {
			f.Severity = spec.SeverityError
		}
		file.Findings = append(file.Findings, f)
	}
	var out bytes.Buffer
	if err := render.FindingsJUnit(&out, render.NewFindings([]render.FileFindings{file}), spec.SeverityError); err != nil {
		t.Fatal(err)
	}
	if s := readJUnit(t, out.Bytes())[0]; s.Tests != 1001 || s.Failures != 1 || !strings.Contains(out.String(), "and 200 more") {
		t.Errorf("%d cases, %d failures", s.Tests, s.Failures)
	}
}

// TestJUnitRules: the rules do refuse something.
func TestJUnitRules(t *testing.T) {
	t.Parallel()
	const right = `<testsuites><testsuite name="a" tests="1" failures="0" errors="0"><testcase name="b"><failure type="c">d</failure></testcase></testsuite></testsuites>`
	if err := checkJUnit([]byte(right)); err != nil {
		t.Fatal(err)
	}
	wrong := map[string][2]string{
		"another element": {"failure", "fail"}, "an attribute": {"type=", "kind="}, "no name": {`testcase name="b"`, `testcase`},
		"text": {"<failure", "text<failure"}, "a place": {"<testcase name=\"b\">", "<testcase name=\"b\"><testcase name=\"e\"/>"},
		"skipped": {"<testsuites>", `<testsuites skipped="1">`}, "no XML": {"</failure>", "\x1b</failure>"}, "a time": {`errors="0"`, `errors="0" time="soon"`},
	}
	for _, name := range slices.Sorted(maps.Keys(wrong)) {
		text := strings.ReplaceAll(right, wrong[name][0], wrong[name][1])
		if text == right || checkJUnit([]byte(text)) == nil {
			t.Errorf("%s: the rules take %s", name, text)
		}
	}
}

// TestJUnitOfEveryCharacter: XML 1.0 has no way to write most control characters.
func TestJUnitOfEveryCharacter(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	for r := range rune(0x3000) {
		text.WriteRune(r)
	}
	text.WriteString("\ufffe\uffff\U0001f600" + strconv.Itoa(1) + "\xff")
	r := incompatible("app:v1")
	r.Sets[0].Rules[0].Name, r.Sets[0].Rules[0].MatchFeatures[0].Reason = text.String(), text.String()
	var out bytes.Buffer
	if err := render.JUnit(&out, reportOf(r), render.CIOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := checkJUnit(out.Bytes()); err != nil {
		t.Error(err)
	}
}
