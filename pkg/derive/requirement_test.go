package derive

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// terms writes what was parsed as the library would read it.
func terms(r requirement) []string {
	var all []string
	for _, term := range r.terms {
		var factors []string
		for _, f := range term {
			factors = append(factors, f.String())
		}
		all = append(all, strings.Join(factors, ","))
	}
	return all
}

// TestParseRequirement: the grammar, with the quirks of libnvidia-container.
func TestParseRequirement(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text string
		want []string
	}{
		{"cuda>=12.4", []string{"cuda>=12.4"}},
		{"  cuda>=12.4   driver>=550 ", []string{"cuda>=12.4", "driver>=550"}},
		{"driver>=470,driver<471", []string{"driver>=470,driver<471"}},
		{"brand=Tesla,driver>=470,driver<471 brand=unknown", []string{"brand=tesla,driver>=470,driver<471", "brand=unknown"}},
		{"CUDA>=12.4,Driver!=550", []string{"cuda>=12.4,driver!=550"}}, // in any case
		{"cuda!12", []string{"cuda!=12"}},                              // operators are compared by their beginnings
		{"cuda=12", []string{"cuda=12"}},
		{"cuda>12 cuda<13 cuda<=13", []string{"cuda>12", "cuda<13", "cuda<=13"}},
		{",cuda>=12,,driver>=530,", []string{"cuda>=12,driver>=530"}}, // commas without a factor count for nothing
		{"cuda>=012.04.", []string{"cuda>=12.4"}},
		{"cuda>=12..4", []string{"cuda>=12.4"}},
		{"driver>=550.54.14.1", []string{"driver>=550.54.14.1"}},
		{"brand=a=b", []string{"brand=a=b"}}, // the first operator counts
		{"cuda>=12 , driver>=530", []string{"cuda>=12"}},
		{", cuda>=12", nil},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			t.Parallel()
			got, faults := parseRequirement(requireCUDA, tt.text)
			if len(faults) > 0 {
				t.Fatal(faults)
			}
			if diff := cmp.Diff(tt.want, terms(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if got.ignored != strings.Contains(" "+tt.text, " , ") || got.open != (tt.want == nil) {
				t.Errorf("ignored %t, open %t", got.ignored, got.open)
			}
		})
	}
}

// TestMalformedRequirements: each says what to write.
func TestMalformedRequirements(t *testing.T) {
	t.Parallel()
	tests := []struct{ variable, text, want string }{
		{requireCUDA, "11.0", `"11.0" compares nothing; write cuda>=11.0`},
		{"NVIDIA_REQUIRE_DRIVER", ">=400.0", `">=400.0" does not say what is compared; write driver>=400.0`},
		{"NVIDIA_REQUIRE_DRIVER", "=>=400.0", `"=>=400.0" does not say what is compared; write driver>=400.0`},
		{"NVIDIA_REQUIRE_DRIVER", "==400.0", `"==400.0" does not say what is compared; write driver=400.0`},
		{"NVIDIA_REQUIRE_DRIVER", ">!400.0", `">!400.0" does not say what is compared; write driver>=400.0`},
		{"NVIDIA_REQUIRE_DRIVER", "!400.0", `"!400.0" does not say what is compared; write driver!=400.0`},
		{"NVIDIA_REQUIRE_BRAND", "Tesla", `"Tesla" compares nothing; write brand=Tesla`},
		{"NVIDIA_REQUIRE_GPU", "2", `"2" compares nothing; write PROPERTY OPERATOR VALUE without blanks, such as cuda>=12.4`},
		{requireCUDA, "cuda", `"cuda" compares nothing; write PROPERTY OPERATOR VALUE without blanks, such as cuda>=12.4`},
		{requireCUDA, "cuda==12.4", `"cuda==12.4" has no operator of these: = != < <= > >=`},
		{requireCUDA, "cuda=>12.4", `"cuda=>12.4" has no operator of these: = != < <= > >=`},
		{requireCUDA, "cuda<>12.4", `"cuda<>12.4" has no operator of these: = != < <= > >=`},
		{requireCUDA, "cudnn>=8", `"cudnn>=8" is about none of cuda, driver, arch and brand`},
		{requireCUDA, "cuda>=", `"cuda>=" compares with nothing; write a value behind the >=`},
		{requireCUDA, "cuda>=v12", `"cuda>=v12" compares with "v12", which is no version; write digits and dots only, such as 12.4`},
		{requireCUDA, "cuda>=.5", `"cuda>=.5" compares with ".5", which is no version; write digits and dots only, such as 12.4`},
		{requireCUDA, "cuda>=12.4\tdriver>=550", `"cuda>=12.4 driver>=550" compares with "12.4 driver>=550", which is no version; write digits and dots only, such as 12.4`},
		{requireCUDA, "cuda>=18446744073709551615", `"cuda>=18446744073709551615" compares with "18446744073709551615", which is no version; write digits and dots only, such as 12.4`},
		{requireCUDA, "brand>=tesla", `"brand>=tesla" orders brands, which are only equal or not; write = or !=`},
		{requireCUDA, "cuda>=9.0 foo", `"foo" compares nothing; write PROPERTY OPERATOR VALUE without blanks, such as cuda>=12.4`}, // though a host may satisfy the first
		{requireCUDA, "cuda>=9.0" + strings.Repeat(" cuda>=9.0", maxTerms), "it has more than 1000 alternatives"},
	}
	for _, tt := range tests {
		t.Run(excerpt(tt.text), func(t *testing.T) {
			t.Parallel()
			_, faults := parseRequirement(tt.variable, tt.text)
			if !slices.Equal(faults, []string{tt.want}) {
				t.Errorf("got  %q\nwant %q", faults, tt.want)
			}
		})
	}
}

// FuzzParseRequirement: any text is parsed to something that parses to itself, or has a fault.
func FuzzParseRequirement(f *testing.F) {
	for _, seed := range []string{
		"cuda>=12.1.1 driver>=530", "cuda>=12.2 brand=tesla,driver>=450,driver<451 brand=unknown,driver>=470,driver<471",
		"11.0", ">=400.0", "Tesla", "cuda!1", "cuda==1", ", cuda>=1", "cuda>=1 , x", "arch!=7.5,arch>=6 arch<9", "cuda>=1\t", "cuda>=..1", "brand=\xff",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, faults := parseRequirement(requireCUDA, text)
		if len(faults) > 0 {
			for _, fault := range faults {
				if fault == "" || strings.ContainsAny(fault, "\n\r\x1b") {
					t.Errorf("fault %q", fault)
				}
			}
			return
		}
		if r.open {
			if len(r.terms) > 0 {
				t.Errorf("open with %q", terms(r))
			}
			return
		}
		again, faults := parseRequirement(requireCUDA, strings.Join(terms(r), " "))
		if len(faults) > 0 {
			t.Fatalf("%q is parsed to %q, which has faults: %q", text, terms(r), faults)
		}
		if diff := cmp.Diff(terms(r), terms(again)); diff != "" {
			t.Errorf("%q (-once +twice):\n%s", text, diff)
		}
	})
}
