package validate_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"

	"github.com/nfd-compat/nfd-compat/internal/render"
	"github.com/nfd-compat/nfd-compat/pkg/features"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// The tests of this file hold docs/cel.md to what it says: they read its blocks and tables, and run what stands there.

const celPage = "../../docs/cel.md"

// A celHost is a host by its features: the flags of one are []string, its attributes map[string]string, its instances
// []map[string]string. One of a features.State is of that state and has nothing.
type celHost map[string]any

// set makes a set of the host. A feature that is named behind was read in part only.
func (h celHost) set(t *testing.T, incomplete ...string) *features.Set {
	t.Helper()
	set := &features.Set{Features: *nfdv1alpha1.NewFeatures(), Statuses: map[string]features.Status{}}
	for name, elements := range h {
		switch elements := elements.(type) {
		case []string:
			set.Features.Flags[name] = nfdv1alpha1.NewFlagFeatures(elements...)
		case map[string]string:
			set.Features.Attributes[name] = nfdv1alpha1.NewAttributeFeatures(elements)
		case []map[string]string:
			var instances []nfdv1alpha1.InstanceFeature
			for _, attributes := range elements {
				instances = append(instances, *nfdv1alpha1.NewInstanceFeature(attributes))
			}
			set.Features.Instances[name] = nfdv1alpha1.NewInstanceFeatures(instances...)
		case features.State:
			set.Statuses[name] = features.Status{State: elements, Reasons: []string{"permission denied"}}
		default:
			t.Fatalf("%s is of type %T", name, elements)
		}
	}
	for _, name := range incomplete {
		set.Statuses[name] = features.Status{State: features.Incomplete, Reasons: []string{"permission denied"}}
	}
	if set.Features.Attributes["kernel.version"].Elements == nil { // the plain rule beside a CEL rule reads it
		set.Features.Attributes["kernel.version"] = nfdv1alpha1.NewAttributeFeatures(map[string]string{"full": "6.8.0", "major": "6"})
	}
	return set
}

// pciDevice is a device on the PCI bus, with other attributes if they are given by their names and values.
func pciDevice(vendor, class, device string, others ...string) map[string]string {
	attributes := map[string]string{"vendor": vendor, "class": class, "device": device}
	for i := 0; i+1 < len(others); i += 2 {
		attributes[others[i]] = others[i+1]
	}
	return attributes
}

// A celCase is a host, and what a CEL rule says of it.
type celCase struct {
	want       validate.Outcome
	host       celHost
	incomplete string // a feature that was read in part only
}

