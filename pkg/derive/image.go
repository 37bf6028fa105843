package derive

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"

	"github.com/nfd-compat/nfd-compat/pkg/spec"
)

// The variables by which an image declares what it needs, and those that tell more about it.
const (
	requirePrefix  = "NVIDIA_REQUIRE_"
	requireCUDA    = "NVIDIA_REQUIRE_CUDA"
	requireJetpack = "NVIDIA_REQUIRE_JETPACK"
	disableRequire = "NVIDIA_DISABLE_REQUIRE"
	cudaVersion    = "CUDA_VERSION"
	builtForDriver = "CUDA_DRIVER_VERSION"
)

// An Image is what an image's config says of the host that it needs.
type Image struct {
	// Reference names the image in the comments; it may be empty.
	Reference string
	// Platform is that of the config, or of the image's entry in an index.
	Platform ocispec.Platform
	// Env is the environment, of "NAME=VALUE". Of a name that stands twice the last counts.
	Env []string
}

// FromImage makes a spec of what an image declares in its config: NVIDIA_REQUIRE_* with the semantics of
// libnvidia-container, of an image without NVIDIA_REQUIRE_CUDA its CUDA_VERSION, and the variant of its platform. Where
// NVIDIA_DISABLE_REQUIRE is true, the variables count for nothing.
//
// The draft has one set, with a rule for each declaration, all of which are required. Its Spec is nil if the image declares
// nothing that can be judged. What is declared and cannot be expressed is told in the remarks. The error is a
// [*DeclarationError].
func FromImage(image Image) (*Draft, error) {
	b := imageDraft{draft: &Draft{}, budget: maxDemands}
	b.platform(image.Platform)
	if err := b.environment(variables(image.Env)); err != nil {
		return nil, err
	}
	if len(b.rules) == 0 {
		return b.draft, nil
	}
	b.draft.Spec = &spec.Spec{Version: spec.Version, Compatibilities: []spec.Compatibility{{
		Description: "What the image declares in its config.", Rules: b.rules,
	}}}
	name := "an image"
	if image.Reference != "" {
		name = image.Reference
	}
	b.draft.comment("", "Made from the config of "+name+".", "Review it, check it with nfd-compat validate-spec, and attach it to the image.")
	for _, r := range b.draft.Remarks {
		if !b.told[r.String()] {
			b.draft.comment("", r.String())
		}
	}
	return b.draft, nil
}

// imageDraft is a draft of an image in the making.
type imageDraft struct {
	draft  *Draft
	rules  []nfdv1alpha1.GroupRule
	budget int             // of comparisons
	told   map[string]bool // the remarks that stand above a rule
}

// add adds a rule; the remarks since the count before stand above it.
func (b *imageDraft) add(rule nfdv1alpha1.GroupRule, before int, comments ...string) {
	at := spec.ItemPath(spec.FieldPath(spec.ItemPath("compatibilities", 0), "rules"), len(b.rules))
	b.rules = append(b.rules, rule)
	b.draft.from(rule.Name)
	b.draft.comment(at, comments...)
	if b.told == nil {
		b.told = map[string]bool{}
	}
	for _, r := range b.draft.Remarks[before:] {
		b.draft.comment(at, r.Message)
		b.told[r.String()] = true
	}
}

// x86Level are the variants of amd64 that ask more than any processor of it has.
var x86Level = regexp.MustCompile(`^v[234]$`)

// platform takes what a platform asks beyond its operating system and architecture, which are compared before any spec is.
func (b *imageDraft) platform(p ocispec.Platform) {
	const source = "platform"
	before := len(b.draft.Remarks)
	variant := p.Architecture + "/" + p.Variant
	switch {
	case p.Variant == "", variant == "amd64/v1", variant == "arm64/v8":
	case p.Architecture == "amd64" && x86Level.MatchString(p.Variant):
		flag := "X86_64_" + strings.ToUpper(p.Variant)
		b.add(newRule(source, []nfdv1alpha1.FeatureMatcher{{
			newTerm(featureCPUID, map[string]*nfdv1alpha1.MatchExpression{flag: {Op: nfdv1alpha1.MatchExists}}),
		}}), before, "The image is for "+p.OS+"/"+variant+".")
	default:
		b.draft.note(source, "the variant %s of %s is compared with the host's platform; no feature tells of it", excerpt(p.Variant), excerpt(p.Architecture))
	}
	if p.OSVersion != "" {
		b.draft.warn("os.version", "the image declares %q, and what that asks of a host is not defined for %s: it is not judged; ask for system.osrelease or kernel.version if that is meant",
			excerpt(p.OSVersion), osName(p.OS))
	}
	if len(p.OSFeatures) > 0 {
		b.draft.warn("os.features", "the image declares %q, and no feature of a host tells of these: they are not judged", excerpt(strings.Join(p.OSFeatures, ", ")))
	}
}

func osName(os string) string {
	if os == "" {
		return "its operating system"
	}
	return excerpt(os)
}

// variables returns an environment by its names. Of a name that stands twice the last counts.
func variables(env []string) map[string]string {
	all := map[string]string{}
	for _, one := range env {
		if name, value, ok := strings.Cut(one, "="); ok {
			all[name] = value
		}
	}
	return all
}

