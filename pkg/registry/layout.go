package registry

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2/content"
	"oras.land/oras-go/v2/content/oci"
)

// maxNamedTags bounds the tags that an error names.
const maxNamedTags = 16

// files are the files of a layout, below a directory or in an archive.
type files interface {
	fs.StatFS
	io.Closer
}

// layoutStore is an OCI layout.
//
// Source: https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md
type layoutStore struct {
	content.ReadOnlyStorage
	files     files
	how       string                                 // see via
	entries   []ocispec.Descriptor                   // of index.json
	referrers map[digest.Digest][]ocispec.Descriptor // by subject; see Predecessors
	left      int                                    // see unlisted
}

// directory is the directory of a layout. Nothing outside it is read, whatever links in it say.
type directory struct{ *os.Root }

// Open opens a file.
func (d directory) Open(name string) (fs.File, error) {
	f, err := d.Root.Open(name)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// openLayout opens a layout and reads its index.json. A directory or archive that does not exist is an [ErrNotFound], one
// that is no layout an [ErrBrokenAnswer].
func openLayout(ctx context.Context, where location) (*layoutStore, error) {
	l := &layoutStore{how: ViaLayout}
	if where.archive {
		archive, err := openArchive(ctx, where.dir)
		if err != nil {
			return nil, err
		}
		l.files, l.how = archive, ViaArchive
	} else {
		root, err := openDir(where.dir)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, &cause{kind: ErrNotFound, words: "there is no such directory", from: err}
		case err != nil:
			return nil, brokenBy(err, "%s", plain(err.Error(), maxExcerpt))
		}
		l.files = directory{root}
	}
	l.ReadOnlyStorage = oci.NewStorageFromFS(l.files)
	if err := l.load(ctx); err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}

// openDir opens a directory, and nothing else: to open a named pipe would wait for a writer.
func openDir(dir string) (*os.Root, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, &fs.PathError{Op: "open", Path: dir, Err: errors.New("it is no directory")}
	}
	return os.OpenRoot(dir)
}

func (l *layoutStore) close() {
	_ = l.files.Close() // nothing was written
}

func (l *layoutStore) via() string { return l.how }

// unlisted is how many manifests are not there whose subject is therefore not known. They are told once, as those of the layout.
func (l *layoutStore) unlisted() int {
	left := l.left
	l.left = 0
	return left
}

func (l *layoutStore) load(ctx context.Context) error {
	data, err := l.read(ocispec.ImageLayoutFile)
	if errors.Is(err, fs.ErrNotExist) {
		return brokenBy(err, "%s", l.noLayout())
	} else if err != nil {
		return err
	}
	var layout ocispec.ImageLayout
	if err := json.Unmarshal(data, &layout); err != nil {
		return brokenBy(err, "its file %s is not valid JSON", ocispec.ImageLayoutFile)
	}
	if layout.Version != ocispec.ImageLayoutVersion {
		return broken("it is an OCI layout of version %q; known is %s", plain(layout.Version, 32), ocispec.ImageLayoutVersion)
	}
	data, err = l.readIndex(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		return brokenBy(err, "the OCI layout has no file %s", ocispec.ImageIndexFile)
	} else if err != nil {
		return err
	}
	doc, err := decodeDocument(ocispec.MediaTypeImageIndex, data)
	if err != nil {
		return brokenBy(err, "its file %s: %v", ocispec.ImageIndexFile, err)
	}
	l.entries = doc.Manifests.list
	return nil
}

// noLayout says what is there instead of a layout.
func (l *layoutStore) noLayout() string {
	a, ok := l.files.(*archive)
	switch {
	case !ok:
		return "the directory is no OCI layout: it has no file " + ocispec.ImageLayoutFile
	case a.docker:
		return "the archive is no OCI layout: it is what docker save wrote before version 25; make one with skopeo copy docker-archive:FILE oci-archive:FILE"
	}
	return "the archive is no OCI layout: it has no file " + ocispec.ImageLayoutFile
}

// read reads a file of the layout, at most as long as a manifest.
func (l *layoutStore) read(name string) ([]byte, error) {
	if _, err := l.regular(name); err != nil {
		return nil, err
	}
	f, err := l.files.Open(name)
	if err != nil {
		return nil, fileError(err)
	}
	defer f.Close() //nolint:errcheck // nothing was written
	data, err := readBounded(f, maxBytes)
	if err != nil {
		return nil, fileError(err)
	}
	return data, nil
}

// regular returns a file's size. Anything but a regular file is refused: to open a named pipe is to wait for ever.
func (l *layoutStore) regular(name string) (int64, error) {
	info, err := l.files.Stat(name)
	if err != nil {
		return 0, fileError(err)
	}
	if !info.Mode().IsRegular() {
		return 0, broken("%s is not a regular file", name)
	}
	return info.Size(), nil
}

func fileError(err error) error {
	if _, ok := errors.AsType[*cause](err); ok {
		return err
	}
	return brokenBy(err, "%s", plain(err.Error(), maxExcerpt))
}

func blobPath(d digest.Digest) string {
	return path.Join(ocispec.ImageBlobsDir, d.Algorithm().String(), d.Encoded())
}

// Fetch opens a blob. The caller verifies size and digest.
func (l *layoutStore) Fetch(ctx context.Context, desc ocispec.Descriptor) (io.ReadCloser, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := checkDescriptor(desc); err != nil {
		return nil, err
	}
	size, err := l.regular(blobPath(desc.Digest))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, missing()
	case err != nil:
		return nil, err
	case size != desc.Size:
		return nil, broken("the file is %d bytes long, and not %d as its descriptor says", size, desc.Size)
	}
	return l.ReadOnlyStorage.Fetch(ctx, desc)
}