// celCases are hosts for every rule that the page has to copy, by the rule's name.
func celCases() map[string][]celCase {
	const match, mismatch, unknown = validate.Match, validate.Mismatch, validate.Unknown
	type devices = []map[string]string
	type values = map[string]string
	pci := func(devices ...map[string]string) celHost { return celHost{"pci.device": devices} }
	with := func(h celHost, feature string, elements any) celHost {
		h = maps.Clone(h)
		h[feature] = elements
		return h
	}
	gpu, display := pciDevice("10de", "0302", "2330"), pciDevice("10de", "0300", "2331")
	sound, bridge := pciDevice("10de", "0403", "2330"), pciDevice("10de", "0680", "22a3")
	blackwell, amd, graphics := pciDevice("10de", "0302", "2901"), pciDevice("1002", "1200", "74a1"), pciDevice("1002", "0300", "164e")
	card, infiniband, ofOther := pciDevice("15b3", "0200", "1021"), pciDevice("15b3", "0207", "1021"), pciDevice("8086", "0200", "1592")
	system := func(id, major, kernel string) celHost {
		return celHost{"system.osrelease": values{"ID": id, "VERSION_ID.major": major}, "kernel.version": values{"full": kernel}}
	}
	pages := func(of values) celHost { return celHost{"memory.hugepages": of} }
	driver := func(h celHost, version string) celHost {
		return with(h, "local.feature", values{"nvidia.module": version})
	}
	link := func(state, speed string) map[string]string {
		attributes := values{"name": "eth0", "operstate": state}
		if speed != "" {
			attributes["speed"] = speed
		}
		return attributes
	}
	functions := func(n string) map[string]string {
		return values{"name": "eth0", "sriov_numvfs": n, "sriov_totalvfs": "16"}
	}
	return map[string][]celCase{
		"four NVIDIA GPUs": {
			{match, pci(gpu, bridge, gpu, display, gpu), ""},
			{mismatch, pci(gpu, bridge, sound, graphics, gpu, display), ""},
			{mismatch, celHost{"pci.device": devices{}}, ""},
			{unknown, pci(gpu, gpu, gpu, gpu), "pci.device"},
		},
		"NVIDIA GPUs of one model": {
			{match, pci(gpu, bridge, gpu, graphics), ""},
			{match, pci(graphics), ""},
			{mismatch, pci(gpu, gpu, display), ""},
			{unknown, pci(gpu, display), "pci.device"},
		},
		"a network card for each GPU": {
			{match, pci(gpu, card, display, infiniband), ""},
			{match, pci(gpu, card, sound, graphics), ""},
			{mismatch, pci(gpu, display, card, ofOther, pciDevice("15b3", "0c05", "0003")), ""},
			{unknown, pci(gpu, card), "pci.device"},
		},
		"a virtual function for each GPU": {
			{match, with(pci(gpu, display, sound, graphics), "network.device", devices{link("up", "1000"), functions("2")}), ""},
			{mismatch, with(pci(gpu, display), "network.device", devices{functions("1"), functions("1")}), ""},
			{mismatch, with(pci(gpu), "network.device", devices{link("up", "1000")}), ""},
			{unknown, with(pci(gpu), "network.device", devices{functions("9")}), "network.device"},
			{unknown, with(pci(gpu), "network.device", devices{functions("many")}), ""},
		},
		"every NVIDIA device in an IOMMU group": {
			{match, pci(pciDevice("10de", "0302", "2330", "iommu_group/type", "DMA-FQ"), ofOther), ""},
			{mismatch, pci(pciDevice("10de", "0302", "2330", "iommu_group/type", "DMA-FQ"), sound), ""},
			{unknown, pci(sound), "pci.device"},
		},
		"GPUs of NVIDIA or of AMD, not of both": {
			{match, pci(gpu, graphics), ""},
			{match, pci(amd, sound), ""},
			{match, pci(pciDevice("1002", "0380", "740f")), ""},
			{mismatch, pci(display, amd), ""},
			{mismatch, pci(sound, graphics), ""},
			{unknown, pci(gpu), "pci.device"},
		},
		"the driver is loaded where there is a GPU": {
			{match, with(pci(gpu), "kernel.loadedmodule", []string{"nvidia"}), ""},
			{match, with(pci(sound, graphics), "kernel.loadedmodule", []string{}), ""},
			{match, celHost{"pci.device": features.Unreadable, "kernel.loadedmodule": []string{"nvidia"}}, ""},
			{match, with(pci(amd), "kernel.loadedmodule", features.Unreadable), ""},
			{mismatch, with(pci(ofOther, gpu), "kernel.loadedmodule", []string{"nouveau"}), ""},
			{unknown, with(pci(display), "kernel.loadedmodule", []string{"nouveau"}), "kernel.loadedmodule"},
			{unknown, with(pci(sound), "kernel.loadedmodule", []string{"nouveau"}), "pci.device"},
		},
		"a driver that knows the GPU": {
			{match, driver(pci(blackwell), "570.133.20"), ""},
			{match, driver(pci(gpu, blackwell), "580.65.06"), ""},
			{match, driver(pci(gpu), "550.54.14"), ""},
			{match, with(pci(gpu, pciDevice("8086", "0200", "2925")), "local.feature", values{}), ""},
			{mismatch, driver(pci(gpu, blackwell), "570.124.06"), ""},
			{unknown, with(pci(blackwell), "local.feature", values{}), ""},
			{unknown, with(pci(blackwell), "local.feature", features.Unsupported), ""},
		},
		"driver and libraries of one version": {
			{match, celHost{"local.feature": values{"nvidia.module": "570.133.20", "nvidia.library": "570.133.20"}}, ""},
			{mismatch, celHost{"local.feature": values{"nvidia.module": "570.133.20", "nvidia.library": "575.57.08"}}, ""},
			{unknown, celHost{"local.feature": values{"nvidia.module": "570.133.20"}}, ""},
			{unknown, celHost{"local.feature": values{"nvidia.module": "570.133.20"}}, "local.feature"},
		},
		"no module of a GPU's driver": {
			{match, celHost{"kernel.loadedmodule": []string{"vfio_pci", "i2c_nvidia_gpu"}}, ""},
			{match, celHost{"kernel.loadedmodule": []string{}}, ""},
			{mismatch, celHost{"kernel.loadedmodule": []string{"vfio_pci", "nvidia_uvm"}}, ""},
			{mismatch, celHost{"kernel.loadedmodule": []string{"nvidia"}}, ""},
			{mismatch, celHost{"kernel.loadedmodule": []string{"nouveau"}}, ""},
			{mismatch, celHost{"kernel.loadedmodule": []string{"amdgpu"}}, ""},
			{unknown, celHost{"kernel.loadedmodule": []string{"vfio_pci"}}, "kernel.loadedmodule"},
		},
		"16 GiB of huge pages": {
			{match, pages(values{"enabled": "true", "hugepages-1Gi": "16"}), ""},
			{match, pages(values{"hugepages-1Gi": "15", "hugepages-2Mi": "512"}), ""},
			{match, pages(values{"hugepages-2Mi": "8192"}), ""},
			{mismatch, pages(values{"hugepages-1Gi": "15", "hugepages-2Mi": "511"}), ""},
			{mismatch, pages(values{}), ""},
			{unknown, pages(values{"hugepages-1Gi": "15"}), "memory.hugepages"},
		},
		"one NUMA node for each socket": {
			{match, celHost{"memory.numa": values{"node_count": "2"}, "cpu.topology": values{"socket_count": "2"}}, ""},
			{mismatch, celHost{"memory.numa": values{"node_count": "8"}, "cpu.topology": values{"socket_count": "2"}}, ""},
			{unknown, celHost{"memory.numa": values{"node_count": "2"}, "cpu.topology": values{}}, "cpu.topology"},
		},
		"the kernel of the distribution": {
			{match, system("rocky", "9", "5.14.0-427.13.1.el9_4.x86_64"), ""},
			{match, system("centos", "10", "6.12.0-55.el10.aarch64_64k"), ""},
			{match, system("almalinux", "8", "4.18.0-553.8.1.el8_10.x86_64"), ""},
			{match, system("rhel", "9", "5.14.0-503.11.1.el9_5.aarch64"), ""},
			{mismatch, system("rhel", "9", "4.18.0-553.8.1.el8_10.x86_64"), ""},
			{mismatch, system("rhel", "9", "6.12.1-model9.x86_64"), ""},
			{mismatch, system("rhel", "9", "6.9.1-1.el9.elrepo.x86_64"), ""},
			{mismatch, system("rhel", "9", "5.15.0-206.153.7.1.el9uek.x86_64"), ""},
			{mismatch, system("ol", "9", "5.14.0-427.13.1.el9_4.x86_64"), ""},
			{mismatch, celHost{"system.osrelease": values{"ID": "arch"}}, ""},
			{unknown, celHost{"system.osrelease": values{"ID": "rocky"}}, ""},
			{unknown, celHost{"system.osrelease": values{"ID": "rocky"}}, "system.osrelease"},
		},
		"two of four instruction sets": {
			{match, celHost{"cpu.cpuid": []string{"AMXINT8", "AVX512F", "AVX512VNNI"}}, ""},
			{match, celHost{"cpu.cpuid": []string{"AMXBF16", "AVX512BF16"}}, ""},
			{mismatch, celHost{"cpu.cpuid": []string{"AVX512F", "AVX512VNNI"}}, ""},
			{unknown, celHost{"cpu.cpuid": features.Unsupported}, ""},
		},
		"two fast links": {
			{match, celHost{"network.device": devices{link("up", "100000"), link("down", ""), link("up", ""), link("up", "400000")}}, ""},
			{mismatch, celHost{"network.device": devices{link("up", "100000"), link("down", ""), link("up", "99999"), link("down", "100000")}}, ""},
			{unknown, celHost{"network.device": devices{link("up", "100000"), link("up", "100000")}}, "network.device"},
		},
		"two NVMe disks": {
			{match, celHost{"storage.block": devices{{"name": "nvme0n1"}, {"name": "sda"}, {"name": "nvme10n1"}}}, ""},
			{mismatch, celHost{"storage.block": devices{{"name": "nvme0n1"}, {"name": "nvme0c0n1"}, {"name": "mynvme1n1"}}}, ""},
			{unknown, celHost{"storage.block": devices{{"name": "nvme0n1"}, {"name": "nvme1n1"}}}, "storage.block"},
		},
	}
}

