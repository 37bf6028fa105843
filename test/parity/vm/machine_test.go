package vm

import (
	"encoding/json"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"

	"github.com/nfd-compat/nfd-compat/pkg/features"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
	"github.com/nfd-compat/nfd-compat/test/parity/vm/initrd"
	"github.com/nfd-compat/nfd-compat/test/parity/vm/kernels"
	"github.com/nfd-compat/nfd-compat/test/parity/vm/plan"
)

// An architecture is one that machines are emulated of.
type architecture struct {
	// goarch is its name in Go.
	goarch string
	// qemu is the program, and install the packages of Debian's that bring it.
	qemu, install string
	// commandLine are the kernel's first parameters, with the console in them.
	commandLine []string
	// cpuid says that the processor answers CPUID.
	cpuid bool
}

func amd64() architecture {
	return architecture{
		goarch: "amd64", qemu: "qemu-system-x86_64", install: "qemu-system-x86 seabios",
		commandLine: kernelParameters("ttyS0"), cpuid: true,
	}
}

func arm64() architecture {
	return architecture{
		goarch: "arm64", qemu: "qemu-system-aarch64", install: "qemu-system-arm",
		commandLine: kernelParameters("ttyAMA0"),
	}
}

// kernelParameters are those of every machine. The kernel's tests of its ciphers are slow where each instruction is
// emulated, and were seen not to end.
func kernelParameters(console string) []string {
	return []string{"console=" + console, "panic=-1", "quiet", "cryptomgr.notests"}
}

// A machine is one that QEMU emulates, and what is known of it beforehand.
type machine struct {
	name string
	arch architecture
	// kernel is the package that it boots.
	kernel string
	// qemu are the arguments that say what the machine is made of.
	qemu []string
	// disks are files for QEMU, with their sizes in bytes, each swap space as a whole.
	disks map[string]int
	// commandLine are further parameters of the kernel.
	commandLine []string
	// bare says that its file system holds nothing but the programs, and that its kernel has no PCI bus.
	bare bool
	// modules are loaded first, then come the steps.
	modules []string
	steps   []plan.Step
	want    want
}

// A want is what follows from the machine's arguments and its steps.
type want struct {
	// attributes are some attributes of a feature, with their values; an empty value says that there is none.
	attributes map[string]map[string]string
	// flags are some flags of a feature; one with a "!" before it must not be there.
	flags map[string][]string
	// allFlags are all flags of a feature.
	allFlags map[string][]string
	// instances are all instances of a feature. Without names, those found are taken without theirs.
	instances map[string][]map[string]string
	// drivers are the drivers of PCI devices, by the class of the device; an empty name says that none has one.
	drivers map[string]string
	// some are attributes that some instance of a feature has.
	some map[string][]map[string]string
	// states are those of features that are not discovered. One that is not here is discovered or absent.
	states map[string]features.State
}

// kernelSays is the name under which the machine shows what the kernel says of its processors.
const kernelSays = "cpuinfo"

// plan is what the init does after the modules are loaded.
func (m *machine) plan() plan.Plan {
	return plan.Plan{
		Steps: slices.Concat(m.steps, write("/proc/sys/kernel/hostname", m.name),
			[]plan.Step{{Mount: &plan.Mount{Type: plan.Bind, Dir: "/host"}}}),
		Environment: []string{"NODE_NAME=" + m.name},
		Programs: []plan.Program{
			{Name: "ours", Args: []string{"/nfd-compat", "export", "features"}},
			{Name: "mounted", Args: []string{"/nfd-compat", "export", "features", "--host-root", "/host"}},
			{Name: "nfd", Args: []string{"/nfd-sources"}},
			{Name: "satisfied", Args: []string{"/nfd-compat", "validate-node", "--spec", "/satisfied.yaml"}},
			{Name: "refused", Args: []string{"/nfd-compat", "validate-node", "--spec", "/refused.yaml"}},
			{Name: kernelSays, File: "/proc/cpuinfo"},
		},
	}
}

// files are those of the machine's root file system, modules and plan aside.
func (m *machine) files(t *testing.T, kernel *kernels.Kernel, built programs) map[string]initrd.File {
	t.Helper()
	files := map[string]initrd.File{
		"satisfied.yaml": {Data: m.spec(t, nfdv1alpha1.MatchIn)},
		"refused.yaml":   {Data: m.spec(t, nfdv1alpha1.MatchNotIn)},
	}
	if !m.bare {
		files["boot/config-"+kernel.Release] = initrd.File{Data: read(t, kernel.Config)}
		files[path.Join("lib/modules", kernel.Release, "modules.builtin")] = initrd.File{Data: read(t, kernel.Builtin())}
		dep, err := kernel.ModulesDep()
		if err != nil {
			t.Fatal(err)
		}
		files[path.Join("lib/modules", kernel.Release, "modules.dep")] = initrd.File{Data: []byte(dep)}
		files["opt/.keep"], files["run/.keep"], files["usr/.keep"] = initrd.File{}, initrd.File{}, initrd.File{}
		files["etc/os-release"] = initrd.File{Data: []byte(osRelease)}
		files["etc/kubernetes/node-feature-discovery/features.d/vm"] = initrd.File{Data: []byte(featuresFile)}
	}
	for name, program := range built {
		files[name] = initrd.File{Data: read(t, program), Executable: true}
	}
	return files
}

// osRelease has values with each kind of quotes, and without.
const osRelease = `# A comment.
NAME="Virtual machine"
ID=vm
VERSION_ID='12.9'
PRETTY_NAME="A \"virtual\" machine"
`

// featuresFile has what is for labels alone, for rules alone, for both, and what is over.
const featuresFile = `vendor.example/both=yes
vendor.example/flag
# +no-label
vendor.example/rules-only=a=b
# +no-feature
vendor.example/labels-only=1
# +expiry-time=2020-01-01T00:00:00Z
vendor.example/over=1
# +expiry-time=2999-01-01T00:00:00Z
vendor.example/for-long=1
`

// spec is one that wants every attribute which the machine is known to have to be in, or not in, its value. JSON is YAML.
func (m *machine) spec(t *testing.T, op nfdv1alpha1.MatchOp) []byte {
	t.Helper()
	var terms []any
	for _, feature := range slices.Sorted(maps.Keys(m.want.attributes)) {
		expressions := map[string]any{}
		for name, value := range m.want.attributes[feature] {
			if value != "" {
				expressions[name] = map[string]any{"op": op, "value": []string{value}}
			}
		}
		terms = append(terms, map[string]any{"feature": feature, "matchExpressions": expressions})
	}
	text, err := json.Marshal(map[string]any{"version": spec.Version, "compatibilities": []any{
		map[string]any{"rules": []any{map[string]any{"name": m.name, "matchFeatures": terms}}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// Steps that many machines take.

func up(name, operstate string) []plan.Step {
	return []plan.Step{
		{Exists: "/sys/class/net/" + name},
		{Up: name},
		{Holds: &plan.File{Path: "/sys/class/net/" + name + "/operstate", Text: operstate}},
	}
}

func exists(paths ...string) []plan.Step {
	var steps []plan.Step
	for _, p := range paths {
		steps = append(steps, plan.Step{Exists: p})
	}
	return steps
}

func write(path, text string) []plan.Step {
	return []plan.Step{{Write: &plan.File{Path: path, Text: text}}}
}

// arguments are those of a command line that is written as people do, without quotes.
func arguments(text string) []string { return strings.Fields(text) }
