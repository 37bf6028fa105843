package render

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// JSON writes a report in the JSON of its types, indented by two spaces.
func JSON(w io.Writer, report *validate.Report) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(report); err != nil {
		return fmt.Errorf("write the report as JSON: %w", err)
	}
	return nil
}
