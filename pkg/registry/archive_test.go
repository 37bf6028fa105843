package registry_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/nfd-compat/nfd-compat/internal/hosttest"
	"github.com/nfd-compat/nfd-compat/pkg/registry"
)

// layoutFiles returns the regular files of a layout by their names.
func layoutFiles(t testing.TB, dir string) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	root := os.DirFS(dir)
	for _, pattern := range []string{"oci-layout", "index.json", "blobs/*/*"} {
		names, err := filepath.Glob(filepath.Join(dir, filepath.FromSlash(pattern)))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			rel, err := filepath.Rel(dir, name)
			if err != nil {
				t.Fatal(err)
			}
			f, err := root.Open(filepath.ToSlash(rel))
			if err != nil {
				t.Fatal(err)
			}
			data, err := io.ReadAll(f)
			if err = errors.Join(err, f.Close()); err != nil {
				t.Fatal(err)
			}
			all[filepath.ToSlash(rel)] = data
		}
	}
	return all
}

// tarred writes entries, then files, as a tar archive.
func tarred(t testing.TB, files map[string][]byte, prefix string, first ...tar.Header) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, header := range first {
		if err := w.WriteHeader(&header); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: prefix + name, Size: int64(len(files[name])), Mode: 0o644})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(files[name]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func gzipped(t testing.TB, data []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// archiveFile writes an archive to a file.
func archiveFile(t testing.TB, data []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "image.tar")
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestArchive fetches from an archive as from a layout: by tag, by digest, by neither; compressed or not.
func TestArchive(t *testing.T) {
	t.Parallel()
	l, amd64 := newLayout(t), linux("amd64", "")
	files := layoutFiles(t, l.dir)
	for name, data := range map[string][]byte{
		"plain":         tarred(t, files, ""),
		"as of tar -C":  tarred(t, files, "./", tar.Header{Typeflag: tar.TypeDir, Name: "./blobs/sha256/"}),
		"gzip":          gzipped(t, tarred(t, files, "")),
		"gzip in parts": append(gzipped(t, tarred(t, files, "")[:1000]), gzipped(t, tarred(t, files, "")[1000:])...),
		"with others": tarred(t, files, "",
			tar.Header{Typeflag: tar.TypeSymlink, Name: "../../index.json", Linkname: "/etc/passwd"},
			tar.Header{Typeflag: tar.TypeReg, Name: "/index.json"},
			tar.Header{Typeflag: tar.TypeReg, Name: "blobs/../oci-layout"},
			tar.Header{Typeflag: tar.TypeSymlink, Name: "blobs/sha256/x", Linkname: "/dev/zero"},
			tar.Header{Typeflag: tar.TypeFifo, Name: "manifest.json"}),
	} {
		file := archiveFile(t, data)
		for _, object := range []string{"", ":v1", "@" + l.index.Digest.String(), ":v1@" + l.index.Digest.String(), "@" + l.child.Digest.String()} {
			image, err := fetchLayout(t, "oci-archive:"+file+object, &amd64)
			if err != nil {
				t.Errorf("%s: %q: %v", name, object, err)
				continue
			}
			a := image.Artifact
			if a == nil || a.Descriptor.Digest != l.artifact.Digest || a.Via != registry.ViaArchive || a.Subject.Digest != l.child.Digest ||
				string(a.Payload) != payload+"# child\n" || image.Reference != "oci-archive:"+file+object {
				t.Errorf("%s: %q: artifact %v of %s", name, object, a, image.Reference)
			}
		}
	}
}

// TestArchiveNames: podman and containerd name an image by its full reference.
func TestArchiveNames(t *testing.T) {
	t.Parallel()
	l := newLayout(t)
	amd64 := linux("amd64", "")
	podman := tagged(l.index, "r.example/app:v1")
	containerd := l.index
	containerd.Annotations = map[string]string{"io.containerd.image.name": "r.example/app:v1", ocispec.AnnotationRefName: "v1"}
	for _, entry := range []ocispec.Descriptor{podman, containerd} {
		l.writeIndex(t, entry, l.artifact)
		file := archiveFile(t, tarred(t, layoutFiles(t, l.dir), ""))
		for _, object := range []string{"", ":v1", ":r.example/app:v1"} {
			if image, err := fetchLayout(t, "oci-archive:"+file+object, &amd64); err != nil || image.Artifact == nil {
				t.Errorf("%q: %v, %v", object, image, err)
			}
		}
		_, err := fetchLayout(t, "oci-archive:"+file+":1", &amd64)
		wantError(t, err, registry.ErrNotFound, `no tag "1"`)
	}
	l.writeIndex(t, podman, tagged(l.child, "r.example/other:v1"))
	_, err := fetchLayout(t, "oci-archive:"+archiveFile(t, tarred(t, layoutFiles(t, l.dir), ""))+":v1", &amd64)
	wantError(t, err, registry.ErrBrokenAnswer, "more than once")
}

// TestArchiveLarge: in a compressed archive, what is not kept in memory is read all the same.
func TestArchiveLarge(t *testing.T) {
	t.Parallel()
	l, amd64 := newLayout(t), linux("amd64", "")
	large := compat("2026-01-01T00:00:00Z", strings.Repeat("#", 3<<20))
	attached := hosttest.Attach(t, l, l.child, large)
	for i := range 3 {
		hosttest.PushBlob(t, l, ocispec.MediaTypeImageLayer, bytes.Repeat([]byte{byte(i)}, 5<<20))
	}
	image, err := fetchLayout(t, "oci-archive:"+archiveFile(t, gzipped(t, tarred(t, layoutFiles(t, l.dir), ""))), &amd64)
	if err != nil {
		t.Fatal(err)
	}
	if image.Artifact.Descriptor.Digest != attached.Digest || !bytes.Equal(image.Artifact.Payload, large.Layers[0].Data) {
		t.Errorf("artifact %v, %d bytes", image.Artifact.Descriptor, len(image.Artifact.Payload))
	}
}

// TestArchiveFaults: an archive is written by a stranger.
func TestArchiveFaults(t *testing.T) {
	t.Parallel()
	l, amd64 := newLayout(t), linux("amd64", "")
	files := layoutFiles(t, l.dir)
	artifact := "blobs/sha256/" + l.artifact.Digest.Encoded()
	with := func(name string, data []byte) map[string][]byte {
		changed := maps.Clone(files)
		if changed[name] = data; data == nil {
			delete(changed, name)
		}
		return changed
	}
	whole := tarred(t, files, "")
	entry := func(h tar.Header) []byte { return tarred(t, with(h.Name, nil), "", h) }
	for _, tt := range []struct {
		name  string
		data  []byte
		texts []string
	}{
		{"empty", nil, []string{"has no file oci-layout"}},
		{"junk", bytes.Repeat([]byte("junk"), 1000), []string{"no tar archive"}},
		{"breaks off", whole[:len(whole)/1024*512+100], []string{"breaks off"}},
		{"gzip breaks off", gzipped(t, whole)[:400], []string{"breaks off"}},
		{"gzip of junk", gzipped(t, bytes.Repeat([]byte("junk"), 1000)), []string{"no tar archive"}},
		{"gzip that is none", append([]byte{0x1f, 0x8b}, bytes.Repeat([]byte{1}, 100)...), []string{"gzip", "damaged"}},
		{"zstd", []byte("\x28\xb5\x2f\xfd----"), []string{"compressed with zstd", "decompress it first"}},
		{"xz", []byte("\xfd7zXZ\x00----"), []string{"compressed with xz"}},
		{"bzip2", []byte("BZh9----"), []string{"compressed with bzip2"}},
		{"no index.json", tarred(t, with("index.json", nil), ""), []string{"no file index.json"}},
		{"of docker save", tarred(t, map[string][]byte{"manifest.json": []byte("[]")}, ""), []string{"docker save", "skopeo copy"}},
		{"no artifact", tarred(t, with(artifact, nil), ""), []string{"it is not there"}},
		{"other bytes", tarred(t, with(artifact, bytes.Repeat([]byte(" "), len(files[artifact]))), ""), []string{"do not have this digest"}},
		{"other length", tarred(t, with(artifact, []byte("{}")), ""), []string{"2 bytes long"}},
		{"large index.json", tarred(t, with("index.json", bytes.Repeat([]byte(" "), 5<<20)), ""), []string{"longer than"}},
		{"a link", entry(tar.Header{Typeflag: tar.TypeSymlink, Name: artifact, Linkname: "/etc/passwd"}), []string{"not a regular file"}},
		{"a hard link", entry(tar.Header{Typeflag: tar.TypeLink, Name: artifact, Linkname: "index.json"}), []string{"not a regular file"}},
		{"a device", entry(tar.Header{Typeflag: tar.TypeChar, Name: artifact}), []string{"not a regular file"}},
		{"index.json is a link", entry(tar.Header{Typeflag: tar.TypeSymlink, Name: "index.json", Linkname: "/etc/passwd"}), []string{"not a regular file"}},
		{"index.json twice", tarred(t, files, "", tar.Header{Typeflag: tar.TypeReg, Name: "./index.json"}), []string{"index.json more than once"}},
		{"everything a level down", tarred(t, files, "image/"), []string{"has no file oci-layout"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			file := archiveFile(t, tt.data)
			image, err := fetchLayout(t, "oci-archive:"+file, &amd64)
			if image != nil {
				t.Errorf("an image with an error: %v", image)
			}
			wantError(t, err, registry.ErrBrokenAnswer, append(tt.texts, "oci-archive:"+file)...)
		})
	}
	dir := t.TempDir()
	_, err := fetchLayout(t, "oci-archive:"+dir+"/nosuch.tar", &amd64)
	wantError(t, err, registry.ErrNotFound, "there is no such file")
	_, err = fetchLayout(t, "oci-archive:"+dir, &amd64)
	wantError(t, err, registry.ErrBrokenAnswer, "it is a directory", "oci:DIR")
}

// TestArchiveBounds: no archive keeps us for ever, or fills the memory.
func TestArchiveBounds(t *testing.T) {
	t.Parallel()
	var many bytes.Buffer
	w := tar.NewWriter(&many)
	for i := range 50001 {
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: "blobs/sha256/" + digest.FromString(fmt.Sprint(i)).Encoded()}); err != nil {
			t.Fatal(err)
		}
	}
	for _, data := range [][]byte{many.Bytes(), gzipped(t, many.Bytes())} {
		_, err := fetchLayout(t, "oci-archive:"+archiveFile(t, data), nil)
		wantError(t, err, registry.ErrBrokenAnswer, "more than 50000 entries")
	}

	// To go through a compressed one may take long, but ends with the context.
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	l := newLayout(t)
	var client registry.Client
	_, err := client.Fetch(ctx, registry.Request{Reference: "oci-archive:" + archiveFile(t, gzipped(t, tarred(t, layoutFiles(t, l.dir), "")))})
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), ": open: interrupted") {
		t.Errorf("%v is no context.Canceled", err)
	}
}

