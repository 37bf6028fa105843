package registry_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/nfd-compat/nfd-compat/pkg/registry"
)

// demonstration is a copy of the repository's image in an OCI layout.
func demonstration() (reference string, remove func()) {
	dir, err := os.MkdirTemp("", "nfd-compat-")
	if err == nil {
		err = os.CopyFS(dir, os.DirFS("../../testdata/demo"))
	}
	if err != nil {
		panic(err)
	}
	return "oci:" + dir + ":v1", func() { _ = os.RemoveAll(dir) }
}

// Attach a spec to an image, in place of those that are there. What is attached has been checked before.
func ExampleClient_Attach() {
	image, remove := demonstration()
	defer remove()
	var client registry.Client
	request := registry.AttachRequest{Reference: image, Payload: []byte("version: v1alpha1\n…"), Replace: true}
	attached, err := client.Attach(context.Background(), request)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, left := range attached.Left {
		fmt.Println(left.Artifact, "is still there:", left.Err)
	}
	fmt.Println("unchanged:", attached.Unchanged, "removed:", len(attached.Removed))

	attached, err = client.Attach(context.Background(), request)
	fmt.Println("unchanged:", attached.Unchanged, "error:", err)
	// Output:
	// unchanged: false removed: 1
	// unchanged: true error: <nil>
}

// List what is attached to an image, and remove what hosts are judged by.
func ExampleClient_Remove() {
	image, remove := demonstration()
	defer remove()
	ctx := context.Background()
	var client registry.Client
	arm64 := &ocispec.Platform{OS: "linux", Architecture: "arm64"}
	if _, err := client.Attach(ctx, registry.AttachRequest{Reference: image, Platform: arm64, Payload: []byte("version: v1alpha1\n…")}); err != nil {
		fmt.Println(err)
		return
	}
	listing, err := client.List(ctx, registry.Request{Reference: image, Platform: arm64})
	if err != nil {
		fmt.Println(err)
		return
	}
	request := registry.RemoveRequest{Reference: image}
	for _, artifact := range listing.Artifacts {
		fmt.Println("on the index:", artifact.Subject.Digest == listing.Image.Digest, "selected:", artifact.Selected)
		if artifact.Selected {
			request.Artifacts = append(request.Artifacts, artifact.Descriptor.Digest)
		}
	}
	removed, err := client.Remove(ctx, request)
	switch {
	case errors.Is(err, registry.ErrNoArtifact):
		fmt.Println("somebody was faster")
		return
	case err != nil:
		fmt.Println(err)
		return
	}
	for _, artifact := range removed.Remaining {
		fmt.Println("selected from now on:", artifact.Created.Format(time.DateOnly))
	}
	// Output:
	// on the index: false selected: true
	// on the index: true selected: false
	// selected from now on: 2025-01-01
}
