package render

import (
	"fmt"
	"io"

	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// JSON writes a report in the JSON of its types, indented by two spaces. It is safe to show on a terminal.
func JSON(w io.Writer, report *validate.Report) error {
	if err := writePlainJSON(w, report); err != nil {
		return fmt.Errorf("write the report as JSON: %w", err)
	}
	return nil
}
