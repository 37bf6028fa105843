package registry

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// FuzzEditIndex: whatever stands under a referrers tag, an entry that is added is there, the others are still, and taking
// it off again leaves the list as it was.
func FuzzEditIndex(f *testing.F) {
	for _, text := range []string{
		"", `{"manifests":[]}`, `{"schemaVersion":2,"manifests":[{"digest":"sha256:1"}],"annotations":{"a":"<b>"}}`,
		`{"manifests":null}`, `{"Manifests":[]}`, `{"manifests":[1,null,{"digest":[]}]}`, `[]`, `null`, `{"manifests":{}}`, `<html>`,
	} {
		f.Add([]byte(text))
	}
	desc := ocispec.Descriptor{MediaType: ocispec.MediaTypeImageManifest, Digest: digest.FromString("x"), Size: 1}
	f.Fuzz(func(t *testing.T, text []byte) {
		entries := func(index []byte) []json.RawMessage {
			var doc struct {
				Manifests []json.RawMessage `json:"manifests"`
			}
			if err := json.Unmarshal(index, &doc); err != nil {
				t.Fatalf("%q: %v", index, err)
			}
			return doc.Manifests
		}
		with, err := editIndex(text, listing(desc))
		if err != nil {
			if with != nil {
				t.Errorf("an index beside the error %v", err)
			}
			return
		}
		again, err := editIndex(with, listing(desc))
		if err != nil || !bytes.Equal(again, with) {
			t.Errorf("listed twice: %q, %v", again, err)
		}
		doc, err := decodeDocument(ocispec.MediaTypeImageIndex, with)
		if err == nil && !lists(doc.Manifests.list, desc.Digest) {
			t.Errorf("it is not listed: %q", with)
		}
		without, err := editIndex(with, unlisting(desc.Digest))
		if err != nil || len(entries(without)) != len(entries(with))-1 {
			t.Errorf("%d entries of %d are left: %v", len(entries(without)), len(entries(with)), err)
		}
	})
}
