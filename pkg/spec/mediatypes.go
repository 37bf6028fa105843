package spec

// Media types by which a compatibility artifact and its payload are known in a registry. Only the first of each kind is
// written; the others are read as well.
//
// Source: NFD's api/image-compatibility/v1alpha1, and for the KEP spellings NFD's enhancement proposal on image
// compatibility.
const (
	// ArtifactType is the artifactType of a compatibility artifact.
	ArtifactType = "application/vnd.nfd.image-compatibility.v1alpha1"
	// MediaTypeYAML is the media type of the layer that holds the spec.
	MediaTypeYAML = "application/vnd.nfd.image-compatibility.spec.v1alpha1+yaml"
	// MediaTypeJSON is the media type of a layer that holds the spec as JSON.
	MediaTypeJSON = "application/vnd.nfd.image-compatibility.spec.v1alpha1+json"
	// ArtifactTypeKEP is the artifactType as NFD's enhancement proposal spells it.
	ArtifactTypeKEP = "application/vnd.k8s.nfd.image-compatibility.v1"
	// MediaTypeKEPYAML is the media type of the spec's layer as NFD's enhancement proposal spells it.
	MediaTypeKEPYAML = "application/vnd.k8s.nfd.image-compatibility.spec.v1+yaml"
)
