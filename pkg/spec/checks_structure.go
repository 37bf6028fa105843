package spec

// structureChecks are of what is there and what is not.
func structureChecks() []CheckInfo {
	return []CheckInfo{
		{
			ID: IDEmptySpec, Severity: SeverityError,
			Title: "The spec has no compatibility set.",
			Why:   "The sets are alternatives, and without one no host could satisfy the spec. NFD's client passes every host.",
			Wrong: docText(`
version: v1alpha1
compatibilities: []
`),
			Right: docKernel(),
		},
		{
			ID: IDEmptySet, Severity: SeverityError,
			Title: "A compatibility set has no rules.",
			Why:   "It requires nothing, so every host would satisfy it. This is so for a set of celRules alone as well, for NFD's client passes over those.",
			Wrong: docSets(`
- tag: gpu
  rules: []
`),
			Right: docSets(`
- tag: gpu
  rules:
  - name: NVIDIA
    matchFeatures:
    - feature: pci.device
      matchExpressions:
        vendor: {op: In, value: ["10de"]}
`),
		},
		{
			ID: IDEmptyRule, Severity: SeverityError,
			Title: "A rule, or an alternative of its matchAny, asks for nothing.",
			Why:   "Every host would satisfy it.",
			Wrong: docRules(`
- name: virtual machines
`),
			Right: docRules(`
- name: virtual machines
  matchFeatures:
  - feature: kernel.kvm
    matchExpressions:
      enabled: {op: IsTrue}
`),
		},
		{
			ID: IDEmptyTerm, Severity: SeverityError,
			Title: "A term names a feature and asks nothing of it.",
			Why:   "Every host that has the feature would satisfy it, and all hosts have most of them.",
			Wrong: docTerms(`
- feature: cpu.cpuid
`),
			Right: docTerms(`
- feature: cpu.cpuid
  matchExpressions:
    AVX2: {op: Exists}
`),
		},
		{
			ID: IDRuleWithoutMatcher, Severity: SeverityNote,
			Title: "A rule in a cluster asks for nothing.",
			Why:   "NFD allows it, and it matches on every node: its labels are set everywhere. In a spec it is the error empty-rule.",
			Wrong: docText(`
apiVersion: nfd.k8s-sigs.io/v1alpha1
kind: NodeFeatureRule
metadata:
  name: rules
spec:
  rules:
  - name: everywhere
    labels:
      example.com/seen: "true"
`),
			Right: docText(`
apiVersion: nfd.k8s-sigs.io/v1alpha1
kind: NodeFeatureRule
metadata:
  name: rules
spec:
  rules:
  - name: Linux 6 and newer
    labels:
      example.com/seen: "true"
    matchFeatures:
    - feature: kernel.version
      matchExpressions:
        major: {op: Ge, value: ["6"]}
`),
		},
		{
			ID: IDDuplicateRule, Severity: SeverityWarning,
			Title: "Two rules of a set have one name.",
			Why:   "A report names rules, so nobody could tell which of them failed. Most often one was copied and not changed.",
			Wrong: docRules(`
- name: kernel
  matchFeatures:
  - feature: kernel.version
    matchExpressions:
      major: {op: Ge, value: ["6"]}
- name: kernel
  matchFeatures:
  - feature: kernel.selinux
    matchExpressions:
      enabled: {op: IsFalse}
`),
			Right: docRules(`
- name: kernel
  matchFeatures:
  - feature: kernel.version
    matchExpressions:
      major: {op: Ge, value: ["6"]}
- name: no SELinux
  matchFeatures:
  - feature: kernel.selinux
    matchExpressions:
      enabled: {op: IsFalse}
`),
		},
		{
			ID: IDIndistinctSets, Severity: SeverityWarning,
			Title: "Two compatibility sets have the same tag, weight and description.",
			Why:   "A report says which set was chosen, and here nobody could tell which one it was.",
			Wrong: docSets(`
- rules:
  - matchFeatures:
    - {feature: kernel.version, matchExpressions: {major: {op: Ge, value: ["6"]}}}
- rules:
  - matchFeatures:
    - {feature: kernel.kvm, matchExpressions: {enabled: {op: IsTrue}}}
`),
			Right: docSets(`
- tag: container
  rules:
  - matchFeatures:
    - {feature: kernel.version, matchExpressions: {major: {op: Ge, value: ["6"]}}}
- tag: virtual-machine
  rules:
  - matchFeatures:
    - {feature: kernel.kvm, matchExpressions: {enabled: {op: IsTrue}}}
`),
		},
		{
			ID: IDNFDIgnores, Severity: SeverityNote,
			Title: "A field is one that NFD's own client passes over.",
			Why:   "celRules are an extension. Who judges the image with NFD's client gets an answer without them.",
			Wrong: docSets(`
- rules:
  - matchFeatures:
    - {feature: kernel.version, matchExpressions: {major: {op: Ge, value: ["6"]}}}
  celRules:
  - name: four devices
    expression: instances["pci.device"].filter(d, d["vendor"] == "10de").size() >= 4
`),
			Right: docSets(`
- rules:
  - matchFeatures:
    - {feature: kernel.version, matchExpressions: {major: {op: Ge, value: ["6"]}}}
`),
		},
	}
}
