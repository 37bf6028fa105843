package derive_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"

	"github.com/nfd-compat/nfd-compat/pkg/derive"
	"github.com/nfd-compat/nfd-compat/pkg/features"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// A gpuHost is a host with NVIDIA's driver, as far as requirements are about it. What is empty is not there.
type gpuHost struct {
	driver, cuda string
	archs        []string // of its GPUs, sorted
	unknownCUDA  bool     // the driver is newer than what is known of drivers
}

// set returns the host's features, as discovery would.
func (h gpuHost) set() *features.Set {
	set := &features.Set{Features: *nfdv1alpha1.NewFeatures(), Statuses: map[string]features.Status{}}
	attributes := func(name string, elements map[string]string) {
		for element, value := range elements {
			if value == "" {
				delete(elements, element)
			}
		}
		set.Features.Attributes[name] = nfdv1alpha1.NewAttributeFeatures(elements)
		if len(elements) == 0 {
			set.Statuses[name] = features.Status{State: features.Absent}
		}
	}
	attributes("gpu.driver", map[string]string{"nvidia.version": h.driver, "cuda.version": h.cuda})
	if h.unknownCUDA {
		set.Statuses["gpu.driver"] = features.Status{State: features.Incomplete, Reasons: []string{"no version of CUDA is known of this driver"}}
	}
	summary := map[string]string{}
	var devices []nfdv1alpha1.InstanceFeature
	for _, arch := range h.archs {
		devices = append(devices, *nfdv1alpha1.NewInstanceFeature(map[string]string{"vendor": "10de", "compute_capability": arch}))
	}
	if len(h.archs) > 0 {
		summary["nvidia.compute_capability_min"], summary["nvidia.compute_capability_max"] = h.archs[0], h.archs[len(h.archs)-1]
	}
	attributes("gpu.summary", summary)
	set.Features.Instances["gpu.device"] = nfdv1alpha1.NewInstanceFeatures(devices...)
	set.Statuses["gpu.device"] = features.Status{State: features.Incomplete, Reasons: []string{"only NVML tells the brand of a GPU"}}
	if len(devices) == 0 {
		set.Statuses["gpu.device"] = features.Status{State: features.Absent}
	}
	return set
}

// host returns a host with GPUs of one kind.
func host(driver, cuda string, archs ...string) gpuHost {
	return gpuHost{driver: driver, cuda: cuda, archs: archs}
}

// program compiles what a draft writes, which has to be without a finding that fails.
func program(t testing.TB, d *derive.Draft) *validate.Program {
	t.Helper()
	document, err := spec.Decode(d.YAML())
	if err != nil {
		t.Fatalf("%v of\n%s", err, d.YAML())
	}
	p, findings := validate.Compile(document, validate.Options{})
	if p == nil {
		t.Fatalf("%v of\n%s", findings, d.YAML())
	}
	return p
}

