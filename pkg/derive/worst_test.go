package derive_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nfd-compat/nfd-compat/pkg/derive"
)

// TestWorstRequirement: what a hostile requirement costs is bounded.
func TestWorstRequirement(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"unequal":            "cuda!=1,cuda!=2,cuda!=3,cuda!=4,cuda!=5,cuda!=6,cuda!=7,cuda!=8",
		"too often unequal":  "cuda!=1,cuda!=2,cuda!=3,cuda!=4,cuda!=5,cuda!=6,cuda!=7,cuda!=8,cuda!=9,cuda!=10",
		"one many times":     "cuda!=1" + strings.Repeat(",cuda!=1", 100_000),
		"many terms":         strings.Repeat("cuda!=1 ", 1000),
		"many terms, merged": strings.Repeat("brand=a,driver>=1 ", 1000),
		"one term":           many(5000, "cuda>=%d,"),
		"many brands":        many(1000, "brand=b%d,driver>=1 "),
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			begin := time.Now()
			d, err := derive.FromImage(derive.Image{Env: []string{"NVIDIA_REQUIRE_CUDA=" + text}})
			if err == nil {
				verdict(t, program(t, d), host("550.54.15", "12.4", "9.0").set())
			} else if !strings.Contains(err.Error(), "more than") {
				t.Error(err)
			}
			if took := time.Since(begin); took > 5*time.Second {
				t.Errorf("it took %s", took)
			}
		})
	}
	var env []string
	for i := range 5000 {
		env = append(env, fmt.Sprintf("NVIDIA_REQUIRE_%d=cuda>=1", i))
	}
	if _, err := derive.FromImage(derive.Image{Env: env}); err == nil || len(err.Error()) > 5000 {
		t.Errorf("many variables: %v", err)
	}
}

// many writes a text with each number.
func many(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}
