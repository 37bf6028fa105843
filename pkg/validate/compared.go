package validate

import (
	"slices"

	"github.com/nfd-compat/nfd-compat/pkg/features"
)

// A Compared tells what one of two reports is of.
type Compared struct {
	// Images is the number of images, and Image the reference of the only one. A spec in a file is of none.
	Images int    `json:"images"`
	Image  string `json:"image,omitempty"`
	// Nodes is the number of hosts, and Node the name of the only one; empty if it has none.
	Nodes int    `json:"nodes"`
	Node  string `json:"node,omitempty"`
	// WhatIf says that a host was judged by features that are not all its own.
	WhatIf bool `json:"whatIf"`
	// Overrides tell which these are, if they are the same in all results.
	Overrides []features.Override `json:"overrides,omitempty"`
}

func newCompared(r *Report) Compared {
	c := Compared{Images: r.images(), Nodes: r.Nodes(), Overrides: r.CommonOverrides()}
	for i := range r.Results {
		result := &r.Results[i]
		c.WhatIf = c.WhatIf || len(result.Overrides) > 0
		if name := nameOfImage(result); c.Images == 1 && name != "" {
			c.Image = name
		}
		if name := nameOfNode(result); c.Nodes == 1 && name != "" {
			c.Node = name
		}
	}
	return c
}

// images counts the images.
func (r *Report) images() int {
	names := map[string]bool{}
	for i := range r.Results {
		if name := nameOfImage(&r.Results[i]); name != "" {
			names[name] = true
		}
	}
	return len(names)
}

// Nodes counts the hosts that the results are of. Names do not tell them apart, for two may have the same one, or none: but each
// image is judged once on each host.
func (r *Report) Nodes() int {
	most, judged, names := 0, map[string]int{}, map[string]bool{}
	for i := range r.Results {
		image := nameOfImage(&r.Results[i])
		judged[image]++
		most = max(most, judged[image])
		if name := nameOfNode(&r.Results[i]); name != "" {
			names[name] = true
		}
	}
	return max(most, len(names))
}

// CommonOverrides are what is not the hosts' own in all results; nil if that is not the same in all of them. A result with an error
// may be of a time before any host was looked at.
func (r *Report) CommonOverrides() []features.Override {
	var common []features.Override
	for i := range r.Results {
		switch result := &r.Results[i]; {
		case len(result.Overrides) == 0 && result.Error != nil:
		case len(result.Overrides) == 0:
			return nil
		case common == nil:
			common = result.Overrides
		case !sameOverrides(common, result.Overrides):
			return nil
		}
	}
	return common
}

func sameOverrides(a, b []features.Override) bool {
	return slices.EqualFunc(a, b, func(a, b features.Override) bool { return a.String() == b.String() })
}

// together returns what results of two reports belong together by: the names of image and host. Where both reports are of one image,
// or of one host, the name does not matter: one asks what another version of the image, or another host, makes of it.
func together(a, b Compared) func(*Result) string {
	return func(r *Result) string {
		key := ""
		if a.Images > 1 || b.Images > 1 {
			key = nameOfImage(r)
		}
		if a.Nodes > 1 || b.Nodes > 1 {
			key += "\x00" + nameOfNode(r)
		}
		return key
	}
}
