package derive_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/nfd-compat/nfd-compat/pkg/derive"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// judge judges a requirement that has no fault as the library does, GPU by GPU, but for three values: what the library takes
// for true because it does not know it is unknown.
func judge(text string, h gpuHost) validate.Outcome {
	overall := validate.Match
	gpus := h.archs
	if len(gpus) == 0 {
		gpus = []string{""}
	}
	for _, arch := range gpus {
		anyTerm := validate.Mismatch
		for word := range strings.SplitSeq(text, " ") {
			term, factors := validate.Match, 0
			for part := range strings.SplitSeq(word, ",") {
				if part != "" {
					factors++
					term = validate.And(term, judgeFactor(strings.ToLower(part), h, arch))
				}
			}
			if factors > 0 {
				anyTerm = validate.Or(anyTerm, term)
			} else if word != "" {
				break
			}
		}
		overall = validate.And(overall, anyTerm)
	}
	return overall
}

func judgeFactor(text string, h gpuHost, arch string) validate.Outcome {
	at := strings.IndexAny(text, "<>=!")
	value := strings.TrimLeft(text[at:], "<>=!")
	op := strings.TrimSuffix(text[at:], value)
	observed := map[string]string{"cuda": h.cuda, "driver": h.driver, "arch": arch}[text[:at]]
	switch {
	case text[:at] == "brand" && arch != "":
		return validate.Unknown
	case observed == "":
		return validate.Mismatch
	}
	a, b := numbers(observed), numbers(value)
	c := 0
	for i := 0; c == 0 && i < max(len(a), len(b)); i++ {
		x, y := "", ""
		if i < len(a) {
			x = a[i]
		}
		if i < len(b) {
			y = b[i]
		}
		if c = len(x) - len(y); c == 0 {
			c = strings.Compare(x, y)
		}
	}
	holds := map[string]bool{"=": c == 0, "!=": c != 0, "!": c != 0, "<": c < 0, "<=": c <= 0, ">": c > 0, ">=": c >= 0}[op]
	if holds {
		return validate.Match
	}
	return validate.Mismatch
}

// numbers are the parts of a version without leading zeros.
func numbers(version string) []string {
	var parts []string
	for part := range strings.SplitSeq(version, ".") {
		if part != "" {
			parts = append(parts, strings.TrimLeft(part, "0"))
		}
	}
	return parts
}

// FuzzVerdict: what becomes of a requirement has the verdict that the library's own way of evaluating has, on hosts with GPUs
// of one kind.
func FuzzVerdict(f *testing.F) {
	for _, seed := range []string{
		"cuda>=12.1.1 driver>=530", cuda122(), "arch!=7.5,arch>=6 arch<9", "cuda!1", "driver=550.54.15 driver!=550.54.15,cuda=12.4", "brand!=tesla cuda<12",
		"cuda>=012..4. driver<=535.104.5", "cuda>=1 , driver>1", "arch=9.0,arch<=9 arch>9",
	} {
		f.Add(seed)
	}
	hosts := []gpuHost{host("450.248.02", "11.0", "7.0"), host("535.104.05", "12.2", "7.5", "7.5"), host("550.54.15", "12.4", "9.0"), host("", "", "6.1")}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := derive.FromImage(derive.Image{Env: []string{"NVIDIA_REQUIRE_CUDA=" + text}})
		if err != nil || d.Spec == nil {
			return
		}
		p := program(t, d)
		for _, h := range hosts {
			want := map[validate.Outcome]validate.Verdict{
				validate.Match: validate.Compatible, validate.Mismatch: validate.Incompatible, validate.Unknown: validate.VerdictUnknown,
			}[judge(text, h)]
			if got := verdict(t, p, h.set()); got != want {
				t.Errorf("%q on %+v: %s, want %s, of\n%s", text, h, got, want, d.YAML())
			}
		}
	})
}

// FuzzYAML: what is written is read again as the same, whatever the texts in it and in its comments are.
func FuzzYAML(f *testing.F) {
	for _, name := range corpus(f) {
		f.Add(readFile(f, name), "a comment")
	}
	f.Add([]byte("version: v1alpha1\ncompatibilities:\n- tag: \"y\"\n  rules: [{name: \" a\\u2028\\x85\", vars: {no: \"0x1\", '': \"\"}, varsTemplate: \"a\\n b\\n\"}]\n"), "a\nb\x85\u2028c: - # \x00")
	f.Fuzz(func(t *testing.T, text []byte, comment string) {
		before, err := spec.Decode(text)
		if err != nil {
			return
		}
		d := &derive.Draft{Spec: before, Comments: map[string][]string{
			"": {comment}, "compatibilities[0]": {comment, comment}, "compatibilities[0].rules[0]": {comment}, "compatibilities[0].rules[0].matchAny[0]": {comment},
		}}
		after, err := spec.Decode(d.YAML())
		if err != nil {
			t.Fatalf("%v of\n%s", err, d.YAML())
		}
		if diff := cmp.Diff(before, after, cmpopts.IgnoreUnexported(spec.Spec{}), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("(-before +after):\n%s\nof\n%s", diff, d.YAML())
		}
	})
}

// corpus returns the specs and objects that are kept for tests.
func corpus(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob("../spec/testdata/corpus/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("%v, %v", files, err)
	}
	return files
}

func readFile(t testing.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
