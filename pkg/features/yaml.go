package features

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// yamlToJSON returns a YAML document as JSON. What it must not be used for is refused: aliases, by which a short text would become a very
// long one, and a key that is there twice. The memory is some hundred times the text's at worst.
func yamlToJSON(text []byte) ([]byte, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		return nil, err
	}
	if len(document.Content) == 0 {
		return []byte("null"), nil
	}
	var b bytes.Buffer
	if err := writeNode(&b, document.Content[0]); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// writeNode writes a node as JSON. The depth is the parser's to bound.
func writeNode(b *bytes.Buffer, node *yaml.Node) error {
	switch node.Kind {
	case yaml.MappingNode:
		return writeMapping(b, node)
	case yaml.SequenceNode:
		b.WriteByte('[')
		for i, item := range node.Content {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := writeNode(b, item); err != nil {
				return err
			}
		}
		b.WriteByte(']')
		return nil
	case yaml.ScalarNode:
		return writeScalar(b, node)
	case yaml.AliasNode:
		return fmt.Errorf("line %d: the alias *%s: write it out", node.Line, node.Value)
	case yaml.DocumentNode:
	}
	return errors.New("it is no YAML document")
}

func writeMapping(b *bytes.Buffer, node *yaml.Node) error {
	seen := make(map[string]bool, len(node.Content)/2)
	b.WriteByte('{')
	for i := 0; i+1 < len(node.Content); i += 2 {
		key := node.Content[i]
		if key.Kind != yaml.ScalarNode || key.ShortTag() == "!!merge" {
			return fmt.Errorf("line %d: a key that is no string", key.Line)
		}
		if seen[key.Value] {
			return fmt.Errorf("line %d: the key %q is there twice", key.Line, key.Value)
		}
		seen[key.Value] = true
		if i > 0 {
			b.WriteByte(',')
		}
		if err := writeString(b, key.Value); err != nil {
			return err
		}
		b.WriteByte(':')
		if err := writeNode(b, node.Content[i+1]); err != nil {
			return err
		}
	}
	b.WriteByte('}')
	return nil
}

func writeScalar(b *bytes.Buffer, node *yaml.Node) error {
	switch node.ShortTag() {
	case "!!null":
		b.WriteString("null")
	case "!!bool":
		b.WriteString(strings.ToLower(node.Value))
	case "!!int", "!!float":
		if json.Valid([]byte(node.Value)) {
			b.WriteString(node.Value)
		} else { // such as 0x10 or .inf, and whichever number it is, it is not what is wanted
			b.WriteByte('0')
		}
	case "!!str", "!!timestamp":
		return writeString(b, node.Value)
	default:
		return fmt.Errorf("line %d: a value of the type %s", node.Line, node.ShortTag())
	}
	return nil
}

func writeString(b *bytes.Buffer, text string) error {
	encoded, err := json.Marshal(text)
	b.Write(encoded)
	return err
}
