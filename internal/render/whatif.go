package render

import "github.com/nfd-compat/nfd-compat/pkg/features"

// whatIf tells what was judged that is not the host's own, so that nobody takes the verdict for one on the host.
func (p *printer) whatIf(overrides []features.Override) {
	for i, o := range overrides {
		label := ""
		if i == 0 {
			label = "what if"
		}
		p.labelled(label, Clean(shorten(o.String(), longText)))
	}
}
