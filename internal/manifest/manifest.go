package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/yaml"
)

// Bounds on what is read.
const (
	// MaxSize is the most that a file of manifests may have, in bytes: charts with all of their custom resource definitions
	// print some megabytes.
	MaxSize = 16 << 20
	// maxDocuments bounds the number of documents, of which even an empty one takes its time.
	maxDocuments = 20_000
	// maxDepth bounds how deep objects are searched for pod templates. A CronJob in a list has its containers at the ninth
	// level.
	maxDepth = 64
)

// ErrTooLarge says that manifests are longer than [MaxSize].
var ErrTooLarge = fmt.Errorf("more than %d bytes of manifests", MaxSize)

// A Use is a container that runs an image.
type Use struct {
	// Image is the image reference, as it is written. Empty if the container has none, which is for its admission to fill in.
	Image string
	// Object names the object that the container is in: "Deployment default/web"; the namespace is left out if it is not
	// given.
	Object string
	// Container is the container's name.
	Container string
}

// String returns the use as people name it: "Deployment default/web, container app".
func (u Use) String() string { return u.Object + ", container " + u.Container }

// Read returns the containers of all pods and pod templates, in the order of the documents: init containers (sidecars
// among them), containers, ephemeral containers. Images of volumes are not among them: nothing of them runs. Manifests
// without any container give none, and that is no error.
//
// An error says which document cannot be read; it is [ErrTooLarge], or one of r, or of the YAML.
func Read(r io.Reader) ([]Use, error) {
	manifests, err := io.ReadAll(io.LimitReader(r, MaxSize+1))
	switch {
	case err != nil:
		return nil, err
	case len(manifests) > MaxSize:
		return nil, ErrTooLarge
	}
	decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(manifests), 4096)
	var found search
	for number := 1; ; number++ {
		var document map[string]any
		err := decoder.Decode(&document)
		switch {
		case errors.Is(err, io.EOF):
			return found.uses, nil
		case number > maxDocuments:
			return nil, fmt.Errorf("more than %d documents", maxDocuments)
		case err != nil:
			return nil, fmt.Errorf("document %d: %w", number, err)
		}
		if err := found.object(document, 0); err != nil {
			return nil, fmt.Errorf("document %d: %w", number, err)
		}
	}
}

// search collects the containers of objects.
type search struct{ uses []Use }

var errDepth = fmt.Errorf("it is nested more than %d levels deep", maxDepth)

// object searches an object, or the objects of a list.
func (s *search) object(object map[string]any, depth int) error {
	if depth > maxDepth {
		return errDepth
	}
	kind := text(object["kind"])
	if items, ok := object["items"].([]any); ok && strings.HasSuffix(kind, "List") {
		for _, item := range items {
			if listed, ok := item.(map[string]any); ok {
				if err := s.object(listed, depth+1); err != nil {
					return err
				}
			}
		}
		return nil
	}
	name := nameOf(object)
	if kind == "Pod" {
		s.pod(name, object["spec"])
		return nil
	}
	return s.templates(name, object, depth)
}

// templates searches a value for pod templates: what has a spec with containers and stands under a key that ends in
// "template".
func (s *search) templates(object string, value any, depth int) error {
	if depth > maxDepth {
		return errDepth
	}
	switch value := value.(type) {
	case []any:
		for _, entry := range value {
			if err := s.templates(object, entry, depth+1); err != nil {
				return err
			}
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(value)) {
			if template, ok := value[key].(map[string]any); ok && strings.HasSuffix(strings.ToLower(key), "template") && s.pod(object, template["spec"]) {
				continue
			}
			if err := s.templates(object, value[key], depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

// pod takes the containers of a pod's spec, and tells whether it is one.
func (s *search) pod(object string, value any) bool {
	spec, ok := value.(map[string]any)
	if !ok {
		return false
	}
	containers, ok := spec["containers"].([]any)
	if !ok {
		return false
	}
	for _, list := range []any{spec["initContainers"], containers, spec["ephemeralContainers"]} {
		entries, ok := list.([]any)
		if !ok {
			continue
		}
		for _, entry := range entries {
			if container, ok := entry.(map[string]any); ok {
				s.uses = append(s.uses, Use{Image: text(container["image"]), Object: object, Container: text(container["name"])})
			}
		}
	}
	return true
}

// nameOf names an object as people do: its kind, and its namespace and name.
func nameOf(object map[string]any) string {
	metadata, _ := object["metadata"].(map[string]any)
	name := text(metadata["name"])
	if name == "" {
		name = text(metadata["generateName"])
	}
	if namespace := text(metadata["namespace"]); namespace != "" {
		name = namespace + "/" + name
	}
	return strings.TrimSpace(text(object["kind"]) + " " + name)
}

// text returns a value that is a string. Another one, which the API server would refuse, is shown as it is.
func text(value any) string {
	switch value := value.(type) {
	case nil:
		return ""
	case string:
		return value
	default:
		return fmt.Sprint(value)
	}
}
