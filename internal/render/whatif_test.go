package render_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/nfd-compat/nfd-compat/internal/render"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// TestWhatIfIsTold: no reader of any format takes a verdict on features that are not the host's own for one on the host, be it
// of one image or of many, on one host or on many, and whether what is not the host's own is the same of all of them or not.
func TestWhatIfIsTold(t *testing.T) {
	t.Parallel()
	one, two := compatible("app:v1"), compatible("app:v2")
	for name, results := range map[string][]validate.Result{
		"one":            {whatIf(one)},
		"a file":         {whatIf(fromFile(one))},
		"two images":     {whatIf(one), whatIf(two)},
		"two hosts":      {on("node-1", whatIf(one)), on("node-2", whatIf(compatible("app:v1")))},
		"of one of them": {on("node-1", whatIf(one)), on("node-2", compatible("app:v1"))},
		"not the same":   {on("node-1", whatIf(one)), on("node-2", without(whatIf(compatible("app:v1"))))},
		"an error":       {whatIf(one), alone("app:v5", "", "", &validate.ResultError{Code: 5, Message: "no answer"})},
	} {
		for _, f := range formats() {
			var out bytes.Buffer
			if err := f.write(&out, reportOf(results...)); err != nil {
				t.Fatal(err)
			}
			got := out.String()
			lines := strings.Split(strings.TrimSuffix(got, "\n"), "\n")
			switch f.suffix {
			case ".nfd.json": // which is to the byte what NFD's own client prints
				continue
			case ".narrow.txt", ".color.txt":
				got = strings.Join(strings.Fields(got), " ")
				lines = []string{got}
				fallthrough
			case ".txt", ".verbose.txt", ".quiet.txt", ".github.txt":
				if last := lines[len(lines)-1]; !strings.HasSuffix(last, " (what if)") {
					t.Errorf("%s: the last line of %s is %q", name, f.suffix, last)
				}
			case ".md":
				if !strings.HasSuffix(lines[0], " (what if)") {
					t.Errorf("%s: the heading is %q", name, lines[0])
				}
			}
			if change := "kernel.version full=6.12.0 major=6"; f.suffix != ".quiet.txt" && !strings.Contains(f.suffix, "json") && !strings.Contains(f.suffix, "yaml") && !strings.Contains(got, change) {
				t.Errorf("%s: %s does not tell of %s:\n%s", name, f.suffix, change, got)
			}
			if strings.Contains(f.suffix, "json") && !strings.Contains(got, `"overrides"`) {
				t.Errorf("%s: %s does not tell of the overrides", name, f.suffix)
			}
		}
	}
	for _, f := range formats() {
		var out bytes.Buffer
		if err := f.write(&out, reportOf(one, two)); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(strings.ToLower(out.String()), "what if") || strings.Contains(out.String(), "whatIf") {
			t.Errorf("%s tells of a what-if that is none:\n%s", f.suffix, &out)
		}
	}
}

// TestWhatIfOfOneAlone: what is not the own of one of the hosts is told with that one, and not as if it were of all.
func TestWhatIfOfOneAlone(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	report := reportOf(on("node-1", compatible("app:v1")), on("node-2", whatIf(compatible("app:v1"))))
	if err := render.Text(&out, report, render.TextOptions{}); err != nil {
		t.Fatal(err)
	}
	_, below, _ := strings.Cut(out.String(), " on node-2: ")
	if strings.Count(out.String(), "what if: ") != 3 || strings.Count(below, "    what if: ") != 3 || strings.Contains(out.String(), "what if   ") {
		t.Errorf("got\n%s", &out)
	}
}

// TestCaveatsOfSeveral: of each of several images is told what makes its verdict less than it looks.
func TestCaveatsOfSeveral(t *testing.T) {
	t.Parallel()
	cached := compatible("app:v2")
	cached.Image.CachedAt, cached.Image.Unexamined = "2026-01-02T03:04:05Z", 3
	report := reportOf(compatible("app:v1"), inferred("cuda:v2"), cached)
	for _, f := range formats() {
		if slices.Contains([]string{".nfd.json", ".quiet.txt"}, f.suffix) {
			continue
		}
		wants := []string{"NVIDIA_REQUIRE_CUDA", "2026-01-02T03:04:05Z"}
		switch f.suffix {
		case ".xml":
			wants = append(wants, `<property name="inferred" value="platform, NVIDIA_REQUIRE_CUDA">`, `<property name="image.unexamined" value="3">`)
		case ".txt", ".verbose.txt", ".narrow.txt", ".color.txt", ".github.txt", ".md":
			wants = append(wants, "none is attached; inferred from", "from the cache, as of", "3 of its referrers were not looked at")
		}
		var out bytes.Buffer
		if err := f.write(&out, report); err != nil {
			t.Fatal(err)
		}
		got := strings.Join(strings.Fields(out.String()), " ")
		for _, want := range wants {
			if !strings.Contains(got, want) {
				t.Errorf("%s does not tell %q:\n%s", f.suffix, want, &out)
			}
		}
	}
}
