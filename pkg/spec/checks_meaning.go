package spec

// meaningChecks are of what can be said and is hardly meant.
func meaningChecks() []CheckInfo {
	return []CheckInfo{
		{
			ID: IDFlagValue, Severity: SeverityWarning,
			Title: "The value of a flag is asked for.",
			Why:   "A flag is there or not, and has no value, so the expression never matches.",
			Wrong: docTerms(`
- feature: cpu.cpuid
  matchExpressions:
    AVX2: {op: IsTrue}
`),
			Right: docTerms(`
- feature: cpu.cpuid
  matchExpressions:
    AVX2: {op: Exists}
`),
		},
		{
			ID: IDMatchNameNotIn, Severity: SeverityWarning,
			Title: "matchName is used with NotIn.",
			Why:   "It is true if any name is there that is not in the list, which is nearly always so. That a name is missing is said in matchExpressions.",
			Wrong: docTerms(`
- feature: kernel.loadedmodule
  matchName: {op: NotIn, value: ["nouveau"]}
`),
			Right: docTerms(`
- feature: kernel.loadedmodule
  matchExpressions:
    nouveau: {op: DoesNotExist}
`),
		},
		{
			ID: IDMatchNameDoesNotExist, Severity: SeverityWarning,
			Title: "matchName is used with DoesNotExist.",
			Why:   "matchName looks at the names that are there, of which none does not exist, so it never matches.",
			Wrong: docTerms(`
- feature: kernel.loadedmodule
  matchName: {op: DoesNotExist}
`),
			Right: docTerms(`
- feature: kernel.loadedmodule
  matchExpressions:
    nouveau: {op: DoesNotExist}
`),
		},
		{
			ID: IDUnsetVar, Severity: SeverityWarning,
			Title: "A variable is used that no earlier rule of the set has.",
			Why:   "rule.matched holds the vars of the rules that stand before this one in the same set and matched. Another is never there.",
			Wrong: docRules(`
- name: fast
  matchFeatures:
  - feature: rule.matched
    matchExpressions:
      vendor: {op: In, value: ["nvidia"]}
`),
			Right: docRules(`
- name: GPU
  vars:
    vendor: nvidia
  matchFeatures:
  - feature: pci.device
    matchExpressions:
      vendor: {op: In, value: ["10de"]}
- name: fast
  matchFeatures:
  - feature: rule.matched
    matchExpressions:
      vendor: {op: In, value: ["nvidia"]}
`),
		},
		{
			ID: IDContradiction, Severity: SeverityWarning,
			Title: "No host can satisfy these terms together.",
			Why:   "All terms of a rule must match. What is meant as a choice belongs into one list of values, or into matchAny.",
			Wrong: docTerms(`
- feature: kernel.version
  matchExpressions:
    major: {op: In, value: ["5"]}
- feature: kernel.version
  matchExpressions:
    major: {op: In, value: ["6"]}
`),
			Right: docTerms(`
- feature: kernel.version
  matchExpressions:
    major: {op: In, value: ["5", "6"]}
`),
		},
	}
}

