package validate_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nfd-compat/nfd-compat/pkg/features"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// judgement is a result by its names, and by what was not the host's own.
func judgement(image, node string, verdict validate.Verdict, overrides ...features.Override) validate.Result {
	r := validate.Result{Verdict: verdict, Overrides: overrides}
	if image != "" {
		r.Image = &validate.Image{Reference: image}
	}
	if node != "" {
		r.Node = &features.Node{Name: node}
	}
	return r
}

// newer is what an upgrade would bring.
func newer(release string) features.Override {
	return features.Override{Feature: "kernel.version", Set: []string{"full=" + release}}
}

// TestCompareTogether: the names of images and of hosts tell which results belong together only where a report has several.
func TestCompareTogether(t *testing.T) {
	t.Parallel()
	const yes, no = validate.Compatible, validate.Incompatible
	one := func(image, node string) validate.Result { return judgement(image, node, yes) }
	other := func(image, node string) validate.Result { return judgement(image, node, no) }
	c := func(a, b string) *validate.Change { return &validate.Change{A: a, B: b} }
	type named struct {
		image, node   string
		images, nodes *validate.Change
		only          string
	}
	for name, test := range map[string]struct {
		a, b []validate.Result
		want []named
	}{
		"the same":                        {[]validate.Result{one("i", "n")}, []validate.Result{other("i", "n")}, []named{{"i", "n", nil, nil, ""}}},
		"another version":                 {[]validate.Result{one("i:1", "n")}, []validate.Result{other("i:2", "n")}, []named{{"i:1", "n", c("i:1", "i:2"), nil, ""}}},
		"another host":                    {[]validate.Result{one("i", "n")}, []validate.Result{other("i", "m")}, []named{{"i", "n", nil, c("n", "m"), ""}}},
		"both others":                     {[]validate.Result{one("i", "n")}, []validate.Result{other("j", "m")}, []named{{"i", "n", c("i", "j"), c("n", "m"), ""}}},
		"files on hosts without names":    {[]validate.Result{one("", "")}, []validate.Result{other("", "")}, []named{{}}},
		"a file, and an image":            {[]validate.Result{one("", "n")}, []validate.Result{other("i", "")}, []named{{"i", "n", nil, nil, ""}}},
		"images on another host":          {[]validate.Result{one("i", "n"), one("j", "n")}, []validate.Result{other("j", "m"), other("i", "m")}, []named{{"i", "n", nil, c("n", "m"), ""}, {"j", "n", nil, c("n", "m"), ""}}},
		"hosts with another image":        {[]validate.Result{one("i:1", "n"), one("i:1", "m")}, []validate.Result{other("i:2", "m"), other("i:2", "n")}, []named{{"i:1", "n", c("i:1", "i:2"), nil, ""}, {"i:1", "m", c("i:1", "i:2"), nil, ""}}},
		"one of several hosts":            {[]validate.Result{one("i", "n")}, []validate.Result{other("i", "m"), other("i", "n")}, []named{{"i", "n", nil, nil, ""}, {"i", "m", nil, nil, "b"}}},
		"none of several hosts":           {[]validate.Result{one("i", "n")}, []validate.Result{other("i", "m"), other("i", "o")}, []named{{"i", "n", nil, nil, "a"}, {"i", "m", nil, nil, "b"}, {"i", "o", nil, nil, "b"}}},
		"one of several images":           {[]validate.Result{one("i", "n"), one("j", "n")}, []validate.Result{other("j", "m")}, []named{{"i", "n", nil, nil, "a"}, {"j", "n", nil, c("n", "m"), ""}}},
		"images on hosts":                 {[]validate.Result{one("i", "n"), one("j", "n"), one("i", "m"), one("j", "m")}, []validate.Result{one("i", "m"), one("j", "n"), other("j", "m"), one("i", "n")}, []named{{"j", "m", nil, nil, ""}}},
		"hosts of one name, by the order": {[]validate.Result{one("i", "n"), one("i", "n")}, []validate.Result{one("i", "n"), other("i", "n")}, []named{{"i", "n", nil, nil, ""}}},
	} {
		var got []named
		for _, r := range validate.Compare(validate.NewReport(test.a...), validate.NewReport(test.b...)).Results {
			got = append(got, named{r.Image, r.Node, r.Images, r.Nodes, r.Only})
		}
		if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(named{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		same := validate.Compare(validate.NewReport(test.a...), validate.NewReport(test.a...))
		if same.Differs() {
			t.Errorf("%s: a report and itself: %+v", name, same)
		}
	}
	// Other names alone are no difference.
	if got := validate.Compare(validate.NewReport(one("i:1", "n")), validate.NewReport(one("i:2", "m"))); got.Differs() {
		t.Errorf("%+v", got)
	}
	failed := validate.NewReport(one("i", "n"))
	failed.Results[0].Error = &validate.ResultError{Code: 5, Message: "no answer"}
	if got := validate.Compare(validate.NewReport(one("i", "m")), failed).Results[0]; *got.Verdict != *c("compatible", "error") || got.Reason.B != "no answer" {
		t.Errorf("%+v", got)
	}
}

// TestCompareWhatIf: a difference tells which of the reports is one of what if, and what was not the hosts' own there.
func TestCompareWhatIf(t *testing.T) {
	t.Parallel()
	const yes, no = validate.Compatible, validate.Incompatible
	is := validate.NewReport(judgement("i", "n", no), judgement("i", "m", no))
	same := validate.NewReport(judgement("i", "n", yes, newer("6")), judgement("i", "m", yes, newer("6")))
	got := validate.Compare(is, same)
	want := validate.Compared{Images: 1, Image: "i", Nodes: 2, WhatIf: true, Overrides: []features.Override{newer("6")}}
	if diff := cmp.Diff(want, got.B); diff != "" || got.A.WhatIf || got.A.Overrides != nil || got.Results[0].Overrides != nil {
		t.Errorf("%+v (-want +got):\n%s", got, diff)
	}
	each := validate.NewReport(judgement("i", "n", yes, newer("6")), judgement("i", "m", yes, newer("7")))
	for _, got := range []*validate.ReportDifference{validate.Compare(is, each), validate.Compare(same, validate.NewReport(judgement("i", "n", no, newer("6")), judgement("i", "m", no, newer("7"))))} {
		if !got.B.WhatIf || got.B.Overrides != nil {
			t.Errorf("%+v", got.B)
		}
		if diff := cmp.Diff(&validate.OverrideChange{B: []features.Override{newer("7")}}, got.Results[1].Overrides); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	if got := validate.Compare(same, same); got.Differs() || !got.A.WhatIf || !got.B.WhatIf {
		t.Errorf("%+v", got)
	}
	// That nothing comes of it is no difference, and said all the same.
	if got := validate.Compare(same, validate.NewReport(judgement("i", "n", yes), judgement("i", "m", yes))); got.Differs() || !got.A.WhatIf || got.B.WhatIf {
		t.Errorf("%+v", got)
	}
}
