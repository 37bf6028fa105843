package render

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/nfd-compat/nfd-compat/pkg/features"
)

// example is a term on the feature, as it stands in the matchFeatures of a rule: one that the host satisfies, if something
// of the feature was found there.
func example(f *Feature) string {
	term := "  - feature: " + f.Name + "\n    matchExpressions:\n"
	if len(f.Host.Instances) > 0 {
		const most = 2
		instance := f.Host.Instances[0]
		var lines []string
		for _, name := range slices.Sorted(maps.Keys(instance)) {
			lines = append(lines, "      "+exampleOf(name, instance[name], instance))
		}
		return term + strings.Join(lines[:min(len(lines), most)], "")
	}
	name, value := f.exampleElement()
	switch {
	case name == "":
		return "  - feature: " + f.Name + "\n    matchName: {op: InRegexp, value: [\"^NAME$\"]}\n"
	case value != "":
		return term + "      " + exampleOf(name, value, f.Host.Attributes)
	}
	return term + "      " + key(name) + ": {op: Exists}\n"
}

// exampleElement returns an element of the host, with its value if it has one, and else one of the catalogue. One that says
// that there is something is the better example.
func (f *Feature) exampleElement() (name, value string) {
	for _, element := range slices.Sorted(maps.Keys(f.Host.Attributes)) {
		text := f.Host.Attributes[element]
		if text == "" || len(text) >= shortText {
			continue
		}
		if text != "0" && text != "false" {
			return element, text
		}
		if name == "" {
			name, value = element, text
		}
	}
	switch {
	case name != "":
		return name, value
	case len(f.Host.Flags) > 0:
		return f.Host.Flags[0], ""
	case f.Element != "":
		return f.Element, ""
	case len(f.Elements) == 0:
		return "", ""
	}
	e := f.Elements[0]
	if e.Kind != features.Flag && len(e.Values) > 0 {
		return e.Name, e.Values[0]
	}
	return e.Name, ""
}

// exampleOf asks of an element the value that it has: of a version that is told whole beside it, or that is named one, to be at least that.
func exampleOf(name, value string, beside map[string]string) string {
	_, told := beside[name+"_raw"]
	isVersion := told || name == "version" || strings.HasSuffix(name, ".version") || strings.HasSuffix(name, "_version") || strings.Contains(name, "compute_capability")
	if isVersion && plainVersion.MatchString(value) {
		return fmt.Sprintf("%s: {op: Ge, value: [%s], type: version}\n", key(name), quoted(value))
	}
	return exampleIn(name, value)
}

// plainVersion is one that can be compared.
var plainVersion = regexp.MustCompile(`^\d{1,9}(\.\d{1,9}){0,2}$`)

func exampleIn(name, value string) string {
	return fmt.Sprintf("%s: {op: In, value: [%s]}\n", key(name), quoted(value))
}

// key writes a name as people do: without quotes, unless YAML would take it for something else.
func key(name string) string {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	isPlain := name != "" && strings.Contains(letters, name[:1]) && strings.Trim(name, letters+"0123456789_./-") == ""
	switch strings.ToLower(name) {
	case "y", "n", "yes", "no", "on", "off", "true", "false", "null":
		return quoted(name)
	}
	if isPlain {
		return name
	}
	return quoted(name)
}

// quoted writes a text as a YAML scalar in quotes, so that no word of it has a meaning of its own.
func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(clean(s)) + `"`
}
