package derive

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"

	"github.com/nfd-compat/nfd-compat/pkg/features"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
)

// Sentinels for errors.Is. An error of [ParseChoice] and [FromNode] matches one of them.
var (
	// ErrChoice says that a choice is wrong in itself: no such feature, or something that cannot be asked of it.
	ErrChoice = errors.New("wrong choice")
	// ErrNotThere says that the host does not have what was chosen.
	ErrNotThere = errors.New("the host does not have it")
	// ErrNotRead says that what was chosen could not be read.
	ErrNotRead = errors.New("it could not be read")
)

// A choiceError says what is wrong with a choice, in words that hold what it stands for.
type choiceError struct {
	kind  error
	words string
}

func (e *choiceError) Error() string { return e.words }
func (e *choiceError) Unwrap() error { return e.kind }

// A Choice is a feature of a host that is to become a requirement.
type Choice struct {
	// Feature is the feature's name, in lower case.
	Feature string
	// Items say what of it: names of elements, and for instances also NAME:VALUE, or VENDOR[:DEVICE] of PCI and USB devices.
	// Without items it is what is mostly meant, such as the version.
	Items []string
}

// String returns the choice as [ParseChoice] reads it.
func (c Choice) String() string {
	if len(c.Items) == 0 {
		return c.Feature
	}
	return c.Feature + "=" + strings.Join(c.Items, ",")
}

func (c Choice) fail(kind error, format string, args ...any) error {
	return &choiceError{kind, c.String() + ": " + fmt.Sprintf(format, args...)}
}

// ParseChoice reads FEATURE[=ITEM[,ITEM…]], such as "kernel.version", "cpu.cpuid=AVX2,AVX512F" or "pci.device=10de:2330".
func ParseChoice(text string) (Choice, error) {
	name, items, has := strings.Cut(text, "=")
	c := Choice{Feature: strings.ToLower(strings.TrimSpace(name))}
	if domain, rest, _ := strings.Cut(c.Feature, "."); domain == "" || rest == "" {
		return c, &choiceError{ErrChoice, fmt.Sprintf("%q names no feature: write FEATURE or FEATURE=ITEM,ITEM, such as kernel.version or cpu.cpuid=AVX2", text)}
	}
	for item := range strings.SplitSeq(items, ",") {
		if item = strings.TrimSpace(item); item != "" {
			c.Items = append(c.Items, item)
		}
	}
	if has && len(c.Items) == 0 {
		return c, c.fail(ErrChoice, "nothing stands behind the =")
	}
	return c, nil
}

