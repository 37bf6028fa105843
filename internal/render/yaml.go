package render

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"sigs.k8s.io/yaml/kyaml"

	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// YAML writes a report in YAML, with the fields and in the order of [JSON]. It is safe to show on a terminal.
func YAML(w io.Writer, report *validate.Report) error { return yamlOf(w, report, "the report") }

// KYAML writes a report in KYAML, the dialect of YAML that Kubernetes writes: with braces and quotes, so that neither
// indentation nor a word such as no is taken for something else.
func KYAML(w io.Writer, report *validate.Report) error { return kyamlOf(w, report, "the report") }

// FindingsYAML writes findings in YAML, as [YAML] does a report.
func FindingsYAML(w io.Writer, findings *Findings) error { return yamlOf(w, findings, "the findings") }

// FindingsKYAML writes findings in KYAML, as [KYAML] does a report.
func FindingsKYAML(w io.Writer, findings *Findings) error {
	return kyamlOf(w, findings, "the findings")
}

func yamlOf(w io.Writer, v any, what string) error {
	if err := writeYAML(w, v); err != nil {
		return fmt.Errorf("write %s as YAML: %w", what, err)
	}
	return nil
}

// kyamlOf has the library read YAML of ours: it does not read all JSON (a delete character, say, which JSON need not escape).
func kyamlOf(w io.Writer, v any, what string) error {
	var text, written bytes.Buffer
	err := writeYAML(&text, v)
	if err == nil {
		err = new(kyaml.Encoder).FromYAML(&text, &written)
	}
	if err == nil {
		_, err = w.Write(mendKYAML(written.Bytes()))
	}
	if err != nil {
		return fmt.Errorf("write %s as KYAML: %w", what, err)
	}
	return nil
}

// mendKYAML does what the library does not. A text of several lines is on as many, where GitHub Actions could take one for a
// command: that is escaped, since there are double quotes around it. And a name may be too long to be one without a mark.
func mendKYAML(text []byte) []byte {
	text = bytes.ReplaceAll(text, []byte(actionsCommand), []byte(`\x23#[`))
	named := regexp.MustCompile(`^(?:"(?:[^"\\\n]|\\.)*"|[^"{}\[\]\s][^"\s]*): `)
	var out bytes.Buffer
	inside := false // of a text
	for line := range bytes.Lines(text) {
		content := bytes.TrimLeft(line, " ")
		out.Write(line[:len(line)-len(content)])
		switch {
		case inside && bytes.HasPrefix(content, []byte("::")):
			out.WriteString(`\x3a`)
			out.Write(content[1:])
		case !inside && len(content) > longestName && len(named.Find(content)) > longestName:
			out.WriteString("? ")
			fallthrough
		default:
			out.Write(content)
		}
		for i := 0; i < len(content); i++ {
			switch content[i] {
			case '\\':
				i++
			case '"':
				inside = !inside
			}
		}
	}
	return out.Bytes()
}

// writeYAML writes a value as YAML: the JSON of it, token by token. sigs.k8s.io/yaml would sort the fields by their names,
// the verdict behind all results, and leave marks that reorder text as they are.
func writeYAML(w io.Writer, v any) error {
	encoded, err := json.Marshal(v)
	if err != nil {
		return err
	}
	y := yamlWriter{from: json.NewDecoder(bytes.NewReader(encoded)), out: bufio.NewWriter(w), plain: plainYAML()}
	y.from.UseNumber()
	if err := y.value(0, true); err != nil {
		return err
	}
	y.put("\n")
	return y.out.Flush()
}

type yamlWriter struct {
	from  *json.Decoder
	out   *bufio.Writer // which keeps an error for its Flush
	plain *regexp.Regexp
}

func (y *yamlWriter) put(text string) { _, _ = y.out.WriteString(text) }

// value writes the next value. What has several lines begins on this one, or on a new one at an indentation.
func (y *yamlWriter) value(indent int, here bool) error {
	token, err := y.from.Token()
	if err != nil {
		return err
	}
	switch token {
	case json.Delim('{'):
		err = y.collection(indent, here, "{}", y.field)
	case json.Delim('['):
		if !here { // a list stands no further in than its name, as in Kubernetes' manifests
			indent -= 2
		}
		err = y.collection(indent, here, "[]", y.item)
	default:
		if !here {
			y.put(" ")
		}
		y.put(y.scalar(token))
	}
	return err
}

// collection writes an object or a list, whose opening bracket has been read.
func (y *yamlWriter) collection(indent int, here bool, empty string, each func(indent int) error) error {
	if !y.from.More() {
		if !here {
			y.put(" ")
		}
		y.put(empty)
	}
	for first := here; y.from.More(); first = false {
		if !first {
			y.put("\n" + strings.Repeat(" ", indent))
		}
		if err := each(indent); err != nil {
			return err
		}
	}
	_, err := y.from.Token() // the closing bracket
	return err
}

func (y *yamlWriter) field(indent int) error {
	name, err := y.from.Token()
	if err != nil {
		return err
	}
	text := y.scalar(name)
	if len(text) > longestName {
		y.put("? " + text + "\n" + strings.Repeat(" ", indent) + ":")
	} else {
		y.put(text + ":")
	}
	return y.value(indent+2, false)
}

// longestName is how long a name may be, in bytes, before YAML wants it marked as one: a bit less than its 1024 characters.
const longestName = 1000

func (y *yamlWriter) item(indent int) error {
	y.put("- ")
	return y.value(indent+2, true)
}

func (y *yamlWriter) scalar(token json.Token) string {
	switch value := token.(type) {
	case string:
		return y.text(value)
	case json.Number:
		return value.String()
	case bool:
		return fmt.Sprint(value)
	}
	return "null"
}

// plainYAML matches words that are texts to every reader of YAML and need no quotes, but for those of [wordsOfYAML].
func plainYAML() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_./-]*$`) }

// wordsOfYAML are those that YAML 1.1 takes for something else than a text, in whatever case.
func wordsOfYAML() []string {
	return []string{"y", "n", "yes", "no", "on", "off", "true", "false", "null"}
}

// text writes a text in double quotes, or without where it cannot be taken for something else.
func (y *yamlWriter) text(s string) string {
	if y.plain.MatchString(s) && !slices.Contains(wordsOfYAML(), strings.ToLower(s)) {
		return s
	}
	var out strings.Builder
	out.WriteByte('"')
	for at, r := range s {
		switch {
		case r == '#' && strings.HasPrefix(s[at:], actionsCommand):
			out.WriteString(`\x23`)
		case r == '"' || r == '\\':
			out.WriteString(`\` + string(r))
		case r == '\n':
			out.WriteString(`\n`)
		case r == '\t':
			out.WriteString(`\t`)
		case unicode.IsPrint(r):
			out.WriteRune(r)
		case r > 0xffff:
			fmt.Fprintf(&out, `\U%08x`, r)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
	}
	out.WriteByte('"')
	return out.String()
}
