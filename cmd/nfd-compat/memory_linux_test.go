//go:build !race

// The race detector takes some times the memory that the program does, which is what is measured here.

package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/nfd-compat/nfd-compat/internal/hosttest"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
)

// most is the memory that the whole program may take, whatever a registry does: 64 MiB, and what this one is larger by, since
// the tests are linked to it.
const most = 72 << 20

// peakOf returns the most memory that a program had, in bytes.
func peakOf(t *testing.T, statusFile string) int {
	t.Helper()
	status, err := os.ReadFile(statusFile)
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`(?m)^VmHWM:\s*(\d+) kB$`).FindSubmatch(status)
	if found == nil {
		t.Fatalf("the kernel does not say:\n%s", status)
	}
	peak, err := strconv.Atoi(string(found[1]))
	if err != nil {
		t.Fatal(err)
	}
	return peak << 10
}

// TestMemory: what a registry may answer at worst, and the memory that the program takes at its peak, as the kernel counts it.
func TestMemory(t *testing.T) {
	t.Parallel()
	listed := func(artifactType string) string {
		var list strings.Builder
		list.WriteString(`{"schemaVersion":2,"mediaType":"` + ocispec.MediaTypeImageIndex + `","manifests":[`)
		for i := range 10000 {
			fmt.Fprintf(&list, `{"mediaType":%q,"artifactType":%q,"digest":%q,"size":700,"annotations":{"org.opencontainers.image.created":"2026-01-02T03:04:05Z","n":%q}},`,
				ocispec.MediaTypeImageManifest, artifactType, digest.FromString(fmt.Sprint(i)), strings.Repeat("n", 400))
		}
		return strings.TrimSuffix(list.String(), ",") + "]}"
	}
	flood := func(contentType string) func(http.ResponseWriter, *http.Request, http.Handler) {
		return func(w http.ResponseWriter, req *http.Request, _ http.Handler) {
			w.Header().Set("Content-Type", contentType)
			for chunk := make([]byte, 64<<10); req.Context().Err() == nil; {
				if _, err := w.Write(chunk); err != nil {
					return
				}
			}
		}
	}
	index := ocispec.MediaTypeImageIndex
	for _, tt := range []struct {
		name    string
		fault   hosttest.Fault
		content func(*testing.T, *hosttest.Registry) // instead of a fault
		code    int
		stderr  string
	}{
		{"10,000 referrers of others", hosttest.Fault{Match: hosttest.On("GET", "/referrers/"), ContentType: index, Body: listed("application/vnd.in-toto+json")}, nil, 4, ""},
		{"10,000 referrers of nobody knows whom", hosttest.Fault{Match: hosttest.On("GET", "/referrers/"), ContentType: index, Body: listed("application/vnd.example")}, nil, 7, ""},
		{"10,000 artifacts", hosttest.Fault{Match: hosttest.On("GET", "/referrers/"), ContentType: index, Body: listed(spec.ArtifactType)}, nil, 5, "10000 compatibility artifacts are listed"},
		{"pages without end", hosttest.Fault{Match: hosttest.On("GET", "/referrers/"), Serve: func(w http.ResponseWriter, req *http.Request, _ http.Handler) {
			w.Header().Set("Content-Type", index)
			w.Header().Set("Link", "<?"+req.URL.RawQuery+"x>; rel=next")
			_, _ = fmt.Fprint(w, `{"manifests":[`+strings.Repeat(`{"annotations":{}},`, 16000)+`{}]}`)
		}}, nil, 5, "more than 32768 referrers are listed"},
		{"a manifest of 100 MB", hosttest.Fault{Match: hosttest.On("GET", "/manifests/v1"), Serve: func(w http.ResponseWriter, req *http.Request, next http.Handler) {
			w.Header().Set("Content-Length", "100000000")
			flood(ocispec.MediaTypeImageManifest)(w, req, next)
		}}, nil, 5, "the answer is 100000000 bytes long, and at most 4194304 are read"},
		{"a manifest without end", hosttest.Fault{Match: hosttest.On("GET", "/manifests/v1"), Serve: flood(ocispec.MediaTypeImageManifest)}, nil, 5, "longer than 4194304 bytes"},
		{"a list without end", hosttest.Fault{Match: hosttest.On("GET", "/referrers/"), Serve: flood(index)}, nil, 5, "longer than 8388608 bytes"},
		{"a config without end", hosttest.Fault{Match: hosttest.On("GET", "/blobs/"), Serve: flood("application/octet-stream")}, nil, 5, "read image config"},
		{"a payload without end", hosttest.Fault{Match: hosttest.On("GET", "/blobs/"+digest.FromString(satisfied).String()), Serve: flood("application/octet-stream")}, nil, 5, "fetch payload"},
		{"an artifact without end", hosttest.Fault{Match: hosttest.On("GET", "/manifests/sha256:"), Serve: flood(ocispec.MediaTypeImageManifest)}, nil, 5, "fetch artifact"},
		{"an error without end", hosttest.Fault{Match: hosttest.On("GET", "/manifests/v1"), Serve: func(w http.ResponseWriter, req *http.Request, next http.Handler) {
			w.Header().Set("Content-Type", "text/plain")
			w.WriteHeader(http.StatusTeapot)
			flood("text/plain")(w, req, next)
		}}, nil, 5, "418 I'm a teapot"},
		{"a token without end", hosttest.Fault{Match: hosttest.On("", "/token"), Serve: flood("application/json")}, nil, 5, "the token service: it is longer than 131072 bytes"},
		{"a header without end", hosttest.Fault{Match: hosttest.On("GET", "/manifests/v1"), Serve: func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
			w.Header().Set("X", strings.Repeat("x", 100<<20))
		}}, nil, 5, "resolve"},
		{"an answer that drips", hosttest.Fault{Match: hosttest.On("GET", "/referrers/"), Drip: time.Second}, nil, 5, "no answer within the time limit of 3s (--timeout)"},
		{"redirects for ever", hosttest.Fault{Match: hosttest.On("GET", "/manifests/v1"), Status: 307, Header: http.Header{"Location": {"?again"}}}, nil, 5, "it redirects more than 5 times"},
		{"an artifact full of annotations", hosttest.Fault{}, fill(1, 200000, 0), 0, ""},
		{"an artifact as full of annotations as may be", hosttest.Fault{}, fill(1, 385000, 0), 0, ""},
		{"20 artifacts full of annotations", hosttest.Fault{}, fill(20, 385000, 0), 5, "the manifests of the 20 compatibility artifacts that are listed are longer than 5242880 bytes in all"},
		{"90 artifacts full of layers", hosttest.Fault{}, fill(90, 0, 16000), 0, ""},
		{"an index of indexes", hosttest.Fault{}, indexes(30, 16000), 5, "more than 4096 images"},
		{"an index of as many images as may be", hosttest.Fault{}, indexes(2, 2048), 3, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, reference := pushed(t)
			if tt.content != nil {
				tt.content(t, r)
			} else {
				r.Break(tt.fault)
			}
			if strings.Contains(tt.name, "token") {
				r.Protect(hosttest.AuthOptions{Anonymous: true})
				r.Break(tt.fault)
			}
			status := filepath.Join(t.TempDir(), "status")
			args := []string{"validate-node", "--plain-http", "--image", reference}
			if tt.fault.Drip > 0 {
				args = append(args, "--timeout", "3s")
			}
			cmd := program(t, t.TempDir(), append([]string{"nfd-compat-measured"}, args...)...)
			var stderr strings.Builder
			cmd.Stderr = &stderr
			cmd.Env = append(cmd.Env, statusFile+"="+status)
			if code := exitCode(t, cmd.Run()); code != tt.code || !strings.Contains(stderr.String(), tt.stderr) {
				t.Errorf("exit code %d, want %d\n%s", code, tt.code, stderr.String())
			}
			if peak := peakOf(t, status); peak > most {
				t.Errorf("it took %d bytes, more than %d", peak, most)
			} else {
				t.Logf("%d bytes", peak)
			}
		})
	}
}
