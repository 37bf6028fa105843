package derive_test

import (
	"fmt"
	"log"

	"github.com/nfd-compat/nfd-compat/pkg/derive"
)

// What an image declares in its environment becomes a spec.
func ExampleFromImage() {
	draft, err := derive.FromImage(derive.Image{Env: []string{"NVIDIA_REQUIRE_CUDA=cuda>=12.1.1 driver>=530"}})
	if err != nil {
		log.Fatal(err)
	}
	for _, remark := range draft.Remarks {
		fmt.Printf("%s: %s\n", remark.Severity, remark)
	}
	for _, alternative := range draft.Spec.Compatibilities[0].Rules[0].MatchAny {
		for _, term := range alternative.MatchFeatures {
			for element, expression := range *term.MatchExpressions {
				fmt.Println(term.Feature, element, expression.Op, expression.Value)
			}
		}
	}
	// Output:
	// warning: NVIDIA_REQUIRE_CUDA: a blank means OR, so one of cuda>=12.1.1 and driver>=530 is enough; if all are meant, write commas: cuda>=12.1.1,driver>=530
	// gpu.driver cuda.version Ge [12.1.1]
	// gpu.driver nvidia.version Ge [530]
}
