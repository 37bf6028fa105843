package registry

import (
	"context"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// Artifact fetches a certain compatibility artifact of an image, whether it is selected or not. It may be attached to the
// image or, if that is an index, to any of its manifests. PassedOver is empty.
//
// The errors are those of [Client.Fetch], and [ErrNoArtifact]. On an error the result is nil.
func (c *Client) Artifact(ctx context.Context, reference string, artifact digest.Digest) (*Artifact, error) {
	var found *Artifact
	_, err := c.open(ctx, Request{Reference: reference}, func(f *fetch, ctx context.Context, _ *ocispec.Platform) error {
		var err error
		found, err = f.certain(ctx, artifact)
		return err
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

func (f *fetch) certain(ctx context.Context, artifact digest.Digest) (*Artifact, error) {
	subjects, err := f.subjects(ctx, nil)
	if err != nil {
		return nil, err
	}
	for _, subject := range subjects {
		entries, err := f.from.Predecessors(ctx, subject)
		if err != nil {
			return nil, f.fail(ctx, "list referrers of", subject.Digest, err)
		}
		via := f.from.via()
		for _, d := range entries {
			if d.Digest != artifact {
				continue
			}
			c, ok, err := f.candidate(ctx, subject, d)
			if err != nil {
				return nil, f.fail(ctx, "fetch artifact manifest", d.Digest, err)
			}
			if !ok {
				break
			}
			return f.payloadOf(ctx, c, subject, via)
		}
	}
	return nil, f.fail(ctx, "find artifact", artifact, &cause{kind: ErrNoArtifact, words: "it is not a compatibility artifact of " + f.where.String()})
}

func (f *fetch) payloadOf(ctx context.Context, c candidate, subject ocispec.Descriptor, via string) (*Artifact, error) {
	layer, err := payloadLayer(c.doc)
	if err != nil {
		return nil, f.fail(ctx, "read artifact", c.desc.Digest, err)
	}
	payload, err := fetchAll(ctx, f.from, layer)
	if err != nil {
		return nil, f.fail(ctx, "fetch payload", layer.Digest, err)
	}
	return &Artifact{Descriptor: c.desc, Subject: subject, Created: c.created, Via: via, MediaType: layer.MediaType, Payload: payload}, nil
}
