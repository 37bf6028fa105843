package validate

import (
	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"

	"github.com/nfd-compat/nfd-compat/pkg/features"
)

// What a report says of itself.
const (
	APIVersion = "nfd-compat/v1alpha1"
	Kind       = "CompatibilityReport"
)

// A Verdict is the answer to "can this host run this image?".
type Verdict string

// The verdicts.
const (
	Compatible   Verdict = "compatible"
	Incompatible Verdict = "incompatible"
	// VerdictUnknown: a required feature could not be told.
	VerdictUnknown Verdict = "unknown"
	// Undeclared: the image has no compatibility artifact.
	Undeclared Verdict = "undeclared"
)

// A Report is what is printed and kept: one shape for one image on one host and for many of both. Its JSON is stable
// within v1alpha1.
type Report struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	// Verdict over all results: the worst, in the order incompatible, unknown, undeclared, compatible. It is empty if a result
	// ended in an error and none is incompatible.
	Verdict Verdict  `json:"verdict,omitempty"`
	Tool    Tool     `json:"tool"`
	Results []Result `json:"results"`
}

// A Tool names the program that made a report.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// NewReport returns the report of some results; its Tool's version is the caller's to fill.
func NewReport(results ...Result) *Report {
	report := &Report{APIVersion: APIVersion, Kind: Kind, Tool: Tool{Name: "nfd-compat"}, Results: make([]Result, 0, len(results))}
	for _, result := range results {
		if result.Sets == nil {
			result.Sets = []SetResult{}
		}
		if result.Features == nil {
			result.Features = []FeatureStatus{}
		}
		report.Results = append(report.Results, result)
	}
	report.Verdict = overall(report.Results)
	return report
}

// overall is the verdict over all results. One without a verdict ended in an error, or will.
func overall(results []Result) Verdict {
	for _, worst := range []Verdict{Incompatible, "", VerdictUnknown, Undeclared} {
		for i := range results {
			if results[i].Verdict == worst {
				return worst
			}
		}
	}
	if len(results) == 0 {
		return ""
	}
	return Compatible
}

// WordError stands in the place of a verdict where an error keeps it from being.
const WordError = "error"

// Word is the verdict over all results, or [WordError].
func (r *Report) Word() string {
	for i := range r.Results {
		if r.Verdict == "" && r.Results[i].Error != nil {
			return WordError
		}
	}
	return string(r.Verdict)
}

// A Result is the judgement of one image on one host. One that ended in an error has no verdict.
type Result struct {
	// Image and Artifact tell where the spec came from; nil if it was a file.
	Image    *Image    `json:"image,omitempty"`
	Artifact *Artifact `json:"artifact,omitempty"`
	// Inferred names the declarations of the image's config that the spec was made of, such as "NVIDIA_REQUIRE_CUDA", where the
	// image has no artifact; empty if the spec is an artifact or a file.
	Inferred []string `json:"inferred,omitempty"`
	// Node is the host that was judged.
	Node *features.Node `json:"node,omitempty"`
	// Overrides tell which features are not the host's own but were given, to see what if; absent if all are its own.
	Overrides []features.Override `json:"overrides,omitempty"`
	// Verdict of the image on the host.
	Verdict Verdict `json:"verdict,omitempty"`
	// Reason says in one sentence why the verdict is what it is.
	Reason string `json:"reason,omitempty"`
	// Error that ended the judgement, or nil.
	Error *ResultError `json:"error,omitempty"`
	// Best is the chosen set: of those that match, the one of highest weight; nil unless compatible.
	Best *SetReference `json:"best"`
	// Sets are the selected compatibility sets, in the order of the spec.
	Sets []SetResult `json:"sets"`
	// Features are the features that the spec asks for, sorted by name.
	Features []FeatureStatus `json:"features"`
}

// Word is the verdict of a result, or [WordError].
func (r *Result) Word() string {
	if r.Error != nil {
		return WordError
	}
	return string(r.Verdict)
}

