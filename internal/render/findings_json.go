package render

import (
	"fmt"
	"io"
)

// FindingsJSON writes findings in the JSON of their types, indented by two spaces.
func FindingsJSON(w io.Writer, findings *Findings) error {
	if err := writePlainJSON(w, findings); err != nil {
		return fmt.Errorf("write the findings as JSON: %w", err)
	}
	return nil
}
