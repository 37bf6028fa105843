package main

import (
	"archive/tar"
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/specs-go"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/nfd-compat/nfd-compat/pkg/spec"
)

// created is the date of everything in the layout.
const created = "2025-01-01T00:00:00Z"

//go:embed spec.yaml
var payload []byte

// layout collects the files of an OCI layout.
type layout struct {
	files map[string][]byte // by path, with slashes
}

// write writes the demonstration's layout to a directory, which is made if it is not there.
func write(dir string) error {
	files, err := demo()
	if err != nil {
		return err
	}
	for name, data := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// demo returns the files of the layout.
func demo() (map[string][]byte, error) {
	l := layout{files: map[string][]byte{}}
	layer, err := textLayer("etc/demo.txt", "This image does nothing, and does it on amd64 and arm64.\n")
	if err != nil {
		return nil, err
	}
	var children []ocispec.Descriptor
	for _, architecture := range []string{"amd64", "arm64"} {
		child, err := l.image(layer, ocispec.Platform{OS: "linux", Architecture: architecture})
		if err != nil {
			return nil, err
		}
		children = append(children, child)
	}
	index, err := l.json(ocispec.MediaTypeImageIndex, ocispec.Index{
		Versioned:   specs.Versioned{SchemaVersion: 2},
		MediaType:   ocispec.MediaTypeImageIndex,
		Manifests:   children,
		Annotations: map[string]string{ocispec.AnnotationCreated: created},
	})
	if err != nil {
		return nil, err
	}
	artifact, err := l.artifact(index)
	if err != nil {
		return nil, err
	}
	index.Annotations = map[string]string{ocispec.AnnotationRefName: "v1"}
	// A layout has no list of referrers: tools look for them among the manifests that stand here.
	return l.files, l.top(index, artifact)
}

// image adds an image of one layer.
func (l layout) image(layer []byte, platform ocispec.Platform) (ocispec.Descriptor, error) {
	date, err := time.Parse(time.RFC3339, created)
	if err != nil {
		return ocispec.Descriptor{}, err
	}
	config, err := l.json(ocispec.MediaTypeImageConfig, ocispec.Image{
		Created:  &date,
		Platform: platform,
		RootFS:   ocispec.RootFS{Type: "layers", DiffIDs: []digest.Digest{digest.FromBytes(layer)}},
	})
	if err != nil {
		return ocispec.Descriptor{}, err
	}
	manifest, err := l.json(ocispec.MediaTypeImageManifest, ocispec.Manifest{
		Versioned: specs.Versioned{SchemaVersion: 2},
		MediaType: ocispec.MediaTypeImageManifest,
		Config:    config,
		Layers:    []ocispec.Descriptor{l.blob(ocispec.MediaTypeImageLayer, layer)},
	})
	manifest.Platform = &platform
	return manifest, err
}

// artifact adds the compatibility artifact, attached to a subject.
func (l layout) artifact(subject ocispec.Descriptor) (ocispec.Descriptor, error) {
	annotations := map[string]string{ocispec.AnnotationCreated: created}
	manifest, err := l.json(ocispec.MediaTypeImageManifest, ocispec.Manifest{
		Versioned:    specs.Versioned{SchemaVersion: 2},
		MediaType:    ocispec.MediaTypeImageManifest,
		ArtifactType: spec.ArtifactType,
		Config:       l.blob(ocispec.MediaTypeEmptyJSON, []byte("{}")),
		Layers:       []ocispec.Descriptor{l.blob(spec.MediaTypeYAML, payload)},
		Subject:      &subject,
		Annotations:  annotations,
	})
	manifest.ArtifactType, manifest.Annotations = spec.ArtifactType, annotations
	return manifest, err
}

// top adds the two files at the top of a layout.
func (l layout) top(manifests ...ocispec.Descriptor) error {
	version, err := json.Marshal(ocispec.ImageLayout{Version: ocispec.ImageLayoutVersion})
	if err != nil {
		return err
	}
	index, err := json.Marshal(ocispec.Index{
		Versioned: specs.Versioned{SchemaVersion: 2},
		MediaType: ocispec.MediaTypeImageIndex,
		Manifests: manifests,
	})
	l.files[ocispec.ImageLayoutFile], l.files[ocispec.ImageIndexFile] = version, index
	return err
}

// json adds a blob that is a document.
func (l layout) json(mediaType string, v any) (ocispec.Descriptor, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return ocispec.Descriptor{}, fmt.Errorf("encode %s: %w", mediaType, err)
	}
	return l.blob(mediaType, data), nil
}

// blob adds a blob.
func (l layout) blob(mediaType string, data []byte) ocispec.Descriptor {
	d := digest.FromBytes(data)
	l.files[ocispec.ImageBlobsDir+"/"+d.Algorithm().String()+"/"+d.Encoded()] = data
	return ocispec.Descriptor{MediaType: mediaType, Digest: d, Size: int64(len(data))}
}

// textLayer returns an image layer of one file. It is not compressed: what gzip makes of the same bytes differs from one
// version of Go to the next.
func textLayer(name, text string) ([]byte, error) {
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	header := tar.Header{Name: name, Mode: 0o644, Size: int64(len(text)), Typeflag: tar.TypeReg, Format: tar.FormatUSTAR, ModTime: time.Unix(0, 0)}
	if err := w.WriteHeader(&header); err != nil {
		return nil, err
	}
	if _, err := w.Write([]byte(text)); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}