// compilingChecks are of what stands inside an expression.
func compilingChecks() []CheckInfo {
	return []CheckInfo{
		{
			ID: IDValueCount, Severity: SeverityError,
			Title: "An operator has too few values, or too many.",
			Why:   "Exists, DoesNotExist, IsTrue and IsFalse take none, Gt, Ge, Lt and Le one, GtLt and GeLe two, the others at least one.",
			Wrong: docTerms(`
- feature: kernel.version
  matchExpressions:
    major: {op: Ge, value: ["5", "6"]}
`),
			Right: docTerms(`
- feature: kernel.version
  matchExpressions:
    major: {op: Ge, value: ["5"]}
`),
		},
		{
			ID: IDValueType, Severity: SeverityError,
			Title: "There is no such type of values.",
			Why:   "Values are compared as versions with type: version, and as whole numbers without a type.",
			Wrong: docTerms(`
- feature: kernel.version
  matchExpressions:
    full: {op: Ge, value: ["5.10"], type: semver}
`),
			Right: docKernel(),
		},
		{
			ID: IDInvalidRegexp, Severity: SeverityError,
			Title: "A regular expression cannot be parsed.",
			Why:   "Nothing matches it. The syntax is that of RE2, which has no lookahead and no backreferences.",
			Wrong: docTerms(`
- feature: cpu.cpuid
  matchName: {op: InRegexp, value: ["^AVX(2|512"]}
`),
			Right: docTerms(`
- feature: cpu.cpuid
  matchName: {op: InRegexp, value: ["^AVX(2|512)"]}
`),
		},
		{
			ID: IDInvalidNumber, Severity: SeverityError,
			Title: "What is to be compared with is no whole number.",
			Why:   "Without a type the comparing operators take whole numbers only. To compare versions, say so.",
			Wrong: docTerms(`
- feature: kernel.version
  matchExpressions:
    full: {op: Ge, value: ["5.10"]}
`),
			Right: docKernel(),
		},
		{
			ID: IDInvalidVersion, Severity: SeverityError,
			Title: "What is to be compared with is no version.",
			Why:   "A version begins with numbers that are separated by dots, such as 5.14 or v1.2.3.",
			Wrong: docTerms(`
- feature: kernel.version
  matchExpressions:
    full: {op: Ge, value: ["five"], type: version}
`),
			Right: docKernel(),
		},
		{
			ID: IDInvertedRange, Severity: SeverityError,
			Title: "A range begins above its end.",
			Why:   "Nothing lies in it.",
			Wrong: docTerms(`
- feature: kernel.version
  matchExpressions:
    full: {op: GeLe, value: ["6.6", "5.10"], type: version}
`),
			Right: docTerms(`
- feature: kernel.version
  matchExpressions:
    full: {op: GeLe, value: ["5.10", "6.6"], type: version}
`),
		},
		{
			ID: IDTagSelectsNone, Severity: SeverityError,
			Title: "No compatibility set bears a tag that was asked for.",
			Why:   "This is found where a host is judged with --tags: without a set there is nothing to judge by. The example is of --tags gpu.",
			Wrong: docSets(`
- tag: cpu
  rules:
  - matchFeatures:
    - {feature: cpu.cpuid, matchExpressions: {AVX2: {op: Exists}}}
`),
			Right: docSets(`
- tag: gpu
  rules:
  - matchFeatures:
    - {feature: pci.device, matchExpressions: {vendor: {op: In, value: ["10de"]}}}
`),
		},
		{
			ID: IDInvalidTemplate, Severity: SeverityError,
			Title: "A template cannot be parsed.",
			Why:   "NFD notices only when the rule matches, and then fails the whole command.",
			Wrong: docRules(`
- name: example
  varsTemplate: '{{ range .kernel.version }}release={{ .Value }}'
  matchFeatures:
  - feature: kernel.version
    matchExpressions:
      full: {op: Exists}
`),
			Right: docRules(`
- name: example
  varsTemplate: '{{ range .kernel.version }}release={{ .Value }}{{ end }}'
  matchFeatures:
  - feature: kernel.version
    matchExpressions:
      full: {op: Exists}
`),
		},
		{
			ID: IDInvalidCEL, Severity: SeverityError,
			Title: "A CEL rule does not compile, or gives no bool.",
			Why:   "It could never hold.",
			Wrong: docSets(`
- rules:
  - matchFeatures:
    - {feature: kernel.version, matchExpressions: {major: {op: Exists}}}
  celRules:
  - name: four devices
    expression: instances["pci.device"].size()
`),
			Right: docSets(`
- rules:
  - matchFeatures:
    - {feature: kernel.version, matchExpressions: {major: {op: Exists}}}
  celRules:
  - name: four devices
    expression: instances["pci.device"].size() >= 4
`),
		},
	}
}
