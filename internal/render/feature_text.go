package render

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/nfd-compat/nfd-compat/pkg/features"
)

// These bound what people are shown of one part: its rows, and the files that were read. The JSON has them all.
const (
	mostRows = 40
	mostRead = 6
)

// FeatureListText writes a list of features for people, a feature a line. The command is that which tells more of one of them.
func FeatureListText(w io.Writer, list *FeatureList, command string, opts TextOptions) error {
	p := &printer{opts: opts}
	rows := [][]string{{"FEATURE", "KIND", "SINCE", "WHAT IT TELLS"}}
	for i := range list.Features {
		f := &list.Features[i]
		rows = append(rows, []string{f.Name, kinds(f.Kinds), since(f.Since), f.Description})
	}
	p.table(0, rows)
	p.line(0, "")
	p.line(0, "SINCE is NFD's version. For one of them: "+command)
	return p.write(w, "the features")
}

// FeatureText writes what there is to say of a feature for people.
func FeatureText(w io.Writer, f *Feature, opts TextOptions) error {
	p := &printer{opts: opts}
	p.line(0, fmt.Sprintf("%s: %s, %s", p.bold(f.Name), kinds(f.Kinds), origin(f.Since)))
	p.line(0, f.Description)
	heading := "elements"
	if f.Element != "" {
		heading = "element"
	}
	p.section(heading, p.elements(f))
	p.section("read from", rowsOf(f.ReadFrom))
	p.host(f)
	p.line(0, "")
	p.line(0, p.bold("in a spec"))
	p.out.WriteString(example(f))
	return p.write(w, "the feature")
}

// StatusText writes what is known of each feature of a host for people, a feature a line.
func StatusText(w io.Writer, rows []StatusRow, opts TextOptions) error {
	p := &printer{opts: opts}
	lines := [][]string{{"FEATURE", "STATE", "ELEMENTS", "REASON"}}
	for _, r := range rows {
		lines = append(lines, []string{r.Name, p.state(r.Status.State), strconv.Itoa(r.Size), reasons(r.Status, 1)})
	}
	p.table(0, lines)
	return p.write(w, "the states of the features")
}

func (p *printer) bold(s string) string { return p.color(s, text.Bold) }

// table writes rows of cells, each column as wide as its widest cell. What does not fit is wrapped in the last one.
func (p *printer) table(indent int, rows [][]string) {
	const widest = 32
	var widths []int
	for _, row := range rows {
		for i, cell := range row[:len(row)-1] {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], min(text.StringWidthWithoutEscSequences(cell), widest))
		}
	}
	for _, row := range rows {
		begin := strings.Repeat(" ", indent)
		for i, cell := range row[:len(row)-1] {
			begin += cell + strings.Repeat(" ", max(0, widths[i]-text.StringWidthWithoutEscSequences(cell))+2)
		}
		at, last := text.StringWidthWithoutEscSequences(begin), row[len(row)-1]
		if p.opts.Width > 0 && at > p.opts.Width/2 && at+text.StringWidthWithoutEscSequences(last) > p.opts.Width {
			p.wrapped(begin, at, "") // a narrow window: there is more room below the first cells
			begin, at = strings.Repeat(" ", indent+4), indent+4
		}
		p.wrapped(begin, at, last)
	}
}

// section writes rows under a heading, if there are any.
func (p *printer) section(heading string, rows [][]string) {
	if len(rows) == 0 {
		return
	}
	p.line(0, "")
	p.line(0, p.bold(heading))
	p.table(2, rows)
}

// elements are the rows of the elements that the catalogue has. Those of which it has nothing but the name share a row.
func (p *printer) elements(f *Feature) [][]string {
	var rows [][]string
	var names []string
	for _, e := range f.Elements {
		meaning := e.Meaning
		if len(e.Values) > 0 {
			meaning = strings.TrimSpace(meaning + " (" + strings.Join(some(e.Values, mostRows), ", ") + ")")
		}
		if meaning == "" {
			names = append(names, e.Name)
			continue
		}
		rows = append(rows, []string{e.Name, meaning})
	}
	rows = rowsLeft(rows, len(rows)-mostRows)
	switch {
	case len(names) > 0:
		rows = append(rows, []string{strings.Join(some(names, mostRows), ", ")})
	case len(rows) == 0 && f.Element == "":
		rows = [][]string{{"whatever the host has: the list is not fixed"}}
	case len(rows) == 0:
		rows = [][]string{{clean(f.Element), "one that the catalogue does not list"}}
	}
	return rows
}

