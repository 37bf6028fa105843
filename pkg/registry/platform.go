package registry

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/containerd/platforms"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// Limits on an index.
const (
	maxIndexDepth  = 4              // an index in an index in …
	maxIndexes     = 32             // indexes read for one image
	maxIndexBytes  = 8 << 20        // of all of them
	maxEntries     = maxDescriptors // in all of them
	maxLeaves      = 4096           // runnable images in all of them
	maxConfigs     = 16             // entries whose platform must be read from the image's config
	maxNamedOffers = 16             // platforms named in a sentence
	maxLeavesAsked = 32             // images whose referrers are listed where the platform is not known
)

// inspect learns the platform of an image that stands alone, and whether it is the one wanted.
func (f *fetch) inspect(ctx context.Context, want *ocispec.Platform) error {
	f.image.Manifest = &f.image.Descriptor
	platform, err := f.platformOf(ctx, f.image.Descriptor)
	if err != nil {
		return err
	}
	f.image.Platform = platform
	switch {
	case platform == nil || want == nil || platforms.Only(*want).Match(withoutFeatures(*platform)):
	case f.mayRun(*platform, *want):
		f.image.Uncertain = fmt.Sprintf("the image is for %s, and which variant of %s the host is, is not known", platformName(*platform), platformName(*want))
	default:
		f.image.WrongPlatform = fmt.Sprintf("the image is for %s, not %s", platformName(*platform), platformName(*want))
	}
	return nil
}

// choose finds the manifest for the platform in an index.
func (f *fetch) choose(ctx context.Context, want *ocispec.Platform) error {
	w := walk{f: f, seen: map[digest.Digest]bool{}}
	if err := w.index(ctx, f.image.Descriptor, 0); err != nil {
		return err
	}
	f.leaves, f.entries = slices.Clone(w.leaves), w.seen
	for _, leaf := range w.leaves {
		f.image.Offered = append(f.image.Offered, *leaf.Platform)
	}
	// Without a runnable image in it, an index is an artifact, which runs anywhere or nowhere.
	if want == nil || len(w.leaves) == 0 {
		return nil
	}
	// The order of the platforms that a host runs, best first: its own variant, lower ones, then the 32-bit ones.
	order := platforms.Only(*want)
	matching := func(form func(ocispec.Platform) ocispec.Platform) []ocispec.Descriptor {
		return slices.DeleteFunc(slices.Clone(w.leaves), func(d ocispec.Descriptor) bool { return !order.Match(form(*d.Platform)) })
	}
	// One that wants no feature of the operating system is preferred to one that does.
	fitting := matching(func(p ocispec.Platform) ocispec.Platform { return p })
	if len(fitting) == 0 {
		fitting = matching(withoutFeatures)
	}
	offered := f.image.Offered
	if len(fitting) == 0 && slices.ContainsFunc(offered, func(p ocispec.Platform) bool { return f.mayRun(p, *want) }) {
		f.image.Uncertain = fmt.Sprintf("the index offers %s, and which variant of %s the host is, is not known", platformList(offered, " and "), platformName(*want))
		return nil
	}
	if len(fitting) == 0 {
		f.image.WrongPlatform = fmt.Sprintf("the index offers %s, not %s", platformList(f.image.Offered, " and "), platformName(*want))
		return nil
	}
	best := fitting[0]
	for _, d := range fitting[1:] {
		if order.Less(*d.Platform, *best.Platform) {
			best = d
		}
	}
	f.image.Manifest, f.image.Platform = &best, best.Platform
	return nil
}

// withoutFeatures returns a platform without its os.features, unless it is of Windows, which alone has any that are defined. The library
// takes an image that has some for another platform, since no host is known to have them. Engines other than containerd pass over them.
// Source: https://github.com/opencontainers/image-spec/blob/main/image-index.md
func withoutFeatures(p ocispec.Platform) ocispec.Platform {
	if p.OS != "windows" {
		p.OSFeatures = nil
	}
	return p
}

// mayRun tells whether an image for a platform may run on the one wanted, for all that is known of its variant.
func (f *fetch) mayRun(platform, want ocispec.Platform) bool {
	platform = platforms.Normalize(platform)
	return f.variantUnknown && want.Variant == "" && platform.OS == want.OS && platform.Architecture == want.Architecture
}