// celPageText returns the page.
func celPageText(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile(celPage)
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}

// pageBlocks returns the blocks of a language, in their order; those without one are what a command prints.
func pageBlocks(page, language string) []string {
	var blocks []string
	within, of, block := false, "", ""
	for line := range strings.Lines(page) {
		mark, fence := strings.CutPrefix(line, "```")
		switch {
		case fence && within:
			if within = false; of == language {
				blocks = append(blocks, block)
			}
		case fence:
			within, of, block = true, strings.TrimSpace(mark), ""
		case within:
			block += line
		}
	}
	return blocks
}

// pageTable returns the cells of the rows below this head.
func pageTable(t *testing.T, page, head string) [][]string {
	t.Helper()
	_, table, ok := strings.Cut(page, "\n"+head+"\n")
	if !ok {
		t.Fatalf("the page has no table with the head %s", head)
	}
	var rows [][]string
	for line := range strings.Lines(table) {
		if !strings.HasPrefix(line, "|") {
			break
		}
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		rows = append(rows, cells)
	}
	return rows[1:] // below the line of dashes
}

// codeIn returns what stands in backticks.
func codeIn(text string) []string {
	var code []string
	for _, found := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(text, -1) {
		code = append(code, found[1])
	}
	return code
}

// specOfCELBlock is a spec of the block of a page that begins with celRules, with a rule beside it that hosts match.
func specOfCELBlock(block string) string {
	return ofTerm("feature: kernel.version, matchExpressions: {full: {op: Exists}}") + "  " +
		strings.TrimRight(strings.ReplaceAll(block, "\n", "\n  "), " ")
}