// Resolve finds a manifest by its tag (the annotation org.opencontainers.image.ref.name) or digest. Without either it is
// the one tagged manifest, or the one manifest if none has a tag: artifacts stand in index.json without one.
func (l *layoutStore) Resolve(ctx context.Context, ref string) (ocispec.Descriptor, error) {
	if d := digest.Digest(ref); d.Validate() == nil {
		return l.resolveDigest(ctx, d)
	}
	found := l.tagged(ref)
	if ref != "" && len(found) == 0 { // by its last part, of a full reference
		found = l.entriesNamed(func(name string) bool { return strings.HasSuffix(name, ":"+ref) })
	}
	if ref == "" && len(found) == 0 { // what is attached to an image is not another one
		found = slices.DeleteFunc(slices.Clone(l.entries), func(d ocispec.Descriptor) bool { return isOurs(d.ArtifactType) })
	}
	found = slices.CompactFunc(slices.Clone(found), func(a, b ocispec.Descriptor) bool { return a.Digest == b.Digest })
	switch {
	case len(found) == 0 && ref == "":
		return ocispec.Descriptor{}, &cause{kind: ErrNotFound, words: "the layout is empty"}
	case len(found) == 0:
		return ocispec.Descriptor{}, &cause{kind: ErrNotFound, words: fmt.Sprintf("the layout has no tag %q; %s", plain(ref, maxExcerpt), l.tags())}
	case len(found) > 1 && ref == "":
		return ocispec.Descriptor{}, &cause{kind: ErrNotFound, words: "the layout holds more than one image; name one: " + l.tags()}
	case len(found) > 1:
		return ocispec.Descriptor{}, broken("the layout has the tag %q more than once", plain(ref, maxExcerpt))
	}
	desc := found[0]
	if !isIndexType(desc.MediaType) && !isImageType(desc.MediaType) {
		return ocispec.Descriptor{}, broken("it is %s, not an image manifest or index", plain(desc.MediaType, maxExcerpt))
	}
	return ocispec.Descriptor{MediaType: desc.MediaType, Digest: desc.Digest, Size: desc.Size}, nil
}

func (l *layoutStore) ask(ctx context.Context, ref string) (ocispec.Descriptor, error) {
	return l.Resolve(ctx, ref)
}

// tagged returns the entries with a tag, or with any tag if it is empty.
func (l *layoutStore) tagged(tag string) []ocispec.Descriptor {
	return l.entriesNamed(func(name string) bool { return tag == "" || name == tag })
}

// entriesNamed returns the entries with a name that fits. Podman and containerd name an image by its full reference.
func (l *layoutStore) entriesNamed(fits func(name string) bool) []ocispec.Descriptor {
	var found []ocispec.Descriptor
	for _, d := range l.entries {
		for _, key := range []string{ocispec.AnnotationRefName, annotationContainerdName} {
			if name := d.Annotations[key]; name != "" && fits(name) {
				found = append(found, d)
				break
			}
		}
	}
	return found
}

// tags names the layout's tags in a sentence.
func (l *layoutStore) tags() string {
	var names []string
	for _, d := range l.tagged("") {
		name := cmp.Or(d.Annotations[ocispec.AnnotationRefName], d.Annotations[annotationContainerdName])
		names = append(names, plain(name, maxExcerpt))
	}
	if len(names) == 0 {
		return "its images have no tags, and go by digest (oci:DIR@DIGEST)"
	}
	slices.Sort(names)
	if more := len(names) - maxNamedTags; more > 0 {
		names = append(names[:maxNamedTags], fmt.Sprintf("%d more", more))
	}
	return "it has " + strings.Join(names, ", ")
}

// resolveDigest finds a manifest by its digest, in index.json or, as a manifest of an index stands nowhere else, among
// the blobs.
func (l *layoutStore) resolveDigest(ctx context.Context, d digest.Digest) (ocispec.Descriptor, error) {
	size, err := l.regular(blobPath(d))
	if errors.Is(err, fs.ErrNotExist) {
		return ocispec.Descriptor{}, &cause{kind: ErrNotFound, words: "the layout does not have it", from: fs.ErrNotExist}
	} else if err != nil {
		return ocispec.Descriptor{}, err
	}
	desc := ocispec.Descriptor{Digest: d, Size: size}
	data, err := fetchAll(ctx, l, desc)
	if err != nil {
		return ocispec.Descriptor{}, err
	}
	if desc.MediaType, err = detectType(data); err != nil {
		return ocispec.Descriptor{}, err
	}
	return desc, nil
}

// detectType returns the media type of a manifest that says it, or whose fields do.
func detectType(data []byte) (string, error) {
	var doc document
	if err := json.Unmarshal(data, &doc); err != nil {
		return "", broken("it is not an image manifest or index")
	}
	switch {
	case isIndexType(doc.MediaType) || isImageType(doc.MediaType):
		return doc.MediaType, nil
	case doc.MediaType == "" && doc.Manifests.there:
		return ocispec.MediaTypeImageIndex, nil
	case doc.MediaType == "" && doc.Config != nil:
		return ocispec.MediaTypeImageManifest, nil
	}
	return "", broken("it is not an image manifest or index")
}
