package spec

import (
	"fmt"
	"slices"
	"strings"

	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"
)

// featureName checks the name of a feature, and tells whether it is one at all.
func (c *checker) featureName(feature, at string) bool {
	name := strings.ToLower(feature)
	domain, rest, _ := strings.Cut(name, ".")
	if domain == "" || rest == "" {
		c.find(SeverityError, IDFeatureName, at, "%q is no feature's name: write domain.feature, such as kernel.version", shorten(feature))
		return false
	}
	if name != feature {
		c.mend(c.find(SeverityWarning, IDFeatureCase, at, "names of features are in lower case: NFD matches %q, and reports that it does not", shorten(feature)), at, name)
	}
	if _, known := c.words[name]; !known && name != RuleMatched && len(c.words) > 0 {
		c.suggest(c.find(SeverityWarning, IDUnknownFeature, at, "no feature %q is known, so no host is known to satisfy this", shorten(feature)), name, at, c.names)
	}
	return true
}

// mend suggests a word for the one at a path, and the edit that puts it there.
func (c *checker) mend(f *Finding, at, by string) {
	f.Suggestion, f.Fix = by, c.spec.ReplaceValue(at, by)
}

// suggest suggests a known word for an unknown one. Only one that differs in its case is mended: AVX512FP17 may be what the
// author wants of hardware to come, and AVX512FP16 is something else.
func (c *checker) suggest(f *Finding, word, at string, known []string) {
	if f.ID == "" { // it is not told
		return
	}
	near := Nearest(word, known)
	if f.Suggestion = near; strings.EqualFold(word, near) {
		c.mend(f, at, near)
	}
}

// suggestKey is suggest for the name of an element.
func (c *checker) suggestKey(f *Finding, word, at string, known []string, siblings map[string]bool) {
	if f.ID == "" { // it is not told
		return
	}
	near := Nearest(word, known)
	if f.Suggestion = near; strings.EqualFold(word, near) {
		c.mendKey(f, at, near, siblings)
	}
}

// mendKey is mend for the name of an element, which must not be there already, be it by another such edit.
func (c *checker) mendKey(f *Finding, at, by string, siblings map[string]bool) {
	f.Suggestion = by
	if siblings[by] {
		return
	}
	siblings[by] = true
	f.Fix = c.spec.ReplaceKey(at, by)
}

// element checks an expression on an element.
func (c *checker) element(name string, e *nfdv1alpha1.MatchExpression, words *FeatureWords, at string, siblings map[string]bool) {
	switch {
	case words.Name == loadedModule && strings.Contains(name, "-"):
		c.mendKey(c.moduleName(name, at), at, strings.ReplaceAll(name, "-", "_"), siblings)
	case words.Name == kernelConfig && strings.HasPrefix(name, optionPrefix):
		c.mendKey(c.optionName(name, at), at, strings.TrimPrefix(name, optionPrefix), siblings)
	case len(words.Elements) > 0 && !slices.Contains(words.Elements, name):
		f := c.findKey(IDUnknownElement, at, "%s has no element %q that is known", words.Name, shorten(name))
		c.suggestKey(f, name, at, words.Elements, siblings)
	}
	if asksForValue(e.Op) && words.Flags && !words.Instances && !(words.Attributes && slices.Contains(words.Valued, name)) {
		c.find(SeverityWarning, IDFlagValue, FieldPath(at, "op"), "%s of %s is a flag, which has no value, so %s never matches: write Exists or DoesNotExist", shorten(name), words.Name, e.Op)
		return
	}
	if e.Op == nfdv1alpha1.MatchIn || e.Op == nfdv1alpha1.MatchNotIn {
		c.values(name, e.Value, words, at)
	} else {
		c.misreadNumbers(e, at)
	}
}

// values checks what the value of an element is compared with.
func (c *checker) values(name string, values []string, words *FeatureWords, at string) {
	known := words.Values[name]
	for i, value := range values {
		wrongID := isID(words.Name, name) && !isPlainID(value)
		unknown := len(known) > 0 && !slices.Contains(known, value)
		if !wrongID && !unknown {
			continue
		}
		at := ItemPath(FieldPath(at, "value"), i)
		if _, ok := c.misread[at]; ok {
			continue
		}
		if wrongID {
			c.id(value, at)
			continue
		}
		f := c.find(SeverityWarning, IDUnknownValue, at, "%s of %s is never known to be %q; known: %s", name, words.Name, shorten(value), strings.Join(known[:min(len(known), maxKnown)], ", "))
		c.suggest(f, value, at, known)
	}
}

// misreadNumbers mends the numbers of a comparison to what they are read as: 0x10 is 16 there, and "0x10" no number.
func (c *checker) misreadNumbers(e *nfdv1alpha1.MatchExpression, at string) {
	if len(c.misread) == 0 || e.Type != nfdv1alpha1.TypeEmpty || !slices.Contains(comparisons(), e.Op) {
		return
	}
	for i, value := range e.Value {
		at := ItemPath(FieldPath(at, "value"), i)
		if found, ok := c.misread[at]; ok {
			f := &c.findings[found]
			f.Message = fmt.Sprintf("it is read as %q: write that", shorten(value))
			f.Fix = c.spec.ReplaceValue(at, value)
		}
	}
}

