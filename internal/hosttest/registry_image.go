package hosttest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"testing"

	"github.com/opencontainers/image-spec/specs-go"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2"
	"oras.land/oras-go/v2/content"
	"oras.land/oras-go/v2/errdef"
)

// Layer is a layer of an image or artifact.
type Layer struct {
	MediaType string
	Data      []byte
}

// Artifact is an artifact to attach to an image.
type Artifact struct {
	// Type is the artifactType.
	Type string
	// Created is the annotation org.opencontainers.image.created; none if empty.
	Created string
	// Annotations are others.
	Annotations map[string]string
	// Layers are the layers, in order.
	Layers []Layer
	// Embed puts the layers' data into their descriptors as well.
	Embed bool
}

// PushImage pushes an image of one layer, for a platform, under a tag (none if empty), to a registry's repository or an
// OCI layout. An image for no platform (the zero value) has a config of an unknown type, as an artifact has. The layer
// depends on tag and platform, so that two images differ.
func PushImage(t testing.TB, to oras.Target, tag string, p ocispec.Platform) ocispec.Descriptor {
	t.Helper()
	layer := PushBlob(t, to, ocispec.MediaTypeImageLayer, []byte("layer of "+tag+" for "+p.OS+"/"+p.Architecture+"/"+p.Variant))
	configType, config := ocispec.MediaTypeImageConfig, Encode(t, ocispec.Image{Platform: p, RootFS: ocispec.RootFS{Type: "layers"}})
	if p.Architecture == "" {
		configType, config = "application/vnd.example.model.config.v1+json", []byte("{}")
	}
	return PushManifest(t, to, tag, ocispec.MediaTypeImageManifest, ocispec.Manifest{
		Versioned: specs.Versioned{SchemaVersion: 2},
		MediaType: ocispec.MediaTypeImageManifest,
		Config:    PushBlob(t, to, configType, config),
		Layers:    []ocispec.Descriptor{layer},
	})
}

// PushIndex pushes an index of manifests under a tag. Set the platforms in the descriptors: see [For].
func PushIndex(t testing.TB, to oras.Target, tag string, manifests ...ocispec.Descriptor) ocispec.Descriptor {
	t.Helper()
	return PushManifest(t, to, tag, ocispec.MediaTypeImageIndex, ocispec.Index{
		Versioned: specs.Versioned{SchemaVersion: 2},
		MediaType: ocispec.MediaTypeImageIndex,
		Manifests: manifests,
	})
}

// For returns a descriptor with a platform, as it stands in an index.
func For(d ocispec.Descriptor, p ocispec.Platform) ocispec.Descriptor {
	d.Platform = &p
	return d
}

// Attach pushes an artifact that refers to a subject.
func Attach(t testing.TB, to oras.Target, subject ocispec.Descriptor, a Artifact) ocispec.Descriptor {
	t.Helper()
	annotations := map[string]string{}
	maps.Copy(annotations, a.Annotations)
	if a.Created != "" {
		annotations[ocispec.AnnotationCreated] = a.Created
	}
	layers := []ocispec.Descriptor{}
	for _, l := range a.Layers {
		layer := PushBlob(t, to, l.MediaType, l.Data)
		if a.Embed {
			layer.Data = l.Data
		}
		layers = append(layers, layer)
	}
	return PushManifest(t, to, "", ocispec.MediaTypeImageManifest, ocispec.Manifest{
		Versioned:    specs.Versioned{SchemaVersion: 2},
		MediaType:    ocispec.MediaTypeImageManifest,
		ArtifactType: a.Type,
		Config:       PushBlob(t, to, ocispec.MediaTypeEmptyJSON, []byte("{}")),
		Layers:       layers,
		Subject:      &ocispec.Descriptor{MediaType: subject.MediaType, Digest: subject.Digest, Size: subject.Size},
		Annotations:  annotations,
	})
}

// PushManifest pushes a manifest of any form (encoded as JSON, or as it is if it is a []byte), under a tag if it is not
// empty.
func PushManifest(t testing.TB, to oras.Target, tag, mediaType string, manifest any) ocispec.Descriptor {
	t.Helper()
	data, ok := manifest.([]byte)
	if !ok {
		data = Encode(t, manifest)
	}
	desc := PushBlob(t, to, mediaType, data)
	if tag != "" {
		if err := to.Tag(context.WithoutCancel(t.Context()), desc, tag); err != nil {
			t.Fatalf("tag %s: %v", tag, err)
		}
	}
	return desc
}

// PushBlob pushes bytes. What is there already is left.
func PushBlob(t testing.TB, to oras.Target, mediaType string, data []byte) ocispec.Descriptor {
	t.Helper()
	desc := content.NewDescriptorFromBytes(mediaType, data)
	err := to.Push(context.WithoutCancel(t.Context()), desc, bytes.NewReader(data))
	if err != nil && !errors.Is(err, errdef.ErrAlreadyExists) {
		t.Fatalf("push %s: %v", mediaType, err)
	}
	return desc
}

// Encode returns v as JSON.
func Encode(t testing.TB, v any) []byte {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