// specOfCEL is a spec of CEL rules with these expressions.
func specOfCEL(t *testing.T, expressions ...string) string {
	t.Helper()
	block := "celRules:\n"
	for _, expression := range expressions {
		quoted, err := json.Marshal(expression)
		if err != nil {
			t.Fatal(err)
		}
		block += "- {name: c, message: the message, expression: " + string(quoted) + "}\n"
	}
	return specOfCELBlock(block)
}

// judgeCEL judges a host by a spec of one set, which compiles.
func judgeCEL(t *testing.T, text string, host *features.Set) validate.SetResult {
	t.Helper()
	report, err := compile(t, text, validate.Options{Vocabulary: catalogueWords()}).Evaluate(t.Context(), host)
	if err != nil {
		t.Fatal(err)
	}
	return report.Results[0].Sets[0]
}

// pageRules returns the specs of the page's rules to copy, by the rule's name.
func pageRules(t *testing.T) map[string]string {
	t.Helper()
	rules := map[string]string{}
	for _, block := range pageBlocks(celPageText(t), "yaml") {
		if !strings.HasPrefix(block, "celRules:\n") {
			continue
		}
		text := specOfCELBlock(block)
		document, err := spec.Decode([]byte(text))
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		given := document.Compatibilities[0].CELRules
		if len(given) != 1 || given[0].Message == "" || rules[given[0].Name] != "" {
			t.Fatalf("it is not one rule with a name of its own and a message:\n%s", block)
		}
		rules[given[0].Name] = text
	}
	if len(rules) < 10 {
		t.Fatalf("%d rules to copy", len(rules))
	}
	return rules
}

// TestCELPageRules: each rule to copy compiles without a finding, and says of hosts what it should.
func TestCELPageRules(t *testing.T) {
	t.Parallel()
	rules, rows := pageRules(t), celCases()
	for name := range rows {
		if rules[name] == "" {
			t.Errorf("docs/cel.md has no rule %q", name)
		}
	}
	for name, text := range rules {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, f := range findingsOf(t, []byte(text)) {
				if f.ID != spec.IDNFDIgnores {
					t.Errorf("it is found: %v", f)
				}
			}
			tried := map[validate.Outcome]int{}
			for i, c := range rows[name] {
				tried[c.want]++
				var incomplete []string
				if c.incomplete != "" {
					incomplete = []string{c.incomplete}
				}
				set := judgeCEL(t, text, c.host.set(t, incomplete...))
				got := set.CELRules[0]
				if got.Outcome != c.want || set.Rules[0].Outcome != validate.Match {
					t.Errorf("host %d: got %s because %q, want %s", i, got.Outcome, got.Reason, c.want)
				}
				if told := strings.Contains(text, "message: "+got.Reason+"\n"); told != (c.want == validate.Mismatch) || (got.Reason == "") != (c.want == validate.Match) {
					t.Errorf("host %d is a %s because %q", i, got.Outcome, got.Reason)
				}
			}
			if len(tried) != 3 {
				t.Errorf("there must be hosts for each outcome, and there are for %v", tried)
			}
			checkBlindAndLarge(t, text)
		})
	}
}

// checkBlindAndLarge: a rule is unknown where nothing can be told, and far within the limits on the largest of hosts.
func checkBlindAndLarge(t *testing.T, text string) {
	t.Helper()
	needs := compile(t, text, validate.Options{}).Needs()
	for _, state := range []features.State{features.Unreadable, features.Unsupported} {
		blind := celHost{}
		for _, feature := range needs {
			blind[feature] = state
		}
		set := blind.set(t)
		delete(set.Features.Attributes, "kernel.version")
		if got := judgeCEL(t, text, set).CELRules[0]; got.Outcome != validate.Unknown || !strings.Contains(got.Reason, "permission denied") {
			t.Errorf("where all is %s it is %s because %q", state, got.Outcome, got.Reason)
		}
	}
	large := celHost{}
	for _, feature := range []string{"pci.device", "network.device", "storage.block"} {
		things := make([]map[string]string, 1000)
		for i := range things {
			things[i] = pciDevice("10de", "0302", "2330", "name", fmt.Sprintf("nvme%dn1", i), "operstate", "up", "speed", "1000", "sriov_numvfs", "0")
		}
		large[feature] = things
	}
	if got := judgeCEL(t, text, large.set(t)).CELRules[0]; strings.Contains(got.Reason, "limit") {
		t.Errorf("on a large host: %s", got.Reason)
	}
}

