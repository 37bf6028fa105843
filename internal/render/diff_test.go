package render_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/nfd-compat/nfd-compat/internal/render"
	"github.com/nfd-compat/nfd-compat/pkg/features"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// reportDifference has every kind of line, and texts of strangers.
func reportDifference() *render.Difference {
	text := func(s string) *string { return &s }
	alternative := 1
	c := func(a, b string) *validate.Change { return &validate.Change{A: a, B: b} }
	return render.NewReportDifference("a.json", "b\x1b[31m.json", &validate.ReportDifference{
		A:       validate.Compared{Images: 1, Image: "registry.example.com/app:v1\x1b[31m", Nodes: 3},
		B:       validate.Compared{Images: 2, Nodes: 1, Node: "node-1\u202e", WhatIf: true, Overrides: whatIf(validate.Result{}).Overrides},
		Verdict: c("compatible", "incompatible"),
		Results: []validate.ResultDifference{
			{
				Image: "registry.example.com/app:v1", Node: "node-1\x1b[31m", Verdict: c("compatible", "incompatible"), Reason: c("all is well", "nothing is"),
				Best: c(`set "x" (weight 1)`, ""), Digest: c("sha256:1", "sha256:2"), Artifact: c("sha256:3", "sha256:4"), Kernel: c("5.14", "6.12"),
				Sets: []validate.SetDifference{
					{Set: `set "x" (weight 1)`, Verdict: c("compatible", "incompatible"), Rules: []validate.RuleDifference{
						{Name: "driver", Outcome: c("match", "mismatch"), Expressions: []validate.ExpressionDifference{
							{
								Feature: "gpu.driver", Matcher: validate.MatchExpressions, Element: "cuda.version", Op: "Ge", Value: []string{"12.4"}, Type: "version",
								Outcome: *c("match", "mismatch"), Observed: validate.ObservedChange{A: text("12.6"), B: text("12.2")}, Reason: *c("", "12.2 is less than 12.4"),
							},
							{
								Alternative: &alternative, Feature: "kernel.config", Matcher: validate.MatchName, Op: "InRegexp", Value: []string{"^A"}, Only: "b",
								Outcome: *c("", "unknown"), Reason: *c("", "kernel.config could not be read"),
							},
						}},
						{Name: "count", CEL: true, Outcome: c("match", "unknown"), Reason: c("", "it failed\x07")},
						{Name: "", Only: "a"},
					}},
					{Set: "set #2 (weight 0)", Only: "b"},
				},
				Features: []validate.StatusDifference{{Feature: "kernel.config", Change: *c("discovered", "unreadable")}},
			},
			{
				Image: "app:v1", Images: c("app:v1\x1b[31m", "app:v2"), Nodes: c("node-1", "node-2\x07"), Best: c("", "x"),
				Overrides: &validate.OverrideChange{B: whatIf(validate.Result{}).Overrides},
			},
			{Node: "node-2", Only: "a", Verdict: c("compatible", "")},
			{Node: "node-3", Only: "b", Verdict: c("", "error")},
			{Kernel: c("", "6.12")},
		},
	})
}

func featureDifference() *render.Difference {
	text := func(s string) *string { return &s }
	options := features.Difference{Feature: "kernel.config"}
	devices := features.Difference{Feature: "pci.device"}
	for i := range 23 {
		options.Elements = append(options.Elements, features.ElementDifference{Element: fmt.Sprintf("OPTION_%02d", i), Kind: features.Attribute, A: text("m"), B: text("y")})
		devices.Instances = append(devices.Instances, features.InstanceDifference{Attributes: map[string]string{"vendor": fmt.Sprint(i), "class": "02"}, A: i % 2 * 9, B: 4})
	}
	return render.NewFeatureDifference("a.json", "b.json", []features.Difference{
		options,
		{Feature: "kernel.lsm", Status: &features.StatusDifference{A: features.Absent, B: features.Discovered}, Elements: []features.ElementDifference{
			{Element: "bpf\x1b[2J", Kind: features.Flag, A: text("present")}, {Element: "yama", Kind: features.Flag, B: text("present")},
		}},
		{Feature: "kernel.version", Elements: []features.ElementDifference{{Element: "major", Kind: features.Attribute, A: text("5")}, {Element: "minor", Kind: features.Attribute, B: text("\u202e1")}}},
		devices,
		{Feature: "rdma.port", Instances: []features.InstanceDifference{{B: 2}}},
	})
}

