package render_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"

	"github.com/nfd-compat/nfd-compat/internal/render"
	"github.com/nfd-compat/nfd-compat/pkg/features"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// update rewrites the golden files: go test ./internal/render -update.
var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares a text with the one that is kept.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

// mixed is a report with something of everything.
func mixed() *validate.Report {
	expression := func(term int, element string, op nfdv1alpha1.MatchOp, value []string, o validate.Outcome, observed *string, reason string) validate.ExpressionResult {
		return validate.ExpressionResult{
			Term: term, Feature: "kernel.version", Matcher: validate.MatchExpressions, Element: element, Op: op, Value: value, Outcome: o, Observed: observed, Reason: reason,
		}
	}
	device := func(element, want, is string, o validate.Outcome, reason string) validate.ExpressionResult {
		return validate.ExpressionResult{
			Term: 1, Feature: "pci.device", Matcher: validate.MatchExpressions, Element: element, Op: nfdv1alpha1.MatchIn, Value: []string{want}, Outcome: o, Observed: &is, Reason: reason,
			Instance: map[string]string{"vendor": "8086", "class": "0200"}, Instances: new(12),
		}
	}
	full := expression(0, "full", nfdv1alpha1.MatchGe, []string{"6.6"}, validate.Mismatch, new("5.14.0-427.13.1.el9_4.x86_64"), "5.14.0 is less than 6.6")
	full.Type = nfdv1alpha1.TypeVersion
	name := expression(2, "", nfdv1alpha1.MatchInRegexp, []string{"^AVX"}, validate.Match, new("AVX, AVX2"), "")
	name.Feature, name.Matcher = "cpu.cpuid", validate.MatchName
	report := validate.NewReport(validate.Result{
		Image: &validate.Image{Reference: "registry.example.com/team/app:v1", Digest: "sha256:" + strings.Repeat("ab", 32), Platform: "linux/amd64"},
		Artifact: &validate.Artifact{
			Digest: "sha256:" + strings.Repeat("cd", 32), Subject: "sha256:" + strings.Repeat("ef", 32), Created: "2026-01-02T03:04:05Z", Via: "referrers-api",
			PassedOver: []string{"sha256:" + strings.Repeat("12", 32)},
		},
		Node:    &features.Node{Name: "node-1", Kernel: "5.14.0-427.13.1.el9_4.x86_64", OS: "linux", Architecture: "amd64"},
		Verdict: validate.Compatible,
		Reason:  `the host satisfies 1 of 2 compatibility sets; chosen: set #2 (weight 1)`,
		Best:    &validate.SetReference{Index: 1, Weight: 1},
		Sets: []validate.SetResult{
			{
				Tag: "gpu\x1b[31m", Weight: 10, Verdict: validate.Incompatible,
				Description: "For hosts with a GPU.\n\x1b]0;title\x07\u202eA second\tline that is much longer than any window is wide, so that it must be wrapped somewhere.",
				Rules: []validate.RuleResult{
					{Name: "kernel and device", Outcome: validate.Mismatch, MatchFeatures: []validate.ExpressionResult{
						full, device("class", "0302", "0200", validate.Mismatch, `"0200" is not "0302"`), device("vendor", "8086", "8086", validate.Match, ""), name,
					}},
					{Outcome: validate.Unknown, MatchAny: [][]validate.ExpressionResult{
						{expression(0, "patch", nfdv1alpha1.MatchExists, nil, validate.Mismatch, nil, "patch is not among the 4 elements of kernel.version")},
						{expression(0, "full", nfdv1alpha1.MatchGt, []string{"1"}, validate.Unknown, new("5.14"), `"5.14" is not a whole number, so it cannot be compared`)},
					}},
				},
				CELRules: []validate.CELRuleResult{{Name: "four of them", Outcome: validate.Unknown, Reason: "instances was not read"}},
			},
			{
				Index: 1, Weight: 1, Verdict: validate.Compatible, CELRules: []validate.CELRuleResult{},
				Rules: []validate.RuleResult{{Name: "any kernel", Outcome: validate.Match, MatchFeatures: []validate.ExpressionResult{
					expression(0, "major", nfdv1alpha1.MatchIn, []string{"3", "4", "5", "6", "7", "8", "9", "10", "11"}, validate.Match, new("5"), ""),
				}}},
			},
		},
		Features: []validate.FeatureStatus{
			{Feature: "cpu.cpuid", Status: features.Discovered},
			{Feature: "pci.device", Status: features.Incomplete, Reasons: []string{"0000:00:01.0: class: permission denied"}},
		},
	})
	report.Tool.Version = "v0.0.0"
	return report
}

// alone is a report of one result, without sets.
func alone(verdict validate.Verdict, reason string, failed *validate.ResultError) *validate.Report {
	return validate.NewReport(validate.Result{
		Image:   &validate.Image{Reference: "registry.example.com/team/app:v1", Digest: "sha256:" + strings.Repeat("ab", 32)},
		Verdict: verdict, Reason: reason, Error: failed,
	})
}

func TestText(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		file   string
		report *validate.Report
		opts   render.TextOptions
	}{
		{"pipe.txt", mixed(), render.TextOptions{}},
		{"narrow.txt", mixed(), render.TextOptions{Width: 48}},
		{"color.txt", mixed(), render.TextOptions{Color: true, Width: 100}},
		{"undeclared.txt", alone(validate.Undeclared, "no compatibility artifact is attached to the image", nil), render.TextOptions{}},
		{"error.txt", alone("", "", &validate.ResultError{Code: 5, Message: "registry r: it\x1b[2J failed"}), render.TextOptions{}},
	} {
		t.Run(tt.file, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			if err := render.Text(&out, tt.report, tt.opts); err != nil {
				t.Fatal(err)
			}
			golden(t, tt.file, out.String())
			// Whatever a spec says, the only control characters are line ends, and our own colours if they are asked for.
			plain := out.String()
			for _, own := range []string{"\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[0m", "\n"} {
				if own == "\n" || tt.opts.Color {
					plain = strings.ReplaceAll(plain, own, "")
				}
			}
			if i := strings.IndexFunc(plain, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\u202e' }); i >= 0 {
				t.Errorf("a control character got through: %q", plain[i:min(len(plain), i+20)])
			}
			for line := range strings.Lines(out.String()) {
				if n := len([]rune(line)); tt.opts.Width > 0 && !tt.opts.Color && n > tt.opts.Width+1 && strings.Contains(strings.TrimSpace(line), " ") {
					t.Errorf("a line of %d characters in a window of %d: %q", n, tt.opts.Width, line)
				}
			}
		})
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		file   string
		report *validate.Report
	}{
		{"report.json", mixed()},
		{"undeclared.json", alone(validate.Undeclared, "no compatibility artifact is attached to the image", nil)},
		{"error.json", alone("", "", &validate.ResultError{Code: 5, Message: "registry r: it failed"})},
	} {
		var out bytes.Buffer
		if err := render.JSON(&out, tt.report); err != nil {
			t.Fatal(err)
		}
		golden(t, tt.file, out.String())
	}
}

func TestClean(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"plain ✓ é 日本": "plain ✓ é 日本", "a\tb\nc\rd": "a b c d", "\x1b[31mred\x9b0m\x00": "[31mred0m", "a\u202eb\u200bc\u2028d": "abcd", "\xff\xfe": "",
	} {
		if got := render.Clean(text); got != want {
			t.Errorf("Clean(%q) is %q, want %q", text, got, want)
		}
	}
	if got := render.CleanLines("a\x1b\nb\x07"); got != "a\nb" {
		t.Errorf("got %q", got)
	}
}