func verdict(t testing.TB, p *validate.Program, set *features.Set) validate.Verdict {
	t.Helper()
	v, err := p.Verdict(t.Context(), set)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// brandsOf writes a term for each brand, as NVIDIA's images of CUDA do.
func brandsOf(driver string, brands ...string) string {
	var terms []string
	for _, b := range brands {
		terms = append(terms, "brand="+b+","+driver)
	}
	return strings.Join(terms, " ")
}

// cuda122 is the requirement of NVIDIA's image of CUDA 12.2.0.
func cuda122() string {
	all := []string{"tesla", "unknown", "nvidia", "nvidiartx", "geforce", "geforcertx", "quadro", "quadrortx", "titan", "titanrtx"}
	return "cuda>=12.2 " + brandsOf("driver>=450,driver<451", "tesla") + " " + brandsOf("driver>=470,driver<471", all...) + " " +
		brandsOf("driver>=525,driver<526", all...)
}

// TestRequirementsOfImages: what real images declare, judged on real drivers.
func TestRequirementsOfImages(t *testing.T) {
	t.Parallel()
	const (
		yes     = validate.Compatible
		no      = validate.Incompatible
		unknown = validate.VerdictUnknown
	)
	var (
		none    = host("", "")
		nouveau = host("", "", "8.6")
		v450    = host("450.248.02", "11.0", "7.0")
		v460    = host("460.106.00", "11.2", "7.0")
		v470    = host("470.256.02", "11.4", "8.0")
		v535    = host("535.104.05", "12.2", "8.0")
		v550    = host("550.54.15", "12.4", "9.0")
		v580    = host("580.65.06", "13.0", "9.0")
		future  = gpuHost{driver: "999.10", archs: []string{"9.0"}, unknownCUDA: true}
		mixed   = host("550.54.15", "12.4", "7.5", "9.0")
	)
	type verdicts map[*gpuHost]validate.Verdict
	tests := []struct {
		name string
		env  []string
		want verdicts
	}{
		{"CUDA 12.2", []string{"NVIDIA_REQUIRE_CUDA=" + cuda122(), "NVIDIA_VISIBLE_DEVICES=all"}, verdicts{
			&none: no, &nouveau: no, &v450: unknown, &v460: no, &v470: unknown, &v535: yes, &v550: yes, &v580: yes, &future: unknown,
		}},
		{"CUDA 12.2 for arm64", []string{"NVIDIA_REQUIRE_CUDA=cuda>=12.2"}, verdicts{&none: no, &v470: no, &v535: yes, &future: unknown}},
		{"CUDA 10.1", []string{"NVIDIA_REQUIRE_CUDA=cuda>=10.1 brand=tesla,driver>=396,driver<397 brand=tesla,driver>=410,driver<411 brand=tesla,driver>=418,driver<419"}, verdicts{
			&none: no, &v450: yes, &future: unknown,
		}},
		{"CUDA 10.0", []string{"NVIDIA_REQUIRE_CUDA=cuda>=10.0 brand=tesla,driver>=384,driver<385 brand=tesla,driver>=410,driver<411"}, verdicts{&none: no, &v450: yes}},
		{"an image of a framework", []string{"NVIDIA_REQUIRE_CUDA=cuda>=9.0", "NVIDIA_REQUIRE_JETPACK_HOST_MOUNTS=", "CUDA_VERSION=12.8.0.038", "CUDA_DRIVER_VERSION=570.86.10"}, verdicts{
			&none: no, &v450: yes, &v580: yes, &future: unknown,
		}},
		{"CUDA 12.8", []string{"NVIDIA_REQUIRE_CUDA=cuda>=12.8"}, verdicts{&v550: no, &v580: yes, &future: unknown}},
		{"CUDA 11.4", []string{"NVIDIA_REQUIRE_CUDA=cuda>=11.4 brand=tesla,driver>=418,driver<419 brand=tesla,driver>=450,driver<451"}, verdicts{
			&v450: unknown, &v460: no, &v470: yes,
		}},
		{"CUDA 12.4", []string{"NVIDIA_REQUIRE_CUDA=cuda>=12.4 brand=tesla,driver>=470,driver<471 brand=unknown,driver>=470,driver<471"}, verdicts{
			&v470: unknown, &v535: no, &v550: yes,
		}},
		{"CUDA 13.3", []string{"NVIDIA_REQUIRE_CUDA=cuda>=13.3 brand=unknown,driver>=580,driver<581 brand=tesla,driver>=595,driver<596"}, verdicts{&v550: no, &v580: unknown}},
		{"a driver", []string{"NVIDIA_REQUIRE_DRIVER=driver>=390"}, verdicts{&none: no, &nouveau: no, &v450: yes, &future: yes}},
		{"an image older than the variables", []string{"CUDA_VERSION=9.2.148"}, verdicts{&none: no, &v450: yes}},
		{"the same, of this day", []string{"CUDA_VERSION=12.4.1"}, verdicts{&v535: no, &v550: yes}},
		{"all variables count", []string{"NVIDIA_REQUIRE_CUDA=cuda>=11.0", "NVIDIA_REQUIRE_DRIVER=driver>=550 driver<460", "NVIDIA_REQUIRE_ARCH=arch>=7.0"}, verdicts{
			&v450: yes, &v460: no, &v535: no, &v550: yes, &none: no,
		}},
		{"a blank is OR", []string{"NVIDIA_REQUIRE_CUDA=cuda>=12.1.1 driver>=530"}, verdicts{&v460: no, &v535: yes}},
		{"a comma is AND", []string{"NVIDIA_REQUIRE_CUDA=cuda>=11.1,driver>=535"}, verdicts{&v460: no, &v535: yes}},
		{"every GPU", []string{"NVIDIA_REQUIRE_ARCH=arch>=8.0"}, verdicts{&none: no, &v460: no, &v550: yes, &mixed: no}},
		{"every GPU, from above", []string{"NVIDIA_REQUIRE_ARCH=arch<=8.9"}, verdicts{&v460: yes, &v550: no, &mixed: no}},
		{"every GPU, one kind", []string{"NVIDIA_REQUIRE_ARCH=arch=9"}, verdicts{&v460: no, &v550: yes, &mixed: no}},
		{"every GPU, not one kind", []string{"NVIDIA_REQUIRE_ARCH=arch!=7.5"}, verdicts{&v460: yes, &v550: yes, &mixed: no}},
		{"a driver that is broken", []string{"NVIDIA_REQUIRE_DRIVER=driver!=535.104.5"}, verdicts{&v460: yes, &v535: no, &v550: yes}},
		{"a driver of four parts", []string{"NVIDIA_REQUIRE_DRIVER=driver>=535.104.5.1"}, verdicts{&v535: no, &v550: yes}},
		{"a brand", []string{"NVIDIA_REQUIRE_BRAND=brand=Tesla"}, verdicts{&none: no, &v550: unknown}},
		{"not a brand", []string{"NVIDIA_REQUIRE_BRAND=brand!=geforce"}, verdicts{&none: no, &v550: unknown}},
		{"a brand that does not matter", []string{"NVIDIA_REQUIRE_CUDA=brand=tesla,driver>=600 cuda>=12"}, verdicts{&v460: no, &v550: yes}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d, err := derive.FromImage(derive.Image{Env: tt.env})
			if err != nil {
				t.Fatal(err)
			}
			p := program(t, d)
			for h, want := range tt.want {
				if got := verdict(t, p, h.set()); got != want {
					t.Errorf("on %+v: %s, want %s, of\n%s", *h, got, want, d.YAML())
				}
			}
		})
	}
}

