//go:build linux

package docs

import (
	"context"
	"fmt"
	"os"
	"strings"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2"
	"oras.land/oras-go/v2/content/file"
	"oras.land/oras-go/v2/content/oci"
	"oras.land/oras-go/v2/registry"
	"oras.land/oras-go/v2/registry/remote"
)

// orasCommand does what the documents want of oras, with the library that oras is made of.
func orasCommand(args []string) error {
	ctx := context.Background()
	line := strings.Join(args, " ")
	var artifactType, reference, what string
	if _, err := fmt.Sscanf(line, "attach --artifact-type %s %s %s", &artifactType, &reference, &what); err == nil && len(args) == 5 {
		return attach(ctx, artifactType, reference, what)
	}
	if _, err := fmt.Sscanf(line, "discover --artifact-type %s %s", &artifactType, &reference); err == nil && len(args) == 4 {
		return discover(ctx, artifactType, reference)
	}
	if _, err := fmt.Sscanf(line, "copy -r %s --to-oci-layout %s", &reference, &what); err == nil && len(args) == 5 {
		return copyOut(ctx, reference, what)
	}
	return fmt.Errorf("it does not know %q", line)
}

// resolve returns the repository of an image, and the image.
func resolve(ctx context.Context, reference string) (*remote.Repository, ocispec.Descriptor, error) {
	repo, err := remote.NewRepository(reference)
	if err != nil {
		return nil, ocispec.Descriptor{}, err
	}
	desc, err := repo.Resolve(ctx, repo.Reference.Reference)
	return repo, desc, err
}

// attach attaches a file, which is named FILE:TYPE.
func attach(ctx context.Context, artifactType, reference, what string) error {
	repo, subject, err := resolve(ctx, reference)
	if err != nil {
		return err
	}
	name, mediaType, _ := strings.Cut(what, ":")
	store, err := file.New("")
	if err != nil {
		return err
	}
	defer store.Close() //nolint:errcheck // it was only read
	layer, err := store.Add(ctx, name, mediaType, "")
	if err != nil {
		return err
	}
	manifest, err := oras.PackManifest(ctx, store, oras.PackManifestVersion1_1, artifactType, oras.PackManifestOptions{
		Subject: &subject, Layers: []ocispec.Descriptor{layer},
	})
	if err != nil {
		return err
	}
	return oras.CopyGraph(ctx, store, repo, manifest, oras.DefaultCopyGraphOptions)
}

// discover lists what is attached to an image.
func discover(ctx context.Context, artifactType, reference string) error {
	repo, subject, err := resolve(ctx, reference)
	if err != nil {
		return err
	}
	referrers, err := registry.Referrers(ctx, repo, subject, artifactType)
	if err != nil {
		return err
	}
	var list strings.Builder
	for _, r := range referrers {
		fmt.Fprintln(&list, r.ArtifactType, r.Digest)
	}
	_, err = os.Stdout.WriteString(list.String()) //nolint:forbidigo // here a test is the program
	return err
}

// copyOut copies an image and what is attached to it into an OCI layout, which is named DIR:TAG.
func copyOut(ctx context.Context, reference, layout string) error {
	repo, subject, err := resolve(ctx, reference)
	if err != nil {
		return err
	}
	dir, tag, _ := strings.Cut(layout, ":")
	store, err := oci.NewWithContext(ctx, dir)
	if err != nil {
		return err
	}
	_, err = oras.ExtendedCopy(ctx, repo, subject.Digest.String(), store, tag, oras.DefaultExtendedCopyOptions)
	return err
}

// cosignSign does of "cosign sign --yes IMAGE" what can be done without an identity: it looks whether there is such an image.
func cosignSign(args []string) error {
	if len(args) != 3 || args[0] != "sign" || args[1] != "--yes" || !strings.Contains(args[2], "@sha256:") {
		return fmt.Errorf("want sign --yes IMAGE@DIGEST, not %q", args)
	}
	_, _, err := resolve(context.Background(), args[2])
	return err
}
