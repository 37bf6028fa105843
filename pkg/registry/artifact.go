package registry

import (
	"slices"
	"strings"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/nfd-compat/nfd-compat/pkg/spec"
)

// payloadLayers returns the layers that hold a spec, the second of which is one too many: no more are of interest.
func payloadLayers(doc *document) []ocispec.Descriptor {
	wanted := []string{spec.MediaTypeYAML, spec.MediaTypeJSON, spec.MediaTypeKEPYAML}
	var layers []ocispec.Descriptor
	for _, d := range doc.Layers.list {
		if slices.Contains(wanted, d.MediaType) && len(layers) < 2 {
			layers = append(layers, d)
		}
	}
	return layers
}

// payloadLayer returns the one layer that holds the spec, wherever it stands among the layers. None or several is an
// [ErrPayload].
func payloadLayer(doc *document) (ocispec.Descriptor, error) {
	layers := payloadLayers(doc)
	switch len(layers) {
	case 0:
		return ocispec.Descriptor{}, &cause{kind: ErrPayload, words: "it has no layer of the media type " + spec.MediaTypeYAML}
	case 1:
		return layers[0], nil
	default:
		return ocispec.Descriptor{}, &cause{kind: ErrPayload, words: "it has more than one layer that holds a spec"}
	}
}

// isForeign says whether an artifact type is one that another kind of artifact is known by: signatures, attestations,
// bills of materials, charts, modules. Not on the list are the types that some registries put there for want of a better
// one: none, the empty type and that of an image's config.
func isForeign(artifactType string) bool {
	known := []string{
		"application/vnd.cncf.notary.",        // notation's signatures
		"application/vnd.dev.cosign.",         // cosign's signatures
		"application/vnd.dev.sigstore.bundle", // sigstore's bundles
		"application/vnd.in-toto",             // attestations
		"application/vnd.cyclonedx",           // bills of materials
		"application/spdx", "text/spdx",       // bills of materials
		"application/vnd.syft",                     // bills of materials
		"application/sarif", "application/openvex", // scans
		"application/vnd.cncf.helm.",       // charts
		"application/vnd.cncf.openpolicy",  // policies
		"application/vnd.cncf.artifacthub", // metadata of artifacthub.io
		"application/vnd.oci.source.image", // source images
		"application/vnd.goharbor.",        // Harbor's accessories
		"application/vnd.wasm.",            // modules
	}
	return slices.ContainsFunc(known, func(prefix string) bool { return strings.HasPrefix(artifactType, prefix) })
}