// TestCELPageExamples: what the page shows to people is true of one host.
func TestCELPageExamples(t *testing.T) {
	t.Parallel()
	page := celPageText(t)
	host := celHost{
		"cpu.cpuid":      []string{"AVX", "AVX2", "SSE4"},
		"kernel.version": map[string]string{"full": "6.8.0-45-generic", "major": "6", "minor": "8", "revision": "0"},
		"pci.device":     []map[string]string{pciDevice("10de", "0302", "2330"), pciDevice("10de", "0302", "2330"), pciDevice("15b3", "0207", "1021")},
	}
	var examples []string
	for _, row := range append(pageTable(t, page, "| | examples |"), pageTable(t, page, "| map | of a feature it holds | an element |")...) {
		for _, code := range codeIn(row[len(row)-1]) {
			if strings.ContainsAny(code, "( ") {
				examples = append(examples, code)
			}
		}
	}
	if len(examples) < 30 {
		t.Fatalf("%d examples", len(examples))
	}
	// And what stands in sentences.
	examples = append(examples,
		`!("9" < "10")`, `instances["pci.device"].all(d, d.vendor == d["vendor"])`, `[1 + 1].all(two, two == 2)`,
		`true ? 1 - 1 * 1 / 1 % 2 == 0 || 1 != 1 : !(1 <= 1 && 1 > 1)`, // every operator
		`!(attributes["kernel.version"]["nothing"] == "" && false)`, `!(false && attributes["kernel.version"]["nothing"] == "")`,
		`attributes["kernel.version"]["nothing"] == "" || true`, `true || attributes["kernel.version"]["nothing"] == ""`,
		`!(attributes["kernel.config"].size() == 0 && false)`, `attributes["kernel.config"].size() == 0 || true`,
		`[1, 0].exists(i, 1 / i == 1) && ![0, 1].all(i, 1 / i == 2)`,
		`size(flags["domain.nobody-knows"]) == 0 && !("a" in attributes["domain.nobody-knows"])`,
	)
	for i, rule := range judgeCEL(t, specOfCEL(t, examples...), host.set(t)).CELRules {
		if rule.Outcome != validate.Match {
			t.Errorf("%s is %s because %q", examples[i], rule.Outcome, rule.Reason)
		}
	}
	fails := []string{`[1, 0].filter(i, 1 / i == 1).size() == 1`, `[1, 0].map(i, 1 / i).size() == 1`}
	for i, rule := range judgeCEL(t, specOfCEL(t, fails...), host.set(t)).CELRules {
		if rule.Outcome != validate.Unknown {
			t.Errorf("%s is %s because %q", fails[i], rule.Outcome, rule.Reason)
		}
	}
}

// TestCELPageStates: the tables of what becomes of an expression, by what is known of the host.
func TestCELPageStates(t *testing.T) {
	t.Parallel()
	page := celPageText(t)
	const module, pstate = "kernel.enabledmodule", "cpu.pstate"
	turbo := map[string]string{"turbo": "true", "status": "active"}
	tables := map[string][]*features.Set{ // the hosts are those of the columns
		"| expression | it is there | it is not | absent | incomplete | not readable |": {
			celHost{module: []string{"fuse", "nouveau"}}.set(t), celHost{module: []string{"fuse"}}.set(t), celHost{module: []string{}}.set(t),
			celHost{module: []string{"fuse", "nouveau"}}.set(t, module), celHost{module: features.Unreadable}.set(t),
		},
		"| expression | it is `true` | it is not there | absent | incomplete, and it was found | incomplete, and it was not |": {
			celHost{pstate: turbo}.set(t), celHost{pstate: map[string]string{"status": "active"}}.set(t),
			celHost{pstate: map[string]string{}}.set(t), celHost{pstate: turbo}.set(t, pstate), celHost{pstate: map[string]string{}}.set(t, pstate),
		},
	}
	for head, hosts := range tables {
		for _, row := range pageTable(t, page, head) {
			var got []string
			for _, host := range hosts {
				got = append(got, judgeCEL(t, specOfCEL(t, codeIn(row[0])...), host).CELRules[0].Outcome.String())
			}
			if diff := cmp.Diff(row[1:], got); diff != "" {
				t.Errorf("%s (-the page +what is so):\n%s", row[0], diff)
			}
		}
	}
	// Flags are unknown whether or not the name was found, and unsupported is as unreadable.
	for _, host := range []*features.Set{celHost{module: []string{"fuse"}}.set(t, module), celHost{module: features.Unsupported}.set(t)} {
		if got := judgeCEL(t, specOfCEL(t, `!("nouveau" in flags["kernel.enabledmodule"])`), host).CELRules[0]; got.Outcome != validate.Unknown {
			t.Errorf("got %s", got.Outcome)
		}
	}
	host := celHost{"cpu.security": map[string]string{}, "pci.device": []map[string]string{}, "kernel.loadedmodule": []string{}}
	for _, row := range pageTable(t, page, "| expression | reason |") {
		got := judgeCEL(t, specOfCEL(t, codeIn(row[0])...), host.set(t)).CELRules[0]
		if got.Outcome != validate.Unknown || got.Reason != row[1] {
			t.Errorf("%s is %s because %q; the page says %q", row[0], got.Outcome, got.Reason, row[1])
		}
	}
}

