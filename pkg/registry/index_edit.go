package registry

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// noEntries is an index without entries, for where there is none.
const noEntries = `{"manifests":[]}`

// encode returns v as JSON in one line.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// editIndex changes the list of manifests of an index. What else stands in it stays, whether this package knows it or not,
// and so do the entries that change leaves alone. An empty text is no index: a file that is being written may be empty.
func editIndex(index []byte, change func([]json.RawMessage) ([]json.RawMessage, error)) ([]byte, error) {
	fields := map[string]json.RawMessage{}
	var entries []json.RawMessage
	if err := json.Unmarshal(index, &fields); err != nil {
		return nil, brokenBy(err, "not valid JSON for an index: %s", jsonFault(err))
	}
	if err := json.Unmarshal(fields["manifests"], &entries); err != nil {
		return nil, brokenBy(err, "its list of manifests cannot be changed: %s", jsonFault(err))
	}
	entries, err := change(entries)
	if err != nil {
		return nil, err
	}
	if entries == nil {
		entries = []json.RawMessage{} // the specification wants an array
	}
	list, err := encode(entries)
	if err != nil {
		return nil, err
	}
	fields["schemaVersion"], fields["mediaType"], fields["manifests"] = json.RawMessage("2"), json.RawMessage(`"`+ocispec.MediaTypeImageIndex+`"`), list
	changed, err := encode(fields)
	if err == nil && len(changed) > maxBytes {
		err = broken("it would be %d bytes long, and an index has at most %d", len(changed), maxBytes)
	}
	return changed, err
}

// listing adds a descriptor to the entries of an index, unless its digest is there.
func listing(desc ocispec.Descriptor) func([]json.RawMessage) ([]json.RawMessage, error) {
	return func(entries []json.RawMessage) ([]json.RawMessage, error) {
		if slices.ContainsFunc(entries, entryOf(desc.Digest)) {
			return entries, nil
		}
		entry, err := encode(desc)
		return append(entries, entry), err
	}
}

// unlisting removes the entries of digests.
func unlisting(digests ...digest.Digest) func([]json.RawMessage) ([]json.RawMessage, error) {
	return func(entries []json.RawMessage) ([]json.RawMessage, error) {
		return slices.DeleteFunc(entries, entryOf(digests...)), nil
	}
}

// entryOf tells whether an entry is one of some digests.
func entryOf(digests ...digest.Digest) func(json.RawMessage) bool {
	return func(entry json.RawMessage) bool {
		var desc struct {
			Digest digest.Digest `json:"digest"`
		}
		return json.Unmarshal(entry, &desc) == nil && slices.Contains(digests, desc.Digest)
	}
}

// lists tells whether an index has an entry of one of some digests.
func lists(entries []ocispec.Descriptor, digests ...digest.Digest) bool {
	return slices.ContainsFunc(entries, func(e ocispec.Descriptor) bool { return slices.Contains(digests, e.Digest) })
}
