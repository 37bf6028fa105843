// Package spec says what a container image requires of a host: the types of a compatibility spec, its strict decoding,
// and the checks that need no host.
//
// Most people need two functions: [Decode] reads a spec's text, and [Check] finds what is wrong with its structure and
// words. Package validate compiles a decoded spec (which runs [Check] as well) and judges a host by it.
//
// # The document
//
// A spec has a version and a list of compatibility sets. The sets are alternatives; each holds rules in the language of
// Kubernetes' Node Feature Discovery (NFD), typed by NFD's own api/nfd/v1alpha1:
//
//	version: v1alpha1
//	compatibilities:
//	- tag: baseline
//	  weight: 1
//	  rules:
//	  - name: kernel
//	    matchFeatures:
//	    - feature: kernel.version
//	      matchExpressions:
//	        full: {op: Ge, value: ["5.10"], type: version}
//
// # What decoding promises
//
// Every error has a line, a column and a field path, and all errors are reported at once. Unknown fields, duplicate
// keys, a second document and wrong types are errors. A value is what NFD reads: scalars are resolved by the rules of
// sigs.k8s.io/yaml, under which an unquoted y is "true" and 0x10de is "4318". A spec is written by a stranger, so size,
// nesting and the expansion of aliases are bounded.
package spec