// TestArchiveMemory: 256 MiB of zeros, which gzip makes little of, are gone through and not kept.
func TestArchiveMemory(t *testing.T) { //nolint:paralleltest // what other tests allocate would count
	var out bytes.Buffer
	zip, err := gzip.NewWriterLevel(&out, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	w := tar.NewWriter(zip)
	l, amd64 := newLayout(t), linux("amd64", "")
	const size = 256 << 20
	if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: "blobs/sha256/" + strings.Repeat("0", 64), Size: size}); err != nil {
		t.Fatal(err)
	}
	zeros := make([]byte, 1<<20)
	for range size / len(zeros) {
		if _, err := w.Write(zeros); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if _, err := zip.Write(tarred(t, layoutFiles(t, l.dir), "")); err != nil {
		t.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	file := archiveFile(t, out.Bytes())
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	image, err := fetchLayout(t, "oci-archive:"+file, &amd64)
	runtime.ReadMemStats(&after)
	if err != nil || image.Artifact == nil {
		t.Fatalf("%v, %v", image, err)
	}
	if all := after.TotalAlloc - before.TotalAlloc; all > 64<<20 {
		t.Errorf("%d bytes were allocated", all)
	}
}

// FuzzArchive: no archive makes it panic, and what it gives is verified.
func FuzzArchive(f *testing.F) {
	demo := layoutFiles(f, filepath.Join("..", "..", "testdata", "demo"))
	whole := tarred(f, demo, "")
	f.Add(whole)
	f.Add(gzipped(f, whole))
	f.Add(whole[:len(whole)/2])
	f.Add(tarred(f, demo, "./", tar.Header{Typeflag: tar.TypeSymlink, Name: "index.json", Linkname: "x"}))
	amd64 := linux("amd64", "")
	f.Fuzz(func(t *testing.T, data []byte) {
		var client registry.Client
		image, err := client.Fetch(t.Context(), registry.Request{Reference: "oci-archive:" + archiveFile(t, data), Platform: &amd64})
		if (image == nil) == (err == nil) {
			t.Fatalf("%v, %v", image, err)
		}
		if _, ok := errors.AsType[*registry.Error](err); err != nil && !ok {
			t.Fatalf("%v is no *Error", err)
		}
	})
}