func TestDifference(t *testing.T) {
	t.Parallel()
	for name, d := range map[string]*render.Difference{"diff_report": reportDifference(), "diff_features": featureDifference()} {
		var plain, colored, encoded bytes.Buffer
		if err := render.DifferenceText(&plain, d, render.TextOptions{}); err != nil {
			t.Fatal(err)
		}
		golden(t, name+".txt", plain.String())
		if err := render.DifferenceText(&colored, d, render.TextOptions{Color: true, Width: 100}); err != nil {
			t.Fatal(err)
		}
		golden(t, name+"_color.txt", colored.String())
		if err := render.DifferenceJSON(&encoded, d); err != nil {
			t.Fatal(err)
		}
		golden(t, name+".json", encoded.String())
		var back render.Difference
		if err := json.Unmarshal(encoded.Bytes(), &back); err != nil || !back.Differs {
			t.Errorf("%s: %v", name, err)
		}
		if strings.ContainsAny(plain.String(), "\x1b\x07\u202e") || strings.ContainsAny(encoded.String(), "\x1b\x07\u202e") {
			t.Errorf("%s: what a terminal obeys is in it", name)
		}
		if err := render.DifferenceText(fullDisk{}, d, render.TextOptions{}); err == nil {
			t.Error("a full disk is no error")
		}
		if err := render.DifferenceJSON(fullDisk{}, d); err == nil {
			t.Error("a full disk is no error")
		}
	}
	var none bytes.Buffer
	if err := render.DifferenceText(&none, render.NewFeatureDifference("a", "b", nil), render.TextOptions{}); err != nil || none.String() != "no difference\n" {
		t.Errorf("%q, %v", none.String(), err)
	}
}

// TestDifferenceInDetail: of a brief text there is the last line, which every text has, and of a full one nothing is cut.
func TestDifferenceInDetail(t *testing.T) {
	t.Parallel()
	same := reportDifference()
	same.Report.Verdict = nil
	one := render.NewReportDifference("a", "b", &validate.ReportDifference{Results: same.Report.Results[:1], A: validate.Compared{WhatIf: true}, B: validate.Compared{WhatIf: true}})
	before := render.NewReportDifference("a", "b", &validate.ReportDifference{A: validate.Compared{WhatIf: true}, Verdict: &validate.Change{A: "compatible", B: "unknown"}})
	for want, d := range map[string]*render.Difference{
		"no difference\n":     render.NewFeatureDifference("a", "b", nil),
		"5 features differ\n": featureDifference(),
		"1 feature differs\n": render.NewFeatureDifference("a", "b", featureDifference().Features[:1]),
		"verdict: compatible → incompatible (what if)\n":                       reportDifference(),
		"5 results differ; the verdict over all does not (what if: b)\n":       same,
		"1 result differs; the verdict over all does not (what if: a and b)\n": one,
		"verdict: compatible (what if) → unknown\n":                            before,
		"no difference (what if: a)\n":                                         render.NewReportDifference("a", "b", &validate.ReportDifference{A: validate.Compared{WhatIf: true}}),
	} {
		texts := map[render.Detail]string{}
		for _, detail := range []render.Detail{render.Normal, render.Brief, render.Full} {
			var out bytes.Buffer
			if err := render.DifferenceText(&out, d, render.TextOptions{Detail: detail}); err != nil {
				t.Fatal(err)
			}
			texts[detail] = out.String()
		}
		if texts[render.Brief] != want {
			t.Errorf("in brief it is %q, want %q", texts[render.Brief], want)
		}
		if !strings.HasSuffix("\n"+texts[render.Normal], "\n"+want) || !strings.HasSuffix("\n"+texts[render.Full], "\n"+want) {
			t.Errorf("%q is not the last line of\n%s\nor not of\n%s", want, texts[render.Normal], texts[render.Full])
		}
		if strings.Contains(texts[render.Full], " more ") {
			t.Errorf("in full something is left out:\n%s", texts[render.Full])
		}
	}
}

// TestWhatIsCompared: a difference of reports begins with what each is of, and with what is not its hosts' own, whether there is
// any difference or not.
func TestWhatIsCompared(t *testing.T) {
	t.Parallel()
	overrides := whatIf(validate.Result{}).Overrides
	for want, c := range map[string]validate.Compared{
		"a         a.json: app:v1 on node-1\n":   {Images: 1, Image: "app:v1", Nodes: 1, Node: "node-1"},
		"a         a.json: app:v1\n":             {Images: 1, Image: "app:v1", Nodes: 1},
		"a         a.json: 2 images on node-1\n": {Images: 2, Nodes: 1, Node: "node-1"},
		"a         a.json: 3 hosts\n":            {Nodes: 3},
		"a         a.json\n":                     {},
		"a         a.json: node-1\nwhat if   kernel.version full=6.12.0 major=6\n          pci.device 2 other instances\n": {Nodes: 1, Node: "node-1", WhatIf: true, Overrides: overrides[1:]},
		"a         a.json: 2 hosts\nwhat if   features that are not the host's own, and not the same in all results\n":     {Nodes: 2, WhatIf: true},
	} {
		var out bytes.Buffer
		if err := render.DifferenceText(&out, render.NewReportDifference("a.json", "b.json", &validate.ReportDifference{A: c}), render.TextOptions{}); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(out.String(), want+"b         b.json\n\nno difference") {
			t.Errorf("got\n%s\nwant first\n%s", &out, want)
		}
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, fmt.Errorf("no space left on device") }