// An Image is the image that was judged.
type Image struct {
	// Reference as it was given, normalised.
	Reference string `json:"reference"`
	// Digest of the manifest or index that the reference resolves to; empty if an error came before it was known.
	Digest string `json:"digest,omitempty"`
	// Platform of the image, such as "linux/amd64"; empty where unknown.
	Platform string `json:"platform,omitempty"`
	// UsedBy are the containers that run the image, such as "Deployment default/web, container app", of one that manifests name.
	UsedBy []string `json:"usedBy,omitempty"`
	// CachedAt is when the registry gave the answers, in RFC 3339, if they are from a cache; empty if it was asked now.
	CachedAt string `json:"cachedAt,omitempty"`
	// Unexamined is the number of listed referrers that might be compatibility artifacts and were not looked at.
	Unexamined int `json:"unexamined,omitempty"`
}

// An Artifact is the compatibility artifact that the spec was read from.
type Artifact struct {
	// Digest of the artifact's manifest.
	Digest string `json:"digest"`
	// Subject is the digest of the manifest or index that the artifact refers to.
	Subject string `json:"subject"`
	// Created is the artifact's own creation time, in RFC 3339; empty if it bears none.
	Created string `json:"created,omitempty"`
	// Via tells how it was found: "referrers-api", "referrers-tag", "oci-layout" or "oci-archive"; "digest" if it was named.
	Via string `json:"via"`
	// PassedOver are the digests of the image's other compatibility artifacts.
	PassedOver []string `json:"passedOver"`
}

// A ResultError is an error that ended a judgement.
type ResultError struct {
	// Code is the exit code that the error stands for.
	Code int `json:"code"`
	// Message is the error's text.
	Message string `json:"message"`
}

// A SetReference points at a compatibility set.
type SetReference struct {
	// Index of the set in the spec's compatibilities, from 0.
	Index  int    `json:"index"`
	Tag    string `json:"tag,omitempty"`
	Weight int    `json:"weight"`
}

// A SetResult is the judgement of a compatibility set.
type SetResult struct {
	// Index of the set in the spec's compatibilities, from 0.
	Index       int    `json:"index"`
	Tag         string `json:"tag,omitempty"`
	Weight      int    `json:"weight"`
	Description string `json:"description,omitempty"`
	// Verdict of this set alone.
	Verdict  Verdict         `json:"verdict"`
	Rules    []RuleResult    `json:"rules"`
	CELRules []CELRuleResult `json:"celRules"`
}

// A RuleResult is the judgement of a rule.
type RuleResult struct {
	Name    string  `json:"name"`
	Outcome Outcome `json:"outcome"`
	// MatchFeatures must all match.
	MatchFeatures []ExpressionResult `json:"matchFeatures,omitempty"`
	// MatchAny are alternatives, of which one must match.
	MatchAny [][]ExpressionResult `json:"matchAny,omitempty"`
}

// An ExpressionResult is the judgement of one expression of a term: what was wanted, and what was observed.
type ExpressionResult struct {
	// Term is the index of the term in its matchFeatures, from 0: expressions of one term on an instance feature must
	// all be satisfied by one single instance.
	Term    int     `json:"term"`
	Feature string  `json:"feature"`
	Matcher Matcher `json:"matcher"`
	// Element is the name of the element asked for; empty for matchName.
	Element string                `json:"element,omitempty"`
	Op      nfdv1alpha1.MatchOp   `json:"op"`
	Value   []string              `json:"value,omitempty"`
	Type    nfdv1alpha1.ValueType `json:"type,omitempty"`
	Outcome Outcome               `json:"outcome"`
	// Observed is the value found, "present" for a flag, or the names that decided a matchName, with commas; nil if
	// there was nothing to observe.
	Observed *string `json:"observed"`
	// Instance holds the attributes of the instance that came closest, and Instances how many were looked at.
	Instance  map[string]string `json:"instance,omitempty"`
	Instances *int              `json:"instances,omitempty"`
	// Reason says in one sentence why the outcome is not a match.
	Reason string `json:"reason,omitempty"`
}

// A Matcher is the part of a term that an expression stands in.
type Matcher string

// The matchers.
const (
	MatchExpressions Matcher = "matchExpressions"
	MatchName        Matcher = "matchName"
)

// A CELRuleResult is the judgement of a CEL rule.
type CELRuleResult struct {
	Name    string  `json:"name"`
	Outcome Outcome `json:"outcome"`
	Reason  string  `json:"reason,omitempty"`
}

// A FeatureStatus tells how much was known of a feature.
type FeatureStatus struct {
	Feature string         `json:"feature"`
	Status  features.State `json:"status"`
	Reasons []string       `json:"reasons,omitempty"`
}
