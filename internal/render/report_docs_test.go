package render_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2/content/oci"
	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"

	"github.com/nfd-compat/nfd-compat/internal/cli"
	"github.com/nfd-compat/nfd-compat/internal/hosttest"
	"github.com/nfd-compat/nfd-compat/internal/render"
	"github.com/nfd-compat/nfd-compat/pkg/features"
	"github.com/nfd-compat/nfd-compat/pkg/spec"
	"github.com/nfd-compat/nfd-compat/pkg/validate"
)

// The tests of this file hold docs/report.md to what the program prints: they run every example of the page.

const reportPage = "../../docs/report.md"

// A docBlock is a fenced block of a page.
type docBlock struct {
	first    int // its first line, from 0
	language string
	text     string
}

// A doc is a page.
type doc struct {
	lines  []string // with their ends
	blocks []docBlock
}

func readDoc(t *testing.T) doc {
	t.Helper()
	page, err := os.ReadFile(reportPage)
	if err != nil {
		t.Fatal(err)
	}
	d := doc{lines: strings.SplitAfter(string(page), "\n")}
	within := false
	for i, line := range d.lines {
		mark, fence := strings.CutPrefix(line, "```")
		switch {
		case fence && within:
			within = false
		case fence:
			within = true
			d.blocks = append(d.blocks, docBlock{first: i + 1, language: strings.TrimSpace(mark)})
		case within:
			d.blocks[len(d.blocks)-1].text += line
		}
	}
	return d
}

// text is the whole page.
func (d doc) text() string { return strings.Join(d.lines, "") }

// printed is what all examples print.
func (d doc) printed() string {
	var all strings.Builder
	for _, block := range d.blocks {
		if block.language == "" {
			all.WriteString(block.text)
		}
	}
	return all.String()
}

// rows returns the cells of the table below this head.
func (d doc) rows(t *testing.T, head string) [][]string {
	t.Helper()
	at := slices.Index(d.lines, head+"\n")
	if at < 0 {
		t.Fatalf("the page has no table with the head %s", head)
	}
	var rows [][]string
	for _, line := range d.lines[at+2:] {
		if !strings.HasPrefix(line, "|") {
			break
		}
		rows = append(rows, strings.Split(strings.Trim(line, "| \n"), " | "))
	}
	return rows
}

// codes returns what stands in backticks in a line.
func codes(text string) []string {
	var codes []string
	for _, found := range regexp.MustCompile("`([^`\n]+)`").FindAllStringSubmatch(text, -1) {
		codes = append(codes, found[1])
	}
	return codes
}

// A docReader runs the examples of the page, block by block:
//
//   - yaml: spec.yaml. What begins with "- name:" are the rules of its one set, and what begins with "- tag:" its sets.
//   - json: host.json, if it has features; else a part of what the last command reports with -o json.
//   - sh: a command, which says its exit code in a comment. Behind a new spec or host it need not be shown.
//   - without a language: what the command prints, on both streams; without a command, less than that: what stands below the
//     line of the one set, without the verdict.
type docReader struct {
	dir     string
	command string
	shown   bool         // the page shows the command
	exit    map[int]bool // the exit codes that were seen
	// attached is set once there is an image with the spec that stood there first.
	attached bool
}

// commandOfExamples is what judges an example that shows no command.
const commandOfExamples = "nfd-compat validate-node --spec spec.yaml --features host.json --verbose"

// newDocReader returns a reader in a directory that has images without an artifact.
func newDocReader(t *testing.T) *docReader {
	t.Helper()
	d := &docReader{dir: t.TempDir(), command: commandOfExamples, exit: map[int]bool{}}
	plain := d.layout(t, "plain")
	hosttest.PushImage(t, plain, "v1", ocispec.Platform{OS: "linux", Architecture: "amd64"})
	hosttest.PushImage(t, plain, "fast", ocispec.Platform{OS: "linux", Architecture: "amd64", Variant: "v3"})
	return d
}

