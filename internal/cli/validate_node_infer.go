package cli

import (
	"fmt"
	"strings"

	"github.com/nfd-compat/nfd-compat/pkg/derive"
	"github.com/nfd-compat/nfd-compat/pkg/registry"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// inferred returns the text of a spec that is made of what an image without an artifact declares in its config, and tells
// people so. If it declares nothing, the result has a verdict.
func (o *validateNode) inferred(a answer, result *validate.Result, several bool) ([]byte, error) {
	image, draft := a.image, &derive.Draft{}
	if config := a.config; config != nil {
		var err error
		draft, err = derive.FromImage(derive.Image{Reference: image.Reference, Platform: config.Platform, Env: config.Env})
		if err != nil {
			return nil, fmt.Errorf("image %s: %w", image.Reference, err)
		}
	}
	for _, r := range draft.Remarks {
		if r.Severity == spec.SeverityWarning {
			o.streams.note("warning: %s%s", about(image.Reference, several), r)
		}
	}
	if draft.Spec == nil {
		result.Verdict, result.Reason = validate.Undeclared, undeclared+", and its config declares nothing that can be judged"
		return nil, nil
	}
	result.Inferred = draft.From
	o.streams.note("%s%s: it is judged by what its config declares, %s", about(image.Reference, several), undeclared, strings.Join(draft.From, ", "))
	return draft.YAML(), nil
}

// pinned returns the reference of an image by the digest that it had: a tag may have moved since.
func pinned(image *registry.Image) string {
	at := "@" + image.Descriptor.Digest.String()
	return strings.TrimSuffix(image.Reference, at) + at
}
