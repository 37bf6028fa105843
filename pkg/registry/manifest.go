package registry

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"time"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2/content"
	"oras.land/oras-go/v2/errdef"
)

// Limits on what is read. The distribution specification wants registries to take manifests of at least 4 MiB, and few
// take more.
const (
	maxBytes        = 4 << 20  // a manifest, an index, an image config, a payload
	maxPageBytes    = 8 << 20  // a page of a referrers list: some registries put the whole list, of 10,000 entries, on one
	maxListingBytes = 16 << 20 // all pages of a referrers list
	maxListingPages = 512
	maxListed       = 32768 // on all pages of a referrers list
	maxDescriptors  = 16384 // in one list of one document
)

// Media types of manifests that image-spec has no constants for.
// Source: https://github.com/distribution/distribution/blob/main/docs/content/spec/manifest-v2-2.md
const (
	mediaTypeDockerManifest = "application/vnd.docker.distribution.manifest.v2+json"
	mediaTypeDockerList     = "application/vnd.docker.distribution.manifest.list.v2+json"
	mediaTypeDockerConfig   = "application/vnd.docker.container.image.v1+json"
)

func isIndexType(mediaType string) bool {
	return mediaType == ocispec.MediaTypeImageIndex || mediaType == mediaTypeDockerList
}

func isImageType(mediaType string) bool {
	return mediaType == ocispec.MediaTypeImageManifest || mediaType == mediaTypeDockerManifest
}

// document is an image manifest or an index: the fields of both that matter here.
type document struct {
	MediaType    string
	ArtifactType string
	Config       *ocispec.Descriptor
	Layers       descriptors
	Manifests    descriptors
	Subject      *ocispec.Descriptor
	Annotations  map[string]string // those of an artifact that matter
}

// UnmarshalJSON decodes what matters, and of what does not no more than one thing at a time.
func (d *document) UnmarshalJSON(data []byte) error {
	var whole struct {
		MediaType    string            `json:"mediaType"`
		ArtifactType string            `json:"artifactType"`
		Config       *listedDescriptor `json:"config"`
		Layers       descriptors       `json:"layers"`
		Manifests    descriptors       `json:"manifests"`
		Subject      *listedDescriptor `json:"subject"`
		Annotations  struct {
			Created string `json:"org.opencontainers.image.created"`
			Tool    string `json:"io.github.nfd-compat.tool"` // AnnotationTool
		} `json:"annotations"`
	}
	if err := json.Unmarshal(data, &whole); err != nil {
		return err
	}
	*d = document{
		MediaType: whole.MediaType, ArtifactType: whole.ArtifactType,
		Layers: whole.Layers, Manifests: whole.Manifests, Annotations: map[string]string{},
	}
	if created := whole.Annotations.Created; created != "" {
		d.Annotations[ocispec.AnnotationCreated] = created
	}
	if tool := whole.Annotations.Tool; tool != "" {
		d.Annotations[AnnotationTool] = tool
	}
	if whole.Config != nil {
		config := whole.Config.descriptor()
		d.Config = &config
	}
	if whole.Subject != nil {
		subject := whole.Subject.descriptor()
		d.Subject = &subject
	}
	return nil
}

// descriptors is a list with a bound on its length: "{}," is 3 bytes of JSON and 120 of memory.
type descriptors struct {
	list  []ocispec.Descriptor
	there bool // the field is there, if only as a null
}

// MarshalJSON encodes the list as a list.
func (d descriptors) MarshalJSON() ([]byte, error) {
	if d.list == nil {
		return []byte("[]"), nil
	}
	return json.Marshal(d.list)
}

// UnmarshalJSON decodes a list of at most maxDescriptors. A null is an empty list.
func (d *descriptors) UnmarshalJSON(data []byte) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	token, err := dec.Token()
	if err != nil {
		return err
	}
	*d = descriptors{there: true}
	if token == nil {
		return nil
	}
	if token != json.Delim('[') {
		return errors.New("a list of descriptors is not an array")
	}
	for dec.More() {
		if len(d.list) == maxDescriptors {
			return fmt.Errorf("a list of more than %d descriptors", maxDescriptors)
		}
		var one listedDescriptor
		if err := dec.Decode(&one); err != nil {
			return err
		}
		d.list = append(d.list, one.descriptor())
	}
	return nil
}

// listedDescriptor is a descriptor in a list, without what is of no use here: a stranger may fill a list with annotations,
// each of which takes far more memory than text.
type listedDescriptor struct {
	MediaType    string            `json:"mediaType"`
	ArtifactType string            `json:"artifactType"`
	Digest       digest.Digest     `json:"digest"`
	Size         int64             `json:"size"`
	Data         []byte            `json:"data"`
	Platform     *ocispec.Platform `json:"platform"`
	Annotations  struct {
		Created    string `json:"org.opencontainers.image.created"`
		RefName    string `json:"org.opencontainers.image.ref.name"`
		Containerd string `json:"io.containerd.image.name"`
		BuildKit   string `json:"vnd.docker.reference.type"`
	} `json:"annotations"`
}

