package render

import (
	"fmt"
	"io"
	"strconv"

	"github.com/nfd-compat/nfd-compat/pkg/spec"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// What the commands that write to a registry, and the list of what is there, say of themselves; their apiVersion is
// [validate.APIVersion].
const (
	KindAttachment   = "Attachment"
	KindArtifactList = "ArtifactList"
	KindRemoval      = "Removal"
)

// The states of an [Attachment].
const (
	StatusAttached  = "attached"
	StatusUnchanged = "unchanged"
)

// An Attachment is what became of a spec that was to be attached. Its JSON is stable within v1alpha1.
type Attachment struct {
	APIVersion string        `json:"apiVersion"`
	Kind       string        `json:"kind"`
	Tool       validate.Tool `json:"tool"`
	// Image is the normalised reference, Subject the digest of the manifest or index that the artifact is attached to, and
	// Digest that of the artifact.
	Image   string `json:"image"`
	Subject string `json:"subject"`
	Digest  string `json:"digest"`
	// Created is the artifact's time; empty if it was there and is undated.
	Created string `json:"created,omitempty"`
	// Status is StatusAttached, or StatusUnchanged if it was there.
	Status string `json:"status"`
	// Removed are the digests of the older artifacts that it has replaced.
	Removed []string `json:"removed"`
	// NotRemoved are those that it should have replaced.
	NotRemoved []NotRemoved `json:"notRemoved,omitempty"`
	// Unexamined is the number of referrers that might be artifacts, newer ones even, and were not looked at.
	Unexamined int `json:"unexamined,omitempty"`
}

// NotRemoved is an artifact that could not be removed.
type NotRemoved struct {
	Digest string `json:"digest"`
	// Unlisted says that the image no longer has it, and that only its manifest is left in the registry.
	Unlisted bool                  `json:"unlisted,omitempty"`
	Error    *validate.ResultError `json:"error"`
}

// A Removal is which artifacts were removed. Its JSON is stable within v1alpha1.
type Removal struct {
	APIVersion string        `json:"apiVersion"`
	Kind       string        `json:"kind"`
	Tool       validate.Tool `json:"tool"`
	Image      string        `json:"image"`
	Removed    []string      `json:"removed"`
	NotRemoved []NotRemoved  `json:"notRemoved,omitempty"`
	// Artifacts are those that the image still has.
	Artifacts []ArtifactRow `json:"artifacts"`
	// Unexamined is the number of referrers that might be artifacts and were not looked at.
	Unexamined int `json:"unexamined,omitempty"`
}

// An ArtifactList is what is attached to an image. Its JSON is stable within v1alpha1.
type ArtifactList struct {
	APIVersion string          `json:"apiVersion"`
	Kind       string          `json:"kind"`
	Tool       validate.Tool   `json:"tool"`
	Image      *validate.Image `json:"image"`
	Artifacts  []ArtifactRow   `json:"artifacts"`
	// Unexamined is the number of referrers that might be artifacts and were not looked at.
	Unexamined int `json:"unexamined,omitempty"`
}

// An ArtifactRow is one compatibility artifact.
type ArtifactRow struct {
	Digest string `json:"digest"`
	// Subject is the digest of what it is attached to, and Platform that of the subject, if it is a manifest of an index.
	Subject  string `json:"subject"`
	Platform string `json:"platform,omitempty"`
	Created  string `json:"created,omitempty"`
	// Size is that of the spec's text, in bytes.
	Size      int64  `json:"size"`
	MediaType string `json:"mediaType,omitempty"`
	Via       string `json:"via"`
	// Selected says that hosts are judged by it: those of the platform of its subject, or, if it is attached to an index, those
	// for which no manifest has one of its own.
	Selected bool `json:"selected"`
	// Problem says why it cannot be used.
	Problem string `json:"problem,omitempty"`
}

// ArtifactsText writes a list of artifacts as a table, newest first. What is selected is marked with an asterisk.
func ArtifactsText(w io.Writer, list *ArtifactList, opts TextOptions) error {
	p := &printer{opts: opts}
	rows := [][]string{{" ", "CREATED", "ATTACHED TO", "BYTES", "FOUND BY", "ARTIFACT"}}
	for _, a := range list.Artifacts {
		mark, created, subject, size := " ", "undated", "the image", strconv.FormatInt(a.Size, 10)
		if a.Selected {
			mark = "*"
		}
		if a.Created != "" {
			created = Clean(a.Created)
		}
		switch {
		case a.Platform != "":
			subject = Clean(a.Platform)
		case list.Image.Digest != a.Subject:
			subject = Clean(a.Subject)
		}
		if a.Problem != "" {
			size = "-"
		}
		rows = append(rows, []string{mark, created, subject, size, Clean(a.Via), Clean(a.Digest)})
	}
	p.table(0, rows)
	for _, a := range list.Artifacts {
		if a.Problem != "" {
			p.line(0, p.severity(spec.SeverityError)+": "+Clean(a.Digest)+": "+Clean(a.Problem))
		}
	}
	p.line(0, "")
	p.line(0, "* is what hosts are judged by: those of the platform that it is attached to, or else all the others")
	return p.write(w, "the artifacts")
}

// ArtifactsJSON writes an [Attachment], an [ArtifactList] or a [Removal] in the JSON of its type, indented by two spaces.
func ArtifactsJSON[T Attachment | ArtifactList | Removal](w io.Writer, v *T) error {
	if err := writePlainJSON(w, v); err != nil {
		return fmt.Errorf("write the artifacts as JSON: %w", err)
	}
	return nil
}

// SpecJSON writes a spec as JSON, indented by two spaces.
func SpecJSON(w io.Writer, document *spec.Spec) error {
	if err := writePlainJSON(w, document); err != nil {
		return fmt.Errorf("write the spec as JSON: %w", err)
	}
	return nil
}
