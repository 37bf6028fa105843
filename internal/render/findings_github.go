package render

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/nfd-compat/nfd-compat/pkg/spec"
)

// GitHub writes findings as workflow commands, from which GitHub Actions makes annotations of the lines that they are
// about, and ends with a line of the log that counts them.
//
// Source: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
func GitHub(w io.Writer, findings *Findings) error {
	var out bytes.Buffer
	told := 0
	for i := range findings.Files {
		file := &findings.Files[i]
		if failure := file.failure(); failure != "" {
			out.WriteString(annotation("error", nil, failure))
		}
		for _, f := range file.Findings {
			if told++; told <= mostFindings {
				out.WriteString(annotationOf(file, f))
			}
		}
	}
	if told > mostFindings {
		fmt.Fprintf(&out, "nfd-compat: and %d more\n", told-mostFindings)
	}
	if summary := page(findings); summary != "" {
		out.WriteString("nfd-compat: " + summary + "\n") // not a file's name first, which could be a command
	}
	if _, err := w.Write(out.Bytes()); err != nil {
		return fmt.Errorf("write the findings: %w", err)
	}
	return nil
}

func annotationOf(file *FileFindings, f spec.Finding) string {
	level := annotationLevel(f.Severity)
	message := sentence(f)
	var properties []string
	if file.File == "" || file.File == "-" { // there is no line to annotate
		f.Message, f.Path = shorten(f.Message, longText), shorten(f.Path, longText)
		message = f.In(file.Name())
	} else {
		properties = append(properties, "file="+escapeProperty(file.File))
		if f.Line > 0 {
			properties = append(properties, fmt.Sprintf("line=%d", f.Line), fmt.Sprintf("col=%d", f.Column))
		}
	}
	return annotation(level, append(properties, "title="+escapeProperty(string(f.ID))), message)
}

// annotation is one workflow command.
func annotation(level string, properties []string, message string) string {
	command := strings.TrimRight("::"+level+" "+strings.Join(properties, ","), " ")
	return command + "::" + escapeData(message) + "\n"
}

// escapeData escapes the message of a workflow command.
func escapeData(s string) string {
	return Clean(strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s))
}

// escapeProperty escapes the value of a property of a workflow command, which a comma or a colon would end.
func escapeProperty(s string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(escapeData(s))
}
