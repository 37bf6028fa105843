package render_test

import (
	"strings"

	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"

	"github.com/nfd-compat/nfd-compat/pkg/features"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// A sample is a report, and the name of its golden files.
type sample struct {
	name   string
	report *validate.Report
}

// samples are reports of all kinds.
func samples() []sample {
	failed := &validate.ResultError{Code: 5, Message: "registry registry.example.com: response status code 503: Service Unavailable"}
	list := []sample{
		{"compatible", reportOf(compatible("app:v1"))},
		{"incompatible", reportOf(incompatible("app:v1"))},
		{"unknown", reportOf(undecided("app:v1"))},
		{"undeclared", reportOf(alone("app:v1", validate.Undeclared, "no compatibility artifact is attached to the image", nil))},
		{"platform", reportOf(alone("app:v1", validate.Incompatible, "the index offers linux/amd64 and linux/arm64, not linux/s390x", nil))},
		{"variant", reportOf(alone("app:v1", validate.VerdictUnknown, "the image is for linux/amd64/v3, and which variant of linux/amd64 the host is, is not known", nil))},
		{"error", reportOf(alone("app:v1", "", "", failed))},
		{"inferred", reportOf(inferred("cuda:v1"))},
		{"spec", reportOf(fromFile(incompatible("")))},
		{"required", reportOf(required("app:v1"))},
		{"hostile", reportOf(hostileResult())},
		{"several", reportOf(
			compatible("app:v1"), incompatible("app:v2"), undecided("app:v3"), inferred("cuda:v1"),
			alone("app:v4", validate.Undeclared, "no compatibility artifact is attached to the image", nil), alone("app:v5", "", "", failed),
		)},
		{"hosts", reportOf(on("node-1", compatible("app:v1")), on("node-2", incompatible("app:v1")))},
		{"namesakes", reportOf(
			on("node-1", fromFile(compatible(""))), on("", fromFile(incompatible(""))), on("node-1", fromFile(incompatible(""))),
			on("node-2", fromFile(compatible(""))), on("", fromFile(compatible(""))),
		)},
		{"none", reportOf()},
		{"whatif", reportOf(whatIf(incompatible("app:v1")))},
		{"whatif_several", reportOf(whatIf(compatible("app:v1")), whatIf(undecided("app:v2")), whatIf(inferred("cuda:v1")), alone("app:v3", "", "", failed))},
		{"whatif_hosts", reportOf(on("node-1", whatIf(compatible("app:v1"))), on("node-2", without(whatIf(compatible("app:v1")))), on("node-3", compatible("app:v1")))},
	}
	return list
}

// whatIf is a result on features that are not the host's own.
func whatIf(r validate.Result) validate.Result {
	instances := 2
	r.Overrides = []features.Override{
		{Feature: "cpu.cpuid", Set: []string{"AVX512F"}, Removed: []string{"AMXTILE\x1b[31m"}, More: 3},
		{Feature: "kernel.version", Set: []string{"full=6.12.0", "major=6"}},
		{Feature: "pci.device", Instances: &instances},
	}
	return r
}

// without is a result on a host where less of a feature was to be changed than on another one.
func without(r validate.Result) validate.Result {
	r.Overrides = r.Overrides[1:]
	return r
}

// reportOf is the report of some results, with the verdict over them all.
func reportOf(results ...validate.Result) *validate.Report {
	report := validate.NewReport(validate.Result{})
	report.Results = []validate.Result{}
	report.Tool.Version = "v0.0.0"
	report.Verdict = validate.Compatible
	rank := []validate.Verdict{validate.Incompatible, "", validate.VerdictUnknown, validate.Undeclared, validate.Compatible}
	for _, r := range results {
		one := validate.NewReport(r)
		report.Results = append(report.Results, one.Results...)
		for _, v := range rank {
			if v == report.Verdict || v == r.Verdict {
				report.Verdict = v
				break
			}
		}
	}
	return report
}

// expressed is the judgement of an expression on a feature.
func expressed(feature, element string, op nfdv1alpha1.MatchOp, value []string, o validate.Outcome, observed *string, reason string) validate.ExpressionResult {
	return validate.ExpressionResult{
		Feature: feature, Matcher: validate.MatchExpressions, Element: element, Op: op, Value: value, Outcome: o, Observed: observed, Reason: reason,
	}
}

// device is the judgement of an expression on the closest of twelve devices.
func device(element, want, is string, o validate.Outcome, reason string) validate.ExpressionResult {
	e := expressed("pci.device", element, nfdv1alpha1.MatchIn, []string{want}, o, &is, reason)
	e.Term, e.Instance, e.Instances = 1, map[string]string{"vendor": "8086", "class": "0200"}, new(12)
	return e
}

// judged is a result of an image, without sets. Without a name it is that of a file.
func judged(name string) validate.Result {
	r := validate.Result{Node: &features.Node{Name: "node-1", Kernel: "5.14.0-427.13.1.el9_4.x86_64", OS: "linux", Architecture: "amd64", Variant: "v3"}}
	if name != "" {
		r.Image = &validate.Image{Reference: "registry.example.com/team/" + name, Digest: "sha256:" + strings.Repeat("ab", 32), Platform: "linux/amd64"}
		r.Artifact = &validate.Artifact{
			Digest: "sha256:" + strings.Repeat("cd", 32), Subject: "sha256:" + strings.Repeat("ef", 32), Created: "2026-01-02T03:04:05Z", Via: "referrers-api",
			PassedOver: []string{"sha256:" + strings.Repeat("12", 32)},
		}
	}
	r.Features = []validate.FeatureStatus{
		{Feature: "cpu.cpuid", Status: features.Discovered},
		{Feature: "pci.device", Status: features.Incomplete, Reasons: []string{"0000:00:01.0: class: permission denied"}},
	}
	return r
}

// gpu is a set that does not hold.
func gpu() validate.SetResult {
	full := expressed("kernel.version", "full", nfdv1alpha1.MatchGe, []string{"6.6"}, validate.Mismatch, new("5.14.0-427.13.1.el9_4.x86_64"), "5.14.0-427.13.1.el9_4.x86_64 (compared as 5.14.0) is less than 6.6")
	full.Type = nfdv1alpha1.TypeVersion
	name := expressed("cpu.cpuid", "", nfdv1alpha1.MatchInRegexp, []string{"^AVX"}, validate.Match, new("AVX, AVX2"), "")
	name.Term, name.Matcher = 2, validate.MatchName
	return validate.SetResult{
		Tag: "gpu", Weight: 10, Verdict: validate.Incompatible,
		Description: "For hosts with a GPU, in a sentence that is much longer than any window is wide, so that it must be wrapped somewhere.",
		Rules: []validate.RuleResult{
			{Name: "kernel and device", Outcome: validate.Mismatch, MatchFeatures: []validate.ExpressionResult{
				full, device("class", "0302", "0200", validate.Mismatch, `"0200" is not "0302"`), device("vendor", "8086", "8086", validate.Match, ""), name,
			}},
			{Name: "module", Outcome: validate.Match, MatchFeatures: []validate.ExpressionResult{
				expressed("kernel.loadedmodule", "nvidia", nfdv1alpha1.MatchExists, nil, validate.Match, new("present"), ""),
			}},
			{Outcome: validate.Unknown, MatchAny: [][]validate.ExpressionResult{
				{expressed("kernel.version", "patch", nfdv1alpha1.MatchExists, nil, validate.Mismatch, nil, "patch is not among the 4 elements of kernel.version")},
				{
					expressed("kernel.version", "full", nfdv1alpha1.MatchGt, []string{"1"}, validate.Unknown, new("5.14"), `"5.14" is not a whole number, so it cannot be compared`),
					expressed("kernel.version", "major", nfdv1alpha1.MatchGt, []string{"1"}, validate.Match, new("5"), ""),
				},
			}},
			{
				Name: "either will do", Outcome: validate.Mismatch,
				MatchFeatures: []validate.ExpressionResult{
					expressed("kernel.config", "BPF", nfdv1alpha1.MatchDoesNotExist, nil, validate.Mismatch, new("y"), "kernel.config has BPF"),
				},
				MatchAny: [][]validate.ExpressionResult{
					{expressed("kernel.version", "major", nfdv1alpha1.MatchGt, []string{"9"}, validate.Mismatch, new("5"), "5 is not greater than 9")},
					{expressed("kernel.version", "major", nfdv1alpha1.MatchGt, []string{"1"}, validate.Match, new("5"), "")},
				},
			},
		},
		CELRules: []validate.CELRuleResult{
			{Name: "four of them", Outcome: validate.Unknown, Reason: "not all of pci.device could be read"},
			{Name: "two NUMA nodes", Outcome: validate.Mismatch, Reason: "The image needs two NUMA nodes."},
			{Name: "huge pages", Outcome: validate.Match},
		},
	}
}

// cpu is a set that holds.
func cpu() validate.SetResult {
	return validate.SetResult{
		Index: 1, Weight: 1, Verdict: validate.Compatible, CELRules: []validate.CELRuleResult{}, Description: "For any host.",
		Rules: []validate.RuleResult{{Name: "any kernel", Outcome: validate.Match, MatchFeatures: []validate.ExpressionResult{
			expressed("kernel.version", "major", nfdv1alpha1.MatchIn, []string{"3", "4", "5", "6", "7", "8", "9", "10", "11"}, validate.Match, new("5"), ""),
		}}},
	}
}

func compatible(name string) validate.Result {
	r := judged(name)
	r.Sets = []validate.SetResult{gpu(), cpu()}
	r.Verdict, r.Reason = validate.Compatible, "the host satisfies 1 of 2 compatibility sets; chosen: set #2 (weight 1)"
	r.Best = &validate.SetReference{Index: 1, Weight: 1}
	return r
}

func incompatible(name string) validate.Result {
	r := judged(name)
	r.Sets = []validate.SetResult{gpu()}
	r.Verdict, r.Reason = validate.Incompatible, "the host does not satisfy the one compatibility set"
	if r.Image != nil {
		r.Image.UsedBy = []string{"Deployment prod/web, container app", "Deployment prod/web, container init", "Job prod/load, container app", "Pod p, container app"}
	}
	return r
}

// required is a result under --require all.
func required(name string) validate.Result {
	r := judged(name)
	r.Sets = []validate.SetResult{cpu(), gpu()}
	r.Verdict, r.Reason = validate.Incompatible, `every set is required, and the host does not satisfy set "gpu" (weight 10)`
	return r
}

func undecided(name string) validate.Result {
	r := judged(name)
	r.Artifact.Subject = r.Image.Digest
	r.Image.CachedAt, r.Image.Unexamined = "2026-01-02T03:04:05Z", 3
	r.Sets = []validate.SetResult{{
		Tag: "bpf", Verdict: validate.VerdictUnknown, CELRules: []validate.CELRuleResult{},
		Rules: []validate.RuleResult{{Name: "kernel", Outcome: validate.Unknown, MatchFeatures: []validate.ExpressionResult{
			expressed("kernel.config", "BPF", nfdv1alpha1.MatchIn, []string{"y"}, validate.Unknown, nil, "kernel.config could not be read: permission denied"),
		}}},
	}}
	r.Verdict, r.Reason = validate.VerdictUnknown, "1 of 1 compatibility set could not be decided, and the host satisfies none of the others"
	return r
}

func inferred(name string) validate.Result {
	r := compatible(name)
	r.Artifact, r.Inferred = nil, []string{"platform", "NVIDIA_REQUIRE_CUDA"}
	r.Sets[1].Tag, r.Best.Tag, r.Reason = "cpu", "cpu", `the host satisfies 1 of 2 compatibility sets; chosen: set "cpu" (weight 1)`
	return r
}

// alone is a result without sets.
func alone(name string, verdict validate.Verdict, reason string, failed *validate.ResultError) validate.Result {
	r := validate.Result{Image: &validate.Image{Reference: "registry.example.com/team/" + name}, Verdict: verdict, Reason: reason, Error: failed}
	if failed == nil {
		r.Image.Digest = "sha256:" + strings.Repeat("ab", 32)
	}
	return r
}

func fromFile(r validate.Result) validate.Result {
	r.Image, r.Artifact = nil, nil
	return r
}

func on(node string, r validate.Result) validate.Result {
	r.Node.Name = node
	return r
}

// nasty is a text of a stranger with what each of the formats could take for its own: control characters and marks, tags,
// entities, ends of CDATA, of code and of cells, workflow commands of both kinds, links and names, and what YAML takes for
// something else.
const nasty = "::error::a" + hostile + "</failure>]]>&amp;<img src=x>\n::set-output name=x::y\r\n##[error]|\\|`code```|[l](https://example.com) @team #1 www.example.com: {a: b} 50%"

// hostileResult has such a text wherever a stranger can write one.
func hostileResult() validate.Result {
	e := expressed("x."+nasty, nasty, nfdv1alpha1.MatchOp(nasty), []string{nasty, "no", "1e3"}, validate.Mismatch, new(nasty), nasty)
	e.Instance, e.Instances = map[string]string{nasty: nasty, "no": "yes"}, new(1)
	r := judged("app:v1")
	r.Image.Reference, r.Image.Platform, r.Image.CachedAt, r.Image.UsedBy = nasty, nasty, nasty, []string{nasty}
	r.Artifact.Created, r.Artifact.Via = nasty, nasty
	r.Node.Name, r.Node.Kernel, r.Node.OS = nasty, nasty, nasty
	r.Inferred = []string{nasty}
	r.Overrides = []features.Override{{Feature: nasty, Set: []string{nasty}, Removed: []string{nasty}}}
	r.Sets = []validate.SetResult{{
		Tag: nasty, Description: nasty, Verdict: validate.Incompatible,
		Rules:    []validate.RuleResult{{Name: nasty, Outcome: validate.Mismatch, MatchFeatures: []validate.ExpressionResult{e}}},
		CELRules: []validate.CELRuleResult{{Name: nasty, Outcome: validate.Unknown, Reason: nasty}},
	}}
	r.Features = []validate.FeatureStatus{{Feature: nasty, Status: features.Unreadable, Reasons: []string{nasty}}}
	r.Verdict, r.Reason = validate.Incompatible, nasty
	return r
}
