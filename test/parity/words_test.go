package parity

import (
	"regexp/syntax"
	"strings"

	nfdv1alpha1 "sigs.k8s.io/node-feature-discovery/api/nfd/v1alpha1"
)

// The words are what rules and features are made of. There are few of them, so that the two meet.
type words struct {
	elements, oddElements []string // names of flags and attributes
	ordered               [][]string
	values, oddValues     []string // of attributes, and operands of In and NotIn
	versions              []string
	patterns, refused     []string // regular expressions, and what ours takes for none
	templates             []string
	shapes                []shape
	operators             []nfdv1alpha1.MatchOp
}

// newWords returns the words of a seed: the patterns depend on it. They are not made anew for each trial, for NFD's matcher
// keeps every pattern that it has ever seen.
func newWords(seed uint64) *words {
	w := &words{
		elements: elements(), ordered: ordered(), oddElements: oddTexts(), values: values(), oddValues: oddTexts(), versions: versions(),
		refused:   []string{"", "^AVX(", `\8`, "a**", "x{2,1}", "(?:" + strings.Repeat("x", 30) + "){1000}"},
		templates: templates(), shapes: shapes(),
		// Two bounds are seldom on both sides of a value.
		operators: append(operators(), nfdv1alpha1.MatchGtLt, nfdv1alpha1.MatchGeLe),
	}
	// Compiling the others would take most of the time, and TestRegexps has them.
	const patterns, ordinary = 2000, 300
	w.patterns = plainPatterns()
	for g := w.generator(seed, 0); len(w.patterns) < patterns; {
		pattern := g.plainPattern()
		if g.chance(25) {
			pattern = g.pattern()
		}
		if re, err := syntax.Parse(pattern, syntax.Perl); err == nil && unrolled(re) <= ordinary || g.chance(1) {
			w.patterns = append(w.patterns, pattern)
		}
	}
	return w
}

// A shape is how NFD, or somebody else, publishes a feature.
type shape struct {
	name                         string
	flags, attributes, instances bool
}

// shapes returns the features that trials speak of: NFD's, and one that no catalogue knows.
func shapes() []shape {
	return []shape{
		{name: "cpu.cpuid", flags: true, attributes: true},
		{name: "cpu.model", attributes: true},
		{name: "kernel.version", attributes: true},
		{name: "kernel.config", attributes: true},
		{name: "kernel.loadedmodule", flags: true},
		{name: "system.osrelease", attributes: true},
		{name: "pci.device", instances: true},
		{name: "network.device", instances: true},
		{name: "vendor.accelerator", flags: true, attributes: true, instances: true},
	}
}

// elements are names of flags and attributes.
func elements() []string {
	return []string{"a", "b", "c", "c", "AVX", "AVX2", "full", "major", "class", "vendor", "NO_HZ", "VERSION_ID.major", "true", "false", "5", "6.6"}
}

// ordered are lists of names that matchName can compare, as numbers and as versions.
func ordered() [][]string {
	return [][]string{{"5", "6", "10"}, {"5.14", "6.6", "6.18.44"}}
}

// oddTexts are names and values that hardly any host has. Of some letters there are more than two cases: the sign of the
// kelvin is a k, and the long s an s.
func oddTexts() []string {
	return []string{
		"", " ", "\n", "\x00", "line\nfeed", "AVX\n", "\nAVX", "größe", "GRÖSSE", "Ä", "日本", "😀", "\u212a", "\u017f", "İ", "a\u0301", "\ufffd",
		"\xff", "AVX\xff", "\xc3", "a\xe2\x82", strings.Repeat("x", 2000), strings.Repeat("AVX512_", 300), strings.Repeat("ä", 700) + "!",
	}
}

// values are those of attributes, and the operands of In and NotIn.
func values() []string {
	return []string{
		"a", "b", "true", "false", "True", "y", "m", "n", "", " ", "10de", "0300", "AVX", "full", "no value",
		"0", "1", "5", "6", "7", "10", "-3", "+5", "007", " 7", "7 ", "1e3", "0x10", "5.0", "1_000",
		"9223372036854775807", "9223372036854775808", "99999999999999999999",
	}
}

// versions are texts of kernels, drivers and distributions, and what is nearly one.
func versions() []string {
	return []string{
		"5", "6", "5.14", "6.6", "6.6.0", "6.6.97", "v6.6", "V6.6", "6.06", "06.6", "6.18.44-fc-v669", "6.18.44", "5.15.0-1053-aws",
		"5.14.0-427.13.1.el9_4.x86_64", "6.1.109-118.189.amzn2023.x86_64", "6.6.97+", "6.6.57.1-7.azl3",
		"5.15.167.4-microsoft-standard-WSL2", "550.54.15", "535.161.07", "22.04", "1.2.3-rc.1", "1.2.3-01", "1.2.3+build", "1.2.3-",
		"1.2.3+", "1.", "1.2.", ".1", "", "x", "1.x", "*", "-1", "1.2.3.4", "18446744073709551616.1", " 6.6", "6.6 ", "6.6\n",
	}
}

// templates stay within what both sides offer. Most take any feature, for NFD stops at one that is not there.
func templates() []string {
	const each = "{{ range $domain, $features := . }}{{ range $name, $elements := $features }}{{ range $i, $e := $elements }}"
	const done = "{{ end }}{{ end }}{{ end }}"
	return []string{
		each + "{{ range $k, $v := $e }}{{ $domain }}.{{ $name }}.{{ $i }}.{{ $k }}={{ $v | trim }}\n{{ end }}" + done,
		each + "{{ with index $e \"Name\" }}{{ . }}={{ index $e \"Value\" | trim }}\n{{ end }}" + done,
		"all={{ . | toString | nospace }}\na={{ len . }}",
		each + "{{ printf \"%s-%v\" $name $i | upper }}={{ join \",\" (list (len $e) $domain) | quote }}\n" + done,
		each + "{{ range list \"a\" \"b\" \"AVX\" \"full\" \"major\" }}{{ if eq $domain (lower $domain) }}{{ . }}=5\n{{ end }}{{ end }}" + done,
		each + "b={{ if hasPrefix \"k\" $domain }}{{ $name | trunc 3 }}{{ else }}{{ add $i 1 | mul 2 }}{{ end }}\n" + done,
		"tpl=1",
		"a=1\nb=2",
		"{{ range .cpu.cpuid }}{{ .Name }}=present\n{{ end }}",
		"count={{ len .pci.device }}",
		"{{ range .kernel.config }}{{ .Name }}={{ .Value }}\n{{ end }}",
	}
}
