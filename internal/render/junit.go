package render

import (
	"bufio"
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/nfd-compat/nfd-compat/pkg/spec"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// CIOptions say how a report is written for CI.
type CIOptions struct {
	// Undeclared is how bad it is that an image has no spec; the zero value is an error.
	Undeclared spec.Severity
}

// JUnit writes a report in the XML of JUnit, as CI systems read it: a suite an image, a case a rule. A suite is without
// failures and errors if, and only if, its image is compatible: sets are alternatives, so where one holds, the rules of
// the others that do not match are skipped.
//
// JUnit never wrote its format down. What is written here keeps to the schema that Jenkins reads it by
// (https://github.com/jenkinsci/xunit-plugin, junit-10.xsd), and of it only to what other readers know as well.
func JUnit(w io.Writer, report *validate.Report, opts CIOptions) error {
	titles := newTitler(report)
	name := report.Tool.Name + " validate-node"
	return writeJUnit(w, name, "the report", func(yield func(junitSuite) bool) {
		for i := range report.Results {
			if !yield(suiteOf(&report.Results[i], titles, opts)) {
				return
			}
		}
	})
}

// FindingsJUnit writes findings in the XML of JUnit: a suite a spec, a case a finding, and one that passes where there is
// none. A finding of less than this severity is no failure.
func FindingsJUnit(w io.Writer, findings *Findings, failing spec.Severity) error {
	name := findings.Tool.Name + " validate-spec"
	return writeJUnit(w, name, "the findings", func(yield func(junitSuite) bool) {
		for i := range findings.Files {
			if !yield(suiteOfFile(&findings.Files[i], failing)) {
				return
			}
		}
	})
}

type junitSuite struct {
	XMLName    xml.Name         `xml:"testsuite"`
	Name       string           `xml:"name,attr"`
	Tests      int              `xml:"tests,attr"`
	Failures   int              `xml:"failures,attr"`
	Errors     int              `xml:"errors,attr"`
	Skipped    int              `xml:"skipped,attr"`
	Hostname   string           `xml:"hostname,attr,omitempty"`
	Properties *junitProperties `xml:"properties"`
	Cases      []junitCase      `xml:"testcase"`
}

type junitProperties struct {
	Properties []junitProperty `xml:"property"`
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type junitCase struct {
	Name      string        `xml:"name,attr"`
	Classname string        `xml:"classname,attr"`
	Failure   *junitOutcome `xml:"failure"`
	Error     *junitOutcome `xml:"error"`
	Skipped   *junitOutcome `xml:"skipped"`
}

type junitOutcome struct {
	Type    string `xml:"type,attr"`
	Message string `xml:"message,attr"`
	Text    string `xml:",innerxml"` // escaped
}

// writeJUnit writes suites one by one. They are made twice, since the root has to tell of them all: to hold those of many
// images would take more.
func writeJUnit(w io.Writer, name, what string, suites func(yield func(junitSuite) bool)) error {
	var tests, failures, errs int
	for s := range suites {
		tests, failures, errs = tests+s.Tests, failures+s.Failures, errs+s.Errors
	}
	attribute := func(name, value string) xml.Attr { return xml.Attr{Name: xml.Name{Local: name}, Value: value} }
	root := xml.StartElement{Name: xml.Name{Local: "testsuites"}, Attr: []xml.Attr{
		attribute("name", Clean(name)), attribute("tests", strconv.Itoa(tests)),
		attribute("failures", strconv.Itoa(failures)), attribute("errors", strconv.Itoa(errs)),
	}}
	out := bufio.NewWriter(w) // which keeps an error for its Flush
	_, _ = out.WriteString(xml.Header)
	encoder := xml.NewEncoder(out)
	encoder.Indent("", "  ")
	err := encoder.EncodeToken(root)
	for s := range suites {
		if err == nil {
			err = encoder.Encode(s)
		}
	}
	if err == nil {
		err = encoder.EncodeToken(root.End())
	}
	if err == nil {
		err = encoder.Close()
	}
	_, _ = out.WriteString("\n")
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		return fmt.Errorf("write %s as JUnit: %w", what, err)
	}
	return nil
}

// add adds a case and counts it.
func (s *junitSuite) add(c junitCase) {
	s.Cases = append(s.Cases, c)
	s.Tests++
	switch {
	case c.Failure != nil:
		s.Failures++
	case c.Error != nil:
		s.Errors++
	case c.Skipped != nil:
		s.Skipped++
	}
}

// suiteOf makes the suite of a result.
func suiteOf(r *validate.Result, titles titler, opts CIOptions) junitSuite {
	suite := junitSuite{Name: titles.of(r), Properties: propertiesOf(r)}
	if r.Node != nil {
		suite.Hostname = Clean(shorten(r.Node.Name, shortText))
	}
	if r.Error == nil {
		for i := range r.Sets {
			suite.addSet(&r.Sets[i], r)
		}
	}
	if suite.Failures+suite.Errors == 0 && r.Word() != string(validate.Compatible) || suite.Tests == 0 {
		suite.add(verdictCase(r, suite.Name, opts))
	}
	return suite
}

// propertiesOf are what there is to know of a result beside its rules.
func propertiesOf(r *validate.Result) *junitProperties {
	var list junitProperties
	add := func(name, value string) {
		if value != "" {
			list.Properties = append(list.Properties, junitProperty{name, Clean(shorten(value, longText))})
		}
	}
	add("verdict", string(r.Verdict))
	add("reason", r.Reason)
	if r.Best != nil {
		add("set", r.Best.String())
	}
	if r.Image != nil {
		add("image.digest", r.Image.Digest)
		add("image.platform", r.Image.Platform)
		add("image.usedBy", usersOf(r))
		add("image.cachedAt", r.Image.CachedAt)
		if n := r.Image.Unexamined; n > 0 {
			add("image.unexamined", strconv.Itoa(n))
		}
	}
	if r.Artifact != nil {
		add("artifact.digest", r.Artifact.Digest)
	}
	add("inferred", strings.Join(r.Inferred, ", "))
	if r.Node != nil {
		add("node.kernel", r.Node.Kernel)
		add("node.platform", strings.Trim(r.Node.OS+"/"+r.Node.Architecture, "/"))
	}
	add("whatIf", strings.Join(overriddenLines(r.Overrides, mostOverridden), "; "))
	if len(list.Properties) == 0 {
		return nil
	}
	return &list
}

// verdictCase is the case of a result that no rule tells the verdict of: for an error, another platform, or no spec.
func verdictCase(r *validate.Result, class string, opts CIOptions) junitCase {
	c := junitCase{Name: "compatibility", Classname: class}
	told := &junitOutcome{Type: r.Word(), Message: reasonOf(r)}
	switch {
	case r.Error != nil, r.Verdict == validate.VerdictUnknown:
		c.Error = told
	case r.Verdict == validate.Undeclared && opts.Undeclared != "" && opts.Undeclared != spec.SeverityError:
		c.Skipped = told
	case r.Verdict == validate.Undeclared:
		c.Error = told
	case r.Verdict != validate.Compatible:
		c.Failure = told
	}
	return c
}

// addSet adds the rules of a set.
func (s *junitSuite) addSet(set *validate.SetResult, r *validate.Result) {
	class := s.Name + ": " + setName(set)
	add := func(name string, o validate.Outcome, message, text string) {
		c := junitCase{Name: name, Classname: class}
		told := &junitOutcome{Type: o.String(), Message: message, Text: text}
		switch {
		case o == validate.Match:
		case r.Best != nil:
			told.Message = "not needed, since " + Clean(r.Best.String()) + " holds: " + message
			c.Skipped = told
		case o == validate.Mismatch:
			c.Failure = told
		default:
			c.Error = told
		}
		s.add(c)
	}
	for i := range set.Rules {
		rule := &set.Rules[i]
		message, text := "", ""
		if rule.Outcome != validate.Match {
			message, text = firstFailing(rule), failingText(rule)
		}
		add(quoteName(rule.Name), rule.Outcome, message, text)
	}
	for _, rule := range set.CELRules {
		add("CEL rule "+quoteName(rule.Name), rule.Outcome, Clean(shorten(rule.Reason, longText)), "")
	}
}

// firstFailing says of the first expression that does not match what was wanted and why it does not, and how many more
// there are.
func firstFailing(rule *validate.RuleResult) string {
	lists := [][]validate.ExpressionResult{rule.MatchFeatures}
	if !anySatisfied(rule.MatchAny) {
		lists = append(lists, rule.MatchAny...)
	}
	first, more := "", 0
	for _, list := range lists {
		for i := range list {
			switch e := &list[i]; {
			case e.Outcome == validate.Match:
			case first == "":
				first = wanted(e) + ": " + outcomeText(e)
			default:
				more++
			}
		}
	}
	if more > 0 {
		first += fmt.Sprintf(" (and %d more)", more)
	}
	return first
}

// failingText tells of a rule what was wanted and observed, on lines of their own.
func failingText(rule *validate.RuleResult) string {
	p := &printer{}
	p.failing(rule)
	return "\n" + escapeXML(p.out.String())
}

// suiteOfFile makes the suite of a spec.
func suiteOfFile(file *FileFindings, failing spec.Severity) junitSuite {
	suite := junitSuite{Name: Clean(file.Name())}
	if why := file.failure(); why != "" {
		suite.add(junitCase{Name: "the spec", Classname: suite.Name, Error: &junitOutcome{Type: validate.WordError, Message: Clean(shorten(why, longText))}})
	}
	for _, f := range file.Findings[:min(len(file.Findings), mostFindings)] {
		name := string(f.ID)
		if f.Line > 0 {
			name = fmt.Sprintf("%d:%d %s", f.Line, f.Column, f.ID)
		}
		suite.add(findingCase(name, suite.Name, sentence(f), f.Severity, failing))
	}
	if more := file.Findings[min(len(file.Findings), mostFindings):]; len(more) > 0 {
		worst := spec.SeverityNote
		for _, f := range more {
			if f.Severity.AtLeast(worst) {
				worst = f.Severity
			}
		}
		suite.add(findingCase("others", suite.Name, fmt.Sprintf("and %d more", len(more)), worst, failing))
	}
	if suite.Tests == 0 {
		suite.add(junitCase{Name: "the spec", Classname: suite.Name})
	}
	return suite
}

// findingCase is a case that fails if the severity does.
func findingCase(name, class, message string, severity, failing spec.Severity) junitCase {
	c := junitCase{Name: Clean(name), Classname: class}
	told := &junitOutcome{Type: Clean(string(severity)), Message: Clean(message)}
	if severity.AtLeast(failing) {
		c.Failure = told
	} else {
		c.Skipped = told
	}
	return c
}

// escapeXML escapes a text that stands between tags. What no escape can say in XML 1.0 becomes U+FFFD.
func escapeXML(s string) string {
	var out strings.Builder
	_ = xml.EscapeText(&out, []byte(s)) // a Builder takes everything
	return strings.ReplaceAll(out.String(), "&#xA;", "\n")
}
