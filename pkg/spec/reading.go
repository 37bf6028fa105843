package spec

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// A reading is a scalar that is read as another text than the one that stands there.
type reading struct {
	node *yaml.Node
	path string
	text string // as it is read
}

// maxReadings bounds what is told of them.
const maxReadings = 200

// read notes a scalar if it is read as something else than it looks like.
func (d *decoder) read(n *yaml.Node, at *path, text string) {
	if n.Style == 0 && n.Value != text && len(d.readings) < maxReadings {
		d.readings = append(d.readings, reading{n, at.String(), text})
	}
}

// readings finds the scalars that YAML 1.1, by which NFD reads, takes for something else than a text.
func (c *checker) readings() {
	for _, r := range c.spec.readings {
		f := c.findAt(Position{r.node.Line, r.node.Column}, SeverityWarning, IDYAMLValue, r.path, "%q is read as %q: quote it", shorten(r.node.Value), shorten(r.text))
		c.misread[r.path] = len(c.findings) - 1
		if c.spec.places == nil || strings.Contains(r.path, ".vars") { // a later rule may ask for what it is read as
			continue
		}
		if e, ok := c.spec.places.quoteScalar(r.node); ok {
			f.Fix = []Edit{e}
		}
	}
}