// environment takes what the variables of the container toolkit ask.
func (b *imageDraft) environment(env map[string]string) error {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(env)) {
		if strings.HasPrefix(name, requirePrefix) && !strings.HasPrefix(name, requireJetpack) && strings.Trim(env[name], " ") != "" {
			names = append(names, name)
		}
	}
	legacy := env[cudaVersion] != "" && env[requireCUDA] == ""
	if disabled, _ := strconv.ParseBool(env[disableRequire]); disabled { // other texts are false, as in the toolkit
		if len(names) > 0 || legacy {
			b.draft.warn(disableRequire, "it is %q, so what the image declares for NVIDIA's driver is not judged", env[disableRequire])
		}
		return nil
	}
	var faults []Fault
	for _, name := range names {
		for _, fault := range b.requirement(name, env[name]) {
			faults = append(faults, Fault{Variable: name, Value: env[name], Message: fault})
		}
	}
	if legacy {
		if fault := b.legacy(env[cudaVersion]); fault != "" {
			faults = append(faults, Fault{Variable: cudaVersion, Value: env[cudaVersion], Message: fault})
		}
	}
	if len(faults) > 0 {
		return &DeclarationError{Faults: faults}
	}
	b.hint(env)
	return nil
}

// requirement takes one variable, or says what is wrong with it.
func (b *imageDraft) requirement(name, text string) []string {
	before := len(b.draft.Remarks)
	r, faults := parseRequirement(name, text)
	if len(faults) > 0 {
		return faults
	}
	switch {
	case r.open:
		b.draft.warn(name, "it begins with a comma alone, which any host satisfies: it asks for nothing")
		return nil
	case r.ignored:
		b.draft.warn(name, "libnvidia-container does not look at what stands behind a comma alone, and neither is it judged here")
	}
	alternatives, ok := r.matchers(&b.budget)
	if !ok {
		return []string{fmt.Sprintf("it comes, with those before it, to more than %d comparisons", maxDemands)}
	}
	if r.alternativesOfOneFactor() > 1 {
		b.draft.warn(name, "a blank means OR, so one of %s is enough; if all are meant, write commas: %s",
			excerpt(strings.Join(strings.Fields(text), " and ")), excerpt(strings.Join(strings.Fields(text), ",")))
	}
	if r.about(propertyArch) > 1 || r.hasUnequalArch() {
		b.draft.note(name, "every GPU has to satisfy it; of GPUs of several compute capabilities only the lowest and the highest are compared")
	}
	if r.about(propertyBrand) > 0 {
		b.draft.note(name, "only NVIDIA's own library tells the brand of a GPU, so what depends on it is unknown")
	}
	b.add(newRule(name, alternatives), before, fmt.Sprintf("%s=%s", name, quoted(excerpt(text))))
	return nil
}

// legacy takes the version of CUDA of an image that is older than NVIDIA_REQUIRE_CUDA: major and minor of it, as the container
// toolkit does.
func (b *imageDraft) legacy(text string) string {
	before := len(b.draft.Remarks)
	version, ok := plainVersion(strings.TrimPrefix(text, "v"))
	numbers, suffix, _ := strings.Cut(strings.TrimPrefix(text, "v"), "-")
	if !ok && suffix != "" { // 11.0.0-rc1
		version, ok = plainVersion(numbers)
	}
	if !ok {
		return "it is no version such as 12.4.1, so what the image needs of CUDA is not known; set NVIDIA_REQUIRE_CUDA, such as cuda>=12.4"
	}
	parts := append(strings.Split(version, "."), "0")
	majorMinor := strings.Join(parts[:2], ".")
	r := requirement{terms: [][]factor{{{property: propertyCUDA, op: ">=", value: majorMinor}}}}
	alternatives, _ := r.matchers(new(1))
	b.add(newRule(cudaVersion, alternatives), before,
		fmt.Sprintf("%s=%s, without %s: as the container toolkit takes it, cuda>=%s.", cudaVersion, quoted(excerpt(text)), requireCUDA, majorMinor))
	return ""
}

// hint tells of variables that say more than the requirement does, as in NVIDIA's own images of frameworks.
func (b *imageDraft) hint(env map[string]string) {
	if env[requireCUDA] == "" {
		return
	}
	if driver, ok := plainVersion(env[builtForDriver]); ok {
		b.draft.note(builtForDriver, "the image was made with the driver %s, which is more than NVIDIA_REQUIRE_CUDA may ask for", driver)
	}
	built, ok := plainVersion(env[cudaVersion])
	asked, _ := parseRequirement(requireCUDA, env[requireCUDA])
	if !ok || len(asked.terms) != 1 || len(asked.terms[0]) != 1 || asked.terms[0][0].property != propertyCUDA {
		return
	}
	if major(asked.terms[0][0].value) < major(built) {
		b.draft.note(cudaVersion, "the image has CUDA %s and asks for %s only: consider asking for more", built, asked.terms[0][0])
	}
}

// major returns the first number of a plain version.
func major(version string) uint64 {
	first, _, _ := strings.Cut(version, ".")
	n, _ := strconv.ParseUint(first, 10, 64)
	return n
}
