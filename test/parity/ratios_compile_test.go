package parity

import (
	"fmt"
	"regexp"
	"testing"

	compatv1alpha1 "sigs.k8s.io/node-feature-discovery/api/image-compatibility/v1alpha1"
	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"
	"sigs.k8s.io/yaml"

	"github.com/nfd-compat/nfd-compat/pkg/spec"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// timeCompiling times what is done once for a spec. NFD has no such step beyond reading the text.
func timeCompiling(t *testing.T, host *nfdv1alpha1.Features) {
	t.Helper()
	const size = 1000
	var table table
	table.add("once for a spec of 1000 rules", "bytes per rule", "our decoding per rule", "our compiling per rule", "NFD's decoding per rule")
	for _, kind := range ruleKinds(host) {
		document := &spec.Spec{Version: spec.Version, Compatibilities: []spec.Compatibility{{Rules: kind.rules(size)}}}
		text := textOf(t, document)
		decoded, err := spec.Decode(text)
		if err != nil {
			t.Fatal(err)
		}
		var decoding, compiling, nfd []float64
		for range rounds {
			decoding = append(decoding, measure(func() {
				if _, err := spec.Decode(text); err != nil {
					t.Fatal(err)
				}
			}))
			compiling = append(compiling, measure(func() {
				if program, findings := validate.Compile(decoded, validate.Options{}); program == nil {
					t.Fatal(spec.Errors(findings))
				}
			}))
			nfd = append(nfd, measure(func() {
				var s compatv1alpha1.Spec
				if err := yaml.Unmarshal(text, &s); err != nil {
					t.Fatal(err)
				}
			}))
		}
		per := func(of []float64) string { return duration(median(of) / size) }
		table.add(kind.name, fmt.Sprint(len(text)/size), per(decoding), per(compiling), per(nfd))
	}
	table.print(t)
}

// textOf writes a spec as people do, without the fields that are not there.
func textOf(t *testing.T, s *spec.Spec) []byte {
	t.Helper()
	text, err := yaml.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	text = regexp.MustCompile(`- matchAny: null\n +`).ReplaceAll(text, []byte("- "))
	return regexp.MustCompile(`(?m)^ +\w+: (null|"")\n`).ReplaceAll(text, nil)
}
