package registry

import (
	"context"
	"encoding/json"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// Config is what an image's config says of the host that the image is for.
type Config struct {
	// Platform is that of the image's entry in an index or else of the config, with the os.version and os.features of the
	// config, or else of the entry.
	Platform ocispec.Platform
	// Env is the environment of a container, of "NAME=VALUE".
	Env []string
}

// Config resolves an image reference and reads the config of the image for the platform, at most 4 MiB. Neither a layer nor an
// artifact is asked for.
//
// The result is that of [Client.Fetch] without an Artifact, and with a Config. An image that does not run on the platform has
// none: see [Image].WrongPlatform and [Image].Uncertain; nor has an artifact that is no runnable image. Without a platform,
// an index of images is an [ErrPlatformRequired]. The errors are those of Fetch.
func (c *Client) Config(ctx context.Context, req Request) (*Image, error) {
	return c.open(ctx, req, (*fetch).config)
}

// config fills f.image, with the config instead of the artifact.
func (f *fetch) config(ctx context.Context, want *ocispec.Platform) error {
	if err := f.locate(ctx, want); err != nil {
		return err
	}
	manifest := f.image.Manifest
	switch {
	case f.image.WrongPlatform != "" || f.image.Uncertain != "":
		return nil
	case manifest == nil && len(f.image.Offered) > 0:
		return f.platformRequired(ctx, "the reference names an index of several images")
	case manifest == nil:
		return nil
	}
	data, at, err := f.configOf(ctx, *manifest)
	if err != nil || data == nil {
		return err
	}
	var config struct {
		ocispec.Platform

		Config struct {
			Env []string `json:"Env"`
		} `json:"config"`
	}
	if err := json.Unmarshal(data, &config); err != nil {
		return f.badConfig(ctx, at, err)
	}
	f.image.Config = &Config{Platform: joined(config.Platform, f.image.Platform), Env: config.Config.Env}
	return nil
}

// joined is the platform of a config with what the image's entry in an index says more of it.
func joined(p ocispec.Platform, entry *ocispec.Platform) ocispec.Platform {
	if entry == nil {
		return p
	}
	version, features := p.OSVersion, p.OSFeatures
	p = *entry
	if version != "" {
		p.OSVersion = version
	}
	if len(features) > 0 {
		p.OSFeatures = features
	}
	return p
}

// configOf fetches the config of a manifest; nil if it is not that of a runnable image.
func (f *fetch) configOf(ctx context.Context, desc ocispec.Descriptor) ([]byte, digest.Digest, error) {
	data, err := fetchAll(ctx, f.from, desc)
	if err != nil {
		return nil, "", f.fail(ctx, "read manifest", desc.Digest, err)
	}
	doc, err := decodeDocument(desc.MediaType, data)
	if err != nil {
		return nil, "", f.fail(ctx, "read manifest", desc.Digest, err)
	}
	if doc.Config == nil || doc.Config.MediaType != ocispec.MediaTypeImageConfig && doc.Config.MediaType != mediaTypeDockerConfig {
		return nil, "", nil // an artifact has no config of an image, and that is no error
	}
	if data, err = fetchAll(ctx, f.from, *doc.Config); err != nil {
		return nil, "", f.fail(ctx, "read image config", doc.Config.Digest, err)
	}
	return data, doc.Config.Digest, nil
}

// badConfig says that a config cannot be read.
func (f *fetch) badConfig(ctx context.Context, at digest.Digest, err error) error {
	return f.fail(ctx, "read image config", at, brokenBy(err, "not valid JSON: %s", plain(err.Error(), maxExcerpt)))
}
