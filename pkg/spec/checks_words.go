package spec

// wordChecks are of the words that are used.
func wordChecks() []CheckInfo {
	return []CheckInfo{
		{
			ID: IDYAMLValue, Severity: SeverityWarning, Fixable: true,
			Title: "A value without quotes is read as another text than the one that stands there.",
			Why: "NFD reads YAML 1.1, in which y, yes and on are true, 0x10de is 4318, 1.10 is 1.1 and 1_000 is 1000. What is in quotes " +
				"stays what it is.",
			Wrong: docTerms(`
- feature: kernel.config
  matchExpressions:
    VFIO: {op: In, value: [y, m]}
`),
			Right: docTerms(`
- feature: kernel.config
  matchExpressions:
    VFIO: {op: In, value: ["y", "m"]}
`),
		},
		{
			ID: IDFeatureName, Severity: SeverityError,
			Title: "A feature's name has not the form domain.feature.",
			Why:   "There is no such feature on any host.",
			Wrong: docTerms(`
- feature: kernel
  matchExpressions:
    major: {op: Ge, value: ["6"]}
`),
			Right: docTerms(`
- feature: kernel.version
  matchExpressions:
    major: {op: Ge, value: ["6"]}
`),
		},
		{
			ID: IDFeatureCase, Severity: SeverityWarning, Fixable: true,
			Title: "A feature's name has upper-case letters.",
			Why:   "Rules match all the same, but NFD's report says that they do not, and NFD's templates do not find the feature.",
			Wrong: docTerms(`
- feature: CPU.cpuid
  matchExpressions:
    AVX2: {op: Exists}
`),
			Right: docTerms(`
- feature: cpu.cpuid
  matchExpressions:
    AVX2: {op: Exists}
`),
		},
		{
			ID: IDUnknownFeature, Severity: SeverityWarning,
			Title: "A feature is in no catalogue.",
			Why: "A feature that a host does not have satisfies nothing, not even DoesNotExist. It is no error, for vendors add " +
				"features of their own.",
			Wrong: docTerms(`
- feature: kernel.loadedmodules
  matchExpressions:
    kvm: {op: Exists}
`),
			Right: docTerms(`
- feature: kernel.loadedmodule
  matchExpressions:
    kvm: {op: Exists}
`),
		},
		{
			ID: IDUnknownElement, Severity: SeverityWarning, Fixable: true,
			Title: "A feature has no such element.",
			Why:   "The elements of some features are known, and an element that is never there satisfies nothing but DoesNotExist. Names are told apart by case.",
			Wrong: docTerms(`
- feature: kernel.version
  matchExpressions:
    Major: {op: Ge, value: ["6"]}
`),
			Right: docTerms(`
- feature: kernel.version
  matchExpressions:
    major: {op: Ge, value: ["6"]}
`),
		},
		{
			ID: IDUnknownValue, Severity: SeverityWarning, Fixable: true,
			Title: "An element never has such a value.",
			Why:   "The values of some elements are known: a processor's maker, a switch that is true or false. In compares letter by letter.",
			Wrong: docTerms(`
- feature: cpu.model
  matchExpressions:
    vendor_id: {op: In, value: ["intel"]}
`),
			Right: docTerms(`
- feature: cpu.model
  matchExpressions:
    vendor_id: {op: In, value: ["Intel"]}
`),
		},
		{
			ID: IDOperator, Severity: SeverityError, Fixable: true,
			Title: "There is no such operator.",
			Why:   "NFD notices only when it comes to the expression, which may be never, and then fails the whole command.",
			Wrong: docTerms(`
- feature: kernel.version
  matchExpressions:
    major: {op: Gte, value: ["6"]}
`),
			Right: docTerms(`
- feature: kernel.version
  matchExpressions:
    major: {op: Ge, value: ["6"]}
`),
		},
		{
			ID: IDModuleName, Severity: SeverityWarning, Fixable: true,
			Title: "The name of a loaded module has a hyphen.",
			Why:   "The kernel writes the names of loaded modules with underscores, whatever their files are called, so this never matches.",
			Wrong: docTerms(`
- feature: kernel.loadedmodule
  matchExpressions:
    vfio-pci: {op: Exists}
`),
			Right: docTerms(`
- feature: kernel.loadedmodule
  matchExpressions:
    vfio_pci: {op: Exists}
`),
		},
		{
			ID: IDPCIID, Severity: SeverityWarning, Fixable: true,
			Title: "An id of PCI or USB is not written as the kernel writes it.",
			Why:   "The kernel writes four hexadecimal digits in lower case, without 0x, and In compares letter by letter.",
			Wrong: docTerms(`
- feature: pci.device
  matchExpressions:
    vendor: {op: In, value: ["10DE"]}
`),
			Right: docTerms(`
- feature: pci.device
  matchExpressions:
    vendor: {op: In, value: ["10de"]}
`),
		},
	}
}