// host writes what was found on the host.
func (p *printer) host(f *Feature) {
	p.line(0, "")
	p.line(0, p.bold("on")+" "+hostName(&f.Host.Node))
	p.line(2, strings.TrimSuffix("state "+p.state(f.Host.Status.State)+": "+reasons(f.Host.Status, mostRows), ": "))
	if len(f.Host.Read) > 0 {
		p.line(2, "read "+clean(strings.Join(some(f.Host.Read, mostRead), ", ")))
	}
	var rows [][]string
	for _, name := range slices.Sorted(maps.Keys(f.Host.Attributes)) {
		rows = append(rows, []string{clean(name), clean(strconv.Quote(f.Host.Attributes[name]))})
	}
	for i, instance := range f.Host.Instances {
		var attributes []string
		for _, name := range slices.Sorted(maps.Keys(instance)) {
			attributes = append(attributes, clean(name+"="+instance[name]))
		}
		rows = append(rows, []string{strconv.Itoa(i + 1), strings.Join(some(attributes, mostRows), " ")})
	}
	rows = rowsLeft(rows, len(rows)-mostRows)
	if len(f.Host.Flags) > 0 {
		rows = append(rows, []string{clean(strings.Join(some(f.Host.Flags, mostRows), ", "))})
	}
	if len(rows) == 0 && (f.Host.Status.State == features.Discovered || f.Host.Status.State == features.Incomplete) {
		rows = [][]string{{"nothing of it was found"}}
	}
	p.table(2, rows)
}

// some returns the first of many texts, so many of them, and in place of the rest how many they are.
func some(texts []string, most int) []string {
	if len(texts) <= most {
		return texts
	}
	return append(slices.Clone(texts[:most]), fmt.Sprintf("… (%d more; -o json has them all)", len(texts)-most))
}

// rowsLeft cuts rows of which there are so many too many.
func rowsLeft(rows [][]string, tooMany int) [][]string {
	if tooMany <= 0 {
		return rows
	}
	return append(rows[:len(rows)-tooMany], []string{fmt.Sprintf("… %d more; -o json has them all", tooMany)})
}

func rowsOf(texts []string) [][]string {
	var rows [][]string
	for _, t := range texts {
		rows = append(rows, []string{t})
	}
	return rows
}

// clean makes a text of a host fit for a line.
func clean(s string) string { return Clean(shorten(s, longText)) }

func (p *printer) state(s features.State) string {
	switch s {
	case features.Discovered:
		return p.color(string(s), text.FgGreen)
	case features.Absent:
		return string(s)
	case features.Incomplete, features.Unreadable, features.Unsupported, features.Undefined:
	}
	return p.color(string(s), text.FgYellow)
}

// reasons joins the reasons of a status, so many of them at most.
func reasons(s features.Status, most int) string {
	if len(s.Reasons) <= most {
		return clean(strings.Join(s.Reasons, "; "))
	}
	return clean(strings.Join(s.Reasons[:most], "; ")) + fmt.Sprintf(" (and %d more)", len(s.Reasons)-most)
}

func kinds(of []features.Kind) string {
	var names []string
	for _, kind := range of {
		names = append(names, string(kind))
	}
	return strings.Join(names, ", ")
}

func since(version string) string {
	if version == "" {
		return "-"
	}
	return version
}

// origin says where the name comes from.
func origin(version string) string {
	if version == "" {
		return "an extension: NFD does not have it"
	}
	return "in NFD since " + version
}

// hostName names a host in a line.
func hostName(n *features.Node) string {
	kernel := n.Kernel
	if kernel != "" {
		kernel = "kernel " + kernel
	}
	if name := join(n.Name, strings.Trim(n.OS+"/"+n.Architecture, "/"), kernel); name != "" {
		return name
	}
	return "this host"
}
