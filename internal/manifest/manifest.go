package manifest

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"

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

// String returns the use as people name it: "Deployment default/web, container app", or "Pod p, a container without a name". It
// is a stranger's text on one line.
func (u Use) String() string {
	if u.Container == "" {
		return oneLine(u.Object) + ", a container without a name"
	}
	return oneLine(u.Object + ", container " + u.Container)
}

// Read returns the containers of all pods and pod templates, in the order of the documents: init containers (sidecars
// among them), containers, ephemeral containers. Images of volumes are not among them: nothing of them runs. Manifests
// without any container give none, and that is no error.
//
// What is not read would pass for judged, so what looks like a workload and cannot be read is an error: a document that is no
// object, an object without a kind, a Pod or another workload of Kubernetes without containers, and in any pod template
// containers that are none.
//
// An error says which document cannot be read, and which object in it; it is [ErrTooLarge], or one of r, or of the YAML.
func Read(r io.Reader) ([]Use, error) {
	manifests, err := io.ReadAll(io.LimitReader(r, MaxSize+1))
	switch {
	case err != nil:
		return nil, err
	case len(manifests) > MaxSize:
		return nil, ErrTooLarge
	}
	decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(separated(manifests)), 4096)
	var found search
	for number := 1; ; number++ {
		var document any
		err := decoder.Decode(&document)
		switch {
		case errors.Is(err, io.EOF):
			return found.uses, nil
		case number > maxDocuments:
			return nil, fmt.Errorf("more than %d documents", maxDocuments)
		case err == nil:
			err = found.document(document)
		}
		if err != nil {
			return nil, fmt.Errorf("document %d: %w", number, err)
		}
	}
}

// separated has all documents separated by "---". The decoder knows no other marker, and reads of what stands between two of
// them the first document alone: what follows the marker of an end, "...", would be lost. A line begins after any line break
// of YAML 1.1 (section 5.4 of its specification), by which the parser goes.
func separated(manifests []byte) []byte {
	return regexp.MustCompile(`(^|[\n\r\x{85}\x{2028}\x{2029}])(?:\.{3}|---)`).ReplaceAllFunc(manifests, func(marker []byte) []byte {
		if !bytes.HasPrefix(marker, []byte("...")) && !bytes.HasPrefix(marker, []byte("---")) {
			return []byte("\n---")
		}
		return []byte("---")
	})
}

// search collects the containers of objects.
type search struct{ uses []Use }

var errDepth = fmt.Errorf("it is nested more than %d levels deep", maxDepth)

// document searches a document. An empty one has nothing.
func (s *search) document(document any) error {
	switch document := document.(type) {
	case nil:
		return nil
	case map[string]any:
		if len(document) == 0 {
			return nil
		}
		return s.object(document, "", 0)
	}
	return errors.New("it is no object of Kubernetes")
}

// object searches an object, or the objects of a list. The kind is that of an object that does not say it.
func (s *search) object(object map[string]any, kind string, depth int) error {
	if depth > maxDepth {
		return errDepth
	}
	switch said := object["kind"].(type) {
	case nil:
	case string:
		kind = cmp.Or(said, kind)
	default:
		return errors.New("its kind is no text")
	}
	if kind == "" {
		return errors.New("it has no kind, so it is no object of Kubernetes")
	}
	if of, isList := strings.CutSuffix(kind, "List"); isList && object["items"] != nil {
		return s.list(object["items"], of, depth)
	}
	var (
		name   = nameOf(kind, object)
		before = len(s.uses)
		err    error
	)
	switch {
	case strings.EqualFold(kind, "Pod"):
		_, err = s.pod(name, object["spec"])
	case kind == "CustomResourceDefinition": // whose schemas speak of containers, and have none
		return nil
	default:
		err = s.templates(name, object, depth)
	}
	switch {
	case err != nil && !errors.Is(err, errDepth):
		return fmt.Errorf("%s: %w", oneLine(name), err)
	case err != nil:
		return err
	case len(s.uses) == before && runsContainers(kind, object):
		return fmt.Errorf("%s: it has no containers that can be read", oneLine(name))
	}
	return nil
}

