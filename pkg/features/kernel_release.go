package features

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// discoverKernelRelease takes the kernel's release apart for every distribution, where kernel.version gives up on many.
func discoverKernelRelease(_ context.Context, v *view) finding {
	release, err := v.release()
	if err != nil {
		return unreadable(err)
	}
	f := finding{attributes: parseKernelRelease(release)}
	if f.attributes["version"] == "" {
		f.missElements(fmt.Errorf("version, build and flavor are not known: the release %q does not begin with a version", release), "version", "build", "flavor")
	}
	return f
}

// parseKernelRelease takes a release apart:
//
//	                             version  build                  flavor
//	6.8.0-45-generic             6.8.0    45                     generic
//	6.1.0-21-cloud-amd64         6.1.0    21                     cloud-amd64
//	6.8.0-1013-nvidia-64k        6.8.0    1013                   nvidia-64k
//	5.14.0-427.13.1.el9_4.x86_64 5.14.0   427.13.1.el9_4.x86_64
//	6.6.57.1-7.azl3              6.6.57   1-7.azl3
//	6.12.0-55.el10.x86_64+64k    6.12.0   55.el10.x86_64         64k
//	6.6.0-rc7+                   6.6.0    rc7
//
// The version has three numbers always; one that is missing is 0. The build is what the distribution counts, or a release
// candidate, and the flavor is which of several kernels of one build it is: what begins with a letter at the end, and of a build that
// begins with a digit what follows from there, be it a number.
func parseKernelRelease(release string) map[string]string {
	parts := map[string]string{"full": release}
	version := leadingVersion(release)
	rest, ok := strings.CutPrefix(release, version)
	if version == "" || !ok {
		return parts
	}
	for strings.Count(version, ".") < maxVersionParts-1 {
		version += ".0"
	}
	parts["version"] = version
	build, flavor, _ := strings.Cut(rest, "+")
	words := strings.Split(strings.Trim(build, "-._"), "-")
	last := len(words)
	if isFlavor := func(word string) bool { return beginsWithLetter(word) && !isCandidate(word) }; beginsWithDigit(words[0]) {
		if at := slices.IndexFunc(words, isFlavor); at > 0 {
			last = at
		}
	} else {
		for last > 0 && isFlavor(words[last-1]) {
			last--
		}
	}
	if flavor == "" {
		flavor = strings.Join(words[last:], "-")
	} else {
		last = len(words)
	}
	for name, value := range map[string]string{"build": strings.Join(words[:last], "-"), "flavor": flavor} {
		if value != "" {
			parts[name] = value
		}
	}
	return parts
}

func beginsWithDigit(word string) bool { return word != "" && word[0] >= '0' && word[0] <= '9' }

func beginsWithLetter(word string) bool {
	return word != "" && (word[0] >= 'a' && word[0] <= 'z' || word[0] >= 'A' && word[0] <= 'Z')
}

// isCandidate says whether a word is that of a release candidate, such as rc7.
func isCandidate(word string) bool {
	number, ok := strings.CutPrefix(word, "rc")
	return ok && isNumber(number)
}
