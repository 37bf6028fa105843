//go:build !race

// The race detector takes some times the memory that the program does, which is what is measured here.

package main

import (
	"bytes"
	"fmt"
	"net/http"
	"path"
	"strconv"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/nfd-compat/nfd-compat/internal/hosttest"
	"github.com/nfd-compat/nfd-compat/pkg/registry"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
)

// fill attaches that many artifacts, each with that many annotations and layers which are of no use, and lists them as no
// more than they must be.
func fill(artifacts, annotations, layers int) func(*testing.T, *hosttest.Registry) {
	return func(t *testing.T, r *hosttest.Registry) {
		t.Helper()
		repo := r.Repository("demo/app")
		image := hosttest.PushImage(t, repo, "v1", registry.HostPlatform())
		config := hosttest.Encode(t, hosttest.PushBlob(t, repo, ocispec.MediaTypeEmptyJSON, []byte("{}")))
		payload := hosttest.Encode(t, hosttest.PushBlob(t, repo, spec.MediaTypeYAML, []byte(satisfied)))
		var many strings.Builder
		for i := range annotations {
			fmt.Fprintf(&many, `,%q:""`, strconv.FormatInt(int64(i), 36))
		}
		manifest := func(i int) []byte {
			return fmt.Appendf(nil, `{"schemaVersion":2,"mediaType":%q,"artifactType":%q,"config":%s,"layers":[%s%s],"subject":%s,"annotations":{"n":"%d"%s}}`,
				ocispec.MediaTypeImageManifest, spec.ArtifactType, config, payload, strings.Repeat(",{}", layers), hosttest.Encode(t, image), i, many.String())
		}
		list := ocispec.Index{MediaType: ocispec.MediaTypeImageIndex}
		number := map[string]int{}
		for i := range artifacts {
			data := manifest(i)
			d := ocispec.Descriptor{MediaType: ocispec.MediaTypeImageManifest, ArtifactType: spec.ArtifactType, Digest: digest.FromBytes(data), Size: int64(len(data))}
			number[d.Digest.String()] = i
			list.Manifests = append(list.Manifests, d)
		}
		r.Break(hosttest.Fault{Match: hosttest.On("GET", "/manifests/sha256:"), Serve: func(w http.ResponseWriter, req *http.Request, next http.Handler) {
			i, ok := number[path.Base(req.URL.Path)]
			if !ok {
				next.ServeHTTP(w, req)
				return
			}
			w.Header().Set("Content-Type", ocispec.MediaTypeImageManifest)
			_, _ = w.Write(manifest(i)) // the client may be gone
		}})
		r.Break(hosttest.Fault{Match: hosttest.On("GET", "/referrers/"), ContentType: ocispec.MediaTypeImageIndex, Body: string(hosttest.Encode(t, list))})
	}
}

// indexes serves an index of that many indexes of so many images each under the tag v1.
func indexes(count, images int) func(*testing.T, *hosttest.Registry) {
	return func(t *testing.T, r *hosttest.Registry) {
		t.Helper()
		made := func(i int) []byte {
			var b bytes.Buffer
			fmt.Fprintf(&b, `{"schemaVersion":2,"mediaType":%q,"manifests":[`, ocispec.MediaTypeImageIndex)
			for j := range images {
				fmt.Fprintf(&b, `{"mediaType":%q,"digest":"sha256:%032x%032x","size":1,"platform":{"architecture":"a%d","os":"linux"}},`, ocispec.MediaTypeImageManifest, i, j, i)
			}
			return append(bytes.TrimSuffix(b.Bytes(), []byte(",")), "]}"...)
		}
		top := ocispec.Index{MediaType: ocispec.MediaTypeImageIndex}
		number := map[string]int{}
		for i := range count {
			data := made(i)
			d := ocispec.Descriptor{MediaType: ocispec.MediaTypeImageIndex, Digest: digest.FromBytes(data), Size: int64(len(data))}
			number[d.Digest.String()] = i
			top.Manifests = append(top.Manifests, d)
		}
		first := hosttest.Encode(t, top)
		r.Break(hosttest.Fault{Match: hosttest.On("GET", "/manifests/"), Serve: func(w http.ResponseWriter, req *http.Request, _ http.Handler) {
			w.Header().Set("Content-Type", ocispec.MediaTypeImageIndex)
			data := first
			if i, ok := number[path.Base(req.URL.Path)]; ok {
				data = made(i)
			}
			_, _ = w.Write(data) // the client may be gone
		}})
	}
}