// list searches the items of a list. A typed one, such as the API server's PodList, has the kind of its items in its own.
func (s *search) list(value any, kind string, depth int) error {
	items, ok := value.([]any)
	if !ok {
		return errors.New("the items of the list are no list")
	}
	for i, item := range items {
		listed, ok := item.(map[string]any)
		if !ok {
			return fmt.Errorf("items[%d] is no object of Kubernetes", i)
		}
		if err := s.object(listed, kind, depth+1); errors.Is(err, errDepth) {
			return err
		} else if err != nil {
			return fmt.Errorf("items[%d]: %w", i, err)
		}
	}
	return nil
}

// runsContainers tells whether this is a workload of Kubernetes itself, which has containers, or it is broken. Of what other
// projects call a Job, say, nobody knows.
func runsContainers(kind string, object map[string]any) bool {
	group, _, grouped := strings.Cut(text(object["apiVersion"]), "/")
	if grouped && !slices.Contains([]string{"apps", "batch", "extensions"}, group) {
		return false
	}
	workloads := []string{"Pod", "PodTemplate", "ReplicationController", "Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job", "CronJob"}
	return slices.ContainsFunc(workloads, func(workload string) bool { return strings.EqualFold(workload, kind) })
}

// templates searches a value for pod templates: what has a spec with containers and stands under a key that ends in
// "template". Pods are found too: a template of OpenShift and a work for another cluster have whole objects in them.
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
		if kind, _ := value["kind"].(string); strings.EqualFold(kind, "Pod") && value["spec"] != nil {
			_, err := s.pod(object+", "+nameOf(kind, value), value["spec"])
			return err
		}
		for _, key := range slices.Sorted(maps.Keys(value)) {
			if template, ok := value[key].(map[string]any); ok && strings.HasSuffix(strings.ToLower(key), "template") {
				isPod, err := s.pod(object, template["spec"])
				switch {
				case err != nil:
					return fmt.Errorf("%s.%w", oneLine(key), err)
				case isPod:
					continue
				}
			}
			if err := s.templates(object, value[key], depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

// pod takes the containers of a pod's spec, and tells whether it is one: it has containers of some sort. It is an error if they
// are none.
func (s *search) pod(object string, value any) (bool, error) {
	spec, ok := value.(map[string]any)
	if !ok {
		return false, nil
	}
	isPod := false
	for _, field := range []string{"initContainers", "containers", "ephemeralContainers"} {
		if spec[field] == nil {
			continue
		}
		entries, ok := spec[field].([]any)
		if !ok {
			return false, fmt.Errorf("spec.%s is no list", field)
		}
		isPod = true
		for i, entry := range entries {
			container, ok := entry.(map[string]any)
			if !ok {
				return false, fmt.Errorf("spec.%s[%d] is no container", field, i)
			}
			image, ok := container["image"].(string)
			if !ok && container["image"] != nil {
				return false, fmt.Errorf("spec.%s[%d].image is no text", field, i)
			}
			s.uses = append(s.uses, Use{Image: image, Object: object, Container: text(container["name"])})
		}
	}
	return isPod, nil
}

// nameOf names an object as people do: its kind, and its namespace and name.
func nameOf(kind string, object map[string]any) string {
	metadata, _ := object["metadata"].(map[string]any)
	name := text(metadata["name"])
	if name == "" {
		name = text(metadata["generateName"])
	}
	if namespace := text(metadata["namespace"]); namespace != "" {
		name = namespace + "/" + name
	}
	return strings.TrimSpace(kind + " " + name)
}

// oneLine is a text of a stranger without line breaks, which could begin what is no part of a message.
func oneLine(text string) string {
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, text)), " ")
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