// TestCELPageSet: a set is the AND of its rules and its CEL rules.
func TestCELPageSet(t *testing.T) {
	t.Parallel()
	const unknown = `attributes["kernel.config"].size() == 0`
	for _, tt := range []struct {
		expressions []string
		want        validate.Verdict
	}{
		{[]string{`true`, `true`}, validate.Compatible},
		{[]string{`true`, unknown}, validate.VerdictUnknown},
		{[]string{unknown, `false`, `true`}, validate.Incompatible},
	} {
		set := judgeCEL(t, specOfCEL(t, tt.expressions...), celHost{}.set(t))
		if set.Verdict != tt.want || set.CELRules[0].Outcome == validate.Match != (set.CELRules[0].Reason == "") {
			t.Errorf("%v: got %s, want %s", tt.expressions, set.Verdict, tt.want)
		}
	}
}

// celFindings returns the errors of a spec.
func celFindings(t *testing.T, text string) []spec.Finding {
	t.Helper()
	return slices.DeleteFunc(findingsOf(t, []byte(text)), func(f spec.Finding) bool { return f.Severity != spec.SeverityError })
}

// TestCELPageRefused: what the page says is refused is, and for that reason.
func TestCELPageRefused(t *testing.T) {
	t.Parallel()
	page := celPageText(t)
	rows := pageTable(t, page, "| refused | why | the error says |")
	if len(rows) < 15 {
		t.Errorf("%d rows", len(rows))
	}
	for _, row := range rows {
		id := spec.IDInvalidCEL
		if strings.Contains(row[1], "feature-name") {
			id = spec.IDFeatureName
		}
		found := celFindings(t, specOfCEL(t, codeIn(row[0])...))
		if len(found) != 1 || found[0].ID != id || !strings.Contains(found[0].Message, row[2]) {
			t.Errorf("%s: the page says %q, and what is found is %v", row[0], row[2], found)
		}
	}
	for name, expression := range map[string]string{
		"split": `"a".split("b") == ["a"]`, "join": `["a"].join("b") == "a"`, "format": `"a".format(["b"]) == "a"`, "sort": `[1].sort() == [1]`,
		"sum": `[1].sum() == 1`, "math": `math.greatest(1, 2) == 2`, "sets": `sets.contains([1], [1])`, "optional": `optional.of(1).hasValue()`,
		"cel.bind": `cel.bind(a, 1, a == 1)`,
	} {
		if found := celFindings(t, specOfCEL(t, expression)); len(found) != 1 || !strings.Contains(page, "`"+name+"`") {
			t.Errorf("%s: %v", name, found)
		}
	}
	// What YAML makes of an expression that is no block.
	for _, expression := range []string{`"a" in flags["a.b"]`, `!("a" in flags["a.b"])`, `["a"].size() == 1`, `{"a": 1}.size() == 1`, `flags["a.b"].all(f, f != " # ")`} {
		if found := celFindings(t, specOfCELBlock("celRules:\n- name: c\n  expression: "+expression+"\n")); len(found) == 0 {
			t.Errorf("%s: nothing is found", expression)
		}
		if found := celFindings(t, specOfCELBlock("celRules:\n- name: c\n  expression: |-\n    "+expression+"\n")); len(found) > 0 {
			t.Errorf("%s: as a block: %v", expression, found)
		}
	}
}

// A celLimit gives expressions for a spec that are just within a limit, and others just beyond.
type celLimit struct{ within, beyond func(limit int) []string }

