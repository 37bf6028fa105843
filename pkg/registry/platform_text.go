package registry

import (
	"fmt"

	"github.com/containerd/platforms"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// ParsePlatform reads a platform as people write it, such as "linux/arm64" or "linux/arm/v7", and normalises it as
// containerd does. The error says what is wrong with the text.
func ParsePlatform(text string) (ocispec.Platform, error) {
	platform, err := platforms.Parse(text)
	if err != nil {
		return ocispec.Platform{}, fmt.Errorf("%q is no platform (want OS/ARCHITECTURE[/VARIANT], such as linux/arm64): %w", text, err)
	}
	return platforms.Normalize(platform), nil
}

// FormatPlatform writes a platform as [ParsePlatform] reads it.
func FormatPlatform(platform ocispec.Platform) string { return platformName(platform) }

// HostPlatform returns the platform of the running host.
func HostPlatform() ocispec.Platform {
	return platforms.Normalize(platforms.DefaultSpec())
}
