package spec_test

import (
	"fmt"

	"github.com/nfd-compat/nfd-compat/pkg/spec"
)

func ExampleDecode() {
	_, err := spec.Decode([]byte(`
version: v1alpha1
compatibilities:
- rules:
  - name: kernel
    matchFeature: []
`))
	fmt.Println(err)
	// Output:
	// the spec is invalid: 6:5: compatibilities[0].rules[0]: unknown field "matchFeature"; did you mean "matchFeatures"?
}

func ExampleCheck() {
	s, err := spec.Decode([]byte("version: v1alpha1\ncompatibilities:\n- tag: gpu\n"))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range spec.Check(s, spec.Vocabulary{}) {
		fmt.Println(f.Severity, f)
	}
	// Output:
	// error 3:3: compatibilities[0].rules: the set has no rules, so every host would satisfy it
}
