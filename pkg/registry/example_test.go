package registry_test

import (
	"context"
	"errors"
	"fmt"
	"strings"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/nfd-compat/nfd-compat/pkg/registry"
)

// Fetch the compatibility artifact of an image in an OCI layout. For one in a registry, the reference is its name.
func ExampleClient_Fetch() {
	var client registry.Client
	image, err := client.Fetch(context.Background(), registry.Request{
		Reference: "oci:../../testdata/demo:v1",
		Platform:  &ocispec.Platform{OS: "linux", Architecture: "arm64"},
	})
	switch {
	case errors.Is(err, registry.ErrNotFound):
		fmt.Println("there is no such image")
		return
	case err != nil:
		fmt.Println("could not look:", err)
		return
	case image.WrongPlatform != "":
		fmt.Println(image.WrongPlatform)
		return
	case image.Artifact == nil:
		fmt.Println("the image has no compatibility artifact")
		return
	}
	fmt.Println("platform:", image.Platform.Architecture)
	fmt.Println("attached to the index:", image.Artifact.Subject.Digest == image.Descriptor.Digest)
	fmt.Println("media type:", image.Artifact.MediaType)
	first, _, _ := strings.Cut(string(image.Artifact.Payload), "\n")
	fmt.Println(first)
	// Output:
	// platform: arm64
	// attached to the index: true
	// media type: application/vnd.nfd.image-compatibility.spec.v1alpha1+yaml
	// # What this image requires of a host.
}

// An image for another platform is a result, not an error.
func ExampleClient_Fetch_wrongPlatform() {
	var client registry.Client
	image, err := client.Fetch(context.Background(), registry.Request{
		Reference: "oci:../../testdata/demo:v1",
		Platform:  &ocispec.Platform{OS: "linux", Architecture: "s390x"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(image.WrongPlatform)
	// Output:
	// the index offers linux/amd64 and linux/arm64, not linux/s390x
}