func (l *listedDescriptor) descriptor() ocispec.Descriptor {
	d := ocispec.Descriptor{MediaType: l.MediaType, ArtifactType: l.ArtifactType, Digest: l.Digest, Size: l.Size, Data: l.Data, Platform: l.Platform}
	for _, annotation := range [...]struct{ key, value string }{
		{ocispec.AnnotationCreated, l.Annotations.Created},
		{ocispec.AnnotationRefName, l.Annotations.RefName},
		{annotationContainerdName, l.Annotations.Containerd},
		{annotationBuildKit, l.Annotations.BuildKit},
	} {
		if annotation.value == "" {
			continue
		}
		if d.Annotations == nil {
			d.Annotations = map[string]string{}
		}
		d.Annotations[annotation.key] = annotation.value
	}
	return d
}

// The annotations of a listed descriptor that image-spec has no constants for.
const (
	// annotationContainerdName is where containerd writes the full reference of an image that it exports.
	annotationContainerdName = "io.containerd.image.name"
	// annotationBuildKit is how BuildKit marks an entry of an index that is no image.
	// Source: https://github.com/moby/buildkit/blob/master/docs/attestations/attestation-storage.md
	annotationBuildKit = "vnd.docker.reference.type"
)

// decodeDocument decodes what was received as mediaType. A document that says it is something else, or that could be
// read as both a manifest and an index, is refused: two readers of it would see two images.
func decodeDocument(mediaType string, data []byte) (*document, error) {
	var doc document
	if err := json.Unmarshal(data, &doc); err != nil {
		return nil, brokenBy(err, "not valid JSON for %s: %s", plain(mediaType, maxExcerpt), jsonFault(err))
	}
	if doc.MediaType != "" && doc.MediaType != mediaType {
		return nil, broken("it is served or listed as %q, but says that it is %q", plain(mediaType, maxExcerpt), plain(doc.MediaType, maxExcerpt))
	}
	switch {
	case isIndexType(mediaType) && (doc.Layers.there || doc.Config != nil),
		isImageType(mediaType) && doc.Manifests.there:
		return nil, broken("it has the fields of both a manifest and an index")
	case isIndexType(mediaType) && !doc.Manifests.there:
		return nil, broken("an index without a list of manifests")
	case isImageType(mediaType) && doc.Config == nil:
		return nil, broken("an image manifest without a config")
	}
	return &doc, nil
}

// jsonFault says what is wrong with a JSON text in the words of JSON, not of Go's types.
func jsonFault(err error) string {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		where := ""
		if wrong.Field != "" {
			where = " at " + wrong.Field
		}
		return plain(fmt.Sprintf("an unexpected %s%s", wrong.Value, where), maxExcerpt)
	}
	return plain(err.Error(), maxExcerpt)
}

// artifactType returns the type of an artifact: its artifactType, or, by the image specification's guidelines for
// artifacts, the media type of its config.
func (d *document) artifactType() string {
	if d.ArtifactType == "" && d.Config != nil {
		return d.Config.MediaType
	}
	return d.ArtifactType
}

// created returns the time in the annotation org.opencontainers.image.created, zero if there is none that RFC 3339 allows.
func created(annotations map[string]string) time.Time {
	t, err := time.Parse(time.RFC3339, annotations[ocispec.AnnotationCreated])
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// checkDescriptor refuses a descriptor that must not be fetched: too large, without a digest that can be verified, or with
// embedded data that is not what it describes.
func checkDescriptor(desc ocispec.Descriptor) error {
	if err := desc.Digest.Validate(); err != nil {
		return brokenBy(err, "the digest %q cannot be verified: %v", plain(desc.Digest.String(), maxExcerpt), err)
	}
	if desc.Size < 0 || desc.Size > maxBytes {
		return broken("it is %d bytes long, and at most %d are read", desc.Size, maxBytes)
	}
	if !isEmbedded(desc) {
		return nil
	}
	if int64(len(desc.Data)) != desc.Size || desc.Digest.Algorithm().FromBytes(desc.Data) != desc.Digest {
		return broken("the data that is embedded in its descriptor does not have this digest and length")
	}
	return nil
}

// isEmbedded tells whether what a descriptor describes is in the descriptor itself, so that nobody need be asked for it.
//
// Source: https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md#embedded-content
func isEmbedded(desc ocispec.Descriptor) bool { return len(desc.Data) > 0 }

// fetchAll fetches what desc describes, at most maxBytes, and verifies size and digest. What is not there is an
// [ErrBrokenAnswer] that matches errdef.ErrNotFound: something that is there refers to it. What is embedded in the
// descriptor is taken from there.
func fetchAll(ctx context.Context, from content.Fetcher, desc ocispec.Descriptor) ([]byte, error) {
	if err := checkDescriptor(desc); err != nil {
		return nil, err
	}
	if isEmbedded(desc) {
		return desc.Data, nil
	}
	rc, err := from.Fetch(ctx, desc)
	if err != nil {
		return nil, classify(ctx, err)
	}
	data, err := content.ReadAll(rc, desc)
	err = errors.Join(err, rc.Close())
	if err != nil {
		return nil, classify(ctx, err)
	}
	return data, nil
}

// missing is the error of a thing that another one refers to and that is not there.
func missing() error {
	return brokenBy(errdef.ErrNotFound, "it is listed, but it is not there")
}

// errLength says that there are more or fewer bytes than announced.
var errLength = errors.New("length differs")

// readBounded reads at most limit bytes.
func readBounded(r io.Reader, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, broken("it is longer than %d bytes", limit)
	}
	return data, nil
}

// mediaTypeOf returns the media type of a Content-Type header, without its parameters. Empty if there is none.
func mediaTypeOf(contentType string) string {
	mediaType, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return ""
	}
	return mediaType
}
