package render_test

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"

	"github.com/nfd-compat/nfd-compat/internal/hosttest"
	"github.com/nfd-compat/nfd-compat/internal/render"
	"github.com/nfd-compat/nfd-compat/pkg/features"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// xeon is a host of the tests of pkg/features.
func xeon(t *testing.T) *features.Host {
	t.Helper()
	archive, err := os.ReadFile("../../pkg/features/testdata/xeon.txtar")
	if err != nil {
		t.Fatal(err)
	}
	return features.FromFS(hosttest.Parse(string(archive)).FS())
}

// explained returns what is said of a feature of the Xeon.
func explained(t *testing.T, name, element string) *render.Feature {
	t.Helper()
	set, read, err := xeon(t).Trace(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	entry, ok := features.Lookup(name)
	if !ok {
		t.Fatalf("no feature %s", name)
	}
	return render.NewFeature(&entry, element, set, read)
}

func featureText(t *testing.T, f *render.Feature, opts render.TextOptions) string {
	t.Helper()
	var out bytes.Buffer
	if err := render.FeatureText(&out, f, opts); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestFeatureText shows a feature of each kind, an element, one that cannot be told here and one that is not there, and what
// a narrow window and colours do.
func TestFeatureText(t *testing.T) {
	t.Parallel()
	var all strings.Builder
	for _, what := range [][2]string{
		{"kernel.version", ""},
		{"pci.device", ""},
		{"kernel.enabledmodule", ""},
		{"cpu.cpuid", "AVX512F"},
		{"cpu.coprocessor", ""},
		{"memory.nv", "mode"},
		{"system.osrelease", "NO_SUCH"},
	} {
		all.WriteString(featureText(t, explained(t, what[0], what[1]), render.TextOptions{}) + "----\n")
	}
	golden(t, "feature.txt", all.String())
	golden(t, "feature_narrow.txt", featureText(t, explained(t, "memory.hugepages", ""), render.TextOptions{Width: 50, Color: true}))
}

// TestFeatureListText: the list has a line for each feature, wrapped below itself in a narrow window.
func TestFeatureListText(t *testing.T) {
	t.Parallel()
	for _, width := range []int{0, 40, 80} {
		var out bytes.Buffer
		if err := render.FeatureListText(&out, render.NewFeatureList(), "nfd-compat explain FEATURE", render.TextOptions{Width: width}); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(out.String()) {
			if n := len([]rune(strings.TrimRight(line, "\n"))); width > 0 && n > width+20 {
				t.Errorf("width %d: a line of %d: %s", width, n, line)
			}
		}
		for _, entry := range features.Catalogue() {
			if !strings.Contains(out.String(), "\n"+entry.Name+" ") {
				t.Errorf("width %d: no line for %s", width, entry.Name)
			}
		}
	}
}

// TestFeatureIsClean: what a host names its things does not reach the terminal as commands, nor does very much of it.
func TestFeatureIsClean(t *testing.T) {
	t.Parallel()
	set := &features.Set{Features: *nfdv1alpha1.NewFeatures()}
	attributes := map[string]string{"a\x1b[31m": "b\x1b]0;title\x07", "long": strings.Repeat("x", 1<<20)}
	flags := nfdv1alpha1.NewFlagFeatures("f\x1b[2J")
	for i := range 5000 {
		attributes["n"+strings.Repeat("i", i)] = "v"
	}
	set.Features.Attributes["kernel.config"] = nfdv1alpha1.NewAttributeFeatures(attributes)
	set.Features.Flags["kernel.config"] = flags
	set.Statuses = map[string]features.Status{"kernel.config": {State: features.Incomplete, Reasons: []string{"\x1b[1mreason", strings.Repeat("y", 1<<20)}}}
	entry, _ := features.Lookup("kernel.config")
	got := featureText(t, render.NewFeature(&entry, "", set, []string{"/proc/\x1b[31m"}), render.TextOptions{})
	if strings.ContainsAny(got, "\x1b\x07") {
		t.Errorf("control characters: %q", got)
	}
	if len(got) > 64<<10 {
		t.Errorf("%d bytes", len(got))
	}
	var out bytes.Buffer
	rows := render.StatusRows(set)
	if err := render.StatusText(&out, rows, render.TextOptions{}); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(out.String(), "\x1b\x07") || out.Len() > 64<<10 {
		t.Errorf("%d bytes: %q", out.Len(), out.String())
	}
}

// TestFeatureExampleIsOfSomething: an example asks for what is there, if anything is.
func TestFeatureExampleIsOfSomething(t *testing.T) {
	t.Parallel()
	entry, _ := features.Lookup("gpu.summary")
	for want, attributes := range map[string]map[string]string{
		`nvidia.count: {op: In, value: ["1"]}`:    {"amd.count": "0", "homogeneous": "false", "nvidia.count": "1"},
		`amd.count: {op: In, value: ["0"]}`:       {"amd.count": "0", "intel.count": "0"},
		`homogeneous: {op: In, value: ["false"]}`: {"amd.count": "", "homogeneous": "false"},
	} {
		set := &features.Set{Features: *nfdv1alpha1.NewFeatures()}
		set.Features.Attributes["gpu.summary"] = nfdv1alpha1.NewAttributeFeatures(attributes)
		if got := featureText(t, render.NewFeature(&entry, "", set, nil), render.TextOptions{}); !strings.HasSuffix(got, "\n      "+want+"\n") {
			t.Errorf("not %s:\n%s", want, got)
		}
	}
}

// TestFeatureExamples: the example of every feature is a term that compiles without a finding, and that a host which has
// something of the feature satisfies.
func TestFeatureExamples(t *testing.T) {
	t.Parallel()
	matched := 0
	for _, entry := range features.Catalogue() {
		f := explained(t, entry.Name, "")
		text := featureText(t, f, render.TextOptions{})
		_, term, ok := strings.Cut(text, "\nin a spec\n")
		if !ok {
			t.Fatalf("%s: no example in\n%s", entry.Name, text)
		}
		s, err := spec.Decode([]byte("version: v1alpha1\ncompatibilities:\n- rules:\n  - matchFeatures:\n  " + strings.ReplaceAll(term, "\n", "\n  ")))
		if err != nil {
			t.Fatalf("%s: %v\n%s", entry.Name, err, term)
		}
		program, findings := validate.Compile(s, validate.Options{})
		if len(findings) > 0 {
			t.Fatalf("%s: %v\n%s", entry.Name, findings, term)
		}
		set, err := xeon(t).Discover(t.Context(), program.Needs())
		if err != nil {
			t.Fatal(err)
		}
		verdict, err := program.Verdict(t.Context(), set)
		if err != nil {
			t.Fatal(err)
		}
		switch found := len(f.Host.Flags) + len(f.Host.Attributes) + len(f.Host.Instances); {
		case found > 0 && verdict != validate.Compatible:
			t.Errorf("%s: %s, of a host that has it:\n%s", entry.Name, verdict, text)
		case found > 0:
			matched++
		case verdict == validate.Compatible:
			t.Errorf("%s: compatible, of a host that does not have it:\n%s", entry.Name, text)
		}
	}
	if matched < 15 {
		t.Errorf("only %d examples were matched", matched)
	}
}

// TestFeatureJSON: the JSON has everything, where the text is cut.
func TestFeatureJSON(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := render.FeatureJSON(&out, explained(t, "cpu.cpuid", "")); err != nil {
		t.Fatal(err)
	}
	var got struct {
		APIVersion, Kind, Name, Since string
		Kinds                         []string
		Elements                      []struct{ Name, Kind string }
		ReadFrom                      []string
		Host                          struct{ Status features.Status }
	}
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.APIVersion != validate.APIVersion || got.Kind != render.KindFeature || got.Name != "cpu.cpuid" || got.Since != "v0.10" || len(got.Kinds) != 2 ||
		len(got.Elements) < 300 || got.Elements[0].Kind != "flag" || got.Host.Status.State != features.Unsupported {
		t.Errorf("%+v", got)
	}
	out.Reset()
	if err := render.FeatureListJSON(&out, render.NewFeatureList()); err != nil {
		t.Fatal(err)
	}
	var list struct {
		Kind     string
		Features []struct{ Name, Description string }
	}
	if err := json.Unmarshal(out.Bytes(), &list); err != nil {
		t.Fatal(err)
	}
	if list.Kind != render.KindFeatureList || len(list.Features) != len(features.Catalogue()) {
		t.Errorf("%+v", list)
	}
}
