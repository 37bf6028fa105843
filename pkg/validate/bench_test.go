package validate_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/nfd-compat/nfd-compat/pkg/spec"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// benchSpec is a spec of so many rules, such as a generator makes for a fleet: devices, kernels, instruction sets,
// alternatives, variables of which later rules know. It has no finding, unless one is asked for in every tenth rule.
func benchSpec(rules int, faulty bool) []byte {
	var b strings.Builder
	b.WriteString("# Made for a benchmark.\nversion: v1alpha1\ncompatibilities:\n- tag: fleet\n  weight: 10\n  description: a set of many rules\n  rules:\n")
	for i := range rules {
		fmt.Fprintf(&b, "  - name: rule-%d\n", i)
		switch i % 4 {
		case 0:
			fmt.Fprintf(&b, "    vars: {seen-%d: \"true\"}\n    matchFeatures:\n    - feature: pci.device\n      matchExpressions:\n        vendor: {op: In, value: [\"8086\"]}\n        device: {op: In, value: [\"%04x\", \"1592\", \"159b\"]}\n        class: {op: In, value: [\"0200\"]}\n", i, i%65536)
		case 1:
			b.WriteString("    matchFeatures:\n    - feature: kernel.version\n      matchExpressions:\n        full: {op: GeLe, value: [\"5.15\", \"6.12\"], type: version}\n    - feature: kernel.config\n      matchExpressions:\n        X86_64: {op: In, value: [\"y\"]}\n        NR_CPUS: {op: Ge, value: [\"512\"]}\n")
		case 2:
			fmt.Fprintf(&b, "    matchFeatures:\n    - feature: cpu.cpuid\n      matchName: {op: InRegexp, value: [\"^AVX512\", \"^AMX%d\"]}\n    - feature: rule.matched\n      matchExpressions:\n        seen-%d: {op: IsTrue}\n", i, i-2)
		default:
			module := "mlx5_core"
			if faulty && i%10 == 3 {
				module = "mlx5-core"
			}
			fmt.Fprintf(&b, "    matchAny:\n    - matchFeatures:\n      - feature: kernel.loadedmodule\n        matchExpressions: {%s: {op: Exists}}\n    - matchFeatures:\n      - feature: system.osrelease\n        matchExpressions:\n          ID: {op: In, value: [rhel, ubuntu]}\n          VERSION_ID.major: {op: Ge, value: [\"9\"]}\n", module)
		}
	}
	return []byte(b.String())
}

// BenchmarkDecodeAndCheck is what validate-spec does with a text: decoding, checking and compiling.
func BenchmarkDecodeAndCheck(b *testing.B) {
	words := catalogueWords()
	for _, bench := range []struct {
		name   string
		text   []byte
		faulty bool
	}{
		{"1000 rules", benchSpec(1000, false), false},
		{"1000 rules with faults", benchSpec(1000, true), true},
		{"5000 rules", benchSpec(5000, false), false},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.SetBytes(int64(len(bench.text)))
			b.ReportAllocs()
			for b.Loop() {
				s, err := spec.Decode(bench.text)
				if err != nil {
					b.Fatal(err)
				}
				if _, findings := validate.Compile(s, validate.Options{Vocabulary: words}); bench.faulty != (len(findings) > 0) {
					b.Fatalf("%d findings: %v", len(findings), findings[0])
				}
			}
		})
	}
}

// TestBenchSpec: what the benchmark measures is as large as it says: a spec of 5,000 rules has more than a million bytes,
// and is taken.
func TestBenchSpec(t *testing.T) {
	t.Parallel()
	text := benchSpec(5000, false)
	if n := len(text); n < 1_000_000 || n > 2_000_000 {
		t.Errorf("%d bytes", n)
	}
	s, err := spec.Decode(text)
	if err != nil {
		t.Fatal(err)
	}
	program, findings := validate.Compile(s, validate.Options{Vocabulary: catalogueWords()})
	if program == nil || len(findings) > 0 {
		t.Errorf("program %v, %d findings, the first %v", program != nil, len(findings), texts(findings)[:min(1, len(findings))])
	}
	_, findings = validate.Compile(decoded(t, benchSpec(1000, true)), validate.Options{Vocabulary: catalogueWords()})
	if len(findings) != 50 {
		t.Errorf("%d findings, want 50", len(findings))
	}
}

func decoded(t *testing.T, text []byte) *spec.Spec {
	t.Helper()
	s, err := spec.Decode(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