func comparisons() []nfdv1alpha1.MatchOp {
	return []nfdv1alpha1.MatchOp{
		nfdv1alpha1.MatchGt, nfdv1alpha1.MatchGe, nfdv1alpha1.MatchLt, nfdv1alpha1.MatchLe, nfdv1alpha1.MatchGtLt, nfdv1alpha1.MatchGeLe,
	}
}

// maxKnown is how many of the known values a message lists.
const maxKnown = 12

// asksForValue tells whether an operator compares the value of an element.
func asksForValue(op nfdv1alpha1.MatchOp) bool {
	return op != nfdv1alpha1.MatchExists && op != nfdv1alpha1.MatchDoesNotExist && slices.Contains(Operators(), string(op))
}

// loadedModule holds the names of modules as the kernel has them, with underscores, whatever their files are called.
const loadedModule = "kernel.loadedmodule"

func (c *checker) moduleName(name, at string) *Finding {
	return c.findKey(IDModuleName, at, "the kernel writes the names of loaded modules with underscores, so there is never a %q", shorten(name))
}

// kernelConfig holds the options of the kernel's configuration without the prefix that they have in its file.
const (
	kernelConfig = "kernel.config"
	optionPrefix = "CONFIG_"
)

func (c *checker) optionName(name, at string) *Finding {
	return c.findKey(IDUnknownElement, at, "%s has the names of options without %s, so there is never a %q", kernelConfig, optionPrefix, shorten(name))
}

// matchName checks an expression on the names of elements.
func (c *checker) matchName(e *nfdv1alpha1.MatchExpression, words *FeatureWords, at string) {
	switch e.Op { //nolint:exhaustive // the others mean what they say
	case nfdv1alpha1.MatchNotIn:
		c.find(SeverityWarning, IDMatchNameNotIn, at, "matchName with NotIn is true if there is any other name: to ask that one is missing, write it in matchExpressions, with DoesNotExist")
	case nfdv1alpha1.MatchDoesNotExist:
		c.find(SeverityWarning, IDMatchNameDoesNotExist, at, "matchName with DoesNotExist never matches: write the name in matchExpressions")
	case nfdv1alpha1.MatchIn:
		for i, name := range e.Value {
			at := ItemPath(FieldPath(at, "value"), i)
			switch {
			case words.Name == loadedModule && strings.Contains(name, "-"):
				c.mend(c.moduleName(name, at), at, strings.ReplaceAll(name, "-", "_"))
			case words.Name == kernelConfig && strings.HasPrefix(name, optionPrefix):
				c.mend(c.optionName(name, at), at, strings.TrimPrefix(name, optionPrefix))
			case len(words.Elements) > 0 && !slices.Contains(words.Elements, name):
				f := c.find(SeverityWarning, IDUnknownElement, at, "%s has no element %q that is known", words.Name, shorten(name))
				c.suggest(f, name, at, words.Elements)
			}
		}
	}
}

// isID tells whether an element is an id of four hexadecimal digits, of PCI or USB.
func isID(feature, element string) bool {
	switch feature {
	case "pci.device":
		return slices.Contains([]string{"vendor", "device", "subsystem_vendor", "subsystem_device", "class"}, element)
	case "usb.device":
		return element == "vendor" || element == "device"
	}
	return false
}

// isPlainID tells whether a value is an id as sysfs writes it: four hexadecimal digits, in lower case, without 0x.
func isPlainID(value string) bool {
	return len(value) == 4 && strings.Trim(value, "0123456789abcdef") == ""
}

// id tells of an id that sysfs never writes so.
func (c *checker) id(value, at string) {
	if plain := strings.TrimPrefix(strings.ToLower(value), "0x"); isPlainID(plain) {
		c.mend(c.find(SeverityWarning, IDPCIID, at, "ids are four hexadecimal digits in lower case, without 0x, so none is ever %q", shorten(value)), at, plain)
		return
	}
	c.find(SeverityWarning, IDPCIID, at, "ids are four hexadecimal digits in lower case, so none is ever %q", shorten(value))
}

// anyVar stands for the variables of a template, whose names nobody knows before it has run.
const anyVar = "*"

// variable checks a reference to a variable of an earlier rule. In a cluster the rules of other objects set variables too,
// and labels are among them.
func (c *checker) variable(name, at string, published, siblings map[string]bool) {
	if c.spec.Kind() != KindSpec || published[name] || published[anyVar] {
		return
	}
	f := c.findKey(IDUnsetVar, at, "no earlier rule of the set has the variable %q", shorten(name))
	var known []string
	for other := range published {
		known = append(known, other)
	}
	slices.Sort(known)
	c.suggestKey(f, name, at, known, siblings)
}