// celLimits are those of the page, by how the first cell begins.
func celLimits() map[string]celLimit {
	// exact makes expressions of a size, of which one of the least size already takes a part of the limit.
	exact := func(least int, of func(size int) string) celLimit {
		return celLimit{
			within: func(limit int) []string { return []string{of(limit - least)} },
			beyond: func(limit int) []string { return []string{of(limit - least + 1)} },
		}
	}
	// about is for limits that are not met exactly, since what stands around counts too.
	about := func(of func(size int) []string) celLimit {
		return celLimit{
			within: func(limit int) []string { return of(limit * 96 / 100) },
			beyond: func(limit int) []string { return of(limit * 104 / 100) },
		}
	}
	text := func(n int) string { return `"` + strings.Repeat("a", n) + `"` }
	list := func(n int) string { return "[" + strings.TrimSuffix(strings.Repeat("0,", n), ",") + "]" }
	doubled := func(value string) string { // eight times, which is 256 of it
		return "[" + value + "]" + strings.Repeat(".map(v, v + v)", 8) + ".all(v, v.size() > 0)"
	}
	long := `"` + strings.Repeat("a", 8192-len(`"" != "a"`)) + `" != "a"`
	return map[string]celLimit{
		"CEL rules in a spec": {
			within: func(limit int) []string { return slices.Repeat([]string{"true"}, limit) },
			beyond: func(limit int) []string { return slices.Repeat([]string{"true"}, limit+1) },
		},
		"characters of an expression": exact(len(`"" != "a"`), func(n int) string { return `"` + strings.Repeat("ä", n) + `" != "a"` }),
		"bytes of the expressions of": {
			within: func(limit int) []string { return slices.Repeat([]string{long}, limit/len(long)) },
			beyond: func(limit int) []string { return append(slices.Repeat([]string{long}, limit/len(long)), "true") },
		},
		"classes of characters": exact(0, func(n int) string { return `!"1".matches(r"` + strings.Repeat(`\pL`, n) + `")` }),
		"characters in the ranges": about(func(n int) []string {
			return []string{`!"1".matches(r"(?i)` + strings.Repeat(`[\x{100}-\x{8e8}]`, n/2024) + `")`}
		}),
		"levels of nesting in it":   exact(1, func(n int) string { return strings.Repeat("(", n) + "true" + strings.Repeat(")", n) }),
		"instructions of a regular": exact(2, func(n int) string { return `!"b".matches(` + text(n) + `)` }),
		"bytes of a text that `m":   exact(0, func(n int) string { return `!` + text(n) + `.matches("b")` }),
		"bytes of a text that `v":   exact(0, func(n int) string { return `version("` + strings.Repeat("1", n) + `") > version("1")` }),
		"elements of a value":       about(func(n int) []string { return []string{doubled(list(n >> 8)), doubled(text(10 * n >> 8))} }),
		"cost of an expression": about(func(n int) []string {
			const length, each = 4000, 2
			return []string{fmt.Sprintf(`[%s].all(s, %s.all(i, !s.matches("b")))`, text(length), list(n/length/each))}
		}),
	}
}

// TestCELPageLimits: within the limits of the page an expression is judged, and beyond them is what the page says.
func TestCELPageLimits(t *testing.T) {
	t.Parallel()
	rows, limits := pageTable(t, celPageText(t), "| of what | at most | beyond |"), celLimits()
	if len(rows) != len(limits) {
		t.Errorf("the page has %d limits, want %d", len(rows), len(limits))
	}
	for beginning, limit := range limits {
		t.Run(beginning, func(t *testing.T) {
			t.Parallel()
			i := slices.IndexFunc(rows, func(row []string) bool { return strings.HasPrefix(row[0], beginning) })
			if i < 0 {
				t.Fatal("the page does not have it")
			}
			n, err := strconv.Atoi(strings.ReplaceAll(rows[i][1], ",", ""))
			if err != nil {
				t.Fatal(err)
			}
			for _, got := range judgeCEL(t, specOfCEL(t, limit.within(n)...), celHost{}.set(t)).CELRules {
				if got.Outcome != validate.Match {
					t.Errorf("within it: %s because %q", got.Outcome, got.Reason)
				}
			}
			beyond := specOfCEL(t, limit.beyond(n)...)
			found := celFindings(t, beyond)
			if refused := strings.HasPrefix(rows[i][2], "an error of the spec"); refused != (len(found) > 0) {
				t.Fatalf("beyond it: %v", found)
			} else if refused {
				return
			}
			for _, got := range judgeCEL(t, beyond, celHost{}.set(t)).CELRules {
				if got.Outcome != validate.Unknown || !strings.HasPrefix(got.Reason, "the expression failed: ") {
					t.Errorf("beyond it: %s because %q", got.Outcome, got.Reason)
				}
			}
		})
	}
}