// TestImagesWithoutRequirements: nothing is asked, and what was passed over is told.
func TestImagesWithoutRequirements(t *testing.T) {
	t.Parallel()
	platform := func(variant string) ocispec.Platform {
		return ocispec.Platform{OS: "linux", Architecture: "amd64", Variant: variant}
	}
	tests := []struct {
		name  string
		image derive.Image
		want  []string // the remarks
	}{
		{"nothing", derive.Image{}, nil},
		{"something else", derive.Image{Env: []string{"PATH=/bin", "NVIDIA_VISIBLE_DEVICES=all", "NOVALUE"}, Platform: platform("v1")}, nil},
		{"Jetson's", derive.Image{Env: []string{"NVIDIA_REQUIRE_JETPACK=csv-mounts=all", "NVIDIA_REQUIRE_JETPACK_HOST_MOUNTS=base-only"}}, nil},
		{"an empty one", derive.Image{Env: []string{"NVIDIA_REQUIRE_CUDA="}}, nil},
		{"switched off", derive.Image{Env: []string{"NVIDIA_REQUIRE_CUDA=cuda>=12", "NVIDIA_DISABLE_REQUIRE=1"}}, []string{
			`NVIDIA_DISABLE_REQUIRE: it is "1", so what the image declares for NVIDIA's driver is not judged`,
		}},
		{"switched off, and of no matter", derive.Image{Env: []string{"NVIDIA_DISABLE_REQUIRE=true"}}, nil},
		{"switched off, and malformed", derive.Image{Env: []string{"NVIDIA_REQUIRE_CUDA=12", "NVIDIA_DISABLE_REQUIRE=T"}}, []string{
			`NVIDIA_DISABLE_REQUIRE: it is "T", so what the image declares for NVIDIA's driver is not judged`,
		}},
		{"a comma first", derive.Image{Env: []string{"NVIDIA_REQUIRE_CUDA=, cuda>=99"}}, []string{
			"NVIDIA_REQUIRE_CUDA: it begins with a comma alone, which any host satisfies: it asks for nothing",
		}},
		{"what no feature tells", derive.Image{Platform: ocispec.Platform{OS: "windows", Architecture: "arm", Variant: "v7", OSVersion: "10.0.17763.1", OSFeatures: []string{"win32k"}}}, []string{
			"platform: the variant v7 of arm is compared with the host's platform; no feature tells of it",
			`os.version: the image declares "10.0.17763.1", and what that asks of a host is not defined for windows: it is not judged; ask for system.osrelease or kernel.version if that is meant`,
			`os.features: the image declares "win32k", and no feature of a host tells of these: they are not judged`,
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d, err := derive.FromImage(tt.image)
			if err != nil {
				t.Fatal(err)
			}
			if d.Spec != nil || d.YAML() != nil || len(d.From) > 0 {
				t.Errorf("there is a spec:\n%s", d.YAML())
			}
			var got []string
			for _, r := range d.Remarks {
				got = append(got, r.String())
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestVariables: which variables count.
func TestVariables(t *testing.T) {
	t.Parallel()
	tests := []struct {
		env  []string
		want []string
	}{
		{[]string{"NVIDIA_REQUIRE_CUDA=cuda>=12", "CUDA_VERSION=11"}, []string{"NVIDIA_REQUIRE_CUDA"}},
		{[]string{"NVIDIA_REQUIRE_CUDA=", "CUDA_VERSION=11"}, []string{"CUDA_VERSION"}},
		{[]string{"NVIDIA_REQUIRE_DRIVER=driver>=1", "CUDA_VERSION=v11.0.3-rc1"}, []string{"NVIDIA_REQUIRE_DRIVER", "CUDA_VERSION"}},
		{[]string{"NVIDIA_REQUIRE_CUDA=cuda>=12", "NVIDIA_DISABLE_REQUIRE=yes"}, []string{"NVIDIA_REQUIRE_CUDA"}}, // no boolean of Go
		{[]string{"NVIDIA_REQUIRE_CUDA=cuda>=12", "NVIDIA_DISABLE_REQUIRE=0"}, []string{"NVIDIA_REQUIRE_CUDA"}},
		{[]string{"NVIDIA_REQUIRE_CUDA=broken", "NVIDIA_REQUIRE_CUDA=cuda>=12"}, []string{"NVIDIA_REQUIRE_CUDA"}}, // the last counts
		{[]string{"nvidia_require_cuda=cuda>=12"}, nil},
	}
	for _, tt := range tests {
		d, err := derive.FromImage(derive.Image{Env: tt.env})
		if err != nil || !slices.Equal(d.From, tt.want) {
			t.Errorf("%q: %q, %v, want %q", tt.env, d.From, err, tt.want)
		}
	}
}

// TestMalformedVariables: all are told at once, each with its name.
func TestMalformedVariables(t *testing.T) {
	t.Parallel()
	d, err := derive.FromImage(derive.Image{Env: []string{
		"NVIDIA_REQUIRE_CUDA=11.0", "NVIDIA_REQUIRE_DRIVER=>=400.0", "NVIDIA_REQUIRE_BRAND=Tesla", "NVIDIA_REQUIRE_OK=cuda>=1",
	}})
	var malformed *derive.DeclarationError
	if !errors.As(err, &malformed) || d != nil {
		t.Fatalf("%v, %v", d, err)
	}
	const want = `requirements that the image declares are malformed:
  NVIDIA_REQUIRE_BRAND="Tesla": "Tesla" compares nothing; write brand=Tesla
  NVIDIA_REQUIRE_CUDA="11.0": "11.0" compares nothing; write cuda>=11.0
  NVIDIA_REQUIRE_DRIVER=">=400.0": ">=400.0" does not say what is compared; write driver>=400.0`
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, version := range []string{"latest", "cu121", "12.x", "-", "v"} {
		_, err := derive.FromImage(derive.Image{Env: []string{"CUDA_VERSION=" + version}})
		if !errors.As(err, &malformed) || malformed.Faults[0].Variable != "CUDA_VERSION" || !strings.Contains(err.Error(), "set NVIDIA_REQUIRE_CUDA") {
			t.Errorf("CUDA_VERSION=%s: %v", version, err)
		}
	}
}

// TestWarnings: what is probably not meant.
func TestWarnings(t *testing.T) {
	t.Parallel()
	tests := []struct {
		env, want string // begins the first warning; empty for none
	}{
		{"NVIDIA_REQUIRE_CUDA=cuda>=12.1.1 driver>=530", "NVIDIA_REQUIRE_CUDA: a blank means OR, so one of cuda>=12.1.1 and driver>=530 is enough; if all are meant, write commas: cuda>=12.1.1,driver>=530"},
		{"NVIDIA_REQUIRE_DRIVER=driver>=450 driver<500", "NVIDIA_REQUIRE_DRIVER: a blank means OR"},
		{"NVIDIA_REQUIRE_CUDA=" + cuda122(), ""},
		{"NVIDIA_REQUIRE_BRAND=brand=tesla brand=quadro", ""},
		{"NVIDIA_REQUIRE_CUDA=cuda>=12.1 driver>=470,driver<471", ""},
		{"NVIDIA_REQUIRE_CUDA=cuda>=12 , driver>=1", "NVIDIA_REQUIRE_CUDA: libnvidia-container does not look"},
	}
	for _, tt := range tests {
		d, err := derive.FromImage(derive.Image{Env: []string{tt.env}})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, r := range d.Remarks {
			if r.Severity == spec.SeverityWarning {
				got = r.String()
				break
			}
		}
		if !strings.HasPrefix(got, tt.want) || tt.want == "" && got != "" {
			t.Errorf("%s: %q, want %q", tt.env, got, tt.want)
		}
		if got != "" && !strings.Contains(strings.Join(strings.Fields(string(d.YAML())), " "), d.Remarks[0].Message[:20]) {
			t.Errorf("the spec does not tell it:\n%s", d.YAML())
		}
	}
}

// TestPlatformVariant: amd64/v3 asks for the level of the processor.
func TestPlatformVariant(t *testing.T) {
	t.Parallel()
	d, err := derive.FromImage(derive.Image{Platform: ocispec.Platform{OS: "linux", Architecture: "amd64", Variant: "v3"}})
	if err != nil {
		t.Fatal(err)
	}
	cpu := func(flags ...string) *features.Set {
		set := &features.Set{Features: *nfdv1alpha1.NewFeatures()}
		set.Features.Flags["cpu.cpuid"] = nfdv1alpha1.NewFlagFeatures(flags...)
		return set
	}
	p := program(t, d)
	if got := verdict(t, p, cpu("X86_64_V1", "X86_64_V2", "X86_64_V3")); got != validate.Compatible {
		t.Errorf("with the level: %s", got)
	}
	if got := verdict(t, p, cpu("X86_64_V1", "X86_64_V2")); got != validate.Incompatible {
		t.Errorf("without it: %s", got)
	}
	if got := verdict(t, p, &features.Set{Features: *nfdv1alpha1.NewFeatures()}); got != validate.VerdictUnknown {
		t.Errorf("where the processor cannot be asked: %s", got)
	}
}

// TestImageYAML is what people get to review.
func TestImageYAML(t *testing.T) {
	t.Parallel()
	d, err := derive.FromImage(derive.Image{
		Reference: "registry.example.com/team/app:v1",
		Platform:  ocispec.Platform{OS: "linux", Architecture: "amd64", Variant: "v3", OSVersion: "9"},
		Env: []string{
			"NVIDIA_REQUIRE_CUDA=cuda>=12.2 brand=tesla,driver>=470,driver<471 brand=Unknown,driver>=470,driver<471", "CUDA_DRIVER_VERSION=550.54.15",
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	const want = `# Made from the config of registry.example.com/team/app:v1.
# Review it, check it with nfd-compat validate-spec, and attach it to the image.
# os.version: the image declares "9", and what that asks of a host is not defined for linux: it is not judged;
# ask for system.osrelease or kernel.version if that is meant
# CUDA_DRIVER_VERSION: the image was made with the driver 550.54.15, which is more than NVIDIA_REQUIRE_CUDA
# may ask for
version: v1alpha1
compatibilities:
- description: What the image declares in its config.
  rules:
  # The image is for linux/amd64/v3.
  - name: platform
    matchFeatures:
    - feature: cpu.cpuid
      matchExpressions:
        X86_64_V3: {op: Exists}
  # NVIDIA_REQUIRE_CUDA="cuda>=12.2 brand=tesla,driver>=470,driver<471 brand=Unknown,driver>=470,driver<471"
  # only NVIDIA's own library tells the brand of a GPU, so what depends on it is unknown
  - name: NVIDIA_REQUIRE_CUDA
    matchAny:
    - matchFeatures:
      - feature: gpu.driver
        matchExpressions:
          cuda.version: {op: Ge, value: ["12.2"], type: version}
    - matchFeatures:
      - feature: gpu.device
        matchExpressions:
          brand: {op: In, value: ["tesla", "unknown"]}
          vendor: {op: In, value: ["10de"]}
      - feature: gpu.driver
        matchExpressions:
          nvidia.version: {op: Ge, value: ["470"], type: version}
      - feature: gpu.driver
        matchExpressions:
          nvidia.version: {op: Lt, value: ["471"], type: version}
`
	if diff := cmp.Diff(want, string(d.YAML())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestBrands: should a host's features tell the brand of its GPUs, it is compared, in any case.
func TestBrands(t *testing.T) {
	t.Parallel()
	set := host("550.54.15", "12.4", "9.0").set()
	set.Features.Instances["gpu.device"] = nfdv1alpha1.NewInstanceFeatures(*nfdv1alpha1.NewInstanceFeature(map[string]string{"vendor": "10de", "brand": "tesla"}))
	delete(set.Statuses, "gpu.device")
	for requirement, want := range map[string]validate.Verdict{
		"brand=Tesla": validate.Compatible, "brand=quadro brand=TESLA": validate.Compatible, "brand=geforce": validate.Incompatible,
		"brand!=Tesla": validate.Incompatible, "brand!=geforce": validate.Compatible,
		"brand=geforce,driver>=1 brand=tesla,driver>=600": validate.Incompatible, "brand=geforce,driver>=1 brand=tesla,driver>=1": validate.Compatible,
	} {
		d, err := derive.FromImage(derive.Image{Env: []string{"NVIDIA_REQUIRE_BRAND=" + requirement}})
		if err != nil {
			t.Fatal(err)
		}
		if got := verdict(t, program(t, d), set); got != want {
			t.Errorf("%s: %s, want %s", requirement, got, want)
		}
	}
}
