package spec

import "strings"

// decodingChecks are of texts that are no spec at all.
func decodingChecks() []CheckInfo {
	checks := []CheckInfo{
		{
			ID:    IDSyntax,
			Title: "The text is not YAML.",
			Why:   "Nothing of it can be read. JSON is YAML too.",
			Wrong: docRules(`
- name: "a quote that does not end
`),
			Right: docKernel(),
		},
		{
			ID:    IDTooLarge,
			Title: "The text is larger, or nested deeper, than a spec may be.",
			Why: "A host reads the specs of strangers. So the bytes of a text, its nesting, and what its aliases come to once they " +
				"are expanded are bounded.",
			Wrong: docText(`
version: v1alpha1
compatibilities: ` + strings.Repeat("[", maxDepth+1) + strings.Repeat("]", maxDepth+1) + "\n"),
			Right: docKernel(),
		},
		{
			ID:    IDEmptyDocument,
			Title: "The document is empty.",
			Why:   "NFD's client passes an image whose spec is empty. Who attaches a spec means to require something.",
			Wrong: "# To be written.\n",
			Right: docKernel(),
		},
		{
			ID:    IDSecondDocument,
			Title: "A second document stands in the text of a spec.",
			Why:   "NFD's client reads the first document only, so what the second one requires would pass unseen. The sets of one spec are alternatives; what is required together stands in one set.",
			Wrong: docKernel() + "---\n" + docKernel(),
			Right: docKernel(),
		},
		{
			ID:    IDWrongType,
			Title: "A field has a value of another type than it can have.",
			Why:   "The most frequent case is a value without brackets: values are always a list, and always texts.",
			Wrong: docTerms(`
- feature: kernel.version
  matchExpressions:
    full: {op: Ge, value: "5.10", type: version}
`),
			Right: docKernel(),
		},
		{
			ID:      IDUnknownField,
			Fixable: true,
			Title:   "A field is not known.",
			Why:     "NFD's client passes over it, so one misspelt letter turns a requirement into none.",
			Wrong: docRules(`
- name: example
  matchFeature:
  - feature: kernel.version
    matchExpressions:
      full: {op: Ge, value: ["5.10"], type: version}
`),
			Right: docKernel(),
		},
		{
			ID:    IDDuplicateKey,
			Title: "A key stands twice in a mapping.",
			Why:   "Parsers think differently of which one counts. To ask two things of one element, write two terms.",
			Wrong: docTerms(`
- feature: kernel.version
  matchExpressions:
    full: {op: Ge, value: ["5.10"], type: version}
    full: {op: Lt, value: ["7.0"], type: version}
`),
			Right: docTerms(`
- feature: kernel.version
  matchExpressions:
    full: {op: Ge, value: ["5.10"], type: version}
- feature: kernel.version
  matchExpressions:
    full: {op: Lt, value: ["7.0"], type: version}
`),
		},
		{
			ID:    IDVersion,
			Title: "The version is missing, or is not one that is known.",
			Why:   "The version says how the document is to be read. NFD's client reads any version as this one.",
			Wrong: strings.Replace(docKernel(), Version, "v1", 1),
			Right: docKernel(),
		},
		{
			ID:    IDMissingField,
			Title: "A field that must be there is missing.",
			Why:   "A term needs its feature, an expression its operator, a CEL rule its name and expression: without it, it says nothing.",
			Wrong: docTerms(`
- feature: kernel.version
  matchExpressions:
    major: {value: ["6"]}
`),
			Right: docTerms(`
- feature: kernel.version
  matchExpressions:
    major: {op: In, value: ["6"]}
`),
		},
		{
			ID:    IDNilExpression,
			Title: "An expression is empty.",
			Why:   "It asks for nothing, and NFD's client crashes on it. To ask that the element is there, write so.",
			Wrong: docTerms(`
- feature: cpu.cpuid
  matchExpressions:
    AVX512F:
`),
			Right: docTerms(`
- feature: cpu.cpuid
  matchExpressions:
    AVX512F: {op: Exists}
`),
		},
		{
			ID:    IDUnsupportedValue,
			Title: "A value bears a tag of YAML.",
			Why:   "What NFD reads of a tagged value depends on the version of its parser. A text in quotes needs no tag.",
			Wrong: docTerms(`
- feature: kernel.version
  matchExpressions:
    full: {op: Ge, value: [!!float "5.10"], type: version}
`),
			Right: docKernel(),
		},
		{
			ID:    IDUnknownKind,
			Title: "The document is of a kind that has no rules.",
			Why:   "Rules are read from a compatibility spec, a NodeFeatureRule, a NodeFeatureGroup, a list of these, or a bare list of rules.",
			Wrong: docText(`
apiVersion: v1
kind: ConfigMap
metadata:
  name: rules
`),
			Right: docText(`
apiVersion: nfd.k8s-sigs.io/v1alpha1
kind: NodeFeatureRule
metadata:
  name: rules
spec:
  rules:
  - name: example
    labels:
      example.com/kvm: "true"
    matchFeatures:
    - feature: kernel.kvm
      matchExpressions:
        enabled: {op: IsTrue}
`),
		},
	}
	for i := range checks {
		checks[i].Severity, checks[i].Decoding = SeverityError, true
	}
	return checks
}
