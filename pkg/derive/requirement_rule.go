package derive

import (
	"slices"
	"strings"

	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"
)

// The features and elements that requirements are about.
const (
	featureDriver  = "gpu.driver"
	featureSummary = "gpu.summary"
	featureDevice  = "gpu.device"
	featureCPUID   = "cpu.cpuid"

	elementCUDA    = "cuda.version"
	elementDriver  = "nvidia.version"
	elementArchMin = "nvidia.compute_capability_min"
	elementArchMax = "nvidia.compute_capability_max"
	elementBrand   = "brand"
	elementVendor  = "vendor"

	vendorNVIDIA = "10de"
)

// A demand is an expression on an element of an attribute feature; of gpu.device it is about the brand, and brings the vendor.
type demand struct {
	feature, element string
	op               nfdv1alpha1.MatchOp
	values           []string
}

// maxDemands bounds what becomes of all requirements of an image: each "!=" doubles a term. CUDA's images come to about 30.
const maxDemands = 4096

// matchers returns what becomes of the terms: alternatives, each of terms that must all match. It takes their demands out of
// a budget, and is false if that does not suffice.
func (r requirement) matchers(budget *int) ([]nfdv1alpha1.FeatureMatcher, bool) {
	var all []nfdv1alpha1.FeatureMatcher
	for _, term := range mergeBrands(r.terms) {
		alternatives := [][]demand{nil}
		for _, f := range term {
			var longer [][]demand
			size := 0
			for _, more := range f.demands() {
				for _, begun := range alternatives {
					longer = append(longer, append(slices.Clone(begun), more...))
					size += len(begun) + len(more)
				}
			}
			if alternatives = longer; size > *budget {
				return nil, false
			}
		}
		for _, demands := range alternatives {
			*budget -= len(demands)
			all = append(all, matcher(demands))
		}
	}
	return all, true
}

// brands is a factor, or several that differ in the brand alone.
type brands struct {
	factor
	others []string
}

// mergeBrands makes one term of those that differ in the brand alone, of which CUDA's images have ten for each driver.
func mergeBrands(terms [][]factor) [][]brands {
	var merged [][]brands
	index := map[string]int{}
	for _, term := range terms {
		var (
			rest  []string
			brand []string
			one   []brands
		)
		for _, f := range term {
			one = append(one, brands{factor: f})
			if f.property == propertyBrand && f.op == "=" {
				brand = append(brand, f.value)
			} else {
				rest = append(rest, f.String())
			}
		}
		if len(brand) != 1 {
			merged = append(merged, one)
			continue
		}
		key := strings.Join(rest, ",")
		at, known := index[key]
		if !known {
			index[key] = len(merged)
			merged = append(merged, one)
			continue
		}
		for i := range merged[at] {
			b := &merged[at][i]
			if b.property == propertyBrand && b.op == "=" && b.value != brand[0] && !slices.Contains(b.others, brand[0]) {
				b.others = append(b.others, brand[0])
			}
		}
	}
	return merged
}

// demands returns what a factor asks for: alternatives, each of demands that must all be met. There is no operator for
// versions that are equal or not, so these are made of the others.
func (b brands) demands() [][]demand {
	lowest, highest := demand{feature: featureDriver}, demand{feature: featureDriver}
	switch b.property {
	case propertyCUDA:
		lowest.element, highest.element = elementCUDA, elementCUDA
	case propertyDriver:
		lowest.element, highest.element = elementDriver, elementDriver
	case propertyArch: // every GPU must satisfy it
		lowest = demand{feature: featureSummary, element: elementArchMin}
		highest = demand{feature: featureSummary, element: elementArchMax}
	default:
		op := nfdv1alpha1.MatchIn
		if b.op == "!=" {
			op = nfdv1alpha1.MatchNotIn
		}
		return [][]demand{{{featureDevice, elementBrand, op, append([]string{b.value}, b.others...)}}}
	}
	with := func(d demand, op nfdv1alpha1.MatchOp) demand {
		d.op, d.values = op, []string{b.value}
		return d
	}
	switch b.op {
	case ">=":
		return [][]demand{{with(lowest, nfdv1alpha1.MatchGe)}}
	case ">":
		return [][]demand{{with(lowest, nfdv1alpha1.MatchGt)}}
	case "<=":
		return [][]demand{{with(highest, nfdv1alpha1.MatchLe)}}
	case "<":
		return [][]demand{{with(highest, nfdv1alpha1.MatchLt)}}
	case "=":
		return [][]demand{{with(lowest, nfdv1alpha1.MatchGe), with(highest, nfdv1alpha1.MatchLe)}}
	default: // "!="
		return [][]demand{{with(highest, nfdv1alpha1.MatchLt)}, {with(lowest, nfdv1alpha1.MatchGt)}}
	}
}

// matcher puts demands into terms: those on one feature into one, unless it has the element already. Attributes may be
// asked about in several terms.
func matcher(demands []demand) nfdv1alpha1.FeatureMatcher {
	var terms nfdv1alpha1.FeatureMatcher
	for _, d := range demands {
		e := &nfdv1alpha1.MatchExpression{Op: d.op, Value: d.values, Type: nfdv1alpha1.TypeVersion}
		if d.element == elementBrand {
			e.Type = nfdv1alpha1.TypeEmpty
			terms = append(terms, newTerm(d.feature, map[string]*nfdv1alpha1.MatchExpression{
				elementVendor: {Op: nfdv1alpha1.MatchIn, Value: []string{vendorNVIDIA}},
				elementBrand:  e,
			}))
			continue
		}
		at := slices.IndexFunc(terms, func(t nfdv1alpha1.FeatureMatcherTerm) bool {
			return t.Feature == d.feature && (*t.MatchExpressions)[d.element] == nil
		})
		if at < 0 {
			at = len(terms)
			terms = append(terms, newTerm(d.feature, map[string]*nfdv1alpha1.MatchExpression{}))
		}
		(*terms[at].MatchExpressions)[d.element] = e
	}
	return terms
}

func newTerm(feature string, expressions map[string]*nfdv1alpha1.MatchExpression) nfdv1alpha1.FeatureMatcherTerm {
	set := nfdv1alpha1.MatchExpressionSet(expressions)
	return nfdv1alpha1.FeatureMatcherTerm{Feature: feature, MatchExpressions: &set}
}

// newRule makes a rule of alternatives.
func newRule(name string, alternatives []nfdv1alpha1.FeatureMatcher) nfdv1alpha1.GroupRule {
	r := nfdv1alpha1.GroupRule{Name: name}
	if len(alternatives) == 1 {
		r.MatchFeatures = alternatives[0]
		return r
	}
	for _, m := range alternatives {
		r.MatchAny = append(r.MatchAny, nfdv1alpha1.MatchAnyElem{MatchFeatures: m})
	}
	return r
}

// alternativesOfOneFactor counts the terms of a single factor that is not about a brand.
func (r requirement) alternativesOfOneFactor() int {
	n := 0
	for _, term := range r.terms {
		if len(term) == 1 && term[0].property != propertyBrand {
			n++
		}
	}
	return n
}

// about counts the terms with a factor on a property.
func (r requirement) about(property string) int {
	n := 0
	for _, term := range r.terms {
		if slices.ContainsFunc(term, func(f factor) bool { return f.property == property }) {
			n++
		}
	}
	return n
}

// hasUnequalArch tells whether a factor rules out one compute capability.
func (r requirement) hasUnequalArch() bool {
	return slices.ContainsFunc(r.terms, func(term []factor) bool {
		return slices.ContainsFunc(term, func(f factor) bool { return f.property == propertyArch && f.op == "!=" })
	})
}
