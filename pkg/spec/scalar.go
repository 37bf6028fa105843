package spec

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	yaml2 "go.yaml.in/yaml/v2"
	"go.yaml.in/yaml/v3"
)

// scalarText returns the text that NFD reads where a string is wanted, and false for a null.
//
// NFD decodes with sigs.k8s.io/yaml, which resolves an unquoted scalar by the rules of YAML 1.1 and writes it back as a
// string: y becomes "true", 0x10de "4318", 1.10 "1.1". A quoted or block scalar is its own text.
func scalarText(n *yaml.Node) (text string, notNull bool) {
	switch v := scalarValue(n).(type) {
	case nil:
		return "", false
	case string:
		return v, true
	case bool:
		return strconv.FormatBool(v), true
	case int:
		return strconv.Itoa(v), true
	case int64:
		return strconv.FormatInt(v, 10), true
	case uint64:
		return strconv.FormatUint(v, 10), true
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 32), true // 32 bits as sigs.k8s.io/yaml has it
	case time.Time:
		return v.Format(time.RFC3339Nano), true
	default:
		return n.Value, true
	}
}

// scalarValue resolves a scalar as YAML 1.1 does: to nil, a bool, an int, int64, uint64, float64, time.Time or string.
func scalarValue(n *yaml.Node) any {
	const quoted = yaml.DoubleQuotedStyle | yaml.SingleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle
	if n.Style&(quoted|yaml.TaggedStyle) != 0 || !mayResolve(n.Value) {
		return n.Value
	}
	switch n.Value { // the words of YAML 1.1, which are frequent, and need no parser
	case "", "~", "null", "Null", "NULL":
		return nil
	case "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON":
		return true
	case "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF":
		return false
	}
	if n.Value[0] >= '1' && n.Value[0] <= '9' && len(n.Value) < 18 { // nor do plain numbers
		if i, err := strconv.Atoi(n.Value); err == nil {
			return i
		}
	}
	var v any
	if err := yaml2.Unmarshal([]byte(n.Value), &v); err != nil {
		return n.Value
	}
	switch v.(type) {
	case nil, bool, int, int64, uint64, float64, time.Time:
		return v
	default: // a mapping or a list: the text has a meaning of its own as a document, which it had not where it stood
		return n.Value
	}
}

// mayResolve tells whether an unquoted scalar can be anything but a string: most cannot, and need no second parser.
func mayResolve(text string) bool {
	if text == "" || text == "~" {
		return true
	}
	if strings.IndexByte("+-.0123456789", text[0]) >= 0 {
		return !strings.HasPrefix(text, "---") && !strings.HasPrefix(text, "...")
	}
	switch strings.ToLower(text[:min(len(text), 6)]) {
	case "y", "n", "yes", "no", "on", "off", "true", "false", "null":
		return true
	}
	return false
}

// scalarInt returns a whole number, written as one (10, 1e1 and 0xa alike, as NFD reads them).
func scalarInt(n *yaml.Node) (int, error) {
	switch v := scalarValue(n).(type) {
	case int:
		return v, nil
	case int64:
		if int64(int(v)) == v {
			return int(v), nil
		}
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			return int(v), nil
		}
	}
	return 0, fmt.Errorf("want a whole number, have %s", describe(n))
}

// describe names a node as the author wrote it, short enough for a message.
func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "an alias"
	case yaml.ScalarNode, yaml.DocumentNode:
	}
	switch scalarValue(n).(type) {
	case nil:
		return "nothing (null)"
	case string:
		return "the text " + strconv.Quote(shorten(n.Value))
	default:
		return strconv.Quote(shorten(n.Value))
	}
}

// shorten cuts a text for a message.
func shorten(s string) string {
	const limit = 60
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "…"
}