// TestCELPageCosts: the sentences below the table of limits.
func TestCELPageCosts(t *testing.T) {
	t.Parallel()
	devices := slices.Repeat([]map[string]string{pciDevice("10de", "0302", "2330")}, 1000)
	once := `instances["pci.device"].filter(d, d["vendor"] == "10de" && d["class"] in ["0300", "0302"]).size() > 0`
	// It takes 960,000 of the 1,000,000, so that there is room for one loop of 30,000 and not for two.
	most := `["` + strings.Repeat("a", 4000) + `"].all(s, [` + strings.Repeat("0,", 119) + `0].all(i, !s.matches("b")))`
	for _, tt := range []struct {
		expression string
		want       validate.Outcome
		reason     string
	}{
		{most + " && " + once, validate.Match, ""},
		{most + " && " + once + " && " + once, validate.Unknown, "the expression failed: operation cancelled: actual cost limit exceeded"},
		{
			`instances["pci.device"].all(a, instances["pci.device"].all(b, a["vendor"] == b["vendor"]))`, validate.Unknown,
			"the expression failed: operation cancelled: actual cost limit exceeded",
		},
		{`["` + strings.Repeat("a", 300) + `"].exists(p, !"b".matches(p))`, validate.Unknown, "the expression failed: regex program size"},
		{`!"b".matches("a{254}")`, validate.Match, ""},
	} {
		got := judgeCEL(t, specOfCEL(t, tt.expression), celHost{"pci.device": devices}.set(t)).CELRules[0]
		if got.Outcome != tt.want || !strings.HasPrefix(got.Reason, tt.reason) {
			t.Errorf("%.100s: got %s because %q", tt.expression, got.Outcome, got.Reason)
		}
		if strings.Contains(tt.reason, "cost") && !strings.Contains(celPageText(t), "`"+got.Reason+"`") {
			t.Errorf("the page does not have the reason %q", got.Reason)
		}
	}
	if !strings.Contains(celPageText(t), "some 30,000") {
		t.Error("the page does not say what a loop costs")
	}
}

// TestCELPageFirst: the commands of the page print what it says they do.
func TestCELPageFirst(t *testing.T) {
	t.Parallel()
	page := celPageText(t)
	var text string
	for _, block := range pageBlocks(page, "yaml") {
		switch {
		case strings.HasPrefix(block, "celRules:\n"):
		case strings.Contains(block, "celRules:"):
			text = block
		default:
			if found := findingsOf(t, []byte(block)); len(found) > 0 {
				t.Errorf("of a plain rule is found %v:\n%s", found, block)
			}
		}
	}
	want := pageBlocks(page, "")
	var got []string
	printed := func(err error, out *strings.Builder) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, strings.TrimPrefix(out.String(), "\n"))
		out.Reset()
	}
	var out strings.Builder
	findings := render.NewFindings([]render.FileFindings{{File: "spec.yaml", Findings: findingsOf(t, []byte(text))}})
	printed(render.FindingsText(&out, findings, render.TextOptions{}), &out)
	var verdicts []validate.Verdict
	for _, exported := range pageBlocks(page, "json") {
		host, err := features.Read(strings.NewReader(exported))
		if err != nil {
			t.Fatal(err)
		}
		report, err := compile(t, text, validate.Options{Vocabulary: catalogueWords()}).Evaluate(t.Context(), host)
		if err != nil {
			t.Fatal(err)
		}
		verdicts = append(verdicts, report.Verdict)
		printed(render.Text(&out, report, render.TextOptions{}), &out)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what is printed (-the page +what is so):\n%s", diff)
	}
	// Whose exit codes the page gives, 3 and 7.
	if diff := cmp.Diff([]validate.Verdict{validate.Incompatible, validate.VerdictUnknown}, verdicts); diff != "" {
		t.Errorf("verdicts (-want +got):\n%s", diff)
	}
}

// TestCELPageLinks: what the page points at is there.
func TestCELPageLinks(t *testing.T) {
	t.Parallel()
	page := celPageText(t)
	links := regexp.MustCompile(`\]\(([^):#]*)#([^)]+)\)`).FindAllStringSubmatch(page, -1)
	for _, link := range links {
		target := page
		if link[1] != "" {
			content, err := os.ReadFile("../../docs/" + link[1])
			if err != nil {
				t.Error(err)
			}
			target = string(content)
		}
		heading := regexp.MustCompile(`(?mi)^#+ ` + strings.ReplaceAll(regexp.QuoteMeta(link[2]), "-", "[- ]") + `$`)
		if !heading.MatchString(target) {
			t.Errorf("there is no heading %s#%s", link[1], link[2])
		}
	}
	if len(links) < 5 {
		t.Errorf("%d links", len(links))
	}
}