// walk collects the runnable images of an index and of the indexes in it.
type walk struct {
	f       *fetch
	seen    map[digest.Digest]bool
	indexes int
	bytes   int64
	entries int
	configs int
	leaves  []ocispec.Descriptor // with their platform
}

func (w *walk) index(ctx context.Context, desc ocispec.Descriptor, depth int) error {
	const op = "read index"
	if w.seen[desc.Digest] {
		return nil
	}
	w.seen[desc.Digest] = true
	if w.indexes++; w.indexes > maxIndexes || depth > maxIndexDepth {
		return w.f.fail(ctx, op, desc.Digest, broken("more than %d indexes, or more than %d deep", maxIndexes, maxIndexDepth))
	}
	if w.bytes += max(0, desc.Size); w.bytes > maxIndexBytes {
		return w.f.fail(ctx, op, desc.Digest, broken("the indexes of the image are longer than %d bytes in all", maxIndexBytes))
	}
	data, err := fetchAll(ctx, w.f.from, desc)
	if err != nil {
		return w.f.fail(ctx, op, desc.Digest, err)
	}
	doc, err := decodeDocument(desc.MediaType, data)
	if err != nil {
		return w.f.fail(ctx, op, desc.Digest, err)
	}
	if w.entries += len(doc.Manifests.list); w.entries > maxEntries {
		return w.f.fail(ctx, op, desc.Digest, broken("the indexes of the image have more than %d entries in all", maxEntries))
	}
	for _, entry := range doc.Manifests.list {
		switch {
		case isIndexType(entry.MediaType):
			err = w.index(ctx, entry, depth+1)
		case isImageType(entry.MediaType):
			err = w.image(ctx, entry)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *walk) image(ctx context.Context, entry ocispec.Descriptor) error {
	if entry.Annotations[annotationBuildKit] != "" || w.seen[entry.Digest] {
		return nil
	}
	w.seen[entry.Digest] = true
	platform := normalise(entry.Platform)
	if entry.Platform == nil && entry.ArtifactType == "" {
		if w.configs++; w.configs > maxConfigs {
			return w.f.fail(ctx, "read index", w.f.image.Descriptor.Digest, broken("more than %d entries without a platform", maxConfigs))
		}
		var err error
		if platform, err = w.f.platformOf(ctx, entry); err != nil {
			return err
		}
	}
	if platform == nil {
		return nil
	}
	if err := checkDescriptor(entry); err != nil {
		return w.f.fail(ctx, "read index", w.f.image.Descriptor.Digest, err)
	}
	if len(w.leaves) == maxLeaves {
		return w.f.fail(ctx, "read index", w.f.image.Descriptor.Digest, broken("it has more than %d images", maxLeaves))
	}
	entry.Platform = platform
	w.leaves = append(w.leaves, entry)
	return nil
}

// platformOf reads the platform of a manifest from its config, if that is the config of a runnable image.
func (f *fetch) platformOf(ctx context.Context, desc ocispec.Descriptor) (*ocispec.Platform, error) {
	data, at, err := f.configOf(ctx, desc)
	if err != nil || data == nil {
		return nil, err
	}
	var platform ocispec.Platform
	if err := json.Unmarshal(data, &platform); err != nil {
		return nil, f.badConfig(ctx, at, err)
	}
	return normalise(&platform), nil
}

// normalise returns a platform in containerd's canonical form (arm64/v8 is arm64, x86_64 is amd64), or nil if p says
// nothing: no architecture, or "unknown". Without an operating system it is linux.
func normalise(p *ocispec.Platform) *ocispec.Platform {
	if p == nil || p.Architecture == "" || p.Architecture == "unknown" || p.OS == "unknown" {
		return nil
	}
	n := *p
	if n.OS == "" {
		n.OS = "linux"
	}
	n = platforms.Normalize(n)
	return &n
}

func platformName(p ocispec.Platform) string {
	return plain(platforms.Format(platforms.Normalize(p)), 64)
}

// platformList names platforms in a sentence.
func platformList(list []ocispec.Platform, last string) string {
	var names []string
	for _, p := range list {
		if name := platformName(p); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if more := len(names) - maxNamedOffers; more > 0 {
		names = append(names[:maxNamedOffers], fmt.Sprintf("%d more", more))
	}
	if n := len(names); n > 1 {
		names = append(names[:n-2], names[n-2]+last+names[n-1])
	}
	return strings.Join(names, ", ")
}