// FromNode makes a spec of chosen features of a host, which then satisfies it: versions and numbers at least as high as here,
// switches as they are here, flags and modules present, one instance with the same attributes. The set holds the features
// chosen.
//
// The draft has one set with a rule for each choice. An error matches [ErrChoice], [ErrNotThere] or [ErrNotRead].
func FromNode(set *features.Set, choices []Choice) (*Draft, error) {
	d := &Draft{}
	var (
		rules []nfdv1alpha1.GroupRule
		errs  []error
		seen  []string
	)
	for _, c := range choices {
		if slices.Contains(seen, c.String()) {
			continue
		}
		seen = append(seen, c.String())
		terms, about, err := d.nodeTerms(set, c)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		at := spec.ItemPath(spec.FieldPath(spec.ItemPath("compatibilities", 0), "rules"), len(rules))
		d.comment(at, about...)
		rules = append(rules, newRule(c.String(), []nfdv1alpha1.FeatureMatcher{terms}))
		d.from(c.String())
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if len(rules) == 0 {
		return d, nil
	}
	host := "a host"
	if set.Node.Kernel != "" {
		host = "a host with the kernel " + set.Node.Kernel
	}
	d.comment("", "Made from "+host+", which satisfies it.", "Review it: what this host has may be more than the image needs. Then attach it to the image.")
	d.Spec = &spec.Spec{Version: spec.Version, Compatibilities: []spec.Compatibility{{Rules: rules}}}
	return d, nil
}

// nodeTerms returns the terms of a choice, and comments on what this host has.
func (d *Draft) nodeTerms(set *features.Set, c Choice) (nfdv1alpha1.FeatureMatcher, []string, error) {
	entry, known := features.Lookup(c.Feature)
	status := set.Status(c.Feature)
	switch status.State {
	case features.Undefined:
		var names []string
		for _, e := range features.Catalogue() {
			names = append(names, e.Name)
		}
		if near := spec.Nearest(c.Feature, names); near != "" {
			return nil, nil, c.fail(ErrChoice, "there is no such feature; did you mean %s?", near)
		}
		return nil, nil, c.fail(ErrChoice, "there is no such feature")
	case features.Unreadable, features.Unsupported:
		return nil, nil, c.fail(ErrNotRead, "%s", strings.Join(append([]string{string(status.State)}, status.Reasons...), ": "))
	case features.Absent:
		return nil, nil, c.fail(ErrNotThere, "this host has none")
	case features.Discovered, features.Incomplete:
	}
	if found, ok := set.Features.Instances[c.Feature]; ok && len(found.Elements) > 0 {
		return instanceTerm(c, entry, known, found.Elements)
	}
	return d.namedTerm(set, c, status)
}

// A named is a feature of flags and attributes.
type named struct {
	flags      map[string]nfdv1alpha1.Nil
	attributes map[string]string
	// kernel is the host's; empty if it is not known.
	kernel string
}

// find returns the name of an element as the host has it: kernel modules are known by the names of their files too.
func (n named) find(item string) (name string, isFlag, ok bool) {
	for _, name := range []string{item, strings.ReplaceAll(item, "-", "_"), strings.TrimPrefix(item, "CONFIG_")} {
		if _, ok := n.attributes[name]; ok {
			return name, false, true
		}
		if _, ok := n.flags[name]; ok {
			return name, true, true
		}
	}
	return item, false, false
}

// mostItems is how many elements are taken without being named: more, nobody would want.
const mostItems = 8

// namedTerm makes a term of flags and attributes.
func (d *Draft) namedTerm(set *features.Set, c Choice, status features.Status) (nfdv1alpha1.FeatureMatcher, []string, error) {
	n := named{set.Features.Flags[c.Feature].Elements, set.Features.Attributes[c.Feature].Elements, set.Node.Kernel}
	items := c.Items
	var missing []string
	if len(items) == 0 {
		if items = n.usual(c.Feature); len(items) == 0 || len(items) > mostItems {
			why := ""
			if name := n.inTreeDriver(c.Feature); name != "" {
				why = "the driver " + name + " came with the kernel, whose version kernel.release has; else "
			}
			return nil, nil, c.fail(ErrChoice, "%ssay which elements: %s=NAME,NAME (nfd-compat explain %s lists those of this host)", why, c.Feature, c.Feature)
		}
		missing = d.warnMissing(n, c, status)
	}
	expressions := map[string]*nfdv1alpha1.MatchExpression{}
	var about []string
	for _, item := range items {
		name, isFlag, ok := n.find(item)
		switch {
		case !ok && status.State == features.Incomplete:
			return nil, nil, c.fail(ErrNotRead, "%s is not among what could be read: %s", excerpt(item), strings.Join(status.Reasons, "; "))
		case !ok:
			known := make([]string, 0, len(n.flags)+len(n.attributes))
			for name := range n.flags {
				known = append(known, name)
			}
			for name := range n.attributes {
				known = append(known, name)
			}
			slices.Sort(known)
			if near := spec.Nearest(item, known); near != "" {
				return nil, nil, c.fail(ErrNotThere, "this host has no %s; did you mean %s?", excerpt(item), near)
			}
			return nil, nil, c.fail(ErrNotThere, "this host has no %s", excerpt(item))
		case isFlag:
			expressions[name] = &nfdv1alpha1.MatchExpression{Op: nfdv1alpha1.MatchExists}
			about = append(about, name)
		default:
			expressions[name] = valueExpression(c.Feature, name, n.attributes[name])
			about = append(about, fmt.Sprintf("%s is %s", name, quoted(excerpt(n.attributes[name]))))
		}
	}
	comments := append([]string{"This host: " + strings.Join(about, ", ") + "."}, missing...)
	return nfdv1alpha1.FeatureMatcher{newTerm(c.Feature, expressions)}, comments, nil
}

// isVersion tells whether an element holds a version.
func isVersion(feature, element string) bool {
	switch {
	case feature == "kernel.version" || feature == "kernel.release":
		return element == "full" || element == "version"
	case feature == "kernel.module":
		return !strings.HasSuffix(element, "_raw")
	case feature == "system.osrelease":
		return element == "VERSION_ID"
	case feature == "system.dmiid", feature == "system.cgroup": // texts of makers; a generation
		return false
	}
	if base := strings.TrimSuffix(strings.TrimSuffix(element, "_min"), "_max"); base == "compute_capability" || strings.HasSuffix(base, ".compute_capability") {
		return true
	}
	return element == "version" || strings.HasSuffix(element, ".version") || strings.HasSuffix(element, "_version") || strings.HasSuffix(element, "_ver")
}

// The beginning of what can be compared as a version, and a whole number.
var (
	leadingVersion = regexp.MustCompile(`^v?\d+(\.\d+){0,2}`)
	wholeNumber    = regexp.MustCompile(`^\d{1,18}$`)
)

// valueExpression asks for a value: a version or an amount at least as high, anything else as it is.
func valueExpression(feature, element, value string) *nfdv1alpha1.MatchExpression {
	version := leadingVersion.FindString(value)
	switch {
	case value == "true":
		return &nfdv1alpha1.MatchExpression{Op: nfdv1alpha1.MatchIsTrue}
	case value == "false":
		return &nfdv1alpha1.MatchExpression{Op: nfdv1alpha1.MatchIsFalse}
	case feature == "kernel.config" && (value == "y" || value == "m"): // built in or as a module
		return &nfdv1alpha1.MatchExpression{Op: nfdv1alpha1.MatchIn, Value: []string{"y", "m"}}
	case isVersion(feature, element) && version != "":
		return &nfdv1alpha1.MatchExpression{Op: nfdv1alpha1.MatchGe, Value: []string{version}, Type: nfdv1alpha1.TypeVersion}
	case wholeNumber.MatchString(value) && isAmount(feature, element):
		return &nfdv1alpha1.MatchExpression{Op: nfdv1alpha1.MatchGe, Value: []string{value}}
	}
	return &nfdv1alpha1.MatchExpression{Op: nfdv1alpha1.MatchIn, Value: []string{value}}
}

// isAmount tells whether a number is more of something the higher it is, and not a name or a switch.
func isAmount(feature, element string) bool {
	if strings.HasSuffix(element, ".major") || element == "compute_major" { // of a version, or of a compute capability
		return true
	}
	switch feature {
	case "memory.hugepages", "memory.numa", "cpu.topology", featureSummary:
		return true
	case "kernel.version":
		return element == "major"
	case "cpu.security":
		return strings.HasSuffix(element, "asids") || strings.HasSuffix(element, "_ids") || strings.HasSuffix(element, "keys") || strings.HasSuffix(element, "epc")
	case "gpu.device":
		return slices.Contains([]string{"memory_mib", "cu_count", "simd_count", "tiles"}, element)
	case "rdma.device", "rdma.port":
		return slices.Contains([]string{"rate_gbps", "ports_active"}, element)
	case "network.device", "network.driver", "pci.device", "system.cdi":
		return slices.Contains([]string{"mtu", "speed", "sriov_totalvfs", "sriov_numvfs", "device_count"}, element)
	}
	return false
}

// pciID is VENDOR[:[DEVICE]], as lspci and lsusb write and take it.
var pciID = regexp.MustCompile(`^(?:0x)?([0-9A-Fa-f]{4})(?::(?:(?:0x)?([0-9A-Fa-f]{4}))?)?$`)

// instanceTerm makes a term that one instance of this host satisfies: the first that fits.
func instanceTerm(c Choice, entry features.Entry, known bool, instances []nfdv1alpha1.InstanceFeature) (nfdv1alpha1.FeatureMatcher, []string, error) {
	isElement := func(name string) bool {
		if known && len(entry.Elements) > 0 {
			return slices.ContainsFunc(entry.Elements, func(e features.Element) bool { return e.Name == name })
		}
		return slices.ContainsFunc(instances, func(i nfdv1alpha1.InstanceFeature) bool { _, ok := i.Attributes[name]; return ok })
	}
	if len(c.Items) == 0 {
		return nil, nil, c.fail(ErrChoice, "this host has %d of these; say which, and what of it, such as %s=NAME:VALUE,NAME (nfd-compat explain %s shows them)", len(instances), c.Feature, c.Feature)
	}
	fixed := map[string]string{}
	var taken []string
	for _, item := range c.Items {
		name, value, hasValue := item, "", false
		if at := strings.IndexAny(item, ":="); at >= 0 {
			name, value, hasValue = item[:at], item[at+1:], true
		}
		id := pciID.FindStringSubmatch(item)
		switch {
		case isElement(name) && hasValue:
			fixed[name] = value
		case isElement(item):
			taken = append(taken, item)
		case id != nil && isElement("vendor"):
			fixed["vendor"] = strings.ToLower(id[1])
			if id[2] != "" {
				fixed["device"] = strings.ToLower(id[2])
			}
		default:
			return nil, nil, c.fail(ErrChoice, "%q is neither the name of an attribute, NAME:VALUE, nor VENDOR:DEVICE (nfd-compat explain %s lists the names)", excerpt(item), c.Feature)
		}
	}
	fits := func(i nfdv1alpha1.InstanceFeature) bool {
		for name, value := range fixed {
			if i.Attributes[name] != value {
				return false
			}
		}
		return !slices.ContainsFunc(taken, func(name string) bool { _, ok := i.Attributes[name]; return !ok })
	}
	at := slices.IndexFunc(instances, fits)
	if at < 0 {
		return nil, nil, c.fail(ErrNotThere, "none of the %d of this host is such", len(instances))
	}
	chosen := instances[at].Attributes
	expressions := map[string]*nfdv1alpha1.MatchExpression{}
	var about []string
	for _, name := range taken {
		expressions[name] = valueExpression(c.Feature, name, chosen[name])
		about = append(about, fmt.Sprintf("%s is %s", name, quoted(excerpt(chosen[name]))))
	}
	for name, value := range fixed {
		expressions[name] = &nfdv1alpha1.MatchExpression{Op: nfdv1alpha1.MatchIn, Value: []string{value}}
	}
	n := 0
	for _, i := range instances {
		if fits(i) {
			n++
		}
	}
	comment := []string{fmt.Sprintf("This host has %d of these; one is enough.", n)}
	if len(about) > 0 {
		comment = append(comment, "Of the first, "+strings.Join(about, ", ")+".")
	}
	return nfdv1alpha1.FeatureMatcher{newTerm(c.Feature, expressions)}, comment, nil
}
