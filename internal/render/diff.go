package render

import (
	"fmt"
	"io"

	"github.com/nfd-compat/nfd-compat/pkg/features"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// What a difference says of itself; its apiVersion is [validate.APIVersion].
const (
	KindReportDifference  = "ReportDifference"
	KindFeatureDifference = "FeatureDifference"
)

// A Difference is what two reports, or two exports of features, tell differently. Its JSON is stable within v1alpha1.
type Difference struct {
	APIVersion string        `json:"apiVersion"`
	Kind       string        `json:"kind"`
	Tool       validate.Tool `json:"tool"`
	// A and B name what was compared.
	A string `json:"a"`
	B string `json:"b"`
	// Differs says whether there is any difference.
	Differs bool `json:"differs"`
	// Report is what the reports tell differently; nil if exports were compared.
	Report *validate.ReportDifference `json:"report,omitempty"`
	// Features are those that differ; nil if reports were compared.
	Features []features.Difference `json:"features,omitempty"`
}

// NewReportDifference returns the difference of two reports, whose names are a and b; its Tool's version is the caller's to fill.
func NewReportDifference(a, b string, of *validate.ReportDifference) *Difference {
	d := newDifference(KindReportDifference, a, b)
	d.Report, d.Differs = of, of.Differs()
	return d
}

// NewFeatureDifference returns the difference of two exports, whose names are a and b; its Tool's version is the caller's to fill.
func NewFeatureDifference(a, b string, of []features.Difference) *Difference {
	d := newDifference(KindFeatureDifference, a, b)
	d.Features, d.Differs = of, len(of) > 0
	return d
}

func newDifference(kind, a, b string) *Difference {
	return &Difference{APIVersion: validate.APIVersion, Kind: kind, Tool: validate.Tool{Name: "nfd-compat"}, A: a, B: b}
}

// DifferenceJSON writes a difference in the JSON of its types, indented by two spaces. It is safe to show on a terminal.
func DifferenceJSON(w io.Writer, d *Difference) error {
	if err := writePlainJSON(w, d); err != nil {
		return fmt.Errorf("write the difference as JSON: %w", err)
	}
	return nil
}
