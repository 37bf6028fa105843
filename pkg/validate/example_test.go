package validate_test

import (
	"context"
	"fmt"

	"github.com/nfd-compat/nfd-compat/pkg/features"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// Judge the running host by the text of a spec.
func Example() {
	ctx, text := context.Background(), []byte(`
version: v1alpha1
compatibilities:
- rules:
  - name: any Linux in use
    matchFeatures:
    - feature: kernel.version
      matchExpressions:
        full: {op: Ge, value: ["3.10"], type: version}
`)

	document, err := spec.Decode(text)
	if err != nil {
		fmt.Println(err) // every fault, with line and column
		return
	}
	program, findings := validate.Compile(document, validate.Options{})
	if err := spec.Errors(findings); err != nil {
		fmt.Println(err)
		return
	}
	host, err := features.Live().Discover(ctx, program.Needs())
	if err != nil {
		fmt.Println(err)
		return
	}
	report, err := program.Evaluate(ctx, host)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(report.Verdict)
	// Output: compatible
}
