package render_test

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"unicode"

	"github.com/nfd-compat/nfd-compat/internal/render"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// A format is a way to write a report, and how its golden files end.
type format struct {
	suffix string
	write  func(w io.Writer, report *validate.Report) error
}

func textFormat(opts render.TextOptions) func(io.Writer, *validate.Report) error {
	return func(w io.Writer, report *validate.Report) error { return render.Text(w, report, opts) }
}

func formats() []format {
	return []format{
		{".txt", textFormat(render.TextOptions{})},
		{".verbose.txt", textFormat(render.TextOptions{Detail: render.Full})},
		{".quiet.txt", textFormat(render.TextOptions{Detail: render.Brief})},
		{".narrow.txt", textFormat(render.TextOptions{Width: 40})},
		{".color.txt", textFormat(render.TextOptions{Color: true, Width: 100})},
		{".json", render.JSON},
		{".yaml", render.YAML},
		{".kyaml", render.KYAML},
		{".xml", func(w io.Writer, report *validate.Report) error { return render.JUnit(w, report, render.CIOptions{}) }},
		{".github.txt", func(w io.Writer, report *validate.Report) error {
			return render.ReportGitHub(w, report, render.CIOptions{})
		}},
		{".md", render.Markdown},
		{".nfd.json", render.NFDJSON},
	}
}

// inFull tells of which reports there are golden files in all formats; of the others in those that differ.
func inFull(name string) bool {
	return name == "incompatible" || name == "several" || name == "hostile"
}

// TestReports holds each report in each format against its golden file.
func TestReports(t *testing.T) {
	t.Parallel()
	for _, s := range samples() {
		for _, f := range formats() {
			t.Run(s.name+f.suffix, func(t *testing.T) {
				t.Parallel()
				var out bytes.Buffer
				if err := f.write(&out, s.report); err != nil {
					t.Fatal(err)
				}
				got := out.String()
				switch f.suffix {
				case ".txt", ".json", ".xml", ".md", ".github.txt":
					golden(t, "report/"+s.name+f.suffix, got)
				default:
					if inFull(s.name) {
						golden(t, "report/"+s.name+f.suffix, got)
					}
				}
				checkHarmless(t, f.suffix, got)
			})
		}
	}
}

// checkHarmless looks for what a stranger's text does to its reader.
func checkHarmless(t *testing.T, suffix, text string) {
	t.Helper()
	plain := text
	if suffix == ".color.txt" {
		for _, own := range []string{"\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[0m"} {
			plain = strings.ReplaceAll(plain, own, "")
		}
	}
	allowed := "\n"
	if suffix == ".kyaml" {
		allowed = "\n\t"
	}
	if i := strings.IndexFunc(plain, func(r rune) bool {
		return !strings.ContainsRune(allowed, r) && (unicode.In(r, unicode.Cc, unicode.Cf) || r == '\u2028' || r == '\u2029')
	}); i >= 0 {
		t.Errorf("a control character got through: %q", plain[i:min(len(plain), i+20)])
	}
	if strings.Contains(plain, "##[") {
		t.Error("GitHub Actions would obey a command")
	}
	for line := range strings.Lines(plain) {
		// GitHub Actions takes a line for a command that begins so, blanks aside.
		if command := strings.HasPrefix(strings.TrimSpace(line), "::"); command && !(suffix == ".github.txt" && (strings.HasPrefix(line, "::error title=") || strings.HasPrefix(line, "::notice title=what if::"))) {
			t.Errorf("a line that is a command: %q", line)
		}
		if suffix == ".narrow.txt" && len([]rune(line)) > 41 && strings.Contains(strings.TrimSpace(line), " ") {
			t.Errorf("a line of %d characters in a window of 40: %q", len([]rune(line)), line)
		}
	}
}

// TestReportCannotBeWritten: a full disk is an error, in every format.
func TestReportCannotBeWritten(t *testing.T) {
	t.Parallel()
	for _, f := range formats() {
		err := f.write(failing{}, reportOf(compatible("app:v1")))
		if err == nil || !strings.Contains(err.Error(), "write the report") || !strings.Contains(err.Error(), "no room") {
			t.Errorf("%s: %v", f.suffix, err)
		}
	}
}

// A counting writer knows how much was written at a time.
type counting struct{ most, all int }

func (c *counting) Write(p []byte) (int, error) {
	c.most, c.all = max(c.most, len(p)), c.all+len(p)
	return len(p), nil
}

// TestLongTextIsWrittenInPieces: a text is not held whole.
func TestLongTextIsWrittenInPieces(t *testing.T) {
	t.Parallel()
	long := incompatible("app:v1")
	for range 1000 {
		long.Sets = append(long.Sets, gpu())
	}
	report := reportOf(long)
	for name, opts := range map[string]render.TextOptions{"normal": {}, "full": {Detail: render.Full}} {
		var to counting
		if err := render.Text(&to, report, opts); err != nil {
			t.Fatal(err)
		}
		if to.all < 500_000 || to.most > 80_000 {
			t.Errorf("%s: %d bytes, up to %d at a time", name, to.all, to.most)
		}
	}
}

// TestNothingFailingIsHidden: a rule that does not match, though all its expressions do, is shown with them.
func TestNothingFailingIsHidden(t *testing.T) {
	t.Parallel()
	r := incompatible("app:v1")
	set := cpu()
	set.Verdict, set.Rules[0].Outcome = validate.Incompatible, validate.Mismatch
	r.Sets = []validate.SetResult{set}
	var out bytes.Buffer
	if err := render.Text(&out, reportOf(r), render.TextOptions{}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "✗ rule any kernel\n      ✓ kernel.version major In 3") {
		t.Errorf("the expressions are not there:\n%s", &out)
	}
}

// TestFewOfTheBetterSets: of very many sets that do not hold, a compatible image's text names a few.
func TestFewOfTheBetterSets(t *testing.T) {
	t.Parallel()
	r := compatible("app:v1")
	for range 9 {
		r.Sets = append(r.Sets, gpu())
	}
	worse := gpu()
	worse.Tag, worse.Weight = "worse", 0
	r.Sets = append(r.Sets, worse)
	var out bytes.Buffer
	if err := render.Text(&out, reportOf(r), render.TextOptions{}); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); strings.Count(got, `"gpu" (weight 10): incompatible`) != 3 || !strings.Contains(got, "\n          and 7 more\n") || strings.Contains(got, "worse") {
		t.Errorf("got\n%s", got)
	}
}