// layout returns a new OCI layout in the directory.
func (d *docReader) layout(t *testing.T, name string) *oci.Store {
	t.Helper()
	store, err := oci.NewWithContext(t.Context(), filepath.Join(d.dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// attach makes an image for two platforms, with the spec attached to one of them, and an older one.
func (d *docReader) attach(t *testing.T) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(d.dir, "spec.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	app := d.layout(t, "app")
	amd64, arm64 := ocispec.Platform{OS: "linux", Architecture: "amd64"}, ocispec.Platform{OS: "linux", Architecture: "arm64"}
	child := hosttest.PushImage(t, app, "", amd64)
	hosttest.PushIndex(t, app, "v1", hosttest.For(child, amd64), hosttest.For(hosttest.PushImage(t, app, "", arm64), arm64))
	for _, created := range []string{"2025-01-01T00:00:00Z", "2026-01-02T03:04:05Z"} {
		hosttest.Attach(t, app, child, hosttest.Artifact{
			Type: spec.ArtifactType, Created: created, Layers: []hosttest.Layer{{MediaType: spec.MediaTypeYAML, Data: text}},
		})
	}
}

// write keeps a file for the commands.
func (d *docReader) write(t *testing.T, name, text string) {
	t.Helper()
	d.command, d.shown = commandOfExamples, false
	if err := os.WriteFile(filepath.Join(d.dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// fullSpec makes a spec of the part that a page shows.
func fullSpec(text string) string {
	const head = "version: v1alpha1\ncompatibilities:\n"
	switch {
	case strings.HasPrefix(text, "- name:"):
		return head + "- rules:\n  " + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n  ") + "\n"
	case strings.HasPrefix(text, "- "):
		return head + text
	}
	return text
}

// arguments are those of the command, with the paths of its files.
func (d *docReader) arguments(t *testing.T) []string {
	t.Helper()
	line, _, _ := strings.Cut(d.command, " #")
	line, _, _ = strings.Cut(line, " | ")
	arguments := strings.Fields(strings.ReplaceAll(line, "\\\n", " "))
	for i, a := range arguments {
		if strings.HasSuffix(a, ".yaml") || strings.HasSuffix(a, ".json") {
			arguments[i] = d.dir + "/" + a
		}
		if layout, ok := strings.CutPrefix(a, "oci:"); ok {
			arguments[i] = "oci:" + d.dir + "/" + layout
		}
	}
	return arguments
}

// run runs the command, and returns the exit code and what is printed.
func (d *docReader) run(t *testing.T, more ...string) (all, stdout string) {
	t.Helper()
	if strings.Contains(d.command, "oci:app") && !d.attached {
		d.attach(t)
		d.attached = true
	}
	var both, out bytes.Buffer
	code := cli.Main(t.Context(), append(d.arguments(t), more...), cli.Streams{In: strings.NewReader(""), Out: tee{&out, &both}, Err: &both})
	if _, said, ok := strings.Cut(d.command, "# exits with "); ok && said != strconv.Itoa(code) {
		t.Errorf("%s\nand it exits with %d", d.command, code)
	}
	d.exit[code] = true
	short := strings.NewReplacer(d.dir+"/", "", `"version": ""`, `"version": "(devel)"`)
	return short.Replace(both.String()), short.Replace(out.String())
}

// A tee writes to two buffers.
type tee struct{ a, b *bytes.Buffer }

func (t tee) Write(p []byte) (int, error) {
	t.a.Write(p)
	return t.b.Write(p)
}

// belowSet cuts a report down to what is printed before it and what stands below the line of its one set.
func belowSet(t *testing.T, printed string) string {
	t.Helper()
	parts := regexp.MustCompile(`(?s)^((?:nfd-compat: [^\n]*\n)*)(?:host[^\n]*\n\n)?set [^\n]*\n(.*)\n\n[a-z]+: [^\n]*\n$`).FindStringSubmatch(printed)
	if parts == nil {
		t.Fatalf("this is no report of one set:\n%s", printed)
	}
	return parts[1] + parts[2] + "\n"
}

// printed returns what there is to print in the place of a block.
func (d *docReader) printed(t *testing.T) string {
	t.Helper()
	_, recipe, isRecipe := strings.Cut(d.command, " | ")
	all, stdout := d.run(t)
	switch {
	case isRecipe:
		return runRecipe(t, recipe, stdout)
	case !d.shown:
		return belowSet(t, all)
	}
	return all
}

// TestReportPage runs every example of docs/report.md. With -update the page has what is printed now.
func TestReportPage(t *testing.T) {
	t.Parallel()
	page, d := readDoc(t), newDocReader(t)
	examples, parts := 0, 0
	for _, block := range page.blocks {
		at := fmt.Sprintf("docs/report.md:%d", block.first+1)
		switch block.language {
		case "yaml":
			d.write(t, "spec.yaml", fullSpec(block.text))
		case "sh":
			d.command, d.shown = strings.TrimSuffix(block.text, "\n"), true
			if !strings.Contains(d.command, " # exits with ") && !strings.Contains(d.command, "| jq ") {
				t.Errorf("%s: the command does not say what it exits with", at)
			}
		case "json":
			var part map[string]any
			if err := json.Unmarshal([]byte(block.text), &part); err != nil {
				t.Errorf("%s: %v", at, err)
			}
			if slices.ContainsFunc([]string{"flags", "attributes", "instances"}, func(kind string) bool { _, ok := part[kind].(map[string]any); return ok }) {
				d.write(t, "host.json", block.text)
				continue
			}
			parts++
			var report any
			var more []string
			if !strings.Contains(d.command, "-o json") {
				more = []string{"-o", "json"}
			}
			_, stdout := d.run(t, more...)
			if err := json.Unmarshal([]byte(stdout), &report); err != nil {
				t.Fatalf("%s: %v", at, err)
			}
			if !within(report, part) {
				t.Errorf("%s: this is no part of the report:\n%s\n%s", at, block.text, stdout)
			}
		case "":
			examples++
			got := d.printed(t)
			if *update {
				end := block.first + strings.Count(block.text, "\n")
				clear(page.lines[block.first:end])
				page.lines[end] = got + page.lines[end]
			} else if diff := cmp.Diff(block.text, got); diff != "" {
				t.Errorf("%s: (-the page +what is so)\n%s", at, diff)
			}
		default:
			t.Errorf("%s: a block of %s", at, block.language)
		}
	}
	if *update {
		if err := os.WriteFile(reportPage, []byte(page.text()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if examples < 40 || parts < 3 {
		t.Errorf("%d examples, %d of them in JSON", examples, parts)
	}
	for _, code := range []int{cli.ExitOK, cli.ExitIncompatible, cli.ExitUndeclared, cli.ExitRegistry, cli.ExitSpec, cli.ExitUndecided} {
		if !d.exit[code] {
			t.Errorf("no example ends with exit code %d", code)
		}
	}
}

// within tells whether a JSON value is, or has somewhere in it, this part.
func within(value, part any) bool {
	if reflect.DeepEqual(value, part) {
		return true
	}
	switch value := value.(type) {
	case []any:
		return slices.ContainsFunc(value, func(v any) bool { return within(v, part) })
	case map[string]any:
		for _, v := range value {
			if within(v, part) {
				return true
			}
		}
	}
	return false
}

// recipes are in Go what the page's recipes for jq are, since not every machine has jq.
func recipes() map[string]func(r *validate.Report) string {
	failed := func(r *validate.Report) string {
		var out string
		add := func(expressions []validate.ExpressionResult) {
			for _, e := range expressions {
				if e.Outcome != validate.Match {
					out += fmt.Sprintf("%s %s %s: %s\n", e.Outcome, e.Feature, e.Element, e.Reason)
				}
			}
		}
		for _, set := range r.Results[0].Sets {
			for _, rule := range set.Rules {
				add(rule.MatchFeatures)
				for _, alternative := range rule.MatchAny {
					add(alternative)
				}
			}
			for _, rule := range set.CELRules {
				if rule.Outcome != validate.Match {
					out += fmt.Sprintf("%s %s : %s\n", rule.Outcome, rule.Name, rule.Reason)
				}
			}
		}
		return out
	}
	return map[string]func(r *validate.Report) string{
		`jq -r .verdict`:              func(r *validate.Report) string { return string(r.Verdict) + "\n" },
		`jq -r '.results[].reason'`:   func(r *validate.Report) string { return r.Results[0].Reason + "\n" },
		`jq -r '.results[].best.tag'`: func(r *validate.Report) string { return r.Results[0].Best.Tag + "\n" },
		`jq -r '.. | objects | select(.reason and (.outcome // "match") != "match") | "\(.outcome) \(.feature // .name) \(.element // ""): \(.reason)"'`: failed,
		`jq -r '.results[].features[] | select(.reasons) | "\(.feature) \(.status): \(.reasons | join("; "))"'`: func(r *validate.Report) string {
			var out string
			for _, f := range r.Results[0].Features {
				if len(f.Reasons) > 0 {
					out += fmt.Sprintf("%s %s: %s\n", f.Feature, f.Status, strings.Join(f.Reasons, "; "))
				}
			}
			return out
		},
	}
}

// runRecipe returns what a recipe for jq makes of a report: in Go, and by jq itself where it is at hand.
func runRecipe(t *testing.T, recipe, report string) string {
	t.Helper()
	recipe = strings.Join(strings.Fields(strings.ReplaceAll(recipe, "\\\n", " ")), " ")
	do, ok := recipes()[strings.ReplaceAll(recipe, "' ", "'")]
	if !ok {
		t.Fatalf("there is no Go for the recipe %s", recipe)
	}
	var read validate.Report
	if err := json.Unmarshal([]byte(report), &read); err != nil {
		t.Fatal(err)
	}
	want := do(&read)
	if _, err := exec.LookPath("jq"); err != nil {
		return want
	}
	command := exec.CommandContext(t.Context(), "sh", "-c", recipe)
	command.Stdin = strings.NewReader(report)
	got, err := command.Output()
	if err != nil {
		t.Errorf("%s: %v", recipe, err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("%s (-in Go +jq):\n%s", recipe, diff)
	}
	return want
}

// TestReportPageNames: the page has every operator, as one that does not match, every status and every verdict.
func TestReportPageNames(t *testing.T) {
	t.Parallel()
	page := readDoc(t)
	shown := page.printed()
	for _, op := range spec.Operators() {
		if !regexp.MustCompile(`✗ [a-z]+\.[a-z]+ \S+ ` + op + `\b.*: `).MatchString(shown) {
			t.Errorf("no example has %s and why it does not match", op)
		}
	}
	for _, state := range []features.State{
		features.Discovered, features.Absent, features.Incomplete, features.Unreadable, features.Unsupported, features.Undefined,
	} {
		if !strings.Contains(page.text(), "| `"+string(state)+"` |") {
			t.Errorf("no table says what %s is", state)
		}
	}
	for verdict, code := range map[validate.Verdict]int{
		validate.Compatible: cli.ExitOK, validate.Incompatible: cli.ExitIncompatible,
		validate.VerdictUnknown: cli.ExitUndecided, validate.Undeclared: cli.ExitUndeclared,
	} {
		if !strings.Contains(page.text(), fmt.Sprintf("| %#q | %d |", verdict, code)) || !strings.Contains(shown, "\n"+string(verdict)+": ") {
			t.Errorf("no table, or no example, has the verdict %s", verdict)
		}
	}
}

// TestReportPageReasons: whatever sentence the evaluation has for a reader, an example of the page has it, or, if it takes more
// than fits on a page, a sentence has it in backticks.
func TestReportPageReasons(t *testing.T) {
	t.Parallel()
	page := readDoc(t)
	shown := page.printed() + strings.Join(codes(page.text()), "\n")
	sentences := sentencesOf(t, map[string][]string{
		"cel.go": {"celRule"}, "evaluate.go": {"conclusion", "setCount", "allOf"}, "explain.go": nil, "observe.go": nil,
		"operators.go": {"because", "tooLong"}, "vars.go": nil, "version.go": {"showVersion"},
	})
	verb := regexp.MustCompile(`%[a-z]`)
	for _, sentence := range sentences {
		pattern := verb.ReplaceAllLiteralString(regexp.QuoteMeta(sentence), `\S.*`)
		if !regexp.MustCompile(pattern).MatchString(shown) {
			t.Errorf("no example of the page has %q", sentence)
		}
	}
	if len(sentences) < 40 {
		t.Errorf("%d pieces of sentences: %q", len(sentences), sentences)
	}
}

// sentencesOf returns the texts of more than one word in functions of package validate, by their file; nil is all.
func sentencesOf(t *testing.T, in map[string][]string) []string {
	t.Helper()
	var sentences []string
	for name, functions := range in {
		file, err := parser.ParseFile(token.NewFileSet(), "../../pkg/validate/"+name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || functions != nil && !slices.Contains(functions, f.Name.Name) {
				continue
			}
			ast.Inspect(f, func(n ast.Node) bool {
				literal, ok := n.(*ast.BasicLit)
				if !ok || literal.Kind != token.STRING {
					return true
				}
				text, err := strconv.Unquote(literal.Value)
				if err != nil {
					t.Error(err)
				}
				if text = strings.TrimSpace(text); strings.Contains(text, " ") {
					sentences = append(sentences, text)
				}
				return true
			})
		}
	}
	return sentences
}

// TestReportPageFields: the tables of the JSON report have its fields, all of them and no others.
func TestReportPageFields(t *testing.T) {
	t.Parallel()
	page := readDoc(t)
	for head, value := range map[string]any{
		"field of the report": validate.Report{}, "of `tool`": validate.Tool{}, "of a result": validate.Result{}, "of `image`": validate.Image{},
		"of `artifact`": validate.Artifact{}, "of `node`": features.Node{}, "of `error`": validate.ResultError{}, "of `best`": validate.SetReference{},
		"of a set": validate.SetResult{}, "of a rule": validate.RuleResult{}, "of an expression": validate.ExpressionResult{},
		"of a CEL rule": validate.CELRuleResult{}, "of a feature": validate.FeatureStatus{},
	} {
		var want, got []string
		for _, row := range page.rows(t, "| "+head+" | |") {
			got = append(got, codes(row[0])...)
		}
		for _, field := range reflect.VisibleFields(reflect.TypeOf(value)) {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			want = append(want, name)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("the table %q (-the code +the page):\n%s", head, diff)
		}
	}
}

// TestReportPageFlags: each command that the page names is one, each flag is one of validate-node, and each flag that shapes the
// report is named.
func TestReportPageFlags(t *testing.T) {
	t.Parallel()
	page := readDoc(t).text()
	helpOf := func(arguments ...string) string {
		var help bytes.Buffer
		cli.Main(t.Context(), append([]string{"nfd-compat"}, arguments...), cli.Streams{Out: &help, Err: &help})
		return help.String()
	}
	commands, flags := helpOf("--help"), helpOf("validate-node", "--help")
	for _, found := range regexp.MustCompile("[`\n]nfd-compat ([a-z-]+)").FindAllStringSubmatch(page, -1) {
		if !strings.Contains(commands, "\n  "+found[1]+" ") {
			t.Errorf("there is no command %s", found[1])
		}
	}
	named := map[string]bool{}
	for _, found := range regexp.MustCompile(`(?m)(?:^|[^-\w])(--[a-z][a-z-]+|-[oqv]\b)`).FindAllStringSubmatch(page, -1) {
		named[found[1]] = true
		if !regexp.MustCompile(` ` + found[1] + `[ ,[]`).MatchString(flags) { // a switch is followed by [=true|false]
			t.Errorf("validate-node has no flag %s", found[1])
		}
	}
	_, list, _ := strings.Cut(flags, "\nFlags:\n")
	for _, want := range regexp.MustCompile(`(?m)^ .*?(--[a-z-]+)`).FindAllStringSubmatch(list, -1) {
		if name := want[1]; !named[name] && name != "--help" && name != "--output" { // which it calls -o
			t.Errorf("the page says nothing of %s", name)
		}
	}
}

// TestReportPageLimits: what is long is cut where the page says.
func TestReportPageLimits(t *testing.T) {
	t.Parallel()
	number := func(cell string) int {
		n, err := strconv.Atoi(strings.ReplaceAll(regexp.MustCompile(`\d[\d,]*`).FindString(cell), ",", ""))
		if err != nil {
			return 0 // "all"
		}
		return n
	}
	const long = 5000
	attributes, flags, asked := map[string]string{}, []string{}, []string{}
	for i := range 1000 {
		attributes[fmt.Sprintf("a%03d", i)] = "v"
		flags = append(flags, fmt.Sprintf("F%03d", i))
		asked = append(asked, fmt.Sprintf("w%03d", i))
	}
	set := longHost(attributes, flags, strings.Repeat("v", long))
	report := judgeTerms(t, set,
		`{feature: cpu.model, matchExpressions: {model: {op: InRegexp, value: ["^v"]}}}`,
		`{feature: cpu.model, matchExpressions: {model: {op: In, value: [`+strings.Repeat(strings.Repeat("w", long)+",", 9)+`]}}}`,
		`{feature: cpu.model, matchExpressions: {model: {op: In, value: ["x"]}}}`,
		`{feature: cpu.model, matchExpressions: {model: {op: NotIn, value: ["`+strings.Join(asked, `", "`)+`"]}}}`,
		`{feature: kernel.loadedmodule, matchName: {op: Exists}}`,
		`{feature: usb.device, matchExpressions: {a000: {op: Exists}}}`,
	)
	results := report.Results[0].Sets[0].Rules[0].MatchFeatures
	var text bytes.Buffer
	if err := render.Text(&text, report, render.TextOptions{Detail: render.Full}); err != nil {
		t.Fatal(err)
	}
	printed := strings.Split(text.String(), "\n")[2:] // below the lines of the set and the rule
	longest := func(text, of string) int {            // run of a letter
		most := 0
		for _, run := range regexp.MustCompile(of+"+").FindAllString(text, -1) {
			most = max(most, len(run))
		}
		return most
	}
	after := func(line string) int { // characters behind the colon, the mark of the cut left out
		_, rest, _ := strings.Cut(line, ": ")
		return utf8.RuneCountInString(strings.TrimSuffix(rest, "…"))
	}
	size := func(text string) int { return len(strings.TrimSuffix(text, "…")) }
	got := map[string][2]int{
		"a value that was found":                 {after(printed[0]), size(*results[0].Observed)},
		"a reason":                               {after(printed[1]), size(results[1].Reason)},
		"a value within a reason":                {longest(printed[2], "v"), longest(results[2].Reason, "v")},
		"the values that an expression asks for": {strings.Count(printed[3], "w"), 0},
		"the names of a `matchName`":             {strings.Count(printed[4], "F"), strings.Count(*results[4].Observed, "F")},
		"the attributes of a device with more than 1,024 bytes of them": {strings.Count(printed[6], "=v"), len(results[5].Instance)},
	}
	if len(results[3].Value) != len(asked) {
		t.Errorf("of %d values %d are in JSON", len(asked), len(results[3].Value))
	}
	rows := map[string][2]int{}
	for _, row := range readDoc(t).rows(t, "| of what | in text | in JSON |") {
		rows[row[0]] = [2]int{number(row[1]), number(row[2])}
	}
	if diff := cmp.Diff(rows, got); diff != "" {
		t.Errorf("(-the page +what is so)\n%s", diff)
	}
}

// longHost is a host with a device of these attributes, a feature of these flags, and one long value.
func longHost(attributes map[string]string, flags []string, value string) *features.Set {
	set := &features.Set{Features: *nfdv1alpha1.NewFeatures(), Statuses: map[string]features.Status{}}
	set.Features.Instances["usb.device"] = nfdv1alpha1.NewInstanceFeatures(*nfdv1alpha1.NewInstanceFeature(attributes))
	set.Features.Flags["kernel.loadedmodule"] = nfdv1alpha1.NewFlagFeatures(flags...)
	set.Features.Attributes["cpu.model"] = nfdv1alpha1.NewAttributeFeatures(map[string]string{"model": value})
	return set
}

// judgeTerms judges a host by one rule of these terms.
func judgeTerms(t *testing.T, set *features.Set, terms ...string) *validate.Report {
	t.Helper()
	document, err := spec.Decode([]byte(fullSpec("- name: r\n  matchFeatures:\n  - " + strings.Join(terms, "\n  - ") + "\n")))
	if err != nil {
		t.Fatal(err)
	}
	program, findings := validate.Compile(document, validate.Options{})
	if err := spec.Errors(findings); err != nil {
		t.Fatal(err)
	}
	report, err := program.Evaluate(t.Context(), set)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// TestReportPageAll: what the page says of all that is shown, and of values that are too long to be compared.
func TestReportPageAll(t *testing.T) {
	t.Parallel()
	page := readDoc(t).text()
	const term, each, mib = `{feature: cpu.model, matchExpressions: {model: {op: Exists}}}`, 1 << 10, 1 << 20
	report := judgeTerms(t, longHost(nil, nil, strings.Repeat("v", each)), slices.Repeat([]string{term}, 9*mib/each)...)
	results := report.Results[0].Sets[0].Rules[0].MatchFeatures
	terse := slices.IndexFunc(results, func(r validate.ExpressionResult) bool { return len(*r.Observed) < each })
	whole, short := terse*each/mib, len(strings.TrimSuffix(*results[terse].Observed, "…"))
	if said := fmt.Sprintf("comes to %d MiB, what follows has values and reasons of %d bytes", whole, short); !strings.Contains(page, said) {
		t.Errorf("the page does not say: %s", said)
	}
	for size, want := range map[int]validate.Outcome{mib: validate.Mismatch, mib + 1: validate.Unknown} {
		for _, op := range []string{`{op: Lt, value: ["1"], type: version}`, `{op: InRegexp, value: ["x$"]}`} {
			value := strings.Repeat("1", size)
			report := judgeTerms(t, longHost(nil, nil, value), `{feature: cpu.model, matchExpressions: {model: `+op+`}}`)
			got := report.Results[0].Sets[0].Rules[0].MatchFeatures[0]
			told := regexp.MustCompile(`"[^"]*…"`).ReplaceAllLiteralString(got.Reason, `"…"`)
			told = strings.ReplaceAll(told, `"x$"`, `"…"`)
			if got.Outcome != want || want == validate.Unknown && !strings.Contains(page, "`"+told+"`") {
				t.Errorf("%d bytes, %s: %s because %s", size, op, got.Outcome, told)
			}
		}
	}
	if !strings.Contains(page, "more than 1 MiB") {
		t.Error("the page does not say when a value is too long")
	}
}

// section returns what stands below a heading, down to the next one that is not below it.
func section(page, anchor string) string {
	heading := regexp.MustCompile(`(?mi)^(#+) ` + strings.ReplaceAll(regexp.QuoteMeta(anchor), "-", "[- ]") + `$`).FindStringSubmatchIndex(page)
	if heading == nil {
		return ""
	}
	level, rest := heading[3]-heading[2], page[heading[1]:]
	if end := regexp.MustCompile(fmt.Sprintf(`(?m)^#{1,%d} `, level)).FindStringIndex(rest); end != nil {
		rest = rest[:end[0]]
	}
	return rest
}

// TestReportPageLinks: what the page points at is there.
func TestReportPageLinks(t *testing.T) {
	t.Parallel()
	page := readDoc(t).text()
	links := regexp.MustCompile(`\]\(([^):#]*)(?:#([^)]+))?\)`).FindAllStringSubmatch(page, -1)
	for _, link := range links {
		target := page
		if link[1] != "" {
			content, err := os.ReadFile(filepath.Join(filepath.Dir(reportPage), link[1]))
			if err != nil {
				t.Error(err)
			}
			target = string(content)
		}
		if link[2] != "" && section(target, link[2]) == "" {
			t.Errorf("there is no heading %s#%s", link[1], link[2])
		}
	}
	if len(links) < 20 {
		t.Errorf("%d links", len(links))
	}
}

// TestReportPageIndex: a line that the page's index speaks of stands in the section that it points at.
func TestReportPageIndex(t *testing.T) {
	t.Parallel()
	page := readDoc(t)
	rows := page.rows(t, "| the line has | see |")
	for _, row := range rows {
		var sections string
		for _, link := range regexp.MustCompile(`\(#([a-z-]+)\)`).FindAllStringSubmatch(row[1], -1) {
			sections += section(page.text(), link[1])
		}
		for _, phrase := range codes(row[0]) {
			if pattern := strings.ReplaceAll(regexp.QuoteMeta(phrase), "…", ".*"); !regexp.MustCompile(pattern).MatchString(sections) {
				t.Errorf("%s: there is no %q", row[1], phrase)
			}
		}
	}
	if len(rows) < 10 {
		t.Errorf("%d rows", len(rows))
	}
}

// TestReportPageCauses: what the page says of the reasons why something could not be read is about reasons that there are.
func TestReportPageCauses(t *testing.T) {
	t.Parallel()
	sources, err := filepath.Glob("../../pkg/features/*.go")
	if err != nil {
		t.Fatal(err)
	}
	var reasons strings.Builder
	for _, name := range sources {
		if text, err := os.ReadFile(name); err == nil && !strings.HasSuffix(name, "_test.go") {
			reasons.Write(text)
		}
	}
	fmt.Fprintln(&reasons, syscall.EACCES, syscall.EIO, syscall.ENOENT)
	for _, row := range readDoc(t).rows(t, "| the reason has | what to do |") {
		for _, phrase := range codes(row[0]) {
			if !strings.Contains(reasons.String(), phrase) {
				t.Errorf("nothing has the reason %q", phrase)
			}
		}
	}
}
